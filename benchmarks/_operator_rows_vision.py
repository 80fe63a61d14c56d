"""Operators of vision: sampling, resizing, regions, boxes and colours, against eager PyTorch."""

from math import ceil, floor

import torch
from _operator_rows import IMAGES_LARGE, IMAGES_SMALL, Row, Shape
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

import symnet as mx

__all__ = ["ROWS"]


def boxes(generator: torch.Generator, shape: Shape) -> Tensor:
    """Draw corners of boxes in the unit square."""
    corners = torch.rand(*shape[:-1], 2, 2, generator=generator).sort(-2).values
    return corners.flatten(-2)


def regions(generator: torch.Generator, shape: Shape) -> Tensor:
    """Draw regions of the first images of a batch: its number, and corners in 14 by 14 pixels."""
    image = torch.randint(8, (shape[0], 1), generator=generator).float()
    return torch.cat([image, boxes(generator, (shape[0], 4)) * 13], 1)


def scored(generator: torch.Generator, shape: Shape) -> Tensor:
    """Draw classes, scores and boxes."""
    classes = torch.randint(3, (*shape[:-1], 1), generator=generator).float()
    scores = torch.rand(*shape[:-1], 1, generator=generator)
    return torch.cat([classes, scores, boxes(generator, (*shape[:-1], 4))], -1)


def grid(generator: torch.Generator, shape: Shape) -> Tensor:
    return torch.rand(shape, generator=generator) * 2 - 1


def near_identity(generator: torch.Generator, shape: Shape) -> Tensor:
    same = torch.tensor([1.0, 0, 0, 0, 1, 0])
    return same + torch.randn(shape, generator=generator) * 0.1


def overlaps(lhs: Tensor, rhs: Tensor) -> Tensor:
    low = torch.maximum(lhs[:, None, :2], rhs[None, :, :2])
    high = torch.minimum(lhs[:, None, 2:], rhs[None, :, 2:])
    common = (high - low).clamp(min=0).prod(-1)
    areas = [(each[:, 2:] - each[:, :2]).prod(-1) for each in (lhs, rhs)]
    return common / (areas[0][:, None] + areas[1][None, :] - common)


def suppressed(data: Tensor) -> Tensor:
    """Keep boxes greedily, one after the other, as one writes it over eager tensors."""
    found = torch.full_like(data, -1)
    for image, target in zip(data, found, strict=True):
        order = image[:, 1].argsort(descending=True)
        ranked = image[order]
        others = overlaps(ranked[:, 2:], ranked[:, 2:]) > 0.5
        dropped = torch.zeros(len(ranked), dtype=torch.bool)
        for number in range(len(ranked)):
            if not dropped[number]:
                dropped[number + 1 :] |= others[number, number + 1 :]
        kept = ranked[~dropped]
        target[: len(kept)] = kept
    return found


def parts_of(first: float, last: float, limit: int) -> list[slice]:
    """Divide a stretch of pixels into 3 parts, rounded outwards; beyond the image is nothing."""
    size = max(last - first + 1, 1) / 3
    ends = [(floor(n * size) + first, ceil((n + 1) * size) + first) for n in range(3)]
    return [slice(*(int(min(max(end, 0), limit)) for end in both)) for both in ends]


def pooled(data: Tensor, rois: Tensor) -> Tensor:
    """Take maxima over 3 by 3 parts of each region, 0 where a part lies outside of the image."""
    images, channels, height, width = data.shape
    nothing = data.new_zeros(channels)
    found = []
    for n, left, top, right, bottom in rois.round().tolist():
        image = data[int(n)] if 0 <= n < images else data[0, :, :0, :0]
        for rows in parts_of(top, bottom, height):
            for columns in parts_of(left, right, width):
                part = image[:, rows, columns].flatten(1)
                found.append(part.max(1).values if part.numel() else nothing)
    return torch.stack(found).view(-1, 3, 3, channels).permute(0, 3, 1, 2)


