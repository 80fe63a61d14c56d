"""Checks of the parameters that providers share."""

import os

from ..core.codec import kind_of
from ..core.errors import ParameterError
from ..core.parameters import Param, read_value
from ..core.paths import FilePath

__all__ = ["file_path", "flag", "real_number", "whole_number"]

_BOOL, _INT, _FLOAT = kind_of(bool), kind_of(int), kind_of(float)


def file_path(owner: str, name: str, value: object) -> FilePath:
    """Return a path as it was given; ParameterError for anything else."""
    if isinstance(value, str | os.PathLike):
        return value
    raise ParameterError(f"{owner}: {name} must be a path, got {value!r}")


def whole_number(owner: str, name: str, value: object, least: int, most: int | None = None) -> int:
    """Return a parameter as an int; ParameterError unless it is a whole number within bounds.

    >>> whole_number("MNISTIter", "batch_size", 0, least=1)
    Traceback (most recent call last):
    symnet.core.errors.ParameterError: MNISTIter: batch_size must be >= 1, got 0
    """
    number: int = read_value(owner, name, value, _INT, Param(min=least, max=most))
    return number


def real_number(owner: str, name: str, value: object) -> float:
    """Return a parameter as a float; ParameterError for what is no number."""
    number: float = read_value(owner, name, value, _FLOAT, Param())
    return number


def flag(owner: str, name: str, value: object) -> bool:
    """Return a parameter as a bool; ParameterError for anything but True and False, or 1 and 0."""
    found: bool = read_value(owner, name, value, _BOOL, Param())
    return found
