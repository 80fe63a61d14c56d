"""Convolution."""

from dataclasses import replace
from math import prod
from typing import Any

import torch
from torch import Tensor

from ...core.errors import ParameterError, ShapeError
from ..contract import Input, Operator, Shape, Shapes, param
from ..meaning import Filtered, Meaning, OutputChannels
from ._windows import Sizes
from .images import (
    Layout,
    channels_first,
    channels_first_shape,
    channels_last_hint,
    check_axes,
    check_layout,
    has_channels_last,
    in_layout,
    in_layout_shape,
    spatial,
    spatial_axes,
    stretched,
)

__all__ = ["Convolution", "convolution_gradient", "images_like", "sum_channels"]


def images_like(tensor: Tensor, shape: Shape) -> Tensor:
    """Return memory for images, of a tensor's type and device, in the order of `spatial`.

    The kernels for gradients read of the other operand only its shape and order.
    """
    last = len(shape) == 4 and not tensor.is_cuda
    order = torch.channels_last if last else torch.contiguous_format
    return torch.empty(shape, dtype=tensor.dtype, device=tensor.device, memory_format=order)


def sum_channels(grad: Tensor, out: Tensor | None = None) -> Tensor:
    """Return the sum of each channel over batch and positions: the gradient of a bias."""
    # Image by image: summing all axes at once keeps one thread busy and the others idle.
    return torch.sum(grad.sum(list(range(2, grad.ndim))), 0, out=out)


def convolution_gradient(
    grad: Tensor, data: Tensor, weight: Tensor, arguments: tuple[Any, ...], wanted: int
) -> Tensor:
    """Return one gradient of a convolution or transposed convolution.

    Args:
        grad: gradient of the output.
        data: the images, or for their gradient anything of their shape and order.
        weight: the filters, or for their gradient anything of their shape and order.
        arguments: stride, padding, dilation, transposed, output padding and groups.
        wanted: 0 for the gradient of the data, 1 for that of the weight.
    """
    mask = [wanted == 0, wanted == 1, False]
    found: Tensor = torch.ops.aten.convolution_backward(grad, data, weight, None, *arguments, mask)[
        wanted
    ]
    return found


