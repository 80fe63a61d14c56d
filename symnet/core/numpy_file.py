"""Reads the files of NumPy (.npy, .npz), which may be damaged, or written to do harm."""

import math
import zipfile
from collections.abc import Iterator
from io import BytesIO
from typing import IO

import numpy as np

from .errors import FormatError

__all__ = ["read_npy", "read_npz"]

_DENSEST = 1032
"""Deflate makes so many bytes of one at most."""


def read_npy(content: bytes, path: str) -> np.ndarray:
    """Return the array of a .npy file.

    Args:
        content: the bytes of the file.
        path: the file's name, for errors.

    Raises FormatError where the bytes are no whole array of numbers. No pickle is read, and no more
    memory is taken than the file has bytes.

    >>> file = BytesIO()
    >>> np.save(file, np.arange(3))
    >>> read_npy(file.getvalue(), "count.npy")
    array([0, 1, 2])
    """
    return _array(BytesIO(content), len(content), path)


def read_npz(content: bytes, path: str) -> dict[str, np.ndarray]:
    """Return the arrays of a .npz file by name.

    Args:
        content: the bytes of the file.
        path: the file's name, for errors.

    Raises FormatError as `read_npy` does.

    >>> file = BytesIO()
    >>> np.savez(file, data=np.arange(3))
    >>> read_npz(file.getvalue(), "count.npz")
    {'data': array([0, 1, 2])}
    """
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            return dict(_members(archive, path))
    except FormatError:
        raise
    except Exception as error:  # zipfile and its decoders raise whatever comes to them
        raise FormatError(f"{path} is no archive of arrays: {_words(error)}") from error


def _members(archive: zipfile.ZipFile, path: str) -> Iterator[tuple[str, np.ndarray]]:
    for info in archive.infolist():
        where = f"{path}: {info.filename[:80]}"
        if info.file_size > _DENSEST * max(info.compress_size, 1):
            raise FormatError(
                f"{where}: {info.compress_size} bytes cannot unpack to {info.file_size}"
            )
        with archive.open(info) as file:
            yield info.filename.removesuffix(".npy"), _array(file, info.file_size, where)


def _array(file: IO[bytes], size: int, where: str) -> np.ndarray:
    """Read an array from a file of so many bytes."""
    try:
        version = np.lib.format.read_magic(file)
        read = _HEADERS[min(version, (2, 0))]
        shape, by_column, dtype = read(file, max_header_size=_LONGEST_HEADER)
    except Exception as error:  # NumPy parses it as Python, and raises whatever that raises
        raise FormatError(f"{where} does not begin as an array does: {_words(error)}") from error
    if dtype.hasobject:
        raise FormatError(f"{where} holds pickled Python objects, which could run any code")
    if not dtype.itemsize:
        raise FormatError(f"{where} holds elements without bytes, of type {dtype}")
    if min(shape, default=0) < 0 or len(shape) > _MOST_AXES:
        raise FormatError(f"{where} claims the shape {str(shape)[:80]}")
    wanted = math.prod(shape) * dtype.itemsize
    content = file.read(wanted) if wanted <= size else b""
    if len(content) < wanted:
        raise FormatError(
            f"{where} should hold {wanted} bytes for shape {str(shape)[:80]}, but it is shorter"
        )
    flat = np.frombuffer(content, dtype, math.prod(shape))
    return flat.reshape(shape, order="F" if by_column else "C")


_MOST_AXES = 32
_LONGEST_HEADER = 10_000
_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def _words(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 200 else f"{text[:200]}…"
