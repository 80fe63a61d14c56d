"""The rows of a layered drawing: which box stands in which, and where long lines pass through.

A line joins neighbouring rows only. One that goes further is bent at a point of its own in every
row between; all lines from one box share those points as far as they run together.
Source: K. Sugiyama, S. Tagawa, M. Toda, "Methods for visual understanding of hierarchical system
structures", 1981.
"""

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["LayeredGraph", "Link", "assign_rows", "count_pieces", "cut_links"]

Link = tuple[int, int]
"""From one box to another that comes later: the first number is the smaller one."""


@dataclass(frozen=True)
class LayeredGraph:
    """Boxes and bends, and the pieces of line between neighbouring rows.

    Args:
        row_of: the row of each point, 0 at the bottom; boxes first, then bends.
        owner: the box that each point belongs to; a bend's is where its line begins.
        below: for each point those of the row below that it is joined with.
        above: the same for the row above.
        boxes: how many of the points are boxes.
    """

    row_of: Sequence[int]
    owner: Sequence[int]
    below: Sequence[Sequence[int]]
    above: Sequence[Sequence[int]]
    boxes: int

    def is_bend(self, point: int) -> bool:
        """Tell whether a point is a bend of a line."""
        return point >= self.boxes

    def pieces(self) -> int:
        """Return how many pieces of line there are."""
        return sum(map(len, self.above))

    def by_row(self) -> list[list[int]]:
        """Return the points of each row, those that were declared first leftmost."""
        rows: list[list[int]] = [[] for _ in range(max(self.row_of, default=-1) + 1)]
        for point in sorted(range(len(self.row_of)), key=lambda p: (self.owner[p], p)):
            rows[self.row_of[point]].append(point)
        return rows


def assign_rows(boxes: int, links: Sequence[Link]) -> list[int]:
    """Return the row of each box, so that every link goes up.

    Each box stands as low as it can; then, from the top, those that feed at least as many as they
    read are drawn up to the ones they feed. That keeps most lines short: the input of a late step
    stands beside that step.

    >>> assign_rows(4, [(0, 1), (1, 3), (2, 3)])
    [0, 1, 1, 2]
    """
    read: list[list[int]] = [[] for _ in range(boxes)]
    feed: list[list[int]] = [[] for _ in range(boxes)]
    for source, target in links:
        read[target].append(source)
        feed[source].append(target)
    rows = [0] * boxes
    for box in range(boxes):
        rows[box] = max((rows[source] + 1 for source in read[box]), default=0)
    for box in reversed(range(boxes)):
        if feed[box] and len(feed[box]) >= len(read[box]):
            rows[box] = min(rows[target] for target in feed[box]) - 1
    return rows


def count_pieces(boxes: int, links: Sequence[Link]) -> int:
    """Return how many pieces of line a drawing of these links has."""
    rows = assign_rows(boxes, links)
    highest = list(rows)
    for source, target in links:
        highest[source] = max(highest[source], rows[target] - 1)
    bends = sum(high - low for low, high in zip(rows, highest, strict=True))
    return len(links) + bends


def cut_links(row_of: Sequence[int], links: Sequence[Link]) -> LayeredGraph:
    """Return boxes and bends, with every link cut into pieces between neighbouring rows."""
    boxes = len(row_of)
    rows, owner = list(row_of), list(range(boxes))
    above: list[list[int]] = [[] for _ in range(boxes)]
    trunks: dict[int, list[int]] = {box: [box] for box in range(boxes)}
    for source, target in sorted(links, key=lambda link: (link[0], row_of[link[1]], link[1])):
        trunk = trunks[source]
        while len(trunk) < row_of[target] - row_of[source]:
            bend = len(rows)
            rows.append(rows[trunk[-1]] + 1)
            owner.append(source)
            above.append([])
            above[trunk[-1]].append(bend)
            trunk.append(bend)
        above[trunk[-1]].append(target)
    below: list[list[int]] = [[] for _ in rows]
    for point, targets in enumerate(above):
        for target in targets:
            below[target].append(point)
    return LayeredGraph(rows, owner, below, above, boxes)
