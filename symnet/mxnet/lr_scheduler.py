"""Schedules of learning rates, by the number of updates, with a warm-up.

They are Python-MXNet's way to ask `symnet.training.optimizer.rates`, and keep what scripts read and
set: ``base_lr``. Source: Apache MXNet 1.9.1, ``mxnet.lr_scheduler``.
"""

import logging
from collections.abc import Sequence
from typing import Any

from ..core.errors import ArgumentError
from ..training.optimizer.rates import Warmup, cosine, polynomial

__all__ = [
    "CosineScheduler",
    "FactorScheduler",
    "LRScheduler",
    "MultiFactorScheduler",
    "PolyScheduler",
]


class LRScheduler:
    """Base of all schedules: derive from it, and define ``__call__(num_update)``.

    Args:
        base_lr: the rate after the warm-up, default 0.01.
        warmup_steps: for how many updates it warms up, default 0.
        warmup_begin_lr: the rate at the start, default 0.
        warmup_mode: ``"linear"``, or ``"constant"``: the start's rate for all of them.

    Raises ValueError where they do not fit each other.
    """

    def __init__(
        self,
        base_lr: float = 0.01,
        warmup_steps: int = 0,
        warmup_begin_lr: float = 0,
        warmup_mode: str = "linear",
    ) -> None:
        if warmup_begin_lr > base_lr:
            raise ValueError(
                f"warmup_begin_lr must be at most base_lr, got {warmup_begin_lr} and {base_lr}"
            )
        if warmup_steps < 0 or int(warmup_steps) != warmup_steps:
            raise ValueError(f"warmup_steps must be a whole number >= 0, got {warmup_steps!r}")
        if warmup_mode not in ("linear", "constant"):
            raise ValueError(f"warmup_mode must be 'linear' or 'constant', got {warmup_mode!r}")
        self.base_lr = base_lr
        self.warmup_steps = warmup_steps
        self.warmup_begin_lr = warmup_begin_lr
        self.warmup_final_lr = base_lr
        self.warmup_mode = warmup_mode

    def get_warmup_lr(self, num_update: int) -> float:
        """Return the rate of an update that belongs to the warm-up."""
        if num_update >= self.warmup_steps:
            raise ArgumentError(
                f"update {num_update} comes after the warm-up of {self.warmup_steps} updates"
            )
        return Warmup(
            steps=self.warmup_steps,
            first=self.warmup_begin_lr,
            last=self.warmup_final_lr,
            linear=self.warmup_mode == "linear",
        ).rate(num_update)

    def __call__(self, num_update: int) -> float:
        """Return the learning rate.

        Args:
            num_update: how often the weight that was updated most often was updated.
        """
        raise NotImplementedError(f"{type(self).__name__} must define __call__(num_update)")


class FactorScheduler(LRScheduler):
    """Multiply the rate by a factor after every so many updates.

    Args:
        step: how many updates, from 1.
        factor: the factor, default 1, from 0 to 1.
        stop_factor_lr: the least rate, default 1e-8.
        options: those of `LRScheduler`, which may come by position too.

    >>> schedule = FactorScheduler(step=10, factor=0.5, base_lr=1.0)
    >>> [schedule(n) for n in (0, 10, 11, 21)]
    [1.0, 1.0, 0.5, 0.25]
    """

    def __init__(
        self,
        step: int,
        factor: float = 1,
        stop_factor_lr: float = 1e-8,
        *positional: Any,
        **options: Any,
    ) -> None:
        super().__init__(*positional, **options)
        if step < 1:
            raise ValueError(f"step must be at least 1, got {step}")
        _check_factor(factor)
        self.step = step
        self.factor = factor
        self.stop_factor_lr = stop_factor_lr
        self.count = 0

    def __call__(self, num_update: int) -> float:
        """Return the learning rate; see `LRScheduler`."""
        if num_update < self.warmup_steps:
            return self.get_warmup_lr(num_update)
        while num_update > self.count + self.step:
            self.count += self.step
            self.base_lr = max(self.base_lr * self.factor, self.stop_factor_lr)
            _log(num_update, self.base_lr, is_last=self.base_lr == self.stop_factor_lr)
        return self.base_lr


