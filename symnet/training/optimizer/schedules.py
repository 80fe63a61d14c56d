"""Learning rates and momenta that change in the course of training."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from typing import Literal, Protocol

from ...core.errors import ArgumentError, ParameterError
from ...core.parameters import Parameters, param
from .base import OptimizationState
from .rates import Warmup, cosine, polynomial

__all__ = [
    "AbstractLearningRateScheduler",
    "AbstractMomentumScheduler",
    "LearningRate",
    "Momentum",
    "ScaledRate",
    "Schedule",
    "as_schedule",
    "get_learning_rate",
    "get_momentum",
]


class AbstractLearningRateScheduler(ABC):
    """Base of all learning-rate schedules: derive from it, and define `get_learning_rate`.

    Source: the documents, "Optimizers".

    >>> class Halving(AbstractLearningRateScheduler):
    ...     def get_learning_rate(self, state):
    ...         return 0.1 / 2 ** state.curr_epoch
    >>> get_learning_rate(Halving(), OptimizationState(10, curr_epoch=1))
    0.05
    """

    @abstractmethod
    def get_learning_rate(self, state: OptimizationState) -> float:
        """Return the learning rate for the state: a finite number from 0."""


class AbstractMomentumScheduler(ABC):
    """Base of all momentum schedules: derive from it, and define `get_momentum`.

    Source: the documents, "Optimizers".

    >>> class Late(AbstractMomentumScheduler):
    ...     def get_momentum(self, state):
    ...         return 0.9 if state.curr_epoch > 1 else 0.0
    >>> get_momentum(Late(), OptimizationState(10, curr_epoch=2))
    0.9
    """

    @abstractmethod
    def get_momentum(self, state: OptimizationState) -> float:
        """Return the momentum for the state: a finite number from 0."""


@dataclass(frozen=True)
class ScaledRate(AbstractLearningRateScheduler):
    """The rate of another schedule times a factor.

    Args:
        schedule: the other schedule.
        factor: the factor.

    >>> get_learning_rate(ScaledRate(LearningRate.Fixed(0.5), 0.5), OptimizationState(10))
    0.25
    """

    schedule: AbstractLearningRateScheduler
    factor: float

    def get_learning_rate(self, state: OptimizationState) -> float:
        """Return the scaled rate."""
        return self.factor * self.schedule.get_learning_rate(state)


class LearningRate:
    """The built-in learning-rate schedules.

    An optimizer takes them by name too: ``SGD(lr=0.1, lr_scheduler="cosine")``.

    Source: the documents, "LearningRate.Fixed", "LearningRate.Exp", "LearningRate.Inv".

    >>> import symnet as mx
    >>> optimizer = mx.SGD(lr_scheduler=mx.LearningRate.Exp(0.1, gamma=0.5))
    >>> optimizer.lr_scheduler
    LearningRate.Exp(base_lr=0.1, gamma=0.5)
    """

    class Fixed(Parameters, AbstractLearningRateScheduler, kw_only=False):
        """The same learning rate for ever.

        Args:
            lr: the learning rate, greater than 0.

        >>> get_learning_rate(LearningRate.Fixed(0.1), OptimizationState(10))
        0.1
        """

        lr: float = param("The learning rate", above=0)

        def get_learning_rate(self, state: OptimizationState) -> float:
            """Return the one rate."""
            return self.lr

    class Exp(Parameters, AbstractLearningRateScheduler, kw_only=False):
        """The learning rate ``base_lr * gamma**t``.

        ``t`` is the number of the epoch, which is 1 in the first one: the first rate that is used
        is ``base_lr * gamma``.

        Args:
            base_lr: the rate for t = 0, greater than 0.
            gamma: the factor per epoch, default 0.9, between 0 and 1.
            decay_on_iteration: let t be the number of the mini-batch over all epochs, default no.

        >>> get_learning_rate(LearningRate.Exp(0.1, gamma=0.5), OptimizationState(10, curr_epoch=1))
        0.05
        """

        base_lr: float = param("The rate for t = 0", above=0)
        gamma: float = param("The factor per epoch", default=0.9, above=0, below=1)
        decay_on_iteration: bool = param(
            "Let t be the number of the mini-batch over all epochs", default=False
        )

        def get_learning_rate(self, state: OptimizationState) -> float:
            """Return the rate for the state's epoch or iteration."""
            return self.base_lr * self.gamma ** _time(state, self.decay_on_iteration)

    class Inv(Parameters, AbstractLearningRateScheduler, kw_only=False):
        """The learning rate ``base_lr * (1 + gamma * t)**(-power)``.

        ``t`` is the number of the epoch, which is 1 in the first one.

        Args:
            base_lr: the rate for t = 0, greater than 0.
            gamma: how fast it falls, default 0.9, between 0 and 1.
            power: the exponent, default 0.5, from 0.
            decay_on_iteration: let t be the number of the mini-batch over all epochs, default no.

        >>> rate = LearningRate.Inv(0.1, gamma=0.5, power=1)
        >>> get_learning_rate(rate, OptimizationState(10, curr_epoch=2))
        0.05
        """

        base_lr: float = param("The rate for t = 0", above=0)
        gamma: float = param("How fast it falls", default=0.9, above=0, below=1)
        power: float = param("The exponent", default=0.5, min=0)
        decay_on_iteration: bool = param(
            "Let t be the number of the mini-batch over all epochs", default=False
        )

        def get_learning_rate(self, state: OptimizationState) -> float:
            """Return the rate for the state's epoch or iteration."""
            time = _time(state, self.decay_on_iteration)
            return float(self.base_lr * (1 + self.gamma * time) ** -self.power)

    class Cosine(Parameters, AbstractLearningRateScheduler, kw_only=False):
        """The learning rate that falls along half a wave, from epoch to epoch.

        It is ``base_lr`` in the first epoch after the warm-up, and would be ``final_lr`` in the one
        after the last.

        Args:
            base_lr: the greatest rate.
            final_lr: the rate that it falls to, default 0.
            warmup: how many epochs it rises evenly in first, default 0.
            n_epoch: how many epochs there are; None, the default, is those of the training.

        Source: Loshchilov and Hutter, arXiv:1608.03983, without restarts; docs/semantics §6.5.

        >>> rate = LearningRate.Cosine(0.1, n_epoch=4)
        >>> get_learning_rate(rate, OptimizationState(10, curr_epoch=3))
        0.05
        """

        base_lr: float = param("The greatest rate", above=0)
        final_lr: float = param("The rate that it falls to", default=0.0, min=0)
        warmup: int = param("How many epochs it rises in first", default=0, min=0)
        n_epoch: int | None = param("How many epochs there are", default=None, min=1)

        def get_learning_rate(self, state: OptimizationState) -> float:
            """Return the rate for the state's epoch."""
            return _falling(self, state, cosine)

    class Polynomial(Parameters, AbstractLearningRateScheduler, kw_only=False):
        """The learning rate that falls as a power of the part of the way that is left.

        Args:
            base_lr, final_lr, warmup, n_epoch: as for `LearningRate.Cosine`.
            power: the power, default 1: it falls evenly.

        >>> rate = LearningRate.Polynomial(0.1, n_epoch=4)
        >>> get_learning_rate(rate, OptimizationState(10, curr_epoch=2))
        0.07500000000000001
        """

        base_lr: float = param("The greatest rate", above=0)
        final_lr: float = param("The rate that it falls to", default=0.0, min=0)
        warmup: int = param("How many epochs it rises in first", default=0, min=0)
        n_epoch: int | None = param("How many epochs there are", default=None, min=1)
        power: float = param("The power", default=1.0, above=0)

        def get_learning_rate(self, state: OptimizationState) -> float:
            """Return the rate for the state's epoch."""
            return _falling(self, state, lambda part: polynomial(part, self.power))


