"""Functions that make arrays."""

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import torch
from torch import Tensor

from ..core.arithmetic import Number, is_number
from ..core.context import Context, cpu, gpu
from ..core.dtype import DTypeLike, dtype_name, to_torch
from ..core.errors import ArgumentError, DeviceError
from ..operators.contract import Shape
from ._dlpack import Exporter, imported
from ._shapes import located, read_shape
from .array import NDArray, over
from .elements import element
from .host import Host

__all__ = ["array", "empty", "from_dlpack", "full", "ones", "zeros"]


def array(
    data: Host | Tensor | NDArray,
    context: Context | None = None,
    dtype: DTypeLike | None = None,
) -> NDArray:
    """Copy data into a new NDArray.

    Args:
        data: a NumPy array, a (nested) list, a number, a tensor or an NDArray.
        context: where the array will live, default ``cpu()``.
        dtype: element type; default that of a tensor or NDArray, float32 for everything else.

    >>> array([1, 2])
    NDArray([1., 2.], float32, CPU0)
    """
    return NDArray(data, context, dtype)


def _place(arguments: tuple[Any, ...], context: Context | None) -> tuple[Shape, Context]:
    """Read ``(shape[, context])`` and ``(d1, d2, …[, context])`` alike."""
    if arguments and isinstance(arguments[-1], Context):
        if context is not None:
            raise ArgumentError(f"two contexts, {arguments[-1]} and context={context}; give one")
        context, arguments = arguments[-1], arguments[:-1]
    return read_shape(arguments), located(context)


def empty(*shape: Any, context: Context | None = None, dtype: DTypeLike = "float32") -> NDArray:
    """Allocate an array with uninitialised contents.

    Args:
        shape: ``empty((2, 3))`` or ``empty(2, 3)``; a context may follow, ``empty(2, 3, gpu())``.
        context: where the array will live, default ``cpu()``.
        dtype: element type, default float32.

    >>> import symnet as mx
    >>> mx.empty(2, 3).shape
    (2, 3)
    """
    return allocated(torch.empty, *_place(shape, context), to_torch(dtype))


def zeros(*shape: Any, context: Context | None = None, dtype: DTypeLike = "float32") -> NDArray:
    """Allocate an array of zeros; arguments as for `empty`.

    >>> zeros(2, 3).shape
    (2, 3)
    """
    return allocated(torch.zeros, *_place(shape, context), to_torch(dtype))


def ones(*shape: Any, context: Context | None = None, dtype: DTypeLike = "float32") -> NDArray:
    """Allocate an array of ones; arguments as for `empty`.

    >>> ones((2,))
    NDArray([1., 1.], float32, CPU0)
    """
    return allocated(torch.ones, *_place(shape, context), to_torch(dtype))


def full(
    shape: int | Sequence[int],
    value: Number,
    context: Context | None = None,
    dtype: DTypeLike = "float32",
) -> NDArray:
    """Allocate an array with every element set to a number.

    Args:
        shape: the length of each axis.
        value: the number.
        context: where the array will live, default ``cpu()``.
        dtype: element type, default float32.

    >>> full((2,), 7, dtype="int32")
    NDArray([7, 7], int32, CPU0)
    """
    if not is_number(value):
        raise ArgumentError(f"full: the value must be a number, got {value!r}")
    dims, place, kind = read_shape((shape,)), located(context), to_torch(dtype)
    made = allocated(torch.empty, dims, place, kind)
    made.torch.fill_(element(value, kind))
    return made


def from_dlpack(data: Exporter) -> NDArray:
    """Return an NDArray over the memory of another library's array.

    Nothing is copied: what one writes, the other sees. Where the other may only be read, as all
    arrays of JAX, the NDArray is read-only too.

    Args:
        data: an array that has ``__dlpack__``: torch's, NumPy's, JAX's, CuPy's; on the CPU or a
            CUDA device.

    Raises ArgumentError where torch cannot take it, DTypeError for elements that an NDArray does
    not have, DeviceError for other devices. BufferError comes from the other library.

    >>> import numpy as np
    >>> host = np.zeros(2, "float32")
    >>> arr = from_dlpack(host)
    >>> arr += 1
    >>> host
    array([1., 1.], dtype=float32)
    """
    tensor, writable = imported(data)
    device = tensor.device
    if device.type not in ("cpu", "cuda"):
        raise DeviceError(f"an NDArray lives on the CPU or a CUDA device, not on {device}")
    place = cpu() if device.type == "cpu" else gpu(device.index)
    return NDArray.wrap(tensor, place, writable=writable)


def allocated(
    make: Callable[..., Tensor], shape: Shape, place: Context, dtype: torch.dtype
) -> NDArray:
    """Return a new array that torch makes; DeviceError, with the bytes, where there is no room."""
    device = place.device
    try:
        return over(make(shape, dtype=dtype, device=device), place)
    except (RuntimeError, TypeError) as error:  # too much for the memory, or for a number of bytes
        raise DeviceError(
            f"{place} has no room for an array of shape {shape}, {dtype_name(dtype)}: "
            f"{prod(shape) * dtype.itemsize:,} bytes"
        ) from error
