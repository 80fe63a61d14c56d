"""Pooling: windows of every convention, as windows with stated padding."""

from math import prod
from typing import Any, NamedTuple

import torch

from ...operators.definitions.images import stretched
from ...operators.definitions.pooling import Pooling
from ...operators.definitions.pooling_v1 import Pooling_v1
from .._lengths import Length, Lengths
from ..emitter import Emitter
from ..registry import Refused, converter
from ..terms import Term
from .layers import channels_first, channels_last, lengths_first

__all__: list[str] = []

_Sizes = tuple[int, ...]


class _Windows(NamedTuple):
    """Where windows lie, along each spatial axis.

    Args:
        size: length of the images.
        kernel: length of a window.
        stride: from one window to the next.
        pad: width of the border at either end.
        number: how many windows there are.
    """

    size: _Sizes
    kernel: _Sizes
    stride: _Sizes
    pad: _Sizes
    number: _Sizes

    @property
    def after(self) -> _Sizes:
        """What the last window needs behind the image."""
        axes = zip(*self, strict=True)
        return tuple(max(0, (n - 1) * s + k - length - p) for length, k, s, p, n in axes)

    def covered(self, *, with_pad: bool) -> torch.Tensor:
        """Return how many values each window holds, with those of the border or without."""
        found = torch.ones((), dtype=torch.int64)
        for length, k, s, p, n in zip(*self, strict=True):
            starts = torch.arange(n) * s
            first, last = (0, length + 2 * p) if with_pad else (p, length + p)
            inside = (starts + k).clamp_max(last) - starts.clamp_min(first)
            found = found.unsqueeze(-1) * inside.clamp_min(0)
        return found


@converter(Pooling)
def pooling(op: Pooling, to: Emitter, data: Term) -> Term:
    """MaxPool, AveragePool, or a sum made of the latter."""
    images = channels_first(data, op.layout)
    if op.global_pool:
        found = _global(op, to, images)
    else:
        count = len(op.kernel)
        windows = _Windows(
            _spatial(images.lengths),
            op.kernel,
            stretched(op.stride, count, 1),
            stretched(op.pad, count, 0),
            _spatial(lengths_first(to.result, op.layout)),
        )
        found = _pooled(op, to, images, windows)
    return channels_last(found, op.layout, to.result)


def _spatial(lengths: Lengths) -> _Sizes:
    found = []
    for length in lengths[2:]:
        if isinstance(length, Length):
            raise Refused("the size of its images follows the batch")
        found.append(length)
    return tuple(found)


def _global(op: Pooling, to: Emitter, images: Term) -> Term:
    """One window over everything."""
    axes = range(2, images.rank)
    if op.pool_type == "max":
        return to("GlobalMaxPool", images)
    if op.pool_type == "avg":
        return to("GlobalAveragePool", images)
    if op.pool_type == "sum":
        return images.reduced("ReduceSum", *axes)
    return _root(to, _raised(images, op.p_value).reduced("ReduceSum", *axes), op.p_value)


def _pooled(op: Pooling, to: Emitter, images: Term, windows: _Windows) -> Term:
    if op.pool_type == "max":
        found = _run(to, "MaxPool", images, windows, float("-inf"))
        return _without_empty(to, found, windows)
    if op.pool_type == "lp":
        sums = _sums(to, _raised(images, op.p_value), windows)
        return _root(to, sums, op.p_value)
    if op.pool_type == "sum":
        return _sums(to, images, windows)
    covered = windows.covered(with_pad=op.count_include_pad is not False)
    if bool((covered == prod(windows.kernel)).all()):
        return _run(to, "AveragePool", images, windows, 0.0, count_include_pad=1)
    if op.count_include_pad is False and bool((covered > 0).all()) and _fits(windows):
        return _run(to, "AveragePool", images, windows, 0.0, count_include_pad=0)
    # A window that lies wholly in padding has a sum of 0, whatever that is divided by.
    return _sums(to, images, windows) / to.constant(covered.clamp_min(1), images.dtype)


def _run(
    to: Emitter, op_type: str, images: Term, windows: _Windows, fill: float, **more: Any
) -> Term:
    """Return windows pooled; what runtimes do not take for padding is put around the images."""
    pads = (*windows.pad, *windows.after)
    if not _fits(windows):
        border = (0, 0, *windows.pad, 0, 0, *windows.after)
        images = to("Pad", images, to.whole(*border), to.constant(fill, images.dtype))
        pads = (0,) * len(pads)
    return to(
        op_type, images, kernel_shape=windows.kernel, strides=windows.stride, pads=pads, **more
    )


def _fits(windows: _Windows) -> bool:
    """Whether ONNX's pooling can have the padding: less than a window on either side."""
    axes = zip(windows.kernel, windows.pad, windows.after, strict=True)
    return all(max(before, after) < k for k, before, after in axes)


def _sums(to: Emitter, images: Term, windows: _Windows) -> Term:
    """Return the sums of windows: means times the size."""
    return _run(to, "AveragePool", images, windows, 0.0, count_include_pad=1) * prod(windows.kernel)


def _without_empty(to: Emitter, found: Term, windows: _Windows) -> Term:
    """Return 0 for windows that lie wholly in padding."""
    empty = windows.covered(with_pad=False) == 0
    return to.where(to.constant(empty), 0.0, found) if bool(empty.any()) else found


def _raised(images: Term, power: int | None) -> Term:
    return {1: images, 2: images * images, 3: images * images * images}[power or 1]


def _root(to: Emitter, sums: Term, power: int | None) -> Term:
    """Return the root; the third one of a negative number is negative."""
    if power == 3:
        return to("Sign", sums) * to("Abs", sums) ** (1 / 3)
    return to("Sqrt", sums) if power == 2 else sums


@converter(Pooling_v1)
def pooling_v1(op: Pooling_v1, to: Emitter, data: Term) -> Term:
    """Pooling in which padding is 0 for the maximum too, and a mean has the kernel's area."""
    size = _spatial(data.lengths)
    count = _spatial(to.result)
    if op.global_pool:
        windows = _Windows(size, size, (1, 1), (0, 0), count)
    else:
        stride, pad = stretched(op.stride, 2, 1), stretched(op.pad, 2, 0)
        windows = _Windows(size, op.kernel, stride, pad, count)
    if op.pool_type == "sum":
        return _sums(to, data, windows)
    if op.pool_type == "avg":
        return _run(to, "AveragePool", data, windows, 0.0, count_include_pad=1)
    pad = windows.pad
    if any(pad):
        data = to("Pad", data, to.whole(0, 0, *pad, 0, 0, *pad), to.constant(0.0, data.dtype))
    whole = tuple(length + 2 * p for length, p in zip(size, pad, strict=True))
    inner = windows._replace(size=whole, pad=(0,) * len(pad))
    return _run(to, "MaxPool", data, inner, float("-inf"))
