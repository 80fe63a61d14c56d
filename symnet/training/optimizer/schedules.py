"""Learning rates that change in the course of training."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from ...core.described import Described
from ...core.errors import ArgumentError, ParameterError
from ...core.parameters import Parameters, param
from .base import OptimizationState
from .rates import Warmup, cosine, polynomial, usable_number

__all__ = [
    "AbstractLearningRateScheduler",
    "LearningRate",
    "ScaledRate",
    "Schedule",
    "as_schedule",
    "get_learning_rate",
]


class AbstractLearningRateScheduler(Described, ABC):
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

        _essential = ("gamma",)

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

        _essential = ("gamma", "power")

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

        def check(self) -> None:
            """The rate falls, and has epochs left to do so."""
            _check_falling(self)

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

        def check(self) -> None:
            """The rate falls, and has epochs left to do so."""
            _check_falling(self)

        def get_learning_rate(self, state: OptimizationState) -> float:
            """Return the rate for the state's epoch."""
            return _falling(self, state, lambda part: polynomial(part, self.power))

    class Warmup(Parameters, AbstractLearningRateScheduler, kw_only=False):
        """The learning rate that rises evenly in the first epochs, and then stays.

        It rises from update to update where the length of an epoch is known, as `fit` knows it of
        arrays and of everything after the first epoch; from epoch to epoch where it is not.

        Args:
            base_lr: the rate in the end.
            warmup: how many epochs it rises in, default 1.

        >>> rate = LearningRate.Warmup(0.1, warmup=2)
        >>> state = OptimizationState(10, curr_epoch=1, curr_batch=5, n_batch=10)
        >>> get_learning_rate(rate, state)
        0.025
        """

        base_lr: float = param("The rate in the end", above=0)
        warmup: int = param("How many epochs it rises in", default=1, min=1)

        def get_learning_rate(self, state: OptimizationState) -> float:
            """Return the rate for the state's epoch and batch."""
            done = float(state.curr_epoch)
            if state.n_batch is not None:
                done += min(state.curr_batch / state.n_batch, 1.0) - 1
            return Warmup(steps=self.warmup, first=0.0, last=self.base_lr).rate(
                min(max(done, 0.0), float(self.warmup))
            )

    class OneCycle(Parameters, AbstractLearningRateScheduler, kw_only=False):
        """The learning rate that rises once and falls once in a training, from update to update.

        It rises along half a wave from ``base_lr / divisor`` to ``base_lr``, and falls from there
        to ``base_lr / divisor / final_divisor`` in the last update.

        Args:
            base_lr: the greatest rate.
            rising: the part of all updates in which it rises, default 0.3.
            divisor: by what the first rate is smaller than the greatest, default 25.
            final_divisor: by what the last rate is smaller than the first, default 10000.
            n_epoch: how many epochs there are; None, the default, is those of the training.
            n_batch: how many batches an epoch has; None, the default, is those of the training.

        Raises ParameterError where nobody knows these numbers: `fit` knows the batches of arrays
        and of loaders with a length.
        Source: Smith and Topin, arXiv:1708.07120, with the numbers of PyTorch's ``OneCycleLR``.

        >>> rate = LearningRate.OneCycle(0.1, n_epoch=1, n_batch=11, rising=0.5)
        >>> state = OptimizationState(10, curr_epoch=1, curr_batch=11)
        >>> round(get_learning_rate(rate, state), 9)
        4e-07
        """

        base_lr: float = param("The greatest rate", above=0)
        rising: float = param(
            "The part of all updates in which it rises", default=0.3, min=0, max=1
        )
        divisor: float = param("By what the first rate is smaller", default=25.0, min=1)
        final_divisor: float = param("By what the last rate is smaller", default=1e4, min=1)
        n_epoch: int | None = param("How many epochs there are", default=None, min=1)
        n_batch: int | None = param("How many batches an epoch has", default=None, min=1)

        def get_learning_rate(self, state: OptimizationState) -> float:
            """Return the rate for the state's epoch and batch."""
            epochs, batches = self.n_epoch or state.n_epoch, self.n_batch or state.n_batch
            if epochs is None or batches is None:
                what = "epochs" if epochs is None else "batches an epoch has"
                option = "n_epoch" if epochs is None else "n_batch"
                raise ParameterError(
                    f"{self!r} does not know how many {what}: say {option}=, as the training data "
                    "does not tell"
                )
            number = max((state.curr_epoch - 1) * batches + state.curr_batch - 1, 0)
            first = self.base_lr / self.divisor
            top, last = self.rising * epochs * batches - 1, epochs * batches - 1
            if number <= top:
                return first + (self.base_lr - first) * (1 - cosine(number / top if top else 1.0))
            part = min((number - top) / max(last - top, 1e-9), 1.0)
            final = first / self.final_divisor
            return final + (self.base_lr - final) * cosine(part)


Schedule = (
    AbstractLearningRateScheduler
    | Literal["fixed", "exp", "inv", "cosine", "polynomial", "warmup", "one_cycle"]
    | None
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
        LearningRate, (schedule or "fixed").title().replace("_", "")
    )
    return kind(lr)


class _Falling(Protocol):
    @property
    def base_lr(self) -> float: ...
    @property
    def final_lr(self) -> float: ...
    @property
    def warmup(self) -> int: ...
    @property
    def n_epoch(self) -> int | None: ...


def _check_falling(schedule: _Falling) -> None:
    """Raise ParameterError where a rate would rise to its end, or never fall."""
    name = type(schedule).__qualname__
    if schedule.final_lr > schedule.base_lr:
        raise ParameterError(
            f"{name}: final_lr={schedule.final_lr:g} is above base_lr={schedule.base_lr:g}, from "
            "which the rate falls"
        )
    if schedule.n_epoch is not None and schedule.warmup >= schedule.n_epoch:
        raise ParameterError(
            f"{name}: warmup={schedule.warmup} leaves none of n_epoch={schedule.n_epoch} for the "
            "rate to fall in"
        )


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
    return usable_number(scheduler, "learning rate", scheduler.get_learning_rate(state))
