"""Which boxes are left where each that is left suppresses worse ones that it overlaps too much.

This goes box by box, in small steps that depend on each other. What such a step costs is the call,
and a call of NumPy costs a fifth of one of torch; so it is done on the host, wherever the network
runs: a device would wait for the host between the steps anyway.
"""

from math import isfinite
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

__all__ = [
    "Boxes",
    "HostArray",
    "Limit",
    "best_first",
    "grouped",
    "left_of",
    "on_host",
    "survivors",
]

HostArray = NDArray[Any]

_BLOCK = 128
"""Boxes that are compared at once."""

_AT_ONCE = 128
"""With how many others they are: the numbers of all pairs stay in the cache between the steps."""

_NEAR = 32
"""Up to how many boxes near each one pairs are picked, instead of comparing all with all."""

_MOST_KINDS = 1 << 20
"""How far apart the numbers of kinds may be to serve as they are."""

_LATER = np.triu(np.ones((_BLOCK, _BLOCK), np.bool_), 1)
"""Which of a block's boxes come after which."""


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


class Boxes(NamedTuple):
    """Boxes by falling score; numbers of one meaning lie side by side in memory.

    Args:
        numbers: left, top, right, bottom and area, (5, boxes).
        groups: a number from 0 on for each: only boxes of one group suppress each other.
        fits: whether areas are those between the corners, which may have been rounded.
    """

    numbers: HostArray
    groups: HostArray
    fits: bool = True


def on_host(tensor: Tensor) -> HostArray:
    """Return the numbers of a tensor; those of one on the CPU are the same memory."""
    tensor = tensor.detach()
    found: HostArray = (tensor.float() if tensor.dtype is torch.bfloat16 else tensor).cpu().numpy()
    return found


def best_first(scores: HostArray, most: int) -> HostArray:
    """Return where the greatest scores of each row are, of equal ones the first: (rows, most)."""
    if scores.dtype == np.float64:
        return np.argsort(-scores, axis=1, kind="stable")[:, :most]
    # The bits of a float rise as it does, once those of numbers below 0 are turned around. With the
    # place behind them a sort of whole numbers is stable, and takes a third of the time. 0 is added
    # because −0 has bits of its own.
    bits = (scores.astype(np.float32) + np.float32(0)).view(np.int32)
    keys = (~(bits ^ ((bits >> 31) & 0x7FFFFFFF))).astype(np.int64)
    keys <<= 32
    keys |= np.arange(keys.shape[1])
    if 2 * most < keys.shape[1]:
        keys.partition(most, axis=1)
        keys = keys[:, :most]
    keys.sort(axis=1)
    return keys[:, :most] & 0xFFFFFFFF


def grouped(kinds: HostArray, images: HostArray) -> HostArray:
    """Return the numbers of groups, of which each kind of each image is one.

    Args:
        kinds: a number for each box; NaN is like no other.
        images: the number of each box's image.
    """
    if not len(kinds):
        return images
    low, high = float(kinds.min()), float(kinds.max())
    if not high - low < _MOST_KINDS:
        kinds = np.unique(kinds, return_inverse=True, equal_nan=False)[1]
        low, high = 0, len(kinds)
    return kinds - low + images * (high - low + 1)


def left_of(boxes: Boxes, limit: Limit) -> HostArray:
    """Return for each box whether it is left.

    Args:
        boxes: the boxes; the better one of two comes first.
        limit: from which overlap on the worse one is suppressed.
    """
    numbers, groups, _ = boxes
    with np.errstate(all="ignore"):  # boxes may be infinite, or no numbers
        if numbers.shape[1] <= _BLOCK:
            disturbs = _too_close(numbers[:, :, None], numbers[:, None], limit)
            disturbs &= groups[:, None] == groups
            return _undisturbed(disturbs)
        pairs = _near(boxes, limit)
        if pairs is not None:
            first, second = (numbers.take(places, axis=1) for places in pairs)
            close = _too_close(first, second, limit).nonzero()[0]
            better, worse = (places.take(close) for places in pairs)
            return _left_of_pairs(better, worse, numbers.shape[1])
    left = np.zeros(numbers.shape[1], np.bool_)
    order = groups.argsort(kind="stable")
    ordered = groups.take(order)
    for part in np.split(order, (ordered[1:] != ordered[:-1]).nonzero()[0] + 1):
        left[part[survivors(numbers.take(part, axis=1), limit)]] = True
    return left


def _too_close(first: HostArray, second: HostArray, limit: Limit) -> HostArray:
    """Return where boxes overlap too much; their numbers, on the first axis, are broadcast."""
    shared = np.minimum(first[2:4], second[2:4])
    shared -= np.maximum(first[:2], second[:2])
    if limit.border:
        shared += shared.dtype.type(limit.border)
    np.maximum(shared, 0, out=shared)
    common, both = shared
    common *= both
    np.add(first[4], second[4], out=both)
    both -= common
    # Two boxes without an area have nothing in common: 0, and not 0/0.
    common /= np.maximum(both, np.finfo(both.dtype).tiny, out=both)
    share = common.dtype.type(limit.share)
    found: HostArray = common >= share if limit.reached else common > share
    return found


# -- where few boxes are near each other -----------------------------------------------------------


