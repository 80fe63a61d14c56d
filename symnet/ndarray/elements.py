"""Which numbers an element type can hold, and arithmetic where elements are whole numbers."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from ..arithmetic import DIVIDE, POWER, Binary, Number
from ..dtype import dtype_name
from ..errors import ArgumentError, DTypeError
from .memory import apart

__all__ = ["ELEMENTS", "change", "element", "operand", "result_of"]

FLOATS = {
    dtype: torch.finfo(dtype).max
    for dtype in (torch.float32, torch.float64, torch.float16, torch.bfloat16)
}
"""The greatest number of each floating type."""

WHOLE = {
    dtype: (torch.iinfo(dtype).min, torch.iinfo(dtype).max)
    for dtype in (torch.uint8, torch.int8, torch.int32, torch.int64)
}
"""The least and the greatest number of each integer type."""

ELEMENTS = frozenset([*FLOATS, *WHOLE, torch.bool])
"""Every element type that an NDArray can have."""


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


def operand(number: Number, dtype: torch.dtype, operation: Binary) -> float:
    """Return a number as the operand beside an array.

    Raises DTypeError where the array's element type has no such number.
    """
    if dtype in FLOATS:
        return _float(number)
    whole = _whole(number, dtype, operation.sign)
    if whole != number:
        raise DTypeError(
            f"{dtype_name(dtype)} {operation.sign} {number}: not a whole number; "
            "convert the array with .astype('float32') first"
        )
    return whole


def result_of(operation: Binary, left: Any, right: Any) -> Tensor:
    """Compute with two tensors of one element type, or with one tensor and an `operand`.

    Quotients of whole numbers are truncated toward zero. Raises ArgumentError where no whole number
    is the result.
    """
    dtype = (left if isinstance(left, Tensor) else right).dtype
    if dtype not in FLOATS:
        _check_whole(operation, right)
        if operation is DIVIDE:
            return _quotient(left, right)
    elif operation is DIVIDE and not isinstance(left, Tensor):
        # torch would multiply by the reciprocal, and round twice.
        left = torch.scalar_tensor(left, dtype=dtype)
    result: Tensor = operation.function(left, right)
    return result


def change(operation: Binary, target: Tensor, right: Any) -> None:
    """Compute in place, with a tensor of the same shape and element type or with an `operand`."""
    if isinstance(right, Tensor):
        right = apart(right, target)
    if operation is not DIVIDE or target.dtype in FLOATS:
        operation.in_place(target, right)
    else:
        target.copy_(result_of(operation, target, right))


def _check_whole(operation: Binary, right: Any) -> None:
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


_NOT_WHOLE: Mapping[Binary, tuple[Callable[[Any], Any], str]] = {
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


def _quotient(left: Any, right: Any) -> Tensor:
    # The least number over -1 stops the process on some machines; x / -1 is -x instead.
    if not isinstance(right, Tensor):
        return -left if right == -1 else torch.div(left, right, rounding_mode="trunc")
    dividend = torch.as_tensor(left, dtype=right.dtype)
    if not right.dtype.is_signed:
        return torch.div(dividend, right, rounding_mode="trunc")
    turned = right == -1
    quotient = torch.div(dividend, right.masked_fill(turned, 1), rounding_mode="trunc")
    return torch.where(turned, -quotient, quotient)
