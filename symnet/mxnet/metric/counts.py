"""Metrics of counts and moments, which are no means of what batches say.

The numbers come from `symnet.training.metric.measures`.

Source: Apache MXNet 1.9.1, ``mxnet.metric``.
"""

from typing import Any

import torch
from torch import Tensor

from ...core.errors import ArgumentError, ShapeError
from ...training.metric import measures
from .base import EvalMetric, Names, alias, check_label_shapes, register

__all__ = ["F1", "MCC", "PCC", "PearsonCorrelation"]

_AVERAGES = ("macro", "micro")


def _check_average(who: str, average: str) -> str:
    if average not in _AVERAGES:
        raise ArgumentError(f"{who}: average must be 'macro' or 'micro', got {average!r}")
    return average


class _OfCounts(EvalMetric):
    """Base of scores of counts: how often each class was predicted for each other."""

    def reset(self) -> None:
        """Forget everything taken in."""
        super().reset()
        self._counts = torch.zeros(2, 2, dtype=torch.float64)
        self._global_counts = torch.zeros(2, 2, dtype=torch.float64)

    def reset_local(self) -> None:
        """Forget what was taken in, but for the global values."""
        super().reset_local()
        self._counts = torch.zeros(2, 2, dtype=torch.float64)


class _OfTwoClasses(_OfCounts):
    """Base of scores of two classes: of each batch, or of all counts together.

    Args:
        name: what the score is called.
        output_names: see `EvalMetric`.
        label_names: see `EvalMetric`.
        average: ``"macro"``, the mean over batches, or ``"micro"``, of all samples together.
    """

    def __init__(
        self, name: str, output_names: Names, label_names: Names, average: str = "macro"
    ) -> None:
        self.average = _check_average(name, average)
        super().__init__(
            name, output_names=output_names, label_names=label_names, has_global_stats=True
        )

    def _score(self, counts: Tensor) -> float:
        """Return the score that counts amount to."""
        raise NotImplementedError(f"{type(self).__name__} must define _score")

    def update(self, labels: Any, preds: Any) -> None:
        """Take in a mini-batch: labels of two classes, predictions of shape (batch, 2)."""
        labels, preds = check_label_shapes(labels, preds, True)
        counts = torch.zeros(2, 2, dtype=torch.float64)
        for label, pred in zip(labels, preds, strict=True):
            counts += self._counted(label.torch, pred.torch)
        if self.average == "macro":
            self._add(self._score(counts), 1)
            return
        self._counts += counts
        self._global_counts += counts
        self.num_inst = float(self._counts.sum())
        self.sum_metric = self._score(self._counts) * self.num_inst
        self.global_num_inst = float(self._global_counts.sum())
        self.global_sum_metric = self._score(self._global_counts) * self.global_num_inst

    def _counted(self, label: Tensor, pred: Tensor) -> Tensor:
        """Return how often class 1 and any other were predicted for each other."""
        measures.check_binary(type(self).__name__, label)
        if pred.ndim < 2 or len(pred) != len(label):
            raise ShapeError(
                f"{type(self).__name__}: predictions should have shape ({len(label)}, 2), these "
                f"have {tuple(pred.shape)}"
            )
        known, found = label.int().reshape(-1) == 1, pred.argmax(1).reshape(-1) == 1
        return measures.confusion(known, found, 2)


@register
class F1(_OfTwoClasses):
    """The harmonic mean of precision and recall of class 1 of two.

    Args:
        name: default ``"f1"``.
        output_names: see `EvalMetric`.
        label_names: see `EvalMetric`.
        average: ``"macro"``, the mean over batches, or ``"micro"``, of all samples together.
    """

    def __init__(
        self,
        name: str = "f1",
        output_names: Names = None,
        label_names: Names = None,
        average: str = "macro",
    ) -> None:
        super().__init__(name, output_names, label_names, average)

    def _score(self, counts: Tensor) -> float:
        return measures.f_score(counts)


@register
class MCC(_OfTwoClasses):
    """Matthews' correlation coefficient of two classes.

    Args:
        name: default ``"mcc"``.
        output_names: see `EvalMetric`.
        label_names: see `EvalMetric`.
        average: ``"macro"``, the mean over batches, or ``"micro"``, of all samples together.
    """

    def __init__(
        self,
        name: str = "mcc",
        output_names: Names = None,
        label_names: Names = None,
        average: str = "macro",
    ) -> None:
        super().__init__(name, output_names, label_names, average)

    def _score(self, counts: Tensor) -> float:
        return measures.matthews(counts)


@register
@alias("pearsonr")
class PearsonCorrelation(EvalMetric):
    """Pearson's correlation coefficient of labels and predictions of one shape.

    Args:
        name: default ``"pearsonr"``.
        output_names: see `EvalMetric`.
        label_names: see `EvalMetric`.
        average: ``"macro"``, the mean over batches, or ``"micro"``, of all elements since `reset`
            (`reset_local` forgets nothing there, as in MXNet).
    """

    def __init__(
        self,
        name: str = "pearsonr",
        output_names: Names = None,
        label_names: Names = None,
        average: str = "macro",
    ) -> None:
        self.average = _check_average(name, average)
        super().__init__(
            name, output_names=output_names, label_names=label_names, has_global_stats=True
        )

    def reset(self) -> None:
        """Forget everything taken in."""
        super().reset()
        self._running = measures.RunningCorrelation()

    def update(self, labels: Any, preds: Any) -> None:
        """Take in a mini-batch: a label for each prediction."""
        labels, preds = check_label_shapes(labels, preds, True)
        for label, pred in zip(labels, preds, strict=True):
            if self.average == "macro":
                self._add(measures.correlation(label.torch, pred.torch), 1)
            else:
                self._running.add(label.torch, pred.torch)
                self._add(0.0, 1)

    def _value(self, total: Any, count: Any) -> float:
        if self.average == "macro" or not count:
            return super()._value(total, count)
        return self._running.value()


@register
class PCC(_OfCounts):
    """The correlation of classes predicted and known, of any number of classes.

    Args:
        name: default ``"pcc"``.
        output_names: see `EvalMetric`.
        label_names: see `EvalMetric`.
        has_global_stats: whether `get_global` tells of everything since `reset`.
    """

    def __init__(
        self,
        name: str = "pcc",
        output_names: Names = None,
        label_names: Names = None,
        has_global_stats: bool = True,
    ) -> None:
        super().__init__(
            name,
            output_names=output_names,
            label_names=label_names,
            has_global_stats=has_global_stats,
        )

    def update(self, labels: Any, preds: Any) -> None:
        """Take in a mini-batch: classes, and predictions of them or of their scores."""
        labels, preds = check_label_shapes(labels, preds, True)
        for label, pred in zip(labels, preds, strict=True):
            counts = measures.confusion(label.torch, pred.torch, 2)
            self._counts = _sum(self._counts, counts)
            self._global_counts = _sum(self._global_counts, counts)
        self.num_inst += 1
        self.global_num_inst += 1
        self.sum_metric = measures.multiclass_matthews(self._counts) * self.num_inst
        self.global_sum_metric = (
            measures.multiclass_matthews(self._global_counts) * self.global_num_inst
        )


def _sum(first: Tensor, second: Tensor) -> Tensor:
    """Return the sum of two square tables, the smaller one filled up with zeros."""
    size = max(len(first), len(second))
    whole = torch.zeros(size, size, dtype=torch.float64)
    for each in (first, second):
        whole[: len(each), : len(each)] += each
    return whole
