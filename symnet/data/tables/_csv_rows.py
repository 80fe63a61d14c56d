"""The rows of a file of comma-separated numbers, read piece by piece."""

import os
import zlib
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from importlib.util import find_spec
from lzma import LZMAError
from reprlib import repr as short
from typing import IO, Any, final

import numpy as np

from ...core.errors import ArgumentError, DataError, not_installed
from ...core.paths import FilePath, locate, path_text
from ..prefetch import Prefetched
from ._digits import read_whole_numbers

__all__ = ["CSVRows", "RowReader"]

# Bytes of text that are parsed at once: as many as fit the cache. To pyarrow each column of a piece
# has its cost: measured, with 784 columns, pieces of 1 MiB take 1.7 times as long per row; with 10,
# large ones are slower.
_SMALL, _LEAST, _MOST, _PER_COLUMN = 1 << 18, 1 << 20, 1 << 24, 1 << 14
_HEAD = 1 << 16
_END = b"\n"[0]
_PLAIN = (".csv", ".txt")
"""Ends of names that no packing has."""
_WORKERS = min(4, os.cpu_count() or 1)

_fill: Callable[[bytes, int, np.ndarray], int] | None = None
"""Fills rows from lines of text: `read_numbers` of `_decimals.c`, where there was a compiler."""
with suppress(ImportError):
    from ._decimals import read_numbers

    _fill = read_numbers

Piece = tuple[int, bytes, int]
"""The number of lines before, whole lines of a file, and how many of them end."""

Pieces = Generator[np.ndarray, None, None]
"""Rows, some at a time."""


@final
class CSVRows:
    """The rows of numbers in a file, which can be read from the beginning again and again.

    Args:
        owner: the provider's name, for errors.
        path: a local path, or a URL that fsspec knows; a name that ends in ``.gz``, ``.bz2`` or
            ``.xz`` is unpacked.
        columns: numbers per row.
        wanted: why it is as many, for errors.
        ahead: how many pieces may wait in the background, read and parsed; 0 for none.
        memory: most bytes of numbers to keep after a whole reading, so that the next ones need not
            parse the file.
        blank_lines: whether there may be empty lines between rows, which are skipped.

    Raises ArgumentError where pyarrow is not installed.
    """

    def __init__(
        self,
        owner: str,
        path: FilePath,
        columns: int,
        *,
        wanted: str,
        ahead: int,
        memory: int,
        blank_lines: bool = True,
    ) -> None:
        self._owner, self.path, self.columns = owner, path_text(path), columns
        self._wanted, self._ahead, self._memory = wanted, ahead, memory
        self._blank_lines = blank_lines
        self._piece = self._for_pyarrow = min(max(_LEAST, _PER_COLUMN * columns), _MOST)
        if _fill is not None:
            self._piece = min(_SMALL, _MOST)
        _check_pyarrow(owner)
        self._kept: list[np.ndarray] | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_kept": None}  # what the file holds, another process can read

    def head(self) -> Pieces:
        """Yield the same rows in small pieces, none ahead of its use, where few will be taken."""
        if self._kept is not None:
            yield from self._kept
            return
        for text in self._texts(_HEAD):
            yield self._numbers(text)

    def pieces(self) -> Pieces:
        """Yield all rows from the beginning, as arrays of shape (some, columns), float32.

        Raises DataError, naming the file and the line, where they are not as they should be.
        """
        if self._kept is not None:
            yield from self._kept
            return
        kept: list[np.ndarray] = []
        room = self._memory
        with closing(self._read_ahead()) as pieces:
            for piece in pieces:
                yield piece
                room -= piece.nbytes
                if room >= 0:
                    kept.append(piece)
                else:
                    kept.clear()
        self._kept = kept if room >= 0 else None

    def _read_ahead(self) -> Pieces | Prefetched[np.ndarray]:
        return Prefetched(self._parsed(), self._ahead) if self._ahead else self._parsed()

    def _parsed(self) -> Pieces:
        """Parse pieces of the file in several threads, and yield them in their order."""
        pending: deque[Future[np.ndarray]] = deque()
        pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="symnet-csv")
        try:
            for text in self._texts():
                pending.append(pool.submit(self._numbers, text))
                if len(pending) > _WORKERS:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)

    def _numbers(self, piece: Piece) -> np.ndarray:
        before, text, ends = piece
        quick = _read_quickly(text, self.columns, ends)
        if quick is not None:
            return quick
        if not text.strip(b"\r\n"):
            return np.empty((0, self.columns), np.float32)
        self._piece = self._for_pyarrow  # of all that is read from now on
        try:
            return _parse(text, self.columns)
        except ValueError as problem:  # pyarrow's errors are
            raise self._fault(before, text, problem) from None

    def _texts(self, size: int | None = None) -> Iterator[Piece]:
        before, blank = 0, 0
        for text in _whole_lines(self._opened(size)):
            if not self._blank_lines:
                blank = self._check_blank(before, text, blank)
            ends = _ends(text)
            yield before, text, ends
            before += ends

    def _check_blank(self, before: int, text: bytes, blank: int) -> int:
        """Raise DataError for an empty line with a row after it.

        Args:
            before: number of lines before the text.
            text: the next lines.
            blank: number of an empty line that the lines before end with, 0 for none.

        Returns that number for the lines after.
        """
        rows = text.rstrip(b"\r\n")
        if rows:
            inside = 1 if text[0] in b"\r\n" else _first_gap(rows)
            blank = blank or (before + inside if inside else 0)
            if blank:
                raise DataError(
                    f"{self._owner}: {self.path}, line {blank} is empty, with rows after it: if a "
                    "label is missing there, the others would go to other rows; give it, or remove "
                    "the line"
                )
        first = before + rows.count(b"\n") + 2 if rows else before + 1
        return blank or (first if text.count(b"\n") > first - 1 - before else 0)

    def _opened(self, size: int | None) -> Iterator[bytes]:
        try:
            with _open(self.path) as file:
                while text := file.read(size or self._piece):
                    yield text
        except (OSError, ValueError, ImportError, EOFError, zlib.error, LZMAError) as problem:
            reason = getattr(problem, "strerror", None) or problem
            raise DataError(f"{self._owner}: cannot read {self.path}: {reason}") from problem

    def _fault(self, before: int, text: bytes, problem: ValueError) -> DataError:
        """Return the error for the first line of a piece that pyarrow could not read."""
        for number, line in enumerate(text.splitlines(), before + 1):
            if line and (found := self._line_fault(line, first=number == 1)):
                return DataError(f"{self._owner}: {self.path}, line {number}: {found}")
        return DataError(f"{self._owner}: {self.path}, after line {before}: {problem}")

    def _line_fault(self, line: bytes, *, first: bool) -> str | None:
        fields = line.removeprefix(b"\xef\xbb\xbf").split(b",")
        hint = "; CSVIter reads files without a header, remove the line" if first else ""
        for column, field in enumerate(fields):
            if not _is_number(field):
                text = field.decode(errors="replace")
                return f"{short(text)} in column {column + 1} is not a number{hint}"
        if len(fields) != self.columns:
            return (
                "the data size in CSV does not match the shape: "
                f"the line has {len(fields)} numbers, {self._wanted}"
            )
        return None


