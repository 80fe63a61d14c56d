"""Networks and their weights as commands are given them: by a prefix, or by a file."""

import os
import re
from dataclasses import dataclass

from ..core.errors import ArgumentError, MXError, listed
from ..core.file_kinds import HEAD, kind_of
from ..core.paths import locate, names_beside, open_to_read, prefix_text
from ..storage.checkpoint import (
    Checkpoint,
    params_path,
    read_checkpoint,
    read_whole,
    symbol_path,
)
from ..storage.saving import load
from ..symbol import SymbolicNode

__all__ = ["CheckpointFiles", "find_checkpoint", "kind_at", "read_model", "read_network"]


@dataclass(frozen=True)
class CheckpointFiles:
    """The files of a checkpoint.

    Args:
        symbol: path of its network.
        params: path of its parameters.
        epoch: of which epoch they are.
        epochs: all epochs that there are.
    """

    symbol: str
    params: str
    epoch: int
    epochs: list[int]


def find_checkpoint(prefix: str, epoch: int | None = None) -> CheckpointFiles | None:
    """Return the files of a checkpoint, None where a path names a file instead.

    Args:
        prefix: how the files begin; ``net-0001.params`` of it and ``net-symbol.json`` name files.
        epoch: of which epoch; None for the last.

    Raises MXError where there is neither, or not that epoch.
    """
    if _is_file(prefix):
        return None
    name = os.path.basename(prefix_text(prefix))
    names = names_beside(prefix) or []
    pattern = re.compile(re.escape(name) + r"-(\d{4,})\.params")
    epochs = sorted(int(match[1]) for each in names if (match := pattern.fullmatch(each)))
    if f"{name}-symbol.json" not in names or not epochs:
        alone = f"; there is {symbol_path(prefix)}, alone" if f"{name}-symbol.json" in names else ""
        raise MXError(
            f"{prefix}: no such file, and no checkpoint begins like this{_folder(prefix)}{alone}"
        )
    chosen = epochs[-1] if epoch is None else epoch
    if chosen not in epochs:
        raise MXError(f"{prefix}: no epoch {chosen} {listed(epochs)}")
    return CheckpointFiles(symbol_path(prefix), params_path(prefix, chosen), chosen, epochs)


def _is_file(path: str) -> bool:
    system, name = locate(path)
    if system is None:  # a pipe is a file too; beside a prefix there may be a folder of its name
        return os.path.exists(name) and not os.path.isdir(name)
    return bool(system.isfile(name))


def _folder(path: str) -> str:
    """Say that a path is a folder, where it is one."""
    system, name = locate(path)
    is_folder = os.path.isdir(name) if system is None else system.isdir(name)
    return f" ({path} is a folder: say how the files in it begin)" if is_folder else ""


def read_network(source: str) -> SymbolicNode:
    """Return the network of a symbol file, or of a checkpoint.

    Args:
        source: a symbol file, a safetensors file with a symbol, or how a checkpoint begins.

    Raises what reading raises, and MXError where there is no such file.
    """
    if not _is_file(source):
        source = symbol_path(source) if _is_file(symbol_path(source)) else source
        if not _is_file(source):
            raise MXError(
                f"{source}: no such file, and no network begins like this{_folder(source)}"
            )
    if kind_at(source) == "safetensors":
        return read_whole(source).symbol
    found = load(source, SymbolicNode)
    assert isinstance(found, SymbolicNode)
    return found


def read_model(source: str, epoch: int | None = None) -> Checkpoint:
    """Return a network with its parameters.

    Args:
        source: how a checkpoint begins, or a safetensors file with a symbol.
        epoch: of which epoch; None for the last.

    Raises what reading raises, and MXError where there is no such checkpoint.
    """
    files = find_checkpoint(source, epoch)
    if files is not None:
        return read_checkpoint(source, files.epoch)
    if kind_at(source) == "safetensors":
        return read_whole(source)
    raise ArgumentError(
        f"{source}: a network with its weights is wanted: give the prefix of a checkpoint, as "
        f"{_prefix_of(source)}, or a safetensors file that symnet convert wrote"
    )


def _prefix_of(path: str) -> str:
    return re.sub(r"(-symbol\.json|-\d{4,}\.params)$", "", path)


def kind_at(path: str) -> str | None:
    """Return the kind of a file, None for one that is not known."""
    with open_to_read(path) as file:
        kind = kind_of(file.read(HEAD))
    return kind.name if kind else None
