"""Convolutions computed as products of matrices, where that is faster on a CPU.

A row of the one matrix is what a window sees, a row of the other a filter. Both are views of
memory where the filters have one tap, and filters always are, as long as they lie channels-last.
oneDNN's convolution brings its filters into an order of its own at each call, and where there are
few windows that takes longer than what it saves.
"""

import torch
from torch import Tensor

from ..contract import Shape
from ._filtering import FilteringLayer
from .convolution import images_like, sum_channels
from .images import spatial

__all__ = ["FilterProduct"]


class FilterProduct(FilteringLayer, registered=False):
    """A convolution as the product of the windows' contents with the filters.

    output[n, :, y, x] = filters · window(n, y, x) + bias. A pass makes it, on CPUs.
    """

    def forward(
        self, data: Tensor, weight: Tensor, bias: Tensor | None = None, out: Tensor | None = None
    ) -> Tensor:
        """Return the filtered images."""
        filters = self._filters(weight).t()
        shape = tuple(self.infer_shape(tuple(data.shape))["output"] or ())
        target = _room(data, shape, out)
        if bias is None:
            torch.mm(self._windows(data), filters, out=_rows(target))
        else:
            torch.addmm(bias, self._windows(data), filters, out=_rows(target))
        return _into(out, target)

    def data_gradient(
        self, grad: Tensor, weight: Tensor, data_shape: Shape, out: Tensor | None = None
    ) -> Tensor:
        """Return what each pixel gave to all windows that saw it."""
        above, filters = _rows(_ordered(grad)), self._filters(weight)
        target = _room(grad, data_shape, out)
        if self._sees_pixels:
            torch.mm(above, filters, out=_rows(target))
            return _into(out, target)
        seen = above @ filters
        batch, channels, height, width = data_shape
        padded = self._padded_size(height, width)
        total = grad.new_zeros((batch, *padded, channels))
        # Windows overlap: each tap's share is added by itself, as those of one tap do not.
        places = self._window_views(total, tuple(grad.shape[2:]))
        shares = seen.view(places.shape)
        for row in range(self.kernel[0]):
            for column in range(self.kernel[1]):
                places[:, :, :, row, column].add_(shares[:, :, :, row, column])
        target.copy_(self._inside(total, height, width).movedim(-1, 1))
        return _into(out, target)

    def weight_gradient(
        self, grad: Tensor, data: Tensor, weight_shape: Shape, out: Tensor | None = None
    ) -> Tensor:
        """Return the product of the output's gradient with what the windows saw."""
        target = _room(grad, weight_shape, out)
        torch.mm(_rows(_ordered(grad)).t(), self._windows(data), out=self._filters(target))
        return _into(out, target)

    def bias_gradient(self, grad: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the sum of grad over batch and positions."""
        return sum_channels(grad, out)

    # -- matrices --------------------------------------------------------------------------------

    @property
    def _sees_pixels(self) -> bool:
        """Whether each window is one pixel, and each pixel is seen once."""
        plain = (1,) * len(self.kernel)
        return self.kernel == plain and self.stride == plain and not any(self.pad)

    def _filters(self, weight: Tensor) -> Tensor:
        """Return filters as (num_filter, taps and channels)."""
        return _ordered(weight).movedim(1, -1).flatten(1)

    def _windows(self, data: Tensor) -> Tensor:
        """Return what each window sees, as (windows, taps and channels)."""
        images = _ordered(data)
        if self._sees_pixels:
            return _rows(images)
        batch, channels, height, width = data.shape
        source = images.movedim(1, -1)
        if any(self.pad):
            # Made anew at each call, not kept from step to step: it is several times the image.
            padded = data.new_zeros((batch, *self._padded_size(height, width), channels))
            self._inside(padded, height, width).copy_(source)
            source = padded
        size = self.infer_shape(tuple(data.shape))["output"] or ()
        return self._window_views(source, tuple(size[2:])).flatten(3).flatten(0, 2)

    def _padded_size(self, height: int, width: int) -> tuple[int, int]:
        return height + 2 * self.pad[0], width + 2 * self.pad[1]

    def _inside(self, padded: Tensor, height: int, width: int) -> Tensor:
        top, left = self.pad
        return padded[:, top : top + height, left : left + width]

    def _window_views(self, images: Tensor, count: Shape) -> Tensor:
        """Return the windows of images (batch, *size, channels) as a view: (batch, *count, *kernel,
        channels), whose elements overlap in memory.
        """
        batch, row, column, channel = images.stride()
        (down, right), (apart, beside) = self.stride, self.dilate
        return images.as_strided(
            (images.shape[0], *count, *self.kernel, images.shape[3]),
            (batch, down * row, right * column, apart * row, beside * column, channel),
        )


def _lies_last(images: Tensor) -> bool:
    return images.is_contiguous(memory_format=torch.channels_last)


def _ordered(images: Tensor) -> Tensor:
    # Where an axis has length 1 both orders hold, and torch would copy to change a stride.
    return images if _lies_last(images) else spatial(images)


def _rows(images: Tensor) -> Tensor:
    """Return images that lie channels-last as (pixels, channels)."""
    return images.movedim(1, -1).flatten(0, 2)


def _room(like: Tensor, shape: Shape, out: Tensor | None) -> Tensor:
    """Return memory that lies channels-last: what is given, if it does, or new one."""
    return out if out is not None and _lies_last(out) else images_like(like, shape)


def _into(out: Tensor | None, found: Tensor) -> Tensor:
    """Return what was found, where it was to be written."""
    return found if out is None or out is found else out.copy_(found)
