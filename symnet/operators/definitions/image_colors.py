"""Colour augmentation."""

from collections.abc import Callable, Mapping
from math import isfinite
from typing import ClassVar

import torch
from torch import Tensor

from ...core.errors import ParameterError, ShapeError
from ..contract import Input, Operator, Shape, Shapes, param

__all__ = [
    "_image_adjust_lighting",
    "_image_random_brightness",
    "_image_random_color_jitter",
    "_image_random_contrast",
    "_image_random_hue",
    "_image_random_lighting",
    "_image_random_saturation",
]

_GRAY = (0.299, 0.587, 0.114)
"""How much red, green and blue make of the gray that looks as bright."""

_LIGHT = (
    (55.46 * -0.5675, 4.794 * 0.7192, 1.148 * 0.4009),
    (55.46 * -0.5808, 4.794 * -0.0045, 1.148 * -0.8140),
    (55.46 * -0.5836, 4.794 * -0.6948, 1.148 * 0.4203),
)
"""Krizhevsky, Sutskever, Hinton 2012: the principal components of the colours of ImageNet, each
times its deviation: rows are red, green and blue."""

_SECTORS = ((0, 3, 1), (2, 0, 1), (1, 0, 3), (1, 2, 0), (3, 1, 0), (0, 1, 2))
"""For each sixth of the circle of hues, from red on, what red, green and blue are there: 0 the
greatest, 1 the least, 2 falling from the greatest, 3 rising to it."""


def _by_numbers(data: Tensor, change: Callable[[Tensor], Tensor]) -> Tensor:
    """Return pixels changed as floats, in their own type: of bytes 0 to 255, fractions cut off."""
    changed = change(data.to(_working_type(data.dtype)))
    if data.dtype == torch.uint8:
        changed = changed.clamp(0, 255)
    return changed.to(data.dtype)


def _brightened(image: Tensor, factor: Tensor) -> Tensor:
    return image * factor


def _gray(image: Tensor) -> Tensor:
    """Return an image's brightness, with one channel."""
    if image.shape[2] == 1:
        return image
    red, green, blue = (image[:, :, c : c + 1] * share for c, share in enumerate(_GRAY))
    return red + green + blue


def _contrasted(image: Tensor, factor: Tensor) -> Tensor:
    return image * factor + (1 - factor) * _gray(image).mean()


def _saturated(image: Tensor, factor: Tensor) -> Tensor:
    if image.shape[2] == 1:
        return image.clone()
    # For gray 1.9.1 takes blue's share alone, having forgotten to add up red's and green's.
    return image[:, :, 2:] * _GRAY[2] * (1 - factor) + image * factor


def _turned(image: Tensor, turn: Tensor) -> Tensor:
    """Return an image with its hues turned by so much of the circle; lightness stays."""
    if image.shape[2] == 1:
        return image.clone()
    rgb = image / 255
    most, least = rgb.amax(2, keepdim=True), rgb.amin(2, keepdim=True)
    spread = most - least
    colored = spread > torch.finfo(torch.float32).eps
    place = (_hue(rgb, most, torch.where(colored, spread, 1)) + 6 * turn).remainder(6)
    sector = place.detach().floor().clamp(0, 5)
    rest = place - sector
    levels = torch.cat([most, least, most - spread * rest, least + spread * rest], 2)
    wanted = torch.tensor(_SECTORS, device=image.device)[sector.long().squeeze(2)]
    return torch.where(colored, levels.gather(2, wanted), most / 2 + least / 2) * 255


def _hue(rgb: Tensor, most: Tensor, spread: Tensor) -> Tensor:
    """Return places on the circle of hues, which is 6 long and begins at red."""
    red, green, blue = (rgb[:, :, c : c + 1] for c in range(3))
    of_green, of_blue = (blue - red) / spread + 2, (red - green) / spread + 4
    others = torch.where(most == green, of_green, of_blue)
    return torch.where(most == red, (green - blue) / spread, others)


def _lit(image: Tensor, amounts: Tensor) -> Tensor:
    """Return an image with so much of each principal component added."""
    light = torch.tensor(_LIGHT, dtype=image.dtype, device=image.device)
    return image + (light * amounts).sum(1)


def _check_finite(operator: Operator, *names: str) -> None:
    """Raise ParameterError unless the numbers of the named parameters are finite."""
    for name in names:
        value = getattr(operator, name)
        if not all(map(isfinite, value if isinstance(value, tuple) else (value,))):
            raise ParameterError(f"{type(operator).__name__}: {name} must be finite, got {value}")


def _working_type(dtype: torch.dtype) -> torch.dtype:
    """Return the type in which pixels of a type are worked on."""
    return torch.float64 if dtype == torch.float64 else torch.float32


class _Picture(Operator, registered=False):
    """What changes one image, of one channel or three, and keeps its shape."""

    channels: ClassVar[tuple[int, ...]] = (1, 3)

    data = Input("An image of shape (height, width, channels): 3, or often 1 as well.")

    def infer_shape(self, data: Shape | None = None, output: Shape | None = None) -> Shapes:
        """The output has the data's shape."""
        known = data if data is not None else output
        if known is not None and (len(known) != 3 or known[2] not in self.channels):
            counts = " or ".join(map(str, self.channels))
            raise ShapeError(f"data must be one image, (height, width, {counts}), got {known}")
        return {"data": known, "output": known}


