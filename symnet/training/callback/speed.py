"""The speed of a training."""

import time

from ...core.logs import logger
from ..optimizer import OptimizationState
from .base import AbstractBatchCallback, check_count, every_n_batch

__all__ = ["speedometer"]


def speedometer(frequency: int = 50) -> AbstractBatchCallback:
    """Make a callback that logs the training speed, in samples per second.

    It reads no metric and resets none.

    Args:
        frequency: how many batches lie between two measurements.

    >>> import symnet as mx
    >>> isinstance(mx.speedometer(20), mx.AbstractBatchCallback)
    True
    """
    check_count("speedometer: frequency", frequency)
    return every_n_batch(_Measurement(frequency), frequency, call_on_0=True)


class _Measurement:
    """Logs the speed since it was called last."""

    def __init__(self, frequency: int) -> None:
        self._frequency, self._started = frequency, time.perf_counter()

    def __repr__(self) -> str:
        return "speedometer"

    def __call__(self, state: OptimizationState) -> None:
        now = time.perf_counter()
        if state.curr_batch:
            samples = self._frequency * state.batch_size
            logger.info("Speed: %6.2f samples/sec", samples / (now - self._started))
        self._started = now
