"""Boxes: overlaps, places relative to anchors, and suppression by NonMaxSuppression.

What is suppressed is decided on boxes in the order of their scores. NonMaxSuppression is told
that order by scores of its own, whole numbers, so that equal scores make no difference to it.
"""

import math

import torch

from ...operators.definitions.box_nms import _contrib_box_nms
from ...operators.definitions.boxes import _contrib_box_decode, _contrib_box_iou
from ...operators.definitions.detections import _contrib_MultiBoxDetection
from ..emitter import Emitter
from ..registry import converter
from ..terms import Term

__all__ = ["columns", "first_rows", "kept_boxes", "middles", "rows_at"]


def columns(boxes: Term, begin: int, end: int) -> Term:
    """Return some numbers of boxes, which lie on the last axis."""
    to = boxes.to
    return to("Slice", boxes, to.whole(begin), to.whole(end), to.whole(-1))


def middles(boxes: Term) -> tuple[Term, Term]:
    """Return the middles and the sizes of boxes given by corners."""
    size = columns(boxes, 2, 4) - columns(boxes, 0, 2)
    return columns(boxes, 0, 2) + size * 0.5, size


def _joined(to: Emitter, *parts: Term) -> Term:
    return to("Concat", *parts, axis=-1)


def _cornered(to: Emitter, boxes: Term, form: str) -> Term:
    """Return left, top, right and bottom of boxes."""
    if form == "corner":
        return boxes
    half, middle = columns(boxes, 2, 4) / 2, columns(boxes, 0, 2)
    return _joined(to, middle - half, middle + half)


@converter(_contrib_box_iou)
def box_iou(op: _contrib_box_iou, to: Emitter, lhs: Term, rhs: Term) -> Term:
    """Products of what lengths have in common, by what both cover."""
    first = _cornered(to, to("Reshape", lhs, to.whole(-1, 1, 4)), op.format)
    second = _cornered(to, to("Reshape", rhs, to.whole(1, -1, 4)), op.format)
    low = to("Max", columns(first, 0, 2), columns(second, 0, 2))
    high = to("Min", columns(first, 2, 4), columns(second, 2, 4))
    common = to("Max", high - low, 0).reduced("ReduceProd", 2, keep=False)
    both = _areas(to, first) + _areas(to, second) - common
    least = torch.finfo(lhs.dtype).tiny
    return (common / to("Max", both, least)).reshaped(to.result)


def _areas(to: Emitter, corners: Term) -> Term:
    """Return the areas of boxes; one that is turned inside out has none."""
    size = to("Max", columns(corners, 2, 4) - columns(corners, 0, 2), 0)
    return size.reduced("ReduceProd", 2, keep=False)


@converter(_contrib_box_decode)
def box_decode(op: _contrib_box_decode, to: Emitter, data: Term, anchors: Term) -> Term:
    """Middles moved and sizes multiplied."""
    if op.format == "corner":
        center, extent = middles(anchors)
    else:
        center, extent = columns(anchors, 0, 2), columns(anchors, 2, 4)
    factors = (
        to.constant([op.std0, op.std1], data.dtype),
        to.constant([op.std2, op.std3], data.dtype),
    )
    middle = columns(data, 0, 2) * factors[0] * extent + center
    growth = columns(data, 2, 4) * factors[1]
    growth = to("Min", growth, op.clip) if op.clip > 0 else growth
    half = to("Exp", growth) * extent * 0.5
    return _joined(to, middle - half, middle + half)


# -- suppression -----------------------------------------------------------------------------------


def rows_at(to: Emitter, rows: Term, places: Term) -> Term:
    """Return rows (batch, n, …) by their numbers (batch, m)."""
    return to("GatherND", rows, places.with_axes(2), batch_dims=1)


def first_rows(to: Emitter, wanted: Term, count: int) -> Term:
    """Return numbers of rows (batch, n), those that are wanted first, in their order.

    Args:
        to: what notes the nodes.
        wanted: which they are, bools (batch, count).
        count: how many rows there are.
    """
    numbers = to.arange(count)
    keys = to.where(wanted, numbers, numbers + count)
    order = to.several("TopK", 2, keys, to.whole(count), axis=1, largest=0)
    return order[1]


