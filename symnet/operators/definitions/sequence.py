"""Sequences of several lengths.

Lengths are cut to whole numbers. Source: Apache MXNet 1.9.1, "Sequence operators".
"""

import torch
from torch import Tensor

from ...core.errors import ShapeError
from .._axes import whole, without
from ..contract import Input, Operator, Shape, Shapes, param

__all__ = ["SequenceLast", "SequenceMask", "SequenceReverse"]


class _Sequence(Operator, registered=False):
    """What operators on sequences share: the data, the lengths, and which axis is time."""

    data = Input("Array with an axis of time and one of sequences before all others.")
    sequence_length = Input(
        "Length of each sequence.",
        when=lambda op: op.use_sequence_length,
        takes_gradient=False,
        any_dtype=True,
    )
    use_sequence_length: bool = param("Take the lengths; without them all are full.", default=False)

    def _shapes(self, data: Shape, axis: int) -> Shapes:
        """Return the shapes that an output as the data implies."""
        if len(data) < 2:
            raise ShapeError(f"data must have axes of time and of sequences, got {data}")
        return {"sequence_length": (data[1 - axis],), "output": data}


def _steps(length: int, axis: int, device: torch.device) -> Tensor:
    """Return the numbers of the steps, along the axis of time."""
    steps = torch.empty(length, dtype=torch.long, device=device)
    torch.arange(length, out=steps)
    return steps.unsqueeze(1 - axis)


def _widened(places: Tensor, shape: Shape) -> Tensor:
    """Return a matrix of time and sequences as an array of a shape that begins with them."""
    return places.view(*places.shape, *[1] * (len(shape) - 2)).expand(shape)


class SequenceLast(_Sequence):
    """Take the last step of each sequence.

    A length outside of the axis means its nearest end. Source: Apache MXNet 1.9.1,
    ``SequenceLast``.

    >>> import symnet as mx
    >>> data = mx.array([[1, 2], [3, 4], [5, 6]])
    >>> mx.SequenceLast(data, mx.array([1, 3]), use_sequence_length=True)
    NDArray([1., 6.], float32, CPU0)
    """

    axis: int = param("The axis of time; the other of 0 and 1 is theirs.", default=0, min=0, max=1)

    def infer_shape(self, data: Shape) -> Shapes:
        """Time goes away."""
        return {**self._shapes(data, self.axis), "output": without(data, self.axis)}

    def _last(self, lengths: Tensor, shape: Shape) -> Tensor:
        """Return the index of the last step of each sequence, for each number in it."""
        last = whole(lengths).clamp_(1, shape[self.axis]).sub_(1).unsqueeze(self.axis)
        one = (*shape[: self.axis], 1, *shape[self.axis + 1 :])
        return _widened(last, one)

    def forward(
        self, data: Tensor, sequence_length: Tensor | None = None, out: Tensor | None = None
    ) -> Tensor:
        """Return the last steps."""
        if sequence_length is None:
            last = data.select(self.axis, -1)
            return last.clone() if out is None else out.copy_(last)
        places = self._last(sequence_length, tuple(data.shape))
        place = None if out is None else out.unsqueeze(self.axis)
        return torch.gather(data, self.axis, places, out=place).squeeze(self.axis)

    def data_gradient(
        self,
        grad: Tensor,
        data_shape: Shape,
        sequence_length: Tensor | None = None,
        out: Tensor | None = None,
    ) -> Tensor:
        """Return grad at the last steps, 0 elsewhere."""
        result = grad.new_zeros(data_shape) if out is None else out.zero_()
        if sequence_length is None:
            result.select(self.axis, -1).copy_(grad)
            return result
        places = self._last(sequence_length, data_shape)
        return result.scatter_(self.axis, places, grad.unsqueeze(self.axis))


class SequenceMask(_Sequence):
    """Set what comes after the end of each sequence to one value.

    Source: Apache MXNet 1.9.1, ``SequenceMask``.

    >>> import symnet as mx
    >>> data = mx.array([[1, 2], [3, 4]])
    >>> mx.SequenceMask(data, mx.array([1, 2]), use_sequence_length=True, value=-1).asnumpy()
    array([[ 1.,  2.],
           [-1.,  4.]], dtype=float32)
    """

    aliases = ("_npx_sequence_mask",)

    value: float = param("The value.", default=0.0, nan=True)
    axis: int = param("The axis of time; the other of 0 and 1 is theirs.", default=0, min=0, max=1)

    def infer_shape(self, data: Shape) -> Shapes:
        """The output has the data's shape."""
        return self._shapes(data, self.axis)

    def _filled(
        self, data: Tensor, lengths: Tensor | None, value: float, out: Tensor | None
    ) -> Tensor:
        """Return a copy of an array with a value after the ends."""
        result = data.clone() if out is None else out.copy_(data)
        if lengths is None:
            return result
        steps = _steps(data.shape[self.axis], self.axis, data.device)
        over = torch.empty(data.shape[:2], dtype=torch.bool, device=data.device)
        torch.ge(steps, whole(lengths).unsqueeze(self.axis), out=over)
        number = value if data.is_floating_point() else int(value)
        return result.masked_fill_(_widened(over, tuple(data.shape)), number)

    def forward(
        self, data: Tensor, sequence_length: Tensor | None = None, out: Tensor | None = None
    ) -> Tensor:
        """Return the masked sequences."""
        return self._filled(data, sequence_length, self.value, out)

    def data_gradient(
        self, grad: Tensor, sequence_length: Tensor | None = None, out: Tensor | None = None
    ) -> Tensor:
        """Return grad, and 0 after the ends."""
        return self._filled(grad, sequence_length, 0.0, out)


class SequenceReverse(_Sequence):
    """Turn the steps of each sequence around; what comes after its end stays.

    A length outside of the axis means its nearest end. Source: Apache MXNet 1.9.1,
    ``SequenceReverse``.

    >>> import symnet as mx
    >>> data = mx.array([[1, 2], [3, 4], [5, 6]])
    >>> mx.SequenceReverse(data, mx.array([2, 3]), use_sequence_length=True).asnumpy()
    array([[3., 6.],
           [1., 4.],
           [5., 2.]], dtype=float32)
    """

    axis: int = param("The axis of time, which is 0.", default=0, min=0, max=0)

    def infer_shape(self, data: Shape) -> Shapes:
        """The output has the data's shape."""
        return self._shapes(data, 0)

    def _turned(self, data: Tensor, lengths: Tensor | None, out: Tensor | None) -> Tensor:
        steps = _steps(len(data), 0, data.device)
        if lengths is None:
            turned = steps.neg_().add_(len(data) - 1).view(-1)
            return torch.index_select(data, 0, turned, out=out)
        last = whole(lengths).clamp_(1, len(data)).sub_(1).unsqueeze(0)
        places = torch.empty(data.shape[:2], dtype=torch.long, device=data.device)
        torch.sub(last, steps, out=places)
        over = torch.empty(data.shape[:2], dtype=torch.bool, device=data.device)
        torch.where(torch.lt(places, 0, out=over), steps, places, out=places)
        return torch.gather(data, 0, _widened(places, tuple(data.shape)), out=out)

    def forward(
        self, data: Tensor, sequence_length: Tensor | None = None, out: Tensor | None = None
    ) -> Tensor:
        """Return the sequences turned around."""
        return self._turned(data, sequence_length, out)

    def data_gradient(
        self, grad: Tensor, sequence_length: Tensor | None = None, out: Tensor | None = None
    ) -> Tensor:
        """Return grad turned around: turning is its own inverse."""
        return self._turned(grad, sequence_length, out)
