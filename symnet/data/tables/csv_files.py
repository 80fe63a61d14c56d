"""CSVIter: mini-batches of numbers from text files of any size."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from math import prod
from typing import Any, Never, final

import numpy as np
import torch

from ...core.errors import DataError, ParameterError
from ...core.parameters import keywords_of, reject_unknown
from ...core.paths import FilePath
from .._batches import read_only
from .._checks import whole_number
from .._last_batch import LastBatch, last_batch_policy
from ..arrays.mnist import MXDataProvider
from ..provider import DataBatch
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


@final
class CSVIter(MXDataProvider):
    """Mini-batches of the rows of a CSV file, which need not fit into memory.

    A row is a line of numbers with commas between them. There is no header. Empty lines are
    skipped, in a file of labels only at its end: between rows one may stand for a label that is
    missing, and the others would go to other rows. What is not a number, as an empty field, is an
    error; ``nan`` and ``inf`` are numbers. The file is read in the background, while the batches
    before are used. Batches may only be read. Needs pyarrow. Also called ``CSVProvider``.

    Args:
        data_csv: the file, a path or a URL that fsspec knows; one whose name ends in ``.gz`` is
            unpacked on the way.
        data_shape: the shape of a sample; a line has as many numbers as the shape has elements.
        label_csv: the file of the labels, with as many rows. ``"NULL"``, the default,
            gives labels of 0, of shape ``(batch_size,)``.
        label_shape: the shape of a label, default ``(1,)``, for which batches have shape
            ``(batch_size,)``.
        batch_size: rows per batch.
        round_batch: True, the default, fills the last batch from the beginning of the data, and
            the next pass starts after these rows; False fills it with rows that do not count: the
            last row again, where MXNet left what it found.
        last_batch: ``"pad"``, ``"keep"``, ``"discard"`` or ``"roll_over"``, see `LastBatch`; None,
            the default, is what ``round_batch`` says.
        prefetch_buffer: how many pieces of the file, of some megabytes each, wait in the
            background, read and parsed, default 4; 0 reads each when its rows are wanted.
        memory: how many bytes of numbers are kept, of each file, default 256 MiB. A file that
            fits is parsed in the first pass only; a larger one, in every pass.
        data_name: name of the data, default ``data``.
        label_name: name of the labels, default ``softmax_label``; None for a provider without
            labels.

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

    def __init__(
        self,
        *,
        data_csv: FilePath,
        data_shape: Sequence[int],
        label_csv: FilePath = "NULL",
        label_shape: Sequence[int] = (1,),
        batch_size: int,
        round_batch: bool = True,
        last_batch: LastBatch | None = None,
        prefetch_buffer: int = 4,
        memory: int = 1 << 28,
        data_name: str = "data",
        label_name: str | None = "softmax_label",
        **unknown: Never,
    ) -> None:
        reject_unknown(_OWNER, unknown, keywords_of(type(self)))
        shape, label = _shape("data_shape", data_shape), _shape("label_shape", label_shape)
        self._size = whole_number(_OWNER, "batch_size", batch_size, 1)
        self._policy = last_batch_policy(_OWNER, last_batch, "roll_over", round_batch=round_batch)
        rows_of = partial(
            _rows,
            ahead=whole_number(_OWNER, "prefetch_buffer", prefetch_buffer, 0),
            memory=whole_number(_OWNER, "memory", memory, 0),
        )
        labelled = label_name is not None and label_csv != "NULL"
        self._files = [rows_of(data_csv, "data_shape", shape, blank_lines=True)]
        if labelled:
            self._files.append(rows_of(label_csv, "label_shape", label, blank_lines=False))
        one = (self._size, *(label if labelled and label != (1,) else ()))
        super().__init__(
            (data_name, (self._size, *shape)), None if label_name is None else (label_name, one)
        )
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


def _shape(name: str, shape: object) -> tuple[int, ...]:
    lengths = [shape] if isinstance(shape, int) else shape
    if not isinstance(lengths, Sequence) or isinstance(lengths, str) or not lengths:
        raise ParameterError(f"{_OWNER}: {name} must be a tuple of lengths, got {shape!r}")
    return tuple(whole_number(_OWNER, f"each length of {name}", each, 1) for each in lengths)


def _rows(
    path: FilePath,
    parameter: str,
    shape: tuple[int, ...],
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
