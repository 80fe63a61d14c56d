"""Reductions.

Without an axis left the result has shape (1,): an array has at least one axis.
Source: docs/semantics §1.8, and Apache MXNet 1.9.1 for axes.
"""

from math import inf
from typing import Literal

import torch
from torch import Tensor

from ...core.dtype import to_torch
from ...core.errors import ShapeError
from ..contract import Input, Operator, Shape, Shapes, param, view_of

__all__ = [
    "Reduction",
    "axes_of",
    "max",
    "mean",
    "min",
    "nanprod",
    "nansum",
    "norm",
    "one_axis",
    "prod",
    "reduced_shape",
    "sum",
]

Axes = tuple[int, ...]


def one_axis(axis: int, shape: Shape) -> int:
    """Return an axis counted from the front. Raises ShapeError for one that is not there.

    >>> one_axis(-1, (2, 3))
    1
    """
    if not -len(shape) <= axis < len(shape):
        raise ShapeError(f"there is no axis {axis} in data of shape {tuple(shape)}")
    return axis % len(shape)


def axes_of(axis: Axes | None, shape: Shape, *, exclude: bool = False) -> Axes:
    """Return the axes that go away, counted from the front and in order.

    None, as an empty tuple, stands for all. Raises ShapeError for one that is not there or that
    stands there twice.

    >>> axes_of((-1,), (2, 3, 4)), axes_of((0,), (2, 3, 4), exclude=True)
    ((2,), (1, 2))
    """
    if not axis:
        return tuple(range(len(shape)))
    counted = [one_axis(each, shape) for each in axis]
    if len(set(counted)) < len(counted):
        raise ShapeError(f"axis {axis} names an axis twice, of data of shape {tuple(shape)}")
    return tuple(each for each in range(len(shape)) if (each in counted) != exclude)


def reduced_shape(shape: Shape, axes: Axes, *, keepdims: bool) -> Shape:
    """Return the shape that is left.

    >>> reduced_shape((2, 3), (1,), keepdims=False), reduced_shape((2, 3), (0, 1), keepdims=False)
    ((2,), (1,))
    """
    if keepdims:
        return tuple(1 if axis in axes else length for axis, length in enumerate(shape))
    return tuple(length for axis, length in enumerate(shape) if axis not in axes) or (1,)


class _AlongAxes(Operator, registered=False):
    """A function of all elements along some axes.

    A subclass states `reduce`, with axes of which there is at least one, and the gradient.
    """

    data = Input("Input of any shape.", also="src")

    axis: tuple[int, ...] | None = param("Axes that go away; None: all.", default=None)
    keepdims: bool = param("Whether they stay, with length 1.", default=False)

    def axes(self, shape: Shape) -> Axes:
        """Return the axes that go away."""
        return axes_of(self.axis, shape)

    def reduce(self, data: Tensor, axes: Axes, keepdim: bool, out: Tensor | None) -> Tensor:
        """Compute along axes."""
        raise NotImplementedError

    def infer_shape(self, data: Shape) -> Shapes:
        """The axes go away, or stay with length 1."""
        return {"output": reduced_shape(data, self.axes(data), keepdims=self.keepdims)}

    def forward(self, data: Tensor, out: Tensor | None = None) -> Tensor:
        """Return what is left."""
        axes = self.axes(data.shape)
        if len(axes) < data.ndim or self.keepdims:
            return self.reduce(data, axes, self.keepdims, out)
        # Torch leaves no axis where we leave one.
        scalar = self.reduce(data, axes, False, None if out is None else out.view(()))
        return scalar.view(1) if out is None else out

    def spread(self, reduced: Tensor, shape: Shape) -> Tensor:
        """Return a view of a tensor of the output's shape that repeats it in that of the data."""
        kept = reduced_shape(shape, self.axes(shape), keepdims=True)
        return reduced.view(kept).expand(shape)


class Reduction(_AlongAxes, registered=False):
    """A function along some axes, or along all others."""

    exclude: bool = param("Whether axis names the axes that stay.", default=False)

    def axes(self, shape: Shape) -> Axes:
        """Return the axes that go away."""
        return axes_of(self.axis, shape, exclude=self.exclude)

    def forward(self, data: Tensor, out: Tensor | None = None) -> Tensor:
        """Return what is left: the data itself where all axes stay."""
        if self.axes(data.shape):
            return super().forward(data, out)
        # One after another along an axis of length 1: every function then says what it does of
        # one element, as NaNs that do not count.
        lone = data.unsqueeze(-1)
        return self.reduce(lone, (data.ndim,), False, out)


