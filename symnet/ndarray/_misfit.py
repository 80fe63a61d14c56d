"""What is wrong with two arrays that cannot be operands of one operation."""

from typing import Protocol

from ..core.context import Context
from ..core.errors import DeviceError, DTypeError, MXError, ShapeError
from ..operators.contract import Shape

__all__ = ["misfit"]


class _TypedArray(Protocol):
    @property
    def shape(self) -> Shape: ...
    @property
    def dtype(self) -> str: ...
    @property
    def context(self) -> Context: ...


def misfit(left: _TypedArray, sign: str, right: _TypedArray) -> MXError:
    """Return the error for two arrays of which shape, element type or device differ."""
    if left.shape != right.shape:
        return ShapeError(
            f"{left.shape} {sign} {right.shape}: shapes must be equal, nothing is "
            "broadcast; reshape or repeat one operand first"
        )
    if left.dtype != right.dtype:
        return DTypeError(
            f"{left.dtype} {sign} {right.dtype}: convert one operand with .astype(...)"
        )
    return DeviceError(
        f"operands live on {left.context} and {right.context}; "
        f"copy one with .copy(mx.{left.context.device_type}({left.context.device_id}))"
    )
