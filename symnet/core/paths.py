"""Reading and writing files by path or URL, so that a file is whole or not there at all."""

import errno
import os
import re
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedIOBase
from pathlib import Path
from secrets import token_hex
from typing import IO, Any
from weakref import WeakSet
from zlib import crc32

from ._processes import is_alive
from .errors import ArgumentError, shown, suggest

__all__ = [
    "FilePath",
    "fetched",
    "local_path",
    "locate",
    "names_beside",
    "open_to_read",
    "path_text",
    "prefix_text",
    "read_bytes",
    "write_atomically",
]

FilePath = str | os.PathLike[str]
"""A local path, or a URL that fsspec knows: ``"memory://net.params"``, ``"s3://bucket/net.params"``."""


# -- reading ---------------------------------------------------------------------------------------


@contextmanager
def fetched(path: FilePath) -> Iterator[str]:
    """Give the name of a local file with the bytes of a path.

    That is the file itself, or a copy of what a URL names, which is gone when the block ends.

    Args:
        path: a local path or a URL.

    Raises OSError where a URL's file cannot be read, ArgumentError for a URL of no known kind.

    >>> with write_atomically("memory://greeting.txt") as file:
    ...     _ = file.write(b"hello")
    >>> with fetched("memory://greeting.txt") as name:
    ...     Path(name).read_bytes()
    b'hello'
    """
    system, name = locate(path)
    if system is None:
        yield name
        return
    with tempfile.TemporaryDirectory(prefix="symnet-") as folder:
        local = os.path.join(folder, "fetched")
        with _errors_of(path):
            system.get_file(name, local)
        if not os.path.isfile(local):  # fsspec makes a folder of a folder
            raise IsADirectoryError(errno.EISDIR, "is a folder", os.fspath(path))
        yield local


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
    with fetched(path) as name, open(name, "rb") as file:
        try:
            yield file
        except OSError as error:
            if error.errno != errno.EIO or error.filename is not None:
                raise
            raise OSError(error.errno, error.strerror, name) from error


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


def names_beside(path: FilePath) -> list[str] | None:
    """Return the names in the folder of a path, or None where that folder cannot be listed.

    Args:
        path: a local path or a URL; there need not be such a file.

    Raises ArgumentError for a URL of no known kind.

    >>> with write_atomically("memory://letters/greeting.txt") as file:
    ...     _ = file.write(b"hello")
    >>> names_beside("memory://letters/answer.txt")
    ['greeting.txt']
    """
    system, name = locate(path)
    try:
        if system is None:
            return os.listdir(os.path.dirname(name) or ".")
        with _errors_of(path):
            system.invalidate_cache()  # others write there too
            found = system.ls(name.rpartition("/")[0], detail=False)
    except OSError:
        return None
    return [entry.rstrip("/").rpartition("/")[2] for entry in found]


# -- writing ---------------------------------------------------------------------------------------


@contextmanager
def write_atomically(path: FilePath) -> Iterator[IO[bytes]]:
    """Open a file for writing bytes; the path names it once the block has ended well.

    Until then, and for ever if the block raises, the path names what it named before. A local file
    keeps its permissions, and a symbolic link stays one. What goes to a URL is written to a local
    temporary file and sent whole at the end; object stores replace an object only by a whole one.

    Args:
        path: a local path or a URL.

    Raises OSError where the file cannot be written, ArgumentError for a URL of no known kind.

    >>> with write_atomically("memory://greeting.txt") as file:
    ...     _ = file.write(b"hello")
    """
    system, name = locate(path)
    if system is not None:
        with _sending(system, name, path) as file:
            yield file
    elif os.path.exists(name) and not os.path.isfile(name):
        with open(name, "wb") as file:  # a device or a pipe cannot be replaced, a directory raises
            yield file
    else:
        with _replacing(Path(os.path.realpath(name))) as file:
            yield file


@contextmanager
def _sending(system: Any, name: str, path: FilePath) -> Iterator[IO[bytes]]:
    with tempfile.TemporaryDirectory(prefix="symnet-") as folder:
        local = os.path.join(folder, "written")
        with open(local, "wb") as file:
            yield file
        with _errors_of(path):
            system.put_file(local, name)


