"""The order of points within rows: few crossings, by barycentres and by exchanging neighbours."""

from bisect import bisect_right, insort
from collections.abc import Sequence

from ._rows import LayeredGraph

__all__ = ["count_crossings", "order_rows"]

_WORK = 200_000  # pieces of line looked at; so that a large drawing takes few rounds, not minutes
_ROUNDS = 12
_MOST_EXCHANGED = 3000  # pieces of line; comparing neighbours is quadratic where many lines meet

Order = list[list[int]]


def order_rows(rows: LayeredGraph) -> Order:
    """Return the points of each row from left to right.

    The rows are sorted by the mean place of what they are joined with, up and down in turn; then
    neighbours are exchanged where that helps. The best order that was met is returned. How many
    rounds there are depends on the size alone, so the result is always the same.
    """
    best = rows.by_row()
    rounds = max(1, min(_ROUNDS, _WORK // (1 + rows.pieces())))
    fewest = count_crossings(rows, best)
    order = [list(row) for row in best]
    for turn in range(rounds):
        if fewest == 0:
            break
        _sort_rows(rows, order, upward=turn % 2 == 0)
        if rows.pieces() <= _MOST_EXCHANGED:
            _exchange(rows, order)
        crossings = count_crossings(rows, order)
        if crossings < fewest:
            best, fewest = [list(row) for row in order], crossings
    return best


def count_crossings(rows: LayeredGraph, order: Order) -> int:
    """Return how many pairs of lines cross.

    >>> below, above = [[], [], [1], [0]], [[3], [2], [], []]
    >>> crossed = LayeredGraph([0, 0, 1, 1], [0, 1, 2, 3], below, above, 4)
    >>> count_crossings(crossed, [[0, 1], [2, 3]]), count_crossings(crossed, [[0, 1], [3, 2]])
    (1, 0)
    """
    place = _places(order)
    total = 0
    for row in order:
        seen: list[int] = []
        for point in row:
            ends = sorted(place[target] for target in rows.above[point])
            total += sum(len(seen) - bisect_right(seen, end) for end in ends)
            for end in ends:
                insort(seen, end)
    return total


def _places(order: Order) -> dict[int, int]:
    return {point: place for row in order for place, point in enumerate(row)}


def _sort_rows(rows: LayeredGraph, order: Order, *, upward: bool) -> None:
    """Sort each row by the mean place of the neighbours in the row before it."""
    joined = rows.below if upward else rows.above
    place = _places(order)
    for row in order if upward else reversed(order):

        def mean(point: int) -> float:
            ends = joined[point]
            return sum(place[end] for end in ends) / len(ends) if ends else place[point]

        row.sort(key=mean)
        place.update({point: number for number, point in enumerate(row)})


def _exchange(rows: LayeredGraph, order: Order) -> None:
    """Exchange neighbours wherever their lines then cross less often, until none is left."""
    place = _places(order)
    for _ in range(_ROUNDS):
        changed = False
        for row in order:
            for left in range(len(row) - 1):
                one, other = row[left], row[left + 1]
                if _crossings(rows, place, one, other) > _crossings(rows, place, other, one):
                    row[left], row[left + 1] = other, one
                    place[one], place[other] = left + 1, left
                    changed = True
        if not changed:
            return


def _crossings(rows: LayeredGraph, place: dict[int, int], left: int, right: int) -> int:
    """Return how often the lines of two neighbours cross."""
    return sum(
        _inversions([place[end] for end in joined[left]], [place[end] for end in joined[right]])
        for joined in (rows.below, rows.above)
    )


def _inversions(left: Sequence[int], right: Sequence[int]) -> int:
    return sum(one > other for one in left for other in right)
