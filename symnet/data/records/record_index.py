"""The index of a record file: a text file with a line ``key<tab>offset`` for each record.

An index is a claim about another file, and the two come apart: one is copied without the other, or
made anew. Read by a wrong index, a record file gives whole records under wrong keys, which nobody
notices; so no index is used before `check_belongs` has held it against its file.
"""

import logging
import os
from collections.abc import Callable, Hashable, Iterable
from contextlib import suppress
from io import StringIO
from typing import Any

import numpy as np

from ...core.errors import ArgumentError, DataError, FormatError, shown
from ...core.file_kinds import HEAD, in_its_place
from ...core.paths import FilePath, locate, path_text, read_bytes, write_atomically
from .record_format import Damage, begins_piece, pieces, record_end
from .record_source import Source

__all__ = [
    "check_belongs",
    "find_index",
    "index_line",
    "index_path",
    "read_index",
    "read_index_arrays",
    "write_index",
]

_log = logging.getLogger("symnet")

_WAY_OUT = '`symnet rec index FILE.rec` writes a right index, and index="" reads without one'


def index_path(path: FilePath) -> str:
    """Return where the index of a record file is: beside it, ending in ``.idx``.

    >>> index_path("folder/train.rec")
    'folder/train.idx'
    """
    return os.path.splitext(path_text(path))[0] + ".idx"


def find_index(path: FilePath) -> str | None:
    """Return the path of the index beside a record file, None where there is none."""
    beside = index_path(path)
    system, inside = locate(beside)
    found = os.path.isfile(inside) if system is None else system.isfile(inside)
    return beside if found else None


def index_line(key: Hashable, offset: int) -> bytes:
    r"""Return one line of an index; ArgumentError for a key that would not be read again.

    >>> index_line(7, 48)
    b'7\t48\n'
    """
    text = str(key)
    if "\t" in text or text.splitlines() != [text]:
        raise ArgumentError(
            f"the key of a record is one line of text without tabs, got {shown(key)}"
        )
    return f"{text}\t{offset}\n".encode()


def write_index(path: FilePath, entries: Iterable[tuple[Hashable, int]]) -> None:
    """Write an index.

    Args:
        path: where to write; the file appears when it is complete.
        entries: keys and offsets.

    >>> write_index("memory://train.idx", [(1, 0), (2, 48)])
    >>> read_index("memory://train.idx")
    {1: 0, 2: 48}
    """
    # Half an index would be read as a whole one, of a file with fewer records.
    with write_atomically(path) as file:
        file.writelines(index_line(key, offset) for key, offset in entries)


