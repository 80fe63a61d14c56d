"""Joining and splitting."""

from collections.abc import Sequence

import torch
from torch import Tensor

from ...core.errors import ShapeError
from ..contract import Input, Inputs, Operator, Shape, Shapes, param, view_of

__all__ = ["Concat", "SliceChannel"]


class Concat(Operator):
    """Join inputs along one axis; their other axes must agree.

    Source: docs/semantics §3.5.

    >>> import symnet as mx
    >>> mx.Concat(mx.array([[1], [2]]), mx.array([[3, 4], [5, 6]]), dim=1).asnumpy()
    array([[1., 3., 4.],
           [2., 5., 6.]], dtype=float32)
    """

    aliases = ("concat", "_sparse_concat")

    args = Inputs("Arrays that differ in length along the joined axis only.")
    num_args: int = param("Number of inputs.", min=1)
    dim: int = param("The axis to join along.", default=1)

    def infer_shape(self, args: list[Shape | None]) -> Shapes:
        """The lengths along the joined axis are added up; they must all be known."""
        known = [shape for shape in args if shape is not None]
        if len(known) < len(args):
            return {}
        axis = self._axis(len(known[0]))
        for number, shape in enumerate(known):
            if _without(shape, axis) != _without(known[0], axis):
                raise ShapeError(
                    f"argument {number} of shape {shape} does not fit argument 0 of shape "
                    f"{known[0]}: all axes but axis {axis} must agree"
                )
        joined = list(known[0])
        joined[axis] = sum(shape[axis] for shape in known)
        return {"output": tuple(joined)}

    def _axis(self, ndim: int) -> int:
        axis = self.dim + ndim if self.dim < 0 else self.dim
        if not 0 <= axis < ndim:
            raise ShapeError(f"dim={self.dim} is no axis of arrays with {ndim} axes")
        return axis

    def forward(self, args: list[Tensor], out: Tensor | None = None) -> Tensor:
        """Return the joined array."""
        return torch.cat(args, self.dim, out=out)

    @view_of("grad")
    def args_gradient(self, index: int, grad: Tensor, args_shape: Sequence[Shape]) -> Tensor:
        """Return the part of grad that belongs to one input."""
        axis = self._axis(grad.ndim)
        start = sum(shape[axis] for shape in args_shape[:index])
        return grad.narrow(axis, start, args_shape[index][axis])


def _without(shape: Shape, axis: int) -> Shape:
    return shape[:axis] + shape[axis + 1 :]


class SliceChannel(Operator):
    """Cut an array into equal parts along one axis.

    Source: docs/semantics §3.20.

    >>> import symnet as mx
    >>> net = mx.SliceChannel(data=mx.Variable("data"), num_outputs=2, name="parts")
    >>> net.list_outputs()
    ['parts_output0', 'parts_output1']
    >>> net.infer_shape(data=(100, 6))[1]
    [(100, 3), (100, 3)]
    """

    aliases = ("split",)

    data = Input("Array to cut.")
    num_outputs: int = param("Number of parts.", min=1)
    axis: int = param("The axis to cut along.", default=1)
    squeeze_axis: bool = param("Drop the axis, where a part has length 1 along it.", default=False)

    def outputs(self) -> tuple[str, ...]:
        """Return ``output0``, ``output1``, …."""
        return tuple(f"output{number}" for number in range(self.num_outputs))

    def infer_shape(self, data: Shape) -> Shapes:
        """The axis must divide evenly."""
        axis = self.axis + len(data) if self.axis < 0 else self.axis
        if not 0 <= axis < len(data):
            raise ShapeError(f"axis={self.axis} is no axis of data of shape {data}")
        length, rest = divmod(data[axis], self.num_outputs)
        if rest:
            raise ShapeError(
                f"axis {axis} of data, of length {data[axis]}, cannot be cut into "
                f"{self.num_outputs} equal parts"
            )
        if self.squeeze_axis and length != 1:
            raise ShapeError(f"squeeze_axis wants parts of length 1, these have length {length}")
        part = (
            _without(data, axis) if self.squeeze_axis else (*data[:axis], length, *data[axis + 1 :])
        )
        return dict.fromkeys(self.outputs(), part)

    @view_of("data")
    def forward(self, data: Tensor) -> Tensor | tuple[Tensor, ...]:
        """Return the parts; they share memory with the data."""
        parts = data.chunk(self.num_outputs, self.axis)
        if self.squeeze_axis:
            parts = tuple(part.squeeze(self.axis) for part in parts)
        return parts[0] if self.num_outputs == 1 else tuple(parts)

    def data_gradient(
        self, grads: Sequence[Tensor | None], data_shape: Shape, out: Tensor | None = None
    ) -> Tensor:
        """Return the gradients of the parts, joined; a part that nobody used counts as 0."""
        like = next(grad for grad in grads if grad is not None)
        result = like.new_empty(data_shape) if out is None else out
        for place, grad in zip(result.chunk(self.num_outputs, self.axis), grads, strict=True):
            if grad is None:
                place.zero_()
            else:
                place.copy_(grad.unsqueeze(self.axis) if self.squeeze_axis else grad)
        return result
