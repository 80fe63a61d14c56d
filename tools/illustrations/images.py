"""Pixels of small images, and where regions and grids read them."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import symnet as mx

from ._measured import run, weights
from .arrays import given, moved, numbers
from .pieces import (
    DARK,
    GREY,
    PASTEL,
    PLAIN,
    STRONG,
    Piece,
    box,
    cells,
    flow,
    grid,
    number,
    path,
    titled,
)
from .registry import illustrates

__all__ = ["shaded"]

CELL = 20


def shaded(image: np.ndarray, cell: float = CELL) -> Piece:
    """Return numbers from 0 to 1 as squares from light to blue."""
    parts = []
    for (row, column), value in np.ndenumerate(image):
        ground = "#" + "".join(
            f"{round(low + (high - low) * value + 1e-7):02x}" for low, high in _ENDS
        )
        parts.append(box(column * cell, row * cell, (cell, cell), ground))
    rows, columns = image.shape
    return Piece(columns * cell, rows * cell, tuple(parts))


_ENDS = ((0xF2, 0x2F), (0xF2, 0x7F), (0xF2, 0xC1))
"""Red, green and blue: of light, and of blue."""


def _batch(image: np.ndarray) -> np.ndarray:
    return image[None, None]


# -- padding and resizing --------------------------------------------------------------------------


@illustrates("Pad", says="A border of two pixels around an image, in three modes.")
def padding() -> Piece:
    """Constant, edge and reflect."""
    image = numbers(3, 3)
    width = (0, 0, 0, 0, 2, 2, 2, 2)
    results = [
        moved(f'mode="{mode}"', run(mx.Pad, _batch(image), mode=mode, pad_width=width)[0, 0], image)
        for mode in ("constant", "edge", "reflect")
    ]
    return grid([given("data", image), *results], 2)


@illustrates(
    "UpSampling", "_contrib_BilinearResize2D", says="An image of two by two pixels, made larger."
)
def enlarging() -> Piece:
    """By copies, and by reading between the pixels."""
    image = np.array([[0.0, 4.0], [8.0, 16.0]])
    nearest = run(mx.UpSampling, _batch(image), scale=2, sample_type="nearest")[0, 0]
    between = run(mx.BilinearResize2D, _batch(image), height=4, width=4)[0, 0]
    shown = [
        titled("UpSampling, nearest", cells(nearest)),
        titled("BilinearResize2D", cells(between, cell=38)),
    ]
    return flow(titled("data", cells(image)), "→", grid(shown, 2))


@illustrates("_contrib_AdaptiveAvgPooling2D", says="Means of equal parts of an image.")
def parts() -> Piece:
    """Parts that share pixels where the sizes do not divide."""
    image = numbers(4, 5)
    result = run(mx.AdaptiveAvgPooling2D, _batch(image), output_size=(2, 2))[0, 0]
    return flow(
        titled("data", cells(image)), "→", titled("output_size=(2, 2)", cells(result, cell=38))
    )


@illustrates("Crop", says="A window cut out of an image, by offset and size.")
def cropping() -> Piece:
    """Offset (1, 2)."""
    image = numbers(4, 5)
    result = run(mx.Crop, _batch(image), offset=(1, 2), h_w=(2, 3))[0, 0]
    colours = [PLAIN if value not in result else PASTEL[0] for value in image.flat]
    return flow(
        titled("data", cells(image, colours)), "→",
        titled("offset=(1, 2), h_w=(2, 3)", cells(result, [PASTEL[0]] * result.size)),
    )  # fmt: skip


# -- regions ---------------------------------------------------------------------------------------


def _read(pool: Callable[..., Any], region: tuple[float, ...], size: int) -> np.ndarray:
    """Return how much each of two by two parts of a region takes of each pixel."""

    def function(data: mx.SymbolicNode) -> mx.SymbolicNode:
        made: mx.SymbolicNode = pool(
            data, mx.Variable("rois"), pooled_size=(2, 2), spatial_scale=1.0
        )
        return made

    rois = np.array([[0.0, *region]])
    found = weights(function, (1, 1, size, size), rois=rois)
    return found.reshape(size, size, 4)


def _region(pool: Callable[..., Any], region: tuple[float, ...], size: int = 8) -> Piece:
    """Return what each part reads, in a colour of its own, and the region's border.

    A region counts from the middle of the first pixel.
    """
    read = _read(pool, region, size)
    shapes = list(shaded(np.zeros((size, size))).parts)
    for row, column in np.ndindex(size, size):
        takers = np.flatnonzero(read[row, column])
        for order, part in enumerate(takers):
            wide = CELL / len(takers)
            shapes.append(box(column * CELL + order * wide, row * CELL, (wide, CELL), PASTEL[part]))
    left, top, right, bottom = ((edge + 0.5) * CELL for edge in region)
    corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
    shapes.append(path(corners, DARK, width=2))
    return Piece(size * CELL, size * CELL, tuple(shapes))


@illustrates(
    "ROIPooling", "_contrib_ROIAlign",
    says="Which pixels the two by two parts of one region read: ROIPooling rounds, ROIAlign reads "
    "between the pixels.",
)  # fmt: skip
def regions() -> Piece:
    """A region that lies between pixels; each part has a colour."""
    region = (1.2, 0.8, 6.2, 5.4)

    def aligned(*inputs: Any, **options: Any) -> mx.SymbolicNode:
        return mx.ROIAlign(*inputs, sample_ratio=2, **options)

    shown = [
        titled("ROIPooling", _region(mx.ROIPooling, region)),
        titled("ROIAlign", _region(aligned, region)),
    ]
    return grid(shown, 2)


# -- grids -----------------------------------------------------------------------------------------

LETTER = np.array(
    [
        [0, 0, 0, 0, 0, 0, 0],
        [0, 1, 1, 1, 1, 0, 0],
        [0, 1, 0, 0, 0, 0, 0],
        [0, 1, 1, 1, 0, 0, 0],
        [0, 1, 0, 0, 0, 0, 0],
        [0, 1, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 0],
    ],
    float,
)


def _points(places: np.ndarray, size: int) -> Iterator[str]:
    """Yield the points of a grid, whose x and y run from −1 to 1 between the outer pixels."""
    for x, y in places.reshape(2, -1).T:
        across, down = ((value + 1) / 2 * (size - 1) * CELL + CELL / 2 for value in (x, y))
        if -1 <= across <= size * CELL + 1 and -1 <= down <= size * CELL + 1:
            at = f'cx="{number(across)}" cy="{number(down)}"'
            yield f'<circle {at} r="2.5" fill="{STRONG[1]}"/>'


@illustrates(
    "GridGenerator", "BilinearSampler", "SpatialTransformer",
    says="An image, the points of an affine grid on it, and what is read there.",
)  # fmt: skip
def sampling() -> Piece:
    """Turned by 30 degrees, and enlarged."""
    size = len(LETTER)
    theta = np.array([[0.69, -0.4, -0.1, 0.4, 0.69, -0.1]])
    places = run(mx.GridGenerator, theta, transform_type="affine", target_shape=(size, size))
    read = run(mx.BilinearSampler, _batch(LETTER), places)[0, 0]
    image = shaded(LETTER)
    dots = Piece(image.width, image.height, (*image.parts, *_points(places, size)))
    return flow(titled("data and grid", dots), "→", titled("output", shaded(read)))


# -- boxes -----------------------------------------------------------------------------------------


def _frame(corners: Any, colour: str, width: float = 2) -> str:
    left, top, right, bottom = (float(value) * 160 for value in corners)
    around = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
    return path(around, colour, width=width)


def _canvas(*shapes: str) -> Piece:
    return Piece(160, 160, (box(0, 0, (160, 160), "none"), *shapes))


@illustrates("_contrib_MultiBoxPrior", says="The anchors around one of sixteen pixels.")
def anchors() -> Piece:
    """Two sizes and three ratios make four boxes a pixel."""
    image = mx.array(np.zeros((1, 3, 4, 4)), dtype="float64")
    found = mx.MultiBoxPrior(image, sizes=(0.4, 0.2), ratios=(1, 2, 0.5)).asnumpy()[0]
    around = found.reshape(16, -1, 4)[5]
    lines = [path([(at, 0), (at, 160)], GREY, width=0.5) for at in (40, 80, 120)]
    lines += [path([(0, at), (160, at)], GREY, width=0.5) for at in (40, 80, 120)]
    boxes = [_frame(corners, STRONG[order]) for order, corners in enumerate(around)]
    return titled("sizes=(0.4, 0.2), ratios=(1, 2, 0.5)", _canvas(*lines, *boxes))


@illustrates("_contrib_box_nms", says="Boxes before and after suppression.")
def suppression() -> Piece:
    """Of two that overlap the better stays."""
    rows = np.array(
        [
            [0, 0.9, 0.10, 0.10, 0.50, 0.60],
            [0, 0.6, 0.20, 0.20, 0.60, 0.70],
            [0, 0.8, 0.66, 0.45, 0.92, 0.92],
        ]
    )
    kept = run(mx.box_nms, rows, overlap_thresh=0.4)
    return flow(titled("data", _scored(rows)), "→", titled("overlap_thresh=0.4", _scored(kept)))


def _scored(rows: np.ndarray) -> Piece:
    shapes = []
    for row in rows[rows[:, 1] > 0]:
        colour = STRONG[0] if row[1] > 0.7 else STRONG[1]
        at = f'x="{number(row[4] * 160 - 4)}" y="{number(row[5] * 160 - 5)}" text-anchor="end"'
        shapes += [_frame(row[2:], colour), f'<text {at} fill="{GREY}">{row[1]:g}</text>']
    return _canvas(*shapes)
