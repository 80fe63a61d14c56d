"""Correlation layer."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from ...core.errors import ParameterError, ShapeError
from ..contract import Input, Operator, Shape, Shapes, param
from .images import Pair

__all__ = ["Correlation"]


class _Layout(NamedTuple):
    """Where patches lie in padded images.

    Args:
        size: height and width of the result.
        area: height and width of the part of the first image that patches cover.
        shifts: how far patches of the second image lie from those of the first, along either axis.
    """

    size: Pair
    area: Pair
    shifts: tuple[int, ...]

    def pairs(self) -> Iterator[tuple[int, Pair]]:
        """Yield the channels of the result with their shifts down and right."""
        shifts = [(down, right) for down in self.shifts for right in self.shifts]
        return iter(enumerate(shifts))


class Correlation(Operator):
    """Compare each patch of one image with those around the same place in another.

    Channel (y, x) of the result compares with the patch y and x steps of stride2 away: the mean of
    the products, or of the absolute differences. Source: Apache MXNet 1.9.1.

    >>> import symnet as mx
    >>> net = mx.Correlation(
    ...     data1=mx.Variable("a"), data2=mx.Variable("b"), max_displacement=2, pad_size=2
    ... )
    >>> net.infer_shape(a=(1, 8, 10, 12))[1]
    [(1, 25, 10, 12)]
    """

    floats_only = True

    data1 = Input("Images of shape (batch, channels, height, width).")
    data2 = Input("Images of the same shape.")
    kernel_size: int = param("Height and width of a patch, odd.", default=1, min=1)
    max_displacement: int = param("How far patches may lie apart.", default=1, min=0)
    stride1: int = param("Pixels from one patch of data1 to the next.", default=1, min=1)
    stride2: int = param("Pixels from one patch of data2 to the next.", default=1, min=1)
    pad_size: int = param("Zeros around both.", default=0, min=0)
    is_multiply: bool = param("Multiply, instead of taking differences.", default=True)

    def check(self) -> None:
        """A patch has a middle."""
        if self.kernel_size % 2 == 0:
            raise ParameterError(f"Correlation: kernel_size must be odd, got {self.kernel_size}")

    def infer_shape(self, data1: Shape) -> Shapes:
        """Both images have one shape."""
        if len(data1) != 4:
            raise ShapeError(f"data1 must be (batch, channels, height, width), got {data1}")
        layout = self.layout(data1)
        if min(layout.size) < 1:
            raise ShapeError(
                f"patches of {self.kernel_size} pixels and displacements of "
                f"{self.max_displacement} do not fit into data1 {data1} with pad_size "
                f"{self.pad_size}"
            )
        return {"data2": data1, "output": (data1[0], len(layout.shifts) ** 2, *layout.size)}

    def layout(self, data: Shape) -> _Layout:
        """Return where patches lie in images of a shape."""
        border = self.max_displacement + self.kernel_size // 2
        rows, columns = (-(-(n + 2 * (self.pad_size - border)) // self.stride1) for n in data[2:])
        reach = self.max_displacement // self.stride2
        tall, wide = ((n - 1) * self.stride1 + self.kernel_size for n in (rows, columns))
        shifts = tuple(step * self.stride2 for step in range(-reach, reach + 1))
        return _Layout((rows, columns), (tall, wide), shifts)

    def _padded(self, data: Tensor) -> Tensor:
        return functional.pad(data, [self.pad_size] * 4) if self.pad_size else data

    def _area(self, padded: Tensor, layout: _Layout, shift: Pair = (0, 0)) -> Tensor:
        """Return the part of padded images that patches cover."""
        top, left = (self.max_displacement + step for step in shift)
        return padded[:, :, top : top + layout.area[0], left : left + layout.area[1]]

    def forward(self, data1: Tensor, data2: Tensor) -> Tensor:
        """Return the means."""
        layout = self.layout(tuple(data1.shape))
        first, padded = self._area(self._padded(data1), layout), self._padded(data2)
        compared, places = torch.empty_like(first), len(layout.shifts) ** 2
        sums = data1.new_empty((data1.shape[0], places, *layout.area))
        for channel, shift in layout.pairs():
            second = self._area(padded, layout, shift)
            if self.is_multiply:
                torch.mul(first, second, out=compared)
            else:
                torch.sub(first, second, out=compared).abs_()
            torch.sum(compared, 1, out=sums[:, channel])
        if self.kernel_size > 1 or self.stride1 > 1:
            sums = functional.avg_pool2d(sums, self.kernel_size, self.stride1)
        return sums.div_(data1.shape[1])

    def backward(
        self, grad: Tensor, data1: Tensor, data2: Tensor, wants: frozenset[str]
    ) -> Mapping[str, Tensor]:
        """Return the gradients; of equal values the first counts as the greater."""
        layout = self.layout(tuple(data1.shape))
        padded = {"data1": self._padded(data1), "data2": self._padded(data2)}
        gradients = {name: torch.zeros_like(padded[name]) for name in wants}
        first = self._area(padded["data1"], layout)
        for channel, shift in layout.pairs():
            second = self._area(padded["data2"], layout, shift)
            share = self._share(grad[:, channel], data1.shape[1])
            if self.is_multiply:
                slopes = {"data1": second, "data2": first}
            else:
                sign = torch.where(first >= second, 1, -1).to(grad.dtype)
                slopes = {"data1": sign, "data2": -sign}
            for name, gradient in gradients.items():
                away = shift if name == "data2" else (0, 0)
                self._area(gradient, layout, away).addcmul_(slopes[name], share)
        inner = slice(self.pad_size, -self.pad_size or None)
        return {name: found[:, :, inner, inner] for name, found in gradients.items()}

    def _share(self, grad: Tensor, channels: int) -> Tensor:
        """Return what of a channel's gradient falls on each pixel of the covered area."""
        each = grad[:, None] / (self.kernel_size**2 * channels)
        if self.kernel_size == self.stride1 == 1:
            return each
        ones = grad.new_ones((1, 1, self.kernel_size, self.kernel_size))
        return functional.conv_transpose2d(each, ones, stride=self.stride1)
