"""Outputs with a regression loss."""

from collections.abc import Callable
from math import prod
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ..contract import Input, Operator, Shape, Shapes, overwrites, param
from .examples import regression_example

__all__ = ["LinearRegressionOutput", "LogisticRegressionOutput", "MAERegressionOutput"]


def _same(data: Tensor, out: Tensor | None = None) -> Tensor:
    return data.clone() if out is None else out.copy_(data)


def _difference(output: Tensor, label: Tensor, scale: float, out: Tensor) -> Tensor:
    return torch.sub(output, label, out=out).mul_(scale)


def _direction(output: Tensor, label: Tensor, scale: float, out: Tensor) -> Tensor:
    """Return the scale where the output is too large, −scale elsewhere, also where it is right."""
    return torch.gt(output, label, out=out).mul_(2 * scale).sub_(scale)


class _Row(NamedTuple):
    name: str
    doc: str
    predict: Callable[..., Tensor]
    error: Callable[[Tensor, Tensor, float, Tensor], Tensor]


_ROWS = (
    _Row(
        "LinearRegressionOutput",
        "Output as it is; loss: half the squared error.",
        _same,
        _difference,
    ),
    _Row(
        "LogisticRegressionOutput",
        "Sigmoid of the data; loss: its cross-entropy with the label.",
        torch.sigmoid,
        _difference,
    ),
    _Row("MAERegressionOutput", "Output as it is; loss: the absolute error.", _same, _direction),
)

_SOURCE = """
Going back, whatever flows from above: grad_scale / m · error, where m is the number of outputs
of one sample. Source: docs/semantics §3.17.
"""


def _class(row: _Row) -> type[Operator]:
    def infer_shape(self: Operator, data: Shape, label: Shape | None = None) -> Shapes:
        expected = data[:1] if len(data) == 2 and data[1] == 1 else data
        fits = label is not None and label[:1] == data[:1] and prod(label) == prod(data)
        return {"label": label if fits else expected, "output": data}

    @overwrites("data")
    def forward(self: Operator, data: Tensor, out: Tensor | None = None) -> Tensor:
        return row.predict(data, out=out)

    def data_gradient(
        self: Any, output: Tensor, label: Tensor, out: Tensor | None = None
    ) -> Tensor:
        scale = self.grad_scale / (label.numel() // label.shape[0])
        expected = label.reshape(output.shape).to(output.dtype)
        return row.error(output, expected, scale, torch.empty_like(output) if out is None else out)

    members = {
        "__doc__": "\n".join((row.doc, _SOURCE, regression_example(row.name))),
        "__annotations__": {"grad_scale": float},
        "memory_order": "follows",
        "floats_only": True,
        "row_inputs": lambda self: ("data", "label"),
        "data": Input("Predictions, the batch on axis 0."),
        "label": Input("What should have come out.", takes_gradient=False, any_dtype=True),
        "grad_scale": param("Factor applied to the gradient.", default=1.0),
        "infer_shape": infer_shape,
        "forward": forward,
        "data_gradient": data_gradient,
    }
    return type(row.name, (Operator,), members)


LinearRegressionOutput, LogisticRegressionOutput, MAERegressionOutput = map(_class, _ROWS)
