"""The idx files that MNIST comes in: a small header, then bytes, plain or gzipped.

The header is big-endian: four magic bytes (0, 0, the element type, the number of axes), then the
length of each axis as an int32.
"""

import gzip
import os
import struct
import zlib
from functools import partial
from math import prod
from typing import Protocol

import numpy as np

from ...core.errors import DataError, FormatError
from ...core.paths import fetched, path_text, write_atomically

__all__ = ["read_idx", "write_idx"]

PathLike = str | os.PathLike[str]


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


_UNSIGNED_BYTES = 0x0800  # of the magic number; the number of axes is added
_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_MOST = 1032  # bytes that gzip can make of one, at most
_PIECE = 1 << 20


def write_idx(path: PathLike, array: np.ndarray) -> None:
    """Write an array of bytes as an idx file.

    The file appears under its name when it is complete, and not at all if writing fails.

    Args:
        path: where to write; a file there is replaced.
        array: whole numbers from 0 to 255, of any shape: ``(count, rows, columns)`` for images,
            ``(count,)`` for labels.

    Raises DataError for an array of anything else.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_idx(f"{folder}/labels", np.array([7, 2, 1]))
    ...     read_idx(f"{folder}/labels", axes=1)
    array([7, 2, 1], dtype=uint8)
    """
    found = np.asarray(array)
    if found.dtype.kind not in "iu" or found.ndim == 0 or not _are_bytes(found):
        raise DataError(
            f"write_idx: {os.fspath(path)}: an array of whole numbers from 0 to 255 is wanted, "
            f"got {found.dtype} of shape {found.shape}"
        )
    header = struct.pack(f">{found.ndim + 1}i", _UNSIGNED_BYTES + found.ndim, *found.shape)
    with write_atomically(path) as file:
        file.write(header + found.astype(np.uint8).tobytes())


def _are_bytes(array: np.ndarray) -> bool:
    return array.size == 0 or (int(array.min()) >= 0 and int(array.max()) <= 255)


def read_idx(path: PathLike, axes: int) -> np.ndarray:
    """Read an idx file of bytes, plain or gzipped.

    The magic number is not held against a file whose length is right. Not more memory is used than
    the file can fill.

    Args:
        path: the file; whether it is gzipped is seen from its first bytes.
        axes: number of axes: 3 for images, 1 for labels.

    Returns an array of uint8. Raises DataError for a file that cannot be read, FormatError for one
    that does not hold what its header says.
    Source: docs/semantics §7.4.

    >>> import tempfile
    >>> import numpy as np
    >>> import symnet as mx
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     mx.write_idx(f"{folder}/labels", np.array([7, 2], np.uint8))
    ...     mx.read_idx(f"{folder}/labels", axes=1)
    array([7, 2], dtype=uint8)
    """
    name, path = path, path_text(path)
    try:
        with fetched(name) as local, open(local, "rb") as raw:
            size = os.fstat(raw.fileno()).st_size
            if raw.peek(2)[:2] != _GZIP_MAGIC:
                return _read(raw, path, axes, room=size)
            with gzip.open(raw) as unpacked:
                return _read(unpacked, path, axes, room=size * _GZIP_MOST)
    except (EOFError, zlib.error, gzip.BadGzipFile) as problem:
        raise FormatError(f"{path}: damaged gzip file: {problem}") from None
    except OSError as problem:
        packed = f"{path}.gz"
        hint = f"; {packed} is there, pass that name" if os.path.isfile(packed) else ""
        raise DataError(f"cannot read {path}: {problem.strerror}{hint}") from None


def _read(file: _Readable, path: str, axes: int, room: int) -> np.ndarray:
    """Read header and contents from a file that holds at most ``room`` bytes."""
    length = 4 + 4 * axes
    header = file.read(length)
    if len(header) < length:
        raise FormatError(
            f"{path}: invalid mnist format: a header of {length} bytes is expected, "
            f"the file ends after {len(header)}"
        )
    shape = struct.unpack(f">{axes}i", header[4:])
    size = prod(shape)
    broken = partial(_broken, path, header, shape)
    if min(shape) <= 0:
        raise broken("and no axis may be empty")
    if size > room - length:
        raise broken(f"so {size} bytes should follow, the file has room for {room - length}")
    found = np.empty(size, np.uint8)
    filled = _fill(file, found)
    if filled < size:
        raise broken(f"so {size} bytes should follow, {filled} were found")
    if file.read(1):
        raise broken(f"so {size} bytes should follow, more were found")
    return found.reshape(shape)


def _broken(path: str, header: bytes, shape: tuple[int, ...], problem: str) -> FormatError:
    """Return the error for a header that says what the file does not keep."""
    magic, right = int.from_bytes(header[:4]), _UNSIGNED_BYTES + len(shape)
    hint = "" if magic == right else f"; its magic number is {magic:#010x}, not {right:#010x}"
    return FormatError(
        f"{path}: invalid mnist format: the header says shape {shape}, {problem}{hint}"
    )


def _fill(file: _Readable, target: np.ndarray) -> int:
    """Read until the target is full or the file ends, in pieces; return the bytes read."""
    filled = 0
    while filled < len(target):
        try:
            piece = file.read(min(_PIECE, len(target) - filled))
        except (EOFError, zlib.error):
            break  # a gzip file that is cut short or damaged ends here
        if not piece:
            break
        target[filled : filled + len(piece)] = np.frombuffer(piece, np.uint8)
        filled += len(piece)
    return filled
