"""Boxes that overlap: how much, which of them suppress others, and which belong together."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

__all__ = ["areas", "at_least_single", "crossings", "matches", "quotients", "survivors"]

_BLOCK = 64
"""Boxes that are compared at once with all that are left."""


def crossings(first: Tensor, second: Tensor, *, border: float = 0) -> Tensor:
    """Return the area that each box has in common with each other one, (first, second).

    Args:
        first: left, top, right and bottom of each box, on the last axis; any axes before them.
        second: boxes of the same axes but the last two.
        border: what is added to lengths, where a box ends behind its last pixel.
    """
    one, other = first[..., :, None, :], second[..., None, :, :]
    low = torch.maximum(one[..., :2], other[..., :2])
    sizes = torch.minimum(one[..., 2:], other[..., 2:]).sub_(low)
    if border:
        sizes.add_(border)
    sizes.clamp_min_(0)
    return sizes[..., 0] * sizes[..., 1]


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
    return common / (first[..., :, None] + second[..., None, :] - common)


def survivors(
    count: int,
    suppresses: Callable[[Tensor, Tensor], Tensor],
    device: torch.device,
    limit: int | None = None,
) -> Tensor:
    """Return which boxes are left when each that is left suppresses later ones.

    Boxes are numbered by falling score. A block of them is compared in itself, then with all later
    ones that are left, so whoever is suppressed is never looked at again.

    Args:
        count: number of boxes.
        suppresses: tells which of some boxes suppress which of others, given both by number, as an
            array (some, others).
        device: where the numbers lie.
        limit: how many survivors are wanted at most.
    """
    waiting = torch.arange(count, device=device)
    found: list[Tensor] = []
    missing = count if limit is None else limit
    while waiting.numel() and missing > 0:
        block, waiting = waiting[:_BLOCK], waiting[_BLOCK:]
        left = block[_undisturbed(suppresses(block, block).triu_(1))][:missing]
        found.append(left)
        missing -= len(left)
        if waiting.numel() and missing > 0:
            waiting = waiting[~suppresses(left, waiting).any(0)]
    return torch.cat(found) if found else waiting[:0]


def _undisturbed(suppresses: Tensor) -> Tensor:
    """Return which of a block's boxes are left, given which would suppress which later ones.

    With every round the boxes that are right reach one further, at least: the first is right from
    the start, and each is right once all before it are.
    """
    left = ~suppresses.any(0)
    while True:
        next_left = ~(suppresses & left[:, None]).any(0)
        if torch.equal(left, next_left):
            return left
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