Schedule = (
    AbstractLearningRateScheduler | Literal["fixed", "exp", "inv", "cosine", "polynomial"] | None
)
"""A schedule of learning rates, or the name of a built-in one, whose first rate is the option lr;
None for the rate itself."""


def as_schedule(schedule: Schedule, lr: float) -> AbstractLearningRateScheduler:
    """Return the schedule that is meant, with a rate to begin with.

    >>> as_schedule("cosine", 0.1)
    LearningRate.Cosine(base_lr=0.1)
    """
    if isinstance(schedule, AbstractLearningRateScheduler):
        return schedule
    kind: Callable[[float], AbstractLearningRateScheduler] = getattr(
        LearningRate, (schedule or "fixed").capitalize()
    )
    return kind(lr)


class Momentum:
    """The built-in momentum schedules.

    Source: the documents, "Momentum.Null", "Momentum.Fixed"; docs/semantics §6.5.

    >>> import symnet as mx
    >>> mx.SGD(momentum_scheduler=mx.Momentum.Fixed(0.9)).momentum_scheduler
    Momentum.Fixed(momentum=0.9)
    """

    @dataclass(frozen=True)
    class Null(AbstractMomentumScheduler):
        """No momentum: optimizers keep no velocity at all.

        >>> get_momentum(Momentum.Null(), OptimizationState(10))
        0.0
        """

        def get_momentum(self, state: OptimizationState) -> float:
            """Return 0."""
            return 0.0

    class Fixed(Parameters, AbstractMomentumScheduler, kw_only=False):
        """The same momentum for ever.

        Args:
            momentum: the momentum, from 0.

        >>> get_momentum(Momentum.Fixed(0.9), OptimizationState(10))
        0.9
        """

        momentum: float = param("The momentum", min=0)

        def get_momentum(self, state: OptimizationState) -> float:
            """Return the one momentum."""
            return self.momentum

    class NadamScheduler(Parameters, AbstractMomentumScheduler, kw_only=False):
        """The momentum ``mu0 * (1 - gamma * alpha**(t * delta))``, which rises towards ``mu0``.

        ``t`` is the number of the mini-batch over all epochs. `Nadam` asks for that of the next
        mini-batch too.

        Args:
            mu0: the momentum in the end, default 0.99, between 0 and 1.
            delta: how fast time passes, default 0.004, greater than 0.
            gamma: what part of mu0 is missing at t = 0, default 0.5, between 0 and 1.
            alpha: the base, default 0.96, between 0 and 1.

        Source: Dozat, ICLR workshop (2016); docs/semantics §6.5.

        >>> rising = Momentum.NadamScheduler(mu0=0.8, delta=1, gamma=0.5, alpha=0.5)
        >>> get_momentum(rising, OptimizationState(10, curr_iter=1))
        0.6000000000000001
        """

        mu0: float = param("The momentum in the end", default=0.99, above=0, below=1)
        delta: float = param("How fast time passes", default=0.004, above=0)
        gamma: float = param("What part of mu0 is missing at t = 0", default=0.5, above=0, below=1)
        alpha: float = param("The base", default=0.96, above=0, below=1)

        def get_momentum(self, state: OptimizationState) -> float:
            """Return the momentum for the state's iteration."""
            missing: float = self.gamma * self.alpha ** (state.curr_iter * self.delta)
            return self.mu0 * (1 - missing)


