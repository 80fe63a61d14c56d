"""Deformable convolution."""

from collections.abc import Mapping
from math import prod
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor

from ...core.errors import ParameterError, ShapeError
from ..contract import Input, Operator, Shape, Shapes, param
from ._gathering import Bags, add_up, corners, table_of
from .images import Pair

__all__ = ["_contrib_DeformableConvolution", "_contrib_ModulatedDeformableConvolution"]


class _Taps(NamedTuple):
    """Where a filter reads without offsets.

    Args:
        kernel, stride, dilate, pad: of the convolution.
    """

    kernel: Pair
    stride: Pair
    dilate: Pair
    pad: Pair

    def output(self, size: Shape) -> Pair:
        """Return height and width of the result for images of a size."""
        rows, columns = (
            (size[n] + 2 * self.pad[n] - self.dilate[n] * (self.kernel[n] - 1) - 1)
            // self.stride[n]
            + 1
            for n in (0, 1)
        )
        return rows, columns

    def places(self, axis: int, count: int, like: Tensor) -> Tensor:
        """Return the places on an axis: (count, taps along it)."""
        begins = torch.arange(count, dtype=like.dtype, device=like.device) * self.stride[axis]
        taps = torch.arange(self.kernel[axis], dtype=like.dtype, device=like.device)
        return (begins - self.pad[axis])[:, None] + taps * self.dilate[axis]


