"""Bytes of image files: what they say of themselves, and their pixels."""

import struct
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np

from ...core.errors import ArgumentError, FormatError, not_installed
from ...core.file_kinds import picture_kind

__all__ = [
    "ImageSize",
    "decode_image",
    "encode_image",
    "image_format",
    "image_size",
    "require_cv2",
    "resize_image",
]


class ImageSize(NamedTuple):
    """How large an image is, in pixels, as its file says.

    Args:
        height: rows.
        width: columns.
        channels: 1 for gray, 3 for colour, 4 with transparency.
    """

    height: int
    width: int
    channels: int


_PNG_CHANNELS = {0: 1, 2: 3, 3: 3, 4: 2, 6: 4}  # by the type of colour; 3 is a palette


def _png_size(image: bytes) -> ImageSize:
    width, height, _, colour = struct.unpack_from(">IIBB", image, 16)
    return ImageSize(height, width, _PNG_CHANNELS[colour])


def _jpeg_size(image: bytes) -> ImageSize:
    """Go from segment to segment until the frame is found, which says the size."""
    place = 2
    while True:
        mark, kind, length = struct.unpack_from(">BBH", image, place)
        if mark != 0xFF:
            raise ValueError
        if kind == 0xFF:
            place += 1  # marks may be preceded by any number of these
        elif 0xC0 <= kind <= 0xCF and kind not in _NO_FRAMES:
            return ImageSize(*struct.unpack_from(">HHB", image, place + 5))
        else:
            place += 2 + length


_NO_FRAMES = (0xC4, 0xC8, 0xCC)  # tables, not frames


def _bmp_size(image: bytes) -> ImageSize:
    width, height, _, bits = struct.unpack_from("<iiHH", image, 18)
    return ImageSize(abs(height), width, max(1, bits // 8))


def _gif_size(image: bytes) -> ImageSize:
    width, height = struct.unpack_from("<HH", image, 6)
    return ImageSize(height, width, 3)


_SIZES: dict[str, Callable[[bytes], ImageSize]] = {
    "jpeg": _jpeg_size,
    "png": _png_size,
    "bmp": _bmp_size,
    "gif": _gif_size,
}
"""How the size is read of each kind of picture that we can read it of."""
_BEGINNING = 16  # bytes that tell the kind


def image_format(image: bytes | memoryview) -> str | None:
    r"""Return what kind of image file bytes are, by how they begin; None for no known kind.

    Args:
        image: the bytes of an image file, as `unpack` returns them.

    Returns ``"jpeg"``, ``"png"``, ``"bmp"``, ``"gif"``, ``"tiff"``, ``"webp"`` or None.

    >>> image_format(b"\xff\xd8\xff\xe0")
    'jpeg'
    """
    return picture_kind(bytes(image[:_BEGINNING]))


def image_size(image: bytes | memoryview) -> ImageSize | None:
    r"""Return the size that an image file states, without decoding it.

    Args:
        image: the bytes of an image file, as `unpack` returns them.

    Returns None where it is no JPEG, PNG, BMP or GIF file, or a damaged one.

    >>> image_size(b"GIF89a\x20\x00\x10\x00")
    ImageSize(height=16, width=32, channels=3)
    """
    size = _SIZES.get(image_format(image) or "")
    try:
        return size(bytes(image)) if size else None
    except (struct.error, ValueError, KeyError):
        return None


# -- pixels ----------------------------------------------------------------------------------------


def require_cv2(who: str) -> Any:
    """Return OpenCV; ArgumentError, with how to install it, where it is missing.

    Args:
        who: what needs it, for the error.
    """
    try:
        import cv2
    except ImportError:
        raise ArgumentError(not_installed(who, "opencv-python-headless")) from None
    return cv2


def encode_image(img: np.ndarray, quality: int, img_fmt: str) -> bytes:
    """Return the bytes of an image file. Needs OpenCV.

    Args:
        img: pixels of uint8, shape ``(height, width)`` or ``(height, width, channels)``, colours
            in the order blue, green, red.
        quality: of JPEG files, 1 to 100; of PNG files the compression, 0 to 9, and more is 9.
        img_fmt: ``.jpg``, ``.jpeg``, ``.png``, or another ending that OpenCV writes.

    Raises ArgumentError for what OpenCV does not encode, and where it is missing.
    """
    cv2 = require_cv2("encoding an image")
    options = {
        ".jpg": [cv2.IMWRITE_JPEG_QUALITY, quality],
        ".jpeg": [cv2.IMWRITE_JPEG_QUALITY, quality],
        ".png": [cv2.IMWRITE_PNG_COMPRESSION, min(quality, 9)],
    }
    found = None
    with suppress(cv2.error):
        # OpenCV would make bytes of other numbers, each in its own way.
        if isinstance(img, np.ndarray) and img.dtype == np.uint8:
            done, found = cv2.imencode(img_fmt, img, options.get(img_fmt.lower(), []))
    if found is None or not done:
        shape = f"{img.dtype} of shape {img.shape}" if isinstance(img, np.ndarray) else repr(img)
        raise ArgumentError(
            f"cannot encode {shape} with img_fmt={img_fmt!r}; uint8 of shape "
            "(height, width) or (height, width, channels) and '.jpg' or '.png' are expected"
        )
    return bytes(found)


def decode_image(image: bytes | memoryview, iscolor: int = -1) -> np.ndarray:
    """Return the pixels of an image file. Needs OpenCV.

    Args:
        image: the bytes of the file.
        iscolor: -1 (default) decodes the image as it is, 0 to gray, 1 to three colours.

    Returns uint8 of shape ``(height, width)`` or ``(height, width, channels)``, colours in the
    order blue, green, red.
    Raises FormatError where OpenCV cannot decode the image, ArgumentError where it is missing.

    >>> decode_image(encode_image(np.zeros((2, 3, 3), np.uint8), 9, ".png")).shape
    (2, 3, 3)
    """
    cv2 = require_cv2("decoding an image")
    # OpenCV lets other threads run while it decodes, and reads the bytes where they are.
    found = cv2.imdecode(np.frombuffer(image, np.uint8), iscolor) if len(image) else None
    if found is None:
        kind = image_format(image)
        known = f"begins as {kind}, but is damaged" if kind else "is no image that OpenCV knows"
        raise FormatError(f"the image cannot be decoded: it ({len(image)} bytes) {known}")
    return np.asarray(found)


def resize_image(img: np.ndarray, size: tuple[int, int], interpolation: int = 1) -> np.ndarray:
    """Return an image of another size. Needs OpenCV.

    Args:
        img: pixels of shape ``(height, width)`` or ``(height, width, channels)``.
        size: the new height and width.
        interpolation: OpenCV's number: 0 nearest, 1 bilinear (default), 2 bicubic, 3 by area, 4 by
            Lanczos.

    Raises ArgumentError for what OpenCV does not resize, and where it is missing.

    >>> resize_image(np.zeros((2, 3, 1), np.uint8), (4, 6)).shape
    (4, 6, 1)
    """
    cv2 = require_cv2("resizing an image")
    try:
        found = np.asarray(cv2.resize(img, size[::-1], interpolation=interpolation))
    except cv2.error as error:
        raise ArgumentError(
            f"cannot resize an image of {img.dtype} and shape {img.shape} to {size}: {error.err}"
        ) from None
    return found.reshape(*size, *img.shape[2:])
