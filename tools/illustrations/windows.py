"""Where windows lie: along one axis, one row for each window."""

from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np

import symnet as mx

from ._measured import run, slopes
from .pieces import DARK, PASTEL, STRONG, Piece, box, grid, number, text, titled
from .registry import illustrates

__all__ = ["Windows"]

CELL, ROW = 22, 15


class Windows(NamedTuple):
    """Windows along one axis.

    Args:
        values: numbers of the data.
        kernel: taps of a window.
        stride: from one window to the next.
        pad: zeros before the data, and behind.
        dilate: from one tap to the next.
    """

    values: tuple[int, ...]
    kernel: int = 3
    stride: int = 1
    pad: int = 0
    dilate: int = 1

    def taps(self, window: int) -> list[int]:
        """Return the places that a window reads; below 0 and behind the data is padding."""
        start = window * self.stride - self.pad
        return [start + tap * self.dilate for tap in range(self.kernel)]

    def options(self) -> dict[str, Any]:
        """Return the parameters that a layer takes."""
        names = ("kernel", "stride", "pad")
        return {name: (getattr(self, name),) for name in names}

    def data(self) -> np.ndarray:
        """Return one sample of one channel."""
        return np.array(self.values, float)[None, None]


def _checked(windows: Windows, layer: Any, outputs: int) -> None:
    """Hold the places of windows against what the layer's gradient says that it reads."""
    for window in range(outputs):
        head = np.zeros((1, 1, outputs))
        head[..., window] = 1
        read = np.flatnonzero(slopes(layer, windows.data(), head)[1])
        inside = [place for place in windows.taps(window) if 0 <= place < len(windows.values)]
        if read.tolist() != inside:
            raise AssertionError(f"window {window} of {windows} reads {read}, not {inside}")


def _row_of_cells(left: int, right: int, windows: Windows, y: float) -> Iterator[str]:
    """Yield the data, with cells that are not there before and behind it."""
    for place in range(left, right):
        x = (place - left) * CELL
        there = 0 <= place < len(windows.values)
        yield box(x, y, (CELL, CELL), PASTEL[0] if there else "none", dashed=not there)
        if there:
            yield text(x + CELL / 2, y + 15, str(windows.values[place]), DARK)


def drawn(windows: Windows, outputs: np.ndarray) -> Piece:
    """Return the data, below it the windows, and at the right what becomes of each."""
    last = max(windows.taps(len(outputs) - 1)[-1] + 1, len(windows.values) + windows.pad)
    left = -windows.pad
    parts = [*_row_of_cells(left, last, windows, 0)]
    result = (last - left) * CELL + 34
    for window, value in enumerate(outputs):
        y = CELL + 8 + window * (ROW + 8)
        places = [(place - left) * CELL for place in windows.taps(window)]
        parts.append(_span(places[0], places[-1] + CELL, y + ROW / 2))
        parts += [box(x + 3, y, (CELL - 6, ROW), PASTEL[1]) for x in places]
        parts.append(text(result - 16, y + 12, "→"))
        parts.append(box(result, y - 3, (CELL + 8, ROW + 6), PASTEL[2]))
        parts.append(text(result + CELL / 2 + 4, y + 12, f"{round(float(value), 2):g}", DARK))
    height = CELL + 8 + len(outputs) * (ROW + 8)
    return Piece(result + CELL + 8, height, tuple(parts))


def _span(left: float, right: float, y: float) -> str:
    ends = f'x1="{number(left + 3)}" x2="{number(right - 3)}" y1="{number(y)}" y2="{number(y)}"'
    return f'<line {ends} stroke="{STRONG[1]}"/>'


# -- convolution -----------------------------------------------------------------------------------


def _convolved(windows: Windows) -> Piece:
    options = windows.options() | {"dilate": (windows.dilate,), "name": "layer"}
    layer: Any = partial(mx.Convolution, no_bias=True, num_filter=1, **options)
    outputs = slopes(layer, windows.data())[0][0, 0]
    _checked(windows, layer, len(outputs))
    return drawn(windows, outputs)