def _near(boxes: Boxes, limit: Limit) -> tuple[HostArray, HostArray] | None:
    """Return pairs among which are all that overlap too much; None where there are too many.

    What two boxes have in common is at most as wide as the left one, less what their left borders
    are apart. To be a share of what both cover it must be that share of the left one's width, at
    least: so the borders are apart by the rest of this width at most, and top borders likewise by
    that of the height. Boxes are sorted by their left border, group by group; those that may be
    near one follow it. The better one of each pair comes first.
    """
    if limit.border or not limit.share > 0:
        return None
    edges, count = boxes.numbers[:4].astype(np.float64), boxes.numbers.shape[1]
    starts, lengths = edges[:2], edges[2:] - edges[:2]
    if boxes.fits:
        # The quotient that is compared with the limit was rounded a few times.
        lengths *= max(0, 1 - limit.share * (1 - 64 * float(np.finfo(boxes.numbers.dtype).eps)))
    low = float(starts[0].min())
    extent = float(starts[0].max()) - low
    # Groups lie apart enough for none to reach into the next one.
    keys = starts[0] - low + boxes.groups * (3 * extent + 1)
    greatest = float(keys.max())
    if not isfinite(greatest):
        return None
    order = keys.argsort()
    keys = keys.take(order)
    # No pair is lost by rounding; some more are looked at. `fmin` takes the other one for NaN.
    reach = np.fmin(lengths[0], extent).take(order) + (keys + (1e-15 * greatest))
    near = keys.searchsorted(reach, side="right")
    after = np.arange(1, count + 1)
    near -= after
    np.maximum(near, 0, out=near)
    total = int(near.sum())
    if total > _NEAR * count:
        return None
    one = (after - 1).repeat(near)
    two = np.arange(total) + (after - near.cumsum() + near).take(one)
    meeting = _meeting(starts[1].take(order), lengths[1].take(order), one, two)
    one, two = order.take(one.take(meeting)), order.take(two.take(meeting))
    return np.minimum(one, two), np.maximum(one, two)


def _meeting(tops: HostArray, apart: HostArray, one: HostArray, two: HostArray) -> HostArray:
    """Return at which pairs the top border of neither box is too far above the other's."""
    # Both numbers of a box are picked at once, as parts of one complex number.
    vertical = np.empty(len(tops), np.complex128)
    vertical.real = tops
    np.add(tops, apart, out=vertical.imag)
    vertical.imag += 1e-15 * np.abs(tops).max()
    this, other = vertical.take(one), vertical.take(two)
    meeting: HostArray = this.real <= other.imag
    meeting &= other.real <= this.imag
    return meeting.nonzero()[0]


def _left_of_pairs(better: HostArray, worse: HostArray, count: int) -> HostArray:
    """Return which of so many boxes are left, given the pairs of which the better suppresses one.

    It goes as `_undisturbed`: each is right once all before it are.
    """
    left = np.ones(count, np.bool_)
    while True:
        next_left = np.ones(count, np.bool_)
        next_left[worse.compress(left.take(better))] = False
        if np.array_equal(left, next_left):
            return left
        left = next_left


# -- where many are -------------------------------------------------------------------------------


def survivors(numbers: HostArray, limit: Limit, wanted: int | None = None) -> HostArray:
    """Return which boxes of one group are left, best first.

    A block of them is compared with those that are left of the blocks before it, then in itself.
    What comes after the last one that is wanted is never looked at.

    Args:
        numbers: those of `Boxes`.
        limit: from which overlap on the worse one is suppressed.
        wanted: how many survivors are wanted at most.
    """
    most = numbers.shape[1] if wanted is None else min(wanted, numbers.shape[1])
    left, places = np.empty((5, most), numbers.dtype), np.empty(most, np.intp)
    count = begin = 0
    with np.errstate(all="ignore"):
        while count < most and begin < numbers.shape[1]:
            block = numbers[:, begin : begin + _BLOCK]
            free = _free(block, left[:, :count], limit)
            some = block.take(free, axis=1)
            chosen = _undisturbed(_too_close(some[:, :, None], some[:, None], limit)).nonzero()[0]
            chosen = chosen[: most - count]
            end = count + len(chosen)
            some.take(chosen, axis=1, out=left[:, count:end], mode="clip")
            places[count:end] = free.take(chosen) + begin
            count, begin = end, begin + _BLOCK
    return places[:count]


def _undisturbed(disturbs: HostArray) -> HostArray:
    """Return which of a block's boxes are left, given which would suppress which.

    With every round the boxes that are right reach one further, at least: the first is right from
    the start, and each is right once all before it are.
    """
    count = len(disturbs)
    # As numbers, because products of matrices are faster than `any` of an axis.
    counted = (disturbs & _LATER[:count, :count]).astype(np.float32)
    left = np.ones(count, np.bool_)
    while True:
        next_left = left.astype(np.float32) @ counted == 0
        if np.array_equal(left, next_left):
            return left
        left = next_left


def _free(block: HostArray, those: HostArray, limit: Limit) -> HostArray:
    """Return which boxes of a block overlap none of those too much."""
    free = np.arange(block.shape[1])
    for begin in range(0, those.shape[1], _AT_ONCE):
        part = those[:, begin : begin + _AT_ONCE, None]
        disturbed = _too_close(part, block[:, None], limit).any(axis=0)
        chosen = np.logical_not(disturbed).nonzero()[0]
        # Who is suppressed is not looked at again.
        block, free = block.take(chosen, axis=1), free.take(chosen)
    return free
