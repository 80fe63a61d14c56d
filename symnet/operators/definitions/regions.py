"""ROI pooling."""

from collections.abc import Iterator, Mapping
from math import prod
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from ...core.errors import DataError, ParameterError, ShapeError
from ..contract import Input, Operator, Shape, Shapes, param
from ._gathering import Bags, add_up, cross, image_of, numbers, placed, rounded, spread, table_of
from ._suppression import HostArray, on_host

__all__ = ["ROIPooling", "_contrib_PSROIPooling"]


def check_regions(data: Shape, rois: Shape) -> None:
    """Raise ShapeError unless these are images, and a row of five numbers for each region."""
    if len(data) != 4:
        raise ShapeError(f"data must be (batch, channels, height, width), got {data}")
    if len(rois) != 2 or rois[1] != 5:
        raise ShapeError(f"rois must be (regions, 5): image, x1, y1, x2, y2; got {rois}")


def check_images(op: Operator, numbers: Any, batch: int, *, least: int = 0) -> None:
    """Raise DataError where a region's image is not there.

    Args:
        op: the operator, which the error names.
        numbers: the numbers of the regions' images, a tensor or an array.
        batch: the number of images.
        least: -1 where negative numbers are allowed.
    """
    wrong = numbers >= batch
    if least == 0:
        wrong |= numbers < 0
    if bool(wrong.any()):
        place = int(wrong.nonzero()[0][0])
        raise DataError(
            f"{type(op).__name__}: region {place} of rois is of image {int(numbers[place])}, but "
            f"data has the images 0 to {batch - 1}; the first column of rois is the image's number"
        )


def pair_of(op: Operator, name: str, value: tuple[int, ...]) -> tuple[int, int]:
    """Return a parameter that is a height and a width, both at least 1."""
    if len(value) != 2 or min(value) < 1:
        raise ParameterError(
            f"{type(op).__name__}: {name} must be a height and a width above 0, got {value}"
        )
    return value[0], value[1]


class _Regions(Operator, registered=False):
    """What all operators on regions share: the layout of their inputs."""

    floats_only = True

    data = Input("Images of shape (batch, channels, height, width).")
    rois = Input(
        "Regions of shape (regions, 5): the image's number, x1, y1, x2 and y2.",
        takes_gradient=False,
    )
    spatial_scale: float = param("Pixels of data for one of the coordinates in rois.", min=0, max=1)


# -- whole pixels ---------------------------------------------------------------------------------


def _spans(
    start: HostArray, size: HostArray, count: int, length: int, *, whole: bool
) -> tuple[HostArray, HostArray]:
    """Return the first pixel of each part of each region along an axis, and how many it has.

    Args:
        start: where the regions begin.
        size: the length of a part of each.
        count: number of parts.
        length: pixels of the image.
        whole: whether starts are whole numbers, which are added after parts are rounded outwards.
    """
    edges = np.arange(count + 1, dtype=start.dtype) * size[:, None]
    first, last, begin = edges[:, :-1], edges[:, 1:], start[:, None]
    if whole:
        first, last = np.floor(first) + begin, np.ceil(last) + begin
    else:
        first, last = np.floor(first + begin), np.ceil(last + begin)
    first, last = (np.minimum(np.maximum(each, 0), length) for each in (first, last))
    return first.astype(np.int64), np.maximum(last - first, 0).astype(np.int64)


