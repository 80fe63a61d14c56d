"""Optimizers whose options are declared as fields: the constructor comes from them."""

from copy import copy
from dataclasses import replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar, Self

from ...core.configured import Configured
from ...core.errors import ArgumentError
from ...core.parameters import param
from .base import AbstractOptimizer, AbstractOptimizerOptions
from .schedules import AbstractLearningRateScheduler, ScaledRate, as_schedule

__all__ = ["ConfiguredOptimizer"]


class ConfiguredOptimizer(Configured, AbstractOptimizer):
    """Base of optimizers whose options are declared as fields; see `Configured`.

    >>> from symnet.core.parameters import param
    >>> class Descent(ConfiguredOptimizer):
    ...     '''Goes downhill.'''
    ...     lr: float = param("Learning rate", default=0.1, above=0)
    ...     def create_state(self, index, weight):
    ...         return None
    ...     def update(self, index, weight, grad, state):
    ...         weight.torch.sub_(grad.torch, alpha=self.lr)
    >>> Descent(lr=0.5).lr, Descent().weight_decay
    (0.5, 1e-05)
    >>> Descent(rate=1)
    Traceback (most recent call last):
    symnet.core.errors.ParameterError: Descent: unknown parameter 'rate' \
(there are: grad_clip, weight_decay, lr)
    """

    options: ClassVar[type[AbstractOptimizerOptions]] = AbstractOptimizerOptions
    if TYPE_CHECKING:  # what `options` begins with, as a type checker reads it

        @property
        def opts(self) -> AbstractOptimizerOptions:
            """The options that were given, checked and frozen."""

        @opts.setter
        def opts(self, opts: AbstractOptimizerOptions) -> None: ...

        grad_clip: float = param("Bound of each element of the mean gradient", default=0.0)
        weight_decay: float = param("Factor of the weight added to its gradient", default=0.00001)
    else:
        grad_clip = property(attrgetter("opts.grad_clip"))
        weight_decay = property(attrgetter("opts.weight_decay"))

    def scaled(self, lr_mult: float, wd_mult: float) -> Self:
        """Return an optimizer with other options; see `AbstractOptimizer.scaled`.

        The options ``lr``, ``lr_scheduler`` and ``weight_decay`` are the ones that are scaled.
        Raises ArgumentError for an optimizer that has neither of the first two.
        """
        changed = {"weight_decay": self.weight_decay * wd_mult}
        if lr_mult != 1:
            changed |= self._scaled_rate(lr_mult)
        made = copy(self)
        made.opts = replace(self.opts, **changed)
        made._prepare()
        return made

    def scheduled(self, schedule: AbstractLearningRateScheduler) -> Self:
        """Return an optimizer with another schedule; see `AbstractOptimizer.scheduled`."""
        if not hasattr(self.opts, "lr_scheduler"):
            return super().scheduled(schedule)
        made = copy(self)
        made.opts = replace(self.opts, lr_scheduler=schedule)  # type: ignore[call-arg]
        made._prepare()
        return made

    def _scaled_rate(self, factor: float) -> dict[str, Any]:
        """Return the options that say how fast weights learn, times a factor."""
        rate = getattr(self.opts, "lr", None)
        schedule = getattr(self.opts, "lr_scheduler", None)
        if rate is None and schedule is None:
            raise ArgumentError(
                f"{type(self).__name__} has no option lr, whose value could be multiplied by "
                f"{factor:g}; define its scaled(lr_mult, wd_mult), or take lr_mult away"
            )
        scaled = {} if rate is None else {"lr": rate * factor}
        if schedule is None:
            return scaled
        return {**scaled, "lr_scheduler": ScaledRate(as_schedule(schedule, rate or 1), factor)}
