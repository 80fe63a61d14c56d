"""Operators of single-shot detectors: anchors, what they shall learn, and what they found."""

from math import inf
from typing import NamedTuple

import torch
from torch import Tensor

from ...core.errors import LabelError, MXError, ParameterError, ShapeError
from .._tables import kept
from ..contract import Input, Operator, Shape, Shapes, param
from ._overlaps import (
    Limit,
    Ranked,
    areas,
    at_least_single,
    best_first,
    crossings,
    first_of,
    matches,
    rows_of,
    survivors,
    survivors_of_groups,
)

__all__ = ["_contrib_MultiBoxDetection", "_contrib_MultiBoxPrior", "_contrib_MultiBoxTarget"]


def _check_length(op: Operator, name: str, count: int) -> None:
    value = getattr(op, name)
    if len(value) != count:
        raise ParameterError(f"{type(op).__name__}: {name} must be {count} numbers, got {value}")


class _contrib_MultiBoxPrior(Operator):
    """Make anchors around every pixel of an image, in units of the image's height and width.

    Those of all sizes with the first ratio, then those of the first size with the other ratios.
    Only the data's shape counts. Source: Apache MXNet 1.9.1.

    >>> import symnet as mx
    >>> mx.MultiBoxPrior(data=mx.zeros((1, 3, 1, 2)), sizes=(0.5, 0.25)).shape
    (1, 4, 4)
    """

    aliases = ("MultiBoxPrior", "contrib_MultiBoxPrior", "_npx_multibox_prior")
    hint = "multiboxprior"
    floats_only = True

    data = Input("Images of shape (batch, channels, height, width).", takes_gradient=False)
    sizes: tuple[float, ...] = param("Sizes of anchors.", default=(1.0,))
    ratios: tuple[float, ...] = param("Their widths by their heights.", default=(1.0,), min=0)
    clip: bool = param("Cut anchors at the image's border.", default=False)
    steps: tuple[float, ...] = param(
        "From a pixel to the next, down and right; where one is not above 0, by the image's size.",
        default=(-1.0, -1.0),
    )
    offsets: tuple[float, ...] = param(
        "Where in a pixel its anchors' middle is, down and right.", default=(0.5, 0.5), min=0, max=1
    )

    def check(self) -> None:
        """There are sizes and ratios, and two steps that are both given or both left."""
        for name in ("steps", "offsets"):
            _check_length(self, name, 2)
        for name in ("sizes", "ratios"):
            if not getattr(self, name):
                raise ParameterError(f"_contrib_MultiBoxPrior: {name} must not be empty")
        if self.steps[0] * self.steps[1] < 0:
            raise ParameterError(
                "_contrib_MultiBoxPrior: steps must be given for both axes or for none, got "
                f"{self.steps}"
            )

    def infer_shape(self, data: Shape) -> Shapes:
        """All pixels have as many anchors, and each of them four numbers."""
        if len(data) < 4:
            raise ShapeError(f"data must be (batch, channels, height, width), got {data}")
        each = len(self.sizes) + len(self.ratios) - 1
        return {"output": (1, data[2] * data[3] * each, 4)}

    def forward(self, data: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the anchors' corners."""
        found = _anchors(self, data.shape[2], data.shape[3], data.dtype, data.device)
        return found.clone() if out is None else out.copy_(found)

    def anchors(self, height: int, width: int, dtype: torch.dtype) -> Tensor:
        """Return the anchors' corners in images of a size."""
        steps = self.steps if min(self.steps) > 0 else (1 / height, 1 / width)
        y, x = (
            (torch.arange(count, dtype=dtype) + offset) * step
            for count, offset, step in zip((height, width), self.offsets, steps, strict=True)
        )
        sizes = x.new_tensor([*self.sizes, *self.sizes[:1] * (len(self.ratios) - 1)])
        first, *others = self.ratios
        roots = x.new_tensor([first] * len(self.sizes) + others).sqrt()
        wide, tall = sizes * height / width * roots / 2, sizes / roots / 2
        middle = torch.stack(torch.meshgrid(x, y, indexing="xy"), -1)[:, :, None]
        half = torch.stack((wide, tall), -1)
        found = torch.cat((middle - half, middle + half), -1)
        found = found.clamp(0, 1) if self.clip else found
        return found.view(1, -1, 4)


@kept(32)
def _anchors(
    op: _contrib_MultiBoxPrior, height: int, width: int, dtype: torch.dtype, device: torch.device
) -> Tensor:
    """Return anchors, which are the same for all images of one size."""
    exact = torch.promote_types(dtype, torch.float32)
    return op.anchors(height, width, exact).to(device, dtype)


class _Truth(NamedTuple):
    """What is known of anchors once they are held against the labels, (batch, anchors).

    Args:
        object: the number of each anchor's label.
        overlap: how much they overlap; below 0 where nobody asked.
        positive: whether the anchor stands for the label.
        labelled: whether the image has labels at all, (batch, 1).
    """

    object: Tensor
    overlap: Tensor
    positive: Tensor
    labelled: Tensor


class _contrib_MultiBoxTarget(Operator):
    """Tell what a detector shall say for each anchor: which class, and where the box is.

    Each label is matched with the anchor that overlaps it most; further anchors with the label that
    they overlap by more than overlap_threshold. All others are background, or with
    negative_mining_ratio those of them that look least like it, the rest being ignored. Labels are
    rows of class, left, top, right and bottom; they end with a class of −1. No gradient flows
    through it. Source: Apache MXNet 1.9.1.

    >>> import symnet as mx
    >>> place, mask, kind = mx.MultiBoxTarget(
    ...     anchor=mx.array([[[0, 0, 0.5, 0.5], [0.5, 0.5, 1, 1]]]),
    ...     label=mx.array([[[0, 0, 0, 0.5, 0.5]]]), cls_pred=mx.array([[[0, 0], [0, 0]]]),
    ... )
    >>> kind
    NDArray([[1., 0.]], float32, CPU0)
    """

    aliases = ("MultiBoxTarget", "contrib_MultiBoxTarget", "_npx_multibox_target")
    hint = "multiboxtarget"
    floats_only = True
    without_effect = ("minimum_negative_samples",)

    anchor = Input("Anchors of shape (1, anchors, 4).", takes_gradient=False)
    label = Input("Labels of shape (batch, labels, 5 or more).", takes_gradient=False)
    cls_pred = Input("Scores of shape (batch, classes, anchors).", takes_gradient=False)
    overlap_threshold: float = param(
        "Overlap above which an anchor stands for a label; not above 0 for best ones only.",
        default=0.5,
    )
    ignore_label: float = param("Class of anchors that are ignored.", default=-1.0)
    negative_mining_ratio: float = param(
        "How many anchors are background for one that is not; not above 0 for all.", default=-1.0
    )
    negative_mining_thresh: float = param(
        "Overlap below which an anchor may be background, when they are chosen.", default=0.5
    )
    variances: tuple[float, ...] = param(
        "What places and sizes are divided by.", default=(0.1, 0.1, 0.2, 0.2)
    )

    def check(self) -> None:
        """There are four variances, and a threshold where anchors are chosen."""
        _check_length(self, "variances", 4)
        if self.negative_mining_ratio > 0 and self.negative_mining_thresh <= 0:
            raise ParameterError(
                "_contrib_MultiBoxTarget: negative_mining_thresh must be above 0 where "
                f"negative_mining_ratio is, got {self.negative_mining_thresh}"
            )

    def outputs(self) -> tuple[str, ...]:
        """Four numbers of each anchor, and whether they count; its class."""
        return ("loc_target", "loc_mask", "cls_target")

    def infer_shape(self, anchor: Shape, label: Shape, cls_pred: Shape) -> Shapes:
        """The anchors' numbers lie side by side."""
        if len(anchor) != 3 or anchor[0] != 1 or anchor[2] != 4:
            raise ShapeError(f"anchor must be (1, anchors, 4), got {anchor}")
        if len(label) != 3 or label[2] < 5:
            raise ShapeError(f"label must be (batch, labels, 5 or more), got {label}")
        if len(cls_pred) != 3:
            raise ShapeError(f"cls_pred must be (batch, classes, anchors), got {cls_pred}")
        places = (label[0], 4 * anchor[1])
        return {
            "cls_pred": (label[0], cls_pred[1], anchor[1]),
            "loc_target": places,
            "loc_mask": places,
            "cls_target": (label[0], anchor[1]),
        }

    def forward(
        self, anchor: Tensor, label: Tensor, cls_pred: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return places, masks and classes."""
        truth = self._truth(anchor[0], label)
        negative = truth.labelled & ~truth.positive
        if self.negative_mining_ratio > 0:
            negative &= self._mined(truth, cls_pred)
        own = label.gather(1, truth.object[..., None].expand(-1, -1, label.shape[2]))
        classes = torch.where(negative, 0, self.ignore_label)
        classes = torch.where(truth.positive, own[..., 0] + 1, classes).to(label.dtype)
        positive = truth.positive[..., None]
        places = torch.where(positive, self._coded(anchor[0], own[..., 1:5]), 0).to(label.dtype)
        return places.flatten(1), positive.expand(places.shape).flatten(1).to(label.dtype), classes

    def _truth(self, anchors: Tensor, label: Tensor) -> _Truth:
        there = _labels_there(label)
        labels = label[:, : max(int(there.sum(1).max()), 1)]
        there = there[:, : labels.shape[1]]
        overlap = at_least_single(_overlaps(anchors, labels[..., 1:5]))
        overlap = torch.where(there[:, None], overlap, float("-inf"))
        best, nearest = overlap.max(2)
        positive = torch.zeros_like(best, dtype=torch.bool)
        of_best = nearest.clone(), best.clone()
        for images, rows, columns, scores in matches(overlap.clone(), 1e-6):
            positive[images, rows] = True
            of_best[0][images, rows], of_best[1][images, rows] = columns, scores
        if self.overlap_threshold > 0:
            positive |= best > self.overlap_threshold
        return _Truth(of_best[0], of_best[1], positive, there.any(1, keepdim=True))

    def _mined(self, truth: _Truth, cls_pred: Tensor) -> Tensor:
        """Return which anchors look least like background, as many as the ratio says."""
        found = truth.positive.sum(1)
        wanted = (found * self.negative_mining_ratio).long()
        wanted = torch.minimum(wanted, truth.positive.shape[1] - found)
        allowed = ~truth.positive & (truth.overlap < self.negative_mining_thresh)
        short = truth.labelled[:, 0] & (allowed.sum(1) < wanted)
        if bool(short.any()):
            image = int(short.nonzero()[0])
            raise MXError(
                f"_contrib_MultiBoxTarget: image {image} has {int(found[image])} anchors that "
                f"stand for labels, so {int(wanted[image])} are to be background, but only "
                f"{int(allowed[image].sum())} overlap labels by less than negative_mining_thresh "
                f"({self.negative_mining_thresh:g}); raise it, or lower negative_mining_ratio"
            )
        powers = (cls_pred - cls_pred.amax(1, keepdim=True)).exp()
        background = powers[:, 0] / powers.sum(1)
        order = torch.where(allowed, background, float("inf")).argsort(dim=1, stable=True)
        places = torch.arange(order.shape[1], device=order.device)
        chosen = (places < wanted[:, None]).expand(order.shape)
        return torch.zeros_like(allowed).scatter_(1, order, chosen)

    def _coded(self, anchors: Tensor, boxes: Tensor) -> Tensor:
        """Return where boxes lie relative to anchors."""
        anchors, boxes = at_least_single(anchors), at_least_single(boxes)
        extent, size = anchors[:, 2:] - anchors[:, :2], boxes[..., 2:] - boxes[..., :2]
        center = (anchors[:, :2] + anchors[:, 2:]) * 0.5
        middle = (boxes[..., :2] + boxes[..., 2:]) * 0.5
        code = torch.cat(((middle - center) / extent, torch.log(size / extent)), -1)
        return code / code.new_tensor(self.variances)


def _labels_there(label: Tensor) -> Tensor:
    """Return which rows of labels come before the first with a class of −1."""
    ends = label[..., 0] == -1
    there = ends.cumsum(1) == 0
    # The row that ends the labels is −1 throughout; another class would be lost without a word.
    last = ends & (ends.cumsum(1) == 1)
    if bool((last & (label[..., 1:5] != -1).any(-1)).any()):
        raise LabelError(
            "_contrib_MultiBoxTarget: a label of class -1 ends the labels of an image and must "
            "have -1 for its corners too; number classes from 0"
        )
    return there


def _overlaps(anchors: Tensor, boxes: Tensor) -> Tensor:
    """Return what each anchor has in common with each box, as part of both: 0 of nothing."""
    common = crossings(anchors.expand(len(boxes), -1, -1), boxes)
    both = areas(anchors)[None, :, None] + areas(boxes)[:, None, :] - common
    return torch.where(both == 0, 0, common / both)


class _contrib_MultiBoxDetection(Operator):
    """Turn a detector's output into boxes: rows of class, score, left, top, right and bottom.

    Each anchor gives a box of the likeliest class but the first, which is background. Boxes are
    sorted by their scores; one that overlaps a better one of its class becomes class −1, as do all
    rows that are left over. No gradient flows through it. Source: Apache MXNet 1.9.1.

    >>> import symnet as mx
    >>> mx.MultiBoxDetection(
    ...     cls_prob=mx.array([[[0.2], [0.8]]]), loc_pred=mx.array([[0, 0, 0, 0]]),
    ...     anchor=mx.array([[[0.25, 0.25, 0.5, 0.75]]]),
    ... )
    NDArray([[[0.  , 0.8 , 0.25, 0.25, 0.5 , 0.75]]], float32, CPU0)
    """

    aliases = ("MultiBoxDetection", "contrib_MultiBoxDetection", "_npx_multibox_detection")
    hint = "multiboxdetection"
    floats_only = True
    without_effect = ("background_id",)  # class 0 is the background all the same

    cls_prob = Input("Probabilities of shape (batch, classes, anchors).", takes_gradient=False)
    loc_pred = Input("Places relative to the anchors, (batch, anchors · 4).", takes_gradient=False)
    anchor = Input("Anchors of shape (1, anchors, 4).", takes_gradient=False)
    clip: bool = param("Cut boxes at the image's border.", default=True)
    threshold: float = param("Score below which an anchor is background.", default=0.01)
    nms_threshold: float = param(
        "Overlap from which the worse box is left out; none is, and none sorted, unless it is "
        "above 0 and at most 1.",
        default=0.5,
    )
    force_suppress: bool = param("Let boxes suppress those of other classes too.", default=False)
    variances: tuple[float, ...] = param(
        "What places and sizes are multiplied with.", default=(0.1, 0.1, 0.2, 0.2)
    )
    nms_topk: int = param("How many boxes, the best, are kept; below 1 all.", default=-1)

    def check(self) -> None:
        """There are four variances."""
        _check_length(self, "variances", 4)

    def infer_shape(self, cls_prob: Shape) -> Shapes:
        """Every anchor has a row."""
        if len(cls_prob) != 3:
            raise ShapeError(f"cls_prob must be (batch, classes, anchors), got {cls_prob}")
        batch, _, count = cls_prob
        return {
            "loc_pred": (batch, 4 * count),
            "anchor": (1, count, 4),
            "output": (batch, count, 6),
        }

    def forward(self, cls_prob: Tensor, loc_pred: Tensor, anchor: Tensor) -> Tensor:
        """Return the rows."""
        places = self._decoded(loc_pred.reshape(len(loc_pred), -1, 4), anchor[0])
        if cls_prob.shape[1] == 1:
            return cls_prob.new_full((*places.shape[:2], 6), -1)
        score, kind = _likeliest(cls_prob[:, 1:])
        found = (score > -1) & (score >= self.threshold)
        rows = torch.cat((kind[..., None], score[..., None], places), -1)
        counts = found.sum(1, keepdim=True)
        if not 0 < self.nms_threshold <= 1:
            return first_of(rows, found)
        most = self.nms_topk if 0 < self.nms_topk < rows.shape[1] else rows.shape[1]
        best = self._suppressed(rows, torch.where(found, score, -inf), counts, most)
        if most == rows.shape[1]:
            return best
        result = first_of(rows, found)
        result[:, :most] = best
        result[:, most:, 0] = -1
        return result

    def _decoded(self, code: Tensor, anchors: Tensor) -> Tensor:
        """Return the corners of boxes."""
        factors = code.new_tensor(self.variances)
        extent, center = anchors[:, 2:] - anchors[:, :2], (anchors[:, :2] + anchors[:, 2:]) / 2
        middle = code[..., :2] * factors[:2] * extent + center
        half = (code[..., 2:] * factors[2:]).exp() * extent / 2
        corners = torch.cat((middle - half, middle + half), -1)
        return corners.clamp(0, 1) if self.clip else corners

    def _suppressed(self, rows: Tensor, score: Tensor, counts: Tensor, most: int) -> Tensor:
        """Return the best boxes of each image, sorted, and marked where they are left out."""
        best = rows_of(rows, best_first(score, most))
        kinds = torch.zeros_like(best[..., 0]) if self.force_suppress else best[..., 0]
        left = self._left(best[..., 2:], kinds, counts)
        best[..., 0].masked_fill_(left.logical_not(), -1)
        there = torch.arange(most, device=rows.device) < counts
        return best.masked_fill_(there.logical_not_()[..., None], -1)

    def _left(self, places: Tensor, kinds: Tensor, counts: Tensor) -> Tensor:
        """Return which of the sorted boxes of each image are left; any of those behind counts."""
        limit = Limit(self.nms_threshold, reached=True)
        covered = areas(places)
        images = torch.arange(len(places), device=places.device, dtype=kinds.dtype)
        groups = kinds + images[:, None] * (kinds.amax() + 1)
        boxes = Ranked.of(places.flatten(0, 1), covered.flatten(), groups.flatten())
        left = survivors_of_groups(boxes, limit)
        if left is not None:
            return left.view(kinds.shape)
        left = torch.zeros(kinds.shape, dtype=torch.bool, device=kinds.device)
        for image, count in enumerate(counts.clamp_max(kinds.shape[1]).view(-1).tolist()):
            part = image, slice(count)
            one = Ranked.of(
                places[part], covered[part], None if self.force_suppress else kinds[part]
            )
            left[image, survivors(one, limit)] = True
        return left


def _likeliest(scores: Tensor) -> tuple[Tensor, Tensor]:
    """Return the greatest score of each anchor, and the first class that has it, as a number."""
    best = scores.amax(1)
    # Torch's search for places along this axis is slow; the first of equal ones weighs most.
    count = scores.shape[1]
    weights = torch.arange(count, 0, -1, dtype=scores.dtype, device=scores.device)
    weighed = torch.eq(scores, best.unsqueeze(1), out=torch.empty_like(scores))
    return best, count - weighed.mul_(weights.unsqueeze(-1)).amax(1)
