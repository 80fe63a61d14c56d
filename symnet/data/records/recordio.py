"""RecordIO: files of many records, each some bytes; any of them is read at once, by its number."""

import operator
import os
from bisect import bisect_right
from collections.abc import Hashable, Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from itertools import accumulate
from threading import Lock
from types import TracebackType
from typing import IO, Any, Never, Self, final

import numpy as np

from ...core.errors import ArgumentError, shown
from ...core.paths import FilePath, path_text, write_atomically
from .._checks import whole_number
from .record_format import Damage, Gap, damaged, encode, padded, payload_views, pieces, scan
from .record_index import check_belongs, find_index, index_line, read_index_arrays
from .record_source import Source, open_source

__all__ = ["RecordReader", "RecordWriter"]

_AHEAD = 1 << 20  # bytes to ask a server for, at most, before the length of a record is known


@final
class RecordReader:
    """The records of one or several files, by their numbers.

    Records are numbered from 0 in the order in which they lie, through all files. Reading is safe
    from many threads: nothing is shared between two reads. Of a file behind a URL, just the bytes
    of a record are fetched.

    With an index beside the file (``train.idx`` of ``train.rec``), or one that is named, opening
    reads only that. Without, the file is gone through from head to head: 1,000,000 records take
    about a second where the file is in memory.

    A stretch that holds no readable record has a number too, and reading it raises FormatError: who
    wants to go on catches that and takes the next number. What is known to be damaged is in
    ``gaps``; with an index, damage only shows when it is read.

    Args:
        path: a local path or a URL; several joined by ``;``, or in a sequence.
        index: the index, or several joined by ``;``, one for each file. Default None: the file
            beside, where there is one. ``""`` uses none, and goes through the file.

    Raises DataError where a file cannot be read, FormatError for an index that does not belong to
    its file, ArgumentError for a URL of no known kind.
    Source: docs/semantics §7.6 and §7.8.

    >>> with RecordWriter("memory://greetings.rec") as writer:
    ...     offsets = [writer.write(text) for text in (b"hello", b"", b"world")]
    >>> with RecordReader("memory://greetings.rec") as reader:
    ...     len(reader), reader[2], reader.offset(2), reader.part(2, 0)
    (3, b'world', 24, range(0, 2))
    """

    gaps: tuple[Gap, ...]
    """The stretches that are known to hold no readable record."""

    keys: np.ndarray
    """The key of each record as int64: that of the index, else its number."""

    def __init__(
        self, path: FilePath | Sequence[FilePath], *, index: FilePath | None = None
    ) -> None:
        self._names = _names(path)
        self._sources = [open_source(name) for name in self._names]
        found = _find_all(self._sources, _indexes(self._names, index))
        self.gaps = tuple(gap for file in found for gap in file.gaps)
        self.keys = np.concatenate([file.keys for file in found])
        # Offsets as if the files were one; `_bases` says where each begins in it.
        self._bases = [0, *accumulate(source.size for source in self._sources)]
        starts = [base + file.offsets for base, file in zip(self._bases, found, strict=False)]
        self._starts: np.ndarray = np.concatenate(starts)
        self._firsts: list[int] = np.searchsorted(self._starts, self._bases).tolist()
        self._faults = {gap.number: gap for gap in self.gaps}
        self._numbers: dict[int, int] = {}

    def __repr__(self) -> str:
        closed = "" if self._sources else ", closed"
        return f"RecordReader({';'.join(self._names)!r}, {len(self.keys):,} records{closed})"

    def __len__(self) -> int:
        return len(self._starts)

    def __getitem__(self, number: int) -> bytes:
        """Return a payload, whole. Raises IndexError, and FormatError for a damaged record."""
        return b"".join(self._views(number))

    def view(self, number: int) -> memoryview:
        """Return a payload as a view of the bytes that were read, where it is in one piece.

        The view stays good when the reader is closed. Errors are those of ``reader[number]``.
        """
        views = self._views(number)
        return views[0] if len(views) == 1 else memoryview(b"".join(views))

    def __iter__(self) -> Iterator[bytes]:
        return (self[number] for number in range(len(self)))

    def _views(self, number: int) -> list[memoryview]:
        file, offset = self._place(number)
        fault = self._faults.get(number)
        if fault:
            raise fault.error()
        source = self._sources[file].ahead(self._room(number))
        try:
            return payload_views(source, pieces(source, offset))
        except Damage as damage:
            raise damaged(source.name, offset, damage, number) from None

    def _place(self, number: int) -> tuple[int, int]:
        """Return in which file a record is, and at which offset."""
        try:
            number = operator.index(number)
        except TypeError:
            raise ArgumentError(
                f"a record of {self._title()} has a number, got {shown(number)}; keys are in keys"
            ) from None
        if not 0 <= number < len(self._starts):
            raise IndexError(f"no record {number} in {self._title()}: it has {len(self)} records")
        if not self._sources:
            raise ArgumentError(f"the reader of {self._title()} is closed")
        file = bisect_right(self._firsts, number) - 1
        return file, int(self._starts[number]) - self._bases[file]

    def _room(self, number: int) -> int:
        """Return how many bytes a record can have, or how many to fetch before that is known."""
        following = number + 1
        stop = self._starts[following] if following < len(self) else self._bases[-1]
        return min(_AHEAD, int(stop - self._starts[number]))

    def _title(self) -> str:
        return ";".join(self._names)

    def offset(self, number: int) -> int:
        """Return where in its file a record begins, in bytes."""
        return self._place(number)[1]

    def name(self, number: int) -> str:
        """Return the path of the file that a record is in."""
        return self._names[self._place(number)[0]]

    def by_key(self, key: int) -> bytes:
        """Return the payload of the record with a key.

        Raises ArgumentError for a key that no record has, or several of different files; otherwise
        as ``reader[number]``.
        """
        if not self._numbers:
            self._numbers = _unique(self.keys)
        number = self._numbers.get(key)
        if number is None:
            found = np.flatnonzero(self.keys == key).tolist()
            problem = f"the records {found} all have" if found else "no record has"
            raise ArgumentError(f"{self._title()}: {problem} the key {key}")
        return self[number]

    def part(self, num_parts: int, part_index: int) -> range:
        """Return the numbers of the records in one of several parts of about as many bytes.

        A part is a range of bytes of all files laid end to end; a record belongs to the part in
        which it begins. Parts have no record in common, and together they have all.

        Args:
            num_parts: in how many parts the bytes are divided, from 1.
            part_index: which part, from 0.

        Raises ParameterError for a part that does not exist.
        Source: docs/semantics §7.6, which is the rule of Apache MXNet.
        """
        parts = whole_number("RecordReader", "num_parts", num_parts, 1)
        part = whole_number("RecordReader", "part_index", part_index, 0, parts - 1)
        share = padded(-(-self._bases[-1] // parts))
        start, stop = np.searchsorted(self._starts, [share * part, share * (part + 1)])
        return range(int(start), int(stop))

    def close(self) -> None:
        """Close the files; views stay good."""
        self._sources = []  # a mapping ends with the last view of it

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_sources": bool(self._sources)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._sources = [open_source(name) for name in self._names] if state["_sources"] else []


@dataclass(frozen=True)
class _Found:
    """What is known of the records of one file."""

    offsets: np.ndarray
    keys: np.ndarray
    gaps: Sequence[Gap] = ()


def _names(path: FilePath | Sequence[FilePath]) -> list[str]:
    if isinstance(path, str):
        names = [name for name in path.split(";") if name]
    elif isinstance(path, os.PathLike | bytes) or not isinstance(path, Iterable):
        names = [path_text(path)]
    else:
        names = [path_text(name) for name in path]
    if not names:
        raise ArgumentError(f"RecordReader: the path of a record file is expected, got {path!r}")
    return names


def _indexes(names: list[str], index: FilePath | None) -> list[str | None]:
    """Return the index of each file, None where there is none."""
    if index is None:
        return [find_index(name) for name in names]
    if not path_text(index):
        return [None] * len(names)
    found = _names(index)
    if len(found) != len(names):
        raise ArgumentError(
            f"RecordReader: {len(names)} files need as many indexes, got {len(found)}: {found}"
        )
    return list(found)


def _find_all(sources: list[Source], indexes: list[str | None]) -> list[_Found]:
    found: list[_Found] = []
    for source, index in zip(sources, indexes, strict=True):
        count = sum(len(file.offsets) for file in found)
        found.append(_indexed(source, index) if index else _scanned(source, count))
    return found


def _indexed(source: Source, index: str) -> _Found:
    keys, offsets = read_index_arrays(index)
    check_belongs(index, offsets, source)
    order = offsets.argsort()
    return _Found(offsets[order], keys[order])


def _scanned(source: Source, first: int) -> _Found:
    offsets, gaps = scan(source, first)
    keys = np.arange(first, first + len(offsets))
    return _Found(np.array(offsets, np.int64), keys, gaps)


def _unique(keys: np.ndarray) -> dict[int, int]:
    """Return the number of each key that only one record has."""
    found, numbers, counts = np.unique(keys, return_index=True, return_counts=True)
    alone = counts == 1
    return dict(zip(found[alone].tolist(), numbers[alone].tolist(), strict=True))


@final
class RecordWriter:
    """A file of records being written; it appears under its name when it is closed.

    As a context manager it is closed where the block ends well. Where the block raises, and where
    the writer is forgotten unclosed, the path names what it named before.

    Args:
        path: where to write, a local path or a URL.
        index: where to write the index, None (default) for no index.

    Raises OSError where the file cannot be written, ArgumentError for a URL of no known kind.
    Source: docs/semantics §7.8.

    >>> with RecordWriter("memory://w.rec", index="memory://w.idx") as writer:
    ...     writer.write(b"hello"), writer.write(b"world")
    (0, 16)
    """

    def __init__(self, path: FilePath, *, index: FilePath | None = None) -> None:
        self._name = path_text(path)
        self._files = ExitStack()
        with ExitStack() as opened:
            # Left in the opposite order: the records are there before their index is.
            self._index: IO[bytes] | None = (
                None if index is None else opened.enter_context(write_atomically(index))
            )
            self._records = opened.enter_context(write_atomically(path))
            self._files = opened.pop_all()
        self._count = self._size = 0
        self._keys = _Keys()
        self._lock = Lock()  # threads may write records together
        self._open = True

    def __repr__(self) -> str:
        state = "open" if self._open else "closed"
        return f"RecordWriter({self._name!r}, {self._count:,} records, {state})"

    def write(self, payload: bytes, key: Hashable = None) -> int:
        """Write a record.

        Args:
            payload: its bytes, fewer than 2**29.
            key: its key in the index, default the number of the record.

        Returns its offset. Raises ArgumentError for a payload that is too long or no bytes, for a
        key that the index has already, and after `close`.
        """
        record = b"".join(encode(payload))
        with self._lock:
            return self._write(record, key)

    def _write(self, record: bytes, key: Hashable) -> int:
        if not self._open:
            raise ArgumentError(f"the writer of {self._name} is closed")
        offset = self._size
        if self._index:
            known = self._count if key is None else key
            line = index_line(known, offset)
            if not self._keys.add(known):
                raise ArgumentError(
                    f"{self._name}: the key {shown(known)} was written before, and an index has "
                    "each of its keys once"
                )
            self._index.write(line)
        self._records.write(record)
        self._count += 1
        self._size += len(record)
        return offset

    def tell(self) -> int:
        """Return the offset of the next record."""
        return self._size

    def close(self) -> None:
        """Let the file appear under its name."""
        self._open = False
        self._files.close()

    def abort(self) -> None:
        """Forget what was written; the path names what it named before."""
        self._leave(_Aborted())

    def __reduce__(self) -> Never:
        raise ArgumentError(
            f"RecordWriter: {self._name} is being written, and only one process can; close it, and "
            "open it to read in the other"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None
    ) -> None:
        if error is None:
            self.close()
        else:
            self._leave(error)

    def _leave(self, error: BaseException) -> None:
        self._open = False
        with suppress(type(error)):
            self._files.__exit__(type(error), error, error.__traceback__)


class _Keys:
    """The keys of an index. Numbers that count on from the first one, as most do, cost nothing."""

    def __init__(self) -> None:
        self._counted = range(0)
        self._others: set[Hashable] = set()

    def add(self, key: Hashable) -> bool:
        """Take in a key; False where it is there already."""
        if key in self._others or key in self._counted:
            return False
        counted = self._counted
        if isinstance(key, int) and (not counted or key == counted.stop):
            self._counted = range(counted.start if counted else key, key + 1)
        else:
            self._others.add(key)
        return True


class _Aborted(Exception):
    """What the files being written are left with when they are not wanted."""
