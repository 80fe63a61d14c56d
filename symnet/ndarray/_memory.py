"""Writing into tensors that may share memory with what is written."""

import torch
from torch import Tensor

__all__ = ["Reach", "apart", "fresh", "is_lent", "lend", "overlaps", "reach", "write"]


Reach = tuple[int, int]
"""The addresses between which a tensor's elements lie: the first, and the one after the last."""


def reach(tensor: Tensor) -> Reach:
    """Return the addresses between which a tensor's elements lie, at most."""
    first = tensor.data_ptr()
    if tensor.is_contiguous():
        return first, first + int(tensor.nbytes)
    start = first - int(tensor.storage_offset()) * tensor.itemsize
    return first, start + int(tensor.untyped_storage().nbytes())


def overlaps(first: Tensor, second: Tensor) -> bool:
    """Tell whether two tensors may share memory.

    Addresses are compared, not storages: a tensor over NumPy's memory has a storage of its own.
    """
    mine, theirs = reach(first), reach(second)
    return mine[0] < theirs[1] and theirs[0] < mine[1] and first.device == second.device


def lend(tensor: Tensor) -> None:
    """Remember that others may write into a tensor's memory, without torch knowing of it."""
    vars(tensor.untyped_storage())["is_lent"] = True


def is_lent(tensor: Tensor) -> bool:
    """Tell whether a tensor's memory was ever lent."""
    return "is_lent" in vars(tensor.untyped_storage())


def _is_same(first: Tensor, second: Tensor) -> bool:
    """Tell whether two tensors of one shape are the same elements in the same order."""
    return (
        first.data_ptr() == second.data_ptr()
        and first.dtype == second.dtype
        and first.stride() == second.stride()
        and first.device == second.device
    )


def apart(source: Tensor, target: Tensor) -> Tensor:
    """Return what an elementwise rule may read while it writes the target, of the same shape.

    The source itself, unless it shares part of the target's memory: then a copy.
    """
    if not overlaps(source, target) or _is_same(source, target):
        return source
    return source.clone()


def write(target: Tensor, source: Tensor) -> None:
    """Copy a tensor into another of the same shape, whatever memory they share."""
    if not _is_same(target, source):
        target.copy_(apart(source, target))


def fresh(
    tensor: Tensor, device: torch.device | None = None, dtype: torch.dtype | None = None
) -> Tensor:
    """Return a copy with its elements in order, default on the same device and of the same type."""
    return tensor.to(
        device or tensor.device,
        dtype or tensor.dtype,
        copy=True,
        memory_format=torch.contiguous_format,
    )
