"""Image records: a header with labels and an id before the bytes of an image file."""

import struct
from collections.abc import Sequence
from numbers import Number
from typing import NamedTuple, TypeVar

import numpy as np

from ...core.errors import ArgumentError, FormatError, shown
from ...core.limits import MAX_PIXELS
from ..records.record_format import as_bytes
from .image_file import decode_image, encode_image

__all__ = [
    "IRHeader",
    "is_image_record",
    "pack",
    "pack_img",
    "unpack",
    "unpack_img",
]

_HEADER = struct.Struct("<IfQQ")


class IRHeader(NamedTuple):
    """What an image record says of its image.

    Args:
        flag: how many labels there are, where they are in an array; 0 for one plain label.
        label: the label as a number, or an array of float32.
        id: the number of the image, by which lists of labels name it.
        id2: the upper 64 bits of that number, mostly 0.

    Source: docs/semantics §7.8.

    >>> IRHeader(0, 4.0, 2574, 0).label
    4.0
    """

    flag: int
    label: float | Sequence[float] | np.ndarray
    id: int
    id2: int


def pack(header: IRHeader, s: bytes) -> bytes:
    """Return the payload of a record: header, labels, and the bytes of an image.

    Args:
        header: an `IRHeader` or its four values. Its flag is not read: it becomes 0 where the label
            is a number, and the number of labels where it is an array.
        s: the bytes that follow, as those of a JPEG file.

    Raises ArgumentError for values that the header cannot hold, and for an image that is no bytes.
    Source: docs/semantics §7.8.

    >>> pack(IRHeader(0, 1.5, 7, 0), b"...").hex(" ", 4)
    '000000 000000c0 3f070000 00000000 00000000 00000000 002e2e2e'
    """
    try:
        _, label, number, number2 = header
    except (TypeError, ValueError):
        raise ArgumentError(
            f"pack: an IRHeader or its four values are wanted, got {shown(header)}"
        ) from None
    is_plain = isinstance(label, Number)
    plain = label if is_plain else 0.0
    try:
        labels = np.asarray(() if is_plain else label, "<f4")
        head = _HEADER.pack(labels.size, plain, number, number2)
    except (struct.error, OverflowError, ValueError, TypeError) as problem:
        raise ArgumentError(
            f"pack: label must be a float32 or several, id and id2 whole numbers from 0 to "
            f"2**64 - 1, got {shown(header)}: {problem}"
        ) from None
    return b"".join((head, labels.tobytes(), as_bytes("pack: a record", s)))


Payload = TypeVar("Payload", bytes, memoryview)


def unpack(s: Payload) -> tuple[IRHeader, Payload]:
    """Return header and image bytes of a record's payload.

    Args:
        s: the payload; of a memoryview nothing is copied.

    Returns the header, whose label is an array of float32 where its flag is above 0, and the bytes
    that follow, as a memoryview where the payload is one.
    Raises FormatError for a payload that is shorter than its header says, ArgumentError for what is
    no payload.
    Source: docs/semantics §7.8.

    >>> header, image = unpack(pack(IRHeader(0, [4, 5], 7, 0), b"..."))
    >>> header
    IRHeader(flag=2, label=array([4., 5.], dtype=float32), id=7, id2=0)
    >>> image
    b'...'
    """
    _check_payload(s)
    if len(s) < _HEADER.size:
        raise FormatError(
            f"no image record: a header of {_HEADER.size} bytes is expected, got {len(s)}"
        )
    header = IRHeader(*_HEADER.unpack_from(s))
    start = _HEADER.size + 4 * header.flag
    if len(s) < start:
        raise FormatError(
            f"no image record: the header says {header.flag} labels, "
            f"but the record ends after {(len(s) - _HEADER.size) // 4}"
        )
    if header.flag:
        label = np.frombuffer(s, "<f4", header.flag, _HEADER.size)
        header = header._replace(label=label)
    return header, s[start:]


def is_image_record(payload: bytes | memoryview) -> bool:
    """Return whether the bytes of an image follow the header of a record.

    The files of InsightFace have records without: number 0, whose two labels say at which keys the
    records of persons begin and end, and one for each person, whose two labels are the first and
    the last key of the images, the latter exclusive.

    Args:
        payload: the payload of a record that begins with a header.

    Raises FormatError as `unpack` does.

    >>> is_image_record(pack(IRHeader(0, [5, 7], 0, 0), b""))
    False
    """
    _check_payload(payload)
    _, image = unpack(memoryview(payload))
    return len(image) > 0


def _check_payload(payload: object) -> None:
    if not isinstance(payload, bytes | bytearray | memoryview | np.ndarray):
        at_end = "; a reader gives None at the end of its file" if payload is None else ""
        raise ArgumentError(f"the payload of a record is bytes, got {shown(payload)}{at_end}")


def pack_img(header: IRHeader, img: np.ndarray, quality: int = 95, img_fmt: str = ".jpg") -> bytes:
    """Return the payload of a record: header, labels, and an image that is encoded first.

    Needs OpenCV: ``pip install opencv-python-headless``.

    Args:
        header: as for `pack`.
        img: pixels of uint8, shape ``(height, width)`` or ``(height, width, channels)``, colours
            in the order blue, green, red, as OpenCV and python-mxnet have them.
        quality: of JPEG files, 1 to 100, default 95; of PNG files the compression, 0 to 9, and
            more is 9.
        img_fmt: ``.jpg`` (default), ``.jpeg`` or ``.png``, or another ending that OpenCV writes.

    Raises ArgumentError for what OpenCV does not encode, and where it is missing.
    Source: python-mxnet's ``mx.recordio.pack_img``, docs/semantics §7.8.

    >>> payload = pack_img(IRHeader(0, 1, 7, 0), np.zeros((2, 3, 3), np.uint8), img_fmt=".png")
    >>> unpack_img(payload)[1].shape
    (2, 3, 3)
    """
    return pack(header, encode_image(img, quality, img_fmt))


def unpack_img(
    s: bytes | memoryview, iscolor: int = -1, *, max_pixels: int | None = MAX_PIXELS
) -> tuple[IRHeader, np.ndarray]:
    """Return header and decoded image of a record's payload.

    Needs OpenCV, ``pip install opencv-python-headless``, and for JPEG files simplejpeg.

    Args:
        s: the payload.
        iscolor: -1 (default) decodes the image as it is, 0 to gray, 1 to three colours.
        max_pixels: most pixels, by the image's header, that are decoded, default 100 million; None
            for any number.

    Returns the header and pixels of uint8, shape ``(height, width)`` or ``(height, width,
    channels)``, colours in the order blue, green, red.
    Raises FormatError where the payload is no image record, or its image cannot be decoded, has
    lost a part, or has too many pixels.
    Source: python-mxnet's ``mx.recordio.unpack_img``, docs/semantics §7.8.

    >>> import numpy as np
    >>> import symnet as mx
    >>> pixels = np.zeros((4, 5, 3), np.uint8)
    >>> payload = mx.pack_img(mx.IRHeader(0, 3.0, 7, 0), pixels, img_fmt=".png")
    >>> header, image = mx.unpack_img(payload)
    >>> header.label, image.shape
    (3.0, (4, 5, 3))
    """
    _check_payload(s)
    header, image = unpack(memoryview(s))
    return header, decode_image(image, iscolor, max_pixels=max_pixels)
