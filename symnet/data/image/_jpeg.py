"""What the bytes of a JPEG file say of themselves, and whether some of them are lost.

libjpeg fills what is missing with grey or noise and says so on stderr; OpenCV keeps even that to
itself. simplejpeg hands the warnings on.
"""

import re
import struct
from collections.abc import Iterator
from typing import Any, NamedTuple, final

from ...core.errors import ArgumentError, FormatError, not_installed

__all__ = [
    "Jpeg",
    "check_jpeg",
    "check_scans",
    "ended_jpeg",
    "lost_pixels",
    "read_jpeg",
    "simplejpeg_for",
]

_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # those three are tables
_PROGRESSIVE = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
_SCAN, _END = 0xDA, 0xD9
_END_MARK = bytes((0xFF, _END))
_ALONE = frozenset({0x00, 0x01, *range(0xD0, 0xD9)})  # marks without a length behind them
_MARK = re.compile(rb"\xff[^\x00\x01\xd0-\xd8\xff]")
_COEFFICIENTS = 64

# What libjpeg says where pixels are lost.
_LOSSES = ("premature end", "bad huffman code")


class _Segment(NamedTuple):
    """A marked part of a file: its kind, and where it begins and ends, mark and length left out."""

    kind: int
    start: int
    end: int


@final
class Jpeg(NamedTuple):
    """What a JPEG file says of its image.

    Args:
        height: rows.
        width: columns.
        channels: 1 for grey, 3 for colour, 4 for CMYK.
        is_whole: whether the file has all the scans that its image is made of.
    """

    height: int
    width: int
    channels: int
    is_whole: bool


def read_jpeg(image: bytes | memoryview) -> Jpeg:
    """Return what a JPEG file says of its image; a progressive one is searched for its scans.

    Raises ValueError where it says nothing.
    """
    segments = _segments(image)
    frame = next((each for each in segments if each.kind in _FRAMES), None)
    if frame is None:
        raise ValueError("no frame")
    height, width, channels = struct.unpack_from(">HHB", image, frame.start + 1)
    return Jpeg(height, width, channels, _has_all_scans(image, segments, frame, channels))


def _segments(image: bytes | memoryview) -> Iterator[_Segment]:
    """Yield the segments of a file; bytes that belong to none are passed over, as libjpeg does."""
    place = 2
    while (mark := _MARK.search(image, place)) is not None:
        kind, place = image[mark.end() - 1], mark.end()
        if kind == _END:
            return
        if len(image) < place + 2:
            return
        (length,) = struct.unpack_from(">H", image, place)
        yield _Segment(kind, place + 2, place + length)
        place += max(2, length)


def _has_all_scans(
    image: bytes | memoryview, segments: Iterator[_Segment], frame: _Segment, channels: int
) -> bool:
    """Tell whether the scans bring every coefficient of every channel, to its last bit."""
    ids = [image[frame.start + 6 + 3 * each] for each in range(channels)]
    missing = dict.fromkeys(ids, _COEFFICIENTS if frame.kind in _PROGRESSIVE else 1)
    for scan in segments:
        if scan.kind != _SCAN:
            continue
        count = image[scan.start]
        own = [image[scan.start + 1 + 2 * each] for each in range(count)]
        first, last, bits = struct.unpack_from(">BBB", image, scan.start + 1 + 2 * count)
        brought = last - first + 1 if frame.kind in _PROGRESSIVE else 1
        if frame.kind in _PROGRESSIVE and bits & 15:
            continue  # the last bits are still to come
        for each in own:
            missing[each] = missing.get(each, 0) - brought
        if all(count <= 0 for count in missing.values()):
            return True
    return False


def simplejpeg_for(who: str) -> Any:
    """Return simplejpeg; ArgumentError, with how to install it, where it is missing."""
    try:
        import simplejpeg
    except ImportError:
        raise ArgumentError(not_installed(who, "simplejpeg")) from None
    return simplejpeg


def lost_pixels(refusal: ValueError) -> bool:
    """Tell whether simplejpeg refused an image because a part of it is lost."""
    return any(loss in str(refusal).lower() for loss in _LOSSES)


def check_jpeg(image: bytes | memoryview, who: str) -> None:
    """Raise FormatError for a JPEG file of which a part is lost.

    It is decoded at an eighth of its size, which takes a fourth of the time. A file that lacks but
    its last two bytes has all its pixels.

    Args:
        image: the bytes of the file.
        who: what needs simplejpeg, for the error.
    """
    jpeg = simplejpeg_for(who)
    check_scans(image)
    try:
        content = ended_jpeg(image)
        colors = "CMYK" if jpeg.decode_jpeg_header(content)[2] in ("CMYK", "YCCK") else "GRAY"
        jpeg.decode_jpeg(content, colors, min_height=1, min_width=1, min_factor=8)
    except ValueError as problem:
        if lost_pixels(problem):
            raise FormatError(f"a damaged JPEG image: {problem}") from None
    except MemoryError:
        raise FormatError("a JPEG image for which the memory does not suffice") from None


def ended_jpeg(image: bytes | memoryview) -> bytes | memoryview:
    """Return the bytes of a JPEG file with the mark of its end, which may have been cut off."""
    return image if bytes(image[-2:]) == _END_MARK else bytes(image) + _END_MARK


def check_scans(image: bytes | memoryview) -> None:
    """Raise FormatError for a JPEG file that was cut between its scans: libjpeg does not mind."""
    try:
        whole = read_jpeg(image).is_whole
    except (ValueError, IndexError, struct.error):
        return  # whoever decodes it will say what is wrong
    if not whole:
        raise FormatError("a damaged JPEG image: scans are missing at its end")
