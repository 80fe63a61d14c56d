"""Boxes that overlap: how much, which of them suppress others, and which belong together."""

from collections.abc import Iterator
from math import inf
from typing import NamedTuple

import torch
from torch import Tensor

__all__ = [
    "Limit",
    "Ranked",
    "areas",
    "at_least_single",
    "best_first",
    "crossings",
    "first_of",
    "matches",
    "quotients",
    "rows_of",
    "survivors",
    "survivors_of_groups",
]

_BLOCK = 200
"""Boxes that are compared at once with all that are left."""

_MANY = 1024
"""From how many boxes on those of each kind are compared by themselves."""

_NEAR = 64
"""Up to how many boxes near each one pairs are picked, instead of comparing all with all."""

_MOST_KINDS = 1 << 20
"""Kinds whose keys double precision holds apart."""

_KIND = 5
"""The row of kinds among the numbers of `Ranked`."""


def crossings(first: Tensor, second: Tensor, *, border: float = 0) -> Tensor:
    """Return the area that each box has in common with each other one, (first, second).

    Args:
        first: left, top, right and bottom of each box, on the last axis; any axes before them.
        second: boxes of the same axes but the last two.
        border: what is added to lengths, where a box ends behind its last pixel.
    """
    # Numbers of one meaning lie side by side in memory: boxes have their four numbers there.
    these, others = (_by_meaning(boxes) for boxes in (first, second))
    return _in_common(these.unsqueeze(-1), others.unsqueeze(-2), border)[0]


def _by_meaning(boxes: Tensor) -> Tensor:
    """Return the numbers of boxes on the first axis, in memory that a recorded rule keeps."""
    apart = boxes.movedim(-1, 0)
    return torch.empty(apart.shape, dtype=boxes.dtype, device=boxes.device).copy_(apart)


def _in_common(first: Tensor, second: Tensor, border: float) -> tuple[Tensor, Tensor]:
    """Return what boxes share, and memory that is free: their numbers are on the first axis."""
    # Memory of `torch.empty` is what a recorded rule keeps.
    shape = (2, *first.shape[1:-1], second.shape[-1])
    shared = torch.empty(shape, dtype=first.dtype, device=first.device)
    torch.minimum(first[2:4], second[2:4], out=shared)
    shared.sub_(torch.maximum(first[:2], second[:2], out=torch.empty_like(shared)))
    if border:
        shared.add_(border)
    wide, tall = shared.clamp_min_(0)
    return wide.mul_(tall), tall


def areas(boxes: Tensor, *, border: float = 0) -> Tensor:
    """Return width times height of each box."""
    sizes = boxes[..., 2:] - boxes[..., :2] + border
    return sizes[..., 0] * sizes[..., 1]


def at_least_single(values: Tensor) -> Tensor:
    """Return values in single precision, or in the higher one that they have."""
    return values.to(torch.promote_types(values.dtype, torch.float32))


def quotients(common: Tensor, first: Tensor, second: Tensor) -> Tensor:
    """Return the areas in common as part of the areas of both together.

    Args:
        common: what each box has in common with each other one, (first, second).
        first: areas of the boxes.
        second: areas of the others.
    """
    both = torch.empty_like(common)
    torch.add(first[..., :, None], second[..., None, :], out=both).sub_(common)
    # Two boxes without an area have nothing in common: 0, and not 0/0.
    return torch.div(common, both.clamp_min_(torch.finfo(both.dtype).tiny), out=both)


class Ranked(NamedTuple):
    """Boxes by falling score, each a column: numbers of one meaning lie side by side in memory.

    Args:
        numbers: left, top, right, bottom and area, and the kind where there are kinds.
        places: where the boxes stand among all.
    """

    numbers: Tensor
    places: Tensor

    @classmethod
    def of(cls, corners: Tensor, covered: Tensor, kinds: Tensor | None = None) -> "Ranked":
        """Return the boxes of corners (boxes, 4) and areas, and of kinds where boxes have one."""
        further = (covered,) if kinds is None else (covered, kinds)
        numbers = torch.cat((corners.mT, torch.stack(further)))
        return cls(numbers, torch.arange(len(covered), device=covered.device))

    def part(self, which: slice) -> "Ranked":
        """Return a stretch of the boxes."""
        return Ranked(self.numbers[:, which], self.places[which])

    def where(self, holds: Tensor) -> "Ranked":
        """Return the boxes for which something holds."""
        chosen = holds.nonzero().view(-1)
        return Ranked(self.numbers.index_select(1, chosen), self.places[chosen])


