"""Shapes, bounds and contexts as users write them, checked once."""

import builtins
from collections.abc import Iterable
from math import prod
from operator import index
from typing import Any

from ..core.context import Context, cpu
from ..core.errors import ArgumentError, ShapeError
from ..operators.contract import Shape

__all__ = ["bounds", "located", "new_shape", "read_shape", "row_number", "whole_bound"]

_default_context = cpu()


def located(context: Context | None) -> Context:
    """Return the context that was asked for, default ``cpu()``."""
    if context is None:
        return _default_context
    return Context.of(context)


def _dimensions(arguments: tuple[Any, ...]) -> tuple[Shape, tuple[Any, ...]]:
    """Return the whole numbers of ``((d1, d2, …),)`` or ``(d1, d2, …)``, and what was found."""
    # The plain types come first, for an abstract class is slow to ask.
    several = len(arguments) == 1 and not isinstance(arguments[0], int)
    found = arguments
    try:
        if several and isinstance(arguments[0], (tuple, Iterable)):
            found = tuple(arguments[0])
        return tuple(map(index, found)), found
    except TypeError:
        return (), found


def read_shape(arguments: tuple[Any, ...]) -> Shape:
    """Read a shape given as one tuple or as several numbers."""
    shape, found = _dimensions(arguments)
    if not shape or min(shape) < 0:
        raise ShapeError(f"a shape is one or more whole numbers from 0, got {found}")
    return shape


def new_shape(arguments: tuple[Any, ...], old: Shape) -> Shape:
    """Read the shape for the elements of an array, in which one -1 stands for what is left."""
    shape, found = _dimensions(arguments)
    if not shape or min(shape) < -1 or shape.count(-1) > 1:
        raise ShapeError(
            f"cannot reshape {old} into {found}: a shape is one or more whole numbers from 0, "
            "with at most one -1 for what is left"
        )
    size, given = prod(old), abs(prod(shape))
    fits = given and size % given == 0 if -1 in shape else given == size
    if not fits:
        raise ShapeError(f"cannot reshape {old} into {found}: there are {size} elements")
    if -1 not in shape:
        return shape
    return tuple(size // given if length == -1 else length for length in shape)


def bounds(key: builtins.slice, rows: int) -> tuple[int, int]:
    """Return start and stop of ``[start:stop]`` for an array of so many rows."""
    if key.step not in (None, 1):
        raise _no_key(key)
    start = 0 if key.start is None else whole_bound(key.start)
    return start, rows if key.stop is None else whole_bound(key.stop)


def whole_bound(bound: Any) -> int:
    """Return one bound of a slice, once it is known to be a whole number."""
    try:
        return index(bound)
    except TypeError:
        raise ArgumentError(f"a slice's bounds must be whole numbers, got {bound!r}") from None


def row_number(key: Any, rows: int) -> int:
    """Return the number of one row of so many, counted from the end where it is negative."""
    try:
        row = index(key)
    except TypeError:
        raise _no_key(key) from None
    if isinstance(key, bool):
        raise _no_key(key)
    if not -rows <= row < rows:
        raise ShapeError(f"no row {row}: the array has {rows}")
    return row % rows


def _no_key(key: object) -> ArgumentError:
    return ArgumentError(
        f"an NDArray takes arr[i], arr[:] and arr[start:stop], not {key!r}; "
        "arr.asnumpy() has NumPy's indexing"
    )
