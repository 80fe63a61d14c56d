"""Regions whose parts have channels of their own: means over whole pixels."""

import torch

from ...operators.definitions.regions import _contrib_PSROIPooling, group_planes
from ..emitter import Emitter
from ..registry import converter
from ..terms import Term

__all__: list[str] = []


@converter(_contrib_PSROIPooling)
def psroi_pooling(op: _contrib_PSROIPooling, to: Emitter, data: Term, rois: Term) -> Term:
    """Products with the shares of the lines, then with those of the columns, of every image.

    Axes: part along the height (i), part along the width (j), region, image, channel.
    """
    groups, parts, height, width = op.groups, op.pooled_size, data.length(2), data.length(3)
    corner = _rounded(to, rois.part(1, 1, 5))
    start = corner.part(1, 0, 2) * op.spatial_scale
    end = (corner.part(1, 2, 4) + 1) * op.spatial_scale
    size = to("Max", end - start, 0.1) / parts
    lines = _shares(to, start.taken(1, 1), size.taken(1, 1), parts, height)  # i, region, line
    columns = _shares(to, start.taken(0, 1), size.taken(0, 1), parts, width)  # j, region, column
    used = data.part(1, 0, op.output_dim * groups**2)
    apart = to("Reshape", used, to.whole(-1, op.output_dim, groups**2, height, width))
    planes = group_planes(torch.zeros(1, 1, dtype=torch.int64), parts, groups).view(parts, parts)
    picked = to("Gather", apart, to.constant(planes), axis=2)  # image, channel, i, j, line, column
    by_line = to("Transpose", picked, perm=[2, 4, 0, 1, 3, 5])
    flat = to("Reshape", by_line, to.whole(parts, height, -1))
    images = to("Shape", data, start=0, end=1)
    shape = to("Concat", to.whole(parts, -1), images, to.whole(op.output_dim, parts, width), axis=0)
    summed = to("Reshape", lines @ flat, shape)  # i, region, image, channel, j, column
    weights = to("Transpose", columns, perm=[1, 0, 2]).with_axes(0, 2, 3)
    means = (summed * weights).reduced("ReduceSum", 5, keep=False)  # i, region, image, channel, j
    by_region = to("Transpose", means, perm=[1, 2, 3, 0, 4])
    number = rois.taken(0, 1).cast(torch.int64).with_axes(1)
    return to("GatherND", by_region, number, batch_dims=1)


def _rounded(to: Emitter, values: Term) -> Term:
    """Return the nearest whole numbers; halves go away from zero."""
    return to("Sign", values) * to("Floor", to("Abs", values) + 0.5)


def _shares(to: Emitter, start: Term, size: Term, parts: int, length: int) -> Term:
    """Return how much each pixel of an axis counts: of shape (parts, regions, pixels)."""
    edges = to.constant(torch.arange(parts + 1, dtype=start.dtype).view(-1, 1))
    places = edges * size.with_axes(0) + start.with_axes(0)
    first = to("Floor", places.part(0, 0, parts)).with_axes(2)
    last = to("Ceil", places.part(0, 1, parts + 1)).with_axes(2)
    pixels = to.constant(torch.arange(length, dtype=start.dtype))
    inside = ((pixels >= first) & (pixels < last)).cast(start.dtype)
    return inside / to("Max", inside.reduced("ReduceSum", 2), 1)
