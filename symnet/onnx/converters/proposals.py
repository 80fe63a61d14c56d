"""Regions that a two-stage detector looks at."""

import torch

from ...operators.definitions.proposals import (
    _contrib_MultiProposal,
    _contrib_Proposal,
    anchors_of,
)
from ..emitter import Emitter
from ..registry import converter
from ..terms import Term
from .boxes import columns, first_rows, kept_boxes, rows_at

__all__: list[str] = []

_Proposals = _contrib_Proposal | _contrib_MultiProposal


@converter(_contrib_Proposal, _contrib_MultiProposal)
def proposals(
    op: _Proposals, to: Emitter, cls_prob: Term, bbox_pred: Term, im_info: Term
) -> tuple[Term, ...]:
    """Anchors moved, cut, sorted and suppressed; where too few are left they repeat."""
    corners, scores = _candidates(op, to, cls_prob, bbox_pred, im_info)
    total = cls_prob.length(1) // 2 * cls_prob.length(2) * cls_prob.length(3)
    count = min(op.rpn_pre_nms_top_n, total) if op.rpn_pre_nms_top_n > 0 else total
    points, order = to.several(
        "TopK", 2, scores, to.whole(count), axis=1, dtypes=(None, torch.int64)
    )
    best = rows_at(to, corners, order)
    # A region ends behind its last pixel: with 1 added, areas and overlaps are the ordinary ones.
    border = to.constant([0, 0, 1, 1], best.dtype)
    everything = points.equals(points)
    kept = kept_boxes(to, best + border, everything, op.threshold, count)
    wanted = op.rpn_post_nms_top_n
    left = kept.cast(torch.int64).reduced("ReduceSum", 1)
    repeated = to("Mod", to.arange(wanted), to("Min", left, wanted))
    front = first_rows(to, kept, count)
    chosen = to("GatherElements", front, repeated, axis=1)
    regions = rows_at(to, best, chosen)
    batch = cls_prob.length(0)
    image = to.constant(torch.arange(batch, dtype=best.dtype).view(-1, 1, 1))
    image = to("Expand", image, to.whole(batch, wanted, 1))
    output = to("Concat", image, regions, axis=2).reshaped(to.result).cast(to.dtype)
    if not op.output_score:
        return (output,)
    score = rows_at(to, points, chosen).reshaped(to.results[1])
    return output, score.cast(to.dtype)


def _candidates(
    op: _Proposals, to: Emitter, cls_prob: Term, bbox_pred: Term, im_info: Term
) -> tuple[Term, Term]:
    """Return the corners of all regions, (batch, regions, 4), and their scores."""
    height, width = cls_prob.length(2), cls_prob.length(3)
    dtype = torch.promote_types(im_info.dtype, torch.float32)
    info = im_info.cast(dtype)
    y, x = torch.arange(height), torch.arange(width)
    shift = torch.stack(torch.meshgrid(x, y, indexing="xy"), -1) * op.feature_stride
    anchors = anchors_of(op.feature_stride, op.ratios, op.scales, dtype)
    boxes = anchors + shift.repeat(1, 1, 2)[:, :, None]
    moves = to("Reshape", bbox_pred.cast(dtype), to.whole(0, -1, 4, height, width))
    moves = to("Transpose", moves, perm=[0, 3, 4, 1, 2])
    moved = to.constant(boxes) + moves if op.iou_loss else _moved(to, boxes, moves)
    sizes = to("Gather", info, to.whole(1, 0, 1, 0), axis=1).with_axes(1, 2, 3)
    corners = to("Max", to("Min", moved, sizes - 1), 0)
    scores = to("Reshape", cls_prob.cast(dtype), to.whole(0, 2, -1, height, width))
    scores = to("Transpose", scores.taken(1, 1), perm=[0, 2, 3, 1])
    real = (info.part(1, 0, 2) / op.feature_stride).cast(torch.int64)
    rows = real.part(1, 0, 1).with_axes(2, 3)
    lines = real.part(1, 1, 2).with_axes(2, 3)
    beyond = (to.constant(y.view(1, -1, 1, 1)) >= rows) | (
        to.constant(x.view(1, 1, -1, 1)) >= lines
    )
    least = (info.part(1, 2, 3) * op.rpn_min_size).with_axes(2, 3)
    extent = columns(corners, 2, 4) - columns(corners, 0, 2) + 1
    is_small = (extent < least.with_axes(4)).cast(torch.int64)
    small = is_small.reduced("ReduceMax", 4, keep=False).cast(torch.bool)
    grown = to.where(small, least / 2, 0.0).with_axes(4)
    corners = to("Concat", columns(corners, 0, 2) - grown, columns(corners, 2, 4) + grown, axis=4)
    scores = to.where(small | beyond, -1.0, scores)
    return (
        to("Reshape", corners, to.whole(0, -1, 4)),
        to("Reshape", scores, to.whole(0, -1)),
    )


def _moved(to: Emitter, boxes: torch.Tensor, moves: Term) -> Term:
    """Return the corners of boxes with their middles moved and their sizes multiplied.

    Halves are taken in double precision, and rounded once, as the operator does.
    """
    size = boxes[..., 2:] - boxes[..., :2] + 1
    middle = (boxes[..., :2].double() + 0.5 * (size.double() - 1)).to(size.dtype)
    center = columns(moves, 0, 2) * to.constant(size) + to.constant(middle)
    grown = (to("Exp", columns(moves, 2, 4)) * to.constant(size)).cast(torch.float64)
    half, exact = (grown - 1) * 0.5, center.cast(torch.float64)
    return to("Concat", exact - half, exact + half, axis=-1).cast(size.dtype)
