"""Checkpoints, and files of symbols and arrays.

A checkpoint of prefix ``p`` and epoch 12 is ``p-symbol.json`` and ``p-0012.params``, as every
binding of MXNet writes them. Files are written aside and renamed, so that a crash leaves either
the old one or the new one. Source: docs/semantics §5.6.
"""

import os
import re
from codecs import BOM_UTF8
from collections.abc import Mapping, Sequence
from io import BufferedIOBase
from typing import Any, NamedTuple, cast

from ..core.errors import ArgumentError, FormatError, MXError
from ..core.logs import logger
from ..core.paths import FilePath, names_beside, open_to_read, write_atomically
from ..graph.file_format import LONGEST_TEXT
from ..ndarray import NDArray
from ..symbol import SymbolicNode
from .params_file import load_arrays, read_arrays, save_arrays
from .safetensors_file import load_safetensors, save_safetensors

__all__ = ["Checkpoint", "load", "read_checkpoint", "save", "write_checkpoint"]

NamedArrays = Mapping[str, NDArray]
Saveable = NDArray | Sequence[NDArray] | Mapping[str, NDArray]


class Checkpoint(NamedTuple):
    """What a checkpoint holds: the network, its parameters, its auxiliary states."""

    symbol: SymbolicNode
    arg_params: dict[str, NDArray]
    aux_params: dict[str, NDArray]


def write_checkpoint(
    symbol: SymbolicNode,
    arg_params: NamedArrays,
    aux_params: NamedArrays,
    prefix: FilePath,
    epoch: int,
) -> None:
    """Write a checkpoint.

    Args:
        symbol: the network.
        arg_params: its parameters, by name.
        aux_params: its auxiliary states, by name.
        prefix: what the files' names begin with, a path or URL; folders must exist.
        epoch: number of the epoch, from 0.
    """
    path = _params_path(prefix, epoch)
    arrays = {f"arg:{name}": array for name, array in arg_params.items()}
    arrays |= {f"aux:{name}": array for name, array in aux_params.items()}
    save(_symbol_path(prefix), symbol)
    save_arrays(path, arrays)
    logger.info("Saved checkpoint to '%s'", path)


def read_checkpoint(prefix: FilePath, epoch: int, like: SymbolicNode | None = None) -> Checkpoint:
    """Read a checkpoint, written by symnet or by any MXNet.

    Args:
        prefix: what the files' names begin with, a path or URL.
        epoch: number of the epoch.
        like: a network whose operators in Python stand for those that the checkpoint names.

    Raises FormatError where a file is not what it should be, and MXError where one is missing,
    naming the epochs that there are.
    """
    path = _params_path(prefix, epoch)
    try:
        arrays = load_arrays(path)
        path = _symbol_path(prefix)
        with open_to_read(path) as file:
            symbol = _read_symbol(file, path, like)
    except FileNotFoundError:
        raise MXError(f"no checkpoint: {path} does not exist{_epochs(prefix)}") from None
    try:
        return Checkpoint(symbol, *_parameters_and_states(arrays))
    except FormatError as error:
        raise FormatError(f"{_params_path(prefix, epoch)}: {error}") from None


def _parameters_and_states(
    arrays: list[NDArray] | dict[str, NDArray],
) -> tuple[dict[str, NDArray], dict[str, NDArray]]:
    parameters: dict[str, NDArray] = {}
    states: dict[str, NDArray] = {}
    for key, array in arrays.items() if isinstance(arrays, dict) else [("", arr) for arr in arrays]:
        kind, colon, name = key.partition(":")
        if not colon:
            raise FormatError(
                f"the arrays of a checkpoint are called arg:NAME or aux:NAME, one is called {key!r}"
            )
        (parameters if kind == "arg" else states)[name] = array
    return parameters, states


def _symbol_path(prefix: FilePath) -> str:
    return f"{os.fspath(prefix)}-symbol.json"


def _params_path(prefix: FilePath, epoch: int) -> str:
    if not isinstance(epoch, int) or epoch < 0:
        raise ArgumentError(f"epoch must be a whole number from 0, got {epoch!r}")
    return f"{os.fspath(prefix)}-{epoch:04d}.params"


def _epochs(prefix: FilePath) -> str:
    """Say which epochs there are of a prefix, where that can be seen."""
    names = names_beside(prefix)
    if names is None:
        return ""
    name = os.path.basename(os.fspath(prefix))
    pattern = re.compile(re.escape(name) + r"-(\d{4,})\.params")
    found = sorted(int(match[1]) for file in names if (match := pattern.fullmatch(file)))
    epochs = f"are epochs {', '.join(map(str, found))}" if found else "is no epoch"
    return f"; of prefix '{os.fspath(prefix)}' there {epochs}"


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
        _save_symbol(filename, data)
    elif is_safetensors:
        save_safetensors(filename, cast(Mapping[str, NDArray], data), metadata)
    else:
        save_arrays(filename, data)


def _save_symbol(filename: FilePath, symbol: SymbolicNode) -> None:
    try:
        text = symbol.to_json().encode()
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
        return _read_symbol(file, filename)


def _is_safetensors(filename: FilePath) -> bool:
    return os.fspath(filename).lower().endswith(".safetensors")


def _begins_as_json(file: BufferedIOBase) -> bool:
    start = file.read(1024).removeprefix(BOM_UTF8).lstrip()
    file.seek(0)
    return start.startswith(b"{")


def _read_symbol(
    file: BufferedIOBase, filename: FilePath, like: SymbolicNode | None = None
) -> SymbolicNode:
    try:
        text = file.read(4 * LONGEST_TEXT + 1).decode()  # a character has four bytes at most
        return SymbolicNode.from_json(text, like)
    except UnicodeDecodeError as error:
        raise FormatError(f"{filename}: not a symbol: byte {error.start} is not UTF-8") from None
    except FormatError as error:
        raise FormatError(f"{filename}: {error}") from None
