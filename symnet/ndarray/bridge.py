"""NDArrays as NumPy arrays for a while: over the same memory where that is possible."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
from torch import Tensor

from ..core.errors import ArgumentError, ShapeError
from ._memory import overlaps, write
from .array import NDArray
from .host import host_tensor, is_shareable

__all__ = ["HostArrays", "is_shared", "nd_as_numpy", "try_get_shared"]


def try_get_shared(arr: NDArray) -> np.ndarray:
    """Return a NumPy array over the array's memory, or a copy where NumPy cannot reach it.

    Args:
        arr: the array.

    NumPy reaches the CPU's memory, and every element type but bfloat16. What a read-only array
    shares is read-only.

    >>> arr = NDArray([1, 2])
    >>> host = try_get_shared(arr)
    >>> host[0] = 5
    >>> arr, is_shared(host, arr)
    (NDArray([5., 2.], float32, CPU0), True)
    """
    if not isinstance(arr, NDArray):
        raise ArgumentError(f"try_get_shared takes an NDArray, got {type(arr).__name__}")
    return np.asarray(arr)


def is_shared(host: np.ndarray, arr: NDArray) -> bool:
    """Tell whether a NumPy array begins in the array's memory and has its size and element type.

    Args:
        host: the NumPy array.
        arr: the array.

    >>> import symnet as mx
    >>> arr = mx.ones(2)
    >>> mx.is_shared(mx.try_get_shared(arr), arr), mx.is_shared(arr.asnumpy(), arr)
    (True, False)
    """
    return (
        isinstance(host, np.ndarray)
        and isinstance(arr, NDArray)
        and is_shareable(arr.torch)
        and host.size == arr.size
        and host.dtype == np.dtype(arr.dtype)
        and host.ctypes.data == arr.torch.data_ptr()
    )


class HostArrays(NamedTuple):
    """The NumPy arrays inside `nd_as_numpy`, in the order in which the NDArrays were given.

    Args:
        ro: those to read.
        rw: those to write; another array put in its place is copied back as well.
    """

    ro: list[np.ndarray]
    rw: list[np.ndarray]


@contextmanager
def nd_as_numpy(
    *, ro: NDArray | Sequence[NDArray] = (), rw: NDArray | Sequence[NDArray] = ()
) -> Iterator[HostArrays]:
    """See NDArrays as NumPy arrays inside a ``with`` block.

    Args:
        ro: one array or several that are only read. Nothing prevents writing into them, and where
            memory is shared that changes the NDArray too.
        rw: one array or several that are written. Where NumPy cannot share the memory, or where
            another array was put in its place, the contents are copied back when the block ends;
            not when it raises.

    Source: the documents, "Manipulating as Julia Arrays".

    >>> x, z = NDArray([[1, 2], [3, 4]]), NDArray([[0, 0], [0, 0]])
    >>> with nd_as_numpy(ro=x, rw=z) as host:
    ...     host.rw[0][:, 0] = host.ro[0][:, 1]
    ...     host.rw[0] = host.rw[0] + 1
    >>> z
    NDArray([[3., 1.],
             [5., 1.]], float32, CPU0)
    """
    read, written = _several("ro", ro), _several("rw", rw)
    for arr in written:
        arr._writing()
    host = HostArrays(
        [try_get_shared(arr) for arr in read], [try_get_shared(arr) for arr in written]
    )
    yield host
    _write_back(written, host.rw)


def _several(who: str, arrays: NDArray | Sequence[NDArray]) -> list[NDArray]:
    found = list(arrays) if isinstance(arrays, Sequence) else [arrays]
    for arr in found:
        if not isinstance(arr, NDArray):
            raise ArgumentError(f"{who} takes NDArrays, got {type(arr).__name__}")
    return found


def _write_back(written: Sequence[NDArray], hosts: Sequence[np.ndarray]) -> None:
    """Copy every host array back that is not the NDArray's own memory; all or none."""
    if len(hosts) != len(written):
        raise ArgumentError(f"rw had {len(written)} arrays, and has {len(hosts)} at the end")
    sources = []
    for position, (arr, host) in enumerate(zip(written, hosts, strict=True)):
        source = host_tensor(host)
        if source.shape != arr.torch.shape:
            raise ShapeError(
                f"rw[{position}] should have shape {arr.shape}, but was replaced by an array of "
                f"shape {tuple(source.shape)}; nothing is copied back"
            )
        sources.append(_kept(source, arr, written))
    for arr, source in zip(written, sources, strict=True):
        write(arr.torch, source)


def _kept(source: Tensor, own: NDArray, written: Sequence[NDArray]) -> Tensor:
    """Return what to copy, safe from what is copied before it."""
    others = (arr for arr in written if arr is not own)
    return source.clone() if any(overlaps(source, arr.torch) for arr in others) else source
