"""Argmax and argmin.

Source: docs/semantics §1.8, and Apache MXNet 1.9.1.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from ...core.errors import ShapeError
from .._axes import axis_of, without
from .._formula import zero_rule
from ..contract import Input, Operator, Shape, Shapes, param
from .reduce import one_axis, reduced_shape

__all__ = ["argmax", "argmax_channel", "argmin"]


class _Place(Operator, registered=False):
    """Where an extreme element is: an index of the data's element type, without gradient."""

    data = Input("Input of any shape.", also="src")

    axis: int | None = param("The axis along which; None: along all, as one.", default=None)
    keepdims: bool = param("Whether the axis stays, with length 1.", default=False)

    def infer_shape(self, data: Shape) -> Shapes:
        """The axis goes away, or stays with length 1."""
        one = range(len(data)) if self.axis is None else (one_axis(self.axis, data),)
        return {"output": reduced_shape(data, tuple(one), keepdims=self.keepdims)}

    data_gradient = zero_rule("data")


def _places(
    function: Callable[..., Tensor],
    data: Tensor,
    axis: int | None,
    out: Tensor | None,
    shape: Shape,
) -> Tensor:
    """Return the indices that a function of torch finds, in the element type of the data."""
    line, along = (data.reshape(-1), 0) if axis is None else (data, axis_of(axis, data.ndim))
    if out is None:
        return function(line, along).view(shape).to(data.dtype)
    found = torch.empty(without(tuple(line.shape), along), dtype=torch.long, device=data.device)
    return out.copy_(function(line, along, out=found).view(shape))


class argmax(_Place):
    """Index of the greatest element along an axis; of equal ones the first.

    The index has the element type of the data.

    >>> import symnet as mx
    >>> mx.argmax(mx.array([[0.1, 0.9], [0.8, 0.2]]), axis=1)
    NDArray([1., 0.], float32, CPU0)
    """

    def forward(self, data: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the indices."""
        shape = self.infer_shape(data.shape)["output"]
        return _places(torch.argmax, data, self.axis, out, shape)


class argmin(_Place):
    """Index of the least element along an axis; of equal ones the first.

    The index has the element type of the data.

    >>> import symnet as mx
    >>> mx.argmin(mx.array([[0.1, 0.9], [0.8, 0.2]]), axis=1)
    NDArray([0., 1.], float32, CPU0)
    """

    def forward(self, data: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the indices."""
        shape = self.infer_shape(data.shape)["output"]
        return _places(torch.argmin, data, self.axis, out, shape)


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

    def forward(self, data: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the indices."""
        return _places(torch.argmax, data, 1, out, without(tuple(data.shape), 1))

    data_gradient = zero_rule("data")
