"""Image transforms."""

from collections.abc import Iterator
from math import prod
from typing import Any, ClassVar

import torch
from torch import Tensor

from ...core.errors import ParameterError, ShapeError
from .._tables import kept
from ..contract import Input, Operator, Shape, Shapes, param

__all__ = [
    "_image_crop",
    "_image_flip_left_right",
    "_image_flip_top_bottom",
    "_image_normalize",
    "_image_random_flip_left_right",
    "_image_random_flip_top_bottom",
    "_image_to_tensor",
]


def _check_image(data: Shape, *, batches: bool = True) -> None:
    """Raise ShapeError for what is not (height, width, channels), or a batch of that."""
    if len(data) not in ((3, 4) if batches else (3,)) or data[-1] not in (1, 3):
        batch = " or (batch, height, width, channels)" if batches else ""
        raise ShapeError(f"data must be (height, width, channels){batch}, 1 or 3, got {data}")


class _image_crop(Operator):
    """Cut a window out of images, whose channels are last.

    Source: Apache MXNet 1.9.1, ``image.crop``.

    >>> import symnet as mx
    >>> mx._image_crop(mx.ones((4, 5, 3)), x=1, y=0, width=2, height=3).shape
    (3, 2, 3)
    """

    aliases = ("_npx__image_crop",)

    data = Input("Images of shape (height, width, channels), or a batch of them.")
    x: int = param("The window's first column.", min=0)
    y: int = param("The window's first row.", min=0)
    width: int = param("How many columns it has.", min=1)
    height: int = param("How many rows it has.", min=1)

    def infer_shape(self, data: Shape) -> Shapes:
        """The window must lie within the image."""
        _check_image(data)
        if self.y + self.height > data[-3] or self.x + self.width > data[-2]:
            raise ShapeError(f"the window ends outside of the images, which are {data}")
        return {"output": (*data[:-3], self.height, self.width, data[-1])}

    def _window(self, data: Tensor) -> Tensor:
        return data.narrow(-3, self.y, self.height).narrow(-2, self.x, self.width)

    def forward(self, data: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the window."""
        part = self._window(data)
        return part.clone() if out is None else out.copy_(part)

    def data_gradient(self, grad: Tensor, data_shape: Shape, out: Tensor | None = None) -> Tensor:
        """Return grad within the window, 0 around it."""
        result = grad.new_zeros(data_shape) if out is None else out.zero_()
        self._window(result).copy_(grad)
        return result


class _OfOneImage(Operator, registered=False):
    """What all flips share."""

    across: ClassVar[int]

    data = Input("An image of shape (height, width, channels).")

    def infer_shape(self, data: Shape) -> Shapes:
        """The output has the data's shape."""
        _check_image(data, batches=False)
        return {"output": data}


class _Flip(_OfOneImage, registered=False):
    """What both directions of flips share."""

    def forward(self, data: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the image, flipped."""
        return _flipped(data, self.across, out)

    def data_gradient(self, grad: Tensor, out: Tensor | None = None) -> Tensor:
        """Flip back."""
        return _flipped(grad, self.across, out)


def _flipped(image: Tensor, axis: int, out: Tensor | None) -> Tensor:
    """Return an image, or write it, with the order along an axis turned around."""
    if out is None:
        return image.flip(axis)
    if axis == 0:
        return torch.index_select(image, 0, _backwards(image.shape[0], image.device), out=out)
    # Torch's flip takes no `out`: of few pixels the numbers are picked sooner, one by one.
    if image.shape[0] * image.shape[1] > _FEW:
        return out.copy_(image.flip(axis))
    places = _mirrored(tuple(image.shape), image.device)
    torch.index_select(image.reshape(-1), 0, places, out=out.view(-1))
    return out


_FEW = 2048
"""Up to how many pixels it is sooner to pick their numbers than to copy a flipped image."""


@kept(64)
def _backwards(length: int, device: torch.device) -> Tensor:
    return torch.arange(length - 1, -1, -1, device=device)


@kept(64)
def _mirrored(shape: Shape, device: torch.device) -> Tensor:
    """Return where the numbers of a mirrored image stood in it, as a vector."""
    return torch.arange(prod(shape), device=device).view(shape).flip(1).flatten()


class _image_flip_left_right(_Flip):
    """Mirror an image: its first column becomes the last.

    Source: Apache MXNet 1.9.1, ``image.flip_left_right``, which loses the middle column of an image
    of odd width.

    >>> import symnet as mx
    >>> mx._image_flip_left_right(mx.array([[[1], [2]]])).asnumpy().ravel()
    array([2., 1.], dtype=float32)
    """

    aliases = ("_npx__image_flip_left_right",)

    across = 1


class _image_flip_top_bottom(_Flip):
    """Turn an image upside down: its first row becomes the last.

    Source: Apache MXNet 1.9.1, ``image.flip_top_bottom``.

    >>> import symnet as mx
    >>> mx._image_flip_top_bottom(mx.array([[[1]], [[2]]])).asnumpy().ravel()
    array([2., 1.], dtype=float32)
    """

    aliases = ("_npx__image_flip_top_bottom",)

    across = 0


class _RandomFlip(_OfOneImage, registered=False):
    """What both directions of random flips share."""

    pure = False

    def saved(self) -> dict[str, Any]:
        """The gradient needs to know whether the image was flipped."""
        return {"flipped": torch.bool}

    def infer_shape(self, data: Shape) -> Shapes:
        """One draw decides for the whole image."""
        return {**super().infer_shape(data), "flipped": (1,)}

    def forward(self, data: Tensor) -> Tensor:
        """Return the image, flipped or not."""
        return self.forward_saving(data)[0]

    def forward_saving(self, data: Tensor) -> tuple[Tensor, Tensor]:
        """Return the image, and whether it was flipped."""
        flipped = torch.rand(1, device=data.device) < 0.5
        return torch.where(flipped, data.flip(self.across), data), flipped

    def data_gradient(self, grad: Tensor, flipped: Tensor) -> Tensor:
        """Flip back what was flipped."""
        return torch.where(flipped, grad.flip(self.across), grad)


class _image_random_flip_left_right(_RandomFlip):
    """Mirror an image, or leave it: both are as likely.

    Source: Apache MXNet 1.9.1, ``image.random_flip_left_right``.

    >>> import symnet as mx
    >>> sorted(mx._image_random_flip_left_right(mx.array([[[1], [2]]])).asnumpy().ravel().tolist())
    [1.0, 2.0]
    """

    aliases = ("_npx__image_random_flip_left_right",)

    across = 1


class _image_random_flip_top_bottom(_RandomFlip):
    """Turn an image upside down, or leave it: both are as likely.

    Source: Apache MXNet 1.9.1, ``image.random_flip_top_bottom``.

    >>> import symnet as mx
    >>> image = mx._image_random_flip_top_bottom(mx.array([[[1]], [[2]]]))
    >>> sorted(image.asnumpy().ravel().tolist())
    [1.0, 2.0]
    """

    aliases = ("_npx__image_random_flip_top_bottom",)

    across = 0


class _image_to_tensor(Operator):
    """Divide images by 255, as float32, and put their channels first.

    Source: Apache MXNet 1.9.1, ``image.to_tensor``, whose gradient is not divided.

    >>> import symnet as mx
    >>> mx._image_to_tensor(mx.array([[[0], [255]]], dtype="uint8")).asnumpy()
    array([[[0., 1.]]], dtype=float32)
    """

    aliases = ("_npx__image_to_tensor",)

    data = Input("Images of shape (height, width, channels), or a batch of them.", any_dtype=True)

    def infer_shape(self, data: Shape) -> Shapes:
        """The channels become the first axis of each image."""
        _check_image(data)
        return {"output": (*data[:-3], data[-1], *data[-3:-1])}

    def infer_dtype(self, shared: torch.dtype) -> torch.dtype:
        """Whatever images hold, networks take float32."""
        return torch.float32

    def forward(self, data: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the images."""
        images = data.movedim(-1, -3)
        if out is None:
            out = torch.empty(images.shape, dtype=torch.float32, device=data.device)
        if data.is_floating_point() and data.dtype != torch.float64:
            return torch.div(images, 255, out=out)
        return out.copy_(images).div_(255)

    def data_gradient(
        self, grad: Tensor, data_dtype: torch.dtype, out: Tensor | None = None
    ) -> Tensor:
        """Return grad / 255, channels last."""
        images = grad.movedim(-3, -1)
        if out is None:
            out = torch.empty(images.shape, dtype=data_dtype, device=grad.device)
        return (
            torch.div(images, 255, out=out) if out.is_floating_point() else out.copy_(images / 255)
        )


class _image_normalize(Operator):
    """Take a mean from images, and divide them by a deviation, channel by channel.

    Source: Apache MXNet 1.9.1, ``image.normalize``.

    >>> import symnet as mx
    >>> mx._image_normalize(mx.ones((3, 1, 1)), mean=(0, 1, 2), std=(2,)).asnumpy().ravel()
    array([ 0.5,  0. , -0.5], dtype=float32)
    """

    aliases = ("_npx__image_normalize",)

    floats_only = True

    data = Input("Images of shape (channels, height, width), or a batch of them.")
    mean: tuple[float, ...] = param(
        "A number for each channel, or one for all; it must be given where there are no four.",
        default=(0.0, 0.0, 0.0, 0.0),
    )
    std: tuple[float, ...] = param("Likewise, what to divide by.", default=(1.0, 1.0, 1.0, 1.0))

    def check(self) -> None:
        """Nothing is divided by 0."""
        if 0 in self.std:
            raise ParameterError(f"_image_normalize: std must not be 0, got {self.std}")

    def infer_shape(self, data: Shape) -> Shapes:
        """The output has the data's shape."""
        if len(data) not in (3, 4) or data[-3] not in (1, 3):
            raise ShapeError(
                "data must be (channels, height, width) or (batch, channels, height, width), with "
                f"1 or 3 channels, got {data}"
            )
        for name, numbers in (("mean", self.mean), ("std", self.std)):
            if len(numbers) not in (1, data[-3]):
                raise ShapeError(
                    f"{name} must have one number, or one for each of the {data[-3]} channels, "
                    f"got {numbers}"
                )
        return {"output": data}

    def _planes(self, tensor: Tensor) -> Iterator[tuple[Tensor, float, float]]:
        """Yield each channel with its mean and its deviation."""
        channels = tensor.shape[-3]
        means, deviations = (
            numbers * (channels // len(numbers)) for numbers in (self.mean, self.std)
        )
        yield from zip(tensor.unbind(-3), means, deviations, strict=True)

    def forward(self, data: Tensor, out: Tensor | None = None) -> Tensor:
        """Return (data − mean) / std."""
        out = torch.empty_like(data) if out is None else out
        for (plane, mean, deviation), target in zip(
            self._planes(data), out.unbind(-3), strict=True
        ):
            torch.sub(plane, mean, out=target).div_(deviation)
        return out

    def data_gradient(self, grad: Tensor, out: Tensor | None = None) -> Tensor:
        """Return grad / std."""
        out = torch.empty_like(grad) if out is None else out
        for (plane, _, deviation), target in zip(self._planes(grad), out.unbind(-3), strict=True):
            torch.div(plane, deviation, out=target)
        return out
