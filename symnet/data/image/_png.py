"""Whether the parts of a PNG file lie within it."""

import struct

from ...core.errors import FormatError

__all__ = ["check_png"]

_FIRST = 8  # where the first part begins, behind what tells the kind
_AROUND = 12  # bytes of a part besides its content: its length, name and checksum


def check_png(image: bytes | memoryview) -> None:
    """Raise FormatError where a part says that it is longer than what is left of the file.

    OpenCV takes as much memory as a part says, and zeroes it, before it looks for its bytes: up to
    two gigabytes and eight seconds, for a file of seventy bytes.

    Args:
        image: the bytes of a PNG file.
    """
    place = _FIRST
    while place + _AROUND <= len(image):
        length, name = struct.unpack_from(">I4s", image, place)
        left = len(image) - place - _AROUND
        if length > left:
            raise FormatError(
                f"the image is damaged: at byte {place} of this PNG, {name!r} should have {length} "
                f"bytes, and {left} are left"
            )
        place += length + _AROUND
        if name == b"IEND":
            return
