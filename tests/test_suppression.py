"""Boxes that suppress others: each way gives what looking at one after the other gives."""

import numpy as np
import pytest
import torch

from symnet.operators.definitions import _suppression
from symnet.operators.definitions._suppression import (
    Boxes,
    Limit,
    best_first,
    grouped,
    left_of,
    on_host,
    survivors,
)


def boxes_of(count, kinds=1, *, odd=None, coarse=False, dtype=np.float32):
    random = np.random.default_rng(count)
    low = random.random((2, count))
    corners = np.concatenate((low, low + random.random((2, count)) * 0.3 - 0.02)).astype(dtype)
    if coarse:  # many borders are the same, many boxes touch, and shares meet the limit
        corners = (corners * 10).round() / 10
    if odd is not None:
        corners[2, 0] = odd
    with np.errstate(all="ignore"):
        sizes = corners[2:] - corners[:2]
        areas = sizes[:1] * sizes[1:]
    return Boxes(np.concatenate((corners, areas)), random.integers(0, kinds, count))


def one_after_the_other(boxes, limit):
    """Look at each box after the better ones, in the arithmetic of its element type."""
    numbers, left = boxes.numbers, []
    for n in range(numbers.shape[1]):
        some = np.array([each for each in left if boxes.groups[each] == boxes.groups[n]], int)
        those, this = numbers[:, some], numbers[:, n : n + 1]
        with np.errstate(all="ignore"):
            sizes = np.minimum(those[2:4], this[2:4]) - np.maximum(those[:2], this[:2])
            common = np.prod(np.maximum(sizes + numbers.dtype.type(limit.border), 0), axis=0)
            share = common / np.maximum(those[4] + this[4] - common, np.finfo(numbers.dtype).tiny)
            least = numbers.dtype.type(limit.share)
            if not (share >= least if limit.reached else share > least).any():
                left.append(n)
    return left


CASES = [(1, 1), (40, 1), (300, 3), (700, 40)]
LIMITS = [Limit(0.5), Limit(0.5, reached=True), Limit(0.1, reached=True), Limit(1e-9), Limit(1.0)]


@pytest.mark.parametrize("coarse", [False, True])
@pytest.mark.parametrize("odd", [None, np.nan, np.inf])
@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize(("count", "kinds"), CASES)
def test_who_is_left(count, kinds, limit, odd, coarse):
    boxes = boxes_of(count, kinds, odd=odd, coarse=coarse)
    assert left_of(boxes, limit).nonzero()[0].tolist() == one_after_the_other(boxes, limit)


@pytest.mark.parametrize("dtype", [np.float16, np.float64])
@pytest.mark.parametrize("limit", [Limit(0.5), Limit(0.3, border=1), Limit(0.0), Limit(-1.0)])
def test_other_element_types_and_limits(dtype, limit):
    boxes = boxes_of(300, 20, coarse=True, dtype=dtype)
    assert left_of(boxes, limit).nonzero()[0].tolist() == one_after_the_other(boxes, limit)


@pytest.mark.parametrize("scale", [1e-20, 1e5, 1e30])
def test_boxes_far_apart_and_small(scale):
    boxes = boxes_of(300, 2)
    with np.errstate(over="ignore"):  # of the greatest the areas are infinite
        numbers = np.concatenate((boxes.numbers[:4] * scale, boxes.numbers[4:] * scale * scale))
    far = Boxes(numbers, boxes.groups)
    assert left_of(far, Limit(0.3)).nonzero()[0].tolist() == one_after_the_other(far, Limit(0.3))


def test_areas_that_are_less_than_the_corners_say():
    # The borders of boxes around 10⁶ are rounded to sixteenths, their areas are not.
    middle = 1e6 + np.arange(200).reshape(1, -1) * 0.09
    corners = np.concatenate((middle - 0.05, 0 * middle, middle + 0.05, 0 * middle + 1))
    numbers = np.concatenate((corners, np.full(middle.shape, 0.1))).astype(np.float32)
    boxes = Boxes(numbers, np.zeros(200), fits=False)
    assert left_of(boxes, Limit(0.2)).nonzero()[0].tolist() == one_after_the_other(
        boxes, Limit(0.2)
    )


@pytest.mark.parametrize("near", [0, 10**6])
@pytest.mark.parametrize("count", [129, 500])
def test_pairs_and_blocks_agree(monkeypatch, near, count):
    monkeypatch.setattr(_suppression, "_NEAR", near)
    boxes = boxes_of(count, 2)
    assert left_of(boxes, Limit(0.2)).nonzero()[0].tolist() == one_after_the_other(
        boxes, Limit(0.2)
    )


@pytest.mark.parametrize("limit", [Limit(0.4), Limit(0.4, border=0.1)])
@pytest.mark.parametrize("wanted", [1, 100, 150, 400, None])
def test_as_many_as_are_wanted(limit, wanted):
    boxes = boxes_of(400)
    expected = one_after_the_other(boxes, limit)[:wanted]
    assert survivors(boxes.numbers, limit, wanted).tolist() == expected


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("most", [1, 5, 11, 100])
def test_of_equal_scores_the_first_is_best(dtype, most):
    scores = np.zeros((3, 100), dtype)
    scores[0, 50:60] = np.arange(10.0)
    scores[1, 70:], scores[1, ::3], scores[1, 5] = 1, -0.0, -np.inf
    scores[2] = -np.arange(100.0) % 7 - 3
    expected = np.argsort(-scores, axis=1, kind="stable")[:, :most]
    assert best_first(scores, most).tolist() == expected.tolist()


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        ([1, 3, 1, 3], [[0, 2], [1], [3]]),
        ([1e9, -1e9, 1e9, 1e9], [[0, 2], [1], [3]]),
        ([np.nan, np.nan, 2, 2], [[0], [1], [2], [3]]),
        ([np.inf, -np.inf, np.inf, 0], [[0, 2], [1], [3]]),
    ],
)
def test_groups_are_the_kinds_of_each_image(kinds, expected):
    groups = grouped(np.array(kinds, np.float32), np.array([0, 0, 0, 1]))
    members = sorted((groups == group).nonzero()[0].tolist() for group in np.unique(groups))
    assert members == expected
    assert groups.min() >= 0


def test_numbers_on_the_host():
    tensor = torch.ones(2, dtype=torch.bfloat16, requires_grad=True)
    assert on_host(tensor).dtype == np.float32
    same = torch.ones(2)
    on_host(same)[0] = 3
    assert same.tolist() == [3, 1]