@contextmanager
def _replacing(path: Path) -> Iterator[IO[bytes]]:
    if not path.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "no such directory", str(path.parent))
    _clear_leftovers(path.parent)
    owner = os.getpid()
    temporary = path.parent / f"{_TEMPORARY}{owner}-{token_hex(8)}.tmp"
    try:
        with _naming(path), open(temporary, "xb") as file:
            _being_written.add(file)
            if path.exists():
                shutil.copymode(path, temporary)
            yield file
            file.flush()
            os.fsync(file.fileno())
        if os.getpid() != owner:
            raise ArgumentError(f"{path} is being written by the process that this one came from")
        with _naming(path):
            os.replace(temporary, path)
    except BaseException:
        if os.getpid() == owner:  # a forked process ends without taking its parent's file along
            with suppress(FileNotFoundError):
                temporary.unlink()
        raise


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Give the errors of the system that name no file the name of the one that is wanted."""
    try:
        yield
    except OSError as error:
        if error.errno is None or error.filename not in (None, *_of_replace(error)):
            raise
        reason = f"{error.strerror}; what was there before is as it was"
        raise OSError(error.errno, reason, str(path)) from error


def _of_replace(error: OSError) -> tuple[str, ...]:
    """Return the temporary name, where it is the one that an error tells."""
    named = str(error.filename)
    return (named,) if os.path.basename(named).startswith(_TEMPORARY) else ()


_TEMPORARY = f".symnet-{crc32(socket.gethostname().encode()):08x}-"
"""What names of temporary files begin with: whose they are can be told on this machine alone."""

_being_written: WeakSet[IO[bytes]] = WeakSet()
"""Files that are open for writing. A fork copies what waits in their buffers, and the child's end
would write it a second time: so nothing waits there when a process forks."""


def _flush_all() -> None:
    for file in list(_being_written):
        if not file.closed:
            with suppress(OSError):  # it comes again at the next write
                file.flush()


if hasattr(os, "register_at_fork"):  # where processes fork at all
    os.register_at_fork(before=_flush_all)


def _clear_leftovers(folder: Path) -> None:
    """Remove the temporary files of processes of this machine that are gone."""
    for name in os.listdir(folder):
        if name.startswith(_TEMPORARY) and name.endswith(".tmp"):
            process = name.removeprefix(_TEMPORARY).partition("-")[0]
            if process.isdecimal() and not is_alive(int(process)):
                with suppress(OSError):
                    (folder / name).unlink()


# -- URLs ------------------------------------------------------------------------------------------


def path_text(path: object) -> str:
    """Return a path as text; ArgumentError for what is none.

    >>> path_text(Path("a") / "b")
    'a/b'
    """
    name = os.fspath(path) if isinstance(path, str | os.PathLike) else None
    if not isinstance(name, str):
        raise ArgumentError(f"a path is wanted, got {shown(path)}")
    return name


_OF_A_CHECKPOINT = re.compile(r"(-\d{4,}\.(params|state\.json|state\.safetensors)|-symbol\.json)$")


def prefix_text(prefix: FilePath) -> str:
    """Return what names of files begin with as text; ArgumentError where that is a folder alone.

    >>> prefix_text("run/net")
    'run/net'
    >>> prefix_text("run/")
    Traceback (most recent call last):
    symnet.core.errors.ArgumentError: 'run/' is a folder: a prefix says how the files in it begin, \
as 'run/net' does
    """
    name = path_text(prefix)
    locate(prefix)
    if os.path.basename(name) in ("", os.curdir, os.pardir, "~"):
        inside = f"{name}net" if name.endswith("/") else f"{name}/net"
        raise ArgumentError(
            f"{name!r} is a folder: a prefix says how the files in it begin, as {inside!r} does"
        )
    if ending := _OF_A_CHECKPOINT.search(name):
        raise ArgumentError(
            f"{name!r} is one file of a checkpoint, whose prefix is {name[: ending.start()]!r}"
        )
    return name


def locate(path: FilePath) -> tuple[Any, str]:
    """Return fsspec's file system and the name in it; no file system for local paths.

    Args:
        path: a local path or a URL.

    Every path that a user gives comes through here, so that it means the same everywhere: ``~`` is
    the home folder, ``a::b`` and ``file:c`` are plain names, and what has ``://`` is a URL.

    Raises ArgumentError for a URL of no known kind or without its package, which it names, and for
    a path with a NUL character; OSError where a store cannot be reached.

    >>> locate("net.params")
    (None, 'net.params')
    """
    name = path_text(path)
    if not name:
        raise ArgumentError("a path is wanted, got an empty text")
    if "\0" in name:
        raise ArgumentError(f"a path cannot hold a NUL character, as {name[:80]!r} does")
    if "://" not in name:
        return None, os.path.expanduser(name)
    # Here, since few need it and the import of symnet should not wait for it.
    import fsspec
    from fsspec.implementations.local import LocalFileSystem
    from fsspec.registry import known_implementations

    protocol = name.partition("://")[0].rpartition("::")[2]  # of simplecache::s3://… it is s3
    needs = known_implementations.get(protocol, {}).get("err", "")
    try:
        system, name = fsspec.core.url_to_fs(name)
    except ImportError as error:
        raise ArgumentError(f"cannot open {path}: {needs or error}") from error
    except ValueError as error:
        near = "" if protocol in known_implementations else suggest(protocol, known_implementations)
        raise ArgumentError(f"cannot open {path}: {error}{near}") from error
    except OSError as error:  # pyarrow's first line says what is missing, a hundred follow
        reason = "; ".join(filter(None, [str(error).partition("\n")[0], needs]))
        raise OSError(f"cannot open {path}: {reason}") from error
    return None if isinstance(system, LocalFileSystem) else system, name


def local_path(owner: str, path: FilePath) -> str:
    """Return a path of this machine; ArgumentError for a URL.

    >>> local_path("CSVLogger", "run.csv")
    'run.csv'
    """
    system, name = locate(path)
    if system is not None:
        raise ArgumentError(f"{owner}: a path of this machine is wanted, got {path_text(path)!r}")
    return name


@contextmanager
def _errors_of(path: FilePath) -> Iterator[None]:
    """Raise what a store's own package raises as the OSError that a file of it would raise."""
    try:
        yield
    except FileNotFoundError as error:
        raise FileNotFoundError(errno.ENOENT, "no such file", os.fspath(path)) from error
    except OSError:
        raise
    except Exception as error:
        raise OSError(f"{path}: {type(error).__name__}: {error}") from error