class Limit(NamedTuple):
    """How much of what two boxes cover together they must have in common to disturb each other.

    Args:
        share: the share.
        reached: whether they do at the share itself, or only above it.
        border: what is added to lengths, where a box ends behind its last pixel.
    """

    share: float
    reached: bool = False
    border: float = 0


def survivors(boxes: Ranked, limit: Limit, wanted: int | None = None) -> Tensor:
    """Return which boxes are left when each that is left suppresses later ones of its kind.

    A block of them is compared in itself, then with all later ones that are left, so whoever is
    suppressed is never looked at again.

    Args:
        boxes: the boxes.
        limit: from which overlap on the later one is suppressed.
        wanted: how many survivors are wanted at most.
    """
    if len(boxes.numbers) > _KIND and len(boxes.places) > _MANY:
        return _survivors_by_kind(boxes, limit)[:wanted]
    found: list[Tensor] = []
    missing = len(boxes.places) if wanted is None else wanted
    while boxes.places.numel() and missing > 0:
        block, boxes = boxes.part(slice(_BLOCK)), boxes.part(slice(_BLOCK, None))
        left = block.where(_undisturbed(_disturbs(block, block, limit)))
        found.append(left.places[:missing])
        missing -= len(left.places)
        if boxes.places.numel() and missing > 0:
            boxes = boxes.where(_disturbs(left, boxes, limit).amax(0) == 0)
    return torch.cat(found) if found else boxes.places


def _survivors_by_kind(boxes: Ranked, limit: Limit) -> Tensor:
    """Return the survivors of boxes that are many: kind by kind there are fewer to compare."""
    order = boxes.numbers[_KIND].argsort(stable=True)
    kinds = boxes.numbers[_KIND][order]
    begins = (kinds[1:] != kinds[:-1]).nonzero().view(-1) + 1
    parts = (
        Ranked(boxes.numbers[:_KIND, part], boxes.places[part])
        for part in order.tensor_split(begins.tolist())
    )
    return torch.cat([survivors(part, limit) for part in parts]).sort().values


def _disturbs(some: Ranked, others: Ranked, limit: Limit) -> Tensor:
    """Return 1 where one of some boxes overlaps one of others too much, else 0: (some, others)."""
    return _too_close(some.numbers.unsqueeze(-1), others.numbers.unsqueeze(-2), limit)


def _too_close(first: Tensor, second: Tensor, limit: Limit) -> Tensor:
    """Return 1 where boxes of one kind overlap too much, else 0; their numbers are broadcast."""
    common, memory = _in_common(first, second, limit.border)
    both = (first[4] + second[4]).sub_(common)
    # Two boxes without an area have nothing in common: 0, and not 0/0.
    overlap = common.div_(both.clamp_min_(torch.finfo(both.dtype).tiny))
    compare = torch.ge if limit.reached else torch.gt
    found = compare(overlap, limit.share, out=overlap)
    if len(first) > _KIND:
        found.mul_(torch.eq(first[_KIND], second[_KIND], out=memory))
    return found


