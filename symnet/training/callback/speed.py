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
    """
    check_count("speedometer: frequency", frequency)
    started = time.perf_counter()

    def measure(state: OptimizationState) -> None:
        nonlocal started
        now = time.perf_counter()
        if state.curr_batch:
            logger.info("Speed: %6.2f samples/sec", frequency * state.batch_size / (now - started))
        started = now

    return every_n_batch(measure, frequency, call_on_0=True)
