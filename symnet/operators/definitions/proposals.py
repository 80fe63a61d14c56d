"""Region proposals of two-stage detectors."""

import numpy as np
import torch
from torch import Tensor

from ...core.errors import DataError, ParameterError, ShapeError
from .._tables import kept
from ..contract import Input, Operator, Shape, Shapes, param
from ._overlaps import at_least_single
from ._suppression import HostArray, Limit, best_first, on_host, survivors

__all__ = ["_contrib_MultiProposal", "_contrib_Proposal", "anchors_of"]


@kept(64)
def anchors_of(
    stride: int, ratios: tuple[float, ...], scales: tuple[float, ...], dtype: torch.dtype
) -> Tensor:
    """Return the corners of the anchors of the first pixel, of all scales for each ratio."""
    ratio = torch.tensor(ratios, dtype=dtype)[:, None]
    scale = torch.tensor(scales, dtype=dtype)
    root = ((stride * stride / ratio).floor().sqrt() + 0.5).floor()
    wide = root * scale
    tall = (wide / scale * ratio + 0.5).floor() * scale
    half = 0.5 * (torch.stack((wide, tall), -1) - 1)
    middle = 0.5 * (stride - 1)
    return torch.cat((middle - half, middle + half), -1).view(-1, 4)


class _Proposals(Operator, registered=False):
    """What both operators share: they differ in how many images they take."""

    floats_only = True

    cls_prob = Input(
        "Probabilities of shape (batch, 2 · anchors, height, width): nothing, then something.",
        takes_gradient=False,
    )
    bbox_pred = Input(
        "Places relative to the anchors, (batch, 4 · anchors, height, width).", takes_gradient=False
    )
    im_info = Input("Height, width and scale of each image, (batch, 3).", takes_gradient=False)
    rpn_pre_nms_top_n: int = param(
        "How many anchors, the best, are looked at; below 1 all.", default=6000
    )
    rpn_post_nms_top_n: int = param(
        "How many regions are given back; where there are less, they repeat.", default=300, min=1
    )
    threshold: float = param("Overlap above which the worse region is left out.", default=0.7)
    rpn_min_size: int = param(
        "Height and width, before scaling, below which a region comes last.", default=16
    )
    scales: tuple[float, ...] = param(
        "Sizes of anchors, in strides.", default=(4.0, 8.0, 16.0, 32.0)
    )
    ratios: tuple[float, ...] = param("Their heights by their widths.", default=(0.5, 1.0, 2.0))
    feature_stride: int = param("Pixels of the image for one of the inputs.", default=16, min=1)
    output_score: bool = param("Give the scores back too.", default=False)
    iou_loss: bool = param("Take places as distances of corners.", default=False)

    def check(self) -> None:
        """There are anchors."""
        for name in ("scales", "ratios"):
            if not getattr(self, name) or min(getattr(self, name)) <= 0:
                raise ParameterError(
                    f"{type(self).__name__}: {name} must be numbers above 0, got "
                    f"{getattr(self, name)}"
                )

    def outputs(self) -> tuple[str, ...]:
        """Regions, and where they are asked for their scores."""
        return ("output", "score") if self.output_score else ("output",)

    def infer_shape(self, cls_prob: Shape) -> Shapes:
        """Each image has as many regions."""
        count = len(self.scales) * len(self.ratios)
        if len(cls_prob) != 4 or cls_prob[1] != 2 * count:
            raise ShapeError(
                f"cls_prob must be (batch, 2 · {count}, height, width), for {len(self.scales)} "
                f"scales and {len(self.ratios)} ratios; got {cls_prob}"
            )
        self._check_batch(cls_prob[0])
        rows = cls_prob[0] * self.rpn_post_nms_top_n
        return {
            "bbox_pred": (cls_prob[0], 4 * count, *cls_prob[2:]),
            "im_info": (cls_prob[0], 3),
            "output": (rows, 5),
            "score": (rows, 1),
        }

    def _check_batch(self, batch: int) -> None:
        """Raise ShapeError where there are too many images."""

    def forward(
        self, cls_prob: Tensor, bbox_pred: Tensor, im_info: Tensor
    ) -> Tensor | tuple[Tensor, Tensor]:
        """Return image, left, top, right and bottom of the regions."""
        exact = [at_least_single(each) for each in (cls_prob, bbox_pred, im_info)]
        prob, moves, info = map(on_host, exact)
        anchors = on_host(anchors_of(self.feature_stride, self.ratios, self.scales, exact[2].dtype))
        self._check_sizes(info, prob.shape[2:])
        with np.errstate(all="ignore"):
            corners, scores = self._candidates(anchors, prob, moves, info)
        rows, points = self._chosen(corners, scores)
        output = torch.from_numpy(rows).to(cls_prob)
        return (output, torch.from_numpy(points).to(cls_prob)) if self.output_score else output

    def _check_sizes(self, info: HostArray, size: tuple[int, ...]) -> None:
        """Raise DataError where an image is greater than what there are probabilities of."""
        real = (info[:, :2] / self.feature_stride).astype(np.int64)
        if (real > size).any():
            raise DataError(
                f"{type(self).__name__}: im_info is of images of {real.tolist()} pixels of "
                f"{self.feature_stride}, but cls_prob has {size}"
            )

    def _chosen(self, corners: HostArray, scores: HostArray) -> tuple[HostArray, HostArray]:
        """Return the rows of all images, and the scores of these regions."""
        batch, anchors, *_ = scores.shape
        # Of equal scores the first counts, pixel by pixel.
        by_pixel = np.moveaxis(scores, 1, -1).reshape(batch, -1)
        before = self.rpn_pre_nms_top_n if self.rpn_pre_nms_top_n > 0 else by_pixel.shape[1]
        order = best_first(by_pixel, min(before, by_pixel.shape[1]))
        pixels = by_pixel.shape[1] // anchors
        order = order % anchors * pixels + order // anchors
        rows = np.empty((batch, self.rpn_post_nms_top_n, 5), corners.dtype)
        points = np.empty((batch, self.rpn_post_nms_top_n, 1), scores.dtype)
        for image, places in enumerate(order):
            of_image = corners[:, image].reshape(4, -1)
            kept = self._kept(of_image.take(places, axis=1))
            chosen = places.take(np.resize(kept, self.rpn_post_nms_top_n))
            rows[image, :, 0], rows[image, :, 1:] = image, of_image.take(chosen, axis=1).T
            points[image, :, 0] = scores[image].ravel().take(chosen)
        return rows.reshape(-1, 5), points.reshape(-1, 1)

    def _kept(self, corners: HostArray) -> HostArray:
        """Return which of an image's regions are left, best first."""
        sizes = corners[2:] - corners[:2] + 1
        numbers = np.concatenate((corners, sizes[:1] * sizes[1:]))
        return survivors(numbers, Limit(self.threshold, border=1), self.rpn_post_nms_top_n)

    def _candidates(
        self, anchors: HostArray, prob: HostArray, moves: HostArray, info: HostArray
    ) -> tuple[HostArray, HostArray]:
        """Return the corners of all regions, (4, batch, anchors, height, width), and their scores.

        It is little work, of many steps, and ends on the host.
        """
        batch, _, height, width = prob.shape
        corners = np.empty((4, batch, len(anchors), height, width), info.dtype)
        # Places along the width, and along the height: the other axis follows.
        places = np.arange(width), np.arange(height)[:, None]
        apart = moves.reshape(batch, -1, 4, height, width)
        for axis, place in enumerate(places):
            ends = slice(axis, None, 2)
            own = anchors[:, ends].T[..., None, None] + place * self.feature_stride
            self._move(own.astype(info.dtype), np.moveaxis(apart[:, :, ends], 2, 0), corners[ends])
            limit = info[:, 1 - axis].reshape(-1, 1, 1, 1) - 1
            np.minimum(corners[ends], limit, out=corners[ends])
        np.maximum(corners, 0, out=corners)
        least = (self.rpn_min_size * info[:, 2]).reshape(-1, 1, 1, 1)
        wide, tall = corners[2:] - corners[:2] + 1
        small = (wide < least) | (tall < least)
        grown = np.where(small, least / 2, info.dtype.type(0))
        corners[:2] -= grown
        corners[2:] += grown
        real = (info[:, :2] / self.feature_stride).astype(np.int64).reshape(-1, 2, 1, 1, 1)
        left_out = small | (places[1] >= real[:, 0]) | (places[0] >= real[:, 1])
        return corners, np.where(left_out, prob.dtype.type(-1), prob[:, len(anchors) :])

    def _move(self, ends: HostArray, moves: HostArray, out: HostArray) -> None:
        """Write where regions begin and end along an axis, given where the anchors do.

        Their middles are moved and their lengths multiplied. Halves are taken in double precision,
        and rounded once, as Apache MXNet does.
        """
        low, high = ends
        if self.iou_loss:
            np.add(ends[:, None], moves, out=out)
            return
        length = high - low + 1
        middle = (low.astype(np.float64) + 0.5 * (length.astype(np.float64) - 1)).astype(low.dtype)
        center = moves[0] * length + middle
        half = 0.5 * ((np.exp(moves[1]) * length).astype(np.float64) - 1)
        np.subtract(center, half, out=out[0], casting="same_kind")
        np.add(center, half, out=out[1], casting="same_kind")