class _Drawn(_Picture, registered=False):
    """What changes an image in a way that is drawn each time.

    What was drawn is kept for the gradient, which is that of the change that was made.
    """

    pure = False

    def saved(self) -> Mapping[str, torch.dtype | None]:
        """The gradient needs what was drawn."""
        return {"drawn": torch.float64}

    def infer_shape(self, data: Shape | None = None, output: Shape | None = None) -> Shapes:
        """The output has the data's shape."""
        return {**super().infer_shape(data, output), "drawn": tuple(self._draw("meta").shape)}

    def _draw(self, device: torch.device | str) -> Tensor:
        """Return numbers, of float64, that say how the image is changed."""
        raise NotImplementedError

    def _changed(self, data: Tensor, drawn: Tensor) -> Tensor:
        """Return the image, changed."""
        raise NotImplementedError

    def forward(self, data: Tensor) -> Tensor:
        """Return the changed image."""
        return self._changed(data, self._draw(data.device))

    def forward_saving(self, data: Tensor) -> tuple[Tensor, Tensor]:
        """Return the changed image, and what was drawn."""
        drawn = self._draw(data.device)
        return self._changed(data, drawn), drawn

    def data_gradient(self, grad: Tensor, data: Tensor, drawn: Tensor) -> Tensor:
        """Return the gradient of the change that was made."""
        back = torch.func.vjp(lambda image: self._changed(image, drawn), data)[1]
        found: Tensor = back(grad)[0]
        return found.clone()  # of what is left as it is, the gradient is grad itself


# -- by numbers that are given ---------------------------------------------------------------------


class _image_adjust_lighting(_Picture):
    """Add light to an image: so much of each principal component of the colours of ImageNet.

    Source: Apache MXNet 1.9.1, ``image.adjust_lighting``.

    >>> import symnet as mx
    >>> image = mx.full((1, 1, 3), 100)
    >>> mx._image_adjust_lighting(image, alpha=(0.1, 0.0, 0.0)).asnumpy().round(2)
    array([[[96.85, 96.78, 96.76]]], dtype=float32)
    """

    aliases = ("_npx__image_adjust_lighting",)
    channels = (3,)

    alpha: tuple[float, ...] = param("How much of each of the three components.")

    def check(self) -> None:
        """There are three components."""
        _check_finite(self, "alpha")
        if len(self.alpha) != 3:
            raise ParameterError(
                f"_image_adjust_lighting: alpha must have three numbers, got {self.alpha}"
            )

    def forward(self, data: Tensor) -> Tensor:
        """Return the lit image."""
        amounts = torch.tensor(self.alpha, dtype=_working_type(data.dtype), device=data.device)
        return _by_numbers(data, lambda image: _lit(image, amounts))


# -- by numbers that are drawn ---------------------------------------------------------------------


class _RandomFactor(_Drawn, registered=False):
    """What changes an image by one number, drawn evenly between two."""

    min_factor: float = param("One bound of the number.", min=0)
    max_factor: float = param("The other bound.", min=0)

    def check(self) -> None:
        """Numbers are finite."""
        _check_finite(self, "min_factor", "max_factor")

    def _draw(self, device: torch.device | str) -> Tensor:
        drawn = torch.rand(1, dtype=torch.float64, device=device)
        return drawn * (self.max_factor - self.min_factor) + self.min_factor

    def _change(self, image: Tensor, factor: Tensor) -> Tensor:
        raise NotImplementedError

    def _changed(self, data: Tensor, drawn: Tensor) -> Tensor:
        factor = drawn.to(_working_type(data.dtype))
        return _by_numbers(data, lambda image: self._change(image, factor))


class _image_random_brightness(_RandomFactor):
    """Multiply an image with a number drawn between min_factor and max_factor.

    Source: Apache MXNet 1.9.1, ``image.random_brightness``.

    >>> import symnet as mx
    >>> image = mx.array([[[10, 20, 200]]], dtype="uint8")
    >>> mx._image_random_brightness(image, min_factor=1.5, max_factor=1.5)
    NDArray([[[ 15,  30, 255]]], uint8, CPU0)
    """

    aliases = ("_npx__image_random_brightness",)

    def _change(self, image: Tensor, factor: Tensor) -> Tensor:
        return _brightened(image, factor)


class _image_random_contrast(_RandomFactor):
    """Multiply how far an image is from its mean gray with a number drawn between two.

    Source: Apache MXNet 1.9.1, ``image.random_contrast``.

    >>> import symnet as mx
    >>> image = mx.array([[[10], [30]]])
    >>> mx._image_random_contrast(image, min_factor=0.5, max_factor=0.5).asnumpy().ravel()
    array([15., 25.], dtype=float32)
    """

    aliases = ("_npx__image_random_contrast",)

    def _change(self, image: Tensor, factor: Tensor) -> Tensor:
        return _contrasted(image, factor)


