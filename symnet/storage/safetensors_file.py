"""Arrays by name in safetensors files, which PyTorch and most tools around it read and write.

```
file    u64 n, header of n bytes, elements of all arrays
header  JSON: {"NAME": {"dtype": "F32", "shape": [2, 3], "data_offsets": [first, after]}, …},
        "__metadata__" may map texts to texts; blanks fill it up
```
The package `safetensors` reads, because it checks a header as strictly as the format's authors mean
it. What is written needs no checks, and goes through `write_atomically` as every file does.
Source: the format's description in the package `safetensors`.
"""

import json
import os
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import accumulate
from math import prod
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from ..core.context import cpu
from ..core.errors import ArgumentError, FormatError
from ..core.file_kinds import HEAD, in_its_place
from ..core.paths import FilePath, fetched, write_atomically
from ..ndarray import NDArray

__all__ = ["load_metadata", "load_safetensors", "save_safetensors"]

_DTYPES = {
    "F32": torch.float32,
    "F64": torch.float64,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "U8": torch.uint8,
    "I8": torch.int8,
    "I32": torch.int32,
    "I64": torch.int64,
    "BOOL": torch.bool,
}
_NAMES = {dtype: name for name, dtype in _DTYPES.items()}
_METADATA = "__metadata__"
_FORMAT = {"format": "pt"}  # without it some readers refuse a file that torch could read
_LENGTH = struct.Struct("<Q")
_MOST_AXES = 32
_LONGEST_REASON = 400  # it may quote the file
_MOST_BYTES = 2**62  # of an array, also of one that holds nothing: (0, 2**40)


# -- writing ---------------------------------------------------------------------------------------


def save_safetensors(
    path: FilePath, data: Mapping[str, NDArray], metadata: Mapping[str, str] | None = None
) -> None:
    """Write arrays to a safetensors file.

    A file that is already there is replaced once the new one is complete. Arrays of wide elements
    come first, so that all lie where their type likes to lie.

    Args:
        path: a local path, or a URL that fsspec knows.
        data: arrays by name; the format has no arrays without names.
        metadata: texts by name, to go with the arrays; default none. ``"format"`` is ``"pt"``
            unless it is given.

    Raises ArgumentError where data or metadata are something else, OSError where the file cannot be
    written.

    >>> save_safetensors("memory://net.safetensors", {"w": NDArray([1, 2])}, {"epoch": "3"})
    >>> load_safetensors("memory://net.safetensors")
    {'w': NDArray([1., 2.], float32, CPU0)}
    """
    tensors = _tensors(data)
    header = _header(tensors, _texts(metadata or {}))
    with write_atomically(path) as file:
        file.write(_LENGTH.pack(len(header)) + header)
        for tensor in tensors.values():
            row = tensor.to("cpu").reshape(-1).contiguous()
            file.write(row.view(torch.uint8).numpy().data)


def _tensors(data: object) -> dict[str, Tensor]:
    """Return tensors by name, wide elements first, once it is known that all can be written."""
    if not isinstance(data, Mapping):
        raise ArgumentError(
            "a safetensors file holds arrays by name: give a dict, such as {'weight': array}, or "
            f"save to a .params file; got {type(data).__name__}"
        )
    for name, array in data.items():
        if not isinstance(name, str) or name == _METADATA:
            raise ArgumentError(f"an array in a safetensors file cannot be called {name!r}")
        if not isinstance(array, NDArray):
            raise ArgumentError(
                f"array {name!r} is a {type(array).__name__}; make an NDArray of it with "
                "mx.array(...)"
            )
    tensors = {name: array.torch.detach() for name, array in data.items()}
    return dict(sorted(tensors.items(), key=lambda item: -item[1].element_size()))


def _texts(metadata: object) -> dict[str, str]:
    if not isinstance(metadata, Mapping) or not all(
        isinstance(text, str) for entry in metadata.items() for text in entry
    ):
        raise ArgumentError(f"metadata must be a dict of strings, got {metadata!r}")
    return {**_FORMAT, **metadata}


