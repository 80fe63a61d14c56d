"""Element types: our name, torch's dtype and the number that stands for it in files.

One table; everything that needs to translate between the three reads it here.
"""

from contextlib import suppress
from typing import NamedTuple

import numpy as np
import torch

from .errors import DTypeError, listed, suggest

__all__ = [
    "DTypeLike",
    "default_dtype",
    "dtype_flag",
    "dtype_from_flag",
    "dtype_name",
    "holds",
    "to_torch",
]


class _DTypeRow(NamedTuple):
    name: str
    torch: torch.dtype
    flag: int


# The flags are those of MXNet's file formats (docs/semantics §1.2).
_ROWS = (
    _DTypeRow("float32", torch.float32, 0),
    _DTypeRow("float64", torch.float64, 1),
    _DTypeRow("float16", torch.float16, 2),
    _DTypeRow("uint8", torch.uint8, 3),
    _DTypeRow("int32", torch.int32, 4),
    _DTypeRow("int8", torch.int8, 5),
    _DTypeRow("int64", torch.int64, 6),
    _DTypeRow("bool", torch.bool, 7),
    _DTypeRow("bfloat16", torch.bfloat16, 12),
)
_BY_NAME = {row.name: row for row in _ROWS}
_BY_TORCH = {row.torch: row for row in _ROWS}
_BY_FLAG = {row.flag: row for row in _ROWS}

default_dtype = torch.float32

DTypeLike = str | torch.dtype | np.dtype | type
"""Whatever names an element type: ``"float32"``, ``torch.float32``, ``np.float32``, ``float``."""


def to_torch(dtype: DTypeLike) -> torch.dtype:
    """Return torch's dtype for any spelling of an element type.

    Raises DTypeError where symnet has no such type.

    >>> to_torch("float16"), to_torch(np.int32)
    (torch.float16, torch.int32)
    """
    if isinstance(dtype, torch.dtype):
        if dtype in _BY_TORCH:
            return dtype
        name = str(dtype)
    elif isinstance(dtype, str):
        name = dtype
    else:
        name = _numpy_name(dtype)
    row = _BY_NAME.get(name)
    if row is None:
        raise DTypeError(f"no element type {name!r}{suggest(name, _BY_NAME)} {listed(_BY_NAME)}")
    return row.torch


def _numpy_name(dtype: object) -> str:
    # NumPy takes None for float64, and reads structures out of lists and dicts.
    if isinstance(dtype, (type, np.dtype)):
        with suppress(TypeError, ValueError):
            return np.dtype(dtype).name
    raise DTypeError(
        f"no element type {dtype!r}: give a name as 'float32', or torch's or NumPy's type"
    )


def dtype_name(dtype: torch.dtype) -> str:
    """Return our name of a torch dtype: ``"float32"``."""
    return _BY_TORCH[to_torch(dtype)].name


def dtype_flag(dtype: torch.dtype) -> int:
    """Return the number that stands for a dtype in MXNet's files."""
    return _BY_TORCH[to_torch(dtype)].flag


def dtype_from_flag(flag: int) -> torch.dtype | None:
    """Return the dtype behind a number read from a file, None where the number means nothing."""
    row = _BY_FLAG.get(flag)
    return None if row is None else row.torch


def holds(dtype: torch.dtype, number: float) -> bool:
    """Tell whether an element type has a number, cut to a whole one where it has whole ones alone.

    >>> holds(torch.int8, 127.5), holds(torch.int8, 128), holds(torch.int8, float("nan"))
    (True, False, False)
    """
    if dtype.is_floating_point or dtype is torch.bool:
        return True
    limits = torch.iinfo(dtype)
    return limits.min - 1 < number < limits.max + 1
