"""Functions that make arrays."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from ..arithmetic import Number, is_number
from ..context import Context
from ..dtype import DTypeLike, to_torch
from ..errors import ArgumentError
from ..op import Shape
from .array import NDArray, over
from .elements import element
from .host import Host
from .shapes import located, read_shape

__all__ = ["array", "empty", "full", "ones", "zeros"]


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
    """
    dims, place = _place(shape, context)
    return over(torch.empty(dims, dtype=to_torch(dtype), device=place.device), place)


def zeros(*shape: Any, context: Context | None = None, dtype: DTypeLike = "float32") -> NDArray:
    """Allocate an array of zeros; arguments as for `empty`.

    >>> zeros(2, 3).shape
    (2, 3)
    """
    dims, place = _place(shape, context)
    return over(torch.zeros(dims, dtype=to_torch(dtype), device=place.device), place)


def ones(*shape: Any, context: Context | None = None, dtype: DTypeLike = "float32") -> NDArray:
    """Allocate an array of ones; arguments as for `empty`.

    >>> ones((2,))
    NDArray([1., 1.], float32, CPU0)
    """
    dims, place = _place(shape, context)
    return over(torch.ones(dims, dtype=to_torch(dtype), device=place.device), place)


def full(
    shape: int | Sequence[int],
    value: Number,
    context: Context | None = None,
    dtype: DTypeLike = "float32",
) -> NDArray:
    """Allocate an array with every element set to a number.

    >>> full((2,), 7, dtype="int32")
    NDArray([7, 7], int32, CPU0)
    """
    if not is_number(value):
        raise ArgumentError(f"full: the value must be a number, got {value!r}")
    dims, place, kind = read_shape((shape,)), located(context), to_torch(dtype)
    return over(torch.full(dims, element(value, kind), dtype=kind, device=place.device), place)
