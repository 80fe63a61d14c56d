"""CSVIter: mini-batches of numbers from text files of any size."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from math import prod
from typing import Any, final

import numpy as np
import torch

from ...core.configured import Configured
from ...core.errors import DataError, ParameterError
from ...core.parameters import param
from ...core.paths import FilePath
from .._checks import file_path, whole_number
from .._last_batch import LastBatch, last_batch_policy, named_policy
from ..arrays.mnist import MXDataProvider
from ..provider import DataBatch
from ..taken_rows import read_only
from ._csv_rows import CSVRows, RowReader

__all__ = ["CSVIter", "CSVProvider"]

_OWNER = "CSVIter"


@final
class _CSVBatchReader:
    """Take rows from the beginning of the data, and as many of the labels if they have a file.

    Both must end together: one row too few or too many, and all labels may belong to other rows.

    Args:
        files: the file of the data, and the one of the labels.
        head: whether only a few rows will be taken, so that none should be read ahead.
    """

    def __init__(self, files: Sequence[CSVRows], *, head: bool = False) -> None:
        self._files = files
        self._pieces = [file.head() if head else file.pieces() for file in files]
        self._readers = [
            RowReader(pieces, file.columns)
            for pieces, file in zip(self._pieces, files, strict=True)
        ]
        self._taken = 0

    def take(self, count: int) -> list[np.ndarray]:
        data, *label = found = [each.take(count) for each in self._readers]
        self._taken += len(data)
        if label and len(label[0]) < len(data):
            labels = self._taken - len(data) + len(label[0])
            raise DataError(
                f"{_OWNER}: {self._files[1].path} has {labels} rows, but {self._files[0].path} "
                "has more; every row of data needs a label"
            )
        if label and len(label[0]) > len(data):
            raise DataError(
                f"{_OWNER}: {self._files[1].path} has more rows than {self._files[0].path}, which "
                f"ends after {self._taken}; every label needs a row of data"
            )
        return found

    def close(self) -> None:
        for pieces in self._pieces:
            pieces.close()


class _Borrowed:
    """How many rows at the beginning the pass before had already, under ``roll_over``.

    Args:
        size: rows per batch.
        policy: what becomes of the last batch.
        lends: whether a pass may have borrowed at all.
    """

    keys = ("borrowed",)

    def __init__(self, size: int, policy: LastBatch, *, lends: bool) -> None:
        self.rows, self._size, self._policy, self.lends = 0, size, policy, lends

    def pay(self) -> int:
        """Begin a pass: return how many rows it leaves out."""
        rows, self.rows = self.rows, 0
        return rows

    def state(self) -> dict[str, Any]:
        """Return after how many rows the next pass starts."""
        return {"borrowed": self.rows} if self.rows else {}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Let the next pass start where the one did that followed `state`."""
        rows = state.get("borrowed", 0)
        most = self._size - 1 if self.lends else 0
        if type(rows) is not int or not 0 <= rows <= most:
            raise DataError(
                f"{_OWNER}: this is no position in batches of {self._size} with "
                f"last_batch={self._policy!r}: {dict(state)!r}"
            )
        self.rows = rows


def _shape(owner: str, name: str, shape: object) -> tuple[int, ...]:
    lengths = [shape] if isinstance(shape, int) else shape
    if not isinstance(lengths, Sequence) or isinstance(lengths, str) or not lengths:
        raise ParameterError(f"{owner}: {name} must be a tuple of lengths, got {shape!r}")
    return tuple(whole_number(owner, f"each length of {name}", each, 1) for each in lengths)


