"""Lists and dictionaries of arrays in MXNet's binary files, as ``.params``: every era is read.

```
file    u64 0x112, u64 0, u64 n, n records, u64 m (0 or n), m names
name    u64 length, UTF-8 bytes
record  by its first u32:
  V2    0xF993FAC9, i32 storage, [shape of what is stored], shape, i32 device, i32 number,
        i32 type flag, [i32 type flag and shape of each index array], elements, [indices]
  V3    0xF993FACA, as V2, always dense; without axes it is a scalar
  V1    0xF993FAC8, shape, i32 device, i32 number, i32 type flag, elements
  old   else: that number of axes, u32 for each, then as V1
shape   i32 number of axes, i64 for each; a record that has none ends there
```
Everything is little-endian; what stands in brackets is there for sparse arrays only.
`params_writing` writes V2, and the old form where it is asked for.
Source: docs/semantics §1.10.
"""

import os
import struct
from collections.abc import Callable
from dataclasses import dataclass
from io import BufferedIOBase
from math import prod
from typing import Never

import numpy as np
import torch
from torch import Tensor

from ..core.context import cpu
from ..core.dtype import dtype_from_flag, dtype_name
from ..core.errors import FormatError
from ..core.file_kinds import HEAD, in_its_place
from ..core.paths import FilePath, open_to_read
from ..ndarray import NDArray
from ..operators.contract import Shape

__all__ = ["FILE_MAGIC", "V2", "bytes_of", "load_arrays", "read_arrays"]

FILE_MAGIC = 0x112
_V1, V2, _V3 = 0xF993FAC8, 0xF993FAC9, 0xF993FACA
_DENSE, _UNDEFINED = 0, -1
_MOST_AXES = 32
_MOST_BYTES = 2**62  # of an array, also of one that holds nothing: (0, 2**40)
_INDEX_TYPES = (torch.int64, torch.int32, torch.uint8)
_SMALLEST_RECORD = 4
_SMALLEST_NAME = 8


def bytes_of(row: Tensor) -> memoryview:
    """Return the memory of a tensor with one contiguous axis."""
    return row.view(torch.uint8).numpy().data


def load_arrays(path: FilePath) -> list[NDArray] | dict[str, NDArray]:
    """Read arrays from a file that any MXNet since 2015 has written.

    Arrays are loaded to the CPU wherever they lived; sparse ones become dense. A record that MXNet
    calls "none" becomes an array of shape (0,), a scalar one of shape (1,). Elements are read into
    memory of their own: a mapped file that another program cuts short would end this one.

    Args:
        path: a local path, or a URL that fsspec knows.

    Returns a dictionary in the file's order if it holds names, else a list.
    Raises FormatError, with the place in the file, where the bytes are not what they should be, and
    OSError where the file cannot be read.
    Source: the documents, "NDArray"; docs/semantics §1.10.

    >>> from symnet.storage.params_writing import save_arrays
    >>> save_arrays("memory://list.params", [NDArray([1, 2])])
    >>> load_arrays("memory://list.params")
    [NDArray([1., 2.], float32, CPU0)]
    """
    with open_to_read(path) as file:
        return read_arrays(file, path)


