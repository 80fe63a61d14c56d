"""Parameters as fields of frozen dataclasses, each with the check of its values."""

from dataclasses import MISSING, dataclass, field, fields
from functools import partial
from inspect import Parameter
from math import isfinite
from numbers import Real
from typing import Any

from ...core.errors import ParameterError
from ...core.parameters import Check
from .._checks import flag, whole_number

__all__ = [
    "OWNER",
    "ImageParameters",
    "checked",
    "choice",
    "image_shape",
    "real",
    "switch",
    "whole",
    "wholes",
]

OWNER = "ImageRecordIter"
"""Who complains about a parameter."""


@dataclass(frozen=True, kw_only=True)
class ImageParameters:
    """A group of parameters that belong together; its fields are made by the functions below.

    Values are checked when the group is made, and kept as plain Python numbers.
    Raises ParameterError for a value out of its range, with the range.

    >>> @dataclass(frozen=True, kw_only=True)
    ... class Border(Parameters):
    ...     pad: int = whole(0, 0)
    >>> Border(pad=3)
    Border(pad=3)
    >>> Border(pad=-1)
    Traceback (most recent call last):
    symnet.core.errors.ParameterError: ImageRecordIter: pad must be a whole number >= 0, got -1
    """

    def __post_init__(self) -> None:
        for each in fields(self):
            value = each.metadata["check"](OWNER, each.name, getattr(self, each.name))
            object.__setattr__(self, each.name, value)

    @classmethod
    def keywords(cls) -> list[Parameter]:
        """Return the fields as keywords of a function's signature."""
        return [
            Parameter(
                each.name,
                Parameter.KEYWORD_ONLY,
                default=Parameter.empty if each.default is MISSING else each.default,
                annotation=each.type,
            )
            for each in fields(cls)
        ]


def checked(check: Check) -> dict[str, Check]:
    """Return what a field needs for its metadata, so that its values are checked."""
    return {"check": check}


def whole(default: int, least: int, most: int | None = None) -> Any:
    """Return a field that holds a whole number within bounds, which belong to the range."""
    check = partial(whole_number, least=least, most=most)
    return field(default=default, metadata=checked(check))


def real(default: float, least: float | None = None) -> Any:
    """Return a field that holds a number, from ``least`` on where that is given."""
    return field(default=default, metadata=checked(partial(_real_number, least=least)))


def switch(default: bool) -> Any:
    """Return a field that holds True or False."""
    return field(default=default, metadata=checked(flag))


def choice(default: int, options: tuple[int, ...]) -> Any:
    """Return a field that holds one of some numbers."""
    return field(default=default, metadata=checked(partial(_one_of, options=options)))


def wholes(default: tuple[int, ...]) -> Any:
    """Return a field that holds whole numbers, any count of them."""
    return field(default=default, metadata=checked(_whole_numbers))


def image_shape(owner: str, name: str, value: Any) -> tuple[int, int, int]:
    """Return (channels, height, width) as ints; ParameterError for what is no shape of an image."""
    try:
        channels, height, width = (whole_number(owner, name, each, 1) for each in value)
    except (TypeError, ValueError):
        channels = 0
    if channels not in {1, 3, 4}:
        raise ParameterError(
            f"{owner}: {name} must be (channels, height, width), with 1, 3 or 4 channels, "
            f"got {value!r}"
        )
    return channels, height, width


def _real_number(owner: str, name: str, value: object, least: float | None) -> float:
    if isinstance(value, Real) and not isinstance(value, bool):
        found = float(value)
        if isfinite(found) and (least is None or found >= least):
            return found
    bound = "" if least is None else f" >= {least:g}"
    raise ParameterError(f"{owner}: {name} must be a number{bound}, got {value!r}")


def _one_of(owner: str, name: str, value: object, options: tuple[int, ...]) -> int:
    found = whole_number(owner, name, value, min(options), max(options))
    if found not in options:
        known = ", ".join(map(str, options))
        raise ParameterError(f"{owner}: {name} must be one of {known}, got {value!r}")
    return found


def _whole_numbers(owner: str, name: str, value: Any) -> tuple[int, ...]:
    if not isinstance(value, tuple | list):
        raise ParameterError(f"{owner}: {name} must be a list of whole numbers, got {value!r}")
    return tuple(whole_number(owner, name, each, -(2**31)) for each in value)
