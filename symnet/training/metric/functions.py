"""The documents' function forms of what a metric can do: ``mx.reset(metric)``."""

from collections.abc import Sequence

from ...ndarray import NDArray
from .base import AbstractEvalMetric

__all__ = ["reset", "update"]


def update(metric: AbstractEvalMetric, labels: Sequence[NDArray], preds: Sequence[NDArray]) -> None:
    """Take in a mini-batch; see `AbstractEvalMetric.update`.

    >>> import symnet as mx
    >>> metric = mx.Accuracy()
    >>> mx.update(metric, [mx.array([1, 0])], [mx.array([[0.2, 0.8], [0.3, 0.7]])])
    >>> metric.get()
    [('accuracy', 0.5)]
    """
    metric.update(labels, preds)


def reset(metric: AbstractEvalMetric) -> None:
    """Forget everything taken in; see `AbstractEvalMetric.reset`.

    >>> import symnet as mx
    >>> metric = mx.MSE()
    >>> mx.update(metric, [mx.array([1.0])], [mx.array([[3.0]])])
    >>> mx.reset(metric)
    >>> mx.get(metric)
    [('MSE', nan)]
    """
    metric.reset()
