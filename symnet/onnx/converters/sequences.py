"""Sequences of several lengths."""

import torch

from ...operators.definitions.sequence import SequenceLast, SequenceMask, SequenceReverse
from ..emitter import Emitter
from ..registry import converter
from ..terms import Term
from ._indices import whole

__all__: list[str] = []


def _lengths(to: Emitter, given: Term, steps: int) -> Term:
    """Return lengths as whole numbers from 1 to the number of steps."""
    least, greatest = to.constant(1, torch.int64), to.constant(steps, torch.int64)
    return to("Clip", whole(given), least, greatest)


@converter(SequenceLast)
def sequence_last(
    op: SequenceLast, to: Emitter, data: Term, sequence_length: Term | None = None
) -> Term:
    """GatherND of the last steps, the sequences on axis 0."""
    if sequence_length is None:
        return data.taken(-1, op.axis)
    last = _lengths(to, sequence_length, data.length(op.axis)) - 1
    by_sequence = data.moved(op.axis, 1)
    return to("GatherND", by_sequence, last.with_axes(1), batch_dims=1)


@converter(SequenceMask)
def sequence_mask(
    op: SequenceMask, to: Emitter, data: Term, sequence_length: Term | None = None
) -> Term:
    """Where, by the number of the step."""
    if sequence_length is None:
        return data
    steps = to.arange(data.length(op.axis))
    matrix = steps.with_axes(1 - op.axis) >= whole(sequence_length).with_axes(op.axis)
    over = matrix.with_axes(*range(2, data.rank)) if data.rank > 2 else matrix
    number = op.value if data.dtype.is_floating_point else int(op.value)
    return to.where(over, number, data)


@converter(SequenceReverse)
def sequence_reverse(
    op: SequenceReverse, to: Emitter, data: Term, sequence_length: Term | None = None
) -> Term:
    """ReverseSequence; a Slice with steps of -1 where all are full."""
    if sequence_length is None:
        least = torch.iinfo(torch.int64).min
        return data.part(0, -1, least, -1)
    lengths = _lengths(to, sequence_length, data.length(0))
    return to("ReverseSequence", data, lengths, batch_axis=1, time_axis=0)
