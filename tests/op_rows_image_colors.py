"""Rows for operators on sizes and colours of images; see `op_rows.py`.

Factors that are drawn have equal bounds here; `test_image_colors.py` has what is random.
"""

import colorsys
from math import ceil, floor

import numpy as np
from op_testing import Row

__all__ = ["ROWS"]

GRAY = np.array([0.299, 0.587, 0.114])
VALUES = np.array([55.46, 4.794, 1.148])
VECTORS = np.array(
    [[-0.5675, 0.7192, 0.4009], [-0.5808, -0.0045, -0.8140], [-0.5836, -0.6948, 0.4203]]
)
COLOR = {"data": (2, 3, 3)}


def pixels(random, shape):
    """Pixels from 4 to 250, none near another, no colour half-way: there hues have corners."""
    return random.permutation(np.linspace(2, 15.8, int(np.prod(shape))) ** 2).reshape(shape)


def at(factor):
    return {"min_factor": factor, "max_factor": factor}


def row(op, params, shapes, output, reference, **more):
    return Row(op, params, shapes, output, reference, draws={"data": pixels}, **more)


# -- sizes -----------------------------------------------------------------------------------------


def line(values, length, shares):
    """One line of numbers brought to another length."""
    scale = len(values) / length
    found = []
    for place in range(length):
        parts = shares(place, scale, len(values))
        total = sum(share for _, share in parts)
        found.append(
            sum(values[min(max(at, 0), len(values) - 1)] * share for at, share in parts) / total
        )
    return np.array(found)


def nearest(place, scale, length):
    return [(floor(place * scale), 1.0)]


def around(kernel, reach):
    def shares(place, scale, length):
        middle = (place + 0.5) * scale - 0.5
        first = floor(middle) - reach + 1
        return [(at, kernel(abs(middle - at))) for at in range(first, first + 2 * reach)]

    return shares


def cubic(x):
    if x <= 1:
        return 1.25 * x**3 - 2.25 * x**2 + 1
    return -0.75 * x**3 + 3.75 * x**2 - 6 * x + 3


def lanczos(x):
    return np.sinc(x) * np.sinc(x / 4)


def areas(place, scale, length):
    begin, end = place * scale, (place + 1) * scale
    inside = range(floor(begin), min(ceil(end - 1e-9), length))
    return [(at, min(at + 1, end) - max(at, begin)) for at in inside]


WAYS = (nearest, around(lambda x: 1 - x, 1), around(cubic, 2), areas, around(lanczos, 4))


def resize(data, *, size, interp=1, keep_ratio=False):
    height, width = data.shape[-3:-1]
    new = size[-1], size[0]
    if keep_ratio:
        short = min(height, width)
        new = height * size[0] // short, width * size[0] // short
    columns = np.apply_along_axis(line, -2, data, new[1], WAYS[interp])
    return np.apply_along_axis(line, -3, columns, new[0], WAYS[interp])


SHORTER = {"size": (2,), "keep_ratio": True}
SIZES = (
    *(
        row(
            "_image_resize", {"size": (3, 4), "interp": interp}, {"data": (5, 7, 1)}, (4, 3, 1),
            resize, rtol=1e-4,
        )
        for interp in range(5)
    ),
    row("_image_resize", {"size": (9, 4)}, {"data": (2, 3, 4, 2)}, (2, 4, 9, 2), resize),
    row("_image_resize", {"size": (2,)}, {"data": (2, 3, 1)}, (2, 2, 1), resize),
    row("_image_resize", SHORTER, {"data": (3, 7, 1)}, (2, 4, 1), resize),
    row("_image_resize", SHORTER, {"data": (7, 3, 1)}, (4, 2, 1), resize),
)  # fmt: skip


# -- colours ---------------------------------------------------------------------------------------


def contrast(data, *, min_factor, max_factor):
    gray = (data * (GRAY if data.shape[2] == 3 else 1)).sum(2).mean()
    return data * min_factor + gray * (1 - max_factor)


def saturation(data, *, min_factor, max_factor):
    blue = data[:, :, 2:] * GRAY[2]
    return blue + (data - blue) * min_factor


def hue(data, *, min_factor, max_factor):
    def turned(color):
        place, *others = colorsys.rgb_to_hls(*color / 255)
        return np.array(colorsys.hls_to_rgb(place + min_factor, *others)) * 255

    return np.apply_along_axis(turned, 2, data)


def lighting(data, *, alpha):
    return data + VECTORS @ (VALUES * alpha)


def unchanged(data, **params):
    return data.copy()


NO_JITTER = {"brightness": 0.0, "contrast": 0.0, "saturation": 0.0, "hue": 0.0}
GRAY_IMAGE = {"data": (2, 3, 1)}
COLORS = (
    row("_image_adjust_lighting", {"alpha": (0.1, -0.2, 0.3)}, COLOR, (2, 3, 3), lighting),
    row("_image_random_brightness", at(1.3), COLOR, (2, 3, 3),
        lambda data, *, min_factor, max_factor: data * min_factor),
    row("_image_random_contrast", at(1.7), COLOR, (2, 3, 3), contrast),
    row("_image_random_contrast", at(0.4), GRAY_IMAGE, (2, 3, 1), contrast),
    row("_image_random_saturation", at(0.4), COLOR, (2, 3, 3), saturation),
    row("_image_random_saturation", at(0.4), GRAY_IMAGE, (2, 3, 1), unchanged),
    *(row("_image_random_hue", at(turn), COLOR, (2, 3, 3), hue, rtol=1e-4)
      for turn in (0.0, 0.1, 0.4, 0.75, 1.3)),
    row("_image_random_hue", at(0.4), GRAY_IMAGE, (2, 3, 1), unchanged),
    row("_image_random_color_jitter", NO_JITTER, COLOR, (2, 3, 3), unchanged),
    row("_image_random_lighting", {"alpha_std": 0.0}, COLOR, (2, 3, 3), unchanged),
)  # fmt: skip

ROWS = (*SIZES, *COLORS)
