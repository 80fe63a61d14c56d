"""Momenta that change in the course of training."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from ...core.described import Described
from ...core.errors import ArgumentError
from ...core.parameters import Parameters, param
from .base import OptimizationState
from .rates import usable_number

__all__ = ["AbstractMomentumScheduler", "Momentum", "get_momentum"]


class AbstractMomentumScheduler(Described, ABC):
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
        """Return the momentum for the state: a number from 0 to 1."""


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
            momentum: the momentum, from 0 to 1.

        >>> get_momentum(Momentum.Fixed(0.9), OptimizationState(10))
        0.9
        """

        momentum: float = param("The momentum", min=0, max=1)

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


def get_momentum(scheduler: AbstractMomentumScheduler, state: OptimizationState) -> float:
    """Return the current momentum.

    Args:
        scheduler: a momentum schedule.
        state: the epoch, mini-batch and iteration counts.

    Raises ArgumentError where the scheduler is none, and ParameterError where it returns something
    else than a number from 0 to 1.
    Source: the documents, "get_momentum"; docs/semantics §6.5.

    >>> get_momentum(Momentum.Fixed(0.9), OptimizationState(10))
    0.9
    """
    if not isinstance(scheduler, AbstractMomentumScheduler):
        raise ArgumentError(
            f"a momentum schedule is something like Momentum.Fixed(0.9), not {scheduler!r}"
        )
    return usable_number(scheduler, "momentum", scheduler.get_momentum(state), most=1)
