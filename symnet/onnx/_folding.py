"""Nodes whose inputs are all constants become constants.

Weights that ONNX wants in another order than MXNet are then simply written in that order, which
readers of ONNX files understand best. Only what converters do to weights and lengths is computed.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

__all__ = ["folded"]

_Values = Sequence[Tensor]


def _reshape(values: _Values, given: Mapping[str, Any]) -> Tensor:
    return values[0].reshape(values[1].tolist())


def _slice(values: _Values, given: Mapping[str, Any]) -> Tensor | None:
    data, *bounds = values
    lines = [each.tolist() for each in bounds]
    steps = lines[3] if len(lines) > 3 else [1] * len(lines[0])
    if min(steps) < 1:
        return None  # torch has no such views
    for begin, end, axis, step in zip(*lines[:3], steps, strict=True):
        index = [slice(None)] * data.ndim
        index[axis] = slice(begin, end, step)
        data = data[tuple(index)]
    return data


def _unsqueeze(values: _Values, given: Mapping[str, Any]) -> Tensor:
    found = values[0]
    for axis in sorted(values[1].tolist()):
        found = found.unsqueeze(axis)
    return found


_FUNCTIONS: dict[str, Callable[[_Values, Mapping[str, Any]], Tensor | None]] = {
    "Add": lambda values, given: values[0] + values[1],
    "Sub": lambda values, given: values[0] - values[1],
    "Mul": lambda values, given: values[0] * values[1],
    "Div": lambda values, given: _quotient(*values),
    "Neg": lambda values, given: -values[0],
    "Sqrt": lambda values, given: values[0].sqrt(),
    "Cast": lambda values, given: values[0].to(given["to"]),
    "Concat": lambda values, given: torch.cat(list(values), given["axis"]),
    "Transpose": lambda values, given: values[0].permute(given["perm"]),
    "Squeeze": lambda values, given: values[0].squeeze(tuple(values[1].tolist())),
    "Unsqueeze": _unsqueeze,
    "Reshape": _reshape,
    "Slice": _slice,
}


def _quotient(dividend: Tensor, divisor: Tensor) -> Tensor | None:
    return dividend / divisor if dividend.is_floating_point() else None


def folded(
    op_type: str, values: Sequence[Tensor | None], given: Mapping[str, Any]
) -> Tensor | None:
    """Return what a node over constants amounts to; None where it has to run.

    Args:
        op_type: ONNX's name of the operator.
        values: its inputs, None for what is no constant.
        given: its attributes.
    """
    function = _FUNCTIONS.get(op_type)
    known = [value for value in values if value is not None]
    if function is None or not values or len(known) < len(values):
        return None
    return function(known, given)
