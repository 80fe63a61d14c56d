"""Images read between the pixels: grids, other sizes, regions."""

import torch

from ...operators.definitions.region_samples import _contrib_ROIAlign
from ...operators.definitions.regions import ROIPooling
from ...operators.definitions.resizing import (
    _contrib_AdaptiveAvgPooling2D,
    _contrib_BilinearResize2D,
)
from ...operators.definitions.sampling_grids import (
    BilinearSampler,
    GridGenerator,
    SpatialTransformer,
)
from .._lengths import Length
from ..emitter import Emitter
from ..registry import Refused, converter
from ..terms import Term

__all__: list[str] = []


@converter(GridGenerator)
def grid_generator(op: GridGenerator, to: Emitter, data: Term) -> Term:
    """A product with an even grid, or a sum with the numbers of the pixels."""
    if op.transform_type == "affine":
        return _affine(to, data, (op.target_shape[0], op.target_shape[1])).reshaped(to.result)
    height, width = data.length(2), data.length(3)
    # The operator itself says which points these are: without a flow those of the pixels.
    zeros = torch.zeros(1, 2, height, width, dtype=data.dtype)
    even = op.run(data=zeros)
    halves = torch.tensor([width - 1, height - 1], dtype=data.dtype).view(1, 2, 1, 1) / 2
    return data / to.constant(halves) + to.constant(even)


def _affine(to: Emitter, data: Term, size: tuple[int, int]) -> Term:
    """Return x and y of all points, (batch, 2, height · width), of matrices (batch, 6)."""
    op = GridGenerator(transform_type="affine", target_shape=size)
    # Each unit matrix gives one line of the grid: x, y and 1 of all points.
    units = torch.eye(3, dtype=data.dtype)
    matrices = torch.cat((units, torch.zeros(3, 3, dtype=data.dtype)), 1)
    lines = op.run(data=matrices)[:, 0].reshape(3, -1)
    return to("Reshape", data, to.whole(-1, 2, 3)) @ to.constant(lines)


def _sampled(to: Emitter, data: Term, grid: Term) -> Term:
    """Return images read at x and y of points, (batch, height, width, 2)."""
    return to("GridSample", data, grid, mode="bilinear", padding_mode="zeros", align_corners=1)


@converter(BilinearSampler)
def bilinear_sampler(op: BilinearSampler, to: Emitter, data: Term, grid: Term) -> Term:
    """GridSample."""
    return _sampled(to, data, grid.transposed(0, 2, 3, 1))


@converter(SpatialTransformer)
def spatial_transformer(op: SpatialTransformer, to: Emitter, data: Term, loc: Term) -> Term:
    """GridSample at an affine grid."""
    height, width = op.target_shape
    points = to("Transpose", _affine(to, loc, (height, width)), perm=[0, 2, 1])
    return _sampled(to, data, to("Reshape", points, to.whole(-1, height, width, 2)))


# -- other sizes -----------------------------------------------------------------------------------


@converter(_contrib_AdaptiveAvgPooling2D)
def adaptive_pooling(op: _contrib_AdaptiveAvgPooling2D, to: Emitter, data: Term) -> Term:
    """Products with two matrices of shares: of the rows, and of the columns."""
    height, width = op.output_size[:1] or (1,), op.output_size[-1:] or (1,)
    if (*height, *width) == (1, 1):
        return to("GlobalAveragePool", data)
    rows = to.constant(_shares(data.length(2), height[0], data.dtype))
    columns = to.constant(_shares(data.length(3), width[0], data.dtype).t())
    return rows @ (data @ columns)


def _shares(length: int, parts: int, dtype: torch.dtype) -> torch.Tensor:
    """Return how much each pixel of an axis counts in the mean of each part."""
    one = _contrib_AdaptiveAvgPooling2D(output_size=(parts, 1))
    pixels = torch.eye(length, dtype=dtype).view(length, 1, length, 1)
    shares: torch.Tensor = one.run(data=pixels).view(length, parts).t()
    return shares


@converter(_contrib_BilinearResize2D)
def bilinear_resize(op: _contrib_BilinearResize2D, to: Emitter, data: Term) -> Term:
    """Resize; of an axis that becomes 1 long the first pixel is read."""
    size = []
    for axis, length in enumerate(to.result[2:], 2):
        if isinstance(length, Length):
            raise Refused("the size of its images follows the batch")
        if length == 1 and data.length(axis) > 1:
            data = to.shaped(
                data.part(axis, 0, 1), (*data.lengths[:axis], 1, *data.lengths[axis + 1 :])
            )
        size.append(length)
    if size == [data.length(2), data.length(3)]:
        return data
    channels = data.length(1)
    return to(
        "Resize",
        data,
        None,
        None,
        to.shape((data.lengths[0], channels, *size)),
        mode="linear",
        coordinate_transformation_mode="align_corners" if op.align_corners else "half_pixel",
    )


# -- regions ---------------------------------------------------------------------------------------


@converter(ROIPooling)
def roi_pooling(op: ROIPooling, to: Emitter, data: Term, rois: Term) -> Term:
    """MaxRoiPool."""
    return to("MaxRoiPool", data, rois, pooled_shape=op.pooled_size, spatial_scale=op.spatial_scale)


@converter(_contrib_ROIAlign)
def roi_align(op: _contrib_ROIAlign, to: Emitter, data: Term, rois: Term) -> Term:
    """RoiAlign; a region whose image has a negative number gives 0."""
    number = rois.taken(0, 1).cast(torch.int64)
    found = to(
        "RoiAlign",
        data,
        rois.part(1, 1, 5),
        to("Max", number, 0),
        coordinate_transformation_mode="half_pixel" if op.aligned else "output_half_pixel",
        mode="avg",
        output_height=op.pooled_size[0],
        output_width=op.pooled_size[1],
        sampling_ratio=max(op.sample_ratio, 0),
        spatial_scale=op.spatial_scale,
    )
    there = (number >= 0).cast(data.dtype)
    found = found * there.with_axes(1, 2, 3)
    return _own_channels(op, to, found) if op.position_sensitive else found


def _own_channels(op: _contrib_ROIAlign, to: Emitter, found: Term) -> Term:
    """Return of each part of a region the channels that belong to it."""
    parts = op.pooled_size[0] * op.pooled_size[1]
    apart = to("Reshape", found, to.whole(0, -1, parts, parts))
    own = to.constant(torch.eye(parts, dtype=found.dtype))
    return (apart * own).reduced("ReduceSum", 2, keep=False).reshaped(to.result)