class sum(Reduction):
    """Sum of all elements.

    >>> import symnet as mx
    >>> mx.sum(mx.array([[-3, 0], [0, 4]]), axis=1)
    NDArray([-3.,  4.], float32, CPU0)
    """

    aliases = ("sum_axis",)

    def reduce(self, data: Tensor, axes: Axes, keepdim: bool, out: Tensor | None) -> Tensor:
        """Add up without changing the element type; torch makes int64 of small whole numbers."""
        return torch.sum(data, axes, keepdim=keepdim, dtype=data.dtype, out=out)

    @view_of("grad")
    def data_gradient(self, grad: Tensor, data_shape: Shape) -> Tensor:
        """Return what flowed back, the same for every element."""
        return self.spread(grad, data_shape)


class mean(Reduction):
    """Mean of all elements.

    >>> import symnet as mx
    >>> mx.mean(mx.array([[-3, 0], [0, 4]]), axis=1)
    NDArray([-1.5,  2. ], float32, CPU0)
    """

    floats_only = True

    def reduce(self, data: Tensor, axes: Axes, keepdim: bool, out: Tensor | None) -> Tensor:
        """Return the means."""
        return torch.mean(data, axes, keepdim=keepdim, out=out)

    def data_gradient(self, grad: Tensor, data_shape: Shape, out: Tensor | None = None) -> Tensor:
        """Return an equal share of what flowed back for every element."""
        spread = self.spread(grad, data_shape)
        return torch.mul(spread, grad.numel() / spread.numel(), out=out)


class nansum(Reduction):
    """Sum of all elements that are numbers: NaN counts as 0.

    >>> import symnet as mx
    >>> data = mx.array([[0, 1], [2, 3]])
    >>> mx.nansum(data / data, axis=1)
    NDArray([1., 2.], float32, CPU0)
    """

    floats_only = True

    def reduce(self, data: Tensor, axes: Axes, keepdim: bool, out: Tensor | None) -> Tensor:
        """Return the sums."""
        return torch.nansum(data, axes, keepdim=keepdim, out=out)

    def data_gradient(self, grad: Tensor, data: Tensor, out: Tensor | None = None) -> Tensor:
        """Return what flowed back, where there is a number."""
        counts = torch.eq(data, data, out=out)
        return torch.mul(self.spread(grad, data.shape), counts, out=out)


class prod(Reduction):
    """Product of all elements.

    >>> import symnet as mx
    >>> mx.prod(mx.array([[-3, 1], [2, 4]]), axis=1)
    NDArray([-3.,  8.], float32, CPU0)
    """

    def reduce(self, data: Tensor, axes: Axes, keepdim: bool, out: Tensor | None) -> Tensor:
        """Return the products."""
        return _product(data, axes, keepdim, out)

    def data_gradient(
        self, grad: Tensor, data: Tensor, output: Tensor, out: Tensor | None = None
    ) -> Tensor:
        """Return the product of all others, times what flowed back."""
        return _of_others(self, grad, data, output, out)


class nanprod(Reduction):
    """Product of all elements that are numbers: NaN counts as 1.

    >>> import symnet as mx
    >>> data = mx.array([[0, 1], [2, 3]])
    >>> mx.nanprod(data / data * 2, axis=1)
    NDArray([2., 4.], float32, CPU0)
    """

    floats_only = True

    def reduce(self, data: Tensor, axes: Axes, keepdim: bool, out: Tensor | None) -> Tensor:
        """Return the products."""
        return _product(self._numbers(data), axes, keepdim, out)

    def data_gradient(
        self, grad: Tensor, data: Tensor, output: Tensor, out: Tensor | None = None
    ) -> Tensor:
        """Return the product of all others, times what flowed back; nothing for NaN."""
        found = _of_others(self, grad, self._numbers(data), output, out)
        return torch.mul(found, torch.eq(data, data, out=torch.empty_like(data)), out=out)

    @staticmethod
    def _numbers(data: Tensor) -> Tensor:
        return torch.nan_to_num(data, nan=1.0, posinf=inf, neginf=-inf, out=torch.empty_like(data))


def _product(data: Tensor, axes: Axes, keepdim: bool, out: Tensor | None) -> Tensor:
    """Multiply along one axis after the other, from the last: torch takes one at a time."""
    first, *others = axes
    for axis in reversed(others):
        left = reduced_shape(data.shape, (axis,), keepdims=keepdim)
        inner = None if out is None else torch.empty(left, dtype=data.dtype, device=data.device)
        data = torch.prod(data, axis, keepdim=keepdim, dtype=data.dtype, out=inner)
    return torch.prod(data, first, keepdim=keepdim, dtype=data.dtype, out=out)


