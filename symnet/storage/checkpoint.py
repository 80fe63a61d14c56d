"""Checkpoints: a network and its parameters after an epoch.

A checkpoint of prefix ``p`` and epoch 12 is ``p-symbol.json`` and ``p-0012.params``, as every
binding of MXNet writes them. Files are written aside and renamed, so that a crash leaves either
the old one or the new one. Source: docs/semantics §5.6.
"""

import os
import re
from collections.abc import Mapping
from io import BufferedIOBase
from typing import NamedTuple, get_args

from ..core.errors import ArgumentError, FormatError, MXError
from ..core.logs import logger
from ..core.paths import FilePath, names_beside, open_to_read, path_text, prefix_text
from ..graph.file_format import Defaults
from ..graph.file_writing import Era
from ..ndarray import NDArray
from ..symbol import SymbolicNode
from .fitting import is_fitting
from .params_file import load_arrays
from .params_writing import save_arrays
from .safetensors_file import load_metadata, load_safetensors, save_safetensors
from .saving import read_symbol, save_symbol

__all__ = [
    "Checkpoint",
    "epoch_of",
    "is_whole",
    "params_path",
    "read_checkpoint",
    "read_parameters",
    "read_whole",
    "renamed",
    "symbol_path",
    "tell_renamed",
    "write_checkpoint",
    "write_parameters",
    "write_whole",
]

_SYMBOL, _EPOCH = "symbol", "epoch"
"""What the network and its epoch are called among the metadata of a safetensors file."""

NamedArrays = Mapping[str, NDArray]


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
    era: Era = "1.x",
) -> None:
    """Write a checkpoint.

    Args:
        symbol: the network.
        arg_params: its parameters, by name.
        aux_params: its auxiliary states, by name.
        prefix: what the files' names begin with, a path or URL; folders must exist. What ends in
            ``.safetensors`` is the one file that all goes into.
        epoch: number of the epoch, from 0.
        era: ``"1.x"`` (default), or ``"0.x"`` for files that every MXNet reads.
    """
    params_path(prefix, epoch)  # which looks at the epoch
    if era not in get_args(Era):
        raise ArgumentError(f"era must be one of {', '.join(get_args(Era))}, got {era!r}")
    if is_whole(prefix):
        if era != "1.x":
            raise ArgumentError(f"{prefix}: era is about MXNet's own files, not safetensors")
        write_whole(prefix, symbol, arg_params, aux_params, epoch)
        logger.info("Saved checkpoint to '%s'", os.fspath(prefix))
        return
    save_symbol(symbol_path(prefix), symbol, era)
    write_parameters(arg_params, aux_params, prefix, epoch, era)


def write_parameters(
    arg_params: NamedArrays,
    aux_params: NamedArrays,
    prefix: FilePath,
    epoch: int,
    era: Era = "1.x",
) -> None:
    """Write the parameters of an epoch to the network that is there; see `write_checkpoint`."""
    path = params_path(prefix, epoch)
    arrays = {f"arg:{name}": array for name, array in arg_params.items()}
    arrays |= {f"aux:{name}": array for name, array in aux_params.items()}
    save_arrays(path, arrays, era)
    logger.info("Saved checkpoint to '%s'", path)


def read_checkpoint(prefix: FilePath, epoch: int, like: SymbolicNode | None = None) -> Checkpoint:
    """Read a checkpoint, written by symnet or by any MXNet.

    Args:
        prefix: what the files' names begin with, a path or URL, or a ``.safetensors`` file.
        epoch: number of the epoch.
        like: a network whose operators in Python stand for those that the checkpoint names.

    Raises FormatError where a file is not what it should be, and MXError where one is missing,
    naming the epochs that there are.
    """
    path = params_path(prefix, epoch)
    if is_whole(prefix):
        return _read_epoch(prefix, epoch, like)
    try:
        parameters, states = read_parameters(prefix, epoch)
        path = symbol_path(prefix)
        with open_to_read(path) as file:
            symbol = read_symbol(file, path, like)
            fitting = _as_weights_fit(file, path, symbol, {**parameters, **states})
    except FileNotFoundError:
        raise MXError(f"no checkpoint: {path} does not exist{_epochs(prefix)}") from None
    return Checkpoint(fitting, parameters, _under_own_names(symbol, states, path))


def _as_weights_fit(
    file: BufferedIOBase, path: FilePath, symbol: SymbolicNode, arrays: NamedArrays
) -> SymbolicNode:
    """Return the network with the rule of pooling under which its weights fit.

    Pooling of 2016 rounded up, and its files do not say so. Where both rules fit, that of the
    file's era stays.
    """
    own = symbol.to_json()
    known = {name: array.shape for name, array in arrays.items()}
    for defaults, way in _ROUNDED.items():
        file.seek(0)
        try:
            other = read_symbol(file, path, symbol, defaults)
        except FormatError:  # what the file leaves out is wanted by these defaults
            continue
        if other.to_json() == own or is_fitting(symbol, known) or not is_fitting(other, known):
            continue
        logger.info(
            "%s does not say how pooling is rounded; its weights fit where it is rounded %s",
            path,
            way,
        )
        return other
    return symbol


_ROUNDED: Mapping[Defaults, str] = {"documents": "up", "1.x": "down"}


def _under_own_names(
    symbol: SymbolicNode, states: dict[str, NDArray], path: FilePath
) -> dict[str, NDArray]:
    """Return states by the network's names, where a file has another era's: running_mean."""
    wanted = symbol.list_auxiliary_states()
    names = {}
    for name in wanted:
        other = name.replace(*_STATES) if _STATES[0] in name else name.replace(*_STATES[::-1])
        if name not in states and other in states and other not in wanted:
            names[other] = name
    return renamed(states, tell_renamed(path, names))


