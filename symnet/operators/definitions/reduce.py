"""Reductions.

Each is a row of a table. The result has shape (1,): an array has at least one axis.
Source: docs/semantics §1.8.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from ...core.errors import ShapeError
from ..contract import Input, Operator, Shape, Shapes, view_of
from .examples import reduction_example

__all__ = ["REDUCTIONS", "argmax_channel"]

Function = Callable[..., Tensor]


class _Reduction(NamedTuple):
    name: str
    doc: str
    function: Function
    gradient: Function


def _sum(data: Tensor, axes: tuple[int, ...], **where: Tensor) -> Tensor:
    """Add up without changing the element type; torch makes int64 of small whole numbers."""
    return torch.sum(data, axes, keepdim=True, dtype=data.dtype, **where)


def _norm(data: Tensor, axes: tuple[int, ...], **where: Tensor) -> Tensor:
    if data.is_floating_point():
        norm: Tensor = torch.linalg.vector_norm(data, dim=axes, keepdim=True, **where)
        return norm
    whole = _norm(data.double(), axes).to(data.dtype)
    return where["out"].copy_(whole) if where else whole


def _extreme(function: Function) -> Function:
    return lambda data, axes, **where: function(data, axes, keepdim=True, **where)


@view_of("grad")
def _spread(self: Operator, grad: Tensor, data_shape: Shape) -> Tensor:
    """Gradient of a sum: the same for every element."""
    return grad.expand(data_shape)


def _to_the_winners(self: Operator, grad: Tensor, data: Tensor, output: Tensor) -> Tensor:
    """Gradient of an extreme: each element that is equal to it gets all of it, as in MXNet."""
    return grad * (data == output)


def _towards(self: Operator, grad: Tensor, data: Tensor, output: Tensor) -> Tensor:
    """Gradient of the norm: the direction of the data; nothing where all is zero."""
    return grad * data / output.clamp_min(torch.finfo(output.dtype).tiny)


_ROWS = (
    _Reduction("max", "Greatest of all elements.", _extreme(torch.amax), _to_the_winners),
    _Reduction("min", "Least of all elements.", _extreme(torch.amin), _to_the_winners),
    _Reduction("norm", "Square root of the sum of all squares.", _norm, _towards),
    _Reduction("sum", "Sum of all elements.", _sum, _spread),
)


def _class(row: _Reduction) -> type[Operator]:
    def forward(self: Operator, data: Tensor, out: Tensor | None = None) -> Tensor:
        axes = tuple(range(data.ndim))
        if out is None:
            return row.function(data, axes).view(1)
        row.function(data, axes, out=out.view([1] * data.ndim))
        return out

    def infer_shape(self: Operator, data: Shape) -> Shapes:
        return {"output": (1,)}

    members = {
        "__doc__": f"{row.doc}\n\n{reduction_example(row.name)}",
        "data": Input("Input of any shape.", also="src"),
        "forward": forward,
        "infer_shape": infer_shape,
        "data_gradient": row.gradient,
    }
    return type(row.name, (Operator,), members)


REDUCTIONS: Mapping[str, type[Operator]] = {row.name: _class(row) for row in _ROWS}


class argmax_channel(Operator):
    """Index of the greatest element along axis 1; of equal ones the first.

    The index has the element type of the data. Source: docs/semantics §1.8.

    >>> import symnet as mx
    >>> mx.argmax_channel(mx.array([[0.1, 0.9], [0.8, 0.2]]))
    NDArray([1., 0.], float32, CPU0)
    """

    data = Input("Array of shape (batch, channels, …).", also="src")

    def infer_shape(self, data: Shape) -> Shapes:
        """Axis 1 goes away."""
        if len(data) < 2:
            raise ShapeError(f"data must be (batch, channels, …), got {data}")
        return {"output": (data[0], *data[2:])}

    def forward(self, data: Tensor) -> Tensor:
        """Return the indices."""
        return torch.argmax(data, 1).to(data.dtype)

    def data_gradient(self, data: Tensor) -> Tensor:
        """Return zeros: an index does not move with the data."""
        return torch.zeros_like(data)
