"""Resizing images."""

from typing import Literal

import torch
from torch import Tensor

from ...core.errors import ParameterError, ShapeError
from ..contract import Input, Operator, Shape, Shapes, param

__all__ = ["_contrib_AdaptiveAvgPooling2D", "_contrib_BilinearResize2D"]

aten = torch.ops.aten


def _check_images(data: Shape) -> None:
    if len(data) != 4:
        raise ShapeError(f"data must be (batch, channels, height, width), got {data}")


class _contrib_AdaptiveAvgPooling2D(Operator):
    """Divide images into equal parts, and give the mean of each.

    Parts that are no whole number of pixels are rounded outwards, and then overlap. Source: Apache
    MXNet 1.9.1.

    >>> import symnet as mx
    >>> mx.AdaptiveAvgPooling2D(
    ...     data=mx.array([[[[1, 2, 3], [4, 5, 6]]]]), output_size=(1, 2)
    ... )
    NDArray([[[[3., 4.]]]], float32, CPU0)
    """

    aliases = ("AdaptiveAvgPooling2D", "contrib_AdaptiveAvgPooling2D")
    hint = "adaptiveavgpooling2d"
    floats_only = True

    data = Input("Images of shape (batch, channels, height, width).")
    output_size: tuple[int, ...] = param(
        "Height and width of the output, or one number for both; () for 1.", default=(), min=1
    )

    def check(self) -> None:
        """There are at most two sizes."""
        if len(self.output_size) > 2:
            raise ParameterError(
                "_contrib_AdaptiveAvgPooling2D: output_size must be a height and a width, or one "
                f"number for both, got {self.output_size}"
            )

    @property
    def _size(self) -> tuple[int, int]:
        size = self.output_size or (1,)
        return size[0], size[-1]

    def infer_shape(self, data: Shape) -> Shapes:
        """The output has the size asked for."""
        _check_images(data)
        return {"output": (*data[:2], *self._size)}

    def forward(self, data: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the means."""
        if out is None:
            found: Tensor = aten._adaptive_avg_pool2d(data, self._size)
            return found
        aten._adaptive_avg_pool2d.out(data, self._size, out=out)
        return out

    def data_gradient(self, grad: Tensor, data: Tensor) -> Tensor:
        """Return grad, spread evenly over the parts."""
        found: Tensor = aten._adaptive_avg_pool2d_backward(grad.contiguous(), data)
        return found


_Mode = Literal[
    "size", "like", "odd_scale", "to_even_down", "to_even_up", "to_odd_down", "to_odd_up"
]

_STEPS = {
    "to_even_down": (0, -1),
    "to_even_up": (0, 1),
    "to_odd_down": (1, -1),
    "to_odd_up": (1, 1),
}
"""What a length must leave when halved to stay, and what is added where it does not."""


class _contrib_BilinearResize2D(Operator):
    """Resize images, and read them between the pixels.

    Source: Apache MXNet 1.9.1.

    >>> import symnet as mx
    >>> mx.BilinearResize2D(data=mx.array([[[[1, 3]]]]), height=1, width=3)
    NDArray([[[[1., 2., 3.]]]], float32, CPU0)
    >>> net = mx.BilinearResize2D(data=mx.Variable("data"), mode="to_even_up")
    >>> net.infer_shape(data=(1, 3, 7, 8))[1]
    [(1, 3, 8, 8)]
    """

    aliases = ("BilinearResize2D", "contrib_BilinearResize2D")
    hint = "bilinearresize2d"
    floats_only = True

    data = Input("Images of shape (batch, channels, height, width).")
    like = Input(
        "An array (…, height, width) of the size wanted.",
        when=lambda op: op.mode == "like",
        takes_gradient=False,
    )
    height: int = param("Height of the output, in mode size.", default=1, min=1)
    width: int = param("Width of the output, in mode size.", default=1, min=1)
    scale_height: float | None = param(
        "What to multiply the height with instead, in modes size and odd_scale.", default=None
    )
    scale_width: float | None = param(
        "What to multiply the width with; goes with scale_height.", default=None
    )
    mode: _Mode = param(
        "size: as the parameters say; like: as the second input; odd_scale: times the scales, "
        "counting from 1 where the length is odd; the others: to the next even or odd length below "
        "or above, where it is not one.",
        default="size",
    )
    align_corners: bool = param(
        "Let the outermost pixels' middles stay where they are, instead of the image's borders.",
        default=True,
    )

    def check(self) -> None:
        """Scales come together, and odd_scale needs them."""
        scales = (self.scale_height, self.scale_width)
        needed = self.mode == "odd_scale" or (self.mode == "size" and self.scale_height is not None)
        if needed and None in scales:
            raise ParameterError(
                "_contrib_BilinearResize2D: scale_height and scale_width must both be given in "
                f"mode {self.mode!r}, got {scales}"
            )

    def infer_shape(self, data: Shape, like: Shape | None = None) -> Shapes:
        """The size follows from the mode."""
        _check_images(data)
        if like is not None and len(like) != 4:
            raise ShapeError(f"like must be (batch, channels, height, width), got {like}")
        size = self._size(data[2:], like)
        if min(size) < 1:
            raise ShapeError(f"the output would have height and width {size}; data is {data}")
        return {"output": (*data[:2], *size)}

    def _size(self, old: Shape, like: Shape | None) -> tuple[int, int]:
        if like is not None:
            return like[2], like[3]
        if self.mode in _STEPS:
            rest, step = _STEPS[self.mode]
            rows, columns = (n if n % 2 == rest else n + step for n in old)
            return rows, columns
        if self.scale_height is None or self.scale_width is None:
            return self.height, self.width
        odd = [n % 2 if self.mode == "odd_scale" else 0 for n in old]
        return (
            _scaled(old[0] - odd[0], self.scale_height) + odd[0],
            _scaled(old[1] - odd[1], self.scale_width) + odd[1],
        )

    def forward(self, data: Tensor, like: Tensor | None = None) -> Tensor:
        """Return the resized images."""
        size = self._size(tuple(data.shape[2:]), None if like is None else tuple(like.shape))
        found: Tensor = aten.upsample_bilinear2d(_read(data, size), size, self.align_corners)
        return found

    def data_gradient(self, grad: Tensor, data_shape: Shape) -> Tensor:
        """Return grad, given back to the pixels that were read."""
        size = (grad.shape[2], grad.shape[3])
        read = grad.new_empty(data_shape, device="meta")
        shape = tuple(_read(read, size).shape)
        found: Tensor = aten.upsample_bilinear2d_backward(
            grad.contiguous(), size, shape, self.align_corners
        )
        if shape == tuple(data_shape):
            return found
        result = grad.new_zeros(data_shape)
        _read(result, size).copy_(found)
        return result


def _read(data: Tensor, size: tuple[int, int]) -> Tensor:
    """Return the part of images that is read: of an axis that becomes 1 long the first pixel."""
    rows = 1 if size[0] == 1 else data.shape[2]
    columns = 1 if size[1] == 1 else data.shape[3]
    return data[:, :, :rows, :columns]


def _scaled(length: int, scale: float) -> int:
    """Return a length times a scale as 1.9.1 rounds it: in single precision, then down."""
    return int(torch.tensor(scale, dtype=torch.float32) * length)
