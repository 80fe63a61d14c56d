"""Convolution."""

from math import prod
from typing import Any

import torch
from torch import Tensor

from ...core.errors import ParameterError, ShapeError
from ..contract import Input, Operator, Shape, Shapes, param

__all__ = [
    "Convolution",
    "check_pairs",
    "convolution_gradient",
    "images_like",
    "pair",
    "spatial",
    "sum_channels",
]

Pair = tuple[int, int]


def pair(values: tuple[int, ...], fill: int) -> Pair:
    """Return (height, width) of a parameter that may be left empty."""
    return (values[0], values[1]) if values else (fill, fill)


def spatial(data: Tensor) -> Tensor:
    """Return an image batch in the memory order that convolutions are fastest in."""
    return data if data.is_cuda else data.to(memory_format=torch.channels_last)


def images_like(tensor: Tensor, shape: Shape) -> Tensor:
    """Return memory for images, of a tensor's type and device, in the order of `spatial`.

    The kernels for gradients read of the other operand only its shape and order.
    """
    order = torch.contiguous_format if tensor.is_cuda else torch.channels_last
    return torch.empty(shape, dtype=tensor.dtype, device=tensor.device, memory_format=order)


def sum_channels(grad: Tensor, out: Tensor | None = None) -> Tensor:
    """Return the sum of each channel over batch and positions: the gradient of a bias."""
    # Image by image: summing (0, 2, 3) at once keeps one thread busy and the others idle.
    return torch.sum(grad.sum((2, 3)), 0, out=out)


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
    found: Tensor = torch.ops.aten.convolution_backward(
        spatial(grad), data, weight, None, *arguments, mask
    )[wanted]
    return found


def check_pairs(operator: Operator, *names: str) -> None:
    """Raise ParameterError unless the named parameters are (height, width) or empty."""
    for name in names:
        if len(getattr(operator, name)) not in (0, 2):
            raise ParameterError(
                f"{type(operator).__name__}: {name} must be (height, width), "
                f"got {getattr(operator, name)}"
            )


class Convolution(Operator):
    """Cross-correlate images with learned filters, then add a bias to each channel.

    output[n, f, y, x] = bias[f] + Σ data[n, c, y·s + i·d − p, x·s + j·d − p] · weight[f, c, i, j].
    Source: docs/semantics §3.6.

    >>> import symnet as mx
    >>> net = mx.Convolution(data=mx.Variable("data"), kernel=(5, 5), num_filter=20, name="conv")
    >>> shapes, outputs, _ = net.infer_shape(data=(100, 1, 28, 28))
    >>> dict(zip(net.list_arguments(), shapes))
    {'data': (100, 1, 28, 28), 'conv_weight': (20, 1, 5, 5), 'conv_bias': (20,)}
    >>> outputs
    [(100, 20, 24, 24)]
    """

    floats_only = True
    memory_order = "spatial"

    data = Input("Images of shape (batch, channels, height, width).")
    weight = Input("Filters of shape (num_filter, channels / num_group, *kernel).")
    bias = Input("Bias vector of shape (num_filter,).", when=lambda op: not op.no_bias)
    kernel: tuple[int, ...] = param("Size of the filters: (height, width).", min=1)
    num_filter: int = param("Number of filters: channels of the output.", min=1, max=100000)
    stride: tuple[int, ...] = param("Step between windows.", default=(1, 1), min=1)
    dilate: tuple[int, ...] = param("Step between taps of a filter.", default=(1, 1), min=1)
    pad: tuple[int, ...] = param("Zeros added at each border.", default=(0, 0), min=0)
    num_group: int = param("Number of groups that channels are split into.", default=1, min=1)
    workspace: int = param("Of no effect: torch plans its own.", default=512, min=0, max=8192)
    no_bias: bool = param("Leave the bias out.", default=False)

    def check(self) -> None:
        """Check what single parameters cannot tell."""
        check_pairs(self, "kernel", "stride", "dilate", "pad")
        if not self.kernel:
            raise ParameterError("Convolution: kernel must be (height, width), got ()")
        if self.num_filter % self.num_group:
            raise ParameterError(
                f"Convolution: num_filter={self.num_filter} must be divisible by "
                f"num_group={self.num_group}"
            )

    @property
    def window(self) -> tuple[Pair, Pair, Pair]:
        """Return stride, padding and dilation with empty ones filled."""
        return pair(self.stride, 1), pair(self.pad, 0), pair(self.dilate, 1)

    def infer_shape(self, data: Shape) -> Shapes:
        """Return the shapes that the data's implies."""
        if len(data) != 4:
            raise ShapeError(f"data must be (batch, channels, height, width), got {data}")
        batch, channels, *size = data
        if channels % self.num_group:
            raise ShapeError(
                f"{channels} channels of data must be divisible by num_group={self.num_group}"
            )
        output = [
            (length + 2 * p - d * (k - 1) - 1) // s + 1
            for length, k, s, p, d in zip(size, self.kernel, *self.window, strict=True)
        ]
        if min(output) < 1:
            raise ShapeError(
                f"kernel {self.kernel} is larger than the padded image: height and width are "
                f"{tuple(size)}, pad is {self.pad}"
            )
        return {
            "weight": (self.num_filter, channels // self.num_group, *self.kernel),
            "bias": (self.num_filter,),
            "output": (batch, self.num_filter, *output),
        }

    def multiply_adds(self, shapes: Shapes) -> int:
        """One for each tap of the filter that an element of the output is made with."""
        return int(prod(shapes["output"]) * prod(shapes["weight"][1:]))

    def forward(self, data: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        """Return the filtered images."""
        images, filters = spatial(data), spatial(weight)
        return torch.conv2d(images, filters, bias, *self.window, self.num_group)

    def data_gradient(self, grad: Tensor, weight: Tensor, data_shape: Shape) -> Tensor:
        """Return the transposed convolution of grad."""
        return self._backward(grad, images_like(grad, data_shape), weight, 0)

    def weight_gradient(self, grad: Tensor, data: Tensor, weight_shape: Shape) -> Tensor:
        """Return the correlation of the data with grad."""
        return self._backward(grad, spatial(data), images_like(grad, weight_shape), 1)

    def bias_gradient(self, grad: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the sum of grad over batch and positions."""
        return sum_channels(grad, out)

    def _backward(self, grad: Tensor, data: Tensor, weight: Tensor, wanted: int) -> Tensor:
        arguments = (*self.window, False, (0, 0), self.num_group)
        return convolution_gradient(grad, data, weight, arguments, wanted)
