"""Sums, means, extremes and their places, along axes."""

import torch

from ...operators.contract import Operator
from ...operators.definitions import reduce
from ...operators.definitions.extreme_places import argmax, argmax_channel, argmin
from ...operators.definitions.moments import _square_sum, cumsum, khatri_rao, moments
from ..emitter import Emitter
from ..registry import converter
from ..terms import Term

__all__: list[str] = []

_REDUCTIONS: dict[type[Operator], str] = {
    reduce.sum: "ReduceSum",
    reduce.mean: "ReduceMean",
    reduce.prod: "ReduceProd",
    reduce.max: "ReduceMax",
    reduce.min: "ReduceMin",
    reduce.nansum: "ReduceSum",
    reduce.nanprod: "ReduceProd",
    _square_sum: "ReduceSumSquare",
}
_OF_NAN = {reduce.nansum: 0.0, reduce.nanprod: 1.0}


@converter(*_REDUCTIONS)
def reduction(op: reduce.Reduction, to: Emitter, data: Term) -> Term:
    """ReduceSum and its kin; NaN becomes what changes nothing where it does not count."""
    if type(op) in _OF_NAN:
        data = to.shaped(to.where(to("IsNaN", data), _OF_NAN[type(op)], data), data.lengths)
    axes = op.axes((1,) * data.rank)
    if not axes:  # along an axis of length 1 that is put in
        return data.with_axes(data.rank).reduced(_REDUCTIONS[type(op)], data.rank, keep=False)
    return _left(to, data.reduced(_REDUCTIONS[type(op)], *axes, keep=op.keepdims), data, axes)


def _left(to: Emitter, found: Term, data: Term, axes: tuple[int, ...]) -> Term:
    """Return what is left with an axis, where ONNX leaves none."""
    return found.reshaped(to.result) if len(axes) == data.rank else found


@converter(reduce.norm)
def norm(op: reduce.norm, to: Emitter, data: Term) -> Term:
    """ReduceL1 or ReduceL2."""
    axes = op.axes((1,) * data.rank)
    floats = data if data.dtype.is_floating_point else data.cast(torch.float64)
    found = floats.reduced(f"ReduceL{op.ord}", *axes, keep=op.keepdims)
    return _left(to, found, data, axes)


@converter(argmax, argmin)
def extreme_place(op: argmax | argmin, to: Emitter, data: Term) -> Term:
    """ArgMax or ArgMin, in the element type of the data."""
    op_type = "ArgMax" if isinstance(op, argmax) else "ArgMin"
    if op.axis is None:
        flat = to("Reshape", data, to.whole(-1))
        return to(op_type, flat, axis=0, keepdims=1).reshaped(to.result)
    found = to(op_type, data, axis=op.axis, keepdims=int(op.keepdims))
    return found.reshaped(to.result) if data.rank == 1 else found


@converter(argmax_channel)
def extreme_channel(op: argmax_channel, to: Emitter, data: Term) -> Term:
    """ArgMax along axis 1."""
    return to("ArgMax", data, axis=1, keepdims=0)


@converter(moments)
def moment(op: moments, to: Emitter, data: Term) -> tuple[Term, Term]:
    """Mean, and the mean of squared differences from it."""
    axes = tuple(axis % data.rank for axis in op.axes)
    mean = data.reduced("ReduceMean", *axes)
    centred = data - mean
    variance = (centred * centred).reduced("ReduceMean", *axes)
    return mean.reshaped(to.results[0]), variance.reshaped(to.results[1])


@converter(cumsum)
def running_sum(op: cumsum, to: Emitter, a: Term) -> Term:
    """CumSum."""
    data = a.cast(to.dtype)
    if op.axis is None:
        data = to("Reshape", data, to.whole(-1))
    axis = 0 if op.axis is None else op.axis % a.rank
    return to("CumSum", data, to.constant(axis, torch.int64))


@converter(khatri_rao)
def column_products(op: khatri_rao, to: Emitter, args: list[Term]) -> Term:
    """Products of all pairs of rows."""
    found = args[0]
    for factor in args[1:]:
        found = to(
            "Reshape", found.with_axes(1) * factor.with_axes(0), to.whole(-1, args[0].length(1))
        )
    return found