class _Falling(Protocol):
    @property
    def base_lr(self) -> float: ...
    @property
    def final_lr(self) -> float: ...
    @property
    def warmup(self) -> int: ...
    @property
    def n_epoch(self) -> int | None: ...


def _falling(
    schedule: _Falling, state: OptimizationState, remaining: Callable[[float], float]
) -> float:
    """Return the rate of an epoch, of which a function tells what remains after a part."""
    last = schedule.n_epoch or state.n_epoch
    if last is None:
        raise ParameterError(
            f"{schedule!r} does not know how many epochs there are, as fit does: say n_epoch="
        )
    rising = Warmup(steps=schedule.warmup + 1, first=0.0, last=schedule.base_lr)
    if state.curr_epoch <= schedule.warmup:
        return rising.rate(state.curr_epoch)
    part = (state.curr_epoch - 1 - schedule.warmup) / max(last - schedule.warmup, 1)
    fallen = remaining(min(max(part, 0.0), 1.0))
    return schedule.final_lr + (schedule.base_lr - schedule.final_lr) * fallen


def _time(state: OptimizationState, by_iteration: bool) -> int:
    return state.curr_iter if by_iteration else state.curr_epoch


def get_learning_rate(scheduler: AbstractLearningRateScheduler, state: OptimizationState) -> float:
    """Return the current learning rate.

    Args:
        scheduler: a learning-rate schedule.
        state: the epoch, mini-batch and iteration counts.

    Raises ArgumentError where the scheduler is none, and ParameterError where it returns something
    else than a finite number from 0.
    Source: the documents, "get_learning_rate"; docs/semantics §6.5.

    >>> get_learning_rate(LearningRate.Exp(0.1, gamma=0.5), OptimizationState(10, curr_epoch=2))
    0.025
    """
    if not isinstance(scheduler, AbstractLearningRateScheduler):
        raise ArgumentError(
            f"a learning-rate schedule is something like LearningRate.Fixed(0.1), not {scheduler!r}"
        )
    return _usable(scheduler, "learning rate", scheduler.get_learning_rate(state))


def get_momentum(scheduler: AbstractMomentumScheduler, state: OptimizationState) -> float:
    """Return the current momentum.

    Args:
        scheduler: a momentum schedule.
        state: the epoch, mini-batch and iteration counts.

    Raises ArgumentError where the scheduler is none, and ParameterError where it returns something
    else than a finite number from 0.
    Source: the documents, "get_momentum"; docs/semantics §6.5.

    >>> get_momentum(Momentum.Fixed(0.9), OptimizationState(10))
    0.9
    """
    if not isinstance(scheduler, AbstractMomentumScheduler):
        raise ArgumentError(
            f"a momentum schedule is something like Momentum.Fixed(0.9), not {scheduler!r}"
        )
    return _usable(scheduler, "momentum", scheduler.get_momentum(state))


def _usable(scheduler: object, what: str, value: float) -> float:
    if not (isfinite(value) and value >= 0):
        raise ParameterError(
            f"{scheduler!r} gave {value} as {what}; a finite number >= 0 is wanted"
        )
    return float(value)