class ROIPooling(_Regions):
    """Divide each region into parts, and give the maximum of each.

    Corners are rounded to whole pixels, and both belong to the region. A part that lies outside the
    image, and a region of an image that is not there, give 0. Source: Apache MXNet 1.9.1.

    >>> import symnet as mx
    >>> mx.ROIPooling(
    ...     data=mx.array([[[[1, 2, 3], [4, 5, 6], [7, 8, 9]]]]), rois=mx.array([[0, 0, 0, 1, 2]]),
    ...     pooled_size=(1, 2), spatial_scale=1.0,
    ... )
    NDArray([[[[7., 8.]]]], float32, CPU0)
    """

    aliases = ("_npx_roi_pooling",)

    pooled_size: tuple[int, ...] = param("Parts along the height and the width.")

    def check(self) -> None:
        """There are two sizes."""
        pair_of(self, "pooled_size", self.pooled_size)

    def saved(self) -> Mapping[str, torch.dtype | None]:
        """The gradient needs to know which pixels were the maxima."""
        return {"places": torch.int64}

    def infer_shape(self, data: Shape, rois: Shape) -> Shapes:
        """Each region becomes an image of the pooled size; places lie part by part."""
        check_regions(data, rois)
        output = (rois[0], data[1], *self.pooled_size)
        return {"output": output, "places": (rois[0] * prod(self.pooled_size), data[1])}

    def forward(self, data: Tensor, rois: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the maxima."""
        return self._pooled(data, rois, None, out)

    def forward_saving(
        self, data: Tensor, rois: Tensor, out: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return the maxima, and the pixel of the batch that each was, from 1; 0 for none."""
        shape = (rois.shape[0] * prod(self.pooled_size), data.shape[1])
        places = (
            torch.empty(shape, dtype=torch.int64, device=data.device) if out is None else out[1]
        )
        return self._pooled(data, rois, places, out and out[0]), places

    def _pooled(
        self, data: Tensor, rois: Tensor, places: Tensor | None, out: Tensor | None
    ) -> Tensor:
        """Return the maxima, and note in places which rows of the table they were, from 1."""
        images, channels, height, width = data.shape
        rows, columns = self.pooled_size
        regions = on_host(rois)
        corner = rounded(regions[:, 1:] * self.spatial_scale)
        size = (corner[:, 2:] - corner[:, :2] + 1).clip(1)
        top, lines = _spans(corner[:, 1], size[:, 1] / rows, rows, height, whole=True)
        left, span = _spans(corner[:, 0], size[:, 0] / columns, columns, width, whole=True)
        number = regions[:, 0].astype(np.int64)
        there = (number >= 0) & (number < images)
        counts = lines[:, :, None] * span[:, None, :] * there[:, None, None]
        first = (number[:, None, None] * height + top[:, :, None]) * width + left[:, None, :]
        spans = np.broadcast_to(span[:, None, :], counts.shape)
        windows = _Windows(first.ravel(), spans.ravel(), counts.ravel())
        maxima = _maxima(table_of(data), windows, width, places)
        return image_of(maxima, (len(rois), channels, rows, columns), out)

    def data_gradient(
        self, grad: Tensor, places: Tensor, data_shape: Shape, out: Tensor | None = None
    ) -> Tensor:
        """Return grad at the maxima."""
        images, channels, height, width = data_shape
        # The pixels are rows of a table, after one for what belongs to none.
        table = grad.new_zeros((1 + images * height * width, channels))
        table.scatter_add_(0, places, table_of(grad))
        return image_of(table[1:], data_shape, out)


class _Windows(NamedTuple):
    """Parts of images.

    Args:
        first: the first pixel of each, among those of all images.
        spans: its columns.
        counts: its pixels.
    """

    first: HostArray
    spans: HostArray
    counts: HostArray


def _maxima(table: Tensor, windows: _Windows, width: int, places: Tensor | None) -> Tensor:
    """Return the maximum of each window in a table of pixels, for all channels.

    Args:
        table: the pixels, (pixels, channels).
        windows: the windows.
        width: the images' width.
        places: where to note which pixels were the maxima, from 1, of equal ones the first.
    """
    # Windows of most pixels come first, so that those which still have a pixel left are a prefix.
    order = (-windows.counts).argsort(kind="stable")
    ordered = _Windows(*(each.take(order) for each in windows))
    least = torch.finfo(table.dtype).min if table.dtype != torch.float16 else float("-inf")
    best = table.new_full((len(order), table.shape[1]), least)
    best[int((ordered.counts > 0).sum()) :] = 0
    # Pixels come in rising order, so the last that beats those before it has the greatest number:
    # the numbers, as floats that hold them, need no choice element by element.
    exact = torch.float32 if len(table) < 1 << 24 else torch.float64
    found = torch.zeros(best.shape, dtype=exact, device=table.device)
    memory = best, found, torch.empty_like(best), torch.empty_like(found)
    top, last, pixels, higher = memory
    for rows, own in _by_pixel(ordered, width, found):
        if len(rows) < len(top):
            top, last, pixels, higher = (each[: len(rows)] for each in memory)
        torch.index_select(table, 0, rows, out=pixels)
        if places is not None:
            torch.gt(pixels, top, out=higher).mul_(own)
            torch.maximum(last, higher, out=last)
        torch.maximum(top, pixels, out=top)
    target = torch.from_numpy(order).to(table.device)
    if places is not None:
        places.index_copy_(0, target, found.long())
    return torch.empty_like(best).index_copy_(0, target, best)


def _by_pixel(windows: _Windows, width: int, beside: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield the first pixel of all windows, then the second of those that have one, and so on.

    With it come the pixels' numbers from 1 on, a column of the type of another tensor.
    """
    first, spans, counts = windows
    device, most = beside.device, int(counts.max(initial=0))
    left = (counts.size - counts[::-1].searchsorted(np.arange(most), side="right")).tolist()
    start = torch.from_numpy(first).to(device)
    columns = torch.from_numpy(spans.clip(1)).to(device)
    # A few million numbers at once.
    together = max(1, (1 << 20) // max(counts.size, 1))
    for begin in range(0, most, together):
        steps = torch.arange(begin, min(begin + together, most), device=device)[:, None]
        rows = (steps // columns).mul_(width).add_(steps % columns).add_(start)
        own = (rows + 1).to(beside.dtype).unsqueeze(2)
        for count, row, number in zip(left[begin:], rows.unbind(), own.unbind(), strict=False):
            whole = count == counts.size
            yield (row, number) if whole else (row[:count], number[:count])


class _contrib_PSROIPooling(_Regions):
    """Divide each region into parts, and give the mean of each from a group of channels of its own.

    Channel c of the result takes, for its part in row y and column x of the groups, channel
    (c · group_size + y) · group_size + x of the data. Source: Apache MXNet 1.9.1.

    >>> import symnet as mx
    >>> net = mx.PSROIPooling(
    ...     data=mx.Variable("data"), rois=mx.Variable("rois"),
    ...     spatial_scale=0.5, output_dim=2, pooled_size=3,
    ... )
    >>> net.infer_shape(data=(1, 18, 20, 20), rois=(7, 5))[1]
    [(7, 2, 3, 3)]
    """

    aliases = ("PSROIPooling", "contrib_PSROIPooling")
    hint = "psroipooling"

    output_dim: int = param("Channels of the result.", min=1)
    pooled_size: int = param("Parts along the height, and along the width.", min=1)
    group_size: int = param(
        "Groups of channels along either; 0 stands for pooled_size.", default=0, min=0
    )

    @property
    def groups(self) -> int:
        """Groups of channels along either axis."""
        return self.group_size or self.pooled_size

    def infer_shape(self, data: Shape, rois: Shape) -> Shapes:
        """Each region becomes an image of the pooled size."""
        check_regions(data, rois)
        check_groups(data, self.output_dim, self.groups)
        return {"output": (rois[0], self.output_dim, self.pooled_size, self.pooled_size)}

    def forward(self, data: Tensor, rois: Tensor) -> Tensor:
        """Return the means."""
        size = (len(rois), self.output_dim, self.pooled_size, self.pooled_size)
        table = grouped_table(data, self.output_dim, self.groups)
        return image_of(add_up(table, self._bags(rois, tuple(data.shape))), size)

    def data_gradient(self, grad: Tensor, rois: Tensor, data_shape: Shape) -> Tensor:
        """Return grad, spread evenly over the pixels of each part."""
        images, _, height, width = data_shape
        bags = self._bags(rois, data_shape)
        count = images * self.groups**2 * height * width
        table = spread(table_of(grad), bags, count)
        return from_grouped_table(table, data_shape, self.output_dim, self.groups)

    def _bags(self, rois: Tensor, shape: Shape) -> Bags:
        images, _, height, width = shape
        regions = on_host(rois)
        number = regions[:, 0].astype(np.int64)
        check_images(self, number, images)
        corner = rounded(regions[:, 1:])
        start = corner[:, :2] * self.spatial_scale
        size = ((corner[:, 2:] + 1) * self.spatial_scale - start).clip(0.1)
        part = size / self.pooled_size
        top, lines = _spans(start[:, 1], part[:, 1], self.pooled_size, height, whole=False)
        left, columns = _spans(start[:, 0], part[:, 0], self.pooled_size, width, whole=False)
        plane = group_planes(number[:, None, None], self.pooled_size, self.groups)
        bags = cross(
            plane * (height * width),
            (top[:, :, None], _even(lines, regions.dtype)[:, :, None]),
            (left[:, None, :], _even(columns, regions.dtype)[:, None, :]),
            width,
        )
        return placed(bags, rois)


def _even(lengths: HostArray, dtype: Any) -> HostArray:
    """Return the weights of a mean over as many pixels, with an axis for them at the end."""
    counted = np.arange(int(lengths.max())) < lengths[..., None]
    shares: HostArray = counted.astype(dtype) / lengths[..., None].clip(1).astype(dtype)
    return shares


# -- groups of channels, one for each part --------------------------------------------------------


def check_groups(data: Shape, output_dim: int, groups: int) -> None:
    """Raise ShapeError where the data lacks channels."""
    if data[1] < output_dim * groups**2:
        raise ShapeError(
            f"data must have output_dim · group_size² = {output_dim * groups**2} channels, got "
            f"{data[1]}"
        )


def grouped_table(data: Tensor, output_dim: int, groups: int, classes: int = 1) -> Tensor:
    """Return the pixels as rows: images, classes, groups, lines, columns; then channels."""
    images, _, height, width = data.shape
    used = data[:, : output_dim * groups**2]
    apart = used.reshape(images, classes, output_dim // classes, groups**2, height, width)
    return apart.permute(0, 1, 3, 4, 5, 2).reshape(-1, output_dim // classes)


def from_grouped_table(table: Tensor, shape: Shape, output_dim: int, groups: int) -> Tensor:
    """Return the data of a shape that has such a table of one class; further channels are 0."""
    images, channels, height, width = shape
    apart = table.view(images, groups**2, height, width, output_dim).permute(0, 4, 1, 2, 3)
    used = apart.reshape(images, -1, height, width)
    if used.shape[1] == channels:
        return used
    result = table.new_zeros(shape)
    result[:, : used.shape[1]] = used
    return result


def group_planes(start: Any, parts: int, groups: int) -> Any:
    """Return the plane of each part's group of channels, in rows and columns of parts.

    Args:
        start: numbers of the images (or images and classes), with two axes more of length 1; a
            tensor or an array.
        parts: parts along the height, and along the width.
        groups: groups along either.
    """
    group = numbers(start, parts) * groups // parts
    return start * groups**2 + (group[:, None] * groups + group)
