"""Arrays like another; shapes as arrays.

Source: Apache MXNet 1.9.1.
"""

import torch
from torch import Tensor

from ..contract import Input, Operator, Shape, Shapes, param
from .creation import steps
from .reduce import one_axis

__all__ = [
    "_contrib_arange_like",
    "_contrib_index_array",
    "ones_like",
    "shape_array",
    "size_array",
    "zeros_like",
]


class _Like(Operator, registered=False):
    """An array of which only the input's shape is asked."""

    data = Input("Array whose shape counts, not its numbers.", takes_gradient=False)


class _FilledLike(_Like, registered=False):
    memory_order = "follows"

    def infer_shape(self, data: Shape | None = None, output: Shape | None = None) -> Shapes:
        """Input and output have one shape."""
        known = data if data is not None else output
        return {"data": known, "output": known}


class zeros_like(_FilledLike):
    """Zeros in the shape of an array.

    >>> import symnet as mx
    >>> mx.zeros_like(mx.array([1, 2]))
    NDArray([0., 0.], float32, CPU0)
    """

    def forward(self, data: Tensor, out: Tensor | None = None) -> Tensor:
        """Return zeros."""
        return torch.zeros_like(data) if out is None else out.zero_()


class ones_like(_FilledLike):
    """Ones in the shape of an array.

    >>> import symnet as mx
    >>> mx.ones_like(mx.array([1, 2]))
    NDArray([1., 1.], float32, CPU0)
    """

    def forward(self, data: Tensor, out: Tensor | None = None) -> Tensor:
        """Return ones."""
        return torch.ones_like(data) if out is None else out.fill_(1)


class _Whole(_Like, registered=False):
    def infer_dtype(self, shared: torch.dtype) -> torch.dtype:
        """Counts and places are int64."""
        return torch.int64


class shape_array(_Whole):
    """The shape of an array, as an array.

    >>> import symnet as mx
    >>> mx.shape_array(mx.array([[1, 2, 3], [4, 5, 6]]))
    NDArray([2, 3], int64, CPU0)
    """

    aliases = ("_npx_shape_array",)

    def infer_shape(self, data: Shape) -> Shapes:
        """There is a number for each axis."""
        return {"output": (len(data),)}

    def forward(self, data: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the lengths."""
        return _written(tuple(data.shape), data, out)


class size_array(_Whole):
    """The number of elements of an array, as an array.

    >>> import symnet as mx
    >>> mx.size_array(mx.array([[1, 2, 3], [4, 5, 6]]))
    NDArray([6], int64, CPU0)
    """

    def infer_shape(self, data: Shape) -> Shapes:
        """There is one number."""
        return {"output": (1,)}

    def forward(self, data: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the number of elements."""
        return _written((data.numel(),), data, out)


def _written(counts: Shape, beside: Tensor, out: Tensor | None) -> Tensor:
    """Write counts into a vector, or into a new one on the device of another tensor."""
    if out is None:
        out = torch.empty(len(counts), dtype=torch.int64, device=beside.device)
    for place, count in enumerate(counts):
        out[place].fill_(count)
    return out


class _contrib_index_array(_Whole):
    """For each element of an array where it stands: its index on each axis, or on some."""

    hint = "index_array"

    axes: tuple[int, ...] | None = param("The axes whose index counts; None: all.", default=None)

    def _axes(self, shape: Shape) -> Shape:
        axes = range(len(shape)) if self.axes is None else self.axes
        return tuple(one_axis(axis, shape) for axis in axes)

    def infer_shape(self, data: Shape) -> Shapes:
        """The indices of an element stand side by side, on a new last axis."""
        return {"output": (*data, len(self._axes(data)))}

    def forward(self, data: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the indices."""
        shape = tuple(data.shape)
        axes = self._axes(shape)
        if out is None:
            out = torch.empty((*shape, len(axes)), dtype=torch.int64, device=data.device)
        for place, axis in enumerate(axes):
            steps_along = torch.empty(shape[axis], dtype=torch.int64, device=data.device)
            torch.arange(shape[axis], out=steps_along)
            along = [-1 if each == axis else 1 for each in range(data.ndim)]
            out[..., place].copy_(steps_along.view(along))
        return out


class _contrib_arange_like(_Like):
    """Numbers at equal steps, as many as an array has elements, or as one of its axes is long."""

    aliases = ("_npx_arange_like",)

    hint = "arange_like"
    speed_hints = ("ctx",)

    start: float = param("The first number.", default=0.0)
    step: float = param("The distance of two numbers.", default=1.0)
    repeat: int = param("How often each stands there.", default=1, min=1)
    axis: int | None = param("The axis; None: all elements, in the array's shape.", default=None)

    def infer_shape(self, data: Shape) -> Shapes:
        """The output is as long as the axis, or has the shape of the data."""
        if self.axis is None:
            return {"output": data}
        return {"output": (data[one_axis(self.axis, data)],)}

    def forward(self, data: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the numbers."""
        if out is None:
            shape: Shape = self.infer_shape(tuple(data.shape))["output"]
            out = torch.empty(shape, dtype=data.dtype, device=data.device)
        return steps(out, self.start, self.step, self.repeat)
