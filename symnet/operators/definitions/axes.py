"""Axes: expand, squeeze, transpose.

Source: Apache MXNet 1.9.1, "Manipulation routines".
"""

from math import prod

from torch import Tensor

from ...core.errors import ShapeError
from .._axes import axis_of, without
from ..contract import Input, Operator, Shape, Shapes, param, view_of

__all__ = ["expand_dims", "reshape_like", "squeeze", "transpose"]


class expand_dims(Operator):
    """Put in an axis of length 1.

    Source: Apache MXNet 1.9.1, ``expand_dims``.

    >>> import symnet as mx
    >>> mx.expand_dims(mx.array([1, 2]), axis=-1).shape
    (2, 1)
    """

    aliases = ("_npi_expand_dims",)

    data = Input("Array of any shape.")
    axis: int = param("Where the axis is to stand; below 0 from the end.")

    def infer_shape(self, data: Shape | None = None, output: Shape | None = None) -> Shapes:
        """There is one more axis."""
        if data is None:
            return {} if output is None else {"data": self._before(output)}
        axis = axis_of(self.axis, len(data) + 1)
        return {"output": (*data[:axis], 1, *data[axis:])}

    def _before(self, output: Shape) -> Shape | None:
        """Return the shape without the axis; None where nothing would be left."""
        return without(output, axis_of(self.axis, len(output))) or None

    @view_of("data")
    def forward(self, data: Tensor) -> Tensor:
        """Return the data with the axis."""
        return data.unsqueeze(self.axis)

    @view_of("grad")
    def data_gradient(self, grad: Tensor) -> Tensor:
        """Return grad without the axis."""
        return grad.squeeze(axis_of(self.axis, grad.ndim))


class squeeze(Operator):
    """Drop axes of length 1: those named, or all; at least one axis stays.

    Source: Apache MXNet 1.9.1, ``squeeze``.

    >>> import symnet as mx
    >>> mx.squeeze(mx.zeros(1, 2, 1)).shape
    (2,)
    """

    data = Input("Array of any shape.")
    axis: tuple[int, ...] | None = param(
        "The axes to drop, below 0 from the end; None for all of length 1.", default=None
    )

    def infer_shape(self, data: Shape) -> Shapes:
        """The axes go away."""
        if self.axis is None:
            return {"output": tuple(length for length in data if length != 1) or (1,)}
        dropped = [axis_of(axis, len(data)) for axis in self.axis]
        if len(set(dropped)) < len(dropped):
            raise ShapeError(f"axis={self.axis} names an axis of data of shape {data} twice")
        for axis in dropped:
            if data[axis] != 1:
                raise ShapeError(f"axis {axis} of data of shape {data} has length {data[axis]}")
        kept = tuple(length for axis, length in enumerate(data) if axis not in dropped)
        return {"output": kept or (1,)}

    @view_of("data")
    def forward(self, data: Tensor) -> Tensor:
        """Return the data without the axes."""
        return data.reshape(self.infer_shape(tuple(data.shape))["output"])

    @view_of("grad")
    def data_gradient(self, grad: Tensor, data_shape: Shape) -> Tensor:
        """Return grad in the data's shape."""
        return grad.reshape(data_shape)


class transpose(Operator):
    """Exchange axes: all in reverse order, or as told.

    Source: Apache MXNet 1.9.1, ``transpose``.

    >>> import symnet as mx
    >>> mx.transpose(mx.zeros(2, 3, 4), axes=(1, 0, 2)).shape
    (3, 2, 4)
    """

    data = Input("Array of any shape.")
    axes: tuple[int, ...] = param(
        "For each axis of the output that of the data; empty for reverse order.", default=()
    )

    def _axes(self, ndim: int) -> tuple[int, ...]:
        axes = self.axes or tuple(reversed(range(ndim)))
        found = tuple(axis_of(axis, ndim, "axes: axis") for axis in axes)
        if sorted(found) != list(range(ndim)):
            raise ShapeError(f"axes={self.axes} must name each of {ndim} axes once")
        return found

    def infer_shape(self, data: Shape | None = None, output: Shape | None = None) -> Shapes:
        """The lengths go with the axes, and back."""
        if data is not None:
            return {"output": tuple(data[axis] for axis in self._axes(len(data)))}
        if output is None:
            return {}
        axes = self._axes(len(output))
        return {"data": tuple(output[axes.index(axis)] for axis in range(len(axes)))}

    @view_of("data")
    def forward(self, data: Tensor) -> Tensor:
        """Return the data with its axes exchanged."""
        return data.permute(self._axes(data.ndim))

    @view_of("grad")
    def data_gradient(self, grad: Tensor) -> Tensor:
        """Return grad with its axes put back."""
        axes = self._axes(grad.ndim)
        return grad.permute(tuple(axes.index(axis) for axis in range(len(axes))))


class reshape_like(Operator):
    """See an array in the shape of another, or some of its axes in those of some of the other's.

    Axes lhs_begin to below lhs_end give way to axes rhs_begin to below rhs_end of the other.
    Source: Apache MXNet 1.9.1, ``reshape_like``.

    >>> import symnet as mx
    >>> mx.reshape_like(mx.zeros(30, 7), mx.zeros(15, 2, 4), lhs_begin=0, lhs_end=1,
    ...                 rhs_begin=0, rhs_end=2).shape
    (15, 2, 7)
    """

    aliases = ("_npx_reshape_like",)

    lhs = Input("Array to see in another shape.")
    rhs = Input("Array whose shape counts, not its numbers.", takes_gradient=False, any_dtype=True)
    lhs_begin: int | None = param("First axis that gives way; None for 0.", default=None)
    lhs_end: int | None = param("Axis after the last; None for all.", default=None)
    rhs_begin: int | None = param("First axis of the other; None for 0.", default=None)
    rhs_end: int | None = param("Axis after the last; None for all.", default=None)

    def infer_shape(self, lhs: Shape, rhs: Shape) -> Shapes:
        """There must be as many elements."""
        first, last = _span("lhs", self.lhs_begin, self.lhs_end, len(lhs))
        begin, end = _span("rhs", self.rhs_begin, self.rhs_end, len(rhs))
        shape = (*lhs[:first], *rhs[begin:end], *lhs[last:])
        if prod(shape) != prod(lhs):
            raise ShapeError(f"lhs of shape {lhs} does not fit {shape}, made of rhs {rhs}")
        return {"output": shape}

    @view_of("lhs")
    def forward(self, lhs: Tensor, rhs_shape: Shape) -> Tensor:
        """Return the array in the other shape."""
        return lhs.reshape(self.infer_shape(tuple(lhs.shape), rhs_shape)["output"])

    @view_of("grad")
    def lhs_gradient(self, grad: Tensor, lhs_shape: Shape) -> Tensor:
        """Return grad in the array's own shape."""
        return grad.reshape(lhs_shape)


def _span(who: str, begin: int | None, end: int | None, ndim: int) -> tuple[int, int]:
    """Return the axes from begin to below end, counted from 0."""
    first = 0 if begin is None else begin + ndim if begin < 0 else begin
    last = ndim if end is None else end + ndim if end < 0 else end
    if not 0 <= first < last <= ndim:
        raise ShapeError(
            f"{who}_begin={begin} and {who}_end={end} must satisfy 0 <= begin < end <= {ndim}, "
            f"the axes of {who}"
        )
    return first, last