def survivors_of_groups(boxes: Ranked, limit: Limit) -> Tensor | None:
    """Return for each box whether it is left, where few are near each other; else None.

    Boxes are sorted by their left border, group by group, so those that may overlap one follow
    it: only such pairs are looked at, which are far fewer than all where boxes lie scattered.

    Args:
        boxes: the boxes, which have kinds; the better one of two of one kind comes first.
        limit: from which overlap on the later one is suppressed.
    """
    count = boxes.numbers.shape[1]
    if not count or limit.border or not limit.share > 0:
        return None
    left, _, right, _, _, kinds = boxes.numbers.double().unbind()
    low, high = left.aminmax()
    span = (
        2 * float(high - low) + 1
    )  # apart enough for groups not to meet, however keys are rounded
    if not (span < inf and float(kinds.abs().amax()) < _MOST_KINDS):
        return None
    offsets = kinds.mul(span).sub_(low)
    # Rounding keeps the order, so no pair is lost; some that do not overlap are looked at.
    keys, order = (left + offsets).sort()
    ends = torch.searchsorted(keys, (right.clamp(low, high) + offsets)[order], right=True)
    after = torch.arange(1, count + 1, device=keys.device)
    near = ends.sub_(after).clamp_min_(0)
    total = int(near.sum())
    if total > _NEAR * count:
        return None
    one = torch.repeat_interleave(near, output_size=total)
    skipped = near.cumsum(0).sub_(near).sub_(after)
    # Torch picks far sooner by `index_select` than by brackets.
    two = torch.arange(total, device=keys.device).sub_(skipped.index_select(0, one))
    numbers = boxes.numbers.index_select(1, order)
    vertical = numbers[1:4:2]
    (top, bottom), (other_top, other_bottom) = (vertical.index_select(1, n) for n in (one, two))
    meeting = (top < other_bottom).logical_and_(other_top < bottom).nonzero().view(-1)
    one, two = one.index_select(0, meeting), two.index_select(0, meeting)
    close = _too_close(numbers.index_select(1, one), numbers.index_select(1, two), limit)
    chosen = close.nonzero().view(-1)
    these, those = order[one[chosen]], order[two[chosen]]
    return _left_of_pairs(torch.minimum(these, those), torch.maximum(these, those), count)


def _left_of_pairs(better: Tensor, worse: Tensor, count: int) -> Tensor:
    """Return which of so many boxes are left, given the pairs of which the better suppresses one.

    It goes as `_undisturbed`: each is right once all before it are.
    """
    left = torch.ones(count, dtype=torch.bool, device=better.device)
    while True:
        next_left = torch.ones_like(left).index_fill_(0, worse[left[better]], False)
        if torch.equal(left, next_left):
            return left
        left = next_left


def best_first(scores: Tensor, most: int) -> Tensor:
    """Return where the greatest scores of each row are, of equal ones the first: (rows, most)."""
    if 8 * most < scores.shape[1]:
        values, places = scores.topk(most + 1, 1)
        if bool((values[:, 1:] < values[:, :-1]).all()):
            return places[:, :most]
    return scores.sort(dim=1, descending=True, stable=True).indices[:, :most]


def rows_of(rows: Tensor, order: Tensor) -> Tensor:
    """Return rows of each image, in an order of its own."""
    images = torch.arange(len(rows), device=rows.device)[:, None] * rows.shape[1]
    return rows.flatten(0, 1).index_select(0, (order + images).flatten()).view(*order.shape, -1)


def first_of(rows: Tensor, found: Tensor) -> Tensor:
    """Return the rows of each image that are found, in their order; then rows of −1."""
    result = torch.full_like(rows, -1)
    for row, there, target in zip(rows, found, result, strict=True):
        chosen = there.nonzero().view(-1)
        torch.index_select(row, 0, chosen, out=target[: len(chosen)])
    return result


def _undisturbed(disturbs: Tensor) -> Tensor:
    """Return which of a block's boxes are left, given which would suppress which.

    With every round the boxes that are right reach one further, at least: the first is right from
    the start, and each is right once all before it are.
    """
    # As numbers, because products of matrices are many times faster than `any` of an axis.
    counted = disturbs.float().triu_(1)
    left = torch.ones_like(counted[0])
    while True:
        next_left = ((left @ counted) == 0).float()
        if torch.equal(left, next_left):
            return left > 0
        left = next_left


def matches(scores: Tensor, least: float, limit: int | None = None) -> Iterator[tuple[Tensor, ...]]:
    """Yield the best pairs of rows and columns, at most one for each matrix; each is taken once.

    Of equal scores the first counts, row by row. It ends when no matrix has a pair left.

    Args:
        scores: matrices (batch, rows, columns), which are used up.
        least: pairs must score more.
        limit: how many pairs are wanted at most.

    Yields the numbers of the matrices that have one, and its rows, columns and scores.
    """
    batch, rows, columns = scores.shape
    number = torch.arange(batch, device=scores.device)
    nothing = float("-inf")
    for _ in range(min(rows, columns, limit or rows)):
        best, place = scores.view(batch, -1).max(1)
        good = best > least
        if not bool(good.any()):
            return
        row, column = place // columns, place % columns
        found = number[good], row[good], column[good]
        yield *found, best[good]
        scores[found[0], found[1]] = nothing
        scores[found[0], :, found[2]] = nothing