def sampled(start: Tensor, end: Tensor, limit: int) -> tuple[Tensor, ...]:
    """Return two points for each of 3 parts of an axis.

    They are the pixels around each, the share of the second, and whether the point is counted.
    """
    place = start[:, None] + (end - start).clamp(min=1)[:, None] * (torch.arange(6) + 0.5) / 6
    inside = (place >= -1) & (place <= limit)
    place = place.clamp(0, limit - 1)
    low = place.floor().long()
    return low, (low + 1).clamp(max=limit - 1), place - low, inside


def aligned(data: Tensor, rois: Tensor) -> Tensor:
    """Sample each region at two by two places of 3 by 3 parts, by bilinear interpolation.

    Places outside of the image count as 0, as does a region whose image has a negative number.
    """
    top, bottom, down, inside_y = sampled(rois[:, 2], rois[:, 4], data.shape[2])
    left, right, along, inside_x = sampled(rois[:, 1], rois[:, 3], data.shape[3])
    image = rois[:, 0].long()
    pixels = data.permute(0, 2, 3, 1)
    number = image.clamp(min=0)[:, None, None]
    counted = inside_y[:, :, None] & inside_x[:, None, :] & (image >= 0)[:, None, None]
    total = torch.zeros(())
    for rows, share_y in ((top, 1 - down), (bottom, down)):
        for columns, share_x in ((left, 1 - along), (right, along)):
            share = (share_y[:, :, None] * share_x[:, None, :] * counted)[..., None]
            total = total + pixels[number, rows[:, :, None], columns[:, None, :]] * share
    return F.avg_pool2d(total.permute(0, 3, 1, 2), 2)


def anchors(data: Tensor) -> Tensor:
    height, width = data.shape[2:]
    y, x = torch.meshgrid(
        (torch.arange(height) + 0.5) / height, (torch.arange(width) + 0.5) / width, indexing="ij"
    )
    centers = torch.stack([x, y, x, y], -1)
    half = torch.tensor([-0.25, -0.25, 0.25, 0.25])
    return (centers + half).reshape(1, -1, 4)


def transformed(data: Tensor, loc: Tensor) -> Tensor:
    places = F.affine_grid(loc.view(-1, 2, 3), list(data.shape), align_corners=True)
    return F.grid_sample(data, places, align_corners=True)


def displaced(first: Tensor, second: Tensor) -> Tensor:
    """Correlate each place with those up to two away."""
    height, width = first.shape[2:]
    around = F.pad(second, (2, 2, 2, 2))
    return torch.stack(
        [
            (first * around[:, :, y : y + height, x : x + width]).mean(1)
            for y in range(5)
            for x in range(5)
        ],
        1,
    )


def colored(data: Tensor) -> Tensor:
    return (data - torch.tensor([0.1, 0.2, 0.3]).view(3, 1, 1)) / torch.tensor(
        [0.5, 0.6, 0.7]
    ).view(3, 1, 1)


