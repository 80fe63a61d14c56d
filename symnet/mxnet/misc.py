"""The schedules of learning rates that MXNet 0.5 to 0.11 also had: ``mx.misc``.

Source: Apache MXNet 0.8, ``mxnet.misc``.
"""

from .lr_scheduler import LRScheduler

__all__ = ["FactorScheduler", "LearningRateScheduler"]

LearningRateScheduler = LRScheduler


class FactorScheduler(LRScheduler):
    """Multiply the rate by a factor at every so many updates.

    Args:
        step: how many updates.
        factor: the factor, below 1.

    Raises ValueError where either is out of range.

    >>> FactorScheduler(step=10, factor=0.5)(25)
    0.0025
    """

    def __init__(self, step: int, factor: float = 0.1) -> None:
        super().__init__()
        if step < 1:
            raise ValueError(f"step must be at least 1, got {step}")
        if factor >= 1.0:
            raise ValueError(f"factor must be less than 1 to make the rate smaller, got {factor}")
        self.step = step
        self.factor = factor

    def __call__(self, num_update: int) -> float:
        """Return the rate of an update."""
        return float(self.base_lr * self.factor ** (num_update // self.step))
