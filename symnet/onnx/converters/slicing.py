"""Parts: cut out, put together, replaced, padded."""

import builtins
from collections.abc import Sequence

import torch

from ...operators.definitions.crop import Crop
from ...operators.definitions.join import Concat, SliceChannel, _split_v2, stack
from ...operators.definitions.pad import Pad
from ...operators.definitions.slicing import (
    _slice_assign,
    _slice_assign_scalar,
    slice,
    slice_axis,
    slice_like,
)
from .._lengths import Length
from ..emitter import Emitter
from ..registry import Refused, converter
from ..terms import Term

__all__: list[str] = []

_FAR = torch.iinfo(torch.int64).max

_Open = Sequence[int | None]


@converter(Concat)
def concat(op: Concat, to: Emitter, args: list[Term]) -> Term:
    """Concat."""
    return to("Concat", *args, axis=op.dim % args[0].rank)


@converter(stack)
def stacked(op: stack, to: Emitter, args: list[Term]) -> Term:
    """Concat along an axis put in."""
    axis = op.axis % (args[0].rank + 1)
    return to("Concat", *(each.with_axes(axis) for each in args), axis=axis)


@converter(SliceChannel)
def slice_channel(op: SliceChannel, to: Emitter, data: Term) -> tuple[Term, ...]:
    """Split into equal parts."""
    axis = op.axis % data.rank
    if op.num_outputs == 1:
        return (data.without_axes(axis) if op.squeeze_axis else data,)
    sizes = None
    if isinstance(data.lengths[axis], int):
        sizes = to.whole(*[data.length(axis) // op.num_outputs] * op.num_outputs)
    count = None if sizes is not None else op.num_outputs
    parts = to.several("Split", op.num_outputs, data, sizes, axis=axis, num_outputs=count)
    return tuple(part.without_axes(axis) if op.squeeze_axis else part for part in parts)


@converter(_split_v2)
def split(op: _split_v2, to: Emitter, data: Term) -> tuple[Term, ...]:
    """Split into the parts that shape inference has found."""
    axis = op.axis % data.rank
    whole = data.length(axis)
    if op.sections:
        length, longer = divmod(whole, op.sections)
        sizes = [length + (number < longer) for number in range(op.sections)]
    else:
        ends = [*op.indices[1:], whole]
        sizes = [end - begin for begin, end in zip(op.indices, ends, strict=True)]
    if len(sizes) == 1:
        parts: tuple[Term, ...] = (data,)
    else:
        parts = to.several("Split", len(sizes), data, to.whole(*sizes), axis=axis)
    return tuple(part.without_axes(axis) if op.squeeze_axis else part for part in parts)


# -- windows ---------------------------------------------------------------------------------------


def _bounds(begin: _Open, end: _Open, step: _Open) -> list[tuple[int, int, int, int]]:
    """Return begin, end, axis and step of each axis that is cut, as ONNX's Slice takes them."""
    steps = [each or 1 for each in step or (1,) * len(begin)]
    found = []
    for axis, (first, last, by) in enumerate(zip(begin, end, steps, strict=True)):
        if (first, last, by) == (None, None, 1):
            continue
        start = (0 if by > 0 else _FAR) if first is None else first
        stop = (_FAR if by > 0 else -_FAR) if last is None else last
        found.append((start, stop, axis, by))
    return found


@converter(slice)
def sliced(op: slice, to: Emitter, data: Term) -> Term:
    """Slice."""
    bounds = _bounds(op.begin, op.end, op.step)
    if not bounds:
        return data
    return to("Slice", data, *(to.whole(*each) for each in zip(*bounds, strict=True)))


@converter(slice_axis)
def sliced_along(op: slice_axis, to: Emitter, data: Term) -> Term:
    """Slice along one axis."""
    return data.part(op.axis % data.rank, op.begin, _FAR if op.end is None else op.end)


@converter(slice_like)
def sliced_like(op: slice_like, to: Emitter, data: Term) -> Term:
    """Slice to the lengths that shape inference has found."""
    changed = [axis for axis in range(data.rank) if data.lengths[axis] != to.result[axis]]
    if not changed:
        return data
    ends = to.shape(tuple(to.result[axis] for axis in changed))
    return to("Slice", data, to.whole(*[0] * len(changed)), ends, to.whole(*changed))


@converter(_slice_assign)
def slice_assigned(op: _slice_assign, to: Emitter, lhs: Term, rhs: Term) -> Term:
    """ScatterND to the places of the window."""
    places = _places(op, lhs)
    return to("ScatterND", lhs, to.constant(places), rhs)


@converter(_slice_assign_scalar)
def slice_filled(op: _slice_assign_scalar, to: Emitter, data: Term) -> Term:
    """ScatterND of one number."""
    places = _places(op, data)
    number = op.scalar if data.dtype.is_floating_point else int(op.scalar)
    filled = torch.full(places.shape[:-1], number, dtype=data.dtype)
    return to("ScatterND", data, to.constant(places), to.constant(filled))


def _places(op: _slice_assign | _slice_assign_scalar, data: Term) -> torch.Tensor:
    """Return the indices of all elements of a window, on a last axis."""
    shape = tuple(data.length(axis) for axis in range(data.rank))
    lines = [torch.arange(length) for length in shape]
    for first, last, axis, by in _bounds(op.begin, op.end, op.step):
        lines[axis] = torch.tensor(_python(first, last, by, shape[axis]))
    return torch.stack(torch.meshgrid(*lines, indexing="ij"), -1)


def _python(first: int, last: int, by: int, length: int) -> range:
    """Return the indices that a slice of Python names."""
    start = None if abs(first) == _FAR else first
    stop = None if abs(last) == _FAR else last
    return range(length)[builtins.slice(start, stop, by)]


@converter(Crop)
def crop(op: Crop, to: Emitter, args: list[Term]) -> Term:
    """Slice of the window; its size is known, whoever it comes from."""
    size = []
    for length in to.result[2:]:
        if isinstance(length, Length):
            raise Refused("the size of its window follows the batch")
        size.append(length)
    data = args[0]
    if op.center_crop:
        start = [max(0, (data.length(axis) - n) // 2) for axis, n in zip((2, 3), size, strict=True)]
    else:
        start = list(op.offset or (0, 0))
    ends = [begin + n for begin, n in zip(start, size, strict=True)]
    return to("Slice", data, to.whole(*start), to.whole(*ends), to.whole(2, 3))


@converter(Pad)
def pad(op: Pad, to: Emitter, data: Term) -> Term:
    """Pad."""
    pads = to.whole(*op.pad_width[::2], *op.pad_width[1::2])
    if op.mode == "constant":
        return to("Pad", data, pads, to.constant(op.constant_value, data.dtype), mode="constant")
    return to("Pad", data, pads, mode=op.mode)
