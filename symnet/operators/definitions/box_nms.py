"""Non-maximum suppression."""

from collections.abc import Mapping
from math import inf

import numpy as np
import torch
from torch import Tensor

from ...core.errors import ParameterError, ShapeError
from ..contract import Input, Operator, Shape, Shapes, param
from ._suppression import Boxes, HostArray, Limit, best_first, grouped, left_of, on_host
from .boxes import FORMATS, Format

__all__ = ["_contrib_box_nms"]


def _cornered(place: HostArray) -> HostArray:
    """Return left, top, right and bottom of boxes that are given by middle and size."""
    middle, half = place[..., :2], place[..., 2:] / 2
    return np.concatenate((middle - half, middle + half), -1)


class _contrib_box_nms(Operator):
    """Sort boxes by their scores, and leave out those that overlap much with a better one.

    A box is a row of numbers, of which four are its place, one its score and one, perhaps, its
    class. Rows that are left out become −1 and go to the end. Gradients go back to the rows that
    were kept. Source: Apache MXNet 1.9.1.

    >>> import symnet as mx
    >>> mx.box_nms(
    ...     data=mx.array([[0, 0.5, 0, 0, 4, 4], [0, 0.7, 0, 0, 4, 5], [0, 0.2, 6, 6, 8, 8]])
    ... )
    NDArray([[ 0. ,  0.7,  0. ,  0. ,  4. ,  5. ],
             [ 0. ,  0.2,  6. ,  6. ,  8. ,  8. ],
             [-1. , -1. , -1. , -1. , -1. , -1. ]], float32, CPU0)
    """

    aliases = (
        "_contrib_box_non_maximum_suppression",
        "box_nms",
        "box_non_maximum_suppression",
        "contrib_box_nms",
        "contrib_box_non_maximum_suppression",
    )
    hint = "box_nms"
    floats_only = True

    data = Input("Boxes of shape (…, boxes, numbers).")
    overlap_thresh: float = param("Overlap above which a box is left out.", default=0.5)
    valid_thresh: float = param("Score that a box must exceed.", default=0.0)
    topk: int = param("How many boxes, the best, are looked at; -1 for all.", default=-1)
    coord_start: int = param("Column where the four numbers of the place begin.", default=2)
    score_index: int = param("Column of the score.", default=1)
    id_index: int = param("Column of the class; -1 for none.", default=-1)
    background_id: int = param("Class of boxes that are left out.", default=-1)
    force_suppress: bool = param("Let boxes suppress those of other classes too.", default=False)
    in_format: Format = param(f"Places of the input. {FORMATS}", default="corner")
    out_format: Format = param(f"Places of the output. {FORMATS}", default="corner")

    def check(self) -> None:
        """No column has two meanings."""
        place = range(self.coord_start, self.coord_start + 4)
        given = [self.score_index] + ([self.id_index] if self.id_index >= 0 else [])
        if min(*given, self.coord_start) < 0 or len({*place, *given}) < 4 + len(given):
            raise ParameterError(
                "_contrib_box_nms: score_index, id_index and the four columns from coord_start on "
                f"must be columns of their own, got {self.score_index}, {self.id_index} and "
                f"{self.coord_start}"
            )

    def outputs(self) -> tuple[str, ...]:
        """MXNet numbers the only one too."""
        return ("output0",)

    def saved(self) -> Mapping[str, torch.dtype | None]:
        """The gradient needs to know where each row came from."""
        return {"sources": torch.int64}

    def infer_shape(self, data: Shape) -> Shapes:
        """Rows stay what they are."""
        columns = max(self.score_index, self.id_index, self.coord_start + 3) + 1
        if len(data) < 2 or data[-1] < columns:
            raise ShapeError(f"data must be (…, boxes, at least {columns} numbers), got {data}")
        return {"output0": data, "sources": data[:-1]}

    def forward(self, data: Tensor) -> Tensor:
        """Return the boxes that are left, best first."""
        return self.forward_saving(data)[0]

    def forward_saving(self, data: Tensor) -> tuple[Tensor, Tensor]:
        """Return the boxes that are left, and the rows that they were; -1 where there is none."""
        if self.topk == 0:
            numbers = torch.arange(data.shape[-2], device=data.device).expand(data.shape[:-1])
            return data.clone(), numbers.contiguous()
        images = on_host(data).reshape(-1, *data.shape[-2:])
        output, sources = np.full_like(images, -1), np.full(images.shape[:2], -1)
        kept, image = self._kept(images)
        # Those of an image follow each other, and go where its rows begin.
        row = np.arange(len(kept)) - image.searchsorted(image)
        sources[image, row] = kept
        output[image, row] = images[image, kept]
        if self.in_format != self.out_format:
            self._reform(output[..., self.coord_start : self.coord_start + 4])
        found, places = torch.from_numpy(output), torch.from_numpy(sources)
        return found.view(data.shape).to(data), places.view(data.shape[:-1]).to(data.device)

    def _kept(self, images: HostArray) -> tuple[HostArray, HostArray]:
        """Return the rows that are left, image by image, best first; and the image of each."""
        score = images[..., self.score_index]
        valid = score > self.valid_thresh
        if self.id_index >= 0:
            valid &= images[..., self.id_index] != self.background_id
        batch, count = score.shape
        most = min(self.topk, count) if self.topk > 0 else count
        order = best_first(np.where(valid, score, -inf), most)
        counts = np.minimum(valid.sum(1), most)
        parts = [places[:number] for places, number in zip(order, counts, strict=True)]
        rows, image = np.concatenate(parts), np.arange(batch).repeat(counts)
        best = images.reshape(-1, images.shape[2]).take(rows + count * image, axis=0)
        groups = image
        if self.id_index >= 0 and not self.force_suppress:
            groups = grouped(np.trunc(best[:, self.id_index]), image)
        left = left_of(self._boxes(best, groups), Limit(self.overlap_thresh))
        return rows.compress(left), image.compress(left)

    def _boxes(self, rows: HostArray, groups: HostArray) -> Boxes:
        """Return the boxes; one that is turned inside out has no area."""
        place = np.ascontiguousarray(rows[:, self.coord_start : self.coord_start + 4].T)
        centered = self.in_format == "center"
        sizes = np.maximum(place[2:] if centered else place[2:] - place[:2], 0)
        corners = _cornered(place.T).T if centered else place
        numbers = np.concatenate((corners, sizes[:1] * sizes[1:]))
        return Boxes(numbers, groups, fits=not centered)

    def _reform(self, place: HostArray) -> None:
        """Write places in the other format; 1.9.1 leaves those alone that begin below 0."""
        low, high = place[..., :2], place[..., 2:]
        if self.out_format == "corner":
            other = _cornered(place)
        else:
            other = np.concatenate(((low + high) / 2, high - low), -1)
        np.copyto(place, other, where=place[..., :1] >= 0)

    def data_gradient(self, grad: Tensor, sources: Tensor) -> Tensor:
        """Return grad at the rows that were kept."""
        # One more row takes what belongs to none.
        place = torch.where(sources < 0, sources.shape[-1], sources)
        shape = (*grad.shape[:-2], grad.shape[-2] + 1, grad.shape[-1])
        whole = grad.new_zeros(shape).scatter_(-2, place[..., None].expand(grad.shape), grad)
        return whole[..., :-1, :]
