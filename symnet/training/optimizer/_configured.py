"""Optimizers whose options are declared as fields: the constructor comes from them."""

from copy import copy
from dataclasses import Field, replace
from inspect import Signature, get_annotations
from operator import attrgetter
from typing import Any, ClassVar, Self, dataclass_transform

from ...core.errors import ArgumentError
from ...core.parameters import param, signature_of
from .base import AbstractOptimizer, AbstractOptimizerOptions
from .schedules import ScaledRate

__all__ = ["ConfiguredOptimizer"]


@dataclass_transform(kw_only_default=True, field_specifiers=(param,))
class ConfiguredOptimizer(AbstractOptimizer):
    """Base of optimizers with declared options: a field of the class, made by `param`, is one.

    Constructor, signature, checks, messages and the list of options in the class's help come from
    the fields. An option is read as an attribute of the optimizer, or of its `opts`. An option of a
    base is given another default by ``lr: float = 0.1``.

    Raises ParameterError for an unknown option or a value outside its range.

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
    """The record of the class's options, made from its fields and those of its bases."""

    __signature__: ClassVar[Signature]

    opts: AbstractOptimizerOptions
    """The options that were given, checked and frozen."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        bases = [base for base in cls.__bases__ if issubclass(base, ConfiguredOptimizer)]
        known = {name for base in bases for name in base.options.params}
        annotated = get_annotations(cls)
        own = {
            name: value
            for name, value in vars(cls).items()
            if name in annotated and (isinstance(value, Field) or name in known)
        }
        members = {
            "__annotations__": {name: annotated[name] for name in own},
            "__module__": cls.__module__,
            "__qualname__": f"{cls.__qualname__}.options",  # so that pickle finds it
            "__doc__": f"Options of `{cls.__name__}`; see there.",
            "owner": cls.__name__,
        }
        cls.options = type("options", tuple(base.options for base in bases), {**members, **own})
        for name in own:
            setattr(cls, name, property(attrgetter(f"opts.{name}")))
        cls.__signature__ = signature_of(cls.options)  # what help and editors show
        cls.__doc__ = f"{cls.__doc__ or ''}\n\nArgs:\n{cls.options.help()}"

    def __init__(self, **options: Any) -> None:
        self.opts = self.options.make(options)
        self._prepare()

    def _prepare(self) -> None:
        """Make what follows from the options; default: nothing does."""

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
        return {**scaled, "lr_scheduler": ScaledRate(schedule, factor)}

    @property
    def grad_clip(self) -> float:
        """Bound of each element of the mean gradient; 0 means no bound."""
        return self.opts.grad_clip

    @property
    def weight_decay(self) -> float:
        """Factor of the weight that is added to its gradient."""
        return self.opts.weight_decay
