"""Padding."""

from typing import Literal

import torch
from torch import Tensor

from ...core.errors import ParameterError, ShapeError
from ..contract import Input, Operator, Shape, Shapes, param

__all__ = ["Pad"]

aten = torch.ops.aten


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
            if length + sum(min(width, 0) for width in widths) < 1:
                raise ShapeError(f"nothing is left of axis {axis} of data of shape {data}")
        return {"output": tuple(sum(w, length) for w, length in zip(pairs, data, strict=True))}

    def forward(self, data: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the images with their borders."""
        shape = self.infer_shape(tuple(data.shape))["output"]
        result = data.new_empty(shape) if out is None else out
        if self.mode == "constant":
            result.fill_(self.constant_value)
            inside, outside = self._overlap(data, result)
            inside.copy_(outside)
            return result
        getattr(aten, self._kernel()).out(data, self._widths(), out=result)
        return result

    def data_gradient(self, grad: Tensor, data_shape: Shape, out: Tensor | None = None) -> Tensor:
        """Return grad without the border; what it was made of gets its part."""
        result = grad.new_zeros(data_shape) if out is None else out.zero_()
        if self.mode == "constant":
            inside, kept = self._overlap(result, grad)
            kept.copy_(inside)
            return result
        # Of the data the kernel asks for the shape alone, which the result has.
        kernel = getattr(aten, f"{self._kernel()}_backward")
        kernel.grad_input(grad, result, self._widths(), grad_input=result)
        return result

    def _overlap(self, data: Tensor, padded: Tensor) -> tuple[Tensor, Tensor]:
        """Return what both arrays show of the images: in the padded one, and in the data."""
        for axis, (before, after) in enumerate(self._pairs(tuple(data.shape))):
            length = data.shape[axis] + min(before, 0) + min(after, 0)
            data = data.narrow(axis, max(-before, 0), length)
            padded = padded.narrow(axis, max(before, 0), length)
        return padded, data

    def _kernel(self) -> str:
        """Return torch's name for the border."""
        kind = {"edge": "replication", "reflect": "reflection"}[self.mode]
        return f"{kind}_pad{len(self.pad_width) // 2 - 2}d"

    def _widths(self) -> list[int]:
        """Return two widths for each axis, the last axis first, as torch wants them."""
        axes = range(len(self.pad_width) - 2, 2, -2)
        return [width for place in axes for width in self.pad_width[place : place + 2]]