def _of_others(
    op: Reduction, grad: Tensor, data: Tensor, output: Tensor, out: Tensor | None
) -> Tensor:
    """Return for each element the product of all others, times what flowed back."""
    whole, above = op.spread(output, data.shape), op.spread(grad, data.shape)
    if bool(torch.all(output.abs() > 0)) or bool(torch.all(data != 0)):
        return torch.mul(torch.div(whole, data, out=out), above, out=out)
    # Dividing by a 0 tells nothing: the others are multiplied up, those before and those behind.
    axes = op.axes(data.shape)
    kept = [axis for axis in range(data.ndim) if axis not in axes]
    line = data.permute(*kept, *axes).reshape(*(data.shape[axis] for axis in kept), -1)
    ones = torch.ones_like(line[..., :1])
    before = torch.cat([ones, line[..., :-1]], -1).cumprod(-1)
    behind = torch.cat([ones, line[..., 1:].flip(-1)], -1).cumprod(-1).flip(-1)
    lengths = [data.shape[axis] for axis in (*kept, *axes)]
    order = sorted(range(data.ndim), key=[*kept, *axes].__getitem__)
    return torch.mul((before * behind).view(lengths).permute(order), above, out=out)


class _Extreme(Reduction, registered=False):
    def data_gradient(
        self, grad: Tensor, data: Tensor, output: Tensor, out: Tensor | None = None
    ) -> Tensor:
        """Return all of what flowed back for each element that is equal to the extreme."""
        won = torch.eq(data, self.spread(output, data.shape), out=out)
        return torch.mul(self.spread(grad, data.shape), won, out=out)


class max(_Extreme):
    """Greatest of all elements.

    >>> import symnet as mx
    >>> mx.max(mx.array([[-3, 0], [0, 4]]))
    NDArray([4.], float32, CPU0)
    """

    aliases = ("max_axis",)

    def reduce(self, data: Tensor, axes: Axes, keepdim: bool, out: Tensor | None) -> Tensor:
        """Return the greatest elements."""
        return torch.amax(data, axes, keepdim=keepdim, out=out)


class min(_Extreme):
    """Least of all elements.

    >>> import symnet as mx
    >>> mx.min(mx.array([[-3, 0], [0, 4]]))
    NDArray([-3.], float32, CPU0)
    """

    aliases = ("min_axis",)

    def reduce(self, data: Tensor, axes: Axes, keepdim: bool, out: Tensor | None) -> Tensor:
        """Return the least elements."""
        return torch.amin(data, axes, keepdim=keepdim, out=out)


class norm(_AlongAxes):
    """Norm of all elements: the root of the sum of their squares, or the sum of absolute values.

    >>> import symnet as mx
    >>> mx.norm(mx.array([[-3, 0], [0, 4]]))
    NDArray([5.], float32, CPU0)
    """

    ord: int = param("1: sum of absolute values; 2: root of squares.", default=2, min=1, max=2)
    out_dtype: Literal["float16", "float32", "float64", "int32", "int64", "int8"] | None = param(
        "Element type of the result; None: that of the data.", default=None
    )

    def infer_dtype(self, shared: torch.dtype) -> torch.dtype:
        """Return the element type that is asked for, or that of the data."""
        return to_torch(self.out_dtype) if self.out_dtype else shared

    def reduce(self, data: Tensor, axes: Axes, keepdim: bool, out: Tensor | None) -> Tensor:
        """Return the norms; those of whole numbers by way of float64."""
        own = self.infer_dtype(data.dtype)
        if own == data.dtype and own.is_floating_point:
            return self._norm(data, axes, keepdim, out)
        found = self._norm(data.double(), axes, keepdim, None).to(own)
        return found if out is None else out.copy_(found)

    def _norm(self, data: Tensor, axes: Axes, keepdim: bool, out: Tensor | None) -> Tensor:
        found: Tensor = torch.linalg.vector_norm(data, self.ord, axes, keepdim=keepdim, out=out)
        return found

    def data_gradient(
        self, grad: Tensor, data: Tensor, output: Tensor, out: Tensor | None = None
    ) -> Tensor:
        """Return the direction of the data times what flowed back; nothing where all is zero."""
        if self.ord == 1:
            return torch.mul(torch.sign(data, out=out), self.spread(grad, data.shape), out=out)
        least = torch.finfo(output.dtype).tiny
        length = torch.clamp_min(output, least, out=torch.empty_like(output))
        share = torch.div(grad, length, out=length)
        return torch.mul(data, self.spread(share, data.shape), out=out)
