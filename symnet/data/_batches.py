"""Batches of rows of arrays held in memory."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from .provider import DataBatch, Provided
from .taken_rows import TakenRows, read_only

__all__ = ["batch_of", "provided"]


def provided(arrays: Mapping[str, Tensor], size: int) -> list[Provided]:
    """Return the names of arrays and their shapes in a batch of ``size`` rows."""
    return [(name, (size, *array.shape[1:])) for name, array in arrays.items()]


def batch_of(
    data: Sequence[Tensor], label: Sequence[Tensor], rows: np.ndarray, count: int
) -> DataBatch:
    """Return a batch of some rows of the arrays, which may only be read.

    Rows that lie one after the other are not copied: the batch shares the arrays' memory. Others
    are put together when somebody asks for them.

    Args:
        data, label: the arrays, axis 0 is the rows.
        rows: which rows, int64.
        count: how many of them are samples.
    """
    first, last = int(rows[0]), int(rows[-1])
    if last - first + 1 == len(rows) and (np.diff(rows) == 1).all():
        return DataBatch(
            [read_only(array[first : last + 1]) for array in data],
            [read_only(array[first : last + 1]) for array in label],
            count,
        )
    chosen = torch.from_numpy(rows)
    return DataBatch(TakenRows(data, chosen), TakenRows(label, chosen), count)
