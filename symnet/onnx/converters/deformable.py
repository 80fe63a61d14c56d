"""Convolutions whose taps read at places of their own: samples of the image, then a convolution."""

from math import prod

import torch

from ...operators.definitions.deformable import (
    _contrib_DeformableConvolution,
    _contrib_ModulatedDeformableConvolution,
)
from ..emitter import Emitter
from ..registry import converter
from ..terms import Term

__all__: list[str] = []

_Deformable = _contrib_DeformableConvolution | _contrib_ModulatedDeformableConvolution


@converter(_contrib_DeformableConvolution, _contrib_ModulatedDeformableConvolution)
def deformable_convolution(
    op: _Deformable,
    to: Emitter,
    data: Term,
    offset: Term,
    weight: Term,
    mask: Term | None = None,
    bias: Term | None = None,
) -> Term:
    """GridSample of all taps, and a convolution over what they read, of one pixel each."""
    channels, taps = data.length(1), prod(op.kernel)
    groups = op.num_deformable_group
    rows, columns = offset.length(2), offset.length(3)
    images = to("Reshape", data, to.whole(-1, channels // groups, data.length(2), data.length(3)))
    places = _places(op, to, offset)
    size = torch.tensor([data.length(3), data.length(2)], dtype=data.dtype)
    grid = (places * 2 + 1) / to.constant(size) - 1  # where −1 and 1 are the image's borders
    grid = to("Reshape", grid, to.whole(-1, taps * rows, columns, 2))
    # Beside the image nothing is read; with a mask that begins a whole pixel away from it.
    mode = "border" if mask is None else "zeros"
    read = to("GridSample", images, grid, mode="bilinear", padding_mode=mode, align_corners=0)
    if mask is None:
        inside = ((places >= 0) & (places < to.constant(size))).cast(data.dtype)
        factors = inside.reduced("ReduceMin", 5, keep=False)
    else:
        factors = mask
    read = read * to("Reshape", factors, to.whole(-1, 1, taps * rows, columns))
    read = to("Reshape", read, to.whole(-1, channels * taps, rows, columns))
    filters = to("Reshape", weight, to.whole(op.num_filter, channels // op.num_group * taps, 1, 1))
    return to("Conv", read, filters, bias, kernel_shape=[1, 1], group=op.num_group)


def _places(op: _Deformable, to: Emitter, offset: Term) -> Term:
    """Return x and y, in pixels, that each tap reads at.

    Of shape (batch, deformable groups, taps, rows, columns, 2).
    """
    rows, columns = offset.length(2), offset.length(3)
    like = torch.zeros((), dtype=offset.dtype)
    full = (*op.kernel, rows, columns)
    y = op.taps.places(0, rows, like).t().reshape(-1, 1, rows, 1).expand(full)
    x = op.taps.places(1, columns, like).t().reshape(1, -1, 1, columns).expand(full)
    even = torch.stack((x, y), -1).reshape(1, 1, -1, rows, columns, 2)
    lengths = to.whole(-1, op.num_deformable_group, prod(op.kernel), 2, rows, columns)
    moved = to("Transpose", to("Reshape", offset, lengths), perm=[0, 1, 2, 4, 5, 3])
    moved = to("Gather", moved, to.whole(1, 0), axis=5)  # down, right there; x, y here
    return moved + to.constant(even)