def kept_boxes(
    to: Emitter,
    corners: Term,
    valid: Term,
    limit: float,
    count: int,
    kinds: Term | None = None,
    *,
    at_limit: bool = False,
) -> Term:
    """Return which boxes are left when each that is left suppresses later ones of its kind.

    Args:
        to: what notes the nodes.
        corners: left, top, right and bottom of boxes, (batch, count, 4), best first.
        valid: which of them take part, bools (batch, count).
        limit: overlap above which the later one is suppressed.
        count: number of boxes of each image.
        kinds: the kind of each box, whole numbers (batch, count); default all are of one.
        at_limit: whether that begins at the limit itself.

    Returns bools (batch, count).
    """
    order = to.constant(torch.arange(count, 0, -1, dtype=torch.float32))
    scores = to.where(valid, order, -1.0).with_axes(1)
    if kinds is not None:
        least, greatest = (
            kinds.reduced(how, 0, 1, keep=False) for how in ("ReduceMin", "ReduceMax")
        )
        numbers = to("Range", least, greatest + 1, to.constant(1, torch.int64))
        own = kinds.with_axes(1).equals(numbers.with_axes(1))
        scores = to.where(own, scores, -1.0)
    threshold = limit
    if at_limit:  # NonMaxSuppression begins above the limit
        threshold = math.nextafter(limit, -math.inf) if limit <= 0 else _below(limit)
    chosen = to(
        "NonMaxSuppression",
        corners.cast(torch.float32),
        scores,
        to.whole(count),
        to.constant([threshold], torch.float32),
        to.constant([0.0], torch.float32),
    )
    places = to("Gather", chosen, to.whole(0, 2), axis=1)
    marks = to("Expand", to.constant([True]), to("Shape", chosen, start=0, end=1))
    nothing = to("Expand", to.constant([False]), to("Shape", valid))
    return to("ScatterND", nothing, places, marks)


def _below(limit: float) -> float:
    """Return the next smaller number in single precision."""
    single = torch.tensor(limit, dtype=torch.float32)
    return float(torch.nextafter(single, torch.tensor(-math.inf)))


@converter(_contrib_MultiBoxDetection)
def multi_box_detection(
    op: _contrib_MultiBoxDetection, to: Emitter, cls_prob: Term, loc_pred: Term, anchor: Term
) -> Term:
    """The likeliest class of each anchor, sorted and suppressed; what is left over becomes −1."""
    count = cls_prob.length(2)
    if cls_prob.length(1) == 1:
        return to("Expand", to.constant([-1], cls_prob.dtype), to.shape(to.result))
    places = _decoded(op, to, to("Reshape", loc_pred, to.whole(0, -1, 4)), anchor)
    classes = cls_prob.part(1, 1, cls_prob.length(1))
    score = classes.reduced("ReduceMax", 1, keep=False)
    kind = to("ArgMax", classes, axis=1, keepdims=0).cast(cls_prob.dtype)
    found = (score > -1.0) & (score >= op.threshold)
    rows = _joined(to, kind.with_axes(2), score.with_axes(2), places)
    order = first_rows(to, found, count)
    there = rows_at(to, found, order)
    rows = to.where(there.with_axes(2), rows_at(to, rows, order), -1.0)
    if not 0 < op.nms_threshold <= 1:
        return rows
    return _selected(op, to, rows, there, count)


def _decoded(op: _contrib_MultiBoxDetection, to: Emitter, code: Term, anchors: Term) -> Term:
    """Return the corners of boxes."""
    center, extent = middles(anchors)
    center = (columns(anchors, 0, 2) + columns(anchors, 2, 4)) / 2
    moves, sizes = (to.constant(list(op.variances[i : i + 2]), code.dtype) for i in (0, 2))
    middle = columns(code, 0, 2) * moves * extent + center
    half = to("Exp", columns(code, 2, 4) * sizes) * extent / 2
    corners = _joined(to, middle - half, middle + half)
    return to("Min", to("Max", corners, 0), 1) if op.clip else corners


