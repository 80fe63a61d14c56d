"""Transposed convolution and upsampling."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from math import prod
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from ...core.errors import ParameterError, ShapeError
from ..contract import Input, Inputs, Operator, Shape, Shapes, param
from ..meaning import OutputChannels
from ._windows import Sizes
from .convolution import convolution_gradient, images_like, sum_channels
from .images import (
    Layout,
    channels_first,
    channels_first_shape,
    check_axes,
    check_layout,
    has_channels_last,
    in_layout,
    in_layout_shape,
    spatial,
    spatial_axes,
    stretched,
)

__all__ = ["Deconvolution", "UpSampling"]


class Deconvolution(Operator):
    """The gradient of a Convolution with respect to its data, as a layer.

    With target_shape, pad and adj are chosen so that the output has that size. A layout that ends
    in C has the channels last, in data, output and weight. Source: docs/semantics §3.8.

    >>> import symnet as mx
    >>> net = mx.Deconvolution(data=mx.Variable("data"), kernel=(2, 2), stride=(2, 2), num_filter=8)
    >>> net.infer_shape(data=(100, 16, 14, 14))[:2]
    ([(100, 16, 14, 14), (16, 8, 2, 2)], [(100, 8, 28, 28)])
    """

    aliases = ("_npx_deconvolution",)
    floats_only = True
    speed_hints = ("cudnn_tune", "cudnn_off")
    memory_order = "spatial"

    data = Input("Images of shape (batch, channels, *size), or as layout says.")
    weight = Input("Filters: (channels, num_filter / num_group, *kernel), or as layout says.")
    bias = Input("Bias vector of shape (num_filter,).", when=lambda op: not op.no_bias)
    kernel: tuple[int, ...] = param("Size of the filters: one to three numbers.", min=1)
    num_filter: int = param("Channels of the output.", min=1, max=100000)
    stride: tuple[int, ...] = param("Step of the windows in the output.", default=(), min=1)
    dilate: tuple[int, ...] = param("Step between taps of a filter.", default=(), min=1)
    pad: tuple[int, ...] = param("What is cut off each border.", default=(), min=0)
    adj: tuple[int, ...] = param("Added to the far border.", default=(), min=0)
    target_shape: tuple[int, ...] = param("Size of the output, instead of pad and adj.", default=())
    num_group: int = param("Number of groups that channels are split into.", default=1, min=1)
    workspace: int = param("Of no effect: torch plans its own.", default=512, min=0, max=8192)
    no_bias: bool = param("Leave the bias out.", default=True)
    layout: Layout | None = param("Order of the axes; None: channels on axis 1.", default=None)

    def output_channels(self) -> OutputChannels | None:
        """Each filter makes a channel; filters lie on axis 1 of the weight, group after group."""
        if self.layout is not None and self.layout.endswith("C"):
            return None
        ndim, with_bias = len(self.kernel) + 2, replace(self, no_bias=False)
        return OutputChannels(ndim, 1, self.num_group, with_bias)

    def check(self) -> None:
        """Check what single parameters cannot tell."""
        count = spatial_axes(self, self.kernel)
        check_axes(self, count, "stride", "dilate", "pad", "adj", "target_shape")
        check_layout(self, self.layout, count)
        if self.num_filter % self.num_group:
            raise ParameterError(
                f"Deconvolution: num_filter={self.num_filter} must be divisible by "
                f"num_group={self.num_group}"
            )
        if any(self.target_shape) and not all(self.target_shape):
            raise ParameterError(
                f"Deconvolution: target_shape must be all zeros or none, got {self.target_shape}"
            )
        if not any(self.target_shape) and not self._can_add(self._each(self.adj, 0)):
            raise ParameterError(
                f"Deconvolution: adj {self.adj} must be less than the stride "
                f"{self._each(self.stride, 1)}"
            )

    def _each(self, values: Sizes, fill: int) -> Sizes:
        return stretched(values, len(self.kernel), fill)

    def _can_add(self, far: Sizes) -> bool:
        """Tell whether so much can be added to the far border: less than a step."""
        steps = zip(self._each(self.stride, 1), self._each(self.dilate, 1), strict=True)
        return all(added < max(step) for added, step in zip(far, steps, strict=True))

    def borders(self, size: Sizes) -> tuple[Sizes, Sizes]:
        """Return padding and what is added to the far border."""
        if not any(self.target_shape):
            return self._each(self.pad, 0), self._each(self.adj, 0)
        excess = [
            s * (length - 1) + d * (k - 1) + 1 - target
            for length, k, s, d, target in zip(
                size,
                self.kernel,
                self._each(self.stride, 1),
                self._each(self.dilate, 1),
                self.target_shape,
                strict=True,
            )
        ]
        if min(excess) < 0:
            raise ShapeError(f"target_shape {self.target_shape} is larger than the output")
        pads = tuple((length + 1) // 2 for length in excess)
        far = tuple(2 * cut - length for cut, length in zip(pads, excess, strict=True))
        if not self._can_add(far):
            raise ShapeError(
                f"target_shape {self.target_shape} would cut an odd number off the output, which a "
                f"stride of {self._each(self.stride, 1)} does not allow"
            )
        return pads, far

    def _arguments(self, size: Sizes) -> tuple[Sizes, Sizes, Sizes, bool, Sizes, int]:
        pads, far = self.borders(size)
        steps, dilation = self._each(self.stride, 1), self._each(self.dilate, 1)
        return steps, pads, dilation, True, far, self.num_group

    def infer_shape(self, data: Shape) -> Shapes:
        """Return the shapes that the data's implies."""
        batch, channels, *size = channels_first_shape(data, self.layout, len(self.kernel))
        if channels % self.num_group:
            raise ShapeError(
                f"{channels} channels of data must be divisible by num_group={self.num_group}"
            )
        stride, pads, dilate, _, far, _ = self._arguments(tuple(size))
        output = [
            s * (length - 1) + d * (k - 1) + 1 - 2 * p + a
            for length, k, s, p, d, a in zip(
                size, self.kernel, stride, pads, dilate, far, strict=True
            )
        ]
        if min(output) < 1:
            raise ShapeError(f"pad {self.pad} cuts off the whole output")
        return {
            "weight": in_layout_shape(
                (channels, self.num_filter // self.num_group, *self.kernel), self.layout
            ),
            "bias": (self.num_filter,),
            "output": in_layout_shape((batch, self.num_filter, *output), self.layout),
        }

    def filter_inputs(self) -> tuple[str, ...]:
        """The weight, unless its own axes have the channels last."""
        return () if has_channels_last(self.layout) else ("weight",)

    def multiply_adds(self, shapes: Shapes) -> int:
        """One for each element of the data and place that it is spread to."""
        return int(prod(shapes["data"]) * prod(shapes["weight"][1:]))

    def forward(self, data: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        """Return the enlarged images."""
        images, filters = self._images(data), self._images(weight)
        arguments = self._arguments(tuple(images.shape[2:]))
        return in_layout(torch.convolution(images, filters, bias, *arguments), self.layout)

    def data_gradient(self, grad: Tensor, weight: Tensor, data_shape: Shape) -> Tensor:
        """Return the convolution of grad."""
        shape = channels_first_shape(data_shape, self.layout, len(self.kernel))
        return self._backward(grad, images_like(grad, shape), self._images(weight), 0)

    def weight_gradient(self, grad: Tensor, data: Tensor, weight_shape: Shape) -> Tensor:
        """Return the correlation of grad with the data."""
        shape = channels_first_shape(weight_shape, self.layout, len(self.kernel))
        return self._backward(grad, self._images(data), images_like(grad, shape), 1)

    def bias_gradient(self, grad: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the sum of grad over batch and positions."""
        return sum_channels(channels_first(grad, self.layout), out)

    def _backward(self, grad: Tensor, data: Tensor, weight: Tensor, wanted: int) -> Tensor:
        arguments = self._arguments(tuple(data.shape[2:]))
        above = self._images(grad)
        return in_layout(convolution_gradient(above, data, weight, arguments, wanted), self.layout)

    def _images(self, tensor: Tensor) -> Tensor:
        return spatial(channels_first(tensor, self.layout))


class UpSampling(Operator):
    """Enlarge images by a whole factor: by repeating values, or by a learned Deconvolution.

    nearest: the output is scale times the first input; every other input is enlarged to that size,
    then all are joined along the channels, or summed. bilinear: a Deconvolution of each channel by
    itself, whose weight, of shape (channels, 1, k, k) with k = 2 · scale − scale % 2, is an
    argument like any other. Source: docs/semantics §3.25.

    >>> import symnet as mx
    >>> mx.UpSampling(mx.array([[[[1, 2]]]]), scale=2, sample_type="nearest").asnumpy()
    array([[[[1., 1., 2., 2.],
             [1., 1., 2., 2.]]]], dtype=float32)
    """

    args = Inputs("Images of shape (batch, channels, height, width); bilinear: data and weight.")
    scale: int = param("The factor.", min=1, max=1000)
    sample_type: Literal["nearest", "bilinear"] = param("How.")
    num_args: int = param("Number of inputs.", min=1)
    num_filter: int = param("Channels, for bilinear.", default=0, min=0)
    multi_input_mode: Literal["concat", "sum"] = param("What to do with several.", default="concat")
    workspace: int = param("Of no effect: torch plans its own.", default=512, min=0, max=8192)

    def check(self) -> None:
        """Bilinear has exactly two inputs."""
        if self.sample_type == "bilinear" and self.num_args != 2:
            raise ParameterError(
                f"UpSampling: bilinear takes num_args=2, data and weight, got {self.num_args}"
            )

    def arguments(self) -> tuple[str, ...]:
        """Return the names of the inputs."""
        return ("data", "weight") if self.sample_type == "bilinear" else super().arguments()

    @property
    def deconvolution(self) -> Deconvolution:
        """What bilinear amounts to."""
        return _enlarging(self.scale, self.num_filter)

    def infer_shape(self, args: list[Shape | None]) -> Shapes:
        """All inputs must come out at the size of the first."""
        first = args[0]
        if first is None or (self.sample_type == "nearest" and None in args):
            return {}
        if self.sample_type == "bilinear":
            return self._infer_bilinear(first)
        if any(shape is not None and len(shape) != 4 for shape in args):
            raise ShapeError(f"inputs must be (batch, channels, height, width), got {args}")
        size = (first[2] * self.scale, first[3] * self.scale)
        shapes = [shape for shape in args if shape is not None]
        for number, shape in enumerate(shapes):
            if (
                size[0] % shape[2]
                or size[1] % shape[3]
                or size[0] // shape[2] != size[1] // shape[3]
            ):
                raise ShapeError(f"argument {number} of shape {shape} cannot be enlarged to {size}")
            if shape[0] != first[0] or (self.multi_input_mode == "sum" and shape[1] != first[1]):
                raise ShapeError(f"argument {number} of shape {shape} does not fit {first}")
        channels = [shape[1] for shape in shapes]
        joined = channels[0] if self.multi_input_mode == "sum" else sum(channels)
        return {"output": (first[0], joined, *size)}

    def _infer_bilinear(self, data: Shape) -> Shapes:
        if len(data) != 4:
            raise ShapeError(f"data must be (batch, channels, height, width), got {data}")
        if data[1] != self.num_filter:
            raise ShapeError(f"num_filter={self.num_filter} must be the {data[1]} channels of data")
        found = self.deconvolution.infer_shape(data)
        return {"args": [data, found["weight"]], "output": found["output"]}

    def multiply_adds(self, shapes: Shapes) -> int:
        """Those of the Deconvolution, where it is one."""
        if self.sample_type != "bilinear":
            return 0
        data, weight = shapes["args"]
        return self.deconvolution.multiply_adds({"data": data, "weight": weight})

    def forward(self, args: list[Tensor]) -> Tensor:
        """Return the enlarged images."""
        if self.sample_type == "bilinear":
            return self.deconvolution.forward(*args)
        large = [self._enlarged(image, args[0].shape[2]) for image in args]
        if len(large) == 1:
            return large[0]
        return torch.stack(large).sum(0) if self.multi_input_mode == "sum" else torch.cat(large, 1)

    def _enlarged(self, images: Tensor, first_height: int) -> Tensor:
        times = first_height * self.scale // images.shape[2]
        return functional.interpolate(images, scale_factor=times)

    def args_gradient(
        self, index: int, grad: Tensor, args: list[Tensor], args_shape: Sequence[Shape]
    ) -> Tensor:
        """Return grad summed over the places that each value was repeated to."""
        shape = args_shape[index]
        if self.sample_type == "bilinear":
            if index == 0:
                return self.deconvolution.data_gradient(grad, args[1], shape)
            return self.deconvolution.weight_gradient(grad, args[0], shape)
        if self.multi_input_mode == "concat":
            start = sum(each[1] for each in args_shape[:index])
            grad = grad.narrow(1, start, shape[1])
        found: Tensor = torch.ops.aten.upsample_nearest2d_backward(
            grad.contiguous(), grad.shape[2:], shape
        )
        return found


@lru_cache(maxsize=64)
def _enlarging(scale: int, channels: int) -> Deconvolution:
    """Return the Deconvolution that enlarges each channel by itself."""
    size = 2 * scale - scale % 2
    border = scale // 2  # half of what overlaps, rounded up: ⌈(scale − 1) / 2⌉
    return Deconvolution(
        kernel=(size, size),
        num_filter=channels,
        stride=(scale, scale),
        pad=(border, border),
        num_group=channels,
    )
