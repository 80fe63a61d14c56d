"""From the bytes of an image file to an array of pixels."""

from typing import Any

import numpy as np
import numpy.typing as npt

from ...core.errors import FormatError
from ...core.limits import MAX_PIXELS
from ._jpeg import check_jpeg, check_scans, ended_jpeg, lost_pixels, simplejpeg_for
from ._parameters import OWNER
from .image_file import (
    check_pixels,
    decode_by_cv2,
    image_format,
    require_cv2,
    unreadable,
)

__all__ = ["Image", "decode"]

Image = npt.NDArray[np.uint8]
"""An image of shape (height, width, channels); of one channel also (height, width)."""

_COLORS = {1: "GRAY", 3: "RGB"}


def decode(
    content: bytes | memoryview, channels: int, max_pixels: int | None = MAX_PIXELS
) -> Image:
    """Return the pixels of an image file: JPEG, PNG, WebP, or what else OpenCV reads.

    A camera's note that the image is to be turned is not followed, as in MXNet.

    Args:
        content: the bytes of the file.
        channels: 3 for RGB, to which grey images are converted and from which transparency is
            left out; 1 for grey, to which colours are converted; 4 for RGBA, which the image must
            have.
        max_pixels: most pixels, by the file's header, that are decoded; None for any number.

    Returns uint8 of shape (height, width, channels), without the last axis where it is 1.
    Raises FormatError where the bytes are no image, where a part of it is lost, where it has no 4
    channels or too many pixels; ArgumentError where simplejpeg or OpenCV is not installed.
    Source: docs/semantics §7.6; the choice of channels is that of Apache MXNet 1.9.1.

    >>> import cv2
    >>> _, file = cv2.imencode(".png", np.full((2, 3, 3), (30, 20, 10), np.uint8))  # blue first
    >>> decode(file.tobytes(), 3)[0, 0].tolist()
    [10, 20, 30]
    """
    check_pixels(content, max_pixels)
    if channels in _COLORS and image_format(content) == "jpeg":
        return _jpeg(content, channels)
    return _any_format(content, channels)


def _jpeg(content: bytes | memoryview, channels: int) -> Image:
    jpeg = simplejpeg_for(OWNER)
    found: Image | None
    try:
        found = _pixels(jpeg.decode_jpeg(content, _COLORS[channels]))
    except ValueError as refusal:
        # A file that lacks but its last two bytes has all its pixels.
        found = _completed(jpeg, content, channels)
        if found is None and lost_pixels(refusal):
            raise FormatError(f"a damaged JPEG image: {refusal}") from None
    if found is None:
        return _any_format(content, channels)  # CMYK, for one
    check_scans(content)
    return found


def _completed(jpeg: Any, content: bytes | memoryview, channels: int) -> Image | None:
    try:
        return _pixels(jpeg.decode_jpeg(ended_jpeg(content), _COLORS[channels]))
    except ValueError:
        return None


def _pixels(found: Image) -> Image:
    return found[..., 0] if found.shape[2] == 1 else found


def _any_format(content: bytes | memoryview, channels: int) -> Image:
    cv2: Any = require_cv2(OWNER)
    flags = {
        1: cv2.IMREAD_GRAYSCALE | cv2.IMREAD_IGNORE_ORIENTATION,
        3: cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION,
        4: cv2.IMREAD_UNCHANGED,
    }
    if image_format(content) == "jpeg":
        check_jpeg(content, OWNER)
        content = ended_jpeg(content)
    found = decode_by_cv2(cv2, content, flags[channels])
    if found is None:
        raise unreadable(content)
    return _with_alpha(cv2, found) if channels == 4 else found


def _with_alpha(cv2: Any, found: np.ndarray) -> Image:
    count = found.shape[2] if found.ndim == 3 else 1
    if count != 4 or found.dtype != np.uint8:
        raise FormatError(
            f"an image of {count} channels of {found.dtype}; data_shape wants 4 channels of uint8, "
            "red, green, blue and alpha"
        )
    return np.asarray(cv2.cvtColor(found, cv2.COLOR_BGRA2RGBA))
