"""Data of the host as tensors: NumPy arrays, lists, numbers; and tensors as NumPy arrays."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..arithmetic import NUMBERS, Number
from ..errors import ArgumentError, DTypeError, ShapeError

__all__ = ["Host", "copied_to_numpy", "host_array", "host_tensor", "is_shareable"]

Host = np.ndarray | Sequence[Any] | Number
"""Whatever NumPy can turn into an array of numbers."""

_REAL_KINDS = "biuf"


def host_array(data: object) -> np.ndarray:
    """Return host data as a NumPy array of real numbers, sharing memory where it can.

    Raises DTypeError, ShapeError or ArgumentError for what is no array of real numbers.
    """
    if isinstance(data, Tensor):
        return copied_to_numpy(host_tensor(data))
    try:
        found = np.asarray(data)
    except ValueError as error:
        if "inhomogeneous" not in str(error):
            raise
        raise ShapeError(f"{_who(data)}: its rows differ in length") from None
    if found.dtype.kind in _REAL_KINDS:
        return found
    if found.dtype.kind == "O":
        return _from_objects(found, data)
    way_out = "; take .real or np.abs(...) of it" if found.dtype.kind == "c" else ""
    raise DTypeError(f"{_who(data)}: elements must be real numbers, not {found.dtype}{way_out}")


def _from_objects(found: np.ndarray, data: object) -> np.ndarray:
    """Read what NumPy has no element type for, as fractions and long integers."""
    strange = {type(one).__name__ for one in found.flat if not isinstance(one, NUMBERS)}
    if strange:
        raise ArgumentError(
            f"{_who(data)}: elements must be real numbers, not {', '.join(sorted(strange))}"
        )
    try:
        return found.astype(np.float64)
    except OverflowError:
        raise DTypeError(f"{_who(data)}: a number in it is beyond every float") from None


def _who(data: object) -> str:
    return f"cannot make an array of this {type(data).__name__}"


def host_tensor(data: object) -> Tensor:
    """Return host data or a tensor as a tensor of real numbers, sharing memory where it can."""
    if isinstance(data, Tensor):
        if data.is_complex():
            raise DTypeError(
                f"{_who(data)}: elements must be real numbers, not {data.dtype}; "
                "take .real or .abs() of it"
            )
        return data.detach()
    found = host_array(data)
    if found.dtype.itemsize > 8:  # long double, which torch lacks
        found = found.astype(np.float64)
    if not (found.flags.carray and found.dtype.isnative):
        # torch shares no memory that is read-only, foreign in byte order, or runs backward.
        found = np.array(found, dtype=found.dtype.newbyteorder("="), order="C")
    return torch.from_numpy(found)


def copied_to_numpy(tensor: Tensor) -> np.ndarray:
    """Return a copy of a tensor as a NumPy array; bfloat16, which NumPy lacks, as float32."""
    kind = torch.float32 if tensor.dtype == torch.bfloat16 else tensor.dtype
    kept = torch.contiguous_format
    return tensor.detach().to("cpu", kind, copy=True, memory_format=kept).numpy()


def is_shareable(tensor: Tensor) -> bool:
    """Tell whether NumPy can see the tensor's own memory; it lacks bfloat16."""
    return tensor.device.type == "cpu" and tensor.dtype != torch.bfloat16
