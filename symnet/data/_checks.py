"""Checks of the parameters that providers share."""

from collections.abc import Iterable, Mapping
from numbers import Integral
from typing import Any

import numpy as np

from ..core.errors import DataError, ParameterError, suggest

__all__ = ["flag", "known_position", "no_unknown", "whole_number"]


def whole_number(owner: str, name: str, value: object, least: int, most: int | None = None) -> int:
    """Return a parameter as an int; ParameterError unless it is a whole number within bounds.

    >>> whole_number("MNISTIter", "batch_size", 0, least=1)
    Traceback (most recent call last):
    symnet.core.errors.ParameterError: MNISTIter: batch_size must be a whole number >= 1, got 0
    """
    if isinstance(value, Integral) and not isinstance(value, bool):
        number = int(value)
        if number >= least and (most is None or number <= most):
            return number
    bounds = f">= {least}" if most is None else f"from {least} to {most}"
    raise ParameterError(f"{owner}: {name} must be a whole number {bounds}, got {value!r}")


def flag(owner: str, name: str, value: object) -> bool:
    """Return a parameter as a bool; ParameterError for anything but True and False."""
    if not isinstance(value, bool | np.bool_):
        raise ParameterError(f"{owner}: {name} must be True or False, got {value!r}")
    return bool(value)


def no_unknown(owner: str, unknown: Iterable[str], known: Iterable[str]) -> None:
    """Raise ParameterError for the first parameter that nobody knows, with the nearest known."""
    known = list(known)
    for name in unknown:
        raise ParameterError(
            f"{owner}: unknown parameter {name!r}{suggest(name, known)} "
            f"(there are: {', '.join(known)})"
        )


def known_position(owner: str, position: Mapping[str, Any], known: Iterable[str]) -> None:
    """Raise DataError where the position of a provider holds what this one has no use for."""
    if position.keys() - set(known):
        raise DataError(f"{owner}: this is no position of such a provider: {dict(position)!r}")
