"""Means over everything taken in, whose sums stay on the device."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import ClassVar

import torch
from torch import Tensor

from ...ndarray import NDArray
from .base import AbstractEvalMetric, LabelPredictionPair, MetricValues, pairs_of

__all__ = ["MeanMetric", "Total"]


class Total:
    """A sum of numbers or of tensors of one shape, kept where the tensors are.

    Whole numbers are summed exactly, others in double precision: sums of float32 drift over an
    epoch, those of float16 overflow.

    >>> total = Total()
    >>> total.add(torch.tensor([0.5, 2]))
    >>> total.add(1)
    >>> total.read()
    tensor([1.5000, 3.0000], dtype=torch.float64)
    """

    def __init__(self) -> None:
        self._parts: dict[torch.device, Tensor] = {}
        self._number = 0

    def add(self, amount: Tensor | int) -> None:
        """Add an amount, without waiting for its device."""
        if isinstance(amount, int):
            self._number += amount
        elif amount.device in self._parts:
            self._parts[amount.device].add_(amount)
        else:
            wide = torch.float64 if amount.is_floating_point() else torch.int64
            self._parts[amount.device] = amount.to(wide, copy=True)

    def clear(self) -> None:
        """Begin again at 0."""
        self._parts.clear()
        self._number = 0

    def read(self) -> Tensor:
        """Return the sum, in double precision on the CPU: this waits for the devices."""
        start = torch.tensor(self._number, dtype=torch.float64)
        return sum((part.cpu().double() for part in self._parts.values()), start)

    def merge(self, total: Callable[[Tensor], Tensor]) -> None:
        """Replace the sum by that over all processes; see `AbstractEvalMetric.merge`."""
        merged = total(self.read())
        self.clear()
        self.add(merged)


class MeanMetric(AbstractEvalMetric):
    """Base of metrics that are means over samples, or over positions in them.

    A derived class checks the shapes of a label and its prediction, and measures them in a few
    operations of the device. Several outputs of one shape are put together first, so that an
    unrolled network of a hundred outputs costs no more than a network of one. Only `get` waits.
    """

    _name: ClassVar[str]
    joins_batches = True

    def __init__(self) -> None:
        self._sum, self._count = Total(), Total()
        self._fitting: list[tuple[torch.Size, torch.Size]] = []

    @abstractmethod
    def _check(self, label: NDArray, pred: NDArray) -> None:
        """Raise ShapeError where the two do not belong together."""

    @abstractmethod
    def _measure(self, label: Tensor, pred: Tensor) -> tuple[Tensor, Tensor | int]:
        """Return a sum, without waiting for it, and the number of its summands."""

    def update(self, labels: Sequence[NDArray], preds: Sequence[NDArray]) -> None:
        """Take in a mini-batch; see `AbstractEvalMetric.update`.

        Raises ArgumentError where there is not one label for each prediction, ShapeError where a
        label does not fit its prediction. The metric is then as it was.
        """
        pairs = pairs_of(self._name, labels, preds)
        shapes = [(label.torch.shape, pred.torch.shape) for label, pred in pairs]
        if shapes != self._fitting:  # most batches have the shapes of the one before
            for label, pred in pairs:
                self._check(label, pred)
            self._fitting = shapes
        for known, target in _put_together(pairs):
            near = known.to(target.device, non_blocking=True)
            total, count = self._measure(near, target)
            self._sum.add(total)
            self._count.add(count)

    def reset(self) -> None:
        """Forget everything taken in."""
        self._sum.clear()
        self._count.clear()

    def merge(self, total: Callable[[Tensor], Tensor]) -> None:
        """Go over to what all processes have taken in; see `AbstractEvalMetric.merge`."""
        self._sum.merge(total)
        self._count.merge(total)

    def get(self) -> MetricValues:
        """Return the mean by its name; it is NaN before the first update."""
        return [(self._name, float(self._sum.read() / self._count.read()))]


def _put_together(pairs: Sequence[LabelPredictionPair]) -> list[tuple[Tensor, Tensor]]:
    """Return labels and predictions, those of one shape in one batch."""
    tensors = [(label.torch, pred.torch) for label, pred in pairs]
    if len(tensors) < 2:
        return tensors
    groups = [list(group) for _, group in groupby(tensors, _kind)]
    return [
        group[0]
        if len(group) == 1
        else (torch.cat([t[0] for t in group]), torch.cat([t[1] for t in group]))
        for group in groups
    ]


def _kind(pair: tuple[Tensor, Tensor]) -> object:
    """Return what must be equal where tensors are put together along axis 0."""
    return [(tensor.shape[1:], tensor.dtype, tensor.device) for tensor in pair]
