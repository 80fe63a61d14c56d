"""Functions of images: decode, resize, crop. Source: Apache MXNet 1.9.1, ``mxnet.image``."""

import random
from collections.abc import Sequence
from math import exp, log, sqrt
from pathlib import Path
from typing import Any

import numpy as np

from ...core.errors import ArgumentError
from ...data.image.image_file import decode_image, resize_image
from ..ndarray import NDArray, array

__all__ = [
    "center_crop",
    "color_normalize",
    "fixed_crop",
    "imdecode",
    "imread",
    "imresize",
    "random_crop",
    "random_size_crop",
    "resize_short",
    "scale_down",
]

Size = tuple[int, int]
Place = tuple[int, int, int, int]


def imdecode(
    buf: bytes | bytearray | np.ndarray | NDArray,
    flag: int = 1,
    to_rgb: bool | int = True,
    out: NDArray | None = None,
) -> NDArray:
    """Return the pixels of an image file.

    Args:
        buf: the bytes of the file.
        flag: 1, the default, for three colours, 0 for grey, -1 for what the file has.
        to_rgb: whether red comes first, default yes; else blue does.
        out: an array to write into.

    Returns uint8 of shape (height, width, channels). Raises ArgumentError for text.
    """
    if isinstance(buf, NDArray):
        buf = buf.asnumpy()
    if not isinstance(buf, bytes | bytearray | np.ndarray):
        raise ArgumentError(
            f"imdecode takes the bytes of an image file, got {type(buf).__name__}; open files in "
            "the mode 'rb'"
        )
    pixels = decode_image(bytes(buf), flag)
    pixels = pixels[..., None] if pixels.ndim == 2 else pixels
    if to_rgb and pixels.shape[2] == 3:
        pixels = np.ascontiguousarray(pixels[..., ::-1])
    if out is None:
        return array(pixels, dtype="uint8")
    out[:] = pixels
    return out


def imread(filename: str | Path, *args: Any, **kwargs: Any) -> NDArray:
    """Return the pixels of an image file by its name; further arguments as in `imdecode`."""
    return imdecode(Path(filename).read_bytes(), *args, **kwargs)


def imresize(src: NDArray, w: int, h: int, interp: int = 1) -> NDArray:
    """Return an image of another size.

    Args:
        src: the image.
        w: its new width.
        h: its new height.
        interp: how pixels are made: 0 nearest, 1 bilinear (default), 2 bicubic, 3 by area, 4 by
            Lanczos.
    """
    return array(resize_image(src.asnumpy(), (h, w), interp), src.context, src.dtype)


def scale_down(src_size: Size, size: Size) -> Size:
    """Return a size in proportion that fits into another; both are (width, height).

    >>> scale_down((640, 480), (720, 120))
    (640, 106)
    """
    width, height = src_size
    w, h = float(size[0]), float(size[1])
    if height < h:
        w, h = w * height / h, height
    if width < w:
        w, h = width, h * width / w
    return int(w), int(h)


def _method(interp: int, old: Size, new: Size) -> int:
    """Return the number of an interpolation for (height, width) before and after."""
    if interp == 9:
        if new[0] > old[0] and new[1] > old[1]:
            return 2
        return 3 if new[0] < old[0] and new[1] < old[1] else 1
    if interp == 10:
        return random.randint(0, 4)
    if interp not in range(5):
        raise ArgumentError(f"interp must be 0 to 4, 9 (automatic) or 10 (random), got {interp!r}")
    return interp


def _check_size(owner: str, size: Sequence[int]) -> None:
    if not min(size) >= 1:
        raise ArgumentError(f"{owner}: lengths must be at least 1, got {tuple(size)}")


def resize_short(src: NDArray, size: int, interp: int = 2) -> NDArray:
    """Return an image whose shorter edge has a length, in proportion."""
    _check_size("resize_short", (size,))
    height, width = src.shape[:2]
    shorter = min(height, width)
    new = size * height // shorter, size * width // shorter
    return imresize(src, new[1], new[0], _method(interp, (height, width), new))


def fixed_crop(
    src: NDArray, x0: int, y0: int, w: int, h: int, size: Size | None = None, interp: int = 2
) -> NDArray:
    """Return a part of an image, resized to (width, height) where that is given."""
    found = src[y0 : y0 + h, x0 : x0 + w]
    if size is not None and (w, h) != tuple(size):
        found = imresize(found, size[0], size[1], _method(interp, (h, w), (size[1], size[0])))
    return found


def random_crop(src: NDArray, size: Size, interp: int = 2) -> tuple[NDArray, Place]:
    """Return a part of an image at a random place, and the place (x, y, width, height).

    The part has the size (width, height), or is enlarged to it where the image is smaller.
    """
    _check_size("random_crop", size)
    height, width = src.shape[:2]
    w, h = scale_down((width, height), size)
    x, y = random.randint(0, width - w), random.randint(0, height - h)
    return fixed_crop(src, x, y, w, h, size, interp), (x, y, w, h)


def center_crop(src: NDArray, size: Size, interp: int = 2) -> tuple[NDArray, Place]:
    """Return the middle of an image, and its place; see `random_crop`."""
    _check_size("center_crop", size)
    height, width = src.shape[:2]
    w, h = scale_down((width, height), size)
    x, y = (width - w) // 2, (height - h) // 2
    return fixed_crop(src, x, y, w, h, size, interp), (x, y, w, h)


def random_size_crop(
    src: NDArray,
    size: Size,
    area: float | tuple[float, float],
    ratio: tuple[float, float],
    interp: int = 2,
) -> tuple[NDArray, Place]:
    """Return a part of an image of random size and place, resized; and its place.

    Args:
        src: the image.
        size: the size that the part is resized to.
        area: bounds of its part of the area; one number stands for ``(number, 1)``.
        ratio: bounds of its width over its height.
        interp: as in `imresize`; 9 chooses by the sizes, 10 at random.
    """
    height, width = src.shape[:2]
    bounds = (area, 1.0) if isinstance(area, int | float) else area
    _check_size("random_size_crop", size)
    if not (min(bounds) >= 0 and min(ratio) > 0):
        raise ArgumentError(
            f"random_size_crop: parts of an area and ratios are positive, got area={area!r}, "
            f"ratio={ratio!r}"
        )
    for _ in range(10):
        wanted = random.uniform(*bounds) * height * width
        aspect = exp(random.uniform(log(ratio[0]), log(ratio[1])))
        w, h = round(sqrt(wanted * aspect)), round(sqrt(wanted / aspect))
        if w <= width and h <= height:
            x, y = random.randint(0, width - w), random.randint(0, height - h)
            return fixed_crop(src, x, y, w, h, size, interp), (x, y, w, h)
    return center_crop(src, size, interp)


def color_normalize(
    src: NDArray,
    mean: NDArray | Sequence[float] | float | None,
    std: NDArray | Sequence[float] | float | None = None,
) -> NDArray:
    """Take a mean off an image and divide it by a deviation, in place; return it."""
    if mean is not None:
        src -= _operand(mean)
    if std is not None:
        src /= _operand(std)
    return src


def _operand(value: Any) -> Any:
    return array(value) if isinstance(value, list | tuple | np.ndarray) else value
