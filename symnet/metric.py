"""Metrics: how good the predictions of a network are."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor

from .errors import ArgumentError, ShapeError
from .ndarray import NDArray

__all__ = ["MSE", "AbstractEvalMetric", "Accuracy"]


class AbstractEvalMetric(ABC):
    """Base of all metrics: derive from it, and define `update`, `reset` and `get`.

    Source: the documents, "Evaluation Metrics"; SEMANTICS §6.7.

    >>> class Seen(AbstractEvalMetric):
    ...     def __init__(self):
    ...         self.count = 0
    ...     def update(self, labels, preds):
    ...         self.count += len(labels[0])
    ...     def reset(self):
    ...         self.count = 0
    ...     def get(self):
    ...         return [("seen", float(self.count))]
    >>> metric = Seen()
    >>> metric.update([NDArray([1, 2])], [NDArray([1, 2])])
    >>> metric.get()
    [('seen', 2.0)]
    """

    @abstractmethod
    def update(self, labels: Sequence[NDArray], preds: Sequence[NDArray]) -> None:
        """Take in a mini-batch.

        Args:
            labels: the labels that the data provider gave.
            preds: the outputs of the network, one for each label.
        """

    @abstractmethod
    def reset(self) -> None:
        """Forget everything taken in."""

    @abstractmethod
    def get(self) -> list[tuple[str, float]]:
        """Return what came out so far: pairs of a name and a value."""


class _Mean(AbstractEvalMetric):
    """The mean of something over everything taken in.

    The sum stays on the device of the predictions: only `get` waits for it.
    """

    _name: ClassVar[str]
    _sum_dtype: ClassVar[torch.dtype]

    def __init__(self) -> None:
        self._sums: dict[torch.device, Tensor] = {}
        self._count = 0
        self._fitting: list[tuple[torch.Size, torch.Size]] = []

    @abstractmethod
    def _check(self, label: NDArray, pred: NDArray) -> None:
        """Raise ShapeError where the two do not belong together."""

    @abstractmethod
    def _measure(self, label: Tensor, pred: Tensor) -> tuple[Tensor, int]:
        """Return a sum, without waiting for it, and the number of its summands."""

    def update(self, labels: Sequence[NDArray], preds: Sequence[NDArray]) -> None:
        """Take in a mini-batch; see `AbstractEvalMetric.update`.

        Raises ArgumentError where there is not one label for each prediction, ShapeError where a
        label does not fit its prediction. The metric is then as it was.
        """
        pairs = _pairs(self._name, labels, preds)
        shapes = [(label.torch.shape, pred.torch.shape) for label, pred in pairs]
        if shapes != self._fitting:  # most batches have the shapes of the one before
            for label, pred in pairs:
                self._check(label, pred)
            self._fitting = shapes
        for label, pred in pairs:
            known, target = label.torch, pred.torch
            if known.device != target.device:
                known = known.to(target.device, non_blocking=True)
            self._add(*self._measure(known, target))

    def _add(self, total: Tensor, count: int) -> None:
        if total.device not in self._sums:
            self._sums[total.device] = torch.zeros((), dtype=self._sum_dtype, device=total.device)
        self._sums[total.device].add_(total)
        self._count += count

    def reset(self) -> None:
        """Forget everything taken in."""
        self._sums.clear()
        self._count = 0

    def get(self) -> list[tuple[str, float]]:
        """Return the mean by its name; it is NaN before the first update."""
        total = sum(part.item() for part in self._sums.values())
        return [(self._name, total / self._count if self._count else float("nan"))]


def _pairs(
    who: str, labels: Sequence[NDArray], preds: Sequence[NDArray]
) -> list[tuple[NDArray, NDArray]]:
    for given in (labels, preds):
        if isinstance(given, NDArray) or not all(isinstance(one, NDArray) for one in given):
            kinds = sorted({type(one).__name__ for one in given})
            raise ArgumentError(
                f"{who}: update takes a list of NDArrays for labels and one for predictions, "
                f"got {type(given).__name__} of {', '.join(kinds)}"
            )
    if len(labels) != len(preds):
        raise ArgumentError(
            f"{who}: {len(labels)} labels for {len(preds)} predictions; each output needs one label"
        )
    return list(zip(labels, preds, strict=True))


class Accuracy(_Mean):
    """The part of predictions that are right.

    A prediction of shape (batch, classes) is right where its largest value, the first one of
    equals, stands at the place that the label names. With more axes, (batch, classes, …), each
    position is a prediction of its own. A label has shape (batch,), or (batch, …) with as many
    positions.

    Source: the documents, "Evaluation Metrics", "Accuracy"; SEMANTICS §6.7.

    >>> metric = Accuracy()
    >>> metric.update([NDArray([1, 0])], [NDArray([[0.2, 0.8], [0.4, 0.6]])])
    >>> metric.get()
    [('accuracy', 0.5)]
    """

    _name = "accuracy"
    _sum_dtype = torch.int64

    def _check(self, label: NDArray, pred: NDArray) -> None:
        shape, found = pred.torch.shape, label.torch.shape
        if len(shape) < 2 or not shape[1]:
            raise ShapeError(
                f"accuracy: predictions should have shape (batch, classes, …), these have "
                f"{pred.shape} (labels: {label.shape}); for regression use MSE"
            )
        positions = (shape[0], *shape[2:])
        if found == positions:
            return
        if not found or found[0] != shape[0] or label.size * shape[1] != pred.size:
            raise ShapeError(
                f"accuracy: predictions of shape {pred.shape} need labels of shape {positions}, "
                f"these have {label.shape}; labels are class numbers, one-hot labels become so by "
                "labels.asnumpy().argmax(1)"
            )

    def _measure(self, label: Tensor, pred: Tensor) -> tuple[Tensor, int]:
        # argmax is the faster of the two on a last axis, and ten times slower on any other
        best = pred.argmax(1) if pred.ndim == 2 else pred.max(1).indices
        if label.shape != best.shape:
            label = label.reshape(best.shape)
        return (best == label).count_nonzero(), best.numel()


class MSE(_Mean):
    """The mean of the squared differences between labels and predictions, over all elements.

    Label and prediction have the same number of elements and the same batch axis; (batch,) and
    (batch, 1) fit each other.

    Source: SEMANTICS §6.7.

    >>> metric = MSE()
    >>> metric.update([NDArray([1, 2])], [NDArray([[1], [4]])])
    >>> metric.get()
    [('MSE', 2.0)]
    """

    _name = "MSE"
    _sum_dtype = torch.float64

    def _check(self, label: NDArray, pred: NDArray) -> None:
        if label.size != pred.size or label.shape[:1] != pred.shape[:1]:
            raise ShapeError(
                f"MSE: predictions of shape {pred.shape} need labels of the same shape, these have "
                f"{label.shape}; a label is one number for each number predicted"
            )

    def _measure(self, label: Tensor, pred: Tensor) -> tuple[Tensor, int]:
        # in double precision: sums of float32 drift over an epoch, those of float16 overflow
        return (pred.double() - label.reshape(pred.shape)).square_().sum(), pred.numel()
