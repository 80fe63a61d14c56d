"""Batches, what they consist of, and the base of iterators.

Source: Apache MXNet 1.9.1, ``mxnet.io``.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, Self

import numpy as np

from ...core.errors import ArgumentError
from ..ndarray import NDArray

__all__ = ["DataBatch", "DataDesc", "DataIter"]


class _NameAndShape(NamedTuple):
    name: str
    shape: tuple[int, ...]


class DataDesc(_NameAndShape):
    """The name and the shape of an array of each batch: a pair that knows two things more.

    Args:
        name: the name of the network's input.
        shape: the shape of the array.
        dtype: its element type, default float32.
        layout: what its axes are, default ``"NCHW"``; the batch is the axis N.

    >>> name, shape = DataDesc("data", (2, 3), layout="TN")
    >>> name, shape, DataDesc.get_batch_axis("TN")
    ('data', (2, 3), 1)
    """

    dtype: Any
    layout: str | None

    def __new__(
        cls,
        name: str,
        shape: Sequence[int],
        dtype: Any = np.float32,
        layout: str | None = "NCHW",
    ) -> Self:
        """Make a description; see the class."""
        made = super().__new__(cls, name, tuple(shape))
        made.dtype = dtype
        made.layout = layout
        return made

    def __repr__(self) -> str:
        return f"DataDesc[{self.name},{self.shape},{self.dtype},{self.layout}]"

    def __reduce__(self) -> tuple[Any, ...]:
        return DataDesc, (self.name, self.shape, self.dtype, self.layout)

    @staticmethod
    def get_batch_axis(layout: str | None) -> int:
        """Return which axis is the batch: that of N; 0 without a layout, -1 without an N."""
        return 0 if layout is None else layout.find("N")

    @staticmethod
    def get_list(shapes: Sequence[Any], types: Sequence[Any] | None) -> list["DataDesc"]:
        """Return descriptions of pairs of names and shapes, with types by name."""
        known = dict(types or ())
        if types is None:
            return [DataDesc(name, shape) for name, shape in shapes]
        return [DataDesc(name, shape, known[name]) for name, shape in shapes]


class DataBatch:
    """One mini-batch.

    Args:
        data: the arrays of the data.
        label: those of the labels, default none.
        pad: how many rows at the end are padding.
        index: the numbers of the samples.
        bucket_key: the bucket, for networks of several lengths.
        provide_data: descriptions of the data, where they differ from the iterator's.
        provide_label: those of the labels.

    Raises ArgumentError for what is no list of arrays.
    """

    def __init__(
        self,
        data: Sequence[NDArray] | None,
        label: Sequence[NDArray] | None = None,
        pad: int | None = None,
        index: Any = None,
        bucket_key: Any = None,
        provide_data: Sequence[Any] | None = None,
        provide_label: Sequence[Any] | None = None,
    ) -> None:
        for name, arrays in (("data", data), ("label", label)):
            if arrays is not None and not isinstance(arrays, list | tuple):
                raise ArgumentError(
                    f"DataBatch: {name} must be a list of NDArrays, got {type(arrays).__name__}"
                )
        self.data = data
        self.label = label
        self.pad = pad
        self.index = index
        self.bucket_key = bucket_key
        self.provide_data = provide_data
        self.provide_label = provide_label

    def __str__(self) -> str:
        data, label = ([each.shape for each in part or ()] for part in (self.data, self.label))
        return f"{type(self).__name__}: data shapes: {data} label shapes: {label or None}"


class DataIter:
    """Base of all iterators: derive from it, and define `next`, or `iter_next` and the rest.

    An iterator also has ``provide_data`` and ``provide_label``, lists of `DataDesc` or of pairs of
    names and shapes. It ends with StopIteration, and begins anew after `reset`.

    Args:
        batch_size: rows of a batch.

    >>> import symnet.mxnet as mx
    >>> class Twice(mx.io.DataIter):
    ...     def __init__(self):
    ...         super().__init__(batch_size=1)
    ...         self.given = 0
    ...     def iter_next(self):
    ...         self.given += 1
    ...         return self.given <= 2
    ...     def getdata(self):
    ...         return [mx.nd.full((1,), self.given)]
    >>> [batch.data[0].asscalar() for batch in Twice()]
    [np.float32(1.0), np.float32(2.0)]
    """

    def __init__(self, batch_size: int = 0) -> None:
        self.batch_size = batch_size

    def __iter__(self) -> Self:
        return self

    def reset(self) -> None:
        """Go back to the beginning."""

    def next(self) -> DataBatch:
        """Return the next batch; StopIteration where there is none."""
        if not self.iter_next():
            raise StopIteration
        return DataBatch(
            data=self.getdata(), label=self.getlabel(), pad=self.getpad(), index=self.getindex()
        )

    def __next__(self) -> DataBatch:
        return self.next()

    def iter_next(self) -> bool:
        """Go on to the next batch; return whether there is one."""
        raise NotImplementedError(f"{type(self).__name__} must define next or iter_next")

    def getdata(self) -> Any:
        """Return the data of the batch."""
        return

    def getlabel(self) -> Any:
        """Return the labels of the batch."""
        return

    def getindex(self) -> Any:
        """Return the numbers of the samples."""
        return

    def getpad(self) -> Any:
        """Return how many rows are padding."""
        return