def read_arrays(file: BufferedIOBase, path: FilePath) -> list[NDArray] | dict[str, NDArray]:
    """Read arrays from an open file, from its beginning; otherwise as `load_arrays`.

    Args:
        file: the file; it can be sought.
        path: what errors call it.

    >>> from io import BytesIO
    >>> read_arrays(BytesIO(bytes.fromhex("12 01" + "00" * 30)), "nothing.params")
    []
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    return _read_file(_ListFileReader(path, file, size))


@dataclass
class _ListFileReader:
    """The bytes of a file, none of which is believed before it is checked."""

    path: FilePath
    file: BufferedIOBase
    size: int
    position: int = 0
    looking_at: int = 0

    def fail(self, message: str) -> Never:
        """Raise FormatError at the place that was looked at last."""
        raise FormatError(
            f"{self.path}: Invalid NDArray file format at byte {self.looking_at}: {message}"
        )

    def expect(self, size: int, what: str) -> None:
        """Fail unless there are bytes enough for what comes next."""
        self.looking_at = self.position
        left = self.size - self.position
        if size > left:
            self.fail(
                f"{what} should take {size} bytes, but {left} are left; is the file complete?"
            )

    def fill(self, memory: memoryview, what: str) -> None:
        """Read straight into memory until it is full."""
        self.expect(len(memory), what)
        done = 0
        while done < len(memory):
            count = self.file.readinto(memory[done:])
            if not count:
                self.fail(f"{what} ends after {done} of {len(memory)} bytes")
            done += count
        self.position += done

    def take(self, size: int, what: str) -> bytes:
        """Return the next bytes."""
        self.expect(size, what)
        found = bytearray(size)
        self.fill(memoryview(found), what)
        return bytes(found)

    def numbers(self, layout: str, what: str) -> Shape:
        """Return the next numbers, laid out as `struct` puts it."""
        return struct.unpack("<" + layout, self.take(struct.calcsize("<" + layout), what))

    def count(self, what: str, smallest: int) -> int:
        """Return how many things follow, each of which takes a few bytes at least."""
        (count,) = self.numbers("Q", f"the number of {what}")
        if count * smallest > self.size - self.position:
            self.fail(f"{count} {what} do not fit into a file of {self.size} bytes")
        return count

    def lengths(self, axes: int, layout: str) -> Shape:
        """Return the lengths of that many axes."""
        if not 0 <= axes <= _MOST_AXES:
            self.fail(f"an array has 0 to {_MOST_AXES} axes, not {axes}")
        shape = self.numbers(f"{axes}{layout}", "a shape")
        if any(length < 0 for length in shape):
            self.fail(f"{shape} is no shape")
        return shape

    def shape(self) -> Shape | None:
        """Return the shape of a record since V1; None where nothing is known of it."""
        (axes,) = self.numbers("i", "the number of axes")
        return None if axes == -1 else self.lengths(axes, "q")

    def dtype(self) -> torch.dtype:
        """Return the element type behind the next number."""
        (flag,) = self.numbers("i", "an element type")
        found = dtype_from_flag(flag)
        return self.fail(f"no element type has number {flag}") if found is None else found

    def elements(self, shape: Shape, dtype: torch.dtype) -> Tensor:
        """Return an array's elements, read into its own memory."""
        what = f"a {dtype_name(dtype)} array of shape {shape}"
        size = self.bytes_of(shape, dtype)
        self.expect(size, what)
        raw = torch.empty(size, dtype=torch.uint8)
        self.fill(bytes_of(raw), what)
        if dtype == torch.bool:
            raw.clamp_(max=1)  # torch takes no other byte for true
        return raw.view(dtype).reshape(shape)

    def bytes_of(self, shape: Shape, dtype: torch.dtype) -> int:
        """Return what an array takes, once it is known that torch can count it."""
        if prod(max(length, 1) for length in shape) * dtype.itemsize > _MOST_BYTES:
            self.fail(f"no array can have shape {shape}")
        return prod(shape) * dtype.itemsize


def _read_file(reader: _ListFileReader) -> list[NDArray] | dict[str, NDArray]:
    magic, _ = reader.numbers("2Q", "the file's first words")
    if magic != FILE_MAGIC:
        reader.file.seek(0)
        other = in_its_place(reader.file.read(HEAD), "params") or "; is it a .params file?"
        reader.fail(f"it should begin with {FILE_MAGIC:#x}, not {magic:#x}{other}")
    count = reader.count("arrays", _SMALLEST_RECORD)
    none = NDArray.wrap(torch.empty(0), cpu())  # one for all: such a record has just four bytes
    records = (_read_record(reader) for _ in range(count))
    arrays = [none if record is None else NDArray.wrap(record, cpu()) for record in records]
    names = _read_names(reader, len(arrays))
    return dict(zip(names, arrays, strict=True)) if names else arrays


def _read_names(reader: _ListFileReader, arrays: int) -> list[str]:
    count = reader.count("names", _SMALLEST_NAME)
    if count not in (0, arrays):
        reader.fail(f"{count} names for {arrays} arrays")
    names: dict[str, None] = {}
    for _ in range(count):
        name = _read_name(reader)
        if name in names:
            reader.fail(f"the name {name[:100]!r} is there twice")
        names[name] = None
    return list(names)


def _read_name(reader: _ListFileReader) -> str:
    length = reader.count("bytes of a name", 1)
    try:
        return reader.take(length, "a name").decode()
    except UnicodeDecodeError as error:
        reader.fail(f"a name is not UTF-8: {error.reason}")


def _read_record(reader: _ListFileReader) -> Tensor | None:
    """Return the next array; None where the record says that there is none."""
    (first,) = reader.numbers("I", "a record's first word")
    if first in (V2, _V3):
        return _read_stored(reader, scalars=first == _V3)
    shape = reader.shape() if first == _V1 else reader.lengths(first, "I")
    return _read_dense(reader, shape) if shape else None


