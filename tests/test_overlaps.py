"""Boxes that suppress others: pairs that are picked give what comparing all with all gives."""

import pytest
import torch

from symnet.operators.definitions._overlaps import (
    Limit,
    Ranked,
    areas,
    best_first,
    survivors,
    survivors_of_groups,
)


def boxes_of(count, kinds, *, coarse=False, odd=None):
    generator = torch.Generator().manual_seed(count)
    low = torch.rand(count, 2, generator=generator)
    size = torch.rand(count, 2, generator=generator) * 0.3 - 0.02
    corners = torch.cat((low, low + size), 1)
    if coarse:  # many borders are the same, and many boxes touch
        corners = (corners * 10).round() / 10
    if odd is not None:
        corners[0, 2] = odd
    groups = torch.randint(0, kinds, (count,), generator=generator).float()
    return Ranked.of(corners, areas(corners), groups)


@pytest.mark.parametrize("coarse", [False, True])
@pytest.mark.parametrize("odd", [None, float("nan"), float("inf")])
@pytest.mark.parametrize("limit", [Limit(0.5), Limit(0.1, reached=True), Limit(1e-9)])
@pytest.mark.parametrize(("count", "kinds"), [(1, 1), (40, 1), (200, 4)])
def test_pairs_that_are_picked_are_enough(count, kinds, limit, odd, coarse):
    boxes = boxes_of(count, kinds, coarse=coarse, odd=odd)
    left = survivors_of_groups(boxes, limit)
    assert left is not None
    assert left.nonzero().view(-1).tolist() == survivors(boxes, limit).sort().values.tolist()


@pytest.mark.parametrize(
    ("boxes", "limit"),
    [
        (boxes_of(1000, 1), Limit(0.5)),  # too many are near each other
        (boxes_of(40, 1), Limit(0.5, border=1)),
        (boxes_of(40, 1), Limit(0.0)),
        (boxes_of(0, 1), Limit(0.5)),
    ],
)
def test_where_picking_pairs_does_not_do(boxes, limit):
    assert survivors_of_groups(boxes, limit) is None


def test_of_equal_scores_the_first_is_best():
    scores = torch.zeros(2, 100)
    scores[0, 50:60] = torch.arange(10.0)
    scores[1, 70:] = 1
    expected = scores.sort(dim=1, descending=True, stable=True).indices
    for most in (1, 5, 11, 100):
        assert torch.equal(best_first(scores, most), expected[:, :most])
