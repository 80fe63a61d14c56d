"""Repeat, tile, reverse, diagonals, depth to space.

Source: Apache MXNet 1.9.1, "Manipulation routines".
"""

from math import prod

import torch
from torch import Tensor

from ...core.errors import ShapeError
from .._axes import axis_of, exchanged
from ..contract import Input, Operator, Shape, Shapes, param

__all__ = ["depth_to_space", "diag", "repeat", "reverse", "space_to_depth", "tile"]


def _copied(source: Tensor, shape: Shape, out: Tensor | None) -> Tensor:
    """Copy a view into memory of its own, in a shape with as many elements."""
    result = source.new_empty(shape) if out is None else out
    result.view(source.shape).copy_(source)
    return result


class tile(Operator):
    """Put copies of an array side by side along each axis.

    Shorter reps count for the last axes, and longer ones put axes before the first.
    Source: Apache MXNet 1.9.1, ``tile``.

    >>> import symnet as mx
    >>> mx.tile(mx.array([1, 2]), reps=(2, 2)).asnumpy()
    array([[1., 2., 1., 2.],
           [1., 2., 1., 2.]], dtype=float32)
    """

    aliases = ("_npi_tile",)

    data = Input("Array of any shape.")
    reps: tuple[int, ...] = param("How many copies along each axis.", min=1)

    def _pairs(self, data: Shape) -> list[tuple[int, int]]:
        """Return for each axis of the output how many copies, and of which length."""
        ndim = max(len(data), len(self.reps))
        lengths = (1,) * (ndim - len(data)) + data
        counts = (1,) * (ndim - len(self.reps)) + self.reps
        return list(zip(counts, lengths, strict=True))

    def infer_shape(self, data: Shape) -> Shapes:
        """The lengths are multiplied."""
        return {"output": tuple(count * length for count, length in self._pairs(data))}

    def forward(self, data: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the copies."""
        pairs = self._pairs(tuple(data.shape))
        apart = data.reshape([part for _, length in pairs for part in (1, length)])
        spread = apart.expand([part for pair in pairs for part in pair])
        return _copied(spread, tuple(count * length for count, length in pairs), out)

    def data_gradient(self, grad: Tensor, data_shape: Shape, out: Tensor | None = None) -> Tensor:
        """Return grad, added up over the copies."""
        pairs = self._pairs(data_shape)
        apart = grad.reshape([part for pair in pairs for part in pair])
        lengths = [length for _, length in pairs]
        place = None if out is None else out.view(lengths)
        copies = list(range(0, 2 * len(pairs), 2))
        return torch.sum(apart, copies, dtype=grad.dtype, out=place).view(data_shape)


class repeat(Operator):
    """Repeat each element along an axis, or of the flattened array.

    Source: Apache MXNet 1.9.1, ``repeat``.

    >>> import symnet as mx
    >>> mx.repeat(mx.array([[1, 2]]), repeats=2, axis=1)
    NDArray([[1., 1., 2., 2.]], float32, CPU0)
    """

    aliases = ("_np_repeat",)

    data = Input("Array of any shape.")
    repeats: int = param("How often.", min=1)
    axis: int | None = param("The axis; None for the flattened array.", default=None)

    def _line(self, data: Shape) -> tuple[Shape, int]:
        if self.axis is None:
            return (prod(data),), 0
        return data, axis_of(self.axis, len(data))

    def infer_shape(self, data: Shape) -> Shapes:
        """The axis becomes longer."""
        shape, axis = self._line(data)
        return {"output": exchanged(shape, axis, shape[axis] * self.repeats)}

    def forward(self, data: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the repeated elements."""
        shape, axis = self._line(tuple(data.shape))
        spread = data.reshape(shape).unsqueeze(axis + 1)
        apart = spread.expand(exchanged(shape, axis, shape[axis], self.repeats))
        return _copied(apart, exchanged(shape, axis, shape[axis] * self.repeats), out)

    def data_gradient(self, grad: Tensor, data_shape: Shape, out: Tensor | None = None) -> Tensor:
        """Return grad, added up over what was repeated."""
        shape, axis = self._line(data_shape)
        apart = grad.reshape(exchanged(shape, axis, shape[axis], self.repeats))
        place = None if out is None else out.view(shape)
        return torch.sum(apart, axis + 1, dtype=grad.dtype, out=place).view(data_shape)


class reverse(Operator):
    """Turn the order along some axes around; twice for an axis that is named twice.

    Source: Apache MXNet 1.9.1, ``reverse``.

    >>> import symnet as mx
    >>> mx.reverse(mx.array([[1, 2], [3, 4]]), axis=1).asnumpy()
    array([[2., 1.],
           [4., 3.]], dtype=float32)
    """

    aliases = ("flip",)

    data = Input("Array of any shape.")
    axis: tuple[int, ...] = param("The axes.")

    def infer_shape(self, data: Shape | None = None, output: Shape | None = None) -> Shapes:
        """The output has the data's shape."""
        known = data if data is not None else output
        if known is not None:
            self._turned(known)
        return {"data": known, "output": known}

    def _turned(self, data: Shape) -> list[int]:
        named = [axis_of(axis, len(data)) for axis in self.axis]
        return [axis for axis in set(named) if named.count(axis) % 2]

    def forward(self, data: Tensor) -> Tensor:
        """Return the data turned around."""
        return data.flip(self._turned(tuple(data.shape)))

    def data_gradient(self, grad: Tensor) -> Tensor:
        """Return grad turned around."""
        return grad.flip(self._turned(tuple(grad.shape)))


def _images(data: Shape) -> None:
    if len(data) != 4:
        raise ShapeError(f"data must be (batch, channels, height, width), got {data}")


class depth_to_space(Operator):
    """Move channels into blocks of pixels.

    Channel (y · block_size + x) · rest + c becomes channel c, of pixel (y, x) of each block.
    Source: Apache MXNet 1.9.1, ``depth_to_space``.

    >>> import symnet as mx
    >>> mx.depth_to_space(mx.zeros(1, 8, 2, 3), block_size=2).shape
    (1, 2, 4, 6)
    """

    data = Input("Images of shape (batch, channels, height, width).")
    block_size: int = param("Height and width of a block.", min=1)

    def infer_shape(self, data: Shape) -> Shapes:
        """The channels must divide evenly."""
        _images(data)
        batch, channels, height, width = data
        block = self.block_size
        if channels % block**2:
            raise ShapeError(f"{channels} channels do not fill blocks of {block} times {block}")
        return {"output": (batch, channels // block**2, height * block, width * block)}

    def forward(self, data: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the larger images."""
        return _to_space(data, self.block_size, out)

    def data_gradient(self, grad: Tensor, out: Tensor | None = None) -> Tensor:
        """Return grad with its blocks as channels."""
        return _to_depth(grad, self.block_size, out)


class space_to_depth(Operator):
    """Move blocks of pixels into channels: what `depth_to_space` undoes.

    Source: Apache MXNet 1.9.1, ``space_to_depth``.

    >>> import symnet as mx
    >>> mx.space_to_depth(mx.zeros(1, 2, 4, 6), block_size=2).shape
    (1, 8, 2, 3)
    """

    data = Input("Images of shape (batch, channels, height, width).")
    block_size: int = param("Height and width of a block.", min=1)

    def infer_shape(self, data: Shape) -> Shapes:
        """Height and width must divide evenly."""
        _images(data)
        batch, channels, height, width = data
        block = self.block_size
        if height % block or width % block:
            raise ShapeError(f"images of {height} times {width} are not made of blocks of {block}")
        return {"output": (batch, channels * block**2, height // block, width // block)}

    def forward(self, data: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the images with more channels."""
        return _to_depth(data, self.block_size, out)

    def data_gradient(self, grad: Tensor, out: Tensor | None = None) -> Tensor:
        """Return grad with its channels as blocks."""
        return _to_space(grad, self.block_size, out)


def _to_space(data: Tensor, block: int, out: Tensor | None) -> Tensor:
    batch, channels, height, width = data.shape
    apart = data.reshape(batch, block, block, channels // block**2, height, width)
    shape = (batch, channels // block**2, height * block, width * block)
    return _copied(apart.permute(0, 3, 4, 1, 5, 2), shape, out)


def _to_depth(data: Tensor, block: int, out: Tensor | None) -> Tensor:
    batch, channels, height, width = data.shape
    apart = data.reshape(batch, channels, height // block, block, width // block, block)
    shape = (batch, channels * block**2, height // block, width // block)
    return _copied(apart.permute(0, 3, 5, 1, 2, 4), shape, out)


class diag(Operator):
    """Take a diagonal out of two axes of an array, or make a matrix with a vector on one.

    The diagonal becomes the last axis. Source: Apache MXNet 1.9.1, ``diag``.

    >>> import symnet as mx
    >>> mx.diag(mx.array([[1, 2, 3], [4, 5, 6]]), k=1)
    NDArray([2., 6.], float32, CPU0)
    """

    data = Input("A vector, or an array with more axes.")
    k: int = param("Which diagonal: above the main one, below it where k < 0.", default=0)
    axis1: int = param("The axis that counts its rows.", default=0)
    axis2: int = param("The axis that counts its columns.", default=1)

    def infer_shape(self, data: Shape) -> Shapes:
        """A vector gives a matrix, all else loses an axis."""
        if len(data) == 1:
            return {"output": (data[0] + abs(self.k),) * 2}
        first, second = self._axes(len(data))
        above, below = max(self.k, 0), max(-self.k, 0)
        length = min(data[first] - below, data[second] - above)
        if length < 1:
            raise ShapeError(f"data of shape {data} has no diagonal k={self.k}")
        rest = [n for axis, n in enumerate(data) if axis not in (first, second)]
        return {"output": (*rest, length)}

    def _axes(self, ndim: int) -> tuple[int, int]:
        first, second = axis_of(self.axis1, ndim, "axis1"), axis_of(self.axis2, ndim, "axis2")
        if first == second:
            raise ShapeError(f"axis1={self.axis1} and axis2={self.axis2} are the same axis")
        return first, second

    def _of(self, data: Tensor) -> Tensor:
        """Return the diagonal as a view."""
        first, second = self._axes(data.ndim)
        return data.diagonal(self.k, first, second)

    def forward(self, data: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the diagonal, or the matrix."""
        if data.ndim > 1:
            part = self._of(data)
            return part.clone() if out is None else out.copy_(part)
        size = len(data) + abs(self.k)
        result = data.new_zeros(size, size) if out is None else out.zero_()
        result.diagonal(self.k).copy_(data)
        return result

    def data_gradient(self, grad: Tensor, data_shape: Shape, out: Tensor | None = None) -> Tensor:
        """Return the diagonal of grad for a vector; else grad on the diagonal, 0 elsewhere."""
        if len(data_shape) == 1:
            part = grad.diagonal(self.k)
            return part.clone() if out is None else out.copy_(part)
        result = grad.new_zeros(data_shape) if out is None else out.zero_()
        self._of(result).copy_(grad)
        return result
