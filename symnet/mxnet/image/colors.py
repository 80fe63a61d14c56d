"""Changes of an image's colours. Source: Apache MXNet 1.9.1, ``mxnet.image``."""

import random
from collections.abc import Sequence
from math import cos, pi, sin
from typing import Any

import numpy as np

from .. import ndarray
from ..ndarray import NDArray, array
from .augmenters import Augmenter, RandomOrderAug
from .functions import color_normalize

__all__ = [
    "BrightnessJitterAug",
    "ColorJitterAug",
    "ColorNormalizeAug",
    "ContrastJitterAug",
    "HueJitterAug",
    "LightingAug",
    "RandomGrayAug",
    "SaturationJitterAug",
]

_GREY = (0.299, 0.587, 0.114)
_TO_YIQ = np.array([[0.299, 0.587, 0.114], [0.596, -0.274, -0.321], [0.211, -0.523, 0.311]])
_FROM_YIQ = np.array([[1.0, 0.956, 0.621], [1.0, -0.272, -0.647], [1.0, -1.107, 1.705]])
_RANDOM_GREY = [[0.21] * 3, [0.72] * 3, [0.07] * 3]


def _factor(spread: float) -> float:
    return 1.0 + random.uniform(-spread, spread)


class BrightnessJitterAug(Augmenter):
    """Multiply the image by a random number around 1, in place."""

    def __init__(self, brightness: float) -> None:
        super().__init__(brightness=brightness)
        self.brightness = brightness

    def __call__(self, src: NDArray) -> NDArray:
        """Return the changed image."""
        src *= _factor(self.brightness)
        return src


class ContrastJitterAug(Augmenter):
    """Move the image from or to its mean grey, in place."""

    def __init__(self, contrast: float) -> None:
        super().__init__(contrast=contrast)
        self.contrast = contrast

    def __call__(self, src: NDArray) -> NDArray:
        """Return the changed image."""
        alpha = _factor(self.contrast)
        weighted = src * array([[_GREY]])
        grey = ndarray.sum(weighted) * (3.0 * (1.0 - alpha) / weighted.size)
        src *= alpha
        src += grey
        return src


class SaturationJitterAug(Augmenter):
    """Move each pixel from or to its grey, in place."""

    def __init__(self, saturation: float) -> None:
        super().__init__(saturation=saturation)
        self.saturation = saturation

    def __call__(self, src: NDArray) -> NDArray:
        """Return the changed image."""
        alpha = _factor(self.saturation)
        grey = ndarray.sum(src * array([[_GREY]]), axis=2, keepdims=True) * (1.0 - alpha)
        src *= alpha
        src += grey
        return src


class HueJitterAug(Augmenter):
    """Turn the colours around the axis of grey."""

    def __init__(self, hue: float) -> None:
        super().__init__(hue=hue)
        self.hue = hue

    def __call__(self, src: NDArray) -> NDArray:
        """Return the changed image."""
        angle = random.uniform(-self.hue, self.hue) * pi
        turn = np.eye(3)
        turn[1:, 1:] = [[cos(angle), -sin(angle)], [sin(angle), cos(angle)]]
        found: NDArray = ndarray.dot(src, array((_FROM_YIQ @ turn @ _TO_YIQ).T))
        return found


class ColorJitterAug(RandomOrderAug):
    """Change brightness, contrast and saturation in a random order."""

    def __init__(self, brightness: float, contrast: float, saturation: float) -> None:
        kinds = (
            (BrightnessJitterAug, brightness),
            (ContrastJitterAug, contrast),
            (SaturationJitterAug, saturation),
        )
        super().__init__([kind(spread) for kind, spread in kinds if spread > 0])


class LightingAug(Augmenter):
    """Add noise along the main directions of the colours, in place.

    Args:
        alphastd: its deviation.
        eigval: the eigenvalues of the colours.
        eigvec: the eigenvectors, a column each.
    """

    def __init__(self, alphastd: float, eigval: Any, eigvec: Any) -> None:
        super().__init__(alphastd=alphastd, eigval=eigval, eigvec=eigvec)
        self.alphastd, self.eigval, self.eigvec = alphastd, np.asarray(eigval), np.asarray(eigvec)

    def __call__(self, src: NDArray) -> NDArray:
        """Return the changed image."""
        alpha = np.random.normal(0, self.alphastd, size=(3,))
        src += array((self.eigvec * alpha) @ self.eigval)
        return src


class ColorNormalizeAug(Augmenter):
    """Take off a mean and divide by a deviation, in place."""

    def __init__(
        self, mean: NDArray | Sequence[float] | None, std: NDArray | Sequence[float] | None
    ) -> None:
        super().__init__(mean=mean, std=std)
        self.mean = None if mean is None else array(mean)
        self.std = None if std is None else array(std)

    def __call__(self, src: NDArray) -> NDArray:
        """Return the changed image."""
        return color_normalize(src, self.mean, self.std)


class RandomGrayAug(Augmenter):
    """Make the image grey, with a probability."""

    def __init__(self, p: float) -> None:
        super().__init__(p=p)
        self.p = p

    def __call__(self, src: NDArray) -> NDArray:
        """Return the changed image."""
        if random.random() < self.p:
            src = ndarray.dot(src, array(_RANDOM_GREY))
        return src
