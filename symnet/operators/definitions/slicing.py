"""Slicing.

Source: Apache MXNet 1.9.1, "Indexing routines".
"""

import torch
from torch import Tensor

from ...core.dtype import dtype_name, holds
from ...core.errors import DTypeError, ParameterError, ShapeError
from .._axes import Window, axis_of, exchanged, window_of
from ..contract import Input, Operator, Shape, Shapes, param, view_of

__all__ = ["_slice_assign", "_slice_assign_scalar", "slice", "slice_axis", "slice_like"]

Open = tuple[int | None, ...]
"""An entry for each of the first axes; None for what leaves a side open."""

_BEGIN = "First index along each of the first axes; None, and below 0, as Python's slices."
_END = "Index after the last, likewise."
_STEP = "Step, likewise; below 0 from the end. Empty for 1 everywhere."


def _check_window(op: Operator, begin: Open, end: Open, step: Open) -> None:
    who = type(op).__name__
    if not begin or len(begin) != len(end):
        raise ParameterError(f"{who}: begin={begin} and end={end} must have one entry per axis")
    if step and len(step) != len(begin):
        raise ParameterError(f"{who}: step={step} must have as many entries as begin={begin}")
    if 0 in step:
        raise ParameterError(f"{who}: a step of 0 leads nowhere, got step={step}")


def _spread(grad: Tensor, window: Window, shape: Shape, out: Tensor | None) -> Tensor:
    """Return grad in a window, and zeros elsewhere."""
    result = grad.new_zeros(shape) if out is None else out.zero_()
    return window.fill(result, grad)


class slice(Operator):
    """Cut a part out of an array, by begin, end and step along its first axes.

    As Python's slices: None leaves a side open, what is below 0 counts from the end, and what is
    outside is cut off. Of arrays ``mx.slice(arr, start, stop)`` is the documents' function, which
    returns rows that share the array's memory. Source: Apache MXNet 1.9.1, ``slice``.

    >>> import symnet as mx
    >>> mx.slice(mx.array([[1, 2, 3], [4, 5, 6]]), begin=(0, None), end=(1, None), step=(1, -1))
    NDArray([[3., 2., 1.]], float32, CPU0)
    """

    aliases = ("crop", "_npi_slice", "_npx_slice")

    data = Input("Array to cut.")
    begin: tuple[int | None, ...] = param(_BEGIN)
    end: tuple[int | None, ...] = param(_END)
    step: tuple[int | None, ...] = param(_STEP, default=())

    def check(self) -> None:
        """There is one of each for an axis."""
        _check_window(self, self.begin, self.end, self.step)

    def _window(self, shape: Shape) -> Window:
        return window_of(shape, self.begin, self.end, self.step)

    def infer_shape(self, data: Shape) -> Shapes:
        """Something must be left."""
        return {"output": self._window(data).shape}

    def forward(self, data: Tensor, out: Tensor | None = None) -> Tensor:
        """Return a copy of the part."""
        part = self._window(tuple(data.shape)).of(data)
        return part.clone() if out is None else out.copy_(part)

    def data_gradient(self, grad: Tensor, data_shape: Shape, out: Tensor | None = None) -> Tensor:
        """Return grad where it was cut out, 0 elsewhere."""
        return _spread(grad, self._window(data_shape), data_shape, out)


class slice_axis(Operator):
    """Cut a part out of an array along one axis.

    Source: Apache MXNet 1.9.1, ``slice_axis``.

    >>> import symnet as mx
    >>> mx.slice_axis(mx.array([[1, 2, 3], [4, 5, 6]]), axis=1, begin=-2, end=None).asnumpy()
    array([[2., 3.],
           [5., 6.]], dtype=float32)
    """

    data = Input("Array to cut.")
    axis: int = param("The axis.")
    begin: int = param("First index; below 0 from the end.")
    end: int | None = param("Index after the last; below 0 from the end, None for all.")

    def _bounds(self, data: Shape) -> tuple[int, int, int]:
        """Return axis, begin and length."""
        axis = axis_of(self.axis, len(data))
        length = data[axis]
        begin = self.begin + length if self.begin < 0 else self.begin
        end = length if self.end is None else self.end + length if self.end < 0 else self.end
        if not 0 <= begin < end <= length:
            raise ShapeError(
                f"begin={self.begin} and end={self.end} must satisfy 0 <= begin < end <= {length} "
                f"along axis {axis} of data of shape {data}"
            )
        return axis, begin, end - begin

    def infer_shape(self, data: Shape) -> Shapes:
        """The bounds must lie inside."""
        axis, _, length = self._bounds(data)
        return {"output": exchanged(data, axis, length)}

    @view_of("data")
    def forward(self, data: Tensor) -> Tensor:
        """Return the part; it shares memory with the data."""
        return data.narrow(*self._bounds(tuple(data.shape)))

    def data_gradient(self, grad: Tensor, data_shape: Shape, out: Tensor | None = None) -> Tensor:
        """Return grad where it was cut out, 0 elsewhere."""
        result = grad.new_zeros(data_shape) if out is None else out.zero_()
        result.narrow(*self._bounds(data_shape)).copy_(grad)
        return result


