"""Where points stand within their rows: lines short and straight, boxes apart.

One row at a time is moved as near as its boxes' widths allow to where the rows beside it ask for:
weighted least squares under an order, solved exactly by pooling neighbours that want to pass each
other (isotonic regression). Then each line that runs through several rows is made straight where
there is room.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import pairwise
from math import inf

from ._rows import LayeredGraph

__all__ = ["place_points"]

_ROUNDS = 40
_WORK = 400_000  # pieces of line looked at, as in ordering
_BETWEEN_BOXES = 22.0
_BESIDE_BENDS = 12.0
# How much a piece of line pulls. A line that passes others by, to where they meet, gives way.
_DIRECT, _BETWEEN_BENDS, _PASSING_BY = 3.0, 8.0, 0.2
_STRAIGHTENINGS = 4


def place_points(
    rows: LayeredGraph, order: Sequence[Sequence[int]], widths: Sequence[float]
) -> list[float]:
    """Return the horizontal middle of each point.

    Args:
        rows: the points, and how they are joined.
        order: the points of each row from left to right.
        widths: how wide each point is; those of a row do not overlap.
    """
    placing = _Placing(rows, order, widths)
    rounds = max(2, min(_ROUNDS, _WORK // (1 + rows.pieces())))
    for turn in range(rounds):
        placing.sweep(upward=turn % 2 == 0, both_sides=turn >= rounds // 2)
    for _ in range(_STRAIGHTENINGS):
        placing.straighten()
    return placing.middles


class _Placing:
    """A placing that is being improved; at first each row is packed, its middle at 0."""

    def __init__(
        self, rows: LayeredGraph, order: Sequence[Sequence[int]], widths: Sequence[float]
    ) -> None:
        self.rows, self.order, self.widths = rows, order, widths
        self.passing_by = _passing_by(rows)
        self.beside = {
            point: (left, right)
            for row in order
            for left, point, right in zip([None, *row], row, [*row[1:], None], strict=False)
        }
        self.middles = [0.0] * len(widths)
        for row in order:
            offsets = self._offsets(row)
            for point, offset in zip(row, offsets, strict=True):
                self.middles[point] = offset - offsets[-1] / 2

    def _apart(self, left: int, right: int) -> float:
        """Return how far apart the middles of two neighbours must be."""
        bend = self.rows.is_bend(left) or self.rows.is_bend(right)
        gap = _BESIDE_BENDS if bend else _BETWEEN_BOXES
        return (self.widths[left] + self.widths[right]) / 2 + gap

    def _offsets(self, row: Sequence[int]) -> list[float]:
        """Return where the points of a row stand when packed from 0."""
        offsets = [0.0]
        for left, right in pairwise(row):
            offsets.append(offsets[-1] + self._apart(left, right))
        return offsets

    def sweep(self, *, upward: bool, both_sides: bool) -> None:
        """Move each row to where the row before it asks for, or those on both sides."""
        for row in self.order if upward else reversed(self.order):
            wishes = [
                self._wish(point, upward or both_sides, not upward or both_sides) for point in row
            ]
            offsets = self._offsets(row)
            shifted = [(w, x - offset) for (w, x), offset in zip(wishes, offsets, strict=True)]
            for point, offset, middle in zip(row, offsets, _rising(shifted), strict=True):
                self.middles[point] = offset + middle

    def _wish(self, point: int, below: bool, above: bool) -> tuple[float, float]:
        """Return how strongly a point's neighbours ask it to stand where."""
        ends = [
            *(self.rows.below[point] if below else ()),
            *(self.rows.above[point] if above else ()),
        ]
        weights = [self._weight(point, end) for end in ends]
        total = sum(weights)
        if not total:
            return 0.01, self.middles[point]
        wanted = sum(w * self.middles[end] for w, end in zip(weights, ends, strict=True))
        return total, wanted / total

    def _weight(self, point: int, end: int) -> float:
        bends = self.rows.is_bend(point) + self.rows.is_bend(end)
        if bends == 1 and {point, end} & self.passing_by:
            return _PASSING_BY
        return _BETWEEN_BENDS if bends == 2 else _DIRECT

    def straighten(self) -> None:
        """Make lines straight that run on through several rows, as far as rows have room."""
        for run in self._runs:
            wanted = sorted(self.middles[point] for point in run)[len(run) // 2]
            for part, (low, high) in self._parts(run):
                for point in part:
                    self.middles[point] = min(max(wanted, low), high)

    def _parts(self, run: Sequence[int]) -> Iterator[tuple[list[int], tuple[float, float]]]:
        """Yield the longest parts of a run that can stand above each other, and between what."""
        part: list[int] = []
        low, high = -inf, inf
        for point in run:
            left, right = self._room(point)
            if part and max(low, left) > min(high, right):
                yield part, (low, high)
                part, low, high = [], -inf, inf
            part.append(point)
            low, high = max(low, left), min(high, right)
        yield part, (low, high)

    def _room(self, point: int) -> tuple[float, float]:
        """Return how far to the left and to the right a point could stand."""
        left, right = self.beside[point]
        return (
            -inf if left is None else self.middles[left] + self._apart(left, point),
            inf if right is None else self.middles[right] - self._apart(point, right),
        )

    @cached_property
    def _runs(self) -> list[list[int]]:
        """The lines that lead from point to point without parting or meeting, longest first."""
        begun: set[int] = set()
        runs = []
        for point in (point for row in self.order for point in row):
            if point in begun:
                continue
            run = [point]
            while (following := self._runs_on_to(run[-1])) is not None:
                run.append(following)
            begun.update(run)
            if len(run) > 1:
                runs.append(run)
        return sorted(runs, key=len, reverse=True)

    def _runs_on_to(self, point: int) -> int | None:
        """Return the point that a line runs on to from here; lines that pass by do not count."""
        above = self._trunk(point, self.rows.above)
        return (
            above[0]
            if len(above) == 1 and self._trunk(above[0], self.rows.below) == [point]
            else None
        )

    def _trunk(self, point: int, joined: Sequence[Sequence[int]]) -> list[int]:
        bend = self.rows.is_bend(point)
        return [end for end in joined[point] if bend or end not in self.passing_by]


def _passing_by(rows: LayeredGraph) -> set[int]:
    """Return the bends of lines that lead only to boxes which read others, too."""
    found: set[int] = set()
    for bend in reversed(range(rows.boxes, len(rows.row_of))):
        if all(
            end in found if rows.is_bend(end) else len(rows.below[end]) > 1
            for end in rows.above[bend]
        ):
            found.add(bend)
    return found


def _rising(wishes: Sequence[tuple[float, float]]) -> list[float]:
    """Return the rising numbers nearest to what is wished: (weight, number), least squares.

    >>> _rising([(1, 0), (1, 4), (1, 2), (1, 9)])
    [0, 3.0, 3.0, 9]
    """
    pools: list[tuple[float, float, int]] = []
    for weight, wish in wishes:
        pool = (weight, wish, 1)
        while pools and pools[-1][1] > pool[1]:
            before = pools.pop()
            total = before[0] + pool[0]
            mean = (before[0] * before[1] + pool[0] * pool[1]) / total
            pool = (total, mean, before[2] + pool[2])
        pools.append(pool)
    return [wish for _, wish, count in pools for _ in range(count)]
