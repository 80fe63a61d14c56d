"""Elements looked up, chosen, marked and placed by indices."""

import torch

from ...operators.definitions.indexing import (
    _onehot_encode,
    batch_take,
    choose_element_0index,
    fill_element_0index,
    one_hot,
    pick,
    take,
)
from ...operators.definitions.indexing_nd import (
    _ravel_multi_index,
    _scatter_set_nd,
    _unravel_index,
    gather_nd,
    scatter_nd,
)
from ...operators.definitions.where import where
from ..emitter import Emitter
from ..registry import converter
from ..terms import Term
from ._indices import whole, within

__all__: list[str] = []


@converter(take)
def taken(op: take, to: Emitter, a: Term, indices: Term) -> Term:
    """Gather."""
    axis = op.axis % a.rank
    return to("Gather", a, within(to, indices, a.length(axis), op.mode), axis=axis)


@converter(batch_take)
def taken_by_row(op: batch_take, to: Emitter, a: Term, indices: Term) -> Term:
    """GatherElements of a column of indices."""
    columns = to("Reshape", within(to, indices, a.length(1)), to.whole(-1, 1))
    return to("GatherElements", a, columns, axis=1).reshaped(to.result)


@converter(pick)
def picked(op: pick, to: Emitter, data: Term, index: Term) -> Term:
    """GatherElements, the index with an axis of length 1."""
    axis = (-1 if op.axis is None else op.axis) % data.rank
    places = within(to, index, data.length(axis), op.mode)
    if index.rank < data.rank:
        places = places.with_axes(axis)
    found = to("GatherElements", data, places, axis=axis)
    return found if op.keepdims or data.rank == 1 else found.without_axes(axis)


@converter(choose_element_0index)
def chosen(op: choose_element_0index, to: Emitter, lhs: Term, rhs: Term) -> Term:
    """GatherElements of a column of indices."""
    columns = within(to, rhs, lhs.length(1)).with_axes(1)
    return to("GatherElements", lhs, columns, axis=1).without_axes(1)


@converter(fill_element_0index)
def replaced(op: fill_element_0index, to: Emitter, lhs: Term, mhs: Term, rhs: Term) -> Term:
    """ScatterElements of a column of indices."""
    columns = within(to, rhs, lhs.length(1)).with_axes(1)
    return to("ScatterElements", lhs, columns, mhs.with_axes(1), axis=1)


@converter(where)
def selected(op: where, to: Emitter, condition: Term, x: Term, y: Term) -> Term:
    """Where; a vector holds one condition for each row."""
    is_one_for_each_row = condition.rank == 1 and x.rank > 1
    holds = condition.cast(torch.bool)
    if is_one_for_each_row:
        holds = holds.with_axes(*range(1, x.rank))
    return to.where(holds, x, y)


def _marks(to: Emitter, indices: Term, depth: int) -> Term:
    """Return where each index stands in a row, as bools: nowhere, if it lies outside."""
    places = whole(indices)
    return to("Equal", places.with_axes(indices.rank), to.arange(depth))


@converter(one_hot)
def marked(op: one_hot, to: Emitter, indices: Term) -> Term:
    """A comparison; OneHot counts indices below 0 from the end, and we do not."""
    kinds = [torch.tensor(value, dtype=torch.float64) for value in (op.on_value, op.off_value)]
    if not to.dtype.is_floating_point:  # small whole numbers wrap around, as in C
        kinds = [kind.long() for kind in kinds]
    on, off = (to.constant(kind.to(to.dtype)) for kind in kinds)
    return to("Where", _marks(to, indices, op.depth), on, off)


@converter(_onehot_encode)
def encoded(op: _onehot_encode, to: Emitter, lhs: Term, rhs: Term) -> Term:
    """A comparison."""
    return _marks(to, lhs, rhs.length(1)).cast(rhs.dtype)


# -- several indices -------------------------------------------------------------------------------


def _columns(indices: Term) -> Term:
    """Return indices with those of one place on the last axis, as ONNX has them."""
    return whole(indices).transposed(*range(1, indices.rank), 0)


@converter(gather_nd)
def gathered(op: gather_nd, to: Emitter, data: Term, indices: Term) -> Term:
    """GatherND."""
    return to("GatherND", data, _columns(indices)).reshaped(to.result)


@converter(scatter_nd)
def scattered(op: scatter_nd, to: Emitter, data: Term, indices: Term) -> Term:
    """ScatterND into zeros."""
    zeros = to("Expand", to.constant([0], data.dtype), to.shape(to.result))
    return to("ScatterND", zeros, _columns(indices), _slices(data, indices, to))


@converter(_scatter_set_nd)
def scattered_into(op: _scatter_set_nd, to: Emitter, lhs: Term, rhs: Term, indices: Term) -> Term:
    """ScatterND."""
    return to("ScatterND", lhs, _columns(indices), _slices(rhs, indices, to))


def _slices(data: Term, indices: Term, to: Emitter) -> Term:
    """Return slices with as many axes as ONNX wants: none too many for a single number."""
    wanted = (*indices.lengths[1:], *to.result[indices.length(0) :])
    return data if wanted else to("Reshape", data, to.constant([], torch.int64))


@converter(_ravel_multi_index)
def counted(op: _ravel_multi_index, to: Emitter, data: Term) -> Term:
    """Products and sums."""
    places = whole(data)
    found = places.taken(0, 0)
    for axis, length in enumerate((op.shape or ())[1:], 1):
        found = found * length + places.taken(axis, 0)
    return found


@converter(_unravel_index)
def counted_back(op: _unravel_index, to: Emitter, data: Term) -> Term:
    """Quotients and remainders."""
    left, parts = whole(data), []
    for length in (op.shape or ())[:0:-1]:
        parts.append(to("Mod", left, length, fmod=1))
        left = left / length
    return to("Concat", *(part.with_axes(0) for part in (left, *reversed(parts))), axis=0)