@final
class CSVIter(Configured, MXDataProvider):
    """Mini-batches of the rows of a CSV file, which need not fit into memory.

    A row is a line of numbers with commas between them. There is no header. Empty lines are
    skipped, in a file of labels only at its end: between rows one may stand for a label that is
    missing, and the others would go to other rows. What is not a number, as an empty field, is an
    error; ``nan`` and ``inf`` are numbers. The file is read in the background, while the batches
    before are used. Batches may only be read. Needs pyarrow. Also called ``CSVProvider``.

    Raises ParameterError for a parameter that is out of range, or unknown (MXNet ignored those);
    ArgumentError where pyarrow is missing; DataError for a file that cannot be read, for rows that
    are no numbers or not as many as the shape wants, naming the line, for labels that end before
    the data or after it, and for data that does not fill the first batch where the rest is
    discarded.
    Source: the documents, "CSVIter"; docs/semantics §7.5, §7.7.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.savetxt(f"{folder}/x.csv", [[1, 2], [3, 4], [5, 6]], delimiter=",")
    ...     provider = CSVIter(data_csv=f"{folder}/x.csv", data_shape=(2,), batch_size=2)
    ...     for batch in provider:
    ...         print(batch.count_samples(), batch.get_data()[0].asnumpy().tolist())
    2 [[1.0, 2.0], [3.0, 4.0]]
    1 [[5.0, 6.0], [1.0, 2.0]]
    """

    batch_type = DataBatch
    positioned = ("_borrowed",)

    data_csv: FilePath = param(
        "The file, a path or a URL that fsspec knows; one whose name ends in .gz is unpacked on "
        "the way.",
        check=file_path,
    )
    data_shape: Sequence[int] = param(
        "The shape of a sample; a line has as many numbers as the shape has elements.",
        check=_shape,
    )
    label_csv: FilePath = param(
        "The file of the labels, with as many rows; 'NULL' gives labels of 0, of shape "
        "(batch_size,).",
        default="NULL",
        check=file_path,
    )
    label_shape: Sequence[int] = param(
        "The shape of a label; for (1,) batches have shape (batch_size,).",
        default=(1,),
        check=_shape,
    )
    batch_size: int = param("Rows per batch.", min=1)
    round_batch: bool = param(
        "True fills the last batch from the beginning of the data, and the next pass starts after "
        "these rows; False fills it with rows that do not count: the last row again, where MXNet "
        "left what it found.",
        default=True,
    )
    last_batch: LastBatch | None = param(
        "'pad', 'keep', 'discard' or 'roll_over', see `LastBatch`; None is what round_batch says.",
        default=None,
        check=named_policy,
    )
    prefetch_buffer: int = param(
        "How many pieces of the file, of some megabytes each, wait in the background, read and "
        "parsed; 0 reads each when its rows are wanted.",
        default=4,
        min=0,
    )
    memory: int = param(
        "How many bytes of numbers are kept, of each file. A file that fits is parsed in the "
        "first pass only; a larger one, in every pass.",
        default=1 << 28,
        min=0,
    )
    data_name: str = param("Name of the data.", default="data")
    label_name: str | None = param(
        "Name of the labels; None for a provider without labels.", default="softmax_label"
    )

    def _prepare(self) -> None:
        self._size, shape, label = self.batch_size, self.data_shape, self.label_shape
        self._policy = last_batch_policy(
            _OWNER, self.last_batch, "roll_over", round_batch=self.round_batch
        )
        rows_of = partial(_rows, ahead=self.prefetch_buffer, memory=self.memory)
        labelled = self.label_name is not None and self.label_csv != "NULL"
        self._files = [rows_of(self.data_csv, "data_shape", shape, blank_lines=True)]
        if labelled:
            self._files.append(rows_of(self.label_csv, "label_shape", label, blank_lines=False))
        one = (self._size, *(label if labelled and label != (1,) else ()))
        named = None if self.label_name is None else (self.label_name, one)
        MXDataProvider.__init__(self, (self.data_name, (self._size, *shape)), named)
        self._shapes = [shape for _, shape in self.provide_data() + self.provide_label()]
        full = self._check_first()
        lends = full and self._policy == "roll_over"
        self._borrowed = _Borrowed(self._size, self._policy, lends=lends)

    def __iter__(self) -> Iterator[DataBatch]:
        return self.begin_pass(self._pass(self._borrowed.pay()))

    def _pass(self, skipped: int) -> Iterator[DataBatch]:
        """Yield the batches of a pass that leaves out the first rows."""
        with closing(_CSVBatchReader(self._files)) as rows:
            rows.take(skipped)
            while len((found := rows.take(self._size))[0]) == self._size:
                yield self._batch(found, self._size)
        if len(found[0]) and self._policy != "discard":
            yield self._last(found)

    def _last(self, rest: list[np.ndarray]) -> DataBatch:
        count = len(rest[0])
        missing = self._size - count
        if self._policy == "keep":
            return self._batch(rest, count)
        if self._policy == "pad":
            more = [rows[-1:].repeat(missing, 0) for rows in rest]
            return self._batch(_joined(rest, more), count)
        if not self._borrowed.lends:
            again = np.arange(self._size) % count
            return self._batch([rows[again] for rows in rest], count)
        with closing(_CSVBatchReader(self._files, head=True)) as beginning:
            more = beginning.take(missing)
        self._borrowed.rows = missing
        return self._batch(_joined(rest, more), count)

    def _batch(self, rows: list[np.ndarray], count: int) -> DataBatch:
        tensors = [torch.from_numpy(each) for each in rows]
        if len(tensors) == 1:
            tensors.append(torch.zeros(len(rows[0])))
        data, *label = (
            read_only(tensor.view(-1, *shape[1:]))
            for tensor, shape in zip(tensors, self._shapes, strict=False)
        )
        return DataBatch([data], label, count)

    def _check_first(self) -> bool:
        """Return whether the first batch is full; DataError where there is none."""
        least = self._size if self._policy == "discard" else 1
        with closing(_CSVBatchReader(self._files, head=True)) as rows:
            found = len(rows.take(self._size)[0])
        if found < least:
            raise DataError(
                f"{_OWNER}: Failed to load the first batch: {self._files[0].path} has {found} "
                f"rows, and batch_size={self._size} with last_batch={self._policy!r} needs {least}"
            )
        return found == self._size


CSVProvider = CSVIter


def _joined(first: list[np.ndarray], second: list[np.ndarray]) -> list[np.ndarray]:
    return [np.concatenate(both) for both in zip(first, second, strict=True)]


def _rows(
    path: FilePath,
    parameter: str,
    shape: Sequence[int],
    *,
    blank_lines: bool,
    ahead: int,
    memory: int,
) -> CSVRows:
    columns = prod(shape)
    return CSVRows(
        _OWNER,
        path,
        columns,
        wanted=f"but {parameter}={shape} needs {columns}",
        ahead=ahead,
        memory=memory,
        blank_lines=blank_lines,
    )
