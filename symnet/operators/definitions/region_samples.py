"""ROI align and deformable ROI pooling."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...core.errors import DataError, ShapeError
from ..contract import Input, Shape, Shapes, param
from ._gathering import Bags, add_up, cross, image_of, placed, rounded, spread, table_of, window
from ._suppression import HostArray, on_host
from .regions import (
    _Regions,
    check_groups,
    check_images,
    check_regions,
    group_planes,
    grouped_table,
    pair_of,
)

__all__ = ["_contrib_DeformablePSROIPooling", "_contrib_ROIAlign"]


class _contrib_ROIAlign(_Regions):
    """Divide each region into parts, and give the mean of each, read between the pixels.

    Nothing is rounded: each part has sample_ratio² points, evenly spaced, whose values follow from
    the four pixels around them. Points more than a pixel outside the image count as 0, and a region
    whose image has a negative number gives 0. Source: Apache MXNet 1.9.1.

    >>> import symnet as mx
    >>> mx.ROIAlign(
    ...     data=mx.array([[[[1, 2, 3], [4, 5, 6], [7, 8, 9]]]]), rois=mx.array([[0, 0, 0, 2, 2]]),
    ...     pooled_size=(1, 2), spatial_scale=1.0,
    ... )
    NDArray([[[[4.5, 5.5]]]], float32, CPU0)
    """

    aliases = ("ROIAlign", "contrib_ROIAlign")
    hint = "roialign"

    pooled_size: tuple[int, ...] = param("Parts along the height and the width.")
    sample_ratio: int = param(
        "Points of each part along either; below 1 one for each pixel begun.", default=-1
    )
    position_sensitive: bool = param(
        "Let each part have a group of channels of its own.", default=False
    )
    aligned: bool = param("Let pixels' centres, not corners, lie on whole numbers.", default=False)

    def check(self) -> None:
        """There are two sizes."""
        pair_of(self, "pooled_size", self.pooled_size)

    @property
    def _parts(self) -> int:
        return self.pooled_size[0] * self.pooled_size[1]

    def saved(self) -> Mapping[str, torch.dtype | None]:
        """The gradient needs to know what was read, where it is known how much that is at most."""
        if self.sample_ratio < 1:
            return {}
        return {"rows": torch.int64, "weights": None, "starts": torch.int64}

    def infer_shape(self, data: Shape, rois: Shape) -> Shapes:
        """Each region becomes an image of the pooled size; each point reads four pixels."""
        check_regions(data, rois)
        bags = rois[0] * self._parts
        read = (bags * 4 * max(self.sample_ratio, 0) ** 2,)
        saved = {"rows": read, "weights": read, "starts": (bags + 1,)}
        if not self.position_sensitive:
            return {"output": (rois[0], data[1], *self.pooled_size), **saved}
        if data[1] % self._parts:
            raise ShapeError(
                f"position_sensitive divides the channels into {self._parts} groups, but data has "
                f"{data[1]} channels"
            )
        return {"output": (rois[0], data[1] // self._parts, *self.pooled_size), **saved}

    def forward(self, data: Tensor, rois: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the means."""
        return self._means(data, rois, self._bags(rois, tuple(data.shape)), out)

    def forward_saving(
        self, data: Tensor, rois: Tensor, out: Any = None
    ) -> Tensor | tuple[Tensor, ...]:
        """Return the means, and which pixels were read, with their weights."""
        bags = self._bags(rois, tuple(data.shape))
        if self.sample_ratio < 1:
            return self._means(data, rois, bags, out)
        total, most = len(bags.rows), len(bags.starts) * 4 * self.sample_ratio**2
        means, rows, weights, starts = out or (
            None,
            bags.rows.new_empty(most),
            bags.weights.new_empty(most),
            bags.starts.new_empty(len(bags.starts) + 1),
        )
        rows[:total], weights[:total] = bags.rows, bags.weights
        if total < most:  # what is never read is no chance content either: results repeat
            rows[total:], weights[total:] = 0, 0
        starts[:-1], starts[-1] = bags.starts, total
        return self._means(data, rois, bags, means), rows, weights, starts

    def _means(self, data: Tensor, rois: Tensor, bags: Bags, out: Tensor | None) -> Tensor:
        images, channels, height, width = data.shape
        shape = (len(rois), channels, *self.pooled_size)
        if self.position_sensitive:
            apart = data.reshape(images, channels // self._parts, self._parts, height, width)
            table = apart.permute(0, 2, 3, 4, 1).reshape(-1, channels // self._parts)
            shape = (len(rois), channels // self._parts, *self.pooled_size)
        else:
            table = table_of(data)
        return image_of(add_up(table, bags), shape, out)

    def data_gradient(
        self,
        grad: Tensor,
        rois: Tensor,
        data_shape: Shape,
        rows: Tensor | None = None,
        weights: Tensor | None = None,
        starts: Tensor | None = None,
        out: Tensor | None = None,
    ) -> Tensor:
        """Return grad, spread over the pixels that were read."""
        images, channels, height, width = data_shape
        if rows is None or weights is None or starts is None:
            bags = self._bags(rois, data_shape)
        else:
            total = int(starts[-1])
            bags = Bags(rows[:total], weights[:total], starts[:-1])
        if not self.position_sensitive:
            table = spread(table_of(grad), bags, images * height * width)
            return image_of(table, data_shape, out)
        table = spread(table_of(grad), bags, images * self._parts * height * width)
        apart = table.view(images, self._parts, height, width, channels // self._parts)
        found = apart.permute(0, 4, 1, 2, 3).reshape(data_shape)
        return found if out is None else out.copy_(found)

    def _bags(self, rois: Tensor, shape: Shape) -> Bags:
        images, _, height, width = shape
        regions = on_host(rois)
        number = regions[:, 0].astype(np.int64)
        check_images(self, number, images, least=-1)
        corner = regions[:, 1:] * self.spatial_scale - (0.5 if self.aligned else 0)
        start, size = corner[:, :2], corner[:, 2:] - corner[:, :2]
        if not self.aligned:
            size = size.clip(1)
        elif not (size > 0).all():
            raise DataError(
                f"{type(self).__name__}: with aligned every region must have a width and a height "
                "above 0; x2 and y2 must be greater than x1 and y1"
            )
        rows, columns = self.pooled_size
        top, by_line = self._axis(start[:, 1], size[:, 1], rows, height)
        left, by_column = self._axis(start[:, 0], size[:, 0], columns, width)
        by_line *= (number >= 0)[:, None, None]
        plane = np.broadcast_to(number.clip(0)[:, None, None], (len(number), rows, columns))
        if self.position_sensitive:
            plane = plane * self._parts + np.arange(self._parts).reshape(rows, columns)
        bags = cross(
            plane * (height * width),
            (top[:, :, None], by_line[:, :, None]),
            (left[:, None, :], by_column[:, None, :]),
            width,
        )
        return placed(bags, rois)

    def _axis(
        self, start: HostArray, size: HostArray, parts: int, length: int
    ) -> tuple[HostArray, HostArray]:
        """Return the first pixel that each part reads, and the weights of it and those after it."""
        part = size / parts
        counts = np.full_like(part, self.sample_ratio) if self.sample_ratio > 0 else np.ceil(part)
        numbers = np.arange(int(counts.max()), dtype=part.dtype)
        within = (numbers + part.dtype.type(0.5)) * part[:, None] / counts[:, None]
        begins = start[:, None] + np.arange(parts, dtype=part.dtype) * part[:, None]
        place = begins[:, :, None] + within[:, None, :]
        there = (place >= -1) & (place <= length) & (numbers < counts[:, None, None])
        share = there.astype(part.dtype) / counts[:, None, None]
        return window(place.clip(0, length - 1), share, length)


class _contrib_DeformablePSROIPooling(_Regions):
    """Pool regions from groups of channels as PSROIPooling, each part moved by an offset.

    A part has sample_per_part² points, which are read between the pixels; those outside the image
    are left out of its mean. It is moved by trans_std · trans times the size of its region. Source:
    Apache MXNet 1.9.1.

    >>> import symnet as mx
    >>> net = mx.DeformablePSROIPooling(
    ...     data=mx.Variable("data"), rois=mx.Variable("rois"), trans=mx.Variable("trans"),
    ...     spatial_scale=0.5, output_dim=2, group_size=3, pooled_size=3, trans_std=0.1,
    ... )
    >>> net.infer_shape(data=(1, 18, 20, 20), rois=(7, 5), trans=(7, 2, 3, 3))[1]
    [(7, 2, 3, 3)]
    """

    aliases = ("DeformablePSROIPooling", "contrib_DeformablePSROIPooling")
    hint = "deformablepsroipooling"

    trans = Input(
        "Offsets of shape (regions, 2 · classes, part_size, part_size): along x, then along y.",
        when=lambda op: not op.no_trans,
    )
    output_dim: int = param("Channels of the result.", min=1)
    group_size: int = param("Groups of channels along the height, and along the width.", min=1)
    pooled_size: int = param("Parts along the height, and along the width.", min=1)
    part_size: int = param("Offsets along either; 0 stands for pooled_size.", default=0, min=0)
    sample_per_part: int = param("Points of a part along either.", default=1, min=1)
    trans_std: float = param("Factor of the offsets.", default=0.0, min=0, max=1)
    no_trans: bool = param("Do without offsets.", default=False)

    def infer_shape(self, data: Shape, rois: Shape, trans: Shape | None = None) -> Shapes:
        """Each region becomes an image of the pooled size."""
        check_regions(data, rois)
        check_groups(data, self.output_dim, self.group_size)
        shapes = {"output": (rois[0], self.output_dim, self.pooled_size, self.pooled_size)}
        if trans is None:
            return shapes
        part = self.part_size or self.pooled_size
        if len(trans) != 4 or trans[1] < 2 or self.output_dim % (trans[1] // 2) or trans[1] % 2:
            raise ShapeError(
                "trans must be (regions, 2 · classes, part_size, part_size), where classes divide "
                f"the {self.output_dim} of output_dim; got {trans}"
            )
        return {**shapes, "trans": (rois[0], trans[1], part, part)}

    def forward(self, data: Tensor, rois: Tensor, trans: Tensor | None = None) -> Tensor:
        """Return the means."""
        classes = 1 if trans is None else trans.shape[1] // 2
        bags = self._bags(rois, trans, tuple(data.shape), classes)
        sums = add_up(grouped_table(data, self.output_dim, self.group_size, classes), bags)
        apart = sums.view(len(rois), classes, self.pooled_size, self.pooled_size, -1)
        shape = (len(rois), self.output_dim, self.pooled_size, self.pooled_size)
        return apart.permute(0, 1, 4, 2, 3).reshape(shape)

    def _bags(self, rois: Tensor, trans: Tensor | None, shape: Shape, classes: int) -> Bags:
        images, _, height, width = shape
        number = rois[:, 0].long()
        check_images(self, number, images)
        corner = rounded(rois[:, 1:])
        start = corner[:, :2] * self.spatial_scale - 0.5
        size = ((corner[:, 2:] + 1) * self.spatial_scale - 0.5 - start).clamp_min(0.1)
        part = torch.arange(self.pooled_size, device=rois.device)
        lengths = size / self.pooled_size
        begins = start[:, :, None] + part * lengths[:, :, None]
        # Axes: region, class, row of parts, column of parts.
        x, y = begins[:, 0, None, None, :], begins[:, 1, None, :, None]
        if trans is not None:
            offsets = self._offsets(trans, part) * size[:, None, :, None, None]
            x, y = x + offsets[:, :, 0], y + offsets[:, :, 1]
        points = torch.arange(self.sample_per_part, device=rois.device)
        steps = points * (lengths / self.sample_per_part)[:, :, None]
        top, by_line = _window(y[..., None] + steps[:, 1, None, None, None, :], height)
        left, by_column = _window(x[..., None] + steps[:, 0, None, None, None, :], width)
        plane = number[:, None] * classes + torch.arange(classes, device=rois.device)
        planes = group_planes(plane[:, :, None, None], self.pooled_size, self.group_size)
        return cross(planes * (height * width), (top, by_line), (left, by_column), width)

    def _offsets(self, trans: Tensor, part: Tensor) -> Tensor:
        """Return the offsets of all parts: region, class, x and y, row and column of parts."""
        size = self.part_size or self.pooled_size
        number = torch.floor(part.to(trans.dtype) / self.pooled_size * size).long()
        apart = trans.view(len(trans), -1, 2, size, size)
        return apart[:, :, :, number[:, None], number] * self.trans_std


def _window(place: Tensor, length: int) -> tuple[Tensor, Tensor]:
    """Return the first pixel that the points of each part read, and the weights from it on."""
    there = (place >= -0.5) & (place <= length - 0.5)
    # Apache MXNet takes the pixels on both sides, which on a pixel are one: no slope there.
    sloping = torch.where(place == place.floor(), place.detach(), place)
    share = there / there.sum(-1, keepdim=True).clamp_min(1)
    return window(sloping.clamp(0, length - 1), share.to(place.dtype), length)
