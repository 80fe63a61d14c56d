"""Which numbers an element type can hold, and arithmetic where the plain call would not do."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from ..core.arithmetic import DIVIDE, POWER, Number, Operation
from ..core.dtype import default_dtype, dtype_name
from ..core.errors import ArgumentError, DTypeError

__all__ = [
    "ELEMENTS",
    "FLOATS",
    "ElementType",
    "change",
    "element",
    "no_arithmetic",
    "operand",
    "own_dtype",
    "result_of",
    "result_of_reflected",
]

ElementType = torch.dtype
"""For annotations in the class that has a property `torch`."""

FLOATS = {
    dtype: torch.finfo(dtype).max
    for dtype in (torch.float32, torch.float64, torch.float16, torch.bfloat16)
}
"""The greatest number of each floating type."""

WHOLE = {
    dtype: (torch.iinfo(dtype).min, torch.iinfo(dtype).max)
    for dtype in (torch.uint8, torch.int8, torch.int32, torch.int64)
} | {torch.bool: (0, 1)}
"""The least and the greatest number of each type that has no fractions."""

ELEMENTS = frozenset([*FLOATS, *WHOLE])
"""Every element type that an NDArray can have."""


def own_dtype(data: object) -> torch.dtype:
    """Return the element type of an array made of data where none is asked for."""
    if not isinstance(data, Tensor):
        return default_dtype
    if data.dtype not in ELEMENTS:
        raise DTypeError(f"an NDArray has no elements of {data.dtype}; say which, dtype=…")
    return data.dtype


def element(number: Number, dtype: torch.dtype) -> float:
    """Return the element that a number becomes: truncated for whole numbers, rounded for floats.

    Raises DTypeError where an integer type has no such element.
    """
    if dtype is torch.bool:
        return bool(number)
    if dtype in FLOATS:
        value = _float(number)
        # What lies beyond becomes infinite, as when an array is converted; `fill_` would refuse.
        return value if abs(value) <= FLOATS[dtype] else _rounded(value, dtype)
    return _whole(number, dtype, "=")


def operand(number: Number, dtype: torch.dtype, sign: str) -> float:
    """Return a number as the operand beside an array.

    Raises DTypeError where the array's element type has no such number.
    """
    if dtype in FLOATS:
        return number if isinstance(number, float) else _float(number)
    whole = _whole(number, dtype, sign)
    if whole != number:
        raise DTypeError(
            f"{dtype_name(dtype)} {sign} {number}: not a whole number; "
            "convert the array with .astype('float32') first"
        )
    return whole


def no_arithmetic(sign: str) -> DTypeError:
    """Return the error for bool arrays, which have none."""
    return DTypeError(
        f"bool arrays have no arithmetic ({sign}); convert with .astype('float32') first"
    )


def result_of(operation: Operation, left: Tensor, right: Tensor | float) -> Tensor:
    """Compute with two tensors of one element type, or with a tensor and an `operand`.

    Quotients of whole numbers are truncated toward zero. Raises DTypeError for bools, ArgumentError
    where no whole number is the result.
    """
    dtype = left.dtype
    if dtype in FLOATS:
        if operation is POWER and not isinstance(right, Tensor):
            right = element(right, dtype)  # torch.pow refuses what is beyond the type
        return operation.function(left, right)
    if dtype is torch.bool:
        raise no_arithmetic(operation.sign)
    _check_whole(operation, right)
    return _quotient(left, right) if operation is DIVIDE else operation.function(left, right)


def result_of_reflected(operation: Operation, left: Any, right: Tensor) -> Tensor:
    """Compute ``number ∘ array``: the number becomes an element first.

    Handed over as a number, torch would multiply by the reciprocal, and round twice.
    """
    number = torch.scalar_tensor(element(left, right.dtype), dtype=right.dtype)
    return result_of(operation, number, right)


def change(operation: Operation, target: Tensor, right: Tensor | float, dtype: torch.dtype) -> None:
    """Compute in place, with an `operand` or a tensor of the same shape and element type.

    The tensor shares no part of the target's memory, or is the same memory: see `memory.apart`.
    """
    if dtype in FLOATS:
        operation.in_place(target, right)
    else:
        target.copy_(result_of(operation, target, right))


def _check_whole(operation: Operation, right: Any) -> None:
    """Raise ArgumentError where an operation on whole numbers has no whole number for a result."""
    if operation not in _NOT_WHOLE:
        return
    is_so, what = _NOT_WHOLE[operation]
    found = is_so(right)
    if bool(found.any()) if isinstance(found, Tensor) else found:
        raise ArgumentError(
            f"a whole number {what} is no whole number; "
            "convert the arrays with .astype('float32') first"
        )


_NOT_WHOLE: Mapping[Operation, tuple[Callable[[Any], Any], str]] = {
    DIVIDE: (lambda right: right == 0, "divided by 0"),
    POWER: (lambda right: right < 0, "to a negative power"),
}


def _float(number: Number) -> float:
    try:
        return float(number)
    except OverflowError:
        raise DTypeError("the number is beyond every float; float('inf') is one") from None


def _rounded(value: float, dtype: torch.dtype) -> float:
    return torch.scalar_tensor(value, dtype=torch.float64).to(dtype).item()


def _whole(number: Number, dtype: torch.dtype, sign: str) -> int:
    """Return a number without its fraction, once it is known to lie in the type's range."""
    least, greatest = WHOLE[dtype]
    try:
        whole = int(number)
        fits = least <= whole <= greatest
    except (ValueError, OverflowError):  # nan and the infinities
        fits = False
    if not fits:
        raise DTypeError(
            f"{dtype_name(dtype)} {sign} {number}: {dtype_name(dtype)} goes from {least} to "
            f"{greatest}; convert the array with .astype(...) first"
        )
    return whole


def _quotient(left: Tensor, right: Tensor | float) -> Tensor:
    # The least number over -1 stops the process on some machines; x / -1 is -x instead.
    if not isinstance(right, Tensor):
        return -left if right == -1 else torch.div(left, right, rounding_mode="trunc")
    if not right.dtype.is_signed:
        return torch.div(left, right, rounding_mode="trunc")
    turned = right == -1
    quotient = torch.div(left, right.masked_fill(turned, 1), rounding_mode="trunc")
    return torch.where(turned, -quotient, quotient)
