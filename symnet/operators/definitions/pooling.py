"""Pooling."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Literal, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from ...core.errors import ParameterError, ShapeError
from ..contract import Input, Operator, Shape, Shapes, param
from .convolution import Pair, check_pairs, pair, spatial

__all__ = ["Pooling"]

aten = torch.ops.aten


class Pooling(Operator):
    """Take the maximum, mean or sum over windows of images.

    Padding counts as −∞ for the maximum and as 0 for mean and sum; the divisor of a mean leaves out
    what hangs over the padded border. Source: docs/semantics §3.18, D3, D18.

    >>> import symnet as mx
    >>> net = mx.Pooling(data=mx.Variable("data"), kernel=(2, 2), stride=(2, 2), pool_type="max")
    >>> net.infer_shape(data=(100, 20, 24, 24))[1]
    [(100, 20, 12, 12)]
    """

    memory_order = "spatial"

    data = Input("Images of shape (batch, channels, height, width).")
    kernel: tuple[int, ...] = param("Size of the windows: (height, width).", default=(), min=1)
    pool_type: Literal["max", "avg", "sum"] = param("What is taken of a window.")
    stride: tuple[int, ...] = param("Step between windows.", default=(1, 1), min=1)
    pad: tuple[int, ...] = param("Values added at each border.", default=(0, 0), min=0)
    global_pool: bool = param("One window over the whole image, whatever kernel.", default=False)
    pooling_convention: Literal["full", "valid"] = param(
        "Round the output size up (the documents' rule) or down.",
        default="full",
        mxnet_default="valid",
    )

    def check(self) -> None:
        """Check what single parameters cannot tell."""
        check_pairs(self, "kernel", "stride", "pad")
        if not self.kernel and not self.global_pool:
            raise ParameterError(
                "Pooling: kernel must be (height, width) unless global_pool is set"
            )

    def saved(self) -> Mapping[str, torch.dtype | None]:
        """A maximum's gradient needs to know where it was."""
        return {"indices": torch.int64} if self.pool_type == "max" else {}

    def infer_shape(self, data: Shape) -> Shapes:
        """Return the shapes that the data's implies."""
        if len(data) != 4:
            raise ShapeError(f"data must be (batch, channels, height, width), got {data}")
        output = (*data[:2], *_windows(self, (data[2], data[3])).output)
        return {"output": output, "indices": output}

    def forward(self, data: Tensor) -> Tensor:
        """Return the pooled images."""
        windows = _windows(self, (data.shape[2], data.shape[3]))
        images = windows.bordered(spatial(data), self.pool_type)
        if self.pool_type == "max":
            return functional.max_pool2d(images, *windows.of_max)
        pooled = functional.avg_pool2d(images, *windows.of_mean(self.pool_type))
        return windows.divide(pooled, self.pool_type)

    def forward_saving(
        self, data: Tensor, out: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return the maxima and where they were."""
        windows = _windows(self, (data.shape[2], data.shape[3]))
        images = windows.bordered(spatial(data), self.pool_type)
        if out is None:
            found: tuple[Tensor, Tensor] = aten.max_pool2d_with_indices(images, *windows.of_max)
            return found
        aten.max_pool2d_with_indices.out(images, *windows.of_max, out=out[0], indices=out[1])
        return out

    def data_gradient(
        self,
        grad: Tensor,
        data_shape: Shape,
        indices: Tensor | None = None,
        out: Tensor | None = None,
    ) -> Tensor:
        """Return grad at the maxima, or spread evenly over the windows."""
        windows = _windows(self, (data_shape[2], data_shape[3]))
        border = windows.border
        size = (data_shape[2] + border[2] + border[3], data_shape[3] + border[0] + border[1])
        if out is None or any(border):
            result = spatial(grad.new_empty((*data_shape[:2], *size)))
        else:
            result = out
        self._spread(windows, grad, indices, result)
        return (
            windows.without_border(result)
            if out is None or out is result
            else out.copy_(windows.without_border(result))
        )

    def _spread(
        self, windows: "_Windows", grad: Tensor, indices: Tensor | None, result: Tensor
    ) -> None:
        # The kernels read of their input only shape and memory order: the result serves as one.
        if indices is not None:
            aten.max_pool2d_with_indices_backward.grad_input(
                spatial(grad), result, *windows.of_max, indices, grad_input=result
            )
        else:
            share = windows.divide(spatial(grad), self.pool_type, of_gradient=True)
            aten.avg_pool2d_backward.grad_input(
                share, result, *windows.of_mean(self.pool_type), grad_input=result
            )


class _Windows(NamedTuple):
    """Where the windows of one pooling lie in images of one size.

    Args:
        kernel, stride, pad: of the pooling, made plain.
        output: number of windows along each axis.
        ceil_mode: whether torch must round up to have as many.
        border: what must be added around images for torch (left, right, top, bottom): torch itself
            pads by at most half a kernel and has no windows that start in the far padding.
        divisors: of shape (height, width), for means whose windows hang over the border.
        uneven: whether a mean's gradient is divided by them too, or by the kernel's area.
    """

    kernel: Pair
    stride: Pair
    pad: Pair
    output: Pair
    ceil_mode: bool
    border: tuple[int, int, int, int]
    divisors: Tensor | None
    uneven: bool = True

    @property
    def of_max(self) -> tuple[Pair, Pair, Pair, Pair, bool]:
        return self.kernel, self.stride, self.pad, (1, 1), self.ceil_mode

    def of_mean(self, pool_type: str) -> tuple[Pair, Pair, Pair, bool, bool, int | None]:
        """Return torch's arguments; it divides by itself unless told to divide by 1."""
        by_hand = pool_type == "sum" or self.divisors is not None
        return self.kernel, self.stride, self.pad, self.ceil_mode, True, 1 if by_hand else None

    def divide(self, values: Tensor, pool_type: str, *, of_gradient: bool = False) -> Tensor:
        if pool_type == "sum" or self.divisors is None:
            return values
        if of_gradient and not self.uneven:
            return values / (self.kernel[0] * self.kernel[1])
        return values / self.divisors.to(values.device, values.dtype)

    def bordered(self, images: Tensor, pool_type: str) -> Tensor:
        if not any(self.border):
            return images
        fill = float("-inf") if pool_type == "max" else 0.0
        return functional.pad(images, self.border, value=fill)

    def without_border(self, images: Tensor) -> Tensor:
        left, right, top, bottom = self.border
        height, width = images.shape[2], images.shape[3]
        return images[:, :, top : height - bottom, left : width - right]


@lru_cache(maxsize=256)
def _windows(op: Pooling, size: Pair) -> _Windows:
    if op.global_pool:
        return _Windows(size, (1, 1), (0, 0), (1, 1), False, (0, 0, 0, 0), None)
    kernel, stride, pad = pair(op.kernel, 1), pair(op.stride, 1), pair(op.pad, 0)
    full = op.pooling_convention == "full"
    along = [_count(*axis, full) for axis in zip(size, kernel, stride, pad, strict=True)]
    if min(along) < 1:
        raise ShapeError(
            f"kernel {kernel} is larger than the padded image: height and width are {size}, "
            f"pad is {pad}"
        )
    output = (along[0], along[1])
    axes = list(zip(size, kernel, stride, pad, output, strict=True))
    as_torch = all(p <= k // 2 and (n - 1) * s < length + p for length, k, s, p, n in axes)
    overhang = any((n - 1) * s + k > length + 2 * p for length, k, s, p, n in axes)
    # Torch's own divisors of overhanging windows differ between its kernels for gradients.
    if as_torch and (op.pool_type == "max" or not overhang):
        return _Windows(kernel, stride, pad, output, full, (0, 0, 0, 0), None)
    return _bordered_windows(size, kernel, stride, pad, output)


def _count(length: int, k: int, s: int, p: int, full: bool) -> int:
    """Return the number of windows along one axis; rounded up, the last starts inside."""
    room = length + 2 * p - k
    if room < 0:
        return 0
    return (min(room + s - 1, length + 2 * p - 1) if full else room) // s + 1


def _bordered_windows(size: Pair, kernel: Pair, stride: Pair, pad: Pair, output: Pair) -> _Windows:
    far, covered = [], []
    for length, k, s, p, n in zip(size, kernel, stride, pad, output, strict=True):
        far.append(max(0, (n - 1) * s + k - length - p))
        starts = torch.arange(n) * s
        covered.append((starts + k).clamp_max(length + 2 * p) - starts)
    border = (pad[1], far[1], pad[0], far[0])
    divisors = covered[0][:, None] * covered[1]
    # Apache MXNet 1.9.1 hands the gradient to a kernel that divides by the whole area wherever
    # windows would fit evenly into the *output*; models trained with it have learned that.
    axes = zip(output, kernel, stride, pad, strict=True)
    uneven = any((n + 2 * p - k) % s for n, k, s, p in axes)
    return _Windows(kernel, stride, (0, 0), output, False, border, divisors, uneven)
