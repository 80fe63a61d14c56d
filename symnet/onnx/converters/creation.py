"""Arrays that follow from shapes and parameters alone: constants, where shapes are known."""

import torch

from ...operators.contract import Operator
from ...operators.definitions.anchors import _contrib_MultiBoxPrior
from ...operators.definitions.creation import _arange, _eye, _full, _linspace, _ones, _zeros
from ...operators.definitions.likenesses import (
    _contrib_arange_like,
    _contrib_index_array,
    ones_like,
    shape_array,
    size_array,
    zeros_like,
)
from .._lengths import Length, Lengths
from ..emitter import Emitter
from ..registry import Refused, converter
from ..terms import Term

__all__: list[str] = []


def _numbers(lengths: Lengths) -> tuple[int, ...]:
    found = []
    for length in lengths:
        if isinstance(length, Length):
            raise Refused("what it makes follows the batch; export with batch_axis=None")
        found.append(length)
    return tuple(found)


@converter(_arange, _eye, _linspace)
def made(op: Operator, to: Emitter) -> Term:
    """A constant."""
    return to.constant(op.run(out=torch.empty(_numbers(to.result), dtype=to.dtype)))


@converter(_full, _ones, _zeros)
def filled(op: _full | _ones | _zeros, to: Emitter) -> Term:
    """A constant of one number, spread to a shape that may follow the batch."""
    return _spread(to, op.run(out=torch.empty(1, dtype=to.dtype)))


@converter(ones_like, zeros_like)
def filled_like(op: ones_like | zeros_like, to: Emitter, data: Term) -> Term:
    """A constant of one number, spread to the shape of the input."""
    number = 1 if isinstance(op, ones_like) else 0
    return _spread(to, torch.full((1,), number, dtype=to.dtype))


def _spread(to: Emitter, number: torch.Tensor) -> Term:
    return to("Expand", to.constant(number), to.shape(to.result))


@converter(shape_array)
def shape_of(op: shape_array, to: Emitter, data: Term) -> Term:
    """Shape."""
    return to("Shape", data)


@converter(size_array)
def size_of(op: size_array, to: Emitter, data: Term) -> Term:
    """Size, with an axis."""
    return to("Reshape", to("Size", data), to.whole(1))


@converter(_contrib_MultiBoxPrior, _contrib_arange_like, _contrib_index_array)
def of_shape(op: Operator, to: Emitter, data: Term) -> Term:
    """A constant: only the input's shape is asked, and no length of it follows the batch.

    The first length of the input may, where the result is the same for all.
    """
    shape = [1 if isinstance(length, Length) else length for length in data.lengths]
    _numbers(to.result)
    return to.constant(op.run(data=torch.zeros(shape, dtype=data.dtype)))
