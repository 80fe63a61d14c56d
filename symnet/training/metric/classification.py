"""How good predicted classes, and their probabilities, are."""

from numbers import Integral

import torch
from torch import Tensor

from ...core.errors import ParameterError, ShapeError
from ...ndarray import NDArray
from ._mean import MeanMetric
from .base import MetricValues

__all__ = ["ACE", "NLL", "Accuracy", "MultiACE", "OfClasses"]

_SMALLEST = 1e-20
"""A probability below it counts as this: the logarithm of 0 would spoil the whole mean."""


class OfClasses(MeanMetric):
    """Base of metrics whose predictions have an axis of classes, and labels name one of them."""

    def _check(self, label: NDArray, pred: NDArray) -> None:
        shape, found = pred.torch.shape, label.torch.shape
        if len(shape) < 2 or not shape[1]:
            raise ShapeError(
                f"{self._name}: predictions should have shape (batch, classes, …), these have "
                f"{pred.shape} (labels: {label.shape}); for regression use MSE"
            )
        positions = (shape[0], *shape[2:])
        as_many = found[:1] == shape[:1] and label.size * shape[1] == pred.size
        if found != positions and not as_many:
            raise ShapeError(
                f"{self._name}: predictions of shape {pred.shape} need labels of shape "
                f"{positions}, these have {label.shape}; labels are class numbers, one-hot labels "
                "become so by labels.asnumpy().argmax(1)"
            )


class Accuracy(OfClasses):
    """The part of predictions that are right.

    A prediction of shape (batch, classes) is right where its largest value, the first one of
    equals, stands at the place that the label names. With more axes, (batch, classes, …), each
    position is a prediction of its own. A label has shape (batch,), or (batch, …) with as many
    positions; labels of the predictions' own shape are probabilities, of which the largest counts.

    Source: the documents, "Evaluation Metrics", "Accuracy"; docs/semantics §6.7.

    >>> metric = Accuracy()
    >>> metric.update([NDArray([1, 0])], [NDArray([[0.2, 0.8], [0.4, 0.6]])])
    >>> metric.get()
    [('accuracy', 0.5)]
    """

    _name = "accuracy"

    def _check(self, label: NDArray, pred: NDArray) -> None:
        if not _are_chances(label.torch, pred.torch):
            super()._check(label, pred)

    def _measure(self, label: Tensor, pred: Tensor) -> tuple[Tensor, int]:
        # argmax is the faster of the two on a last axis, and ten times slower on any other
        best = pred.argmax(1) if pred.ndim == 2 else pred.max(1).indices
        if _are_chances(label, pred):
            label = label.max(1).indices
        if label.shape != best.shape:
            label = label.reshape(best.shape)
        return (best == label).count_nonzero(), best.numel()


def _are_chances(label: Tensor, pred: Tensor) -> bool:
    """Tell whether labels are probabilities of classes, as one-hot labels are."""
    return label.shape == pred.shape and pred.ndim > 1 and pred.shape[1] > 1


def _losses(label: Tensor, pred: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return for each label its loss, −log of its probability, its class, and whether it is one.

    The loss of a label that is no class is 0.
    """
    place = label.reshape(pred.shape[0], 1, *pred.shape[2:]).to(torch.int64)
    inside = (place >= 0) & (place < pred.shape[1])
    place = torch.where(inside, place, 0)
    chosen = pred.gather(1, place).double().clamp_min_(_SMALLEST)
    return chosen.log_().neg_().mul_(inside), place, inside


class _CrossEntropy(OfClasses):
    """Base of metrics that are the mean loss of all labels."""

    def _measure(self, label: Tensor, pred: Tensor) -> tuple[Tensor, Tensor]:
        losses, _, inside = _losses(label, pred)
        return losses.sum(), inside.count_nonzero()


class ACE(_CrossEntropy):
    """The average cross-entropy: the mean of −log of the probability given to the right class.

    Shapes are those of `Accuracy`; predictions are probabilities, one below 1e-20 counts as 1e-20.
    A label that is no class, as one that the loss ignores, does not count.

    Source: docs/semantics §6.7.

    >>> metric = ACE()
    >>> metric.update([NDArray([1, 0])], [NDArray([[0.5, 0.5], [0.5, 0.5]])])
    >>> [(name, round(value, 4)) for name, value in metric.get()]
    [('ACE', 0.6931)]
    """

    _name = "ACE"


class NLL(_CrossEntropy):
    """The negative log-likelihood per label, and the perplexity, its exponential.

    It is `ACE` by its names in language modelling: a network that is unrolled over time has an
    output, and a label, for each step.

    Source: the documents, "char-lstm"; docs/semantics §10.3.

    >>> metric = NLL()
    >>> metric.update([NDArray([1, 0])], [NDArray([[0.5, 0.5], [0.5, 0.5]])])
    >>> [(name, round(value, 4)) for name, value in metric.get()]
    [('NLL', 0.6931), ('perplexity', 2.0)]
    """

    _name = "NLL"

    def get(self) -> MetricValues:
        """Return both by name; they are NaN before the first update."""
        mean = self._sum.read() / self._count.read()
        return [("NLL", float(mean)), ("perplexity", float(mean.exp()))]


class MultiACE(OfClasses):
    """`ACE` for the labels of each class on its own, and for all.

    Args:
        nclasses: number of classes, from 1.

    Raises ParameterError where that is no whole number from 1. Source: docs/semantics §6.7.

    >>> metric = MultiACE(2)
    >>> metric.update([NDArray([1, 1])], [NDArray([[0.5, 0.5], [0, 1]])])
    >>> [(name, round(value, 4)) for name, value in metric.get()]
    [('ACE_1', nan), ('ACE_2', 0.3466), ('ACE', 0.3466)]
    """

    _name = "MultiACE"
    _classes: int

    def __init__(self, nclasses: int) -> None:
        if not isinstance(nclasses, Integral) or nclasses < 1:
            raise ParameterError(
                f"MultiACE: nclasses must be a whole number >= 1, got {nclasses!r}"
            )
        super().__init__()
        self._classes = int(nclasses)

    def _check(self, label: NDArray, pred: NDArray) -> None:
        super()._check(label, pred)
        if pred.shape[1] != self._classes:
            raise ShapeError(
                f"MultiACE: predictions of shape {pred.shape} have {pred.shape[1]} classes, "
                f"nclasses is {self._classes}; say MultiACE({pred.shape[1]})"
            )

    def _measure(self, label: Tensor, pred: Tensor) -> tuple[Tensor, Tensor]:
        losses, place, inside = (each.reshape(-1) for each in _losses(label, pred))
        zeros = losses.new_zeros(self._classes)
        return zeros.index_add(0, place, losses), zeros.index_add(0, place, inside.to(zeros.dtype))

    def get(self) -> MetricValues:
        """Return the value of each class, counted from 1, and that of all; NaN for none."""
        zeros = torch.zeros(self._classes)
        total, count = self._sum.read() + zeros, self._count.read() + zeros
        means = [*(total / count), total.sum() / count.sum()]
        names = [*(f"ACE_{number}" for number in range(1, self._classes + 1)), "ACE"]
        return [(name, float(mean)) for name, mean in zip(names, means, strict=True)]
