"""The documents' functions of arrays: sizes, slices, copies, and arithmetic in place."""

from collections.abc import Sequence
from operator import index
from typing import overload

import numpy as np
import torch
from torch import Tensor

from ..core.arithmetic import (
    DIVIDE,
    MINUS,
    NUMBERS,
    PLUS,
    TIMES,
    Number,
    Operation,
    is_number,
)
from ..core.context import Context
from ..core.dtype import DTypeLike, to_torch
from ..core.errors import ArgumentError, DTypeError, ReadOnlyError, ShapeError
from ..operators.contract import Shape
from ..operators.dispatch import register_form
from ._memory import apart, overlaps
from .array import NDArray
from .elements import change
from .host import Host, copied_to_numpy, host_array

__all__ = [
    "add_to",
    "context",
    "convert",
    "copy",
    "copyto",
    "div_from",
    "eltype",
    "length",
    "mul_to",
    "ndims",
    "size",
    "slice",
    "sub_from",
]


@overload
def size(arr: NDArray) -> Shape: ...
@overload
def size(arr: NDArray, dim: int) -> int: ...
def size(arr: NDArray, dim: int | None = None) -> Shape | int:
    """Return the length of each axis, or of one of them.

    Args:
        arr: the array.
        dim: the axis; None for all.

    The documents' name; ``arr.size`` is the number of elements, as in NumPy.

    >>> arr = NDArray([[1, 2, 3], [4, 5, 6]])
    >>> size(arr), size(arr, 1), length(arr), ndims(arr), eltype(arr)
    ((2, 3), 3, 6, 2, 'float32')
    """
    shape = _array("size", arr).shape
    if dim is None:
        return shape
    try:
        axis = index(dim)
    except TypeError:
        raise ArgumentError(f"size: an axis is a whole number, got {dim!r}") from None
    if not -len(shape) <= axis < len(shape):
        raise ShapeError(f"no axis {axis}: shape {shape} has {len(shape)} axes, from 0")
    return shape[axis]


def length(arr: NDArray) -> int:
    """Return the number of elements; ``len(arr)`` is the number of rows, as in NumPy.

    Args:
        arr: the array.

    >>> import symnet as mx
    >>> mx.length(mx.ones(2, 3))
    6
    """
    return _array("length", arr).size


def ndims(arr: NDArray) -> int:
    """Return the number of axes.

    Args:
        arr: the array.

    >>> import symnet as mx
    >>> mx.ndims(mx.ones(2, 3))
    2
    """
    return _array("ndims", arr).ndim


def eltype(arr: NDArray) -> str:
    """Return the name of the element type, as ``"float32"``."""
    return _array("eltype", arr).dtype


def context(arr: NDArray) -> Context:
    """Return the context that an array lives on.

    Args:
        arr: the array.

    >>> context(NDArray([1, 2]))
    CPU0
    """
    return _array("context", arr).context


def slice(arr: NDArray, start: int, stop: int) -> NDArray:
    """Return rows ``start`` to ``stop`` of an array, sharing memory; see `NDArray.slice`."""
    return _array("slice", arr).slice(start, stop)


def _is_rows(*given: object, **named: object) -> bool:
    """Whether a call of ``mx.slice`` is the documents' form; the operator's gives tuples."""
    rows = len(given) == 3 and not any(isinstance(each, tuple | list | str) for each in given[1:])
    return rows or not named.keys().isdisjoint(("arr", "start", "stop"))


register_form("slice", slice, _is_rows)


def _array(who: str, arr: NDArray) -> NDArray:
    if not isinstance(arr, NDArray):
        raise ArgumentError(f"{who} takes an NDArray, got {type(arr).__name__}")
    return arr


@overload
def copy(source: NDArray | Tensor | Host, context: None = None) -> np.ndarray: ...
@overload
def copy(source: NDArray | Tensor | Host, context: Context) -> NDArray: ...
def copy(source: NDArray | Tensor | Host, context: Context | None = None) -> NDArray | np.ndarray:
    """Copy to NumPy, or to an NDArray where a context is given.

    >>> copy(NDArray([1, 2]) * 4)
    array([4., 8.], dtype=float32)
    """
    if context is not None:
        return source.copy(context) if isinstance(source, NDArray) else NDArray(source, context)
    return source.asnumpy() if isinstance(source, NDArray) else host_array(source).copy()


def convert(dtype: DTypeLike, arr: NDArray) -> np.ndarray:
    """Return a copy as a NumPy array with an element type; floats become integers by truncation.

    Args:
        dtype: the element type.
        arr: the array.

    The documents' order: the type comes first. Raises DTypeError for what is no element type, and
    for bfloat16, which NumPy lacks.

    >>> convert("int64", NDArray([1.5, -1.5]))
    array([ 1, -1])
    """
    kind = to_torch(dtype)
    if kind is torch.bfloat16:
        raise DTypeError("convert: NumPy has no bfloat16; float32 holds all its numbers")
    return copied_to_numpy(_array("convert", arr).torch.to(kind))


