"""Rows for operators on regions, grids and sizes of images; see `op_rows.py`.

The references go point by point, with loops, as the definitions do in words.
"""

from itertools import product
from math import ceil, floor

import numpy as np
from op_testing import Row, distinct, given, normal

__all__ = ["ROWS"]

# Two of one image and one of another; the last hangs over the border.
REGIONS = given(0, 1.3, 0.4, 9.1, 7.7, 0, 4.2, 2.6, 6.9, 12.3, 1, 6.1, 5.2, 14.7, 13.9)


def between(image, y, x):
    """The value between pixels; beyond the outermost one their own."""
    rows, columns = (np.clip(place, 0, n - 1) for place, n in zip((y, x), image.shape, strict=True))
    top, left = int(rows), int(columns)
    bottom, right = min(top + 1, image.shape[0] - 1), min(left + 1, image.shape[1] - 1)
    down, along = rows - top, columns - left
    upper = image[top, left] * (1 - along) + image[top, right] * along
    lower = image[bottom, left] * (1 - along) + image[bottom, right] * along
    return upper * (1 - down) + lower * down


def between_zeros(image, y, x):
    """The value between pixels, with zeros around the image."""
    far = np.pad(image, 1)
    if not (-1 < y < image.shape[0] and -1 < x < image.shape[1]):
        return 0.0
    return between(far, y + 1, x + 1)


def away(value):
    """The nearest whole number, halves away from zero."""
    return int(np.sign(value) * floor(abs(value) + 0.5))


# -- regions ---------------------------------------------------------------------------------------


def roi_pooling(data, rois, *, pooled_size, spatial_scale):
    output = np.zeros((len(rois), data.shape[1], *pooled_size))
    for number, (image, *corners) in enumerate(rois):
        left, top, right, bottom = (away(c * spatial_scale) for c in corners)
        part = max(bottom - top + 1, 1) / pooled_size[0], max(right - left + 1, 1) / pooled_size[1]
        for y, x in np.ndindex(*pooled_size):
            rows = slice(max(floor(y * part[0]) + top, 0), max(ceil((y + 1) * part[0]) + top, 0))
            columns = slice(
                max(floor(x * part[1]) + left, 0), max(ceil((x + 1) * part[1]) + left, 0)
            )
            pixels = data[int(image), :, rows, columns].reshape(data.shape[1], -1)
            if pixels.size:
                output[number, :, y, x] = pixels.max(1)
    return output


def roi_align(
    data, rois, *, pooled_size, spatial_scale, sample_ratio=-1, position_sensitive=False,
    aligned=False,
):  # fmt: skip
    parts = pooled_size[0] * pooled_size[1]
    channels = data.shape[1] // parts if position_sensitive else data.shape[1]
    output = np.zeros((len(rois), channels, *pooled_size))
    for number, (image, *corners) in enumerate(rois):
        left, top, right, bottom = np.array(corners) * spatial_scale - 0.5 * aligned
        tall, wide = bottom - top, right - left
        if not aligned:
            tall, wide = max(tall, 1), max(wide, 1)
        tall, wide = tall / pooled_size[0], wide / pooled_size[1]
        steps = [sample_ratio if sample_ratio > 0 else ceil(length) for length in (tall, wide)]
        for c, y, x in np.ndindex(*output.shape[1:]):
            source = c * parts + y * pooled_size[1] + x if position_sensitive else c
            plane = data[int(image), source]
            values = []
            for i, j in np.ndindex(*steps):
                down = top + (y + (i + 0.5) / steps[0]) * tall
                along = left + (x + (j + 0.5) / steps[1]) * wide
                inside = -1 <= down <= plane.shape[0] and -1 <= along <= plane.shape[1]
                values.append(between(plane, down, along) if inside else 0.0)
            output[number, c, y, x] = np.mean(values)
    return output