class _Deformable(Operator, registered=False):
    """What both deformable convolutions share."""

    floats_only = True
    speed_hints = ("workspace", "im2col_step")
    fixed_parameters: ClassVar[Mapping[str, tuple[str, ...]]] = {"layout": ("None", "NCHW")}

    data = Input("Images of shape (batch, channels, height, width).")
    offset = Input(
        "How far each tap is moved, (batch, groups · taps · 2, out height, out width): down, right."
    )
    kernel: tuple[int, ...] = param("Height and width of the filters.", min=1)
    stride: tuple[int, ...] = param("Steps of the filters; () for 1.", default=(), min=1)
    dilate: tuple[int, ...] = param("Distances of the taps; () for 1.", default=(), min=1)
    pad: tuple[int, ...] = param("Zeros around the images; () for none.", default=(), min=0)
    num_filter: int = param("Number of filters.", min=1)
    num_group: int = param("Groups of channels that are convolved apart.", default=1, min=1)
    num_deformable_group: int = param(
        "Groups of channels with offsets of their own.", default=1, min=1
    )
    no_bias: bool = param("Leave the bias out.", default=False)

    def check(self) -> None:
        """There are two axes, and groups divide the filters."""
        who = type(self).__name__
        if len(self.kernel) != 2:
            raise ParameterError(f"{who}: kernel must be a height and a width, got {self.kernel}")
        for name in ("stride", "dilate", "pad"):
            if len(getattr(self, name)) not in (0, 2):
                raise ParameterError(
                    f"{who}: {name} must be two numbers, got {getattr(self, name)}"
                )
        if self.num_filter % self.num_group:
            raise ParameterError(
                f"{who}: num_group ({self.num_group}) must divide num_filter ({self.num_filter})"
            )

    @property
    def taps(self) -> _Taps:
        """Where the filters read without offsets."""

        def pair(value: tuple[int, ...], default: int) -> Pair:
            return (value[0], value[1]) if value else (default, default)

        return _Taps(
            pair(self.kernel, 1), pair(self.stride, 1), pair(self.dilate, 1), pair(self.pad, 0)
        )

    def _shapes(self, data: Shape) -> dict[str, Shape]:
        """Return the shapes of everything but the data."""
        if len(data) != 4:
            raise ShapeError(f"data must be (batch, channels, height, width), got {data}")
        for name in ("num_group", "num_deformable_group"):
            if data[1] % getattr(self, name):
                raise ShapeError(
                    f"{name} ({getattr(self, name)}) must divide the {data[1]} channels of data"
                )
        rows, columns = self.taps.output(data[2:])
        if min(rows, columns) < 1:
            raise ShapeError(
                f"kernel {self.kernel} is larger than the padded image: height and width are "
                f"{data[2:]}, pad is {self.taps.pad}"
            )
        taps = self.num_deformable_group * prod(self.kernel)
        shapes = {
            "offset": (data[0], 2 * taps, rows, columns),
            "mask": (data[0], taps, rows, columns),
            "weight": (self.num_filter, data[1] // self.num_group, *self.kernel),
            "bias": (self.num_filter,),
            "output": (data[0], self.num_filter, rows, columns),
        }
        return {name: shape for name, shape in shapes.items() if name not in self._left_out}

    @property
    def _left_out(self) -> set[str]:
        return {"bias"} if self.no_bias else set()

    def multiply_adds(self, shapes: Shapes) -> int:
        """Every output value adds up the taps of its group's channels."""
        products: int = prod(shapes["output"]) * prod(shapes["weight"][1:])
        return products

    def _convolve(
        self,
        data: Tensor,
        offset: Tensor,
        mask: Tensor | None,
        weight: Tensor,
        bias: Tensor | None,
    ) -> Tensor:
        """Return the convolution of what the taps read."""
        batch, channels = data.shape[:2]
        rows, columns = offset.shape[2:]
        read = add_up(self._table(data), self._bags(data, offset, mask))
        groups, taps = self.num_deformable_group, prod(self.kernel)
        # Of shape (points, deformable groups, taps, channels of one).
        read = read.view(-1, groups, taps, channels // groups)
        points, filters = read.shape[0], weight.shape[0] // self.num_group
        if self.num_group == 1:
            apart = weight.reshape(filters, groups, channels // groups, taps).transpose(2, 3)
            result = read.reshape(points, -1) @ apart.reshape(filters, -1).t()
        else:
            images = read.transpose(2, 3).reshape(points, self.num_group, -1)
            parts = weight.reshape(self.num_group, filters, -1)
            result = torch.einsum("pgk,gfk->pgf", images, parts).reshape(points, -1)
        if bias is not None:
            result = result + bias
        return result.reshape(batch, rows, columns, -1).permute(0, 3, 1, 2).contiguous()

    def _table(self, data: Tensor) -> Tensor:
        """Return the pixels as rows: images, deformable groups, lines, columns; then channels."""
        groups = self.num_deformable_group
        batch, channels, height, width = data.shape
        return table_of(data.reshape(batch * groups, channels // groups, height, width))

    def _bags(self, data: Tensor, offset: Tensor, mask: Tensor | None) -> Bags:
        """Return what each tap reads: points, then deformable groups and taps."""
        batch, _, height, width = data.shape
        rows, columns = offset.shape[2:]
        groups, (tall, wide) = self.num_deformable_group, self.taps.kernel
        moved = offset.reshape(batch, groups, tall, wide, 2, rows, columns)
        moved = moved.permute(4, 0, 5, 6, 1, 2, 3)  # axis, image, row, column, group, tap's place
        y = moved[0] + self.taps.places(0, rows, offset)[:, None, None, :, None]
        x = moved[1] + self.taps.places(1, columns, offset)[:, None, None, :]
        beyond = mask is not None
        # Beside the image nothing is read; with a mask that begins a whole pixel away from it.
        least = -1 if beyond else 0
        there = (y > -1) & (x > -1) if beyond else (y >= 0) & (x >= 0)
        there = there & (y < height) & (x < width)
        y, x = y.clamp(least, height), x.clamp(least, width)
        (top, *by_line), (left, *by_column) = (
            corners(y, height, beyond=beyond),
            corners(x, width, beyond=beyond),
        )
        factor = there.to(offset.dtype)
        if mask is not None:
            apart = mask.reshape(batch, groups, tall, wide, rows, columns)
            factor = factor * apart.permute(0, 4, 5, 1, 2, 3)
        image = torch.arange(batch * groups, device=data.device).view(batch, 1, 1, groups, 1, 1)
        lines = [(image * height + (top + n).clamp(0, height - 1)) * width for n in (0, 1)]
        places = [(left + n).clamp(0, width - 1) for n in (0, 1)]
        four = [(n, m) for n in (0, 1) for m in (0, 1)]
        found = torch.stack([lines[n] + places[m] for n, m in four], -1)
        weights = torch.stack([factor * by_line[n] * by_column[m] for n, m in four], -1)
        starts = torch.arange(0, found.numel(), len(four), device=data.device)
        return Bags(found.reshape(-1), weights.reshape(-1), starts)


class _contrib_DeformableConvolution(_Deformable):
    """Convolve images with filters whose taps are moved by offsets, for each point of the result.

    A tap between pixels reads their weighted mean; beside the image it reads 0. Source: Apache
    MXNet 1.9.1.

    >>> import symnet as mx
    >>> net = mx.DeformableConvolution(
    ...     data=mx.Variable("data"), offset=mx.Variable("offset"),
    ...     kernel=(3, 3), pad=(1, 1), num_filter=8, name="conv",
    ... )
    >>> net.infer_shape(data=(2, 4, 10, 10))[0]
    [(2, 4, 10, 10), (2, 18, 10, 10), (8, 4, 3, 3), (8,)]
    """

    aliases = ("DeformableConvolution", "contrib_DeformableConvolution")
    hint = "deformableconvolution"

    weight = Input("Filters of shape (num_filter, channels of a group, height, width).")
    bias = Input("Added to each filter's result.", when=lambda op: not op.no_bias)

    @property
    def _left_out(self) -> set[str]:
        return {"mask", "bias"} if self.no_bias else {"mask"}

    def infer_shape(self, data: Shape) -> Shapes:
        """Offsets and filters follow from the parameters."""
        return self._shapes(data)

    def forward(
        self, data: Tensor, offset: Tensor, weight: Tensor, bias: Tensor | None = None
    ) -> Tensor:
        """Return the convolution."""
        return self._convolve(data, offset, None, weight, bias)


class _contrib_ModulatedDeformableConvolution(_Deformable):
    """Convolve as DeformableConvolution does, each tap times a mask.

    Between the outermost pixels and places a pixel away from them values fall to 0. Source: Apache
    MXNet 1.9.1; its gradients, which its CPU build lacks, are those of the function.

    >>> import symnet as mx
    >>> net = mx.ModulatedDeformableConvolution(
    ...     data=mx.Variable("data"), offset=mx.Variable("offset"), mask=mx.Variable("mask"),
    ...     kernel=(3, 3), pad=(1, 1), num_filter=8, no_bias=True, name="conv",
    ... )
    >>> net.infer_shape(data=(2, 4, 10, 10))[0]
    [(2, 4, 10, 10), (2, 18, 10, 10), (2, 9, 10, 10), (8, 4, 3, 3)]
    """

    aliases = ("ModulatedDeformableConvolution", "contrib_ModulatedDeformableConvolution")
    hint = "modulateddeformableconvolution"

    mask = Input("Factors of the taps, (batch, groups · taps, out height, out width).")
    weight = Input("Filters of shape (num_filter, channels of a group, height, width).")
    bias = Input("Added to each filter's result.", when=lambda op: not op.no_bias)

    def infer_shape(self, data: Shape) -> Shapes:
        """Offsets, masks and filters follow from the parameters."""
        return self._shapes(data)

    def forward(
        self,
        data: Tensor,
        offset: Tensor,
        mask: Tensor,
        weight: Tensor,
        bias: Tensor | None = None,
    ) -> Tensor:
        """Return the convolution."""
        return self._convolve(data, offset, mask, weight, bias)
