"""Detections of single-shot detectors."""

from math import inf
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...core.errors import ShapeError
from ..contract import Input, Operator, Shape, Shapes, param
from ._suppression import Boxes, HostArray, Limit, best_first, left_of, on_host
from .anchors import check_length

__all__ = ["_contrib_MultiBoxDetection"]


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
        check_length(self, "variances", 4)

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
        count = cls_prob.shape[1] - 1
        if not count:
            return cls_prob.new_full((*cls_prob.shape[:1], cls_prob.shape[2], 6), -1)
        if cls_prob.is_cpu:
            with np.errstate(all="ignore"):
                found = self._columns(np, *map(on_host, (cls_prob, loc_pred, anchor)))
        else:
            found = on_host(self._columns(torch, cls_prob, loc_pred, anchor))
        if self.clip:
            corners = found[2:]
            np.minimum(np.maximum(corners, 0, out=corners), 1, out=corners)
        return torch.from_numpy(self._rows(found, count)).to(cls_prob)

    def _columns(self, library: Any, cls_prob: Any, loc_pred: Any, anchor: Any) -> Any:
        """Return class, score, left, top, right and bottom for each anchor: (6, batch, anchors).

        NumPy and torch name alike what is called here. On the host a call of NumPy costs a fifth of
        one of torch, and most images have few anchors; on a device the numbers stay where they are.
        """
        code = loc_pred.reshape(len(loc_pred), -1, 4)
        (left, right), (top, bottom) = (self._ends(library, code, anchor[0], n) for n in (0, 1))
        kind, score = _likeliest(library, cls_prob[:, 1:])
        return library.stack((kind, score, left, top, right, bottom))

    def _ends(self, library: Any, code: Any, anchors: Any, axis: int) -> tuple[Any, Any]:
        """Return where boxes begin and end along an axis."""
        low, high = anchors[:, axis], anchors[:, axis + 2]
        extent = high - low
        middle = code[..., axis] * self.variances[axis] * extent + (low + high) / 2
        half = library.exp(code[..., axis + 2] * self.variances[axis + 2]) * extent / 2
        return middle - half, middle + half

    def _rows(self, columns: HostArray, classes: int) -> HostArray:
        """Return the rows of boxes that are found: sorted, and marked where they are left out."""
        score = columns[1]
        found = (score > -1) & (score >= self.threshold)
        batch, count = score.shape
        suppresses = 0 < self.nms_threshold <= 1
        most = self.nms_topk if 0 < self.nms_topk < count else count
        rows = np.full((batch, count, 6), -1, columns.dtype)
        if not suppresses or most < count:
            for image, there in enumerate(found):
                chosen = there.nonzero()[0]
                rows[image, : len(chosen)] = columns[:, image].take(chosen, axis=1).T
        if suppresses:
            rows[:, most:, 0] = -1
            self._suppress(columns, found, most, classes, rows)
        return rows

    def _suppress(
        self, columns: HostArray, found: HostArray, most: int, classes: int, rows: HostArray
    ) -> None:
        """Write the best boxes of each image, sorted, and marked where they are left out."""
        batch, count = found.shape
        order = best_first(np.where(found, columns[1], -inf), most)
        order += count * np.arange(batch)[:, None]
        counts = np.minimum(found.sum(1), most)
        sources = [places[:number] for places, number in zip(order, counts, strict=True)]
        best = columns.reshape(6, -1).take(np.concatenate(sources), axis=1)
        image = np.arange(batch).repeat(counts)
        sizes = best[4:] - best[2:4]
        groups = image if self.force_suppress else best[0] + classes * image
        boxes = Boxes(np.concatenate((best[2:], sizes[:1] * sizes[1:])), groups)
        left = left_of(boxes, Limit(self.nms_threshold, reached=True))
        np.copyto(best[0], -1, where=np.logical_not(left))
        for row, end, number in zip(rows, counts.cumsum(), counts, strict=True):
            row[:number] = best[:, end - number : end].T


def _likeliest(library: Any, scores: Any) -> tuple[Any, Any]:
    """Return the first class that has the greatest score of each anchor, and that score."""
    best = library.amax(scores, 1)
    # To search for places along this axis is slow; of equal ones the first weighs most.
    count = scores.shape[1]
    weights = library.arange(count, 0, -1, dtype=library.uint8 if count < 256 else library.int32)
    if library is torch:
        weights = weights.to(scores.device)
    return count - library.amax((scores == best[:, None]) * weights[:, None], 1), best