class _contrib_Proposal(_Proposals):
    """Choose the regions of an image that are most likely to hold something.

    Every pixel has anchors, which bbox_pred moves; those are cut at the image's border, sorted by
    their probabilities, and left out where they overlap a better one much. No gradient flows
    through it. Source: Apache MXNet 1.9.1.

    >>> import symnet as mx
    >>> net = mx.Proposal(
    ...     cls_prob=mx.Variable("scores"), bbox_pred=mx.Variable("boxes"),
    ...     im_info=mx.Variable("sizes"), scales=(8,), rpn_post_nms_top_n=100,
    ... )
    >>> net.infer_shape(scores=(1, 6, 14, 14))[:2]
    ([(1, 6, 14, 14), (1, 12, 14, 14), (1, 3)], [(100, 5)])
    """

    aliases = ("Proposal", "contrib_Proposal")
    hint = "proposal"

    def _check_batch(self, batch: int) -> None:
        if batch != 1:
            raise ShapeError(
                f"Proposal takes one image, but cls_prob has {batch}; MultiProposal takes several"
            )


class _contrib_MultiProposal(_Proposals):
    """Choose the regions of each image that are most likely to hold something.

    As Proposal, for several images: the first column of the output tells which. Source: Apache
    MXNet 1.9.1.

    >>> import symnet as mx
    >>> net = mx.MultiProposal(
    ...     cls_prob=mx.Variable("scores"), bbox_pred=mx.Variable("boxes"),
    ...     im_info=mx.Variable("sizes"), scales=(8,), rpn_post_nms_top_n=100,
    ... )
    >>> net.infer_shape(scores=(2, 6, 14, 14))[1]
    [(200, 5)]
    """

    aliases = ("MultiProposal", "contrib_MultiProposal")
    hint = "multiproposal"
