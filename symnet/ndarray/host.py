"""Data of the host as tensors: NumPy arrays, lists, numbers; and tensors as NumPy arrays."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..core.arithmetic import NUMBERS, Number
from ..core.context import Context
from ..core.dtype import dtype_name
from ..core.errors import ArgumentError, DTypeError, MXError, ShapeError
from ._memory import fresh, lend

__all__ = [
    "Host",
    "check_unmasked",
    "copied_to_numpy",
    "host_array",
    "host_tensor",
    "is_shareable",
    "numpy_over",
]

Host = np.ndarray | Sequence[Any] | Number
"""Whatever NumPy can turn into an array of numbers."""

_REAL_KINDS = "biuf"


def host_array(data: object) -> np.ndarray:
    """Return host data as a NumPy array of real numbers, sharing memory where it can.

    Raises DTypeError, ShapeError or ArgumentError for what is no array of real numbers.
    """
    if isinstance(data, Tensor):
        return copied_to_numpy(host_tensor(data))
    check_unmasked(data, _who(data))
    try:
        found = np.asarray(data)
    except MXError:
        raise
    except Exception as error:  # whatever the data itself raises while NumPy looks at it
        if "inhomogeneous" in str(error):
            raise ShapeError(f"{_who(data)}: its rows differ in length") from None
        raise ArgumentError(f"{_who(data)}: {error}") from error
    if found.dtype.kind in _REAL_KINDS:
        return found
    if found.dtype.kind == "O":
        return _from_objects(found, data)
    way_out = "; take .real or np.abs(...) of it" if found.dtype.kind == "c" else ""
    raise DTypeError(f"{_who(data)}: elements must be real numbers, not {found.dtype}{way_out}")


def check_unmasked(data: object, who: str) -> None:
    """Raise ArgumentError for a NumPy array with masked elements, which have no value.

    Args:
        data: any data.
        who: what the error begins with.
    """
    if isinstance(data, np.ma.MaskedArray) and np.ma.is_masked(data):
        raise ArgumentError(
            f"{who}: {np.count_nonzero(data.mask)} of its {data.size} elements are masked; "
            "fill them with .filled(value), or leave their rows out"
        )


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
        return _dense(data)
    found = host_array(data)
    # Torch lacks long double, and C's second name for long integers.
    known = np.dtype(f"{found.dtype.kind}{min(found.dtype.itemsize, 8)}")
    if not (found.flags.carray and found.dtype.isnative and found.dtype.num == known.num):
        # torch shares no memory that is read-only, foreign in byte order, or runs backward.
        copied = np.empty(found.shape, known)  # NumPy's converters leave one name of two as it is
        copied[...] = found
        found = copied
    return torch.from_numpy(found)


def _dense(tensor: Tensor) -> Tensor:
    if tensor.is_complex():
        raise DTypeError(
            f"{_who(tensor)}: elements must be real numbers, not {tensor.dtype}; "
            "take .real or .abs() of it"
        )
    check_dense(tensor, _who(tensor))
    return tensor.detach()


def check_dense(tensor: Tensor, who: str) -> None:
    """Raise ArgumentError for a tensor whose numbers do not lie in memory as an array's do.

    Args:
        tensor: the tensor.
        who: what the error begins with.
    """
    if tensor.layout is not torch.strided or tensor.is_quantized or tensor.is_nested:
        raise ArgumentError(
            f"{who}: it is sparse, quantized or nested; call .to_dense(), .dequantize() or "
            ".to_padded_tensor(0) first"
        )
    if tensor.is_meta:
        raise ArgumentError(f"{who}: it is on torch's meta device, which holds no numbers")


def copied_to_numpy(tensor: Tensor) -> np.ndarray:
    """Return a copy of a tensor as a NumPy array; bfloat16, which NumPy lacks, as float32."""
    kind = torch.float32 if tensor.dtype == torch.bfloat16 else tensor.dtype
    return fresh(tensor.detach(), torch.device("cpu"), kind).numpy()


def is_shareable(tensor: Tensor) -> bool:
    """Tell whether NumPy can see the tensor's own memory; it lacks bfloat16."""
    return tensor.device.type == "cpu" and tensor.dtype != torch.bfloat16


def numpy_over(
    tensor: Tensor, context: Context, writable: bool, dtype: Any, copy: bool | None
) -> np.ndarray:
    """Return a NumPy array over a tensor's memory, or a copy, as NumPy asks for in ``__array__``.

    Raises ArgumentError where there has to be a copy, and ``copy=False`` forbids it.
    """
    shared = is_shareable(tensor) and not copy
    found = tensor.numpy() if shared else copied_to_numpy(tensor)
    if shared and writable:
        lend(tensor)
    elif shared:
        found.flags.writeable = False
    wanted = found if dtype is None else found.astype(dtype, copy=False)
    if copy is False and not (shared and wanted is found):
        raise ArgumentError(
            f"NumPy needs a copy of {dtype_name(tensor.dtype)} on {context} for an array of "
            f"{wanted.dtype}; leave copy=False out"
        )
    return wanted
