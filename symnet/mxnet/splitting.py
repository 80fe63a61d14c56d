"""Where an array is cut: what ``split_v2`` says of it, for arrays and symbols."""

from typing import Any

from ..core.arithmetic import is_number
from ..core.errors import ArgumentError

__all__ = ["split_options"]


def split_options(length: int | None, indices_or_sections: Any) -> dict[str, Any]:
    """Return the parameters ``indices`` and ``sections`` of an axis to cut.

    Raises ArgumentError where it cannot be cut into so many equal parts.
    """
    if not is_number(indices_or_sections):
        return {"indices": (0, *indices_or_sections), "sections": 0}
    sections = int(indices_or_sections)
    if length is not None and length % sections:
        raise ArgumentError(f"split_v2: {length} cannot be cut into {sections} equal parts")
    return {"indices": (), "sections": sections}
