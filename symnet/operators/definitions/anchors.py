"""Anchor boxes of single-shot detectors."""

from typing import NamedTuple

import torch
from torch import Tensor

from ...core.errors import LabelError, MXError, ParameterError, ShapeError
from .._tables import kept
from ..contract import Input, Operator, Shape, Shapes, param
from ._overlaps import areas, at_least_single, crossings, matches

__all__ = ["_contrib_MultiBoxPrior", "_contrib_MultiBoxTarget", "check_length"]


def check_length(op: Operator, name: str, count: int) -> None:
    """Raise ParameterError unless a parameter is so many numbers."""
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
    sizes: tuple[float, ...] = param("Sizes of anchors.", default=(1.0,), above=0)
    ratios: tuple[float, ...] = param("Their widths by their heights.", default=(1.0,), above=0)
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
            check_length(self, name, 2)
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
        "What places and sizes are divided by.", default=(0.1, 0.1, 0.2, 0.2), above=0
    )

    def check(self) -> None:
        """There are four variances, and a threshold where anchors are chosen."""
        check_length(self, "variances", 4)
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
