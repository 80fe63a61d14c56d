"""Images read at places that other numbers tell: weighted rows of a table, added up in bags.

The pixels of images lie one below the other as the rows of a table, one column for each channel.
What is read of them is a list of bags: each adds up some rows, times their weights.
"""

from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ..contract import Shape

__all__ = [
    "Bags",
    "add_up",
    "corners",
    "cross",
    "image_of",
    "numbers",
    "placed",
    "rounded",
    "spread",
    "table_of",
    "window",
]

aten = torch.ops.aten


class Bags(NamedTuple):
    """Which rows are added up, and with which weights.

    Args:
        rows: the rows of all bags, one bag after the other.
        weights: their weights.
        starts: where each bag begins among them.
    """

    rows: Tensor
    weights: Tensor
    starts: Tensor


def table_of(images: Tensor) -> Tensor:
    """Return the pixels of images (batch, channels, height, width) as rows (b·h·w, channels)."""
    return images.permute(0, 2, 3, 1).reshape(-1, images.shape[1])


def image_of(table: Tensor, shape: Shape, out: Tensor | None = None) -> Tensor:
    """Return the images of a shape (batch, channels, height, width) whose pixels are the rows."""
    batch, channels, height, width = shape
    images = table.view(batch, height, width, channels).permute(0, 3, 1, 2)
    return images.contiguous() if out is None else out.copy_(images)


def add_up(table: Tensor, bags: Bags) -> Tensor:
    """Return the weighted sum of each bag, of shape (bags, channels)."""
    return functional.embedding_bag(
        bags.rows, table, bags.starts, mode="sum", per_sample_weights=bags.weights
    )


def spread(grad: Tensor, bags: Bags, count: int) -> Tensor:
    """Return the gradient of a table of count rows, given that of the sums of its bags."""
    total = bags.rows.numel()
    ends = torch.cat((bags.starts[1:], bags.starts.new_tensor([total])))
    sizes = ends - bags.starts
    owners = torch.repeat_interleave(torch.arange(len(sizes), device=grad.device), sizes)
    none = owners[:0]
    gradient: Tensor = aten._embedding_bag_dense_backward(
        grad.contiguous(), bags.rows, owners, sizes, none, count, False, 0, bags.weights, -1
    )
    return gradient


def cross(row: Any, along_y: tuple[Any, Any], along_x: tuple[Any, Any], width: int) -> Bags:
    """Return the bags whose weights are products of one along each axis.

    All are tensors, or arrays of NumPy, whose calls cost a fifth where there are few regions.

    Args:
        row: for each bag the row of the table where its image begins, of any shape.
        along_y: the first line, of the same shape, and the weights of it and of those that follow,
            with an axis more.
        along_x: the same for columns.
        width: the images' width.
    """
    (top, by_line), (left, by_column) = along_y, along_x
    weights = by_line[..., :, None] * by_column[..., None, :]
    lines, columns = (numbers(weights, count) for count in weights.shape[-2:])
    rows = (row + top * width + left)[..., None, None] + lines[:, None] * width + columns
    counted = weights != 0
    sizes = counted.reshape(-1, lines.shape[0] * columns.shape[0]).sum(-1)
    return Bags(rows[counted], weights[counted], sizes.cumsum(0) - sizes)


def numbers(beside: Any, count: int) -> Any:
    """Return the numbers from 0 on, as a tensor or an array, as what they are used with is."""
    if isinstance(beside, Tensor):
        return torch.arange(count, device=beside.device)
    return np.arange(count)


def corners(place: Tensor, length: int, *, beyond: bool) -> tuple[Tensor, Tensor, Tensor]:
    """Return the pixel before each place on an axis, and the weights of it and of the next.

    Args:
        place: places between pixels 0 and length − 1; on others the weights are for the nearest.
        length: the number of pixels.
        beyond: whether pixels of value 0 lie beyond the border, instead of its own value.
    """
    low = place.floor()
    part = place - low
    before, after = 1 - part, part
    if beyond:
        before = torch.where((low >= 0) & (low < length), before, 0)
        after = torch.where((low >= -1) & (low < length - 1), after, 0)
    else:
        last = low >= length - 1
        before, after = torch.where(last, 1, before), torch.where(last, 0, after)
    return low.clamp(-1, length - 1).long(), before, after


def window(place: Any, share: Any, length: int) -> tuple[Any, Any]:
    """Return the first pixel that several points of an axis read, and the weights from it on.

    Args:
        place: the points, along the last axis, a tensor or an array of NumPy; those with a share
            lie on the image.
        share: what each counts for.
        length: the number of pixels.
    """
    library = torch if isinstance(place, Tensor) else np
    low, counted = library.floor(place), share != 0
    first = library.amin(library.where(counted, low, length - 1), -1)
    most = int(library.where(counted, low - first[..., None], 0).max()) + 2
    pixels = first[..., None] + numbers(place, most)
    # A point reads a pixel by as much as it is less than one away from it.
    reads = (1 - abs(place[..., None] - pixels[..., None, :])).clip(0)
    weights = (reads * share[..., None]).sum(-2)
    return first.long() if library is torch else first.astype(np.int64), weights


def rounded(values: Any) -> Any:
    """Return the nearest whole numbers of a tensor or an array; halves go away from zero."""
    library = torch if isinstance(values, Tensor) else np
    whole = library.trunc(values)
    return library.where(abs(values - whole) >= 0.5, whole + library.sign(values), whole)


def placed(bags: Bags, beside: Tensor) -> Bags:
    """Return bags of arrays as such of tensors, where and of what type another one is."""
    rows, weights, starts = map(torch.from_numpy, bags)
    device = beside.device
    return Bags(rows.to(device), weights.to(beside), starts.to(device))
