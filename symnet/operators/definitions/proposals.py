"""Operators of two-stage detectors: which regions of an image to look at."""

import torch
from torch import Tensor

from ...core.errors import DataError, ParameterError, ShapeError
from .._tables import kept
from ..contract import Input, Operator, Shape, Shapes, param
from ._overlaps import Limit, Ranked, areas, at_least_single, survivors

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
        corners, scores = self._candidates(cls_prob, bbox_pred, im_info)
        order = scores.argsort(dim=1, descending=True, stable=True)
        if self.rpn_pre_nms_top_n > 0:
            order = order[:, : self.rpn_pre_nms_top_n]
        rows, points = [], []
        for number, places in enumerate(order):
            kept = self._kept(corners[number, places])
            repeated = torch.arange(self.rpn_post_nms_top_n, device=kept.device) % len(kept)
            chosen = places[kept[repeated]]
            image = corners.new_full((len(chosen), 1), number)
            rows.append(torch.cat((image, corners[number, chosen]), 1))
            points.append(scores[number, chosen, None])
        output = torch.cat(rows).to(cls_prob.dtype)
        return (output, torch.cat(points).to(cls_prob.dtype)) if self.output_score else output

    def _kept(self, corners: Tensor) -> Tensor:
        """Return which of an image's regions are left, best first."""
        boxes = Ranked.of(corners, areas(corners, border=1))
        return survivors(boxes, Limit(self.threshold, border=1), self.rpn_post_nms_top_n)

    def _candidates(
        self, cls_prob: Tensor, bbox_pred: Tensor, im_info: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return the corners of all regions, pixel by pixel, and their scores."""
        batch, _, height, width = cls_prob.shape
        info = at_least_single(im_info)
        real = (info[:, :2] / self.feature_stride).long()
        if bool((real > real.new_tensor([height, width])).any()):
            raise DataError(
                f"{type(self).__name__}: im_info is of images of {real.tolist()} pixels of "
                f"{self.feature_stride}, but cls_prob has ({height}, {width})"
            )
        device = cls_prob.device
        y, x = torch.arange(height, device=device), torch.arange(width, device=device)
        shift = torch.stack(torch.meshgrid(x, y, indexing="xy"), -1) * self.feature_stride
        anchors = anchors_of(self.feature_stride, self.ratios, self.scales, info.dtype).to(device)
        boxes = anchors + shift.repeat(1, 1, 2)[:, :, None]
        moves = at_least_single(bbox_pred).view(batch, -1, 4, height, width).permute(0, 3, 4, 1, 2)
        corners = boxes + moves if self.iou_loss else _moved(boxes, moves)
        limits = info[:, [1, 0, 1, 0]].view(batch, 1, 1, 1, 4) - 1
        corners = torch.minimum(corners, limits).clamp_min_(0)
        scores = (
            at_least_single(cls_prob).view(batch, 2, -1, height, width)[:, 1].permute(0, 2, 3, 1)
        )
        beyond = (y[:, None] >= real[:, 0, None, None]) | (x >= real[:, 1, None, None])
        least = (self.rpn_min_size * info[:, 2]).view(batch, 1, 1, 1)
        small = (corners[..., 2:] - corners[..., :2] + 1 < least[..., None]).any(-1)
        grown = torch.where(small, least / 2, 0)[..., None]
        corners = torch.cat((corners[..., :2] - grown, corners[..., 2:] + grown), -1)
        scores = torch.where(small | beyond[..., None], -1, scores)
        return corners.reshape(batch, -1, 4), scores.reshape(batch, -1)


def _moved(boxes: Tensor, moves: Tensor) -> Tensor:
    """Return the corners of boxes with their middles moved and their sizes multiplied.

    Halves are taken in double precision, and rounded once, as Apache MXNet does.
    """
    size = boxes[..., 2:] - boxes[..., :2] + 1
    middle = (boxes[..., :2].double() + 0.5 * (size.double() - 1)).to(size.dtype)
    center = moves[..., :2] * size + middle
    half = 0.5 * ((moves[..., 2:].exp() * size).double() - 1)
    return torch.cat((center - half, center + half), -1).to(size.dtype)


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
