"""Reading and writing files by path or URL, so that a file is whole or not there at all."""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedIOBase
from pathlib import Path
from secrets import token_hex
from typing import IO, Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

from .errors import ArgumentError

__all__ = ["FilePath", "open_to_read", "read_bytes", "write_atomically"]

FilePath = str | os.PathLike[str]
"""A local path, or a URL that fsspec knows: ``"memory://net.params"``, ``"s3://bucket/net.params"``."""


@contextmanager
def open_to_read(path: FilePath) -> Iterator[BufferedIOBase]:
    """Open a file for reading, as bytes that can be sought; what a URL names is fetched first.

    Args:
        path: a local path or a URL.

    Raises OSError where the file cannot be read, ArgumentError for a URL of no known kind.

    >>> with write_atomically("memory://greeting.txt") as file:
    ...     _ = file.write(b"hello")
    >>> with open_to_read("memory://greeting.txt") as file:
    ...     file.seek(1), file.read()
    (1, b'ello')
    """
    system, name = _locate(path)
    if system is None:
        with open(name, "rb") as file:
            yield file
    else:
        with tempfile.TemporaryFile() as fetched:
            with system.open(name, "rb") as remote:
                shutil.copyfileobj(remote, fetched)
            fetched.seek(0)
            yield fetched


def read_bytes(path: FilePath) -> bytes:
    """Return all bytes of a file.

    Args:
        path: a local path or a URL.

    Raises OSError where the file cannot be read, ArgumentError for a URL of no known kind.

    >>> with write_atomically("memory://greeting.txt") as file:
    ...     _ = file.write(b"hello")
    >>> read_bytes("memory://greeting.txt")
    b'hello'
    """
    with open_to_read(path) as file:
        return file.read()


@contextmanager
def write_atomically(path: FilePath) -> Iterator[IO[bytes]]:
    """Open a file for writing bytes; the path names it once the block has ended well.

    Until then, and for ever if the block raises, the path names what it named before. A local file
    keeps its permissions, and a symbolic link stays one. What goes to a URL is written to a local
    temporary file and sent at the end.

    Args:
        path: a local path or a URL.

    Raises OSError where the file cannot be written, ArgumentError for a URL of no known kind.

    >>> with write_atomically("memory://greeting.txt") as file:
    ...     _ = file.write(b"hello")
    """
    system, name = _locate(path)
    if system is not None:
        with _sending(system, name) as file:
            yield file
    elif os.path.exists(name) and not os.path.isfile(name):
        with open(name, "wb") as file:  # a device or a pipe cannot be replaced, a directory raises
            yield file
    else:
        with _replacing(Path(os.path.realpath(name))) as file:
            yield file


def _locate(path: FilePath) -> tuple[Any, str]:
    """Return fsspec's file system and the name in it; no file system for local paths."""
    name = os.fspath(path)
    if "://" not in name:
        return None, name
    try:
        system, name = fsspec.core.url_to_fs(name)
    except (ValueError, ImportError) as error:  # a protocol unknown, or without its package
        raise ArgumentError(f"cannot open {path}: {error}") from error
    return None if isinstance(system, LocalFileSystem) else system, name


@contextmanager
def _sending(system: Any, name: str) -> Iterator[IO[bytes]]:
    with tempfile.TemporaryFile() as written:
        yield written
        written.seek(0)
        with system.open(name, "wb") as remote:
            shutil.copyfileobj(written, remote)


@contextmanager
def _replacing(path: Path) -> Iterator[IO[bytes]]:
    if not path.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "no such directory", str(path.parent))
    temporary = path.parent / f".symnet-{token_hex(8)}.tmp"
    try:
        with open(temporary, "xb") as file:
            if path.exists():
                shutil.copymode(path, temporary)
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with suppress(FileNotFoundError):
            temporary.unlink()
        raise
