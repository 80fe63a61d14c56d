"""Bytes of image files: what they say of themselves, and their pixels."""

import re
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np

from ...core.errors import ArgumentError, FormatError, not_installed, shown
from ...core.file_kinds import picture_kind
from ...core.limits import MAX_PIXELS
from ._jpeg import check_jpeg, ended_jpeg, read_jpeg
from ._png import check_png

__all__ = [
    "ImageSize",
    "check_pixels",
    "decode_by_cv2",
    "decode_image",
    "encode_image",
    "image_format",
    "image_size",
    "require_cv2",
    "resize_image",
    "unreadable",
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


def _png_size(image: bytes | memoryview) -> ImageSize:
    width, height, _, colour = struct.unpack_from(">IIBB", image, 16)
    return ImageSize(height, width, _PNG_CHANNELS[colour])


def _jpeg_size(image: bytes | memoryview) -> ImageSize:
    return ImageSize(*read_jpeg(image)[:3])


def _bmp_size(image: bytes | memoryview) -> ImageSize:
    (header,) = struct.unpack_from("<I", image, 14)
    numbers = "<HHHH" if header == 12 else "<iiHH"  # the former is that of OS/2
    width, height, _, bits = struct.unpack_from(numbers, image, 18)
    return ImageSize(abs(height), width, max(1, bits // 8))


def _gif_size(image: bytes | memoryview) -> ImageSize:
    width, height = struct.unpack_from("<HH", image, 6)
    return ImageSize(height, width, 3)


def _webp_size(image: bytes | memoryview) -> ImageSize:
    kind = image[12:16]
    if kind == b"VP8X":
        width, height = (int.from_bytes(image[at : at + 3], "little") for at in (24, 27))
        return ImageSize(height + 1, width + 1, 4 if image[20] & 0x10 else 3)
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", image, 21)
        return ImageSize((bits >> 14 & 0x3FFF) + 1, (bits & 0x3FFF) + 1, 4 if bits >> 28 & 1 else 3)
    if kind != b"VP8 ":
        raise ValueError
    width, height = struct.unpack_from("<HH", image, 26)
    return ImageSize(height & 0x3FFF, width & 0x3FFF, 3)


_TIFF_TAGS = {256: "width", 257: "height", 277: "channels"}
_TIFF_NUMBERS = {1: "B", 3: "H", 4: "I"}  # by the type of a tag's value


def _tiff_size(image: bytes | memoryview) -> ImageSize:
    order = "<" if image[:2] == b"II" else ">"
    (start,) = struct.unpack_from(f"{order}I", image, 4)
    (count,) = struct.unpack_from(f"{order}H", image, start)
    found = {"channels": 1}
    for entry in range(start + 2, start + 2 + 12 * count, 12):
        tag, kind = struct.unpack_from(f"{order}HH", image, entry)
        if tag in _TIFF_TAGS:
            numbers = f"{order}{_TIFF_NUMBERS[kind]}"
            (found[_TIFF_TAGS[tag]],) = struct.unpack_from(numbers, image, entry + 8)
    return ImageSize(**found)


_NETPBM = re.compile(rb"P([1-6])(?:\s|#[^\n]*\n)+(\d{1,9})(?:\s|#[^\n]*\n)+(\d{1,9})\s")


def _netpbm_size(image: bytes | memoryview) -> ImageSize:
    found = _NETPBM.match(image)
    if found is None:
        raise ValueError
    kind, width, height = map(int, found.groups())
    return ImageSize(height, width, 3 if kind in (3, 6) else 1)


_SIZES: dict[str, Callable[[bytes | memoryview], ImageSize]] = {
    "jpeg": _jpeg_size,
    "png": _png_size,
    "bmp": _bmp_size,
    "gif": _gif_size,
    "tiff": _tiff_size,
    "webp": _webp_size,
    "netpbm": _netpbm_size,
}
"""How the size is read of each kind of picture that we can read it of."""
_BEGINNING = 16  # bytes that tell the kind


def image_format(image: bytes | memoryview) -> str | None:
    r"""Return what kind of image file bytes are, by how they begin; None for no known kind.

    Args:
        image: the bytes of an image file, as `unpack` returns them.

    Returns ``"jpeg"``, ``"png"``, ``"bmp"``, ``"gif"``, ``"tiff"``, ``"webp"``, ``"netpbm"`` or
    None.

    >>> image_format(b"\xff\xd8\xff\xe0")
    'jpeg'
    """
    return picture_kind(bytes(image[:_BEGINNING]))


def image_size(image: bytes | memoryview) -> ImageSize | None:
    r"""Return the size that an image file states, without decoding it.

    Args:
        image: the bytes of an image file, as `unpack` returns them.

    Returns None where it is of no kind that `image_format` knows, or damaged.

    >>> image_size(b"GIF89a\x20\x00\x10\x00")
    ImageSize(height=16, width=32, channels=3)
    """
    size = _SIZES.get(image_format(image) or "")
    try:
        return size(image) if size else None
    except (struct.error, ValueError, KeyError, IndexError, TypeError):
        return None


def check_pixels(image: bytes | memoryview, max_pixels: int | None) -> None:
    """Raise FormatError for an image of more pixels than allowed, before any memory is taken.

    A file of 42 bytes may say that it has four thousand million.

    Args:
        image: the bytes of an image file.
        max_pixels: most pixels; None for any number.
    """
    if max_pixels is None:
        return
    if not isinstance(max_pixels, int):
        raise ArgumentError(f"max_pixels must be a whole number or None, got {shown(max_pixels)}")
    size = image_size(image)
    if size is None:
        raise FormatError(
            f"{unreadable(image)}, and its header does not tell its size; max_pixels=None lets "
            "OpenCV try"
        )
    if size.height * size.width > max_pixels:
        raise FormatError(
            f"an image of {size.width} x {size.height} pixels by its header, more than "
            f"max_pixels={max_pixels}; a larger max_pixels, or None, decodes it"
        )


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
    if not isinstance(quality, int) or not 0 <= quality <= _BEST:
        raise ArgumentError(f"quality must be a whole number from 0 to {_BEST}, got {quality!r}")
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


_BEST = 100


def decode_image(
    image: bytes | memoryview, iscolor: int = -1, *, max_pixels: int | None = MAX_PIXELS
) -> np.ndarray:
    """Return the pixels of an image file. Needs OpenCV, and for JPEG files simplejpeg.

    Args:
        image: the bytes of the file.
        iscolor: -1 (default) decodes the image as it is, 0 to gray, 1 to three colours.
        max_pixels: most pixels, by the file's header, that are decoded; None for any number.

    Returns uint8 of shape ``(height, width)`` or ``(height, width, channels)``, colours in the
    order blue, green, red.
    Raises FormatError where the image cannot be decoded, where a part of it is lost, or where it
    has too many pixels; ArgumentError where OpenCV or simplejpeg is missing.

    >>> decode_image(encode_image(np.zeros((2, 3, 3), np.uint8), 9, ".png")).shape
    (2, 3, 3)
    """
    cv2 = require_cv2("decoding an image")
    if len(image):
        check_pixels(image, max_pixels)
    if image_format(image) == "jpeg":
        check_jpeg(image, "decoding a JPEG image")
        image = ended_jpeg(image)
    found = decode_by_cv2(cv2, image, iscolor)
    if found is None:
        raise unreadable(image)
    return found


def unreadable(image: bytes | memoryview) -> FormatError:
    """Return the error for bytes that OpenCV makes nothing of."""
    kind = image_format(image)
    known = f"begins as {kind}, but is damaged" if kind else "is no image that OpenCV knows"
    return FormatError(f"the image cannot be decoded: it ({len(image)} bytes) {known}")


def decode_by_cv2(cv2: Any, image: bytes | memoryview, flag: int) -> np.ndarray | None:
    """Return what OpenCV makes of the bytes of an image; None where it makes nothing of them.

    Raises FormatError where OpenCV fails, or memory does not suffice.
    """
    if not len(image):
        return None
    if image_format(image) == "png":
        check_png(image)
    try:
        # OpenCV lets other threads run while it decodes, and reads the bytes where they are.
        found = cv2.imdecode(np.frombuffer(image, np.uint8), flag)
    except (cv2.error, MemoryError) as problem:
        reason = getattr(problem, "err", None) or "not enough memory"
        raise FormatError(f"an image that OpenCV cannot decode: {reason}") from None
    return None if found is None else np.asarray(found)


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