def read_index(path: FilePath, key_type: Callable[[str], Any] = int) -> dict[Any, int]:
    """Read an index.

    Args:
        path: the index.
        key_type: what makes a key of its text, default int.

    Returns the offset of each key, in the order of the file.
    Raises DataError where the file cannot be read; FormatError, with the line, for what is not a
    key and an offset, and for keys and offsets that are there twice.
    Source: docs/semantics §7.8.
    """
    name, text = path_text(path), _text(path)
    entries: dict[Any, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        # Tools end files with empty lines; they say nothing.
        if not line.strip():
            continue
        try:
            written, place = line.split("\t")
            key, offset = key_type(written), int(place)
        except ValueError:
            raise _unreadable(name, number, line, key_type, text) from None
        if offset < 0:
            raise _wrong(name, number, f"the offset {offset} is negative")
        if key in entries:
            raise _wrong(name, number, f"the key {key!r} is there for the second time")
        entries[key] = offset
    _no_offset_twice(path, entries)
    return entries


def read_index_arrays(path: FilePath) -> tuple[np.ndarray, np.ndarray]:
    """Read an index whose keys are numbers; five times as fast as `read_index`.

    Args:
        path: the index.

    Returns keys and offsets as int64. Raises as `read_index` does, and FormatError for numbers of
    more than 64 bits.

    >>> write_index("memory://train.idx", [(1, 0), (2, 48)])
    >>> read_index_arrays("memory://train.idx")
    (array([1, 2]), array([ 0, 48]))
    """
    text = _text(path)
    if text:  # of nothing, NumPy warns
        # The fast way says only that something is wrong; the slow one below says what, and where.
        with suppress(ValueError):
            table = np.loadtxt(StringIO(text), np.int64, comments=None, delimiter="\t", ndmin=2)
            keys, offsets = table.T  # ValueError where there are not two columns
            if offsets.min() >= 0 and not _is_twice(keys) and not _is_twice(offsets):
                return keys, offsets
    entries = read_index(path)  # which names the line that is wrong
    try:
        return np.array([*entries], np.int64), np.array([*entries.values()], np.int64)
    # Python's numbers have any length, NumPy's 64 bits: the slow way may read what the table
    # cannot.
    except OverflowError:
        raise FormatError(f"{path_text(path)}: a key or offset has more than 64 bits") from None


def _text(path: FilePath) -> str:
    name = path_text(path)
    try:
        content = read_bytes(path)
    except OSError as problem:
        raise DataError(f"cannot read {name}: {problem.strerror or problem}") from None
    try:
        return content.decode()
    except UnicodeDecodeError:
        other = in_its_place(content[:HEAD], "idx")
        raise FormatError(f"{name}: this is no index: an index is a text file{other}") from None


def _is_twice(numbers: np.ndarray) -> bool:
    """Return whether any number is there twice."""
    # Sorting numbers is several times as fast as hashing each of a million.
    return bool((np.diff(np.sort(numbers)) == 0).any())


def _unreadable(
    name: str, number: int, line: str, key_type: Callable[[str], Any], text: str
) -> FormatError:
    key = getattr(key_type, "__name__", "key")
    other = in_its_place(text[:HEAD].encode(), "idx", "text")
    return _wrong(
        name,
        number,
        f"expected a key ({key}), a tab and an offset (int), found {shown(line)}{other}",
    )


def _no_offset_twice(path: FilePath, entries: dict[Any, int]) -> None:
    """Raise where two keys have one record: an epoch would see it twice, and another one never."""
    if len(set(entries.values())) == len(entries):
        return
    seen: set[int] = set()
    for entry, offset in enumerate(entries.values()):
        if offset in seen:
            problem = f"the offset {offset} is there for the second time"
            raise _wrong(path_text(path), _line_of(path, entry), problem)
        seen.add(offset)


def _line_of(path: FilePath, entry: int) -> int:
    """Return in which line an entry stands, the first being 0: empty lines are none."""
    lines = enumerate(_text(path).splitlines(), 1)
    return [number for number, line in lines if line.strip()][entry]


def _wrong(name: str, number: int, problem: str) -> FormatError:
    return FormatError(f"{name}: line {number}: {problem}; {_WAY_OUT}")


def check_belongs(index: str, offsets: np.ndarray, source: Source) -> None:
    """Raise FormatError where an index does not belong to a file.

    Every offset must be one in the file, and a record must begin at the first and the last of
    them; the others are held against the file when they are read. That the file goes on after the
    last record is logged as a warning, since the index may name some of its records on purpose.

    Args:
        index: path of the index.
        offsets: those that it names, in the order of its lines.
        source: the record file.
    """
    # Records begin at multiples of 4. All offsets are compared as numbers, which costs nothing;
    # reading the file at each of them would cost a seek, on a URL a request.
    strange = np.flatnonzero((offsets % 4 != 0) | (offsets < 0) | (offsets >= source.size))
    if len(strange):
        entry = int(strange[0])
        found = f"no record of {source.name} ({source.size} bytes) is at offset {offsets[entry]}"
        raise _wrong(index, _line_of(index, entry), found)
    if not len(offsets):
        if source.size:
            has = f"{source.name} has {source.size} bytes"
            raise FormatError(f"{index}: empty, but {has}; {_WAY_OUT}")
        return
    # An index need not be in the order of the file: a shuffled one is read as well.
    first, last = int(offsets.min()), int(offsets.max())
    for offset in {first, last}:
        if not begins_piece(source, offset):
            raise FormatError(
                f"{index}: no record of {source.name} begins at offset {offset}; "
                f"the index belongs to another file; {_WAY_OUT}"
            )
    _warn_of_rest(index, last, source)


def _warn_of_rest(index: str, last: int, source: Source) -> None:
    with suppress(Damage):  # which shows when the record is read
        # A record of several pieces ends where its last piece does.
        stop = record_end(pieces(source, last))
        if stop < source.size:
            _log.warning(
                f"{index}: its last record ends at offset {stop}, but {source.name} goes on to "
                f"{source.size}; {_WAY_OUT}"
            )
