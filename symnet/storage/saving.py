"""`save` and `load`: files of symbols, and of arrays.

Files are written aside and renamed, so that a crash leaves either the old one or the new one.
Source: docs/semantics §1.10, §5.6.
"""

from codecs import BOM_UTF8
from collections.abc import Mapping, Sequence
from io import BufferedIOBase
from typing import Any, cast

from ..core.errors import ArgumentError, FormatError
from ..core.file_kinds import HEAD, in_its_place
from ..core.paths import FilePath, open_to_read, path_text, write_atomically
from ..graph.file_format import LONGEST_TEXT, Defaults, read_json
from ..graph.file_writing import Era
from ..ndarray import NDArray
from ..symbol import SymbolicNode
from .params_file import read_arrays
from .params_writing import save_arrays
from .safetensors_file import load_safetensors, save_safetensors

__all__ = ["load", "read_symbol", "save", "save_symbol"]

Saveable = NDArray | Sequence[NDArray] | Mapping[str, NDArray]
"""The arrays that `save` takes; which of these forms a file can hold depends on its kind."""


def save(
    filename: FilePath,
    data: SymbolicNode | Saveable,
    metadata: Mapping[str, str] | None = None,
) -> None:
    """Write a symbol as JSON, or arrays as MXNet's list file or as a safetensors file.

    Args:
        filename: a path or URL. Arrays go into a safetensors file where it ends in
            ``.safetensors``, else into a list file, as ``.params``.
        data: a symbol, an NDArray, a list of them, or a dict by name. A safetensors file takes a
            dict only.
        metadata: texts by name that go with the arrays of a safetensors file; default none.

    Raises ArgumentError where data cannot be written into such a file, OSError where the file
    cannot be written; the file that was there before then stays.

    >>> save("memory://net.safetensors", {"w": NDArray([1, 2])}, metadata={"epoch": "3"})
    >>> load("memory://net.safetensors")
    {'w': NDArray([1., 2.], float32, CPU0)}
    """
    is_safetensors = _is_safetensors(filename)
    if isinstance(data, SymbolicNode) and is_safetensors:
        raise ArgumentError(f"{filename}: a symbol is written as JSON; let the name end in .json")
    if metadata is not None and not is_safetensors:
        raise ArgumentError(f"{filename}: only a .safetensors file has room for metadata")
    if isinstance(data, SymbolicNode):
        save_symbol(filename, data)
    elif is_safetensors:
        save_safetensors(filename, cast(Mapping[str, NDArray], data), metadata)
    else:
        save_arrays(filename, data)


def save_symbol(filename: FilePath, symbol: SymbolicNode, era: Era = "1.x") -> None:
    """Write a symbol as JSON, for MXNet 1.x or any.

    Args:
        filename: a path or URL.
        symbol: the symbol.
        era: as for `SymbolicNode.to_json`.

    Raises ArgumentError where a name is no text, or an old file has no room for the symbol.
    """
    try:
        text = symbol.to_json(era).encode()
    except UnicodeEncodeError as error:
        raise ArgumentError(f"{filename}: a name cannot be written as UTF-8: {error}") from None
    with write_atomically(filename) as file:
        file.write(text)


def load(filename: FilePath, kind: type | None = None) -> Any:
    """Read what `save`, or any MXNet, wrote.

    Args:
        filename: a path or URL. Where it ends in ``.safetensors``, the file is one of those.
        kind: ``SymbolicNode`` or ``NDArray``; default whichever the file holds.

    Returns a SymbolicNode, or a list or dict of NDArrays. Raises FormatError for anything else.

    >>> save("memory://list.params", [NDArray([1, 2])])
    >>> load("memory://list.params")
    [NDArray([1., 2.], float32, CPU0)]
    """
    if kind not in (None, SymbolicNode, NDArray):
        raise ArgumentError(f"kind must be SymbolicNode or NDArray, got {kind!r}")
    if kind is not SymbolicNode and _is_safetensors(filename):
        return load_safetensors(filename)
    with open_to_read(filename) as file:
        if kind is NDArray or (kind is None and not _begins_as_json(file)):
            return read_arrays(file, filename)
        return read_symbol(file, filename)


def _is_safetensors(filename: FilePath) -> bool:
    return path_text(filename).lower().endswith(".safetensors")


def _begins_as_json(file: BufferedIOBase) -> bool:
    start = file.read(1024).removeprefix(BOM_UTF8).lstrip()
    file.seek(0)
    return start.startswith(b"{")


def read_symbol(
    file: BufferedIOBase,
    filename: FilePath,
    like: SymbolicNode | None = None,
    defaults: Defaults | None = None,
) -> SymbolicNode:
    """Return the symbol in an open file.

    Args:
        file: the file.
        filename: what errors call it.
        like: a network whose operators in Python stand for those that the file names.
        defaults: as for `graph.file_format.read_json`.

    Raises FormatError where the file holds no symbol.
    """
    content = file.read(4 * LONGEST_TEXT + 1)  # a character has four bytes at most
    other = in_its_place(content[:HEAD], "symbol")
    try:
        graph = None if like is None else like.graph
        found = read_json(content.decode(), like=graph, defaults=defaults)
        return SymbolicNode(*found.outputs)
    except UnicodeDecodeError as error:
        raise FormatError(
            f"{filename}: not a symbol: byte {error.start} is not UTF-8{other}"
        ) from None
    except FormatError as error:
        raise FormatError(f"{filename}: {error}{other}") from None
