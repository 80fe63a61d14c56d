"""Resizing of images, channels last."""

from math import ceil, pi
from typing import NamedTuple

import torch
from torch import Tensor

from ...core.errors import ShapeError
from .._axes import exchanged
from .._tables import kept
from ..contract import Input, Operator, Shape, Shapes, param

__all__ = ["_image_resize"]

PlacesAndShares = tuple[Tensor, Tensor]
"""Along one axis: which old pixels each new one is made of, and their shares; (new, taps)."""


class _image_resize(Operator):
    """Bring images to another size, by one of OpenCV's ways.

    Bytes are rounded, and may differ by 1 from those of Apache MXNet 1.9.1, where OpenCV has shares
    of few bits. Gradients return to the pixels that were read, where 1.9.1 leaves them in the order
    of the output. Source: Apache MXNet 1.9.1, ``image.resize``.

    >>> import symnet as mx
    >>> mx._image_resize(mx.array([[[0], [10], [20], [30]]]), size=(2, 1)).asnumpy().ravel()
    array([ 5., 25.], dtype=float32)
    """

    aliases = ("_npx__image_resize",)

    data = Input("Images of shape (height, width, channels), or a batch of them.")
    size: tuple[int, ...] = param("(width, height), or one number for both.", default=(), min=1)
    keep_ratio: bool = param(
        "Whether one number is the length of the shorter edge, and the other follows from it.",
        default=False,
    )
    interp: int = param(
        "How pixels are interpolated: 0 nearest, 1 bilinear, 2 cubic, 3 area, 4 Lanczos.",
        default=1,
        min=0,
        max=4,
    )

    def infer_shape(self, data: Shape) -> Shapes:
        """The output has the size that is given."""
        if len(data) not in (3, 4):
            raise ShapeError(
                "data must be (height, width, channels) or (batch, height, width, channels), "
                f"got {data}"
            )
        if len(self.size) not in (1, 2):
            raise ShapeError(f"size must be (width, height) or one number, got {self.size}")
        if 0 in data[-3:-1]:
            raise ShapeError(f"the images of data, {data}, have no pixels")
        return {"output": (*data[:-3], *self._size(data[-3], data[-2]), data[-1])}

    def _size(self, height: int, width: int) -> tuple[int, int]:
        """Return the new height and width of an image."""
        if len(self.size) == 2 or not self.keep_ratio:
            return self.size[-1], self.size[0]
        short = self.size[0]
        if height > width:
            return height * short // width, short
        return short, width * short // height

    def forward(self, data: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the resized images."""
        old = data.shape[-3], data.shape[-2]
        new = self._size(*old)
        if old == new:
            return data.clone() if out is None else out.copy_(data)
        exact = data.dtype in (torch.uint8, torch.float16, torch.float32)
        dtype = torch.float32 if exact else torch.float64
        shrinks = new[0] <= old[0] and new[1] <= old[1]
        lines, columns = (
            None
            if before == after
            else _taps(self.interp, before, after, shrinks, beside, dtype, data.device)
            for before, after, beside in zip(old, new, ((1, 1), (data.shape[-1],)), strict=True)
        )
        # Lines that nothing is made of are left out first; columns are made before lines, as in
        # OpenCV, whose numbers are rounded in this order.
        planned = out is not None
        image = data
        if lines is not None and not lines.picks_all:
            image = _picked(data, -3, lines.used, planned)
        image = _as_type(image, dtype, planned)
        # What needs no rounding is written where it is wanted.
        last = out if data.dtype == dtype else None
        if columns is not None:
            room = last if lines is None else None
            image = _resampled(image, -2, columns.places, columns, planned, room)
        if lines is not None:
            image = _resampled(image, -3, lines.among, lines, planned, last)
        if not data.is_floating_point():
            limits = torch.iinfo(data.dtype)
            image = image.round_().clamp_(limits.min, limits.max)
        if out is None:
            return image.to(data.dtype).contiguous()
        return out if image is out else out.copy_(image)


class _Taps(NamedTuple):
    """How the pixels of one axis are made.

    Args:
        used: the old pixels that are read at all.
        picks_all: whether there are as many picks as old pixels, and all of these are kept.
        taps: how many each new pixel has.
        places: which old pixel each new one takes, tap by tap.
        among: which of those that are kept: the used ones, or all.
        shares: the share of it, (taps · new, …), with the axes that follow.
    """

    used: Tensor
    picks_all: bool
    taps: int
    places: Tensor
    among: Tensor
    shares: Tensor


@kept(64)
def _taps(
    interp: int,
    old: int,
    new: int,
    shrinks: bool,
    beside: tuple[int, ...],
    dtype: torch.dtype,
    device: torch.device,
) -> _Taps:
    """Return how an axis of new pixels is made of one of old ones; shares stand beside others.

    Those of columns are repeated for each channel: torch is slow where it has to do that itself.
    """
    if interp == 0:
        places, shares = _nearest(old, new)
    elif interp == 3:
        places, shares = _areas(old, new) if shrinks else _sharp(old, new)
    else:
        places, shares = _around(old, new, {1: 2, 2: 4, 4: 8}[interp])
    # Fewer picks than pixels leave some out. How many are used is not asked: a trace cannot tell.
    picks_all = places.numel() >= old
    used, inverse = torch.unique(places, return_inverse=True)
    apart = shares.to(device, dtype).mT.reshape(-1, *[1] * len(beside))
    return _Taps(
        used.to(device),
        picks_all,
        places.shape[1],
        places.to(device).mT.flatten(),
        (places if picks_all else inverse).to(device).mT.flatten(),
        apart.expand(-1, *beside).contiguous(),
    )


def _resampled(
    image: Tensor, axis: int, places: Tensor, by: _Taps, planned: bool, last: Tensor | None
) -> Tensor:
    """Return images of which one axis, counted from behind, is made of several old pixels each.

    Args:
        image: the images.
        axis: which axis.
        places: the old pixels, tap by tap.
        by: how many taps there are, and their shares.
        planned: whether memory is to be such as a recorded rule keeps.
        last: where the result is wanted, if it is.
    """
    picked = _picked(image, axis, places, planned).mul_(by.shares)
    first, *others = picked.chunk(by.taps, axis)
    if not others:
        return first
    if planned and last is None:
        last = torch.empty(first.shape, dtype=first.dtype, device=first.device)
    result = torch.add(first, others[0], out=last)
    for each in others[1:]:
        result.add_(each)
    return result


def _picked(image: Tensor, axis: int, places: Tensor, planned: bool) -> Tensor:
    """Return some of the places along an axis; if planned, in memory that a recorded rule keeps."""
    if not planned:
        return image.index_select(axis, places)
    room = torch.empty(
        exchanged(tuple(image.shape), axis, len(places)), dtype=image.dtype, device=image.device
    )
    return torch.index_select(image, axis, places, out=room)


def _as_type(image: Tensor, dtype: torch.dtype, planned: bool) -> Tensor:
    if image.dtype == dtype or not planned:
        return image.to(dtype)
    return torch.empty_like(image, dtype=dtype).copy_(image)


def _nearest(old: int, new: int) -> PlacesAndShares:
    places = (torch.arange(new, dtype=torch.float64) * (old / new)).floor().long()
    return places.clamp(max=old - 1)[:, None], torch.ones(new, 1, dtype=torch.float64)


def _areas(old: int, new: int) -> PlacesAndShares:
    """Return the pixels that each new one covers, shared by how much of them it covers."""
    scale = old / new
    begin = torch.arange(new, dtype=torch.float64)[:, None] * scale
    places = begin.floor() + torch.arange(ceil(scale) + 1)
    covered = torch.minimum(places + 1, begin + scale) - torch.maximum(places, begin)
    shares = covered.clamp(min=0) * (places < old)
    return places.long().clamp(max=old - 1), shares / shares.sum(1, keepdim=True)


def _sharp(old: int, new: int) -> PlacesAndShares:
    """Return what OpenCV does for areas where an image grows: only the borders are mixed."""
    steps = torch.arange(new, dtype=torch.float64)
    first = (steps * (old / new)).floor()
    second = ((steps + 1) - (first + 1) * (new / old)).clamp(min=0)
    second = second - second.floor()
    places = torch.stack([first, first + 1], 1).long().clamp(max=old - 1)
    return places, torch.stack([1 - second, second], 1)


def _around(old: int, new: int, count: int) -> PlacesAndShares:
    """Return so many pixels around each new one's middle; beyond the border the outermost."""
    middle = (torch.arange(new, dtype=torch.float64)[:, None] + 0.5) * (old / new) - 0.5
    first = middle.floor() - (count // 2 - 1)
    places = first + torch.arange(count)
    shares = {2: _linear, 4: _cubic, 8: _lanczos}[count](middle - places)
    return places.long().clamp(0, old - 1), shares / shares.sum(1, keepdim=True)


def _linear(away: Tensor) -> Tensor:
    return 1 - away.abs()


def _cubic(away: Tensor) -> Tensor:
    """Return Keys' kernel of −¾."""
    x, sharpness = away.abs(), -0.75
    near = ((sharpness + 2) * x - (sharpness + 3)) * x * x + 1
    far = ((x - 5) * x + 8) * x - 4
    return torch.where(x <= 1, near, sharpness * far)


def _lanczos(away: Tensor) -> Tensor:
    """Return Lanczos' kernel of four lobes."""
    return torch.sinc(away) * (torch.sin(pi * away / 4) / (pi * away / 4)).nan_to_num(nan=1.0)
