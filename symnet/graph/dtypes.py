"""Element type inference: the inputs and outputs of an operator share one type.

Inputs declared with ``any_dtype`` (labels, indices) are free. What nothing decides is float32.
Operators with ``floats_only`` take no integers.
Source: docs/semantics §2.9.
"""

from collections.abc import Mapping, Sequence

import torch

from ..core.dtype import default_dtype, dtype_from_flag, dtype_name, to_torch
from ..core.errors import DTypeError
from ..operators.contract import Input, Operator
from .node import Gradient, Graph, Node, Value

__all__ = ["infer_dtypes"]


def infer_dtypes(graph: Graph, known: Mapping[str, torch.dtype]) -> dict[Value, torch.dtype]:
    """Infer the element types of all values from those of some variables.

    Args:
        graph: the network.
        known: element types of variables by name.

    Raises DTypeError where the inputs of an operator differ, naming both, or are no floats where
    nothing else will do.
    """
    variables = [node for node in graph.nodes if node.op is None]
    given = ((node, known.get(node.name, _attributed(node))) for node in variables)
    found = {Value(node): dtype for node, dtype in given if dtype is not None}
    for node in graph.nodes:
        if isinstance(node.op, Operator):
            _infer_node(node, node.op, found)
        elif isinstance(node.op, Gradient):
            for index, dtype in enumerate(node.op.dtypes):
                found[Value(node, index)] = dtype
    for node in graph.nodes:
        if node.op is None:
            found.setdefault(Value(node), default_dtype)
    return found


def _attributed(node: Node) -> torch.dtype | None:
    """Return the element type that a variable's attribute tells, if it has one.

    Files of MXNet write its number, where -1 means none.
    """
    text = node.attributes.get("dtype")
    if text is None or text == "-1":
        return None
    found = dtype_from_flag(int(text)) if text.isdecimal() else to_torch(text)
    if found is None:
        raise DTypeError(f"variable {node.name!r}: its attribute dtype={text!r} is no element type")
    return found


def _infer_node(node: Node, op: Operator, found: dict[Value, torch.dtype]) -> None:
    stated = op.infer_types([found.get(value) for value in node.inputs])
    if stated is not None:
        _take_stated(node, op, *stated, found)
        return
    sharing = _sharing_inputs(node, op)
    shared = next((found[value] for value in sharing if value in found), default_dtype)
    for value in sharing:
        if found.setdefault(value, shared) != shared:
            first = next(v for v in sharing if found[v] == shared)
            raise DTypeError(
                f"{type(op).__name__} {node.name!r}: {first.name!r} is {dtype_name(shared)}, but "
                f"{value.name!r} is {dtype_name(found[value])}; convert one of them with astype"
            )
    if op.floats_only and not shared.is_floating_point:
        raise DTypeError(
            f"{type(op).__name__} {node.name!r}: {sharing[0].name!r} is {dtype_name(shared)}, but "
            "only floats will do; convert it with astype or Cast"
        )
    try:
        own = op.output_dtypes(shared)
        saved = tuple(dtype or op.infer_dtype(shared) for dtype in op.saved().values())
    except DTypeError as error:
        raise DTypeError(f"{type(op).__name__} {node.name!r}: {error}") from None
    for index, dtype in enumerate((*own, *saved)):
        found[Value(node, index)] = dtype


def _take_stated(
    node: Node,
    op: Operator,
    inputs: Sequence[torch.dtype],
    outputs: Sequence[torch.dtype],
    found: dict[Value, torch.dtype],
) -> None:
    """Take what an operator states of its inputs and outputs itself."""
    for value, dtype in zip(node.inputs, inputs, strict=True):
        if found.setdefault(value, dtype) != dtype:
            raise DTypeError(
                f"{type(op).__name__} {node.name!r}: {value.name!r} should be "
                f"{dtype_name(dtype)}, but it is {dtype_name(found[value])}; convert it with astype"
            )
    saved = (dtype or outputs[0] for dtype in op.saved().values())
    for index, dtype in enumerate((*outputs, *saved)):
        found[Value(node, index)] = dtype


def _sharing_inputs(node: Node, op: Operator) -> list[Value]:
    """Return the inputs that must have the operator's own element type."""
    values: list[Value] = []
    for name, place in op.slots().items():
        declared = op.inputs.get(name)
        if isinstance(declared, Input) and declared.any_dtype:
            continue
        places = place if isinstance(place, tuple) else (place,)
        values += [node.inputs[position] for position in places]
    return values
