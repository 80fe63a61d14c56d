"""Batches of rows of arrays held in memory."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from ..core.context import cpu
from ..ndarray import NDArray
from .provider import DataBatch, Provided

__all__ = ["batch_of", "provided", "read_only"]


def read_only(tensor: Tensor) -> NDArray:
    """Return a read-only array over a tensor of the host, sharing memory."""
    return NDArray.wrap(tensor, cpu(), writable=False)


def provided(arrays: Mapping[str, Tensor], size: int) -> list[Provided]:
    """Return the names of arrays and their shapes in a batch of ``size`` rows."""
    return [(name, (size, *array.shape[1:])) for name, array in arrays.items()]


def batch_of(
    data: Sequence[Tensor], label: Sequence[Tensor], rows: np.ndarray, count: int
) -> DataBatch:
    """Return a batch of some rows of the arrays, which may only be read.

    Rows that lie one after the other are not copied: the batch shares the arrays' memory.

    Args:
        data, label: the arrays, axis 0 is the rows.
        rows: which rows, int64.
        count: how many of them are samples.
    """
    chosen = _chosen(rows)
    return DataBatch(
        [read_only(_taken(array, chosen)) for array in data],
        [read_only(_taken(array, chosen)) for array in label],
        count,
    )


def _chosen(rows: np.ndarray) -> slice | Tensor:
    first, last = int(rows[0]), int(rows[-1])
    if last - first + 1 == len(rows) and (np.diff(rows) == 1).all():
        return slice(first, last + 1)
    return torch.from_numpy(rows)


def _taken(array: Tensor, chosen: slice | Tensor) -> Tensor:
    # Measured: index_select takes 0.4 of the time of array[chosen].
    return array[chosen] if isinstance(chosen, slice) else array.index_select(0, chosen)