def _ends(text: bytes) -> int:
    """Return the number of line ends, in a quarter of the time of `bytes.count`."""
    return int(np.count_nonzero(np.frombuffer(text, np.uint8) == _END))


def _first_gap(rows: bytes) -> int:
    """Return the number of the first empty line between others, 0 for none."""
    ends = [place for gap in (b"\n\n", b"\n\r\n") if (place := rows.find(gap)) >= 0]
    return rows.count(b"\n", 0, min(ends)) + 2 if ends else 0


def _is_number(field: bytes) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True


@contextmanager
def _open(path: str) -> Iterator[IO[bytes]]:
    """Open a file, unpacked where its name says how."""
    system, name = locate(path)
    if system is None and name.endswith(_PLAIN):
        with open(name, "rb") as file:
            yield file
        return
    import fsspec  # here, since nobody should wait for it who does not need it

    packing = fsspec.utils.infer_compression(name)
    with open(name, "rb") if system is None else system.open(name, "rb") as packed:
        yield fsspec.compression.compr[packing](packed, mode="rb") if packing else packed


def _whole_lines(texts: Iterator[bytes]) -> Iterator[bytes]:
    """Cut pieces of a text where lines end."""
    begun: list[bytes] = []
    for text in texts:
        end = text.rfind(b"\n") + 1
        if end:
            yield b"".join([*begun, memoryview(text)[:end]])
            begun = []
        begun.append(text[end:])
    if rest := b"".join(begun):
        yield rest


def _check_pyarrow(owner: str) -> None:
    """Raise ArgumentError where pyarrow is not installed; it is imported where a file needs it."""
    if find_spec("pyarrow") is None:
        raise ArgumentError(not_installed(owner, "pyarrow"))


def _read_quickly(text: bytes, columns: int, ends: int) -> np.ndarray | None:
    """Return lines of text, of which so many end, as an array of shape (lines, columns).

    None where there is more in them than plain numbers, which pyarrow may know. Either way numbers
    are the float32 nearest to the text.
    """
    if _fill is None:
        return read_whole_numbers(text, columns)
    numbers = np.empty((ends + 1, columns), np.float32)  # the last line may not end
    rows = _fill(text, columns, numbers)
    return None if rows < 0 else numbers[:rows]


def _parse(text: bytes, columns: int) -> np.ndarray:
    """Return lines of text, some of them not empty, as an array of shape (lines, columns)."""
    import pyarrow as pa
    from pyarrow import csv

    names = [str(column) for column in range(columns)]
    # The threads are ours: one for each piece was measured faster than several for one.
    reading = csv.ReadOptions(column_names=names, use_threads=False, block_size=len(text))
    parsing = csv.ParseOptions(quote_char=False, ignore_empty_lines=True)
    converting = csv.ConvertOptions(column_types=dict.fromkeys(names, pa.float32()), null_values=[])
    table = csv.read_csv(pa.BufferReader(text), reading, parsing, converting)
    (batch,) = table.combine_chunks().to_batches()
    return np.asarray(batch.to_tensor(row_major=True))


@final
class RowReader:
    """Take rows, any number at a time, from pieces as they come.

    >>> reader = RowReader(iter([np.ones((2, 3)), np.zeros((4, 3))]), 3)
    >>> [reader.take(count).shape for count in (1, 2, 5, 5)]
    [(1, 3), (2, 3), (3, 3), (0, 3)]
    """

    def __init__(self, pieces: Iterator[np.ndarray], columns: int) -> None:
        self._pieces = pieces
        self._rest = np.empty((0, columns), np.float32)

    def take(self, count: int) -> np.ndarray:
        """Return the next rows: as many as asked for, or fewer where the rows end."""
        first, self._rest = self._rest[:count], self._rest[count:]
        missing = count - len(first)
        if not missing:
            return first
        taken = [first]
        while missing and (piece := next(self._pieces, None)) is not None:
            taken.append(piece[:missing])
            self._rest = piece[missing:]
            missing -= len(taken[-1])
        full = [rows for rows in taken if len(rows)]
        return full[0] if len(full) == 1 else np.concatenate(taken)
