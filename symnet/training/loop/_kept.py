"""Batches that are measured several at a time."""

from collections.abc import Callable, Sequence
from typing import final

from torch import Size, Tensor

__all__ = ["KeptBatches"]

_BATCHES = 32
_BYTES = 2**19
"""At most so much is kept: it should not drive the network's own arrays out of the cache."""


@final
class KeptBatches:
    """Copies of small tensors, until there are enough of them to measure all at once.

    A batch of a small network has a thousand outputs: torch takes longer to be called than to look
    at them. A copy is one call for each tensor, and 32 batches are measured in not much more time
    than one. Where a batch is large, nothing is kept.

    Args:
        measure: takes the tensors of one or more batches, put together along axis 0, and the number
            of batches.

    The first batch of each kind is measured by itself, so that what does not fit is told of it; so
    is the first of each pass, which makes the sums of all passes the same to the last bit.

    >>> import torch
    >>> kept = KeptBatches(lambda both, count: print(count, [each.tolist() for each in both]))
    >>> for label, pred in ([1.0], [[2.0]]), ([3.0], [[4.0]]), ([5.0], [[6.0]]):
    ...     kept.take([torch.tensor(label), torch.tensor(pred)])
    1 [[1.0], [[2.0]]]
    >>> kept.measure()
    2 [[3.0, 5.0], [[4.0], [6.0]]]
    """

    def __init__(self, measure: Callable[[Sequence[Tensor], int], None]) -> None:
        self._measure = measure
        self._shapes: list[Size] = []
        self._buffers: list[Tensor] = []
        self._places: list[list[Tensor]] = []
        """Where batches go, one after the other: for each a place for each tensor."""
        self._count = 0
        self._begins = True

    def take(self, tensors: Sequence[Tensor]) -> None:
        """Take in the tensors of a batch, which are read before this returns."""
        if [each.shape for each in tensors] != self._shapes:
            self.measure()
            self._measure(tensors, 1)
            self._prepare(tensors)
        elif self._begins or not self._places:
            self._measure(tensors, 1)
        else:
            for place, tensor in zip(self._places[self._count], tensors, strict=True):
                place.copy_(tensor)
            self._count += 1
            if self._count == len(self._places):
                self.measure()
        self._begins = False

    def measure(self) -> None:
        """Measure what is kept."""
        count, self._count = self._count, 0
        if count:
            self._measure([buffer[:count].flatten(0, 1) for buffer in self._buffers], count)

    def clear(self) -> None:
        """Forget what is kept, and begin a pass."""
        self._count, self._begins = 0, True

    def _prepare(self, tensors: Sequence[Tensor]) -> None:
        """Make room for batches like this one, if they are small."""
        self._shapes = [each.shape for each in tensors]
        batches = min(_BATCHES, _BYTES // max(sum(each.nbytes for each in tensors), 1))
        alike = len({shape[:1] for shape in self._shapes}) == 1 and self._shapes[0]
        self._buffers, self._places = [], []
        if alike and batches > 3:
            self._buffers = [each.new_empty((batches, *each.shape)) for each in tensors]
            rows = [buffer.unbind() for buffer in self._buffers]
            self._places = [list(each) for each in zip(*rows, strict=True)]