def _read_stored(reader: _ListFileReader, *, scalars: bool) -> Tensor | None:
    """Read the rest of a V2 or V3 record."""
    (storage,) = reader.numbers("i", "a storage type")
    sparse = None if scalars else _SPARSE.get(storage)
    if sparse is None and storage not in (_DENSE, _UNDEFINED):
        reader.fail(f"no storage type has number {storage}")
    stored = reader.shape() if sparse else None
    shape = reader.shape()
    if shape is None or (shape == () and not scalars):
        return None
    if sparse is None:
        return _read_dense(reader, shape)
    return _read_sparse(reader, sparse, stored or (), shape)


def _read_dense(reader: _ListFileReader, shape: Shape) -> Tensor:
    reader.numbers("2i", "a device")
    return reader.elements(shape or (1,), reader.dtype())


# -- sparse arrays ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Sparse:
    """A kind of sparse storage: how many index arrays it has, and what they mean."""

    index_arrays: int
    to_dense: Callable[[_ListFileReader, Shape, Tensor, list[Tensor]], Tensor]


def _read_sparse(reader: _ListFileReader, sparse: _Sparse, stored: Shape, shape: Shape) -> Tensor:
    reader.numbers("2i", "a device")
    dtype = reader.dtype()
    headers = [_index_header(reader) for _ in range(sparse.index_arrays)]
    values = reader.elements(stored, dtype)
    indices = [reader.elements(length, kind) for length, kind in headers]
    return sparse.to_dense(reader, shape, values, [found.long() for found in indices])


def _index_header(reader: _ListFileReader) -> tuple[Shape, torch.dtype]:
    dtype = reader.dtype()
    if dtype not in _INDEX_TYPES:
        reader.fail(f"the indices of a sparse array cannot be {dtype_name(dtype)}")
    shape = reader.shape()
    if shape is None or len(shape) != 1:
        reader.fail(f"the indices of a sparse array have one axis, not the shape {shape}")
    return shape, dtype


def _dense_from_rows(
    reader: _ListFileReader, shape: Shape, values: Tensor, indices: list[Tensor]
) -> Tensor:
    """Put the rows that are stored where they belong; all others are 0."""
    (rows,) = indices
    if tuple(values.shape) != (len(rows), *shape[1:]):
        reader.fail(f"{len(rows)} stored rows of shape {tuple(values.shape)} are none of {shape}")
    _check_indices(reader, rows, shape[0])
    return _zeros(reader, shape, values.dtype).index_copy_(0, rows, values)


def _dense_from_csr(
    reader: _ListFileReader, shape: Shape, values: Tensor, indices: list[Tensor]
) -> Tensor:
    """Put the stored elements of each row into their columns; all others are 0."""
    ends, columns = indices
    if len(shape) != 2 or values.shape != columns.shape:
        reader.fail(f"{len(columns)} columns for {tuple(values.shape)} elements of {shape}")
    dense = _zeros(reader, shape, values.dtype)
    if len(columns):
        falling = bool((ends[1:] < ends[:-1]).any())
        if falling or len(ends) != shape[0] + 1 or ends[[0, -1]].tolist() != [0, len(columns)]:
            reader.fail(f"the rows of a csr array of shape {shape} do not end in order")
        _check_indices(reader, columns, shape[1])
        dense[torch.arange(shape[0]).repeat_interleave(ends.diff()), columns] = values
    return dense


def _check_indices(reader: _ListFileReader, indices: Tensor, length: int) -> None:
    if indices.numel() and not 0 <= int(indices.min()) <= int(indices.max()) < length:
        reader.fail(f"indices of a sparse array leave its axis of length {length}")


def _zeros(reader: _ListFileReader, shape: Shape, dtype: torch.dtype) -> Tensor:
    """Return zeros whose memory is taken only where it is written: the shape may be a lie."""
    size = reader.bytes_of(shape, dtype)
    if size == 0:
        return torch.empty(shape, dtype=dtype)
    try:
        raw = np.zeros(size, np.uint8)
    except (MemoryError, ValueError):
        reader.fail(f"the dense form of shape {shape} does not fit into memory")
    return torch.from_numpy(raw).view(dtype).reshape(shape)


_SPARSE = {1: _Sparse(1, _dense_from_rows), 2: _Sparse(2, _dense_from_csr)}
