"""Pooling before MXNet 0.12."""

from typing import Literal

from torch import Tensor
from torch.nn import functional

from ...core.errors import ParameterError
from ..contract import Input, Operator, Shape, Shapes, param
from ._windows import count_windows
from .images import channels_first_shape, check_pairs, pair

__all__ = ["Pooling_v1"]


class Pooling_v1(Operator):
    """Pooling of images as MXNet had it before 0.12.

    Padding counts as 0, for the maximum too; a mean is divided by the whole kernel's area. What
    flows back from a maximum goes to every value that equals it. Source: Apache MXNet 1.9.1,
    Pooling_v1.

    >>> import symnet as mx
    >>> net = mx.Pooling_v1(data=mx.Variable("data"), kernel=(2, 2), stride=(2, 2))
    >>> net.infer_shape(data=(100, 20, 24, 24))[1]
    [(100, 20, 12, 12)]
    """

    floats_only = True

    data = Input("Images of shape (batch, channels, height, width).")
    kernel: tuple[int, ...] = param("Size of the windows: (height, width).", default=(), min=1)
    pool_type: Literal["max", "avg", "sum"] = param("What is taken of a window.", default="max")
    global_pool: bool = param("One window over the whole image, whatever kernel.", default=False)
    pooling_convention: Literal["full", "valid"] = param(
        "Round the output size up or down.", default="valid"
    )
    stride: tuple[int, ...] = param("Step between windows.", default=(), min=1)
    pad: tuple[int, ...] = param("Zeros added at each border.", default=(), min=0)

    def check(self) -> None:
        """Check what single parameters cannot tell."""
        check_pairs(self, "kernel", "stride", "pad")
        if not self.kernel and not self.global_pool:
            raise ParameterError(
                "Pooling_v1: missing parameter 'kernel', unless global_pool is set"
            )

    def infer_shape(self, data: Shape) -> Shapes:
        """Return the shapes that the data's implies."""
        first = channels_first_shape(data, None, 2)
        return {"output": (*first[:2], *self._windows(first)[3])}

    def _windows(self, data: Shape) -> tuple[Shape, Shape, Shape, Shape]:
        """Return kernel, stride, padding and the number of windows along each axis."""
        size = data[2:]
        if self.global_pool:
            return size, (1, 1), (0, 0), (1, 1)
        stride, pad = pair(self.stride, 1), pair(self.pad, 0)
        output = count_windows(size, self.kernel, stride, pad, self.pooling_convention)
        return self.kernel, stride, pad, output

    def _taken(self, data: Tensor) -> Tensor:
        """Return the windows of images, each on the last two axes.

        Padding is 0. What hangs over the padded border is no part of a window: it is nothing to a
        sum, and below everything to a maximum.
        """
        kernel, stride, pad, output = self._windows(tuple(data.shape))
        over: list[int] = []
        for length, k, s, p, n in zip(data.shape[2:], kernel, stride, pad, output, strict=True):
            over = [0, max(0, (n - 1) * s + k - length - 2 * p), *over]
        padded = functional.pad(data, (pad[1], pad[1], pad[0], pad[0]))
        nothing = float("-inf") if self.pool_type == "max" else 0.0
        whole = functional.pad(padded, over, value=nothing)
        windows = whole.unfold(2, kernel[0], stride[0]).unfold(3, kernel[1], stride[1])
        return windows[:, :, : output[0], : output[1]]

    def forward(self, data: Tensor) -> Tensor:
        """Return the pooled images."""
        windows = self._taken(data)
        if self.pool_type == "max":
            return windows.amax((-2, -1))
        found = windows.sum((-2, -1))
        return found.div_(windows.shape[-2] * windows.shape[-1]) if self._mean else found

    @property
    def _mean(self) -> bool:
        return self.pool_type == "avg"

    def data_gradient(self, grad: Tensor, data: Tensor, output: Tensor) -> Tensor:
        """Return grad at all maxima, or spread evenly over the windows."""
        windows = self._taken(data)
        share = grad[..., None, None]
        if self.pool_type == "max":
            share = share * (windows == output[..., None, None])
        elif self._mean:
            share = share / (windows.shape[-2] * windows.shape[-1])
        kernel, stride, pad, count = self._windows(tuple(data.shape))
        sizes = [
            max((n - 1) * s + k, length + 2 * p)
            for length, k, s, p, n in zip(data.shape[2:], kernel, stride, pad, count, strict=True)
        ]
        result = grad.new_zeros((*data.shape[:2], *sizes))
        places = result.unfold(2, kernel[0], stride[0]).unfold(3, kernel[1], stride[1])
        places = places[:, :, : count[0], : count[1]]
        for y in range(kernel[0]):  # windows may overlap, but not in one place of all of them
            for x in range(kernel[1]):
                places[..., y, x].add_(share.expand_as(windows)[..., y, x])
        height, width = data.shape[2:]
        return result[:, :, pad[0] : pad[0] + height, pad[1] : pad[1] + width].contiguous()
