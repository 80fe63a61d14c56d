"""Batches of arrays that are in memory. Source: Apache MXNet 1.9.1, ``mxnet.io.NDArrayIter``."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...core.errors import ArgumentError
from .. import ndarray
from ..ndarray import NDArray, array, concatenate
from .base import DataBatch, DataDesc, DataIter

__all__ = ["NDArrayIter"]

_Named = list[tuple[str, NDArray]]


class NDArrayIter(DataIter):
    """Iterate over arrays.

    Args:
        data: an array, a list of arrays, or arrays by name. Arrays of NumPy become float32.
        label: the same for labels, default none.
        batch_size: rows of a batch, default 1.
        shuffle: whether to draw a new order for each epoch, by NumPy's random numbers.
        last_batch_handle: what becomes of rows that fill no batch: ``"pad"`` (default) fills up
            from the beginning, ``"discard"`` leaves them out, ``"roll_over"`` keeps them for the
            next epoch.
        data_name: the name of data that has none; one of several is called ``_0_data``.
        label_name: the same for labels.
        layout: what the axes are; the axis N is the batch.

    Raises ArgumentError for what is no array, or for arrays of different lengths.

    >>> import symnet.mxnet as mx
    >>> batches = NDArrayIter({"a": mx.nd.arange(4)}, mx.nd.ones(4), batch_size=2)
    >>> batches.provide_data, len(list(batches))
    ([DataDesc[a,(2,),<class 'numpy.float32'>,NCHW]], 2)
    """

    def __init__(
        self,
        data: Any,
        label: Any = None,
        batch_size: int = 1,
        shuffle: bool = False,
        last_batch_handle: str = "pad",
        data_name: str = "data",
        label_name: str = "softmax_label",
        layout: str = "NCHW",
    ) -> None:
        super().__init__(batch_size)
        if not batch_size >= 1:
            raise ArgumentError(f"NDArrayIter: batch_size must be at least 1, got {batch_size!r}")
        if last_batch_handle not in ("pad", "discard", "roll_over"):
            raise ArgumentError(
                "NDArrayIter: last_batch_handle must be 'pad', 'discard' or 'roll_over', got "
                f"{last_batch_handle!r}"
            )
        if "N" not in layout:
            raise ArgumentError(f"NDArrayIter: layout {layout!r} has no axis N, the batch")
        self.layout = layout
        self._axis = layout.find("N")
        self.data = _named(data, data_name)
        self.label = _named(label, label_name) if label is not None else []
        if not self.data:
            raise ArgumentError("NDArrayIter: there is no data")
        self.num_data = self._length()
        self.idx = np.arange(self.num_data)
        self.shuffle = shuffle
        self.last_batch_handle = last_batch_handle
        self.cursor = -batch_size
        self._kept: list[NDArray] | None = None
        self.reset()

    def _length(self) -> int:
        """Return the number of samples. The batch is axis 0 of a vector, whatever the layout."""
        lengths = {name: each.shape[self._axis_of(each)] for name, each in self.data + self.label}
        if len(set(lengths.values())) > 1:
            raise ArgumentError(f"NDArrayIter: the arrays have different lengths: {lengths}")
        return next(iter(lengths.values()))

    def _axis_of(self, each: NDArray) -> int:
        return self._axis if self._axis < len(each.shape) else 0

    @property
    def data_list(self) -> list[NDArray]:
        """The arrays of data and labels."""
        return [each for _, each in self.data + self.label]

    @property
    def num_source(self) -> int:
        """How many arrays there are."""
        return len(self.data_list)

    @property
    def provide_data(self) -> list[DataDesc]:
        """Descriptions of the data."""
        return [self._described(*each) for each in self.data]

    @property
    def provide_label(self) -> list[DataDesc]:
        """Descriptions of the labels."""
        return [self._described(*each) for each in self.label]

    def _described(self, name: str, each: NDArray) -> DataDesc:
        shape = list(each.shape)
        shape[self._axis_of(each)] = self.batch_size
        return DataDesc(name, tuple(shape), each.dtype, self.layout)

    # -- epochs ----------------------------------------------------------------------------------

    def hard_reset(self) -> None:
        """Go back to the beginning, without what was kept for the next epoch."""
        self._kept = None
        self.cursor = -self.batch_size
        self._shuffle()

    def reset(self) -> None:
        """Begin a new epoch, with what the last one left over under ``roll_over``."""
        self._shuffle()
        first_of_last = self.num_data - self.batch_size
        if self.last_batch_handle == "roll_over" and first_of_last < self.cursor < self.num_data:
            self.cursor = self.cursor - self.num_data - self.batch_size
        else:
            self.cursor = -self.batch_size

    def _shuffle(self) -> None:
        if not self.shuffle:
            return
        np.random.shuffle(self.idx)
        self.data = [(name, self._in_order(each)) for name, each in self.data]
        self.label = [(name, self._in_order(each)) for name, each in self.label]

    def _in_order(self, each: NDArray) -> NDArray:
        return self._taken(each, self.idx)

    # -- batches ---------------------------------------------------------------------------------

    def iter_next(self) -> bool:
        """Go on to the next batch; return whether there is one."""
        self.cursor += self.batch_size
        return self.cursor < self.num_data

    def next(self) -> DataBatch:
        """Return the next batch; StopIteration where there is none."""
        if not self.iter_next():
            raise StopIteration
        if self.last_batch_handle != "pad" and self.cursor + self.batch_size > self.num_data:
            self._kept = [self._rows(each, self.cursor, self.num_data) for each in self.data_list]
            raise StopIteration
        arrays = self._batch()
        self._kept = None
        count = len(self.data)
        return DataBatch(arrays[:count], arrays[count:], self.getpad())

    def _batch(self) -> list[NDArray]:
        """Return the arrays of the batch at the cursor."""
        start, stop = self.cursor, self.cursor + self.batch_size
        if start >= self.num_data:
            raise ArgumentError("NDArrayIter: the epoch is over; call reset()")
        if start < 0 and self._kept is not None:  # what the last epoch left over comes first
            rest = [self._rows(each, 0, stop) for each in self.data_list]
            pairs = zip(self._kept, rest, self.data_list, strict=True)
            return [concatenate([kept, new], axis=self._axis_of(each)) for kept, new, each in pairs]
        if stop <= self.num_data:
            return [self._rows(each, start, stop) for each in self.data_list]
        rows = np.arange(start, stop) % self.num_data
        return [self._taken(each, rows) for each in self.data_list]

    def _taken(self, each: NDArray, rows: np.ndarray) -> NDArray:
        numbers = array(rows, each.context, "int64")
        found: NDArray = ndarray.take(each, numbers, axis=self._axis_of(each))
        return found

    def _rows(self, each: NDArray, start: int, stop: int) -> NDArray:
        axis = self._axis_of(each)
        found: NDArray = ndarray.slice_axis(each, axis=axis, begin=start, end=stop)
        return found

    def getdata(self) -> list[NDArray]:
        """Return the data of the batch."""
        return self._batch()[: len(self.data)]

    def getlabel(self) -> list[NDArray]:
        """Return the labels of the batch."""
        return self._batch()[len(self.data) :]

    def getpad(self) -> int:
        """Return how many rows are padding; under ``roll_over``, how many the last epoch left."""
        if self.last_batch_handle == "pad":
            return max(self.cursor + self.batch_size - self.num_data, 0)
        return max(-self.cursor, 0) if self.last_batch_handle == "roll_over" else 0


def _named(given: Any, name: str) -> _Named:
    """Return arrays by name, in the order of the names."""
    if not isinstance(given, Mapping | list | tuple):
        given = [given]
    if isinstance(given, list | tuple):
        whole = len(given) == 1
        given = {name if whole else f"_{n}_{name}": each for n, each in enumerate(given)}
    return [(key, _array(key, given[key])) for key in sorted(given)]


def _array(name: str, value: Any) -> NDArray:
    if isinstance(value, NDArray):
        return value
    try:
        return array(value)
    except (TypeError, ValueError) as error:
        raise ArgumentError(
            f"NDArrayIter: {name} must be an NDArray or an array of NumPy, got "
            f"{type(value).__name__}: {error}"
        ) from error
