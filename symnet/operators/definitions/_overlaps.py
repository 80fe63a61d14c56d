"""Boxes that overlap: how much, which of them suppress others, and which belong together."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

__all__ = [
    "areas",
    "at_least_single",
    "crossings",
    "matches",
    "quotients",
    "survivors",
    "survivors_by_kind",
]

_BLOCK = 512
"""Boxes that are compared at once with all that are left."""


def crossings(first: Tensor, second: Tensor, *, border: float = 0) -> Tensor:
    """Return the area that each box has in common with each other one, (first, second).

    Args:
        first: left, top, right and bottom of each box, on the last axis; any axes before them.
        second: boxes of the same axes but the last two.
        border: what is added to lengths, where a box ends behind its last pixel.
    """
    wide, tall = (_shared(first, second, axis, border) for axis in (0, 1))
    return wide.mul_(tall)


def _shared(first: Tensor, second: Tensor, axis: int, border: float) -> Tensor:
    """Return the length along an axis that each box shares with each other one."""
    # Lengths lie side by side in memory: boxes have their four numbers there.
    (start, end), (other_start, other_end) = (
        (boxes[..., axis].contiguous(), boxes[..., axis + 2].contiguous())
        for boxes in (first, second)
    )
    shared = torch.minimum(end[..., :, None], other_end[..., None, :])
    shared.sub_(torch.maximum(start[..., :, None], other_start[..., None, :]))
    return (shared.add_(border) if border else shared).clamp_min_(0)


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
    both = (first[..., :, None] + second[..., None, :]).sub_(common)
    # Two boxes without an area have nothing in common: 0, and not 0/0.
    return common / both.clamp_min_(torch.finfo(both.dtype).tiny)


def survivors(
    count: int,
    overlaps: Callable[[Tensor, Tensor], Tensor],
    limit: float,
    *,
    device: torch.device,
    at_limit: bool = False,
    wanted: int | None = None,
) -> Tensor:
    """Return which boxes are left when each that is left suppresses later ones.

    Boxes are numbered by falling score. A block of them is compared in itself, then with all later
    ones that are left, so whoever is suppressed is never looked at again.

    Args:
        count: number of boxes.
        overlaps: tells how much some boxes overlap others, given both by number, as an array
            (some, others).
        limit: overlap above which the later one is suppressed.
        device: where the numbers lie.
        at_limit: whether that begins at the limit itself.
        wanted: how many survivors are wanted at most.
    """

    def reach(overlap: Tensor) -> Tensor:
        return overlap >= limit if at_limit else overlap > limit

    waiting = torch.arange(count, device=device)
    found: list[Tensor] = []
    missing = count if wanted is None else wanted
    while waiting.numel() and missing > 0:
        block, waiting = waiting[:_BLOCK], waiting[_BLOCK:]
        left = block[_undisturbed(reach(overlaps(block, block)))][:missing]
        found.append(left)
        missing -= len(left)
        if waiting.numel() and missing > 0:
            waiting = waiting[~reach(overlaps(left, waiting).amax(0))]
    return torch.cat(found) if found else waiting


def _undisturbed(suppresses: Tensor) -> Tensor:
    """Return which of a block's boxes are left, given which would suppress which.

    With every round the boxes that are right reach one further, at least: the first is right from
    the start, and each is right once all before it are.
    """
    # As numbers, because products of matrices are many times faster than `any` of an axis.
    counted = suppresses.float().triu_(1)
    left = torch.ones_like(counted[0])
    while True:
        next_left = ((left @ counted) == 0).float()
        if torch.equal(left, next_left):
            return left > 0
        left = next_left


def survivors_by_kind(
    kinds: Tensor,
    overlaps: Callable[[Tensor, Tensor], Tensor],
    limit: float,
    *,
    at_limit: bool = False,
) -> Tensor:
    """Return which boxes are left when each suppresses later ones of its kind.

    Args:
        kinds: the kind of each box.
        overlaps, limit, at_limit: as for `survivors`.
    """
    if len(kinds) <= _BLOCK:
        # A single block is compared at once; boxes of different kinds have nothing in common.
        def apart(some: Tensor, others: Tensor) -> Tensor:
            same = kinds[some][:, None] == kinds[others]
            return overlaps(some, others).masked_fill_(~same, float("-inf"))

        return survivors(len(kinds), apart, limit, device=kinds.device, at_limit=at_limit)
    order = kinds.argsort(stable=True)
    sorted_kinds = kinds[order]
    begins = (sorted_kinds[1:] != sorted_kinds[:-1]).nonzero().view(-1) + 1
    found = []
    for part in order.tensor_split(begins.tolist()):

        def within(some: Tensor, others: Tensor, part: Tensor = part) -> Tensor:
            return overlaps(part[some], part[others])

        left = survivors(len(part), within, limit, device=kinds.device, at_limit=at_limit)
        found.append(part[left])
    return torch.cat(found).sort().values


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
