"""The documents' function forms of what a metric can do: ``mx.reset(metric)``."""

from collections.abc import Sequence

from ...ndarray import NDArray
from .base import AbstractEvalMetric

__all__ = ["reset", "update"]


def update(metric: AbstractEvalMetric, labels: Sequence[NDArray], preds: Sequence[NDArray]) -> None:
    """Take in a mini-batch; see `AbstractEvalMetric.update`."""
    metric.update(labels, preds)


def reset(metric: AbstractEvalMetric) -> None:
    """Forget everything taken in; see `AbstractEvalMetric.reset`."""
    metric.reset()