class slice_like(Operator):
    """Cut an array to the lengths of another.

    Source: Apache MXNet 1.9.1, ``slice_like``.

    >>> import symnet as mx
    >>> mx.slice_like(mx.array([[1, 2, 3], [4, 5, 6]]), mx.array([[0, 0]]))
    NDArray([[1., 2.]], float32, CPU0)
    """

    data = Input("Array to cut.")
    shape_like = Input(
        "Array whose shape counts, not its numbers.", takes_gradient=False, any_dtype=True
    )
    axes: tuple[int, ...] = param("The axes to cut along; empty for all.", default=())

    def infer_shape(self, data: Shape, shape_like: Shape) -> Shapes:
        """The other's lengths must not be greater."""
        if not self.axes and len(data) != len(shape_like):
            raise ShapeError(
                f"without axes both must have as many, got data {data} and shape_like {shape_like}"
            )
        found = list(data)
        for axis in self.axes or range(len(data)):
            place = axis_of(axis, len(data), "axes: axis")
            found[place] = shape_like[axis_of(axis, len(shape_like), "axes: axis")]
            if found[place] > data[place]:
                raise ShapeError(
                    f"axis {place} of shape_like {shape_like} is longer than that of data {data}"
                )
        return {"output": tuple(found)}

    @view_of("data")
    def forward(self, data: Tensor, shape_like_shape: Shape) -> Tensor:
        """Return the part; it shares memory with the data."""
        shape = self.infer_shape(tuple(data.shape), shape_like_shape)["output"]
        return _first(data, shape)

    def data_gradient(self, grad: Tensor, data_shape: Shape, out: Tensor | None = None) -> Tensor:
        """Return grad where it was cut out, 0 elsewhere."""
        result = grad.new_zeros(data_shape) if out is None else out.zero_()
        _first(result, tuple(grad.shape)).copy_(grad)
        return result


def _first(data: Tensor, shape: Shape) -> Tensor:
    """Return the part of an array at its beginning, as a view."""
    for axis, length in enumerate(shape):
        data = data.narrow(axis, 0, length)
    return data


class _slice_assign(Operator):
    """Replace a part of an array, by begin, end and step along its first axes; see `slice`.

    Source: Apache MXNet 1.9.1, ``_slice_assign``.
    """

    aliases = ("_crop_assign", "_npi_slice_assign")

    lhs = Input("Array of which a part is replaced; it is not changed.")
    rhs = Input("What takes its place.")
    begin: tuple[int | None, ...] = param(_BEGIN)
    end: tuple[int | None, ...] = param(_END)
    step: tuple[int | None, ...] = param(_STEP, default=())

    def check(self) -> None:
        """There is one of each for an axis."""
        _check_window(self, self.begin, self.end, self.step)

    def _window(self, shape: Shape) -> Window:
        return window_of(shape, self.begin, self.end, self.step)

    def infer_shape(self, lhs: Shape) -> Shapes:
        """What takes its place has the shape of the part."""
        return {"rhs": self._window(lhs).shape, "output": lhs}

    def forward(self, lhs: Tensor, rhs: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the array with its new part."""
        result = lhs.clone() if out is None else out.copy_(lhs)
        return self._window(tuple(lhs.shape)).fill(result, rhs)

    def lhs_gradient(self, grad: Tensor, out: Tensor | None = None) -> Tensor:
        """Return grad, and 0 where a part was replaced."""
        result = grad.clone() if out is None else out.copy_(grad)
        result[self._window(tuple(grad.shape)).parts].zero_()
        return result

    def rhs_gradient(self, grad: Tensor, out: Tensor | None = None) -> Tensor:
        """Return grad where a part was replaced."""
        part = self._window(tuple(grad.shape)).of(grad)
        return part.clone() if out is None else out.copy_(part)


class _slice_assign_scalar(Operator):
    """Fill a part of an array with a number, by begin, end and step along its first axes.

    See `slice`. Source: Apache MXNet 1.9.1, ``_slice_assign_scalar``.
    """

    aliases = ("_crop_assign_scalar", "_npi_slice_assign_scalar")

    data = Input("Array of which a part is filled; it is not changed.")
    scalar: float = param("The number.", default=0.0, nan=True)
    begin: tuple[int | None, ...] = param(_BEGIN)
    end: tuple[int | None, ...] = param(_END)
    step: tuple[int | None, ...] = param(_STEP, default=())

    def check(self) -> None:
        """There is one of each for an axis."""
        _check_window(self, self.begin, self.end, self.step)

    def _window(self, shape: Shape) -> Window:
        return window_of(shape, self.begin, self.end, self.step)

    def infer_shape(self, data: Shape) -> Shapes:
        """The output has the data's shape."""
        self._window(data)
        return {"output": data}

    def infer_dtype(self, shared: torch.dtype) -> torch.dtype:
        """Return that of the data, which must have the number."""
        if not holds(shared, self.scalar):
            raise DTypeError(
                f"the data is {dtype_name(shared)}, which has no {self.scalar}; convert it with "
                "astype or Cast"
            )
        return shared

    def forward(self, data: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the array with its part filled."""
        result = data.clone() if out is None else out.copy_(data)
        number = self.scalar if data.is_floating_point() else int(self.scalar)
        result[self._window(tuple(data.shape)).parts].fill_(number)
        return result

    def data_gradient(self, grad: Tensor, out: Tensor | None = None) -> Tensor:
        """Return grad, and 0 where the part was filled."""
        result = grad.clone() if out is None else out.copy_(grad)
        result[self._window(tuple(grad.shape)).parts].zero_()
        return result
