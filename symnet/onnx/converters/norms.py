"""Normalisation."""

import torch

from ...operators.definitions.batch_norm import (
    BatchNorm,
    BatchNorm_v1,
    _contrib_BatchNormWithReLU,
    _contrib_SyncBatchNorm,
)
from ...operators.definitions.normalise import LRN
from ...operators.definitions.norms import GroupNorm, InstanceNorm, L2Normalization, LayerNorm
from ..emitter import Emitter
from ..registry import converter
from ..terms import Term

__all__: list[str] = []

_BatchNorms = BatchNorm | BatchNorm_v1 | _contrib_BatchNormWithReLU | _contrib_SyncBatchNorm


@converter(BatchNorm, BatchNorm_v1, _contrib_BatchNormWithReLU, _contrib_SyncBatchNorm)
def batch_norm(
    op: _BatchNorms,
    to: Emitter,
    data: Term,
    gamma: Term,
    beta: Term,
    moving_mean: Term,
    moving_var: Term,
) -> tuple[Term, ...]:
    """BatchNormalization by the moving statistics; a fixed gamma is 1, whatever it holds."""
    axis = op.channel_axis(data.rank)
    scale = to.constant(torch.ones(gamma.length(0), dtype=gamma.dtype)) if op.fix_gamma else gamma
    first = data.moved(axis, 1)
    found = to("BatchNormalization", first, scale, beta, moving_mean, moving_var, epsilon=op.eps)
    output = to.shaped(found, first.lengths).moved(1, axis)
    if isinstance(op, _contrib_BatchNormWithReLU):
        output = to("Relu", output)
    if not op.output_mean_var:
        return (output,)
    spread = to("Reciprocal", to("Sqrt", moving_var + op.eps))
    return output, moving_mean, spread if op.gives_deviation else moving_var


def _along(scale: Term, rank: int, axis: int) -> Term:
    """Return a vector lying along an axis of an array."""
    return scale.with_axes(*(each for each in range(rank) if each != axis % rank))


@converter(LayerNorm)
def layer_norm(op: LayerNorm, to: Emitter, data: Term, gamma: Term, beta: Term) -> tuple[Term, ...]:
    """LayerNormalization over the last axis; its parts over any other, and where they are asked."""
    if op.axis % data.rank == data.rank - 1 and not op.output_mean_var:
        return (to("LayerNormalization", data, gamma, beta, axis=-1, epsilon=op.eps),)
    mean = data.reduced("ReduceMean", op.axis)
    centred = data - mean
    std = to("Sqrt", (centred * centred).reduced("ReduceMean", op.axis) + op.eps)
    scaled = centred / std * _along(gamma, data.rank, op.axis)
    output = scaled + _along(beta, data.rank, op.axis)
    return (output, mean, std) if op.output_mean_var else (output,)


@converter(GroupNorm)
def group_norm(op: GroupNorm, to: Emitter, data: Term, gamma: Term, beta: Term) -> tuple[Term, ...]:
    """InstanceNormalization of groups, of which gamma and beta have one number each."""
    rows = to("Reshape", data, to.whole(0, op.num_groups, -1))
    found = to("InstanceNormalization", rows, gamma, beta, epsilon=op.eps)
    output = found.reshaped(data.lengths)
    if not op.output_mean_var:
        return (output,)
    mean = rows.reduced("ReduceMean", 2)
    centred = rows - mean
    std = to("Sqrt", (centred * centred).reduced("ReduceMean", 2) + op.eps)
    return output, mean.without_axes(2), std.without_axes(2)


@converter(InstanceNorm)
def instance_norm(op: InstanceNorm, to: Emitter, data: Term, gamma: Term, beta: Term) -> Term:
    """InstanceNormalization."""
    return to("InstanceNormalization", data, gamma, beta, epsilon=op.eps)


@converter(L2Normalization)
def l2_normalization(op: L2Normalization, to: Emitter, data: Term) -> Term:
    """A division by the root of the sum of squares; LpNormalization has no eps."""
    axes = {"instance": (1, data.rank), "channel": (1, 2), "spatial": (2, data.rank)}[op.mode]
    square = (data * data).reduced("ReduceSum", *range(*axes))
    return data / to("Sqrt", square + op.eps)


@converter(LRN)
def local_response_norm(op: LRN, to: Emitter, data: Term) -> Term:
    """LRN."""
    return to("LRN", data, size=op.nsize, alpha=op.alpha, beta=op.beta, bias=op.knorm)
