"""Batches that are views of arrays held in memory."""

from collections.abc import Sequence

from torch import Tensor

from ..context import cpu
from ..ndarray import NDArray
from .provider import DataBatch

__all__ = ["cut", "read_only"]


def read_only(tensor: Tensor) -> NDArray:
    """Return a read-only array over a tensor of the host, sharing memory."""
    return NDArray.wrap(tensor, cpu(), writable=False)


def cut(
    data: Sequence[Tensor], label: Sequence[Tensor], size: int, samples: int
) -> list[DataBatch]:
    """Cut arrays along axis 0 into batches that share their memory and may only be read.

    Args:
        data, label: arrays of the same length, a multiple of ``size``.
        size: rows per batch.
        samples: rows that are samples; those after them are padding.
    """

    def rows(arrays: Sequence[Tensor], start: int) -> list[NDArray]:
        return [read_only(each[start : start + size]) for each in arrays]

    return [
        DataBatch(rows(data, start), rows(label, start), min(size, samples - start))
        for start in range(0, samples, size)
    ]
