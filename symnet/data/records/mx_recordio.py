"""MXRecordIO and MXIndexedRecordIO: RecordIO files by the interface of python-mxnet."""

import os
from collections.abc import Callable
from threading import RLock
from typing import Any, Self, final

import numpy as np

from ...core.errors import ArgumentError, ParameterError
from ...core.paths import FilePath, path_text
from .record_format import Damage, damaged, payload_views, pieces, record_end
from .record_index import check_belongs, read_index, write_index
from .record_source import Source, open_source
from .recordio import RecordWriter

__all__ = ["MXIndexedRecordIO", "MXRecordIO"]


class _RecordFile:
    """What both classes share: one file that is read, or written, from its beginning to its end."""

    is_open = False
    _process = -1

    def __init__(self, uri: FilePath, flag: str) -> None:
        if flag not in ("r", "w"):
            raise ParameterError(f"{type(self).__name__}: flag must be 'r' or 'w', got {flag!r}")
        self.uri = path_text(uri)
        self.flag = flag
        self._process = os.getpid()
        self.writable = flag == "w"
        self._source: Source | None = None
        self._writer: RecordWriter | None = None
        self._position = 0
        self._lock = RLock()  # threads may read or write together: what one asks for is one step
        self.open()

    def __repr__(self) -> str:
        state = "open" if self.is_open else "closed"
        return f"{type(self).__name__}({self.uri!r}, {self.flag!r}, {state})"

    def open(self) -> None:
        """Open the file, at its beginning; done by the class itself and by `reset`."""
        if self.writable:
            self._writer = RecordWriter(self.uri)
        else:
            self._source = open_source(self.uri).ahead()
        self._position = 0
        self.is_open = True

    def close(self) -> None:
        """Close the file. A file that was written appears under its name now."""
        if not self.is_open:
            return
        self.is_open = False
        self._source = None
        if self._writer:
            self._finish(self._writer)

    def _finish(self, writer: RecordWriter) -> None:
        writer.close()

    def reset(self) -> None:
        """Go back to the first record; a writer forgets what was written."""
        if self._writer:
            self._writer.abort()
        self.open()

    def read(self) -> bytes | None:
        """Return the payload of the next record, None at the end of the file.

        Raises FormatError for a damaged record.
        """
        with self._lock:
            source = self._reading()
            if self._position >= source.size:
                return None
            try:
                found = pieces(source, self._position)
            except Damage as damage:
                raise damaged(self.uri, self._position, damage) from None
            self._position = record_end(found)
            return b"".join(payload_views(source, found))

    def write(self, buf: bytes) -> None:
        """Write a record."""
        self._writing().write(buf)

    def tell(self) -> int:
        """Return the offset of the record that is read or written next."""
        return self._writing().tell() if self.writable else self._position

    def _reading(self) -> Source:
        if self._source is None:
            raise self._not_for("reading")
        return self._source

    def _writing(self) -> RecordWriter:
        if self._writer is None or not self.is_open:
            raise self._not_for("writing")
        return self._writer

    def _not_for(self, purpose: str) -> ArgumentError:
        state = (
            f"open for {'writing' if self.writable else 'reading'}" if self.is_open else "closed"
        )
        return ArgumentError(
            f"{type(self).__name__}: {self.uri} is {state}, not open for {purpose}"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind and self._writer:
            self.is_open = False
            self._writer.abort()
        self.close()

    def __del__(self) -> None:
        if self._process == os.getpid():  # a fork's copy leaves the file to the process that has it
            self.close()

    def __getstate__(self) -> dict[str, Any]:
        if self.writable:
            raise ArgumentError(
                f"{type(self).__name__}: {self.uri} is being written, and only one process can; "
                "close it, and open it to read in the other"
            )
        return {**self.__dict__, "_source": None, "_lock": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._lock = RLock()
        if self.is_open:
            self.open()


@final
class MXRecordIO(_RecordFile):
    """A RecordIO file, read or written record after record, by the interface of python-mxnet.

    `RecordReader` reads in any order and from many threads. A file that is written appears under
    its name when it is closed, at the latest when the object is gone; as a context manager it does
    not appear where the block raises. An object that reads may be pickled; the copy begins at the
    first record.

    Args:
        uri: a local path or a URL.
        flag: ``"r"`` to read, ``"w"`` to write.

    Raises ParameterError for another flag, DataError where the file cannot be read.
    Source: docs/semantics §7.8.

    >>> with MXRecordIO("memory://mx.rec", "w") as record:
    ...     record.write(b"hello")
    >>> record = MXRecordIO("memory://mx.rec", "r")
    >>> record.read(), record.read()
    (b'hello', None)
    """


@final
class MXIndexedRecordIO(_RecordFile):
    """A RecordIO file with an index, by the interface of python-mxnet.

    Args:
        idx_path: the index, a local path or a URL; written where the file is written.
        uri: the records, a local path or a URL.
        flag: ``"r"`` to read, ``"w"`` to write.
        key_type: what makes a key of its text, default int.

    Raises as `MXRecordIO` does, and FormatError for an index that cannot be read.
    Source: docs/semantics §7.8.

    >>> with MXIndexedRecordIO("memory://mx.idx", "memory://mx.rec", "w") as record:
    ...     for key in range(3):
    ...         record.write_idx(key, b"record %d" % key)
    >>> record = MXIndexedRecordIO("memory://mx.idx", "memory://mx.rec", "r")
    >>> record.keys, record.read_idx(2)
    ([0, 1, 2], b'record 2')
    """

    def __init__(
        self,
        idx_path: FilePath,
        uri: FilePath,
        flag: str,
        key_type: Callable[[Any], Any] = int,
    ) -> None:
        self.idx_path = path_text(idx_path)
        self.key_type = key_type
        super().__init__(uri, flag)

    def open(self) -> None:
        """Open records and index, at the beginning."""
        self.idx = {} if self.flag == "w" else read_index(self.idx_path, self.key_type)
        self.keys = list(self.idx)
        super().open()
        if self._source is not None and self.idx:
            check_belongs(self.idx_path, np.array([*self.idx.values()]), self._source)

    def _finish(self, writer: RecordWriter) -> None:
        writer.close()
        write_index(self.idx_path, self.idx.items())

    def seek(self, idx: Any) -> None:
        """Go to the record with a key; `read` returns it. Raises ArgumentError for no such key."""
        self._reading()
        if idx not in self.idx:
            raise ArgumentError(f"MXIndexedRecordIO: {self.idx_path} has no key {idx!r}")
        self._position = self.idx[idx]

    def read_idx(self, idx: Any) -> bytes | None:
        """Return the payload of the record with a key."""
        with self._lock:
            self.seek(idx)
            return self.read()

    def write_idx(self, idx: Any, buf: bytes) -> None:
        """Write a record with a key. Raises ArgumentError for a key that was written before."""
        key = self.key_type(idx)
        with self._lock:
            if key in self.idx:
                raise ArgumentError(f"MXIndexedRecordIO: the key {key!r} was written before")
            position = self.tell()
            self.write(buf)
            self.idx[key] = position
            self.keys.append(key)
