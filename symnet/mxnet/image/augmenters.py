"""Changes of an image's shape, and how they are combined.

Source: Apache MXNet 1.9.1, ``mxnet.image``.
"""

import json
import random
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...core.errors import ArgumentError
from .. import ndarray
from ..ndarray import NDArray, array
from .functions import _method, center_crop, imresize, random_crop, random_size_crop, resize_short

__all__ = [
    "Augmenter",
    "CastAug",
    "CenterCropAug",
    "CreateAugmenter",
    "ForceResizeAug",
    "HorizontalFlipAug",
    "RandomCropAug",
    "RandomOrderAug",
    "RandomSizedCropAug",
    "ResizeAug",
    "SequentialAug",
]

Size = tuple[int, int]


class Augmenter:
    """Base of all changes: derive from it, and define ``__call__(src)``, which returns the image.

    Args:
        kwargs: the arguments of the derived class, which `dumps` writes down.
    """

    def __init__(self, **kwargs: Any) -> None:
        self._kwargs = {name: _plain(value) for name, value in kwargs.items()}

    def dumps(self) -> Any:
        """Return the name of the class and its arguments, as JSON text."""
        return json.dumps([type(self).__name__.lower(), self._kwargs])

    def __call__(self, src: NDArray) -> NDArray:
        """Return the changed image."""
        raise NotImplementedError(f"{type(self).__name__} must define __call__(src)")


def _plain(value: Any) -> Any:
    return np.asarray(value).tolist() if isinstance(value, np.ndarray | NDArray) else value


class _Several(Augmenter):
    """Base of what makes several changes."""

    def __init__(self, ts: Sequence[Augmenter]) -> None:
        super().__init__()
        self.ts = list(ts)

    def dumps(self) -> Any:
        """Return the name of the class, and what the changes say of themselves."""
        return [type(self).__name__.lower(), [each.dumps() for each in self.ts]]

    def __call__(self, src: NDArray) -> NDArray:
        """Return the changed image."""
        for each in self.ts:
            src = each(src)
        return src


class SequentialAug(_Several):
    """Make changes one after the other."""


class RandomOrderAug(_Several):
    """Make changes in a random order."""

    def __call__(self, src: NDArray) -> NDArray:
        """Return the changed image."""
        random.shuffle(self.ts)
        return super().__call__(src)


class _Sized(Augmenter):
    """Base of what has a size and an interpolation."""

    def __init__(self, size: Any, interp: int = 2) -> None:
        super().__init__(size=size, interp=interp)
        self.size = size
        self.interp = interp


class ResizeAug(_Sized):
    """Resize so that the shorter edge has a length."""

    def __call__(self, src: NDArray) -> NDArray:
        """Return the changed image."""
        return resize_short(src, self.size, self.interp)


class ForceResizeAug(_Sized):
    """Resize to (width, height), whatever the proportions."""

    def __call__(self, src: NDArray) -> NDArray:
        """Return the changed image."""
        width, height = self.size
        old = src.shape[0], src.shape[1]
        return imresize(src, width, height, _method(self.interp, old, (height, width)))


class RandomCropAug(_Sized):
    """Crop (width, height) at a random place."""

    def __call__(self, src: NDArray) -> NDArray:
        """Return the changed image."""
        return random_crop(src, self.size, self.interp)[0]


class CenterCropAug(_Sized):
    """Crop (width, height) from the middle."""

    def __call__(self, src: NDArray) -> NDArray:
        """Return the changed image."""
        return center_crop(src, self.size, self.interp)[0]


class RandomSizedCropAug(Augmenter):
    """Crop a random part and resize it; the arguments are those of `random_size_crop`."""

    def __init__(
        self,
        size: Size,
        area: float | tuple[float, float],
        ratio: tuple[float, float],
        interp: int = 2,
    ) -> None:
        super().__init__(size=size, area=area, ratio=ratio, interp=interp)
        self.size, self.area, self.ratio, self.interp = size, area, ratio, interp

    def __call__(self, src: NDArray) -> NDArray:
        """Return the changed image."""
        return random_size_crop(src, self.size, self.area, self.ratio, self.interp)[0]


