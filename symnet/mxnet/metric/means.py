"""Metrics that are means over samples or batches.

The numbers come from `symnet.training.metric.measures`.

Source: Apache MXNet 1.9.1, ``mxnet.metric``.
"""

from math import exp, sqrt
from typing import Any

from torch import Tensor

from ...core.errors import ArgumentError
from ...training.metric import measures
from .base import EvalMetric, Names, alias, check_label_shapes, listed, register

__all__ = [
    "MAE",
    "MSE",
    "RMSE",
    "Accuracy",
    "Caffe",
    "CrossEntropy",
    "Loss",
    "NegativeLogLikelihood",
    "Perplexity",
    "TopKAccuracy",
    "Torch",
]


class _Mean(EvalMetric):
    """Base of means: a derived class measures a label and its prediction."""

    def __init__(self, name: str, output_names: Names, label_names: Names, **kwargs: Any) -> None:
        super().__init__(
            name,
            output_names=output_names,
            label_names=label_names,
            has_global_stats=True,
            **kwargs,
        )

    def _measure(self, label: Tensor, pred: Tensor) -> tuple[float, int]:
        """Return a sum and the number of its summands."""
        raise NotImplementedError(f"{type(self).__name__} must define _measure")

    def update(self, labels: Any, preds: Any) -> None:
        """Take in a mini-batch: a label for each prediction.

        Raises ValueError where they are not as many, or where shapes do not fit.
        """
        labels, preds = check_label_shapes(labels, preds, True)
        for label, pred in zip(labels, preds, strict=True):
            self._add(*self._measure(label.torch, pred.torch))


@register
@alias("acc")
class Accuracy(_Mean):
    """The part of predictions that are right.

    Args:
        axis: the axis of the classes, where predictions are not classes themselves; default 1.
        name: default ``"accuracy"``.
        output_names: see `EvalMetric`.
        label_names: see `EvalMetric`.
    """

    def __init__(
        self,
        axis: int = 1,
        name: str = "accuracy",
        output_names: Names = None,
        label_names: Names = None,
    ) -> None:
        super().__init__(name, output_names, label_names, axis=axis)
        self.axis = axis

    def _measure(self, label: Tensor, pred: Tensor) -> tuple[float, int]:
        return measures.right(label, pred, self.axis)


@register
@alias("top_k_accuracy", "top_k_acc")
class TopKAccuracy(_Mean):
    """The part of samples whose class is among the best predictions.

    Args:
        top_k: how many are the best, from 2.
        name: default ``"top_k_accuracy"``; the number is added to it.
        output_names: see `EvalMetric`.
        label_names: see `EvalMetric`.
    """

    def __init__(
        self,
        top_k: int = 1,
        name: str = "top_k_accuracy",
        output_names: Names = None,
        label_names: Names = None,
    ) -> None:
        if top_k < 2:
            raise ArgumentError(f"top_k must be at least 2, got {top_k}; for 1 there is Accuracy")
        super().__init__(name, output_names, label_names, top_k=top_k)
        self.top_k = top_k
        self.name += f"_{top_k}"

    def _measure(self, label: Tensor, pred: Tensor) -> tuple[float, int]:
        return measures.top_right(label, pred, self.top_k)


class _OfBatches(_Mean):
    """Base of means over batches whose constructors take names only."""

    def _error(self, label: Tensor, pred: Tensor) -> float:
        raise NotImplementedError(f"{type(self).__name__} must define _error")

    def _measure(self, label: Tensor, pred: Tensor) -> tuple[float, int]:
        return self._error(label, pred), 1


@register
class MAE(_OfBatches):
    """The mean of absolute errors, over batches. See `EvalMetric` for the arguments."""

    def __init__(
        self, name: str = "mae", output_names: Names = None, label_names: Names = None
    ) -> None:
        super().__init__(name, output_names, label_names)

    def _error(self, label: Tensor, pred: Tensor) -> float:
        return measures.absolute_error(label, pred)


@register
class MSE(_OfBatches):
    """The mean of squared errors, over batches. See `EvalMetric` for the arguments."""

    def __init__(
        self, name: str = "mse", output_names: Names = None, label_names: Names = None
    ) -> None:
        super().__init__(name, output_names, label_names)

    def _error(self, label: Tensor, pred: Tensor) -> float:
        return measures.squared_error(label, pred)


