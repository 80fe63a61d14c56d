"""Convolutions with packed filters, and fused with what follows."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

import torch
from torch import Tensor

from ..contract import Input, Shape, Shapes, overwrites, param
from ._filtering import FilteringLayer, Windowed
from .images import spatial

__all__ = ["FusedConvolution", "PackedFilters"]

_AFTER: Mapping[str, Callable[[Tensor, tuple[float, ...]], Tensor]] = {
    "": lambda output, bounds: output,
    "relu": lambda output, bounds: output.clamp_min_(0),
    "sigmoid": lambda output, bounds: output.sigmoid_(),
    "tanh": lambda output, bounds: output.tanh_(),
    "leaky_relu": lambda output, bounds: torch.where(output > 0, output, output * bounds[0]),
    "hardtanh": lambda output, bounds: output.clamp_(*bounds),
}
"""What may follow a convolution, under the names that torch gives oneDNN's: functions that write
over their argument. ``leaky_relu`` takes the slope, ``hardtanh`` two limits."""

_has_kernels = hasattr(torch.ops.mkldnn, "_convolution_pointwise")


class PackedFilters(Windowed, registered=False):
    """Filters in the order of memory that oneDNN's kernel wants for images of the data's shape.

    They are as they were where it has no kernel: on a GPU, and for other types than float32.
    """

    weight = Input("Filters of shape (num_filter, channels / num_group, *kernel).")
    data = Input("The images, of which only the shape is read.")

    def infer_shape(self, weight: Shape) -> Shapes:
        """The order of memory is no part of the shape."""
        return {"output": weight}

    def forward(self, weight: Tensor, data_shape: Shape) -> Tensor:
        """Return the filters in a layout of oneDNN's own, which only its kernels read."""
        if weight.is_cuda or weight.dtype != torch.float32 or not _has_kernels:
            return spatial(weight)
        packed: Tensor = torch.ops.mkldnn._reorder_convolution_weight(
            weight,
            list(self.pad),
            list(self.stride),
            list(self.dilate),
            self.num_group,
            list(data_shape),
        )
        return packed


class _Fused(FilteringLayer, registered=False):
    """What both convolutions share: how the kernels are called."""

    def _filtered(self, data: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """Return the convolution alone, by the kernel for filters that are not packed."""
        window = (self.stride, self.pad, self.dilate, False, (0, 0), self.num_group)
        return torch.convolution(spatial(data), weight, bias, *window)

    @property
    def _window(self) -> tuple[Any, ...]:
        """How the filters go over the image, as oneDNN's kernels are told."""
        return list(self.pad), list(self.stride), list(self.dilate), self.num_group


class FusedConvolution(_Fused, registered=False):
    """A convolution in prediction, with the function that follows it done in one pass.

    output = after(convolution(data, weight) + bias). A pass makes it.
    """

    after: str = param("Which function follows; empty for none.", default="")
    bounds: tuple[float, ...] = param("The function's constants.", default=())

    def forward(self, data: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        """Return the output, channels last."""
        if not weight.is_mkldnn:
            return _AFTER[self.after](self._filtered(data, weight, bias), self.bounds)
        found: Tensor = torch.ops.mkldnn._convolution_pointwise(
            data, weight, bias, *self._window, self.after or "none", list(self.bounds), ""
        )
        return found


class AddedConvolution(_Fused, registered=False):
    """A convolution in prediction that is added to something, with the function that follows.

    output = after(convolution(data, weight) + bias + addend), where the addend was, if nobody else
    needs it. A pass makes it.
    """

    addend = Input("What is added to the convolution.")
    after: Literal["", "relu"] = param("Which function follows; empty for none.", default="")

    @overwrites("addend")
    def forward(
        self,
        data: Tensor,
        weight: Tensor,
        addend: Tensor,
        bias: Tensor | None = None,
        out: Tensor | None = None,
    ) -> Tensor:
        """Return the output."""
        if out is None:
            out = torch.empty_like(addend)
        if not weight.is_mkldnn:
            torch.add(self._filtered(data, weight, bias), addend, out=out)
            return out.clamp_min_(0) if self.after else out
        if out is not addend:
            out.copy_(addend)
        torch.ops.mkldnn._convolution_pointwise_.binary(
            out, data, weight, bias, *self._window, "add", 1.0, self.after or None, [], ""
        )
        return out