class _image_random_saturation(_RandomFactor):
    """Multiply how far colours are from a gray with a number drawn between two.

    As in Apache MXNet 1.9.1 the gray is 0.114 · blue, not the colour's own brightness, which would
    have 0.299 · red + 0.587 · green added. An image of one channel stays as it is. Source: Apache
    MXNet 1.9.1, ``image.random_saturation``.

    >>> import symnet as mx
    >>> image = mx.array([[[50, 20, 100]]])
    >>> mx._image_random_saturation(image, min_factor=0.0, max_factor=0.0).asnumpy().ravel()
    array([11.4, 11.4, 11.4], dtype=float32)
    """

    aliases = ("_npx__image_random_saturation",)

    def _change(self, image: Tensor, factor: Tensor) -> Tensor:
        return _saturated(image, factor)


class _image_random_hue(_RandomFactor):
    """Turn the hues of an image by a part of their circle, drawn between two.

    Of 0 and of 1 an image stays as it is, and so does one of one channel, whose output Apache MXNet
    1.9.1 leaves unwritten. Bytes may differ by 1 from those of 1.9.1, which cuts fractions off
    after arithmetic in another order. Source: Apache MXNet 1.9.1, ``image.random_hue``.

    >>> import symnet as mx
    >>> image = mx.array([[[255, 0, 0]]])
    >>> mx._image_random_hue(image, min_factor=0.5, max_factor=0.5).asnumpy().ravel()
    array([  0., 255., 255.], dtype=float32)
    """

    aliases = ("_npx__image_random_hue",)

    def _change(self, image: Tensor, factor: Tensor) -> Tensor:
        return _turned(image, factor)


class _image_random_color_jitter(_Drawn):
    """Change brightness, contrast, saturation and hue by numbers that are drawn, in any order.

    The first three are changed by factors between 1 − x and 1 + x, where x is the parameter; hues
    are turned by between −hue and hue of their circle. What is 0 is not changed; where all four are
    0, Apache MXNet 1.9.1 leaves the output unwritten. Source: Apache MXNet 1.9.1,
    ``image.random_color_jitter``.

    >>> import symnet as mx
    >>> image = mx._image_random_color_jitter(
    ...     mx.full((1, 1, 3), 100), brightness=0.1, contrast=0.0, saturation=0.0, hue=0.0
    ... )
    >>> bool(abs(image.asnumpy() - 100).max() <= 10.001)
    True
    """

    aliases = ("_npx__image_random_color_jitter",)

    steps: ClassVar = (_brightened, _contrasted, _saturated, _turned)

    brightness: float = param("How much brightness changes.", min=0)
    contrast: float = param("How much contrast changes.", min=0)
    saturation: float = param("How much saturation changes.", min=0)
    hue: float = param("How much hues are turned.", min=0)

    def check(self) -> None:
        """Numbers are finite."""
        _check_finite(self, "brightness", "contrast", "saturation", "hue")

    @property
    def _widths(self) -> tuple[float, ...]:
        return self.brightness, self.contrast, self.saturation, self.hue

    def _draw(self, device: torch.device | str) -> Tensor:
        """Return the number of each change, then their order."""
        drawn = torch.rand(4, dtype=torch.float64, device=device) * 2 - 1
        widths = torch.tensor(self._widths, dtype=torch.float64, device=device)
        middles = torch.tensor((1, 1, 1, 0), dtype=torch.float64, device=device)
        order = torch.rand(4, dtype=torch.float64, device=device).argsort()
        return torch.cat([middles + widths * drawn, order.double()])

    def _changed(self, data: Tensor, drawn: Tensor) -> Tensor:
        for number in map(int, drawn[4:].tolist()):
            if self._widths[number]:
                factor = drawn[number].to(_working_type(data.dtype))
                data = self._step(number, data, factor)
        return data.clone()

    def _step(self, number: int, data: Tensor, factor: Tensor) -> Tensor:
        return _by_numbers(data, lambda image: self.steps[number](image, factor))


class _image_random_lighting(_Drawn):
    """Add normally distributed amounts of the principal components of the colours of ImageNet.

    Source: Apache MXNet 1.9.1, ``image.random_lighting``.

    >>> import symnet as mx
    >>> mx._image_random_lighting(mx.full((1, 1, 3), 100), alpha_std=0.0).asnumpy().ravel()
    array([100., 100., 100.], dtype=float32)
    """

    aliases = ("_npx__image_random_lighting",)
    channels = (3,)

    alpha_std: float = param("Standard deviation of the amounts.", default=0.05, min=0)

    def check(self) -> None:
        """Numbers are finite."""
        _check_finite(self, "alpha_std")

    def _draw(self, device: torch.device | str) -> Tensor:
        return torch.randn(3, dtype=torch.float64, device=device) * self.alpha_std

    def _changed(self, data: Tensor, drawn: Tensor) -> Tensor:
        amounts = drawn.to(_working_type(data.dtype))
        return _by_numbers(data, lambda image: _lit(image, amounts))
