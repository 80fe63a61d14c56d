"""Bytes of a file at any place: of a local one by its descriptor, of a URL by ranges.

Neither kind has a position that threads would have to share.
"""

import errno
import os
import stat
from collections.abc import Callable
from threading import Lock
from typing import Any, Protocol
from weakref import finalize

from ...core.errors import DataError
from ...core.paths import FilePath, locate, path_text

__all__ = ["Source", "open_source"]

_BLOCK = 1 << 23  # bytes to ask a server for at a time, where a whole file is gone through
_MOST_AT_ONCE = 1 << 30  # bytes that one read of Windows is asked for: it counts in 32 bits


class Source(Protocol):
    """A file that can be read at any place."""

    @property
    def name(self) -> str:
        """The path or URL."""

    @property
    def size(self) -> int:
        """The number of bytes."""

    def read(self, start: int, stop: int) -> bytes:
        """Return the bytes from ``start`` to ``stop``, both within the file."""

    def view(self, start: int, stop: int) -> memoryview:
        """Return the same bytes without a copy where that can be."""

    def find(self, word: bytes, start: int, stop: int) -> int:
        """Return where ``word`` is first found whole between two places, -1 where it is not."""

    def ahead(self, block: int | None = None) -> "Source":
        """Return a source of the same bytes that fetches this many at once, for one thread."""


def open_source(path: FilePath) -> Source:
    """Open a file to be read at any place.

    Args:
        path: a local path or a URL that fsspec knows.

    Raises DataError where the file cannot be read, ArgumentError for a URL of no known kind.

    >>> from symnet.core.paths import write_atomically
    >>> with write_atomically("memory://greeting.txt") as file:
    ...     _ = file.write(b"hello")
    >>> open_source("memory://greeting.txt").read(1, 3)
    b'el'
    """
    name = path_text(path)
    try:
        system, inside = locate(name)
        return _Local(name, inside) if system is None else _Remote(name, system, inside)
    except OSError as problem:
        raise DataError(f"cannot read {name}: {problem.strerror or problem}") from None


def _find(source: Source, word: bytes, start: int, stop: int) -> int:
    while start + len(word) <= stop:
        block = source.read(start, min(stop, start + _BLOCK))
        place = block.find(word)
        if place >= 0:
            return start + place
        start += len(block) - len(word) + 1  # the word may lie across the border
    return -1


class _Local:
    """A local file, read at its places. It is closed when nobody has it any more.

    It is not mapped: a mapped file that another program cuts short would end the process.
    """

    def __init__(self, name: str, path: str) -> None:
        self.name = name
        self._descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        finalize(self, os.close, self._descriptor)
        self._moving = Lock()
        found = os.fstat(self._descriptor)
        if stat.S_ISDIR(found.st_mode):  # which can be opened, but not read
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
        self.size = found.st_size

    def _part(self, start: int, count: int) -> bytes:
        """Return bytes from a place on, fewer than were asked for where the system gives fewer."""
        try:
            return self._bytes(start, count)
        except OSError as problem:  # it names no file
            raise DataError(f"cannot read {self.name}: {problem.strerror}") from problem

    def _bytes(self, start: int, count: int) -> bytes:
        if hasattr(os, "pread"):
            found: bytes = os.pread(self._descriptor, count, start)
            return found
        with self._moving:  # Windows reads at the descriptor's position, which all threads share
            os.lseek(self._descriptor, start, os.SEEK_SET)
            return os.read(self._descriptor, min(count, _MOST_AT_ONCE))

    def read(self, start: int, stop: int) -> bytes:
        found = self._part(start, stop - start)
        while len(found) < stop - start:  # the system gives 2 GiB at most
            more = self._part(start + len(found), stop - start - len(found))
            if not more:
                raise DataError(
                    f"cannot read {self.name}: it had {self.size} bytes when it was opened, and "
                    f"now ends at {start + len(found)}; another program has cut it short"
                )
            found += more
        return found

    def view(self, start: int, stop: int) -> memoryview:
        return memoryview(self.read(start, stop))

    def find(self, word: bytes, start: int, stop: int) -> int:
        return _find(self, word, start, stop)

    def ahead(self, block: int | None = None) -> Source:
        return self  # the system reads ahead


class _Remote:
    """What a URL names, fetched range by range."""

    def __init__(self, name: str, system: Any, path: str) -> None:
        self.name = name
        self._system = system
        self._path = path
        size = self._ask(system.size, path)
        if size is None:
            raise DataError(
                f"cannot read {name} in parts: its server does not tell how long it is; "
                "download it first"
            )
        self.size = int(size)

    def read(self, start: int, stop: int) -> bytes:
        if start == stop:
            return b""  # to some servers an empty range means all
        found: bytes = self._ask(self._system.cat_file, self._path, start=start, end=stop)
        if len(found) != stop - start:
            raise DataError(
                f"cannot read {self.name} in parts: asked for the {stop - start} bytes from "
                f"{start}, its server sent {len(found)}; download it first"
            )
        return found

    def _ask(self, question: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        try:
            return question(*arguments, **options)
        except Exception as problem:  # of the store's own package, whichever that is
            why = getattr(problem, "strerror", None) or f"{type(problem).__name__}: {problem}"
            raise DataError(f"cannot read {self.name}: {why}") from problem

    def view(self, start: int, stop: int) -> memoryview:
        return memoryview(self.read(start, stop))

    def find(self, word: bytes, start: int, stop: int) -> int:
        return _find(self, word, start, stop)

    def ahead(self, block: int | None = None) -> Source:
        return _Window(self, block or _BLOCK)


class _Window:
    """A source whose bytes are fetched ahead, a block at a time."""

    def __init__(self, source: Source, block: int) -> None:
        self.name = source.name
        self.size = source.size
        self._source = source
        self._block = block
        self._start = 0
        self._bytes = b""

    def read(self, start: int, stop: int) -> bytes:
        if start < self._start or stop > self._start + len(self._bytes):
            end = min(self.size, max(stop, start + self._block))
            self._bytes = self._source.read(start, end)
            self._start = start
        return self._bytes[start - self._start : stop - self._start]

    def view(self, start: int, stop: int) -> memoryview:
        return memoryview(self.read(start, stop))

    def find(self, word: bytes, start: int, stop: int) -> int:
        return self._source.find(word, start, stop)

    def ahead(self, block: int | None = None) -> Source:
        return self._source.ahead(block)
