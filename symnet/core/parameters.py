"""Checked records of options: dataclasses whose field types state what a value may be."""

from collections.abc import Callable, Iterable
from dataclasses import Field, dataclass
from math import isfinite
from numbers import Real
from types import NoneType
from typing import Annotated, Any, ClassVar, Literal, get_args, get_origin, get_type_hints

from .errors import ParameterError, suggest

__all__ = [
    "Fraction",
    "NotNegative",
    "Number",
    "Options",
    "Positive",
    "Range",
    "reject_unknown",
]


@dataclass(frozen=True)
class Range:
    """The numbers that an option may be: words for an error message, and a test.

    >>> Range("> 0", lambda value: value > 0).contains(0.5)
    True
    """

    words: str
    test: Callable[[float], bool]

    def contains(self, value: object) -> bool:
        """Say whether a value is a finite number of the range."""
        return isinstance(value, Real) and isfinite(value) and self.test(float(value))


Number = Annotated[float, Range("a finite number", lambda value: True)]
Positive = Annotated[float, Range("> 0", lambda value: value > 0)]
NotNegative = Annotated[float, Range(">= 0", lambda value: value >= 0)]
Fraction = Annotated[float, Range("> 0 and < 1", lambda value: 0 < value < 1)]


class Options:
    """Base of a dataclass whose fields are checked against their types; numbers become floats.

    The type of a field is a number with a `Range`, a ``Literal`` of choices, or a class, with
    ``| None`` or without. A range is so written once, where the field is.

    Raises ParameterError, which names the record, the field, what it must be and the value.

    >>> @dataclass(frozen=True)
    ... class Step(Options):
    ...     size: Positive
    >>> Step(size=0)
    Traceback (most recent call last):
    symnet.core.errors.ParameterError: Step: size must be > 0, got 0
    """

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    def __post_init__(self) -> None:
        hints = get_type_hints(type(self), include_extras=True)
        for name in self.__dataclass_fields__:
            value, hint = getattr(self, name), hints[name]
            expected = _expectation(hint, value)
            if expected:
                owner = type(self).__qualname__.removesuffix("Options")
                raise ParameterError(f"{owner}: {name} must be {expected}, got {value!r}")
            if get_origin(hint) is Annotated:
                object.__setattr__(self, name, float(value))  # the record may be frozen


def _expectation(hint: Any, value: object) -> str | None:
    """Return what a type wants, where the value is something else."""
    if get_origin(hint) is Annotated:
        allowed: Range = hint.__metadata__[0]
        return None if allowed.contains(value) else allowed.words
    if get_origin(hint) is Literal:
        choices = get_args(hint)
        return None if value in choices else "one of " + ", ".join(map(repr, choices))
    if isinstance(value, hint):
        return None
    kinds = get_args(hint) or (hint,)  # of `A | None`, or of `A`
    return " or ".join("None" if kind is NoneType else f"of type {kind.__name__}" for kind in kinds)


def reject_unknown(owner: str, unknown: Iterable[str], known: Iterable[str]) -> None:
    """Raise ParameterError where there is an unknown option, with the nearest known one.

    >>> reject_unknown("SGD", ["momentun"], ["lr", "momentum"])
    Traceback (most recent call last):
    symnet.core.errors.ParameterError: SGD has no option 'momentun'; did you mean 'momentum'? \
(there are: lr, momentum)
    """
    known = list(known)
    for name in unknown:
        raise ParameterError(
            f"{owner} has no option {name!r}{suggest(name, known)} (there are: {', '.join(known)})"
        )