@illustrates(
    "Convolution",
    says="What kernel, stride, pad and dilate do along one axis, with a filter of ones.",
)
def convolution() -> Piece:
    """One parameter after the other."""
    values = (1, 2, 3, 4, 5, 6, 7)
    return grid(
        [
            titled("kernel=3", _convolved(Windows(values))),
            titled("kernel=3, stride=2", _convolved(Windows(values, stride=2))),
            titled("kernel=3, pad=1", _convolved(Windows(values[:5], pad=1))),
            titled("kernel=3, dilate=2", _convolved(Windows(values, dilate=2))),
        ],
        2,
    )


# -- pooling ---------------------------------------------------------------------------------------


def _pooled(windows: Windows, convention: str) -> Piece:
    options = windows.options() | {"pooling_convention": convention}
    layer: Any = partial(mx.Pooling, pool_type="sum", **options)
    outputs = run(mx.Pooling, windows.data(), pool_type="max", **options)[0, 0]
    _checked(windows, layer, len(outputs))
    return drawn(windows, outputs)


@illustrates(
    "Pooling", "Pooling_v1",
    says="Which windows each pooling convention makes along one axis, and their maxima.",
)  # fmt: skip
def pooling() -> Piece:
    """Six values, where the conventions differ."""
    wide = Windows((3, 1, 4, 1, 5, 9), kernel=3, stride=2)
    apart = Windows((3, 1, 4, 1, 5, 9), kernel=2, stride=3)
    return grid(
        [
            titled(f"{convention}: {_said(windows)}", _pooled(windows, convention))
            for windows, convention in (
                (wide, "valid"),
                (wide, "full"),
                (wide, "same"),
                (wide._replace(pad=1), "full"),
                (apart, "inside"),
                (apart, "beyond"),
            )
        ],
        2,
    )


def _said(windows: Windows) -> str:
    said = f"kernel={windows.kernel}, stride={windows.stride}"
    return f"{said}, pad={windows.pad}" if windows.pad else said


# -- deconvolution ---------------------------------------------------------------------------------


def _spread(windows: Windows, adj: int = 0) -> Piece:
    """Return what a deconvolution makes of the data: each value is added in some places."""
    weight = np.ones((1, 1, windows.kernel))
    options = windows.options() | {"num_filter": 1, "no_bias": True, "adj": (adj,)}
    outputs = run(mx.Deconvolution, windows.data(), weight, **options)[0, 0]
    count = len(windows.values)
    left, right = -windows.pad, len(outputs) + windows.pad
    parts = []
    for window, value in enumerate(windows.values):
        y = window * (ROW + 8)
        parts.append(box(0, y, (CELL, ROW + 6), PASTEL[0]))
        parts.append(text(CELL / 2, y + 15, str(value), DARK))
        parts.append(text(CELL + 14, y + 15, "→"))
        places = [(place - left) * CELL + 2 * CELL for place in windows.taps(window)]
        parts.append(_span(places[0], places[-1] + CELL, y + ROW / 2 + 3))
        parts += [box(x + 3, y + 3, (CELL - 6, ROW), PASTEL[1]) for x in places]
    y = count * (ROW + 8) + 2
    for place in range(left, right):
        there = 0 <= place < len(outputs)
        x = (place - left) * CELL + 2 * CELL
        parts.append(box(x, y, (CELL, CELL), PASTEL[2] if there else "none", dashed=not there))
        if there:
            parts.append(text(x + CELL / 2, y + 15, f"{outputs[place]:g}", DARK))
    return Piece((right - left + 2) * CELL, y + CELL, tuple(parts))


@illustrates(
    "Deconvolution",
    says="What kernel, stride, pad and adj do along one axis, with a filter of ones.",
)
def deconvolution() -> Piece:
    """One parameter after the other."""
    values = Windows((1, 2, 3))
    twice = values._replace(stride=2)
    return grid(
        [
            titled("kernel=3", _spread(values)),
            titled("kernel=3, stride=2", _spread(twice)),
            titled("kernel=3, stride=2, pad=1", _spread(twice._replace(pad=1))),
            titled("kernel=3, stride=2, pad=1, adj=1", _spread(twice._replace(pad=1), adj=1)),
        ],
        2,
    )