ROWS: dict[str, Row] = {
    "_contrib_AdaptiveAvgPooling2D": Row(
        mx._contrib_AdaptiveAvgPooling2D,
        {"output_size": (5, 5)},
        lambda d: F.adaptive_avg_pool2d(d, 5),
        IMAGES_SMALL,
        IMAGES_LARGE,
    ),
    "_contrib_BilinearResize2D": Row(
        mx._contrib_BilinearResize2D,
        {"height": 20, "width": 20},
        lambda d: F.interpolate(d, (20, 20), mode="bilinear", align_corners=True),
        IMAGES_SMALL,
        IMAGES_LARGE,
    ),
    "UpSampling, bilinear": Row(
        mx.UpSampling,
        {"scale": 2, "sample_type": "bilinear", "num_filter": 16},
        lambda d, w: F.conv_transpose2d(d, w, stride=2, padding=1, groups=16),
        {"arg0": (8, 16, 7, 7), "arg1": (16, 1, 4, 4)},
        {"arg0": (32, 16, 28, 28), "arg1": (16, 1, 4, 4)},
    ),
    "BilinearSampler": Row(
        mx.BilinearSampler,
        {},
        lambda d, g: F.grid_sample(d, g.permute(0, 2, 3, 1), align_corners=True),
        {**IMAGES_SMALL, "grid": (8, 2, 14, 14)},
        {**IMAGES_LARGE, "grid": (32, 2, 28, 28)},
        draws={"grid": grid},
    ),
    "SpatialTransformer": Row(
        mx.SpatialTransformer,
        {"target_shape": (14, 14), "transform_type": "affine", "sampler_type": "bilinear"},
        transformed,
        {**IMAGES_SMALL, "loc": (8, 6)},
        {"data": (32, 64, 14, 14), "loc": (32, 6)},
        draws={"loc": near_identity},
    ),
    "im2col": Row(
        mx.im2col,
        {"kernel": (3, 3), "pad": (1, 1)},
        lambda d: F.unfold(d, 3, padding=1),
        {"data": (8, 16, 14, 14)},
        {"data": (16, 32, 28, 28)},
    ),
    "Correlation": Row(
        mx.Correlation,
        {"max_displacement": 2, "pad_size": 2},
        displaced,
        {"data1": (2, 8, 12, 12), "data2": (2, 8, 12, 12)},
        {"data1": (4, 32, 32, 32), "data2": (4, 32, 32, 32)},
    ),
    "ROIPooling": Row(
        mx.ROIPooling,
        {"spatial_scale": 1.0, "pooled_size": (3, 3)},
        pooled,
        {"data": (8, 16, 14, 14), "rois": (8, 5)},
        {"data": (8, 64, 28, 28), "rois": (64, 5)},
        draws={"rois": regions},
        fixed=("rois",),
    ),
    "_contrib_ROIAlign": Row(
        mx._contrib_ROIAlign,
        {"spatial_scale": 1.0, "pooled_size": (3, 3), "sample_ratio": 2},
        aligned,
        {"data": (8, 16, 14, 14), "rois": (8, 5)},
        {"data": (8, 64, 28, 28), "rois": (64, 5)},
        draws={"rois": regions},
        fixed=("rois",),
    ),
    "_contrib_box_iou": Row(
        mx._contrib_box_iou,
        {},
        overlaps,
        {"lhs": (32, 4), "rhs": (64, 4)},
        {"lhs": (512, 4), "rhs": (512, 4)},
        draws={"lhs": boxes, "rhs": boxes},
        forward_only=True,
    ),
    "_contrib_box_nms": Row(
        mx._contrib_box_nms,
        {"force_suppress": True},
        suppressed,
        {"data": (2, 32, 6)},
        {"data": (2, 400, 6)},
        draws={"data": scored},
        forward_only=True,
    ),
    "_contrib_MultiBoxPrior": Row(
        mx._contrib_MultiBoxPrior,
        {"sizes": (0.5,)},
        anchors,
        {"data": (1, 3, 8, 8)},
        {"data": (1, 3, 64, 64)},
        forward_only=True,
    ),
    "_image_normalize": Row(
        mx._image_normalize,
        {"mean": (0.1, 0.2, 0.3), "std": (0.5, 0.6, 0.7)},
        colored,
        {"data": (3, 32, 32)},
        {"data": (3, 512, 512)},
    ),
    "_image_to_tensor": Row(
        mx._image_to_tensor,
        {},
        lambda d: (d.permute(2, 0, 1) / 255).contiguous(),
        {"data": (32, 32, 3)},
        {"data": (512, 512, 3)},
        forward_only=True,
    ),
    "_image_resize": Row(
        mx._image_resize,
        {"size": (24, 24)},
        lambda d: F.interpolate(d.permute(2, 0, 1)[None], (24, 24), mode="bilinear")[0].permute(
            1, 2, 0
        ),
        {"data": (32, 32, 3)},
        {"data": (256, 256, 3)},
        forward_only=True,
    ),
    "_image_flip_left_right": Row(
        mx._image_flip_left_right,
        {},
        lambda d: d.flip(1),
        {"data": (32, 32, 3)},
        {"data": (512, 512, 3)},
        forward_only=True,
    ),
}