def position_sensitive(data, rois, *, spatial_scale, output_dim, pooled_size, group_size=0):
    groups = group_size or pooled_size
    output = np.zeros((len(rois), output_dim, pooled_size, pooled_size))
    for number, (image, *corners) in enumerate(rois):
        left, top = (away(c) * spatial_scale for c in corners[:2])
        right, bottom = ((away(c) + 1) * spatial_scale for c in corners[2:])
        tall, wide = (max(n, 0.1) / pooled_size for n in (bottom - top, right - left))
        for c, y, x in np.ndindex(*output.shape[1:]):
            source = (c * groups + y * groups // pooled_size) * groups + x * groups // pooled_size
            rows = slice(max(floor(top + y * tall), 0), max(ceil(top + (y + 1) * tall), 0))
            columns = slice(max(floor(left + x * wide), 0), max(ceil(left + (x + 1) * wide), 0))
            pixels = data[int(image), source, rows, columns]
            output[number, c, y, x] = pixels.mean() if pixels.size else 0
    return output


def deformed(
    data, rois, trans, *, spatial_scale, output_dim, group_size, pooled_size, sample_per_part,
    trans_std,
):  # fmt: skip
    output = np.zeros((len(rois), output_dim, pooled_size, pooled_size))
    classes = trans.shape[1] // 2
    for number, (image, *corners) in enumerate(rois):
        left, top = (away(c) * spatial_scale - 0.5 for c in corners[:2])
        right, bottom = ((away(c) + 1) * spatial_scale - 0.5 for c in corners[2:])
        size = max(bottom - top, 0.1), max(right - left, 0.1)
        for c, y, x in np.ndindex(*output.shape[1:]):
            along, down = trans[number].reshape(classes, 2, *trans.shape[2:])[
                c // (output_dim // classes), :, y, x
            ]
            source = (c * group_size + y * group_size // pooled_size) * group_size
            plane = data[int(image), source + x * group_size // pooled_size]
            values = []
            for i, j in product(range(sample_per_part), repeat=2):
                step = size[0] / pooled_size, size[1] / pooled_size
                row = top + (y + i / sample_per_part) * step[0] + down * trans_std * size[0]
                column = left + (x + j / sample_per_part) * step[1] + along * trans_std * size[1]
                if -0.5 <= row <= plane.shape[0] - 0.5 and -0.5 <= column <= plane.shape[1] - 0.5:
                    values.append(between(plane, row, column))
            output[number, c, y, x] = np.mean(values) if values else 0
    return output


def regions(op: str, channels: int, output, reference, why: str = "", **params) -> Row:
    shapes = {"data": (2, channels, 6, 7), "rois": (3, 5)}
    draws = {"rois": REGIONS, "data": distinct if op == "ROIPooling" else normal}
    params["spatial_scale"] = 0.5
    return Row(op, params, shapes, output, reference, why, ("data", "rois"), draws)


ON_REGIONS = (
    regions("ROIPooling", 2, (3, 2, 2, 3), roi_pooling, pooled_size=(2, 3)),
    regions("_contrib_ROIAlign", 2, (3, 2, 2, 3), roi_align, pooled_size=(2, 3)),
    regions(
        "_contrib_ROIAlign",
        8,
        (3, 2, 2, 2),
        roi_align,
        pooled_size=(2, 2),
        position_sensitive=True,
        aligned=True,
        sample_ratio=2,
    ),
    regions(
        "_contrib_PSROIPooling", 8, (3, 2, 2, 2), position_sensitive, output_dim=2, pooled_size=2
    ),
    regions(
        "_contrib_PSROIPooling",
        9,
        (3, 2, 3, 3),
        position_sensitive,
        "with channels to spare",
        output_dim=2,
        pooled_size=3,
        group_size=2,
    ),
    Row(
        "_contrib_DeformablePSROIPooling",
        {
            "spatial_scale": 0.5,
            "output_dim": 2,
            "group_size": 2,
            "pooled_size": 2,
            "sample_per_part": 2,
            "trans_std": 0.1,
        },
        {"data": (2, 8, 6, 7), "rois": (3, 5), "trans": (3, 4, 2, 2)},
        (3, 2, 2, 2),
        deformed,
        "of two classes",
        ("data", "rois", "trans"),
        {"rois": REGIONS},
    ),
)


# -- deformable convolution ------------------------------------------------------------------------


def deformable(data, offset, *rest, kernel, num_filter, stride, pad, num_group, masked=False, **_):
    mask, weight, bias = rest if masked else (None, *rest)
    tall, wide = kernel
    output = np.zeros((len(data), num_filter, *offset.shape[2:]))
    moved = offset.reshape(len(data), -1, tall, wide, 2, *offset.shape[2:])
    per_group, per_offset = data.shape[1] // num_group, data.shape[1] // moved.shape[1]
    for b, f, y, x in np.ndindex(*output.shape):
        total = bias[f]
        for c, i, j in np.ndindex(*weight.shape[1:]):
            channel = f // (num_filter // num_group) * per_group + c
            group = channel // per_offset
            down, along = moved[b, group, i, j, :, y, x]
            row, column = y * stride[0] - pad[0] + i + down, x * stride[1] - pad[1] + j + along
            plane = data[b, channel]
            if masked:
                value = between_zeros(plane, row, column)
                value *= mask[b, (group * tall + i) * wide + j, y, x]
            else:
                inside = 0 <= row < plane.shape[0] and 0 <= column < plane.shape[1]
                value = between(plane, row, column) if inside else 0.0
            total += weight[f, c, i, j] * value
        output[b, f, y, x] = total
    return output


def deformable_masked(*tensors, **params):
    return deformable(*tensors, **params, masked=True)


CONVOLUTION = {
    "kernel": (2, 3),
    "num_filter": 2,
    "stride": (1, 2),
    "pad": (1, 1),
    "num_group": 2,
    "num_deformable_group": 2,
}
TENSORS = {"data": (2, 4, 4, 5), "offset": (2, 24, 5, 3)}
FILTERS = {"weight": (2, 2, 2, 3), "bias": (2,)}

CONVOLUTIONS = (
    Row(
        "_contrib_DeformableConvolution",
        CONVOLUTION,
        {**TENSORS, **FILTERS},
        (2, 2, 5, 3),
        deformable,
    ),
    Row(
        "_contrib_DeformableConvolution",
        {**CONVOLUTION, "num_group": 1},
        {**TENSORS, **FILTERS, "weight": (2, 4, 2, 3)},
        (2, 2, 5, 3),
        deformable,
    ),
    Row(
        "_contrib_ModulatedDeformableConvolution",
        CONVOLUTION,
        {**TENSORS, "mask": (2, 12, 5, 3), **FILTERS},
        (2, 2, 5, 3),
        deformable_masked,
    ),
)


# -- correlation -----------------------------------------------------------------------------------


def correlation(
    data1, data2, *, kernel_size, max_displacement, stride1, stride2, pad_size, is_multiply
):
    width = [(0, 0), (0, 0), (pad_size, pad_size), (pad_size, pad_size)]
    first, second = np.pad(data1, width), np.pad(data2, width)
    reach = max_displacement // stride2
    shifts = [step * stride2 for step in range(-reach, reach + 1)]
    border = max_displacement + kernel_size // 2
    rows, columns = (ceil((n - 2 * border) / stride1) for n in first.shape[2:])
    output = np.zeros((len(data1), len(shifts) ** 2, rows, columns))
    for (channel, (down, along)), y, x in product(
        enumerate(product(shifts, shifts)), range(rows), range(columns)
    ):
        top, left = y * stride1 + max_displacement, x * stride1 + max_displacement
        one = first[:, :, top : top + kernel_size, left : left + kernel_size]
        top, left = top + down, left + along
        other = second[:, :, top : top + kernel_size, left : left + kernel_size]
        compared = one * other if is_multiply else np.abs(one - other)
        output[:, channel, y, x] = compared.mean((1, 2, 3))
    return output


def correlated(output, **params) -> Row:
    shapes = dict.fromkeys(("data1", "data2"), (2, 3, 6, 7))
    return Row(
        "Correlation", params, shapes, output, correlation, draws=dict.fromkeys(shapes, normal)
    )


CORRELATIONS = (
    correlated(
        (2, 25, 6, 7),
        kernel_size=1,
        max_displacement=2,
        stride1=1,
        stride2=1,
        pad_size=2,
        is_multiply=True,
    ),
    correlated(
        (2, 9, 2, 3),
        kernel_size=3,
        max_displacement=2,
        stride1=2,
        stride2=2,
        pad_size=2,
        is_multiply=False,
    ),
)


# -- grids -----------------------------------------------------------------------------------------


def affine(data, *, target_shape, **_):
    y, x = np.meshgrid(*(np.linspace(-1, 1, n) for n in target_shape), indexing="ij")
    return np.einsum("bik,khw->bihw", data.reshape(-1, 2, 3), np.stack([x, y, np.ones_like(x)]))


def warp(data, **_):
    y, x = np.indices(data.shape[2:])
    x_limit, y_limit = data.shape[3] - 1, data.shape[2] - 1
    limits = np.array([x_limit, y_limit]).reshape(2, 1, 1)
    return (data + np.stack([x, y])) * 2 / limits - 1


def sample(data, grid):
    output = np.zeros((*data.shape[:2], *grid.shape[2:]))
    for b, c, y, x in np.ndindex(*output.shape):
        column, row = (grid[b, :, y, x] + 1) / 2 * (np.array(data.shape[:1:-1]) - 1)
        output[b, c, y, x] = between_zeros(data[b, c], row, column)
    return output


def transformed(data, loc, *, target_shape, **_):
    return sample(data, affine(loc, target_shape=target_shape))


GRIDS = (
    Row(
        "GridGenerator",
        {"transform_type": "affine", "target_shape": (4, 5)},
        {"data": (2, 6)},
        (2, 2, 4, 5),
        affine,
    ),
    Row("GridGenerator", {"transform_type": "warp"}, {"data": (2, 2, 4, 5)}, (2, 2, 4, 5), warp),
    Row(
        "BilinearSampler",
        {},
        {"data": (2, 3, 5, 6), "grid": (2, 2, 3, 4)},
        (2, 3, 3, 4),
        sample,
        known=("data", "grid"),
    ),
    Row(
        "SpatialTransformer",
        {"transform_type": "affine", "sampler_type": "bilinear", "target_shape": (3, 4)},
        {"data": (2, 3, 5, 6), "loc": (2, 6)},
        (2, 3, 3, 4),
        transformed,
    ),
)


# -- sizes -----------------------------------------------------------------------------------------


def adaptive(data, *, output_size=()):
    size = output_size * 2 if len(output_size) == 1 else output_size or (1, 1)
    output = np.zeros((*data.shape[:2], *size))
    for y, x in np.ndindex(*size):
        rows, columns = (
            slice(place * n // count, -(-(place + 1) * n // count))
            for place, n, count in zip((y, x), data.shape[2:], size, strict=True)
        )
        output[:, :, y, x] = data[:, :, rows, columns].mean((2, 3))
    return output


def resized(size, *, align_corners=True):
    def reference(data, *_, **__):
        output = np.zeros((*data.shape[:2], *size))
        for b, c, y, x in np.ndindex(*output.shape):
            row, column = (
                0
                if count == 1
                else place * (n - 1) / (count - 1)
                if align_corners
                else (place + 0.5) * n / count - 0.5
                for place, n, count in zip((y, x), data.shape[2:], size, strict=True)
            )
            output[b, c, y, x] = between(data[b, c], row, column)
        return output

    return reference


def resize(size, *, like=None, **params) -> Row:
    shapes = {"data": (2, 2, 5, 6)} | ({"like": like} if like else {})
    reference = resized(size, align_corners=params.get("align_corners", True))
    return Row(
        "_contrib_BilinearResize2D",
        params,
        shapes,
        (2, 2, *size),
        reference,
        known=tuple(shapes),
        rtol=1e-4,  # places between pixels are rounded to single precision
    )


SIZES = (
    *(
        Row(
            "_contrib_AdaptiveAvgPooling2D",
            {"output_size": asked} if asked else {},
            {"data": (2, 3, 5, 7)},
            (2, 3, *size),
            adaptive,
        )
        for asked, size in (((), (1, 1)), ((2, 3), (2, 3)), ((4,), (4, 4)))
    ),
    resize((7, 4), height=7, width=4),
    resize((7, 4), height=7, width=4, align_corners=False),
    resize((1, 8), height=1, width=8, align_corners=False),
    resize((9, 9), scale_height=2.0, scale_width=1.5, mode="odd_scale"),
    resize((10, 9), scale_height=2.0, scale_width=1.5),
    resize((3, 4), like=(2, 1, 3, 4), mode="like"),
    resize((4, 6), mode="to_even_down"),
    resize((6, 6), mode="to_even_up"),
    resize((5, 5), mode="to_odd_down"),
    resize((5, 7), mode="to_odd_up"),
)

ROWS = (*ON_REGIONS, *CONVOLUTIONS, *CORRELATIONS, *GRIDS, *SIZES)