def _selected(
    op: _contrib_MultiBoxDetection, to: Emitter, rows: Term, there: Term, count: int
) -> Term:
    """Return an image's boxes, the best first, with −1 for the class of those left out."""
    best = min(op.nms_topk, count) if op.nms_topk > 0 else count
    keys = to.where(there, columns(rows, 1, 2).without_axes(2), -math.inf)
    _, order = to.several("TopK", 2, keys, to.whole(best), axis=1, dtypes=(None, torch.int64))
    sorted_rows = rows_at(to, rows, order)
    valid = rows_at(to, there, order)
    kinds = (
        None if op.force_suppress else columns(sorted_rows, 0, 1).without_axes(2).cast(torch.int64)
    )
    kept = kept_boxes(
        to, columns(sorted_rows, 2, 6), valid, op.nms_threshold, best, kinds, at_limit=True
    )
    front = _with_class(to, sorted_rows, kept)
    if best == count:
        return front
    behind = rows.part(1, best, count)
    return to("Concat", front, _with_class(to, behind, None), axis=1)


def _with_class(to: Emitter, rows: Term, kept: Term | None) -> Term:
    """Return rows with −1 for the class of those that are not kept: of all, without ``kept``."""
    kind = columns(rows, 0, 1)
    if kept is None:
        return _joined(to, kind * 0 - 1, columns(rows, 1, 6))
    return _joined(to, to.where(kept.with_axes(2), kind, -1.0), columns(rows, 1, 6))


@converter(_contrib_box_nms)
def box_nms(op: _contrib_box_nms, to: Emitter, data: Term) -> Term:
    """Boxes sorted, suppressed, and those that are left moved to the front."""
    count, width = data.length(-2), data.length(-1)
    if op.topk == 0:
        return data
    images = to("Reshape", data, to.whole(-1, count, width))
    score = columns(images, op.score_index, op.score_index + 1).without_axes(2)
    valid = score > op.valid_thresh
    if op.id_index >= 0:
        kind = columns(images, op.id_index, op.id_index + 1).without_axes(2)
        valid = valid & ~kind.equals(float(op.background_id))
    best = min(op.topk, count) if op.topk > 0 else count
    _, order = to.several(
        "TopK",
        2,
        to.where(valid, score, -math.inf),
        to.whole(best),
        axis=1,
        dtypes=(None, torch.int64),
    )
    rows, there = rows_at(to, images, order), rows_at(to, valid, order)
    place = columns(rows, op.coord_start, op.coord_start + 4)
    kinds = None
    if op.id_index >= 0 and not op.force_suppress:
        kinds = columns(rows, op.id_index, op.id_index + 1).without_axes(2).cast(torch.int64)
    corners = _cornered(to, place, op.in_format)
    kept = kept_boxes(to, corners, there, op.overlap_thresh, best, kinds)
    front = first_rows(to, kept, best)
    left = rows_at(to, kept, front).with_axes(2)
    found = to.where(left, rows_at(to, rows, front), -1.0)
    if op.in_format != op.out_format:
        found = _reformed(op, to, found, width)
    if best < count:
        found = to("Pad", found, to.whole(0, 0, 0, 0, count - best, 0), to.constant(-1, data.dtype))
    return found.reshaped(to.result)


def _reformed(op: _contrib_box_nms, to: Emitter, rows: Term, width: int) -> Term:
    """Return rows with places in the other format, but for those that begin below 0."""
    first, last = op.coord_start, op.coord_start + 4
    place = columns(rows, first, last)
    if op.out_format == "corner":
        other = _cornered(to, place, "center")
    else:
        low, high = columns(place, 0, 2), columns(place, 2, 4)
        other = _joined(to, (low + high) / 2, high - low)
    place = to.where(columns(place, 0, 1) < 0, place, other)
    parts = [columns(rows, 0, first)] if first else []
    parts += [place, *([columns(rows, last, width)] if last < width else [])]
    return _joined(to, *parts)
