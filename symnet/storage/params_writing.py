"""Writing lists and dictionaries of arrays in MXNet's files; `params_file` has the format."""

import struct
from collections.abc import Iterable, Mapping
from typing import IO

from torch import Tensor

from ..core.dtype import dtype_flag
from ..core.errors import ArgumentError
from ..core.paths import FilePath, write_atomically
from ..graph.file_writing import Era
from ..ndarray import NDArray
from .params_file import FILE_MAGIC, V2, bytes_of

__all__ = ["save_arrays", "write_record"]

_CPU = 1
_DENSE = 0
_NEWEST_OLD_TYPE = 4  # int32; MXNet 0.x has float32, float64, float16, uint8 and int32


def save_arrays(
    path: FilePath,
    data: NDArray | Iterable[NDArray] | Mapping[str, NDArray],
    era: Era = "1.x",
) -> None:
    """Write arrays to a file that every MXNet binding can read.

    A file that is already there is replaced once the new one is complete. Where arrays live is not
    recorded. An array without axes becomes one of shape (1,).

    Args:
        path: a local path, or a URL that fsspec knows.
        data: an array, a list of arrays, or a dictionary of them by name. The format does not tell
            an empty dictionary from an empty list.
        era: ``"1.x"`` (default) writes records that MXNet 0.12 and later read, ``"0.x"`` those that
            every version reads.

    Raises ArgumentError where data is something else, or has elements that the era does not have,
    OSError where the file cannot be written.
    Source: the documents, "NDArray"; docs/semantics §1.10.

    >>> save_arrays("memory://net.params", {"arg:w": NDArray([1, 2])})
    >>> from symnet.storage.params_file import load_arrays
    >>> load_arrays("memory://net.params")
    {'arg:w': NDArray([1., 2.], float32, CPU0)}
    """
    names, arrays = _named(data)
    if era == "0.x":
        _check_old(names, arrays)
    with write_atomically(path) as file:
        file.write(struct.pack("<3Q", FILE_MAGIC, 0, len(arrays)))
        for array in arrays:
            write_record(file, array.torch.detach(), era)
        file.write(struct.pack("<Q", len(names)))
        for name in names:
            file.write(struct.pack("<Q", len(name)) + name)


def _named(data: object) -> tuple[list[bytes], list[NDArray]]:
    """Return names, if there are any, and arrays, once all of them can be written."""
    if isinstance(data, NDArray):
        return [], [data]
    if isinstance(data, Mapping):
        return [_encoded(name) for name in data], [
            _array(repr(name), array) for name, array in data.items()
        ]
    if isinstance(data, Iterable):
        return [], [_array(f"number {place}", array) for place, array in enumerate(data)]
    raise ArgumentError(f"an NDArray, or a list or dict of them, can be saved, not {data!r}")


def _array(which: str, value: object) -> NDArray:
    if not isinstance(value, NDArray):
        raise ArgumentError(
            f"array {which} is a {type(value).__name__}; make an NDArray of it with mx.array(...)"
        )
    return value


def _encoded(name: object) -> bytes:
    if not isinstance(name, str):
        raise ArgumentError(f"names of arrays are strings, not {name!r}")
    try:
        return name.encode()
    except UnicodeEncodeError as error:
        raise ArgumentError(
            f"the name {name!r} cannot be written as UTF-8: {error.reason}"
        ) from None


def _check_old(names: list[bytes], arrays: list[NDArray]) -> None:
    """Refuse what MXNet 0.x would not read: newer types of elements."""
    for place, array in enumerate(arrays):
        if dtype_flag(array.torch.dtype) > _NEWEST_OLD_TYPE:
            which = repr(names[place].decode()) if names else f"number {place}"
            raise ArgumentError(
                f"array {which} has elements of {array.dtype}, which MXNet 0.x does not have; "
                "convert it, or write for 1.x"
            )


def write_record(file: IO[bytes], tensor: Tensor, era: Era = "1.x") -> None:
    """Write the record of one array, as a list file and the states of optimizers have it."""
    shape = tuple(tensor.shape) or (1,)
    flag = dtype_flag(tensor.dtype)
    if era == "0.x":
        file.write(struct.pack(f"<I{len(shape)}I", len(shape), *shape))
    else:
        file.write(struct.pack(f"<Iii{len(shape)}q", V2, _DENSE, len(shape), *shape))
    file.write(struct.pack("<3i", _CPU, 0, flag))
    file.write(bytes_of(tensor.to("cpu").reshape(-1).contiguous()))
