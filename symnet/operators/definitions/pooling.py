"""Pooling."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal, Self

import torch
from torch import Tensor

from ...core.errors import ParameterError
from ..contract import Input, Operator, Rule, Shape, Shapes, param
from ..meaning import Meaning, OfWindows
from ._windows import Windows, lifted, windows_of
from .images import (
    Layout,
    channels_first,
    channels_first_shape,
    check_axes,
    check_layout,
    in_layout,
    in_layout_shape,
    spatial,
    spatial_axes,
    stretched,
)

__all__ = ["Pooling"]

aten = torch.ops.aten


class Pooling(Operator):
    """Take the maximum, mean, sum or norm over windows of images.

    Padding counts as −∞ for the maximum and as 0 for the others; the divisor of a mean leaves out
    what hangs over the padded border, and with count_include_pad=False the padding. A window that
    lies wholly in padding gives 0, where Apache MXNet 1.9.1 has its lowest float. lp takes
    (Σ data^p)^(1/p), for p 1, 2 or 3. By the convention "same" windows begin at every stride within
    the image. Source: docs/semantics §3.18, D3, D18.

    >>> import symnet as mx
    >>> net = mx.Pooling(data=mx.Variable("data"), kernel=(2, 2), stride=(2, 2), pool_type="max")
    >>> net.infer_shape(data=(100, 20, 24, 24))[1]
    [(100, 20, 12, 12)]
    """

    family = "pooling"
    aliases = ("_npx_pooling",)
    floats_only = True
    speed_hints = ("cudnn_off",)
    memory_order = "spatial"

    data = Input("Images of shape (batch, channels, *size), or as layout says.")
    kernel: tuple[int, ...] = param("Size of the windows: one to three.", default=(), min=1)
    pool_type: Literal["max", "avg", "sum", "lp"] = param(
        "What is taken of a window.", default="max"
    )
    stride: tuple[int, ...] = param("Step between windows.", default=(), min=1)
    pad: tuple[int, ...] = param("Values added at each border.", default=(), min=0)
    global_pool: bool = param("One window over the whole image, whatever kernel.", default=False)
    pooling_convention: Literal["full", "valid", "same", "inside", "beyond"] = param(
        "Round the output size up (the documents' rule) or down; or one window for each stride. "
        "Where a stride is longer than the kernel, 1.9.1 means beyond by full: windows "
        "that begin behind the padded image are made too; here it means inside: they are not.",
        default="full",
        mxnet_default="valid",
    )
    p_value: int | None = param("The p of lp.", default=None, min=1, max=3)
    count_include_pad: bool | None = param(
        "Whether padding counts in the divisor of a mean; None: it does.", default=None
    )
    layout: Layout | None = param("Order of the axes; None: channels on axis 1.", default=None)

    def check(self) -> None:
        """Check what single parameters cannot tell."""
        if self.kernel:
            count = spatial_axes(self, self.kernel)
            check_axes(self, count, "stride", "pad")
            check_layout(self, self.layout, count)
        elif not self.global_pool:
            raise ParameterError("Pooling: missing parameter 'kernel', unless global_pool is set")
        if self.pool_type == "lp" and self.p_value is None:
            raise ParameterError("Pooling: pool_type='lp' needs p_value: 1, 2 or 3")
        if self.pooling_convention == "same" and any(self.pad):
            raise ParameterError(
                f"Pooling: pooling_convention='same' pads by itself, got pad {self.pad}"
            )

    def meaning(self) -> Meaning | None:
        """Maxima, unless a window may lie wholly in the padding, where it gives 0."""
        return OfWindows.MAXIMUM if self.pool_type == "max" and self._meets_images() else None

    def _meets_images(self) -> bool:
        """Whether every window holds numbers, of images of any size."""
        if self.global_pool:
            return True
        count = len(self.kernel)
        strides, pads = stretched(self.stride, count, 1), stretched(self.pad, count, 0)
        # Rounded up, the last window may start in the padding.
        full = self.pooling_convention in ("full", "inside", "beyond")
        axes = zip(self.kernel, strides, pads, strict=True)
        beyond = self.pooling_convention == "beyond" and self._skips()
        return not beyond and all(p == 0 or p + (s - 1 if full else 0) < k for k, s, p in axes)

    def _skips(self) -> bool:
        """Whether there are pixels between windows."""
        strides = stretched(self.stride, len(self.kernel), 1)
        return any(s > k for k, s in zip(self.kernel, strides, strict=True))

    def meant_in_mxnet(self) -> Self:
        """By full, 1.9.1 means windows beyond the image too; ours is inside there."""
        if self.pooling_convention == "inside":
            return replace(self, pooling_convention="full")
        if self.pooling_convention == "full" and self._skips():
            return replace(self, pooling_convention="beyond")
        return self

    def to_text(self) -> dict[str, str]:
        """Return the parameters as 1.9.1 means them; what it cannot say, it refuses to read."""
        names = {"beyond": "full", "full": "inside" if self._skips() else "full"}
        convention = names.get(self.pooling_convention, self.pooling_convention)
        written = {} if convention == "valid" else {"pooling_convention": convention}
        return {**super().to_text(), **written}

    def saved(self) -> Mapping[str, torch.dtype | None]:
        """A maximum's gradient needs to know where it was."""
        return {"indices": torch.int64} if self.pool_type == "max" else {}

    def details(self) -> dict[str, object]:
        """Return what is done, and to which windows; how they are rounded is seen by shapes."""
        if self.global_pool:
            return {"pool_type": self.pool_type, "global_pool": True}
        told = super().details()
        told.pop("pooling_convention", None)
        return {"pool_type": self.pool_type, **told}

    def infer_shape(self, data: Shape) -> Shapes:
        """Return the shapes that the data's implies."""
        first = self._first_shape(data)
        windows = self._windows(first)
        found = windows.output[-len(data) + 2 :]
        output = in_layout_shape((*first[:2], *found), self.layout)
        return {"output": output, "indices": output}

    def _first_shape(self, data: Shape) -> Shape:
        """Return (batch, channels, *size) of the data's shape."""
        count = len(self.kernel) or (len(self.layout) - 2 if self.layout else len(data) - 2)
        return channels_first_shape(data, self.layout, min(max(count, 1), 3))

    def _windows(self, first: Shape) -> Windows:
        size = lifted(first[2:], 1)
        ones, zeros = (1,) * len(size), (0,) * len(size)
        if self.global_pool:
            return windows_of(size, size, ones, zeros, convention="valid")
        count = len(self.kernel)
        pad = lifted(stretched(self.pad, count, 0), 0)
        return windows_of(
            size,
            lifted(self.kernel, 1),
            lifted(stretched(self.stride, count, 1), 1),
            pad,
            convention=self.pooling_convention,
            mean=self.pool_type == "avg",
            with_pad=self.count_include_pad is not False or not any(pad),
        )

    # -- forward ---------------------------------------------------------------------------------

    def forward(self, data: Tensor) -> Tensor:
        """Return the pooled images."""
        if self.pool_type == "max":
            return self.forward_saving(data)[0]
        images, windows = self._images(data)
        if self.pool_type == "lp":
            images = images.pow(self._power)
        pooled = _mean(windows.bordered(images, 0.0), windows, divided=self.pool_type == "avg")
        if self.pool_type == "avg":
            pooled = windows.divide(pooled)
        if self.pool_type == "lp":
            pooled = _root(pooled, self._power)
        return self._lowered(pooled, data.ndim)

    def forward_saving(
        self, data: Tensor, out: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return the maxima and where they were."""
        images, windows = self._images(data)
        images = windows.bordered(images, float("-inf"))
        if out is not None and images.ndim == data.ndim == 4 and not self._last:
            aten.max_pool2d_with_indices.out(images, *windows.of_max, out=out[0], indices=out[1])
            windows.clear_empty(out[0])
            return out
        kernel = aten.max_pool2d_with_indices if images.ndim == 4 else aten.max_pool3d_with_indices
        maxima, indices = kernel(images, *windows.of_max)
        windows.clear_empty(maxima)
        found = self._lowered(maxima, data.ndim), self._lowered(indices, data.ndim)
        return found if out is None else (out[0].copy_(found[0]), out[1].copy_(found[1]))

    @property
    def _last(self) -> bool:
        return self.layout is not None and self.layout.endswith("C")

    @property
    def _power(self) -> int:
        return self.p_value or 1

    def _lifted(self, tensor: Tensor) -> Tensor:
        """Return images as torch's kernels take them: over two axes or three."""
        first = channels_first(tensor, self.layout)
        return spatial(first.unsqueeze(2) if first.ndim == 3 else first)

    def _lowered(self, images: Tensor, ndim: int) -> Tensor:
        """Undo `_lifted`."""
        return in_layout(images.squeeze(2) if ndim == 3 else images, self.layout)

    def _images(self, data: Tensor) -> tuple[Tensor, Windows]:
        return self._lifted(data), self._windows(self._first_shape(tuple(data.shape)))

    # -- gradients -------------------------------------------------------------------------------

    def gradient_rule(self, name: str) -> Rule | None:
        """The gradient of a norm needs the data and the norms, and comes from `backward`."""
        return None if self.pool_type == "lp" else super().gradient_rule(name)

    def data_gradient(
        self,
        grad: Tensor,
        data_shape: Shape,
        indices: Tensor | None = None,
        out: Tensor | None = None,
    ) -> Tensor:
        """Return grad at the maxima, or spread evenly over the windows."""
        first = self._first_shape(data_shape)
        windows = self._windows(first)
        size = windows.bordered_size(lifted(first[2:], 1))
        images = self._lifted(grad)
        whole = out is not None and len(data_shape) == 4 and not (self._last or any(windows.border))
        result = out if out is not None and whole else _like(images, (*first[:2], *size))
        places = None if indices is None else self._lifted(indices)
        self._spread(windows, images, places, result)
        if whole:
            return result
        found = self._lowered(windows.without_border(result), len(data_shape))
        return found if out is None else out.copy_(found)

    def _spread(
        self, windows: Windows, grad: Tensor, indices: Tensor | None, result: Tensor
    ) -> None:
        # The kernels read of their input only shape and memory order: the result serves as one.
        flat = grad.ndim == 4
        if indices is not None:
            of_max = aten.max_pool2d_with_indices_backward if flat else _MAX_3D
            of_max.grad_input(grad, result, *windows.of_max, indices, grad_input=result)
            return
        mean = self.pool_type == "avg"
        share = windows.divide(grad, of_gradient=True) if mean else grad
        of_mean = aten.avg_pool2d_backward if flat else aten.avg_pool3d_backward
        of_mean.grad_input(share, result, *windows.of_mean(divided=mean), grad_input=result)

    def backward(
        self, grad: Tensor, data: Tensor, output: Tensor, indices: Tensor | None = None
    ) -> Mapping[str, Tensor]:
        """Return grad · (data / norm)^(p − 1), spread over the windows; 0 where the norm is 0."""
        shape = tuple(data.shape)
        if self.pool_type != "lp":
            return {"data": self.data_gradient(grad, shape, indices)}
        rise = self._power - 1
        share = (grad / output.pow(rise)).masked_fill_(output == 0, 0) if rise else grad
        return {"data": self.data_gradient(share, shape).mul_(data.pow(rise))}


_MAX_3D = aten.max_pool3d_with_indices_backward


def _mean(images: Tensor, windows: Windows, *, divided: bool) -> Tensor:
    kernel = aten.avg_pool2d if images.ndim == 4 else aten.avg_pool3d
    found: Tensor = kernel(images, *windows.of_mean(divided=divided))
    return found


def _root(sums: Tensor, power: int) -> Tensor:
    """Return the root; the third one of a negative number is negative."""
    if power == 3:
        return sums.abs().pow_(1 / 3).copysign_(sums)
    return sums.sqrt() if power == 2 else sums


def _like(images: Tensor, shape: Shape) -> Tensor:
    """Return memory for images of another size, in the order of `spatial`."""
    return spatial(images.new_empty(shape))