@register
class RMSE(_OfBatches):
    """The mean over batches of the root of the mean squared error; arguments as `EvalMetric`."""

    def __init__(
        self, name: str = "rmse", output_names: Names = None, label_names: Names = None
    ) -> None:
        super().__init__(name, output_names, label_names)

    def _error(self, label: Tensor, pred: Tensor) -> float:
        return sqrt(measures.squared_error(label, pred))


class _Likelihood(_Mean):
    """Base of the two names of the mean negative logarithm of the right class's probability."""

    def __init__(self, eps: float, name: str, output_names: Names, label_names: Names) -> None:
        super().__init__(name, output_names, label_names, eps=eps)
        self.eps = eps

    def _measure(self, label: Tensor, pred: Tensor) -> tuple[float, int]:
        return measures.log_likelihood(label, pred, self.eps)


@register
@alias("ce")
class CrossEntropy(_Likelihood):
    """The mean negative logarithm of the right class's probability.

    Args:
        eps: added to probabilities, default 1e-12.
        name: default ``"cross-entropy"``.
        output_names: see `EvalMetric`.
        label_names: see `EvalMetric`.
    """

    def __init__(
        self,
        eps: float = 1e-12,
        name: str = "cross-entropy",
        output_names: Names = None,
        label_names: Names = None,
    ) -> None:
        super().__init__(eps, name, output_names, label_names)


@register
@alias("nll_loss")
class NegativeLogLikelihood(_Likelihood):
    """What `CrossEntropy` is, under the name ``"nll-loss"``."""

    def __init__(
        self,
        eps: float = 1e-12,
        name: str = "nll-loss",
        output_names: Names = None,
        label_names: Names = None,
    ) -> None:
        super().__init__(eps, name, output_names, label_names)


@register
class Perplexity(EvalMetric):
    """The exponential of the mean negative logarithm of the right class's probability.

    Args:
        ignore_label: a label that is not counted, None for none.
        axis: the axis of the classes, which must be the last one.
        name: default ``"perplexity"``.
        output_names: see `EvalMetric`.
        label_names: see `EvalMetric`.
    """

    def __init__(
        self,
        ignore_label: float | None,
        axis: int = -1,
        name: str = "perplexity",
        output_names: Names = None,
        label_names: Names = None,
    ) -> None:
        super().__init__(
            name,
            ignore_label=ignore_label,
            output_names=output_names,
            label_names=label_names,
            has_global_stats=True,
        )
        self.ignore_label = ignore_label
        self.axis = axis

    def update(self, labels: Any, preds: Any) -> None:
        """Take in a mini-batch: a label for each prediction."""
        labels, preds = check_label_shapes(labels, preds, True)
        total, count = 0.0, 0
        for label, pred in zip(labels, preds, strict=True):
            if self.axis % len(pred.shape) != len(pred.shape) - 1:
                raise ArgumentError(
                    f"perplexity: axis={self.axis} of predictions of shape {pred.shape} is not the "
                    "last one; swap axes before the metric"
                )
            loss, number = measures.masked_log_likelihood(
                label.torch, pred.torch, self.ignore_label
            )
            total, count = total + loss, count + number
        self._add(total, count)

    def _value(self, total: Any, count: Any) -> float:
        return exp(total / count) if count else float("nan")


@register
class Loss(EvalMetric):
    """The mean of the outputs themselves, which are losses. See `EvalMetric` for the arguments."""

    def __init__(
        self, name: str = "loss", output_names: Names = None, label_names: Names = None
    ) -> None:
        super().__init__(
            name, output_names=output_names, label_names=label_names, has_global_stats=True
        )

    def update(self, labels: Any, preds: Any) -> None:
        """Take in the outputs of a mini-batch; labels are not read."""
        for pred in listed(preds):
            self._add(float(pred.torch.sum()), pred.size)


@register
class Torch(Loss):
    """`Loss`, under the name ``"torch"``."""

    def __init__(
        self, name: str = "torch", output_names: Names = None, label_names: Names = None
    ) -> None:
        super().__init__(name, output_names=output_names, label_names=label_names)


@register
class Caffe(Loss):
    """`Loss`, under the name ``"caffe"``."""

    def __init__(
        self, name: str = "caffe", output_names: Names = None, label_names: Names = None
    ) -> None:
        super().__init__(name, output_names=output_names, label_names=label_names)