class Convolution(Operator):
    """Cross-correlate images with learned filters, then add a bias to each channel.

    output[n, f, y, x] = bias[f] + Σ data[n, c, y·s + i·d − p, x·s + j·d − p] · weight[f, c, i, j],
    over height and width; with a kernel of one or three numbers over one or three axes. A layout
    that ends in C has the channels last, in data, output and weight. Source: docs/semantics §3.6.

    >>> import symnet as mx
    >>> net = mx.Convolution(data=mx.Variable("data"), kernel=(5, 5), num_filter=20, name="conv")
    >>> shapes, outputs, _ = net.infer_shape(data=(100, 1, 28, 28))
    >>> dict(zip(net.list_arguments(), shapes))
    {'data': (100, 1, 28, 28), 'conv_weight': (20, 1, 5, 5), 'conv_bias': (20,)}
    >>> outputs
    [(100, 20, 24, 24)]
    """

    family = "weighted"
    aliases = ("Convolution_v1", "_npx_convolution")
    floats_only = True
    speed_hints = ("cudnn_tune", "cudnn_off")
    memory_order = "spatial"

    data = Input("Images of shape (batch, channels, *size), or as layout says.")
    weight = Input("Filters: (num_filter, channels / num_group, *kernel), or as layout says.")
    bias = Input("Bias vector of shape (num_filter,).", when=lambda op: not op.no_bias)
    kernel: tuple[int, ...] = param("Size of the filters: one to three numbers.", min=1)
    num_filter: int = param("Number of filters: channels of the output.", min=1, max=100000)
    stride: tuple[int, ...] = param("Step between windows.", default=(), min=1)
    dilate: tuple[int, ...] = param("Step between taps of a filter.", default=(), min=1)
    pad: tuple[int, ...] = param("Zeros added at each border.", default=(), min=0)
    num_group: int = param("Number of groups that channels are split into.", default=1, min=1)
    workspace: int = param(
        "Of no effect: torch plans its own.", default=512, min=0, mxnet_default=1024
    )
    no_bias: bool = param("Leave the bias out.", default=False)
    layout: Layout | None = param("Order of the axes; None: channels on axis 1.", default=None)

    def check(self) -> None:
        """Check what single parameters cannot tell."""
        count = spatial_axes(self, self.kernel)
        check_axes(self, count, "stride", "dilate", "pad")
        check_layout(self, self.layout, count)
        if self.num_filter % self.num_group:
            raise ParameterError(
                f"Convolution: num_filter={self.num_filter} must be divisible by "
                f"num_group={self.num_group}"
            )

    @property
    def window(self) -> tuple[Sizes, Sizes, Sizes]:
        """Return stride, padding and dilation with empty ones filled."""
        count = len(self.kernel)
        return (
            stretched(self.stride, count, 1),
            stretched(self.pad, count, 0),
            stretched(self.dilate, count, 1),
        )

    def meaning(self) -> Meaning | None:
        """Images are filtered, whose channels lie on axis 1."""
        if has_channels_last(self.layout):
            return None
        return Filtered(self.num_filter, self.kernel, *self.window, self.num_group)

    def output_channels(self) -> OutputChannels:
        """Each filter makes a channel."""
        ndim = len(self.kernel) + 2
        axis = ndim - 1 if has_channels_last(self.layout) else 1
        return OutputChannels(ndim, axis, None, replace(self, no_bias=False))

    def infer_shape(self, data: Shape | None = None, output: Shape | None = None) -> Shapes:
        """Return the shapes that the data's implies; the output's tells how many samples it has."""
        if data is None:
            unknown = (None,) * (len(self.kernel) + 1)
            return {} if output is None else {"data": (output[0], *unknown)}
        batch, channels, *size = channels_first_shape(data, self.layout, len(self.kernel))
        if channels % self.num_group:
            raise ShapeError(
                f"{channels} channels of data must be divisible by num_group={self.num_group}"
            )
        lengths = [
            (length + 2 * p - d * (k - 1) - 1) // s + 1
            for length, k, s, p, d in zip(size, self.kernel, *self.window, strict=True)
        ]
        if min(lengths) < 1:
            raise ShapeError(
                f"kernel {self.kernel} is larger than the padded image of size {tuple(size)}, "
                f"pad is {self.window[1]}{channels_last_hint(data, self.layout)}"
            )
        return {
            "weight": in_layout_shape(
                (self.num_filter, channels // self.num_group, *self.kernel), self.layout
            ),
            "bias": (self.num_filter,),
            "output": in_layout_shape((batch, self.num_filter, *lengths), self.layout),
        }

    def filter_inputs(self) -> tuple[str, ...]:
        """The weight, unless its own axes have the channels last."""
        return () if has_channels_last(self.layout) else ("weight",)

    def multiply_adds(self, shapes: Shapes) -> int:
        """One for each tap of the filter that an element of the output is made with."""
        return int(prod(shapes["output"]) * prod(shapes["weight"][1:]))

    def forward(self, data: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        """Return the filtered images."""
        images, filters = self._images(data), self._images(weight)
        arguments = (*self.window, False, self._nothing, self.num_group)
        return in_layout(torch.convolution(images, filters, bias, *arguments), self.layout)

    def data_gradient(self, grad: Tensor, weight: Tensor, data_shape: Shape) -> Tensor:
        """Return the transposed convolution of grad."""
        shape = channels_first_shape(data_shape, self.layout, len(self.kernel))
        return self._backward(grad, images_like(grad, shape), self._images(weight), 0)

    def weight_gradient(self, grad: Tensor, data: Tensor, weight_shape: Shape) -> Tensor:
        """Return the correlation of the data with grad."""
        shape = channels_first_shape(weight_shape, self.layout, len(self.kernel))
        return self._backward(grad, self._images(data), images_like(grad, shape), 1)

    def bias_gradient(self, grad: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the sum of grad over batch and positions."""
        return sum_channels(channels_first(grad, self.layout), out)

    def _backward(self, grad: Tensor, data: Tensor, weight: Tensor, wanted: int) -> Tensor:
        arguments = (*self.window, False, self._nothing, self.num_group)
        above = self._images(grad)
        return in_layout(convolution_gradient(above, data, weight, arguments, wanted), self.layout)

    @property
    def _nothing(self) -> Sizes:
        return (0,) * len(self.kernel)

    def _images(self, tensor: Tensor) -> Tensor:
        return spatial(channels_first(tensor, self.layout))
