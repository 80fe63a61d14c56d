"""Borders around images."""

from collections.abc import Iterator
from typing import Literal

import torch
from torch import Tensor

from ...core.errors import ParameterError, ShapeError
from ..contract import Input, Operator, Shape, Shapes, param

__all__ = ["Pad"]


class Pad(Operator):
    """Put a border around images, of a constant, of their outermost values, or mirrored.

    A width below 0 cuts off. Source: Apache MXNet 1.9.1, ``Pad``.

    >>> import symnet as mx
    >>> image = mx.array([[[[1, 2, 3]]]])
    >>> mx.Pad(image, mode="reflect", pad_width=(0, 0, 0, 0, 0, 0, 2, 1)).asnumpy().ravel()
    array([3., 2., 1., 2., 3., 2.], dtype=float32)
    """

    aliases = ("pad",)
    floats_only = True

    data = Input("Images of shape (batch, channels, height, width), or with a depth before these.")
    mode: Literal["constant", "edge", "reflect"] = param("What the border is made of.")
    pad_width: tuple[int, ...] = param(
        "Width of the border before and after, axis by axis; 0 for batch and channels."
    )
    constant_value: float = param("The constant.", default=0.0, nan=True)

    def check(self) -> None:
        """There are two widths for each axis."""
        if len(self.pad_width) not in (8, 10) or any(self.pad_width[:4]):
            raise ParameterError(
                "Pad: pad_width must be 0, 0, 0, 0 and then two widths for each of 2 or 3 axes, "
                f"got {self.pad_width}"
            )

    def _pairs(self, data: Shape) -> list[tuple[int, int]]:
        if len(self.pad_width) != 2 * len(data):
            raise ShapeError(f"pad_width={self.pad_width} does not fit data of shape {data}")
        return list(zip(self.pad_width[::2], self.pad_width[1::2], strict=True))

    def infer_shape(self, data: Shape) -> Shapes:
        """Borders are added to the lengths."""
        pairs = self._pairs(data)
        for axis, (widths, length) in enumerate(zip(pairs, data, strict=True)):
            if self.mode == "reflect" and max(widths) >= length:
                raise ShapeError(
                    f"a mirrored border of {max(widths)} needs more than the {length} along axis "
                    f"{axis} of data of shape {data}"
                )
        output = tuple(sum(widths, length) for widths, length in zip(pairs, data, strict=True))
        if min(output) < 1:
            raise ShapeError(f"nothing is left of data of shape {data}")
        return {"output": output}

    def forward(self, data: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the images with their borders."""
        shape = self.infer_shape(tuple(data.shape))["output"]
        result = data.new_empty(shape) if out is None else out
        if self.mode == "constant":
            result.fill_(self.constant_value)
            inside, outside = self._overlap(data, result)
            inside.copy_(outside)
            return result
        for axis, places in self._lines(data):
            data = torch.index_select(data, axis, places)
        return result.copy_(data)

    def data_gradient(self, grad: Tensor, data_shape: Shape, out: Tensor | None = None) -> Tensor:
        """Return grad without the border; what it was made of gets its part."""
        result = grad.new_zeros(data_shape) if out is None else out.zero_()
        if self.mode == "constant":
            inside, kept = self._overlap(result, grad)
            kept.copy_(inside)
            return result
        for axis, places in self._lines(result):
            shape = list(grad.shape)
            shape[axis] = data_shape[axis]
            grad = grad.new_zeros(shape).index_add_(axis, places, grad)
        return result.copy_(grad)

    def _overlap(self, data: Tensor, padded: Tensor) -> tuple[Tensor, Tensor]:
        """Return what both arrays show of the images: in the padded one, and in the data."""
        for axis, (before, after) in enumerate(self._pairs(tuple(data.shape))):
            length = data.shape[axis] + min(before, 0) + min(after, 0)
            data = data.narrow(axis, max(-before, 0), length)
            padded = padded.narrow(axis, max(before, 0), length)
        return padded, data

    def _lines(self, data: Tensor) -> Iterator[tuple[int, Tensor]]:
        """Yield for each axis with a border from where its lines come."""
        for axis, (before, after) in enumerate(self._pairs(tuple(data.shape))):
            if before or after:
                length = data.shape[axis]
                line = torch.arange(-before, length + after, device=data.device)
                if self.mode == "edge":
                    yield axis, line.clamp_(0, length - 1)
                else:
                    yield axis, (length - 1 - (length - 1 - line.abs()).abs())
