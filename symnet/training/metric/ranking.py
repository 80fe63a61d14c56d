"""How good scores are that classes are told apart by."""

from collections.abc import Callable, Sequence
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from ...core.errors import ParameterError, ShapeError
from ...ndarray import NDArray
from ._mean import Total
from .base import AbstractEvalMetric, MetricValues, pairs_of
from .classification import OfClasses

__all__ = ["AUC", "F1", "TopKAccuracy"]


class TopKAccuracy(OfClasses):
    """The part of samples whose class is among the k with the largest scores.

    Args:
        k: how many, from 1, default 5.

    Shapes are those of `Accuracy`. Raises ParameterError where k is no whole number from 1.

    >>> metric = TopKAccuracy(2)
    >>> metric.update([NDArray([1, 2])], [NDArray([[0.5, 0.3, 0.2], [0.4, 0.5, 0.1]])])
    >>> metric.get()
    [('top_2_accuracy', 0.5)]
    """

    _name = "top_k_accuracy"

    def __init__(self, k: int = 5) -> None:
        if type(k) is not int or k < 1:
            raise ParameterError(f"TopKAccuracy: k must be a whole number >= 1, got {k!r}")
        super().__init__()
        self._k = k

    def _measure(self, label: Tensor, pred: Tensor) -> tuple[Tensor, int]:
        best = pred.topk(min(self._k, pred.shape[1]), 1).indices
        known = label.reshape(pred.shape[0], 1, *pred.shape[2:])
        return (best == known).any(1).count_nonzero(), known.numel()

    def get(self) -> MetricValues:
        """Return the part under the name that says k; it is NaN before the first update."""
        return [(f"top_{self._k}_accuracy", value) for _, value in super().get()]


def _yes_and_scores(who: str, label: NDArray, pred: NDArray) -> tuple[Tensor, Tensor]:
    """Return for each sample and each class whether it is of the class, and its score.

    A score for each label, as of `LogisticRegressionOutput`, is of class 1. Of two classes that
    have a score each, class 1 alone is looked at.
    """
    scores = pred.torch
    known = label.torch.to(scores.device)
    if label.size == pred.size and label.shape[:1] == pred.shape[:1]:
        return known.reshape(len(pred), -1) > 0.5, scores.reshape(len(pred), -1)
    if scores.ndim < 2 or label.size * scores.shape[1] != pred.size:
        raise ShapeError(
            f"{who}: predictions of shape {pred.shape} do not go with labels of shape "
            f"{label.shape}; labels are class numbers, or a 0 or 1 for each prediction"
        )
    classes = scores.shape[1]
    flat = scores.movedim(1, -1).reshape(-1, classes)
    yes = known.reshape(-1, 1) == torch.arange(classes, device=scores.device)
    return (yes[:, 1:], flat[:, 1:]) if classes == 2 else (yes, flat)


class F1(AbstractEvalMetric):
    """The harmonic mean of precision and recall.

    Of two classes it is that of class 1. Of more classes, or of several labels for each sample, it
    is the mean over these, each with the same weight ("macro"); it is 0 for a class that neither is
    nor is predicted.

    >>> metric = F1()
    >>> metric.update([NDArray([1, 0, 1])], [NDArray([[0.2, 0.8], [0.4, 0.6], [0.1, 0.9]])])
    >>> metric.get()
    [('F1', 0.8)]
    """

    _name: ClassVar[str] = "F1"

    def __init__(self) -> None:
        self._counts = Total()  # rows: right, predicted, known; a column for each class

    def update(self, labels: Sequence[NDArray], preds: Sequence[NDArray]) -> None:
        """Take in a mini-batch; see `AbstractEvalMetric.update`."""
        for label, pred in pairs_of(self._name, labels, preds):
            yes, scores = _yes_and_scores(self._name, label, pred)
            says = scores > 0.5
            if label.size != pred.size:
                best = pred.torch.movedim(1, -1).reshape(-1, pred.shape[1]).argmax(1, keepdim=True)
                first = pred.shape[1] - yes.shape[1]  # the class of the first column
                says = best == torch.arange(first, pred.shape[1], device=best.device)
            self._counts.add(torch.stack([each.sum(0) for each in (yes & says, says, yes)]))

    def reset(self) -> None:
        """Forget everything taken in."""
        self._counts.clear()

    def merge(self, total: Callable[[Tensor], Tensor]) -> None:
        """Go over to what all processes have taken in; see `AbstractEvalMetric.merge`."""
        self._counts.merge(total)

    def get(self) -> MetricValues:
        """Return the mean by its name; it is NaN before the first update."""
        counts = self._counts.read()
        if not counts.ndim:
            return [(self._name, float("nan"))]
        right, said, known = counts
        return [(self._name, float((2 * right / (said + known).clamp_min(1)).mean()))]


class AUC(AbstractEvalMetric):
    """The area under the curve of true over false alarms: how often yes has more score than no.

    Of two classes it is that of class 1. Of more classes, or of several labels for each sample, it
    is the mean over these, each against all others. Equal scores count half. It is NaN where a
    class is never or always there. All scores of an epoch are kept, so it cannot be measured over
    several processes.

    >>> metric = AUC()
    >>> metric.update([NDArray([0, 0, 1, 1])], [NDArray([0.1, 0.4, 0.35, 0.8])])
    >>> metric.get()
    [('AUC', 0.75)]
    """

    _name: ClassVar[str] = "AUC"

    def __init__(self) -> None:
        self._taken: list[tuple[Tensor, Tensor]] = []

    def update(self, labels: Sequence[NDArray], preds: Sequence[NDArray]) -> None:
        """Take in a mini-batch; see `AbstractEvalMetric.update`."""
        pairs = pairs_of(self._name, labels, preds)
        found = [_yes_and_scores(self._name, label, pred) for label, pred in pairs]
        # Copies: the next batch overwrites the outputs.
        self._taken += [(yes.clone(), scores.clone()) for yes, scores in found]

    def reset(self) -> None:
        """Forget everything taken in."""
        self._taken.clear()

    def get(self) -> MetricValues:
        """Return the mean area by its name; it is NaN before the first update."""
        if not self._taken:
            return [(self._name, float("nan"))]
        yes, scores = (
            torch.cat([each.cpu() for each in part]) for part in zip(*self._taken, strict=True)
        )
        areas = [_area(*column) for column in zip(yes.T, scores.T, strict=True)]
        return [(self._name, sum(areas) / len(areas))]


def _area(yes: Tensor, scores: Tensor) -> float:
    """Return how often a score of yes is above one of no; equal ones count half."""
    values, places = np.unique(scores.double().numpy(), return_inverse=True)
    positive = np.bincount(places, weights=yes.numpy(), minlength=len(values))
    negative = np.bincount(places, minlength=len(values)) - positive
    below = negative.cumsum() - negative / 2
    pairs = positive.sum() * negative.sum()
    return float((positive * below).sum() / pairs) if pairs else float("nan")
