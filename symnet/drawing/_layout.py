"""A layered layout: where boxes stand and how the lines between them run, in pixels.

Lines begin at the bottom row and rise. Nothing here knows what the boxes are of.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from ._order import order_rows
from ._place import place_points
from ._rows import LayeredGraph, Link, assign_rows, cut_links

__all__ = ["BoxSize", "DrawingLayout", "Point", "lay_out"]

_GAP = 26.0  # between rows, for lines to change sides in
_SLOPE = 0.12  # how much more for each pixel that they go sideways
_WIDEST_GAP = 90.0
_BEND = 6.0

Point = tuple[float, float]


class BoxSize(NamedTuple):
    """What a box takes up.

    Args:
        width: its width.
        height: its height.
        label: how wide a label stands beside the line that leaves the box; 0 for none.
    """

    width: float
    height: float
    label: float = 0.0


@dataclass(frozen=True)
class DrawingLayout:
    """Where everything is; y grows downward, from 0 at the top.

    Args:
        centres: the middle of each box.
        lines: for each box the strokes that leave it. A stroke is a list of points: it goes
            straight up from each even one to the next, and swings over from each odd one.
        width: how wide the whole is.
        height: how high the whole is.
    """

    centres: Sequence[Point]
    lines: Sequence[Sequence[Sequence[Point]]]
    width: float
    height: float


def lay_out(sizes: Sequence[BoxSize], links: Sequence[Link], strip: float = 0.0) -> DrawingLayout:
    """Return where boxes and lines go.

    Args:
        sizes: the size of each box.
        links: which boxes are joined: (source, target), the source being the smaller number.
        strip: height of the labels. Above a row with labels lines go straight up for that long,
            so that none runs through a label.

    The same arguments give the same layout. No two boxes overlap, and no line is hidden behind one.

    >>> layout = lay_out([BoxSize(60, 20), BoxSize(80, 20)], [(0, 1)])
    >>> layout.centres, layout.lines[0]
    ([(40.0, 56.0), (40.0, 10.0)], [[(40.0, 46.0), (40.0, 46.0), (40.0, 20.0), (40.0, 20.0)]])
    """
    links = sorted(set(links))
    rows = cut_links(assign_rows(len(sizes), links), links)
    order = order_rows(rows)
    # A label stands to the right of the middle; the width counts twice to keep the box centred.
    widths = [max(size.width, 2 * size.label) for size in sizes]
    widths += [_BEND] * (len(rows.row_of) - len(sizes))
    middles = place_points(rows, order, widths)
    left = min((x - w / 2 for x, w in zip(middles, widths, strict=True)), default=0.0)
    middles = [round(x - left, 1) for x in middles]
    bands = _bands(sizes, rows, order, middles, strip)
    height = bands[-1].top if bands else 0.0
    drawn = _Drawn(sizes, rows, middles, bands, height)
    right = max((x + w / 2 for x, w in zip(middles, widths, strict=True)), default=0.0)
    centres = [drawn.centre(box) for box in range(len(sizes))]
    return DrawingLayout(
        centres, [list(drawn.strokes(b)) for b in range(len(sizes))], right, height
    )


class _Band(NamedTuple):
    """The heights, counted from the bottom, between which a row lies; its labels are above."""

    bottom: float
    middle: float
    top: float


def _bands(
    sizes: Sequence[BoxSize],
    rows: LayeredGraph,
    order: Sequence[Sequence[int]],
    middles: Sequence[float],
    strip: float,
) -> list[_Band]:
    bands: list[_Band] = []
    bottom = 0.0
    for row in order:
        boxes = [sizes[point] for point in row if not rows.is_bend(point)]
        height = max(size.height for size in boxes)
        top = bottom + height + (strip if any(size.label for size in boxes) else 0.0)
        bands.append(_Band(bottom, bottom + height / 2, top))
        sideways = (
            abs(middles[point] - middles[end]) for point in row for end in rows.above[point]
        )
        bottom = top + round(min(_GAP + _SLOPE * max(sideways, default=0.0), _WIDEST_GAP))
    return bands


@dataclass(frozen=True)
class _Drawn:
    """Points with their coordinates."""

    sizes: Sequence[BoxSize]
    rows: LayeredGraph
    middles: Sequence[float]
    bands: Sequence[_Band]
    height: float

    def centre(self, box: int) -> Point:
        """Return the middle of a box."""
        return self.middles[box], self.height - self.bands[self.rows.row_of[box]].middle

    def strokes(self, box: int) -> Iterator[list[Point]]:
        """Yield the strokes of the lines that leave a box; what they share is drawn once."""
        begun = [[box, end] for end in self.rows.above[box]]
        while begun:
            stroke = begun.pop()
            while self.rows.is_bend(stroke[-1]):
                following, *others = self.rows.above[stroke[-1]]
                begun += [[stroke[-1], other] for other in others]
                stroke.append(following)
            yield [point for piece in pairwise(stroke) for point in self._piece(*piece)]

    def _piece(self, point: int, end: int) -> tuple[Point, Point, Point, Point]:
        """Return where a piece of line leaves its row, and where it enters the next."""
        low, high = self.bands[self.rows.row_of[point]], self.bands[self.rows.row_of[end]]
        left, right = self.middles[point], self.middles[end]
        start = (
            low.bottom if self.rows.is_bend(point) else low.middle + self.sizes[point].height / 2
        )
        stop = high.bottom if self.rows.is_bend(end) else high.middle - self.sizes[end].height / 2
        heights = (self.height - y for y in (start, low.top, high.bottom, stop))
        a, b, c, d = heights
        return (left, a), (left, b), (right, c), (right, d)
