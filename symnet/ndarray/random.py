"""Random numbers: one seed for all devices.

Source: docs/semantics §1.9.
"""

from numbers import Integral

import torch
from torch import Tensor

from ..core.context import Context
from ..core.errors import ArgumentError, DTypeError, shown
from ..operators.contract import Shape
from .array import NDArray
from .creation import empty

__all__ = ["rand", "rand_", "randn", "randn_", "srand"]


def srand(seed: int) -> None:
    """Seed the random numbers of all devices.

    Initialisation and the shuffling of data follow from it: after the same seed the same calls give
    the same results.

    Args:
        seed: a whole number from -2**63 to 2**64 - 1.

    Raises ArgumentError for anything else.

    >>> import symnet as mx
    >>> mx.srand(7)
    >>> first = mx.rand(0, 1, (3,)).asnumpy()
    >>> mx.srand(7)
    >>> bool((mx.rand(0, 1, (3,)).asnumpy() == first).all())
    True
    """
    if not isinstance(seed, Integral) or not -(2**63) <= seed < 2**64:
        raise ArgumentError(
            f"srand: a seed is a whole number from -2**63 to 2**64 - 1, got {shown(seed)}"
        )
    torch.manual_seed(int(seed))


def rand(
    low: float,
    high: float,
    shape: Shape | int | None = None,
    ctx: Context | None = None,
    *,
    out: NDArray | None = None,
) -> NDArray:
    """Return random numbers, uniform between two limits.

    Args:
        low: least number.
        high: limit above; it is not reached.
        shape: length of each axis of a new array of float32.
        ctx: where the new array lives, default ``cpu()``.
        out: an array to fill instead of a new one; it draws the same numbers.

    >>> import symnet as mx
    >>> mx.srand(0)
    >>> numbers = mx.rand(2, 5, (100,)).asnumpy()
    >>> bool((numbers >= 2).all() and (numbers < 5).all())
    True
    """
    return rand_(low, high, _target("rand", shape, ctx, out))


def rand_(low: float, high: float, out: NDArray) -> NDArray:
    """Fill an array with random numbers, uniform from low to below high, and return it.

    Args:
        low: least number.
        high: limit above; it is not reached.
        out: the array.

    Raises DTypeError where the elements are no floats.

    >>> import symnet as mx
    >>> mx.rand_(0, 1, mx.empty(3)).shape
    (3,)
    """
    if not low <= high:
        raise ArgumentError(f"rand_: low must be <= high, got {low} and {high}")
    _floats("rand_", out).uniform_(low, high)
    return out


def randn(
    mean: float,
    std: float,
    shape: Shape | int | None = None,
    ctx: Context | None = None,
    *,
    out: NDArray | None = None,
) -> NDArray:
    """Return random numbers, normally distributed.

    Args:
        mean: their mean.
        std: their standard deviation.
        shape: length of each axis of a new array of float32.
        ctx: where the new array lives, default ``cpu()``.
        out: an array to fill instead of a new one; it draws the same numbers.

    >>> import symnet as mx
    >>> mx.srand(0)
    >>> mx.randn(0, 1, (2, 3)).shape
    (2, 3)
    """
    return randn_(mean, std, _target("randn", shape, ctx, out))


def randn_(mean: float, std: float, out: NDArray) -> NDArray:
    """Fill an array with normally distributed random numbers, and return it.

    Args:
        mean: their mean.
        std: their standard deviation.
        out: the array.

    Raises DTypeError where the elements are no floats.

    >>> import symnet as mx
    >>> mx.randn_(0, 1, mx.empty(3)).shape
    (3,)
    """
    if not std >= 0:
        raise ArgumentError(f"randn_: std must be >= 0, got {std}")
    _floats("randn_", out).normal_(mean, std)
    return out


def _target(
    who: str, shape: Shape | int | None, ctx: Context | None, out: NDArray | None
) -> NDArray:
    if (shape is None) == (out is None) or (out is not None and ctx is not None):
        raise ArgumentError(f"{who}: give either a shape (and ctx), or out=")
    return empty(shape, context=ctx) if out is None else out


def _floats(who: str, out: NDArray) -> Tensor:
    """Return the tensor of an array in order to fill it."""
    if not isinstance(out, NDArray):
        raise ArgumentError(f"{who}: out must be an NDArray, got {type(out).__name__}")
    if not out.torch.is_floating_point():
        raise DTypeError(f"{who}: random numbers are floats, but the array is {out.dtype}")
    return out._writing()
