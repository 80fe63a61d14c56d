"""Where the windows of a pooling lie in images of one size."""

from math import prod
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from ...core.errors import ShapeError
from .._tables import kept

__all__ = ["Sizes", "Windows", "count_windows", "lifted", "windows_of"]

Sizes = tuple[int, ...]
"""One number for each spatial axis."""


def lifted(values: Sizes, fill: int) -> Sizes:
    """Return one axis as the second of two: torch's kernels work on two axes or three."""
    return (fill, *values) if len(values) == 1 else values


class Windows(NamedTuple):
    """The windows along two or three axes, as torch's kernels are told of them.

    Args:
        kernel, stride, pad: of the pooling, made plain.
        output: number of windows along each axis.
        ceil_mode: whether torch must round up to have as many.
        border: what must be added around images for torch, as `torch.nn.functional.pad` takes it:
            torch itself pads by at most half a kernel and has no windows that start in the far
            padding.
        divisors: of the output's spatial shape, for means that torch does not divide right itself.
        uneven: whether a mean's gradient is divided by them too, or by the kernel's area.
        with_pad: whether torch counts padding in the divisor of a mean.
        empty: for each axis how many windows at its beginning and how many at its end lie wholly in
            padding.
    """

    kernel: Sizes
    stride: Sizes
    pad: Sizes
    output: Sizes
    ceil_mode: bool = False
    border: Sizes = ()
    divisors: Tensor | None = None
    uneven: bool = True
    with_pad: bool = True
    empty: tuple[tuple[int, int], ...] = ()

    @property
    def of_max(self) -> tuple[Sizes, Sizes, Sizes, Sizes, bool]:
        """Return what torch's maximum is told."""
        return self.kernel, self.stride, self.pad, (1,) * len(self.kernel), self.ceil_mode

    def of_mean(self, *, divided: bool) -> tuple[Sizes, Sizes, Sizes, bool, bool, int | None]:
        """Return what torch's mean is told; it divides by itself unless told to divide by 1."""
        by_hand = not divided or self.divisors is not None
        divisor = 1 if by_hand else None
        return self.kernel, self.stride, self.pad, self.ceil_mode, self.with_pad, divisor

    def divide(self, values: Tensor, *, of_gradient: bool = False) -> Tensor:
        """Return sums, or gradients of means, divided by the numbers of values."""
        if self.divisors is None:
            return values
        if of_gradient and not self.uneven:
            return values / prod(self.kernel)
        return values / self.divisors.to(values.device, values.dtype)

    def bordered(self, images: Tensor, fill: float) -> Tensor:
        """Return images with the border that torch cannot add itself."""
        return functional.pad(images, self.border, value=fill) if any(self.border) else images

    def bordered_size(self, size: Sizes) -> Sizes:
        """Return the size of images with that border."""
        if not self.border:
            return size
        near, far = self.border[::2][::-1], self.border[1::2][::-1]
        return tuple(n + length + f for n, length, f in zip(near, size, far, strict=True))

    def without_border(self, images: Tensor) -> Tensor:
        """Return what is left of images after `bordered` is undone."""
        last = images.ndim - 1
        for place, (near, far) in enumerate(zip(self.border[::2], self.border[1::2], strict=True)):
            axis = last - place
            images = images.narrow(axis, near, images.shape[axis] - near - far)
        return images

    def clear_empty(self, pooled: Tensor) -> Tensor:
        """Write 0 over the results of windows that lie wholly in padding, and return all."""
        for axis, (near, far) in enumerate(self.empty, start=2):
            if near:
                pooled.narrow(axis, 0, near).zero_()
            if far:
                pooled.narrow(axis, pooled.shape[axis] - far, far).zero_()
        return pooled


@kept(256)
def windows_of(
    size: Sizes,
    kernel: Sizes,
    stride: Sizes,
    pad: Sizes,
    *,
    convention: str,
    mean: bool = False,
    with_pad: bool = True,
) -> Windows:
    """Return the windows in images of one size.

    Args:
        size, kernel, stride, pad: along two or three axes.
        convention: ``valid``, ``full`` (or ``inside``), ``beyond`` or ``same``: how many windows
            there are.
        mean: whether values are counted, for a mean.
        with_pad: whether padding counts.

    Raises ShapeError where a kernel is larger than the padded image.
    """
    axes = list(zip(size, kernel, stride, pad, strict=True))
    output = count_windows(size, kernel, stride, pad, convention)
    as_torch = convention != "same" and all(
        p <= k // 2 and (n - 1) * s < length + p
        for (length, k, s, p), n in zip(axes, output, strict=True)
    )
    overhang = any(
        (n - 1) * s + k > length + 2 * p for (length, k, s, p), n in zip(axes, output, strict=True)
    )
    # Torch's own divisors of overhanging windows differ between its kernels for gradients.
    if as_torch and not (mean and overhang):
        return Windows(
            kernel, stride, pad, output, ceil_mode=convention != "valid", with_pad=with_pad
        )
    return _bordered(size, kernel, stride, pad, output, with_pad=with_pad)


def count_windows(size: Sizes, kernel: Sizes, stride: Sizes, pad: Sizes, convention: str) -> Sizes:
    """Return the number of windows along each axis; the last starts inside, unless beyond.

    Raises ShapeError where a kernel is larger than the padded image.
    """
    axes = zip(size, kernel, stride, pad, strict=True)
    output = tuple(_count(*axis, convention) for axis in axes)
    if min(output) < 1:
        raise ShapeError(
            f"kernel {kernel} is larger than the padded image: its size is {size}, pad is {pad}"
        )
    return output


def _count(length: int, k: int, s: int, p: int, convention: str) -> int:
    if convention == "same":
        return -(-length // s)
    room = length + 2 * p - k
    if room < 0:
        return 0
    if convention == "valid":
        return room // s + 1
    rounded_up = room + s - 1
    return (rounded_up if convention == "beyond" else min(rounded_up, length + 2 * p - 1)) // s + 1


def _bordered(
    size: Sizes, kernel: Sizes, stride: Sizes, pad: Sizes, output: Sizes, *, with_pad: bool
) -> Windows:
    border: Sizes = ()
    divisors = torch.ones((), dtype=torch.int64)
    empty = []
    for length, k, s, p, n in zip(size, kernel, stride, pad, output, strict=True):
        border = (p, max(0, (n - 1) * s + k - length - p), *border)
        starts = torch.arange(n) * s
        within = (0, length + 2 * p) if with_pad else (p, length + p)
        # A window wholly in padding holds no value: its sum of 0 may be divided by anything.
        covered = (starts + k).clamp_max(within[1]) - starts.clamp_min(within[0])
        divisors = divisors.unsqueeze(-1) * covered.clamp_min(1)
        empty.append((int((starts + k <= p).sum()), int((starts >= length + p).sum())))
    # Apache MXNet 1.9.1 hands the gradient to a kernel that divides by the whole area wherever
    # windows would fit evenly into the *output*; models trained with it have learned that.
    axes = zip(output, kernel, stride, pad, strict=True)
    uneven = not with_pad or any((n + 2 * p - k) % s for n, k, s, p in axes)
    nothing = (0,) * len(size)
    return Windows(
        kernel,
        stride,
        nothing,
        output,
        border=border,
        divisors=divisors,
        uneven=uneven,
        empty=tuple(empty),
    )
