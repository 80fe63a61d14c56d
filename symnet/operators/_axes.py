"""Axes and indices as operators are given them: counted from either end, outside, not whole."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ..core.errors import ArgumentError, ShapeError
from ._declarations import Shape
from ._tables import without_numbers

__all__ = [
    "Window",
    "axis_of",
    "exchanged",
    "require_within",
    "rows_of",
    "whole",
    "window_of",
    "within",
    "without",
]


def axis_of(axis: int, ndim: int, who: str = "axis") -> int:
    """Return an axis counted from 0, given one that may count from the end.

    Raises ShapeError where there is no such axis.

    >>> axis_of(-1, 3)
    2
    """
    if not -ndim <= axis < ndim:
        raise ShapeError(f"{who}={axis} is no axis of an array with {ndim} axes")
    return axis % ndim


def without(shape: Shape, axis: int) -> Shape:
    """Return a shape less one of its axes."""
    return shape[:axis] + shape[axis + 1 :]


def exchanged(shape: Shape, axis: int, *lengths: int) -> Shape:
    """Return a shape with other lengths in the place of one axis."""
    return (*shape[:axis], *lengths, *shape[axis + 1 :])


# -- indices ---------------------------------------------------------------------------------------


def whole(index: Tensor) -> Tensor:
    """Return indices cut to whole numbers, in memory that a recorded rule keeps."""
    return torch.empty(index.shape, dtype=torch.long, device=index.device).copy_(index)


def within(index: Tensor, length: int, mode: str) -> Tensor:
    """Return indices as whole numbers from 0 to below a length.

    Args:
        index: indices of any type.
        length: how many there are to choose from.
        mode: what one outside means: ``clip`` the nearest, ``wrap`` counted around, ``raise`` an
            ArgumentError.
    """
    places = whole(index)
    if mode == "raise":
        if without_numbers():
            return places  # torch's own look-ups raise an error of theirs
        require_within(places, 0, length)
    return places.remainder_(length) if mode == "wrap" else places.clamp_(0, length - 1)


def require_within(places: Tensor, least: int, length: int) -> None:
    """Raise ArgumentError where an index lies below the least, or not below the length."""
    low, high = torch.aminmax(places)
    _require_between(int(low), int(high), least, length)


def _require_between(low: int, high: int, least: int, length: int) -> None:
    if low < least or high >= length:
        wrong = low if low < least else high
        raise ArgumentError(
            f"index {wrong} is outside of an axis of length {length}: indices may be "
            f"{least} to {length - 1}"
        )


def rows_of(indices: Tensor, shape: Shape) -> Tensor:
    """Return the place of each entry of a flattened array that a column of indices names.

    Args:
        indices: of shape (axes, …), an index for each of the first axes; below 0 from the end.
        shape: the lengths of these axes.

    Raises ArgumentError for an index outside of its axis.
    """
    places = whole(indices).view(len(shape), -1)
    lows, highs = (each.tolist() for each in torch.aminmax(places, dim=1))
    rows = places[0]
    for axis, (length, low, high) in enumerate(zip(shape, lows, highs, strict=True)):
        _require_between(low, high, -length, length)
        along = places[axis].remainder_(length) if low < 0 else places[axis]
        rows = along if axis == 0 else rows.mul_(length).add_(along)
    return rows


# -- windows ---------------------------------------------------------------------------------------


class Window(NamedTuple):
    """A part of an array, as begin, end and step along each axis cut it out.

    Args:
        parts: for each axis begin, end and a step above 0.
        flipped: the axes along which it is read from the end.
        shape: its lengths.
    """

    parts: tuple[slice, ...]
    flipped: tuple[int, ...]
    shape: Shape

    def of(self, data: Tensor) -> Tensor:
        """Return the part of an array, where nothing is flipped as a view."""
        part = data[tuple(slice(None) if _is_symbolic(each) else each for each in self.parts)]
        for axis, each in enumerate(self.parts):
            if _is_symbolic(each):
                # By places: torch's slices would be right for lengths like this one alone.
                places = torch.arange(each.start, each.stop, each.step, device=data.device)
                part = part.index_select(axis, places)
        return part.flip(self.flipped) if self.flipped else part

    def fill(self, target: Tensor, values: Tensor) -> Tensor:
        """Write values into the part of an array, and return the array."""
        target[self.parts].copy_(values.flip(self.flipped) if self.flipped else values)
        return target


def window_of(
    shape: Shape,
    begin: Sequence[int | None],
    end: Sequence[int | None],
    step: Sequence[int | None] = (),
) -> Window:
    """Return the window that NumPy's ``begin:end:step`` along the first axes means.

    Raises ShapeError where there are more of them than axes, or nothing is left.
    """
    if len(begin) > len(shape):
        raise ShapeError(f"begin={tuple(begin)} has more entries than data of shape {shape} axes")
    steps = step or [None] * len(begin)
    cuts = [slice(*each) for each in zip(begin, end, steps, strict=True)]
    cuts += [slice(None)] * (len(shape) - len(begin))
    found = [_cut(cut, length) for cut, length in zip(cuts, shape, strict=True)]
    if any(length == 0 for _, _, length in found):
        raise ShapeError(f"nothing is left of data of shape {shape}")
    flipped = tuple(axis for axis, (_, is_flipped, _) in enumerate(found) if is_flipped)
    return Window(tuple(each[0] for each in found), flipped, tuple(each[2] for each in found))


def _cut(cut: slice, length: int) -> tuple[slice, bool, int]:
    """Return the indices that are read of an axis, rising, whether to turn them, and how many."""
    if cut.start in (None, 0) and cut.stop is None and cut.step in (None, 1):
        # While torch traces, a length may be a symbol, which `range` would make a number of.
        return slice(None), False, length
    if type(length) is not int:
        return _symbolic_cut(cut, length)
    places = range(*cut.indices(length))
    rising = places[::-1] if places.step < 0 else places
    part = slice(rising[0], rising[-1] + 1, rising.step) if places else slice(0, 0)
    return part, places.step < 0, len(places)


def _symbolic_cut(cut: slice, length: Any) -> tuple[slice, bool, Any]:
    """Return the same for a length that is a symbol: `slice.indices` without its branches."""
    step = 1 if cut.step is None else cut.step
    low, high = (0, length) if step > 0 else (-1, length - 1)

    def bound(given: int | None, default: Any) -> Any:
        if given is None:
            return default
        # The other side is not asked about, or torch would not see that it cannot be.
        if given < 0:
            return _greater(low, given + length)
        return _lesser(given, high)

    first, last = (low, high) if step > 0 else (high, low)
    start, stop = bound(cut.start, first), bound(cut.stop, last)
    if step in (1, -1):
        count = (stop - start) * step
    else:
        count = (stop - start + step - (1 if step > 0 else -1)) // step
    rising = start if step > 0 else start + (count - 1) * step
    return slice(rising, rising + count * abs(step), abs(step)), step < 0, count


_greater: Any = torch.sym_max
_lesser: Any = torch.sym_min


def _is_symbolic(part: slice) -> bool:
    return any(type(each) not in (int, type(None)) for each in (part.start, part.stop))
