"""Iterators over other iterators. Source: Apache MXNet 1.9.1, ``mxnet.io``."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...core.errors import ArgumentError, DataError
from ...data.prefetch import Prefetched
from .base import DataBatch, DataDesc, DataIter

__all__ = ["PrefetchingIter", "ResizeIter"]


class _Current(DataIter):
    """Base of iterators that hold their current batch."""

    current_batch: Any = None

    def getdata(self) -> Any:
        """Return the data of the batch."""
        return self.current_batch.data

    def getlabel(self) -> Any:
        """Return the labels of the batch."""
        return self.current_batch.label

    def getindex(self) -> Any:
        """Return the numbers of the samples."""
        return self.current_batch.index

    def getpad(self) -> Any:
        """Return how many rows are padding."""
        return self.current_batch.pad


class ResizeIter(_Current):
    """Let an epoch have so many batches, whatever the iterator has: it begins anew in between.

    Args:
        data_iter: the iterator.
        size: how many batches.
        reset_internal: whether `reset` resets the iterator too, default yes.
    """

    def __init__(self, data_iter: Any, size: int, reset_internal: bool = True) -> None:
        super().__init__(data_iter.batch_size)
        self.data_iter = data_iter
        self.size = size
        self.reset_internal = reset_internal
        self.cur = 0
        self.provide_data = data_iter.provide_data
        self.provide_label = data_iter.provide_label
        if hasattr(data_iter, "default_bucket_key"):
            self.default_bucket_key = data_iter.default_bucket_key

    def reset(self) -> None:
        """Begin a new epoch."""
        self.cur = 0
        if self.reset_internal:
            self.data_iter.reset()

    def iter_next(self) -> bool:
        """Go on to the next batch; return whether there is one."""
        if self.cur == self.size:
            return False
        try:
            self.current_batch = self.data_iter.next()
        except StopIteration:
            self.data_iter.reset()
            self.current_batch = self.data_iter.next()
        self.cur += 1
        return True


class PrefetchingIter(_Current):
    """Make batches ahead in a thread, and put those of several iterators side by side.

    Args:
        iters: an iterator, or a list of them with the same padding.
        rename_data: for each iterator new names of its data, by name.
        rename_label: the same for labels.

    Raises DataError where one iterator ends before another, or pads otherwise.
    """

    def __init__(
        self,
        iters: Any,
        rename_data: Sequence[Mapping[str, str]] | None = None,
        rename_label: Sequence[Mapping[str, str]] | None = None,
    ) -> None:
        super().__init__()
        self.iters = list(iters) if isinstance(iters, list | tuple) else [iters]
        if not self.iters:
            raise ArgumentError("PrefetchingIter needs at least one iterator")
        self.n_iter = len(self.iters)
        self.rename_data = rename_data
        self.rename_label = rename_label
        self.batch_size = self.provide_data[0].shape[0]
        self._ahead: Prefetched[DataBatch] | None = None

    @property
    def provide_data(self) -> list[DataDesc]:
        """Descriptions of the data."""
        return self._described("provide_data", self.rename_data)

    @property
    def provide_label(self) -> list[DataDesc]:
        """Descriptions of the labels."""
        return self._described("provide_label", self.rename_label)

    def _described(self, kind: str, names: Sequence[Mapping[str, str]] | None) -> list[DataDesc]:
        found = []
        for place, each in enumerate(self.iters):
            for row in getattr(each, kind):
                whole = row if isinstance(row, DataDesc) else DataDesc(*row)
                if names is not None:
                    whole = DataDesc(names[place][whole.name], whole.shape, whole.dtype)
                found.append(whole)
        return found

    def reset(self) -> None:
        """Begin anew; what was made ahead is dropped."""
        self._stop()
        for each in self.iters:
            each.reset()

    def iter_next(self) -> bool:
        """Go on to the next batch; return whether there is one."""
        if self._ahead is None:
            self._ahead = Prefetched(_joined(self.iters), 1)
        found = next(self._ahead, None)
        if found is None:
            return False
        self.current_batch = DataBatch(
            found.data,
            found.label,
            found.pad,
            found.index,
            provide_data=self.provide_data,
            provide_label=self.provide_label,
        )
        return True

    def next(self) -> DataBatch:
        """Return the next batch; StopIteration where there is none."""
        if not self.iter_next():
            raise StopIteration
        found: DataBatch = self.current_batch
        return found

    def _stop(self) -> None:
        if self._ahead is not None:
            self._ahead.close()
            self._ahead = None


def _joined(iters: Sequence[Any]) -> Iterator[DataBatch]:
    """Yield batches of several iterators side by side."""
    while True:
        found = [_next(each) for each in iters]
        batches = [batch for batch in found if batch is not None]
        if not batches:
            return
        pads = {batch.pad for batch in batches}
        if len(batches) < len(found) or len(pads) > 1:
            raise DataError(
                "PrefetchingIter: its iterators must end together, with the same padding; "
                f"{len(batches)} of {len(found)} have a batch, with padding {[*pads]}"
            )
        first = batches[0]
        data = [array for batch in batches for array in batch.data or ()]
        label = [array for batch in batches for array in batch.label or ()]
        yield DataBatch(data, label, first.pad, first.index)


def _next(source: Any) -> DataBatch | None:
    try:
        found: DataBatch = source.next()
    except StopIteration:
        return None
    return found