@overload
def copyto(destination: NDArray, source: NDArray | Tensor | Host) -> NDArray: ...
@overload
def copyto(destination: np.ndarray, source: NDArray | Tensor | Host) -> np.ndarray: ...
def copyto(
    destination: NDArray | np.ndarray, source: NDArray | Tensor | Host
) -> NDArray | np.ndarray:
    """Copy the contents of one array into another of the same shape, and return that one.

    Args:
        destination: what is written.
        source: what is read: an array, or a number or list.

    Either may be an NDArray or a NumPy array; element types are converted. Copying an array onto
    itself changes nothing; the documents' warning is left out, for nothing is wrong then.

    >>> import symnet as mx
    >>> mx.copyto(mx.zeros(2), mx.array([1, 2]))
    NDArray([1., 2.], float32, CPU0)
    """
    if not isinstance(source, NDArray) and is_number(source):
        raise ArgumentError(
            f"copyto: the source must be an array, got {source!r}; arr[:] = … fills"
        )
    if isinstance(destination, NDArray):
        destination._assign(source)
        return destination
    if not isinstance(destination, np.ndarray):
        raise ArgumentError(
            f"copyto: the destination must be an NDArray or a NumPy array, got {destination!r}"
        )
    if not destination.flags.writeable:
        raise ReadOnlyError("copyto: the destination may only be read")
    found = host_array(source)
    if found.shape != destination.shape:
        raise ShapeError(f"cannot copy shape {found.shape} into shape {destination.shape}")
    destination[...] = found
    return destination


def add_to(destination: NDArray, *addends: NDArray | Number) -> NDArray:
    """Add numbers or arrays into an array, in place, and return it.

    Args:
        destination: the array.
        addends: numbers, or arrays of the same shape.

    All are checked before anything is added, and added as they were before.

    >>> a = NDArray([1, 2])
    >>> add_to(a, a, a, 0.5)
    NDArray([3.5, 6.5], float32, CPU0)
    """
    return _change("add_to", PLUS, destination, addends)


def sub_from(destination: NDArray, *subtrahends: NDArray | Number) -> NDArray:
    """Subtract numbers or arrays from an array, in place, and return it; as `add_to` adds them.

    Args:
        destination: the array.
        subtrahends: numbers, or arrays of the same shape.

    >>> import symnet as mx
    >>> mx.sub_from(mx.array([6, 8]), 2, mx.ones(2))
    NDArray([3., 5.], float32, CPU0)
    """
    return _change("sub_from", MINUS, destination, subtrahends)


def mul_to(destination: NDArray, other: NDArray | Number) -> NDArray:
    """Multiply an array by a number or an array, in place, and return it.

    Args:
        destination: the array.
        other: a number, or an array of the same shape.

    >>> import symnet as mx
    >>> mx.mul_to(mx.array([6, 8]), 2)
    NDArray([12., 16.], float32, CPU0)
    """
    return _change("mul_to", TIMES, destination, (other,))


def div_from(destination: NDArray, other: NDArray | Number) -> NDArray:
    """Divide an array by a number or an array, in place, and return it.

    Args:
        destination: the array.
        other: a number, or an array of the same shape.

    >>> import symnet as mx
    >>> mx.div_from(mx.array([6, 8]), 2)
    NDArray([3., 4.], float32, CPU0)
    """
    return _change("div_from", DIVIDE, destination, (other,))


def _change(
    who: str, operation: Operation, destination: NDArray, others: Sequence[NDArray | Number]
) -> NDArray:
    if not isinstance(destination, NDArray):
        raise ArgumentError(
            f"{who}: the destination must be an NDArray, got {type(destination).__name__}"
        )
    for other in others:
        if not isinstance(other, (NDArray, NUMBERS)):
            raise ArgumentError(
                f"{who}: an operand must be an NDArray or a number, got {type(other).__name__}; "
                "mx.array(...) makes an NDArray of host data"
            )
    target = destination._writing()
    dtype = target.dtype
    operands = [destination._operand(operation.sign, other, dtype) for other in others]
    if len(operands) > 1:  # the first one added must not change the next
        operands = [_kept(each, target) for each in operands]
    for each in operands:
        change(operation, target, apart(each, target) if isinstance(each, Tensor) else each, dtype)
    return destination


def _kept(operand: Tensor | float, target: Tensor) -> Tensor | float:
    if isinstance(operand, Tensor) and overlaps(operand, target):
        return operand.clone()
    return operand