def _header(tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> bytes:
    ends = [0, *accumulate(tensor.nbytes for tensor in tensors.values())]
    described: dict[str, Any] = {_METADATA: metadata}
    for (name, tensor), first, after in zip(tensors.items(), ends, ends[1:], strict=False):
        described[name] = {
            "dtype": _NAMES[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [first, after],
        }
    try:
        text = json.dumps(described, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError as error:
        raise ArgumentError(f"a name cannot be written as UTF-8: {error}") from None
    return text.ljust(-(-len(text) // 8) * 8)


# -- reading ---------------------------------------------------------------------------------------


def load_safetensors(path: FilePath) -> dict[str, NDArray]:
    """Read arrays from a safetensors file, to the CPU.

    An array without axes becomes one of shape (1,), as in every file that is loaded.

    Args:
        path: a local path, or a URL that fsspec knows.

    Returns a dictionary in the file's order.
    Raises FormatError where the bytes are not what they should be, or an array has a type of
    elements that symnet does not have, and OSError where the file cannot be read.

    >>> save_safetensors("memory://net.safetensors", {"w": NDArray([[1, 2]])})
    >>> load_safetensors("memory://net.safetensors")
    {'w': NDArray([[1., 2.]], float32, CPU0)}
    """
    with _opened(path) as file:
        names = file.offset_keys()
        for name in names:
            _check(path, name, file.get_slice(name))
        return {name: NDArray.wrap(_read(file, name), cpu()) for name in names}


def load_metadata(filename: FilePath) -> dict[str, str]:
    """Return the texts that were saved with the arrays of a safetensors file.

    Args:
        filename: a path or URL.

    Raises FormatError where the file is no such file, and OSError where it cannot be read.

    >>> save_safetensors("memory://net.safetensors", {}, {"epoch": "3"})
    >>> load_metadata("memory://net.safetensors")
    {'epoch': '3', 'format': 'pt'}
    """
    with _opened(filename) as file:
        return dict(sorted((file.metadata() or {}).items()))


@contextmanager
def _opened(path: FilePath) -> Iterator[Any]:
    with fetched(path) as name:
        _check_length(path, name)
        try:
            # Elements are read, not mapped: a mapped file that another program cuts short would
            # end this one.
            with safe_open(name, framework="pt", backend="pread") as file:
                yield file
        except SafetensorError as error:
            raise FormatError(_complaint(path, name, str(error))) from None


def _check_length(path: FilePath, name: str) -> None:
    size = os.path.getsize(name)
    with open(name, "rb") as file:
        head = file.read(HEAD)
    first = head[: _LENGTH.size]
    length = _LENGTH.unpack(first)[0] if len(first) == _LENGTH.size else None
    if length is None or length > size - _LENGTH.size:
        other = in_its_place(head, "safetensors")
        expected = "its first 8 bytes" if length is None else f"a header of {length} bytes"
        raise FormatError(
            f"{path}: Invalid safetensors file at byte 0: {expected} cannot be in a file of {size} "
            f"bytes{other or '; is it complete, and a .safetensors file?'}"
        )


def _complaint(path: FilePath, name: str, reason: str) -> str:
    reason = reason.removeprefix("Error while deserializing header: ")[:_LONGEST_REASON]
    if "not fully covered" in reason:
        size = os.path.getsize(name)
        reason = f"the arrays do not end with the file ({reason}); is it complete?"
        return f"{path}: Invalid safetensors file at byte {size}: {reason}"
    return f"{_in_header(path)}: {reason}"


def _in_header(path: FilePath) -> str:
    return f"{path}: Invalid safetensors file, in the header at byte {_LENGTH.size}"


def _check(path: FilePath, name: str, described: Any) -> None:
    """Refuse an array that torch or symnet cannot hold; the package lets some of them pass."""
    dtype, shape = described.get_dtype(), described.get_shape()
    where = f"{_in_header(path)}: array {name[:100]!r}"
    if dtype not in _DTYPES:
        raise FormatError(f"{where} is of type {dtype}, symnet has {', '.join(_DTYPES)}")
    if len(shape) > _MOST_AXES:
        raise FormatError(f"{where} has {len(shape)} axes, there can be {_MOST_AXES}")
    if prod(max(length, 1) for length in shape) * _DTYPES[dtype].itemsize > _MOST_BYTES:
        raise FormatError(f"{where} has shape {shape}, which no array can have")


def _read(file: Any, name: str) -> Tensor:
    tensor: Tensor = file.get_tensor(name)
    if tensor.dtype == torch.bool:
        tensor.view(torch.uint8).clamp_(max=1)  # torch takes no other byte for true
    return tensor if tensor.dim() else tensor.reshape(1)