class MultiFactorScheduler(LRScheduler):
    """Multiply the rate by a factor after each of several numbers of updates.

    Args:
        step: the numbers, rising, from 1.
        factor: the factor, default 1, from 0 to 1.
        options: those of `LRScheduler`, which may come by position too.

    >>> schedule = MultiFactorScheduler([2, 5], 0.5, base_lr=1.0)
    >>> [schedule(n) for n in (2, 3, 6)]
    [1.0, 0.5, 0.25]
    """

    def __init__(
        self, step: Sequence[int], factor: float = 1, *positional: Any, **options: Any
    ) -> None:
        super().__init__(*positional, **options)
        steps = list(step)
        if not steps or steps[0] < 1 or steps != sorted(set(steps)):
            raise ValueError(f"step must be a list of rising whole numbers from 1, got {step!r}")
        _check_factor(factor)
        self.step = steps
        self.factor = factor
        self.cur_step_ind = 0
        self.count = 0

    def __call__(self, num_update: int) -> float:
        """Return the learning rate; see `LRScheduler`."""
        if num_update < self.warmup_steps:
            return self.get_warmup_lr(num_update)
        while self.cur_step_ind < len(self.step) and num_update > self.step[self.cur_step_ind]:
            self.count = self.step[self.cur_step_ind]
            self.cur_step_ind += 1
            self.base_lr *= self.factor
            _log(num_update, self.base_lr)
        return self.base_lr


class _Falling(LRScheduler):
    """Base of schedules that fall from one rate to another over so many updates."""

    def __init__(
        self, max_update: int, base_lr: float, final_lr: float, *positional: Any, **options: Any
    ) -> None:
        super().__init__(base_lr, *positional, **options)
        if max_update < 1 or int(max_update) != max_update:
            raise ValueError(f"max_update must be a whole number from 1, got {max_update!r}")
        self.base_lr_orig = base_lr
        self.max_update = max_update
        self.final_lr = final_lr
        self.max_steps = max_update - self.warmup_steps

    def _part(self, num_update: int) -> float:
        """Return what part of the way has been gone."""
        return float(num_update - self.warmup_steps) / float(self.max_steps or 1)

    def _remaining(self, part: float) -> float:
        """Return what remains of the difference of the rates."""
        raise NotImplementedError

    def __call__(self, num_update: int) -> float:
        """Return the learning rate; see `LRScheduler`."""
        if num_update < self.warmup_steps:
            return self.get_warmup_lr(num_update)
        if num_update <= self.max_update:
            whole = self.base_lr_orig - self.final_lr
            self.base_lr = self.final_lr + whole * self._remaining(self._part(num_update))
        return self.base_lr


class PolyScheduler(_Falling):
    """Let the rate fall by a power of the updates that are left.

    Args:
        max_update: when it has fallen.
        base_lr: the rate at the start, default 0.01.
        pwr: the power, default 2.
        final_lr: the rate in the end, default 0.
        options: those of `LRScheduler` after base_lr, which may come by position too.

    >>> schedule = PolyScheduler(10, base_lr=1.0)
    >>> [schedule(n) for n in (0, 5, 10, 11)]
    [1.0, 0.25, 0.0, 0.0]
    """

    def __init__(
        self,
        max_update: int,
        base_lr: float = 0.01,
        pwr: float = 2,
        final_lr: float = 0,
        *positional: Any,
        **options: Any,
    ) -> None:
        super().__init__(max_update, base_lr, final_lr, *positional, **options)
        if not pwr >= 0:
            raise ValueError(f"pwr must be at least 0, so that the rate falls; got {pwr}")
        self.power = pwr

    def _remaining(self, part: float) -> float:
        return polynomial(part, self.power)


class CosineScheduler(_Falling):
    """Let the rate fall along half a wave of the cosine.

    Args:
        max_update: when it has fallen.
        base_lr: the rate at the start, default 0.01.
        final_lr: the rate in the end, default 0.
        options: those of `LRScheduler` after base_lr, which may come by position too.

    >>> [round(CosineScheduler(10, base_lr=1.0)(n), 3) for n in (0, 5, 10)]
    [1.0, 0.5, 0.0]
    """

    def __init__(
        self,
        max_update: int,
        base_lr: float = 0.01,
        final_lr: float = 0,
        *positional: Any,
        **options: Any,
    ) -> None:
        super().__init__(max_update, base_lr, final_lr, *positional, **options)

    def _remaining(self, part: float) -> float:
        return cosine(part)


def _check_factor(factor: float) -> None:
    if not 0 <= factor <= 1:
        raise ValueError(f"factor must be from 0 to 1, so that the rate falls; got {factor}")


def _log(num_update: int, rate: float, is_last: bool = False) -> None:
    if is_last:
        logging.info(
            "Update[%d]: now learning rate arrived at %0.5e, will not change in the future",
            num_update,
            rate,
        )
    else:
        logging.info("Update[%d]: Change learning rate to %0.5e", num_update, rate)
