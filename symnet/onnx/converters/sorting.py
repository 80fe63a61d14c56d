"""Sorting, by TopK: of equal numbers the first comes first, there as here."""

import torch

from ...operators.definitions.sorting import argsort, sort, topk
from .._lengths import Length
from ..emitter import Emitter
from ..registry import Refused, converter
from ..terms import Term

__all__: list[str] = []


def _ranked(
    to: Emitter, data: Term, axis: int | None, count: int | None, *, ascending: bool
) -> tuple[Term, Term]:
    """Return numbers in order and where they stood; of the flattened array without an axis."""
    along = -1 if axis is None else axis
    if axis is None:
        data = data.reshaped((_elements(data),))
    length = data.length(along) if count is None else count
    values, places = to.several(
        "TopK",
        2,
        data,
        to.whole(length),
        axis=along,
        largest=int(not ascending),
        dtypes=(None, torch.int64),
    )
    return values, places


def _elements(data: Term) -> int:
    found = 1
    for length in data.lengths:
        if isinstance(length, Length):
            raise Refused("it sorts the whole batch as one; export with batch_axis=None")
        found *= length
    return found


@converter(sort)
def sorted_along(op: sort, to: Emitter, data: Term) -> Term:
    """TopK of all."""
    return _ranked(to, data, op.axis, None, ascending=op.is_ascend)[0]


@converter(argsort)
def places_along(op: argsort, to: Emitter, data: Term) -> Term:
    """TopK of all."""
    return _ranked(to, data, op.axis, None, ascending=op.is_ascend)[1]


@converter(topk)
def top(op: topk, to: Emitter, data: Term) -> tuple[Term, ...]:
    """TopK; a mask is made of ones at the places."""
    values, places = _ranked(to, data, op.axis, op.k or None, ascending=op.is_ascend)
    if op.ret_typ == "mask":
        return (_mask(op, to, data, places),)
    table = {"value": (values,), "indices": (places,), "both": (values, places)}
    return table[op.ret_typ]


def _mask(op: topk, to: Emitter, data: Term, places: Term) -> Term:
    flat = data if op.axis is not None else data.reshaped((_elements(data),))
    ones = to("Expand", to.constant([1], data.dtype), to("Shape", places))
    zeros = to("Expand", to.constant([0], data.dtype), to.shape(flat.lengths))
    axis = -1 if op.axis is None else op.axis
    return to("ScatterElements", zeros, places, ones, axis=axis).reshaped(to.result)
