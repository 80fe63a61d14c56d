"""Writing into tensors that may share memory with what is written."""

from torch import SymInt, Tensor

__all__ = ["apart", "overlaps", "write"]


def _reach(tensor: Tensor) -> int | SymInt:
    """Return how many bytes from its first element a tensor may use, at most."""
    if tensor.is_contiguous():
        return tensor.nbytes
    return tensor.untyped_storage().nbytes() - tensor.storage_offset() * tensor.itemsize


def overlaps(first: Tensor, second: Tensor) -> bool:
    """Tell whether two tensors may share memory.

    Addresses are compared, not storages: a tensor over NumPy's memory has a storage of its own.
    """
    distance = second.data_ptr() - first.data_ptr()
    within = distance < _reach(first) if distance >= 0 else -distance < _reach(second)
    return within and first.device == second.device


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
