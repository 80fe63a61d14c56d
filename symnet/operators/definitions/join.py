"""Joining and splitting."""

from collections.abc import Sequence

import torch
from torch import Tensor

from ...core.errors import ParameterError, ShapeError
from .._axes import axis_of, exchanged, without
from ..contract import Input, Inputs, Operator, Shape, Shapes, param, view_of
from ..meaning import Joined, Meaning, Parts

__all__ = ["Concat", "SliceChannel", "_split_v2", "stack"]


class Concat(Operator):
    """Join inputs along one axis; their other axes must agree.

    Source: docs/semantics §3.5.

    >>> import symnet as mx
    >>> mx.Concat(mx.array([[1], [2]]), mx.array([[3, 4], [5, 6]]), dim=1).asnumpy()
    array([[1., 3., 4.],
           [2., 5., 6.]], dtype=float32)
    """

    family = "shape"
    aliases = ("concat",)
    memory_order = "follows"  # joining images in two orders takes eight times as long

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
            if without(shape, axis) != without(known[0], axis):
                raise ShapeError(
                    f"argument {number} of shape {shape} does not fit argument 0 of shape "
                    f"{known[0]}: all axes but axis {axis} must agree"
                )
        joined = list(known[0])
        joined[axis] = sum(shape[axis] for shape in known)
        return {"output": tuple(joined)}

    def meaning(self) -> Meaning:
        """Inputs are joined."""
        return Joined(self.dim)

    def _axis(self, ndim: int) -> int:
        return axis_of(self.dim, ndim, "dim")

    def forward(self, args: list[Tensor], out: Tensor | None = None) -> Tensor:
        """Return the joined array."""
        return torch.cat(args, self.dim, out=out)

    @view_of("grad")
    def args_gradient(self, index: int, grad: Tensor, args_shape: Sequence[Shape]) -> Tensor:
        """Return the part of grad that belongs to one input."""
        axis = self._axis(grad.ndim)
        start = sum(shape[axis] for shape in args_shape[:index])
        return grad.narrow(axis, start, args_shape[index][axis])


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

    def meaning(self) -> Meaning | None:
        """Equal parts, unless they lose the axis."""
        return None if self.squeeze_axis else Parts(self.num_outputs, self.axis)

    def infer_shape(self, data: Shape) -> Shapes:
        """The axis must divide evenly."""
        axis = axis_of(self.axis, len(data))
        length, rest = divmod(data[axis], self.num_outputs)
        if rest:
            raise ShapeError(
                f"axis {axis} of data, of length {data[axis]}, cannot be cut into "
                f"{self.num_outputs} equal parts"
            )
        if self.squeeze_axis and length != 1:
            raise ShapeError(f"squeeze_axis wants parts of length 1, these have length {length}")
        part = (
            without(data, axis) if self.squeeze_axis else (*data[:axis], length, *data[axis + 1 :])
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


class stack(Operator):
    """Join arrays of one shape along a new axis.

    Source: Apache MXNet 1.9.1, ``stack``.

    >>> import symnet as mx
    >>> mx.stack(mx.array([1, 2]), mx.array([3, 4]), axis=1).asnumpy()
    array([[1., 3.],
           [2., 4.]], dtype=float32)
    """

    args = Inputs("Arrays of one shape.")
    num_args: int = param("Number of inputs.", min=1)
    axis: int = param("Where the new axis is to stand; below 0 from the end.", default=0)

    def infer_shape(self, args: list[Shape | None]) -> Shapes:
        """All have the shape of the first that is known."""
        known = next((shape for shape in args if shape is not None), None)
        if known is None:
            return {}
        axis = axis_of(self.axis, len(known) + 1)
        output = (*known[:axis], len(args), *known[axis:])
        return {"args": [known] * len(args), "output": output}

    def forward(self, args: list[Tensor], out: Tensor | None = None) -> Tensor:
        """Return the joined array."""
        return torch.stack(args, self.axis, out=out)

    @view_of("grad")
    def args_gradient(self, index: int, grad: Tensor) -> Tensor:
        """Return the part of grad that belongs to one input."""
        return grad.select(self.axis, index)


class _split_v2(Operator):
    """Cut an array along one axis, into parts that begin at indices or that are about equal.

    Where sections do not divide evenly, the first parts are longer by one.
    Source: Apache MXNet 1.9.1, ``split_v2``.
    """

    aliases = ("_npi_split",)

    data = Input("Array to cut.")
    indices: tuple[int, ...] = param("Where the parts begin, the first at 0.", min=0)
    axis: int = param("The axis to cut along.", default=1)
    squeeze_axis: bool = param("Drop the axis; all parts must have length 1.", default=False)
    sections: int = param("Number of parts; 0 to cut at indices.", default=0, min=0)

    def check(self) -> None:
        """The parts must begin one after the other, at 0."""
        if self.sections:
            return
        begins = list(self.indices)
        if begins[:1] != [0] or begins != sorted(set(begins)):
            raise ParameterError(f"_split_v2: indices={self.indices} must rise from 0")

    def _count(self) -> int:
        return self.sections or len(self.indices)

    def outputs(self) -> tuple[str, ...]:
        """Return ``output0``, ``output1``, …; ``output`` for a single part."""
        if self._count() == 1:
            return ("output",)
        return tuple(f"output{number}" for number in range(self._count()))

    def _lengths(self, whole: int) -> list[int]:
        """Return the length of each part."""
        if self.sections:
            length, longer = divmod(whole, self.sections)
            lengths = [length + (number < longer) for number in range(self.sections)]
        else:
            ends = [*self.indices[1:], whole]
            lengths = [end - begin for begin, end in zip(self.indices, ends, strict=True)]
        if min(lengths) < 1:
            raise ShapeError(f"an axis of length {whole} has nothing for each of the parts")
        return lengths

    def infer_shape(self, data: Shape) -> Shapes:
        """Each part has its length along the axis."""
        axis = axis_of(self.axis, len(data))
        lengths = self._lengths(data[axis])
        if self.squeeze_axis and (set(lengths) != {1} or len(data) == 1):
            raise ShapeError(
                f"squeeze_axis wants parts of length 1 and another axis; those of {data} along "
                f"axis {axis} have lengths {lengths}"
            )
        parts = [() if self.squeeze_axis else (length,) for length in lengths]
        shapes = [exchanged(data, axis, *part) for part in parts]
        return dict(zip(self.outputs(), shapes, strict=True))

    def _parts(self, data: Tensor) -> tuple[Tensor, ...]:
        parts = data.split_with_sizes(self._lengths(data.shape[self.axis]), self.axis)
        return tuple(part.squeeze(self.axis) if self.squeeze_axis else part for part in parts)

    @view_of("data")
    def forward(self, data: Tensor) -> Tensor | tuple[Tensor, ...]:
        """Return the parts; they share memory with the data."""
        parts = self._parts(data)
        return parts if len(parts) > 1 else parts[0]

    def data_gradient(
        self, grads: Sequence[Tensor | None], data_shape: Shape, out: Tensor | None = None
    ) -> Tensor:
        """Return the gradients of the parts, joined; a part that nobody used counts as 0."""
        like = next(grad for grad in grads if grad is not None)
        result = like.new_empty(data_shape) if out is None else out
        for place, grad in zip(self._parts(result), grads, strict=True):
            if grad is None:
                place.zero_()
            else:
                place.copy_(grad)
        return result
