"""Functions that make arrays: ``mx.nd.zeros``, ``mx.nd.array``, …

Source: Apache MXNet 1.9.1, ``mxnet.ndarray``.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...core.context import Context as CoreContext
from ...core.errors import ArgumentError
from ...ndarray import NDArray as CoreArray
from ...ndarray import array as core_array
from ...ndarray import from_dlpack as core_from_dlpack
from ...ndarray.eager import create
from ...operators.contract import OPERATORS
from ..calls import make_operator
from ..context import current_context
from .array import NDArray, wrap

__all__ = [
    "arange",
    "array",
    "empty",
    "eye",
    "from_dlpack",
    "from_numpy",
    "full",
    "linspace",
    "made",
    "ones",
    "zeros",
]


def made(name: str, ctx: CoreContext | None, out: Any = None, **parameters: Any) -> Any:
    """Return what an operator without inputs makes, on a context.

    Args:
        name: the operator's.
        ctx: the context, default that of ``out``, else the current one.
        out: an array to write into instead.
        parameters: the operator's; None stands for its default.
    """
    given = {key: value for key, value in parameters.items() if value is not None}
    op = make_operator(OPERATORS[name], given)
    place = ctx if ctx is not None or out is not None else current_context()
    return wrap(create(op, place, out))


def array(source_array: Any, ctx: CoreContext | None = None, dtype: Any = None) -> NDArray:
    """Copy data into a new array.

    Args:
        source_array: an array of NumPy, a list, a number or an NDArray.
        ctx: where it will live, default the current context.
        dtype: element type, default that of an NDArray, else float32.
    """
    kind = "float32" if dtype is None and not isinstance(source_array, CoreArray) else dtype
    found: NDArray = wrap(core_array(source_array, ctx or current_context(), kind))
    return found


def empty(
    shape: int | Sequence[int],
    ctx: CoreContext | None = None,
    dtype: Any = None,
    stype: str | None = None,
) -> NDArray:
    """Return an array whose numbers are not set."""
    return zeros(shape, ctx, dtype, stype)


def zeros(
    shape: int | Sequence[int],
    ctx: CoreContext | None = None,
    dtype: Any = None,
    stype: str | None = None,
    out: Any = None,
) -> NDArray:
    """Return an array of zeros.

    Args:
        shape: length of each axis.
        ctx: where it will live, default the current context.
        dtype: element type, default float32.
        stype: the storage type; only ``"default"``.
        out: an array to write into instead of a new one.
    """
    if stype not in (None, "default"):
        raise ArgumentError(f"symnet has no sparse arrays, so none of stype {stype!r}")
    found: NDArray = made("_zeros", ctx, out, shape=shape, dtype=dtype)
    return found


def ones(
    shape: int | Sequence[int], ctx: CoreContext | None = None, dtype: Any = None, out: Any = None
) -> NDArray:
    """Return an array of ones; arguments as for `zeros`."""
    found: NDArray = made("_ones", ctx, out, shape=shape, dtype=dtype)
    return found


def full(
    shape: int | Sequence[int],
    val: float,
    ctx: CoreContext | None = None,
    dtype: Any = np.float32,
    out: Any = None,
) -> NDArray:
    """Return an array with every element set to a number."""
    found: NDArray = made("_full", ctx, out, shape=shape, value=val, dtype=dtype)
    return found


def arange(
    start: float,
    stop: float | None = None,
    step: float = 1.0,
    repeat: int = 1,
    infer_range: bool | None = None,
    ctx: CoreContext | None = None,
    dtype: Any = np.float32,
) -> NDArray:
    """Return numbers at equal steps from start to below stop, each one repeated.

    Without ``stop`` they go from 0 to below ``start``.
    """
    found: NDArray = made(
        "_arange", ctx, start=start, stop=stop, step=step, repeat=repeat, dtype=dtype
    )
    return found


def linspace(
    start: float,
    stop: float,
    num: int,
    endpoint: bool = True,
    ctx: CoreContext | None = None,
    dtype: Any = np.float32,
) -> NDArray:
    """Return so many numbers at equal distances from start to stop."""
    found: NDArray = made(
        "_linspace", ctx, start=start, stop=stop, num=num, endpoint=endpoint, dtype=dtype
    )
    return found


def eye(
    N: int, M: int = 0, k: int = 0, ctx: CoreContext | None = None, dtype: Any = None
) -> NDArray:
    """Return a matrix of ones on one diagonal, zeros elsewhere.

    Args:
        N: number of rows.
        M: number of columns, default N.
        k: the diagonal: 0 the main one, above it 1, 2, …, below it -1, -2, …
        ctx: where it will live, default the current context.
        dtype: element type, default float32.
    """
    found: NDArray = made("_eye", ctx, N=N, M=M, k=k, dtype=dtype)
    return found


def from_numpy(ndarray: np.ndarray, zero_copy: bool = True, array_cls: type = NDArray) -> NDArray:
    """Return an array over the memory of NumPy's, or a copy.

    Args:
        ndarray: the array.
        zero_copy: whether to share memory; the NumPy array can no longer be written then.
        array_cls: `NDArray`, there is no other.
    """
    if array_cls is not NDArray:
        raise ArgumentError(f"from_numpy makes an NDArray, not {array_cls!r}")
    if zero_copy:
        shared = from_dlpack(ndarray)
        ndarray.flags.writeable = False
        return shared
    return array(ndarray, dtype=ndarray.dtype)


def from_dlpack(dlpack: Any) -> NDArray:
    """Return an array over the memory of another library's."""
    found: NDArray = wrap(core_from_dlpack(dlpack))
    return found