class HorizontalFlipAug(Augmenter):
    """Mirror the image, with a probability."""

    def __init__(self, p: float) -> None:
        super().__init__(p=p)
        self.p = p

    def __call__(self, src: NDArray) -> NDArray:
        """Return the changed image."""
        if random.random() < self.p:
            src = ndarray.flip(src, axis=1)
        return src


class CastAug(Augmenter):
    """Give the image another element type, default float32."""

    def __init__(self, typ: str = "float32") -> None:
        super().__init__(type=typ)
        self.typ = typ

    def __call__(self, src: NDArray) -> NDArray:
        """Return the changed image."""
        return src.astype(self.typ)


_EIGENVALUES = np.array([55.46, 4.794, 1.148])
_EIGENVECTORS = np.array(
    [[-0.5675, 0.7192, 0.4009], [-0.5808, -0.0045, -0.8140], [-0.5836, -0.6948, 0.4203]]
)
"""Of the colours of ImageNet: Krizhevsky, Sutskever and Hinton (2012)."""


def CreateAugmenter(
    data_shape: Sequence[int],
    resize: int = 0,
    rand_crop: bool = False,
    rand_resize: bool = False,
    rand_mirror: bool = False,
    mean: Any = None,
    std: Any = None,
    brightness: float = 0,
    contrast: float = 0,
    saturation: float = 0,
    hue: float = 0,
    pca_noise: float = 0,
    rand_gray: float = 0,
    inter_method: int = 2,
) -> list[Augmenter]:
    """Return the usual changes, in order.

    Args:
        data_shape: (channels, height, width) of the result.
        resize: length of the shorter edge before cropping, default 0: as it is.
        rand_crop: whether to crop at random places; else from the middle.
        rand_resize: whether to crop parts of random size; needs rand_crop.
        rand_mirror: whether to mirror every other image.
        mean: what is taken off, by channel; True for that of ImageNet.
        std: what is divided by; True for that of ImageNet.
        brightness, contrast, saturation, hue: how much these vary, default 0.
        pca_noise: how much the colours of ImageNet vary, default 0.
        rand_gray: with which probability an image becomes grey, default 0.
        inter_method: as in `imresize`; 9 chooses by the sizes, 10 at random.

    >>> [type(each).__name__ for each in CreateAugmenter((3, 8, 8), rand_mirror=True, mean=True)]
    ['CenterCropAug', 'HorizontalFlipAug', 'CastAug', 'ColorNormalizeAug']
    """
    from . import colors

    size = data_shape[2], data_shape[1]
    if rand_resize and not rand_crop:
        raise ArgumentError("CreateAugmenter: rand_resize needs rand_crop=True")
    found: list[Augmenter] = [ResizeAug(resize, inter_method)] if resize > 0 else []
    if rand_resize:
        found.append(RandomSizedCropAug(size, 0.08, (3 / 4, 4 / 3), inter_method))
    else:
        found.append((RandomCropAug if rand_crop else CenterCropAug)(size, inter_method))
    if rand_mirror:
        found.append(HorizontalFlipAug(0.5))
    found.append(CastAug())
    if brightness or contrast or saturation:
        found.append(colors.ColorJitterAug(brightness, contrast, saturation))
    if hue:
        found.append(colors.HueJitterAug(hue))
    if pca_noise > 0:
        found.append(colors.LightingAug(pca_noise, _EIGENVALUES, _EIGENVECTORS))
    if rand_gray > 0:
        found.append(colors.RandomGrayAug(rand_gray))
    means = _by_channel("mean", mean, (123.68, 116.28, 103.53))
    deviations = _by_channel("std", std, (58.395, 57.12, 57.375))
    if means is not None or deviations is not None:
        found.append(colors.ColorNormalizeAug(means, deviations))
    return found


def _by_channel(name: str, value: Any, usual: Sequence[float]) -> NDArray | None:
    if value is None or value is False:
        return None
    found = array(usual) if value is True else array(value)
    if len(found.shape) != 1 or found.shape[0] not in (1, 3):
        raise ArgumentError(
            f"CreateAugmenter: {name} must be True or have 1 or 3 numbers, got {value!r}"
        )
    return found