def renamed(arrays: NamedArrays, names: Mapping[str, str]) -> dict[str, NDArray]:
    """Return arrays under other names, where there are such."""
    return {names.get(name, name): array for name, array in arrays.items()}


def tell_renamed(path: FilePath, names: Mapping[str, str]) -> dict[str, str]:
    """Return the names that differ, and say in one line of the log that they do."""
    differing = {old: new for old, new in names.items() if old != new}
    if differing:
        first = next(iter(differing))
        logger.info(
            "'%s' names %d variables otherwise: %s is taken for %s, and so on",
            os.fspath(path),
            len(differing),
            first,
            differing[first],
        )
    return differing


_STATES = ("moving_", "running_")
"""How the statistics of BatchNorm begin, in symbols and in Gluon."""


def read_parameters(prefix: FilePath, epoch: int) -> tuple[dict[str, NDArray], dict[str, NDArray]]:
    """Return the parameters and the auxiliary states of a checkpoint, without its network.

    Raises FormatError where the file is none of a checkpoint, FileNotFoundError if missing.
    """
    path = params_path(prefix, epoch)
    arrays = load_arrays(path)
    parameters: dict[str, NDArray] = {}
    states: dict[str, NDArray] = {}
    for key, array in arrays.items() if isinstance(arrays, dict) else [("", arr) for arr in arrays]:
        kind, colon, name = key.partition(":")
        if not colon:
            raise FormatError(
                f"{path}: the arrays of a checkpoint are called arg:NAME or aux:NAME, "
                f"one is called {key!r}"
            )
        (parameters if kind == "arg" else states)[name] = array
    return parameters, states


def is_whole(path: FilePath) -> bool:
    """Return whether a checkpoint is in one file, as its name says."""
    return path_text(path).lower().endswith(".safetensors")


def epoch_of(path: FilePath) -> int | None:
    """Return the epoch that a checkpoint of one file is of, None where it does not say."""
    text = load_metadata(path).get(_EPOCH, "")
    return int(text) if text.isdecimal() and len(text) <= _LONGEST_EPOCH else None


_LONGEST_EPOCH = 18  # digits


def _read_epoch(path: FilePath, epoch: int, like: SymbolicNode | None) -> Checkpoint:
    """Read a checkpoint of one file, which must be of this epoch if it tells its own."""
    try:
        own = load_metadata(path).get(_EPOCH)
    except FileNotFoundError:
        raise MXError(f"no checkpoint: {path} does not exist") from None
    if own is not None and own != str(epoch):
        raise MXError(f"no checkpoint of epoch {epoch}: {path} is of epoch {own}")
    return read_whole(path, like)


def write_whole(
    path: FilePath,
    symbol: SymbolicNode,
    arg_params: NamedArrays,
    aux_params: NamedArrays,
    epoch: int | None = None,
) -> None:
    """Write a network and its parameters into one safetensors file, the network as metadata.

    Args:
        path: a local path or a URL.
        symbol: the network.
        arg_params: its parameters, by name.
        aux_params: its auxiliary states, by name.
        epoch: number of the epoch; None is none.

    Raises ArgumentError where a parameter and a state have one name, OSError where the file cannot
    be written.
    """
    both = sorted(arg_params.keys() & aux_params.keys())
    if both:
        raise ArgumentError(f"{path}: {both[0]!r} is a parameter and a state; names must differ")
    texts = {_SYMBOL: symbol.to_json()} | ({} if epoch is None else {_EPOCH: str(epoch)})
    save_safetensors(path, {**arg_params, **aux_params}, texts)


def read_whole(path: FilePath, like: SymbolicNode | None = None) -> Checkpoint:
    """Read the network and the parameters that `write_whole` wrote into one file.

    Args:
        path: a local path or a URL.
        like: a network whose operators in Python stand for those that the file names.

    Raises FormatError where the file is none, or holds arrays alone.
    """
    text = load_metadata(path).get(_SYMBOL)
    if text is None:
        raise FormatError(
            f"{path}: the file holds arrays, and no network: its metadata have no {_SYMBOL!r}"
        )
    try:
        symbol = SymbolicNode.from_json(text, like)
    except FormatError as error:
        raise FormatError(f"{path}: {error}") from None
    arrays, states = load_safetensors(path), set(symbol.list_auxiliary_states())
    parameters = {name: array for name, array in arrays.items() if name not in states}
    return Checkpoint(symbol, parameters, {name: arrays[name] for name in arrays.keys() & states})


def symbol_path(prefix: FilePath) -> str:
    """Return the path of a checkpoint's network, which all its epochs share."""
    return f"{prefix_text(prefix)}-symbol.json"


def params_path(prefix: FilePath, epoch: int) -> str:
    """Return the path of a checkpoint's parameters after an epoch."""
    if not isinstance(epoch, int) or epoch < 0:
        raise ArgumentError(f"epoch must be a whole number from 0, got {epoch!r}")
    return f"{prefix_text(prefix)}-{epoch:04d}.params"


def _epochs(prefix: FilePath) -> str:
    """Say which epochs there are of a prefix, where that can be seen."""
    names = names_beside(prefix)
    if names is None:
        return ""
    name = os.path.basename(path_text(prefix))
    pattern = re.compile(re.escape(name) + r"-(\d{4,})\.params")
    found = sorted(int(match[1]) for file in names if (match := pattern.fullmatch(file)))
    epochs = f"are epochs {', '.join(map(str, found))}" if found else "is no epoch"
    return f"; of prefix '{path_text(prefix)}' there {epochs}"
