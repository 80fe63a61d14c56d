"""Boxes that overlap: how much, and which belong together."""

from collections.abc import Iterator

import torch
from torch import Tensor

__all__ = ["areas", "at_least_single", "crossings", "matches", "quotients"]


def crossings(first: Tensor, second: Tensor) -> Tensor:
    """Return the area that each box has in common with each other one, (first, second).

    Args:
        first: left, top, right and bottom of each box, on the last axis; any axes before them.
        second: boxes of the same axes but the last two.
    """
    # Numbers of one meaning lie side by side in memory: boxes have their four numbers there.
    these, those = _by_meaning(first).unsqueeze(-1), _by_meaning(second).unsqueeze(-2)
    # Memory of `torch.empty` is what a recorded rule keeps.
    shape = (2, *these.shape[1:-1], those.shape[-1])
    shared = torch.empty(shape, dtype=first.dtype, device=first.device)
    torch.minimum(these[2:], those[2:], out=shared)
    shared.sub_(torch.maximum(these[:2], those[:2], out=torch.empty_like(shared)))
    wide, tall = shared.clamp_min_(0).unbind()
    return wide.mul_(tall)


def _by_meaning(boxes: Tensor) -> Tensor:
    """Return the numbers of boxes on the first axis, in memory that a recorded rule keeps."""
    apart = boxes.movedim(-1, 0)
    return torch.empty(apart.shape, dtype=boxes.dtype, device=boxes.device).copy_(apart)


def areas(boxes: Tensor) -> Tensor:
    """Return width times height of each box."""
    sizes = boxes[..., 2:] - boxes[..., :2]
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
