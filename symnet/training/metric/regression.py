"""How good predicted numbers are."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import ClassVar

import torch
from torch import Tensor

from ...core.errors import ShapeError
from ...ndarray import NDArray
from ._mean import MeanMetric, Total
from .base import AbstractEvalMetric, MetricValues, pairs_of

__all__ = ["MAE", "MSE", "R2", "RMSE", "BinaryAccuracy", "BinaryCrossEntropy"]

_SMALLEST = 1e-20
"""A probability below it counts as this: the logarithm of 0 would spoil the whole mean."""


def _check_as_many(name: str, label: NDArray, pred: NDArray) -> None:
    if label.size != pred.size or label.shape[:1] != pred.shape[:1]:
        raise ShapeError(
            f"{name}: predictions of shape {pred.shape} need labels of the same shape, these have "
            f"{label.shape}; a label is one number for each number predicted"
        )


class _OfNumbers(MeanMetric):
    """Base of means over all numbers that were predicted, each with a label of its own."""

    def _check(self, label: NDArray, pred: NDArray) -> None:
        _check_as_many(self._name, label, pred)

    def _measure(self, label: Tensor, pred: Tensor) -> tuple[Tensor, int]:
        return self._summed(label.reshape(pred.shape), pred.double()), pred.numel()

    @abstractmethod
    def _summed(self, label: Tensor, pred: Tensor) -> Tensor:
        """Return the sum of what is measured, for labels and predictions of one shape."""


class MSE(_OfNumbers):
    """The mean of the squared differences between labels and predictions, over all elements.

    Label and prediction have the same number of elements and the same batch axis; (batch,) and
    (batch, 1) fit each other.

    Source: the documents, "Evaluation Metrics", "MSE", with the outputs of several dimensions that
    they announce; docs/semantics §6.7.

    >>> metric = MSE()
    >>> metric.update([NDArray([1, 2])], [NDArray([[1], [4]])])
    >>> metric.get()
    [('MSE', 2.0)]
    """

    _name = "MSE"

    def _summed(self, label: Tensor, pred: Tensor) -> Tensor:
        return (pred - label).square_().sum()


class RMSE(_OfNumbers):
    """The root of the mean of the squared differences, over all elements; see `MSE`.

    >>> metric = RMSE()
    >>> metric.update([NDArray([1, 2])], [NDArray([1, 4])])
    >>> round(metric.get()[0][1], 4)
    1.4142
    """

    _name = "RMSE"

    def _summed(self, label: Tensor, pred: Tensor) -> Tensor:
        return (pred - label).square_().sum()

    def get(self) -> MetricValues:
        """Return the root of the mean by its name; it is NaN before the first update."""
        return [(name, value**0.5) for name, value in super().get()]


class MAE(_OfNumbers):
    """The mean of the absolute differences between labels and predictions, over all elements.

    >>> metric = MAE()
    >>> metric.update([NDArray([1, 2])], [NDArray([1, 4])])
    >>> metric.get()
    [('MAE', 1.0)]
    """

    _name = "MAE"

    def _summed(self, label: Tensor, pred: Tensor) -> Tensor:
        return (pred - label).abs_().sum()


class BinaryAccuracy(_OfNumbers):
    """The part of yes and no, labels of 1 and 0, that a probability is on the right side of.

    For two classes with one output, and for samples with several labels, as those of
    `LogisticRegressionOutput`. A probability of more than a half says yes.

    >>> metric = BinaryAccuracy()
    >>> metric.update([NDArray([[1, 0], [1, 1]])], [NDArray([[0.9, 0.2], [0.4, 0.7]])])
    >>> metric.get()
    [('accuracy', 0.75)]
    """

    _name = "accuracy"

    def _summed(self, label: Tensor, pred: Tensor) -> Tensor:
        return ((pred > 0.5) == (label > 0.5)).count_nonzero()


class BinaryCrossEntropy(_OfNumbers):
    """The mean of −log of the probability that was given to what is, yes or no.

    Shapes are those of `BinaryAccuracy`; a probability below 1e-20 counts as 1e-20.

    >>> metric = BinaryCrossEntropy()
    >>> metric.update([NDArray([1, 0])], [NDArray([0.5, 0.5])])
    >>> [(name, round(value, 4)) for name, value in metric.get()]
    [('cross_entropy', 0.6931)]
    """

    _name = "cross_entropy"

    def _summed(self, label: Tensor, pred: Tensor) -> Tensor:
        yes, no = (each.clamp_min(_SMALLEST).log_() for each in (pred, 1 - pred))
        return -(yes * label + no * (1 - label)).sum()


class R2(AbstractEvalMetric):
    """The coefficient of determination: 1 less the squared error over that of the labels' mean.

    Of several numbers for each sample it is the mean over these. A number whose labels are all
    equal counts as 1 where it is met exactly, else as 0.

    >>> metric = R2()
    >>> metric.update([NDArray([1, 2, 3])], [NDArray([1, 2, 4])])
    >>> metric.get()
    [('R2', 0.5)]
    """

    _name: ClassVar[str] = "R2"

    def __init__(self) -> None:
        self._sums = Total()  # rows: errors, labels, their squares; a column for each number
        self._count = Total()

    def update(self, labels: Sequence[NDArray], preds: Sequence[NDArray]) -> None:
        """Take in a mini-batch; see `AbstractEvalMetric.update`."""
        for label, pred in pairs_of(self._name, labels, preds):
            _check_as_many(self._name, label, pred)
            found = pred.torch.reshape(len(pred), -1).double()
            known = label.torch.to(found.device).reshape(found.shape).double()
            rows = (known - found).square(), known, known.square()
            self._sums.add(torch.stack([row.sum(0) for row in rows]))
            self._count.add(len(pred))

    def reset(self) -> None:
        """Forget everything taken in."""
        self._sums.clear()
        self._count.clear()

    def merge(self, total: Callable[[Tensor], Tensor]) -> None:
        """Go over to what all processes have taken in; see `AbstractEvalMetric.merge`."""
        self._sums.merge(total)
        self._count.merge(total)

    def get(self) -> MetricValues:
        """Return the coefficient by its name; it is NaN before the first update."""
        sums, count = self._sums.read(), float(self._count.read())
        if not count:
            return [(self._name, float("nan"))]
        errors, known, squares = sums
        spread = (squares - known.square() / count).clamp_min(0)
        even = spread <= squares * 1e-15
        values = torch.where(even, (errors == 0).double(), 1 - errors / spread)
        return [(self._name, float(values.mean()))]
