"""Shapes and orders of axes."""

from collections.abc import Sequence

import torch

from ...operators.definitions.axes import expand_dims, reshape_like, squeeze, transpose
from ...operators.definitions.rearrange import (
    depth_to_space,
    diag,
    repeat,
    reverse,
    space_to_depth,
    tile,
)
from ...operators.definitions.repeating import broadcast_axis, broadcast_like, broadcast_to
from ...operators.definitions.reshape import Flatten, Reshape, SwapAxis
from .._lengths import Length
from ..emitter import Emitter
from ..registry import Refused, converter
from ..terms import Term

__all__: list[str] = []

_ALL = torch.iinfo(torch.int64)


@converter(Flatten, Reshape, expand_dims, squeeze)
def reshaped(op: object, to: Emitter, data: Term) -> Term:
    """Reshape to what shape inference has found, codes and all."""
    return data.reshaped(to.result)


@converter(reshape_like)
def shaped_like(op: reshape_like, to: Emitter, lhs: Term) -> Term:
    """Reshape: the other input's shape is known."""
    return lhs.reshaped(to.result)


@converter(SwapAxis)
def swapped(op: SwapAxis, to: Emitter, data: Term) -> Term:
    """Transpose."""
    order = list(range(data.rank))
    order[op.dim1], order[op.dim2] = order[op.dim2], order[op.dim1]
    return data.transposed(*order)


@converter(transpose)
def transposed(op: transpose, to: Emitter, data: Term) -> Term:
    """Transpose."""
    axes: Sequence[int] = op.axes or range(data.rank)[::-1]
    return data.transposed(*(axis % data.rank for axis in axes))


@converter(broadcast_to, broadcast_axis)
def broadcast(op: object, to: Emitter, data: Term) -> Term:
    """Expand to what shape inference has found."""
    return to("Expand", data, to.shape(to.result))


@converter(broadcast_like)
def broadcast_as(op: broadcast_like, to: Emitter, lhs: Term) -> Term:
    """Expand to what shape inference has found."""
    return to("Expand", lhs, to.shape(to.result))


@converter(tile)
def tiled(op: tile, to: Emitter, data: Term) -> Term:
    """Tile, with as many axes as copies are asked along."""
    missing = len(op.reps) - data.rank
    if missing > 0:
        data = data.with_axes(*range(missing))
    return to("Tile", data, to.whole(*(1,) * -min(missing, 0), *op.reps))


@converter(repeat)
def repeated(op: repeat, to: Emitter, data: Term) -> Term:
    """Tile along an axis put in behind the one that is repeated."""
    if op.axis is None:
        data = to.shaped(to("Reshape", data, to.whole(-1)), (Length(""),))
    axis = (op.axis or 0) % data.rank
    copies = [1] * (data.rank + 1)
    copies[axis + 1] = op.repeats
    spread = to("Tile", data.with_axes(axis + 1), to.whole(*copies))
    return spread.reshaped(to.result)


@converter(reverse)
def reversed_along(op: reverse, to: Emitter, data: Term) -> Term:
    """Slice with steps of -1."""
    named = [axis % data.rank for axis in op.axis]
    axes = sorted({axis for axis in named if named.count(axis) % 2})
    if not axes:
        return data
    ones = [-1] * len(axes)
    begin, end = to.whole(*ones), to.whole(*[_ALL.min] * len(axes))
    return to("Slice", data, begin, end, to.whole(*axes), to.whole(*ones))


@converter(depth_to_space)
def to_space(op: depth_to_space, to: Emitter, data: Term) -> Term:
    """DepthToSpace."""
    return to("DepthToSpace", data, blocksize=op.block_size, mode="DCR")


@converter(space_to_depth)
def to_depth(op: space_to_depth, to: Emitter, data: Term) -> Term:
    """SpaceToDepth."""
    return to("SpaceToDepth", data, blocksize=op.block_size)


@converter(diag)
def diagonal(op: diag, to: Emitter, data: Term) -> Term:
    """A matrix of a vector, or the elements of a diagonal, which are looked up."""
    if data.rank == 1:
        length = data.length(0)
        size = length + abs(op.k)
        rows = torch.arange(length) + max(-op.k, 0)
        columns = torch.arange(length) + max(op.k, 0)
        places = to.constant(torch.stack([rows, columns], 1))
        zeros = to.constant(torch.zeros(size, size, dtype=data.dtype))
        return to("ScatterND", zeros, places, data)
    axes = [op.axis1 % data.rank, op.axis2 % data.rank]
    order = [*axes, *(axis for axis in range(data.rank) if axis not in axes)]
    last = to.result[-1]
    if isinstance(last, Length):
        raise Refused("the length of the diagonal follows the batch")
    rows = torch.arange(last) + max(-op.k, 0)
    columns = torch.arange(last) + max(op.k, 0)
    found = to("GatherND", data.transposed(*order), to.constant(torch.stack([rows, columns], 1)))
    return to.shaped(found, (to.result[-1], *to.result[:-1])).moved(0, -1)
