"""Who complains about the parameters of images, and the kinds of them that only images have."""

from typing import Any

from ...core.errors import ParameterError
from .._checks import whole_number

__all__ = ["OWNER", "image_shape"]

OWNER = "ImageRecordIter"
"""Who complains about a parameter."""


def image_shape(owner: str, name: str, value: Any) -> tuple[int, int, int]:
    """Return (channels, height, width) as ints; ParameterError for what is no shape of an image."""
    try:
        channels, height, width = (whole_number(owner, name, each, 1) for each in value)
    except (TypeError, ValueError):
        channels = 0
    if channels not in {1, 3, 4}:
        raise ParameterError(
            f"{owner}: {name} must be (channels, height, width), with 1, 3 or 4 channels, "
            f"got {value!r}"
        )
    return channels, height, width
