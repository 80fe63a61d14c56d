"""The files of a training that can be resumed: what a checkpoint's parameters do not tell.

Beside ``PREFIX-0005.params`` lie ``PREFIX-0005.state.safetensors``, with the optimizer's arrays,
the states of the random generators and what callbacks keep, and ``PREFIX-0005.state.json``, with
all numbers. The JSON is written last and holds digests of the other two, so that an epoch counts
only where all its files are of one writing: what a crash left half-done is passed over.
"""

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from ..core.errors import ArgumentError, FormatError, MXError
from ..core.file_kinds import HEAD, in_its_place
from ..core.logs import logger
from ..core.paths import (
    FilePath,
    names_beside,
    open_to_read,
    path_text,
    read_bytes,
    write_atomically,
)
from ..ndarray import NDArray
from ..symbol import SymbolicNode
from ..symbol.compare import difference, renamed_like, same_computation
from .checkpoint import params_path, read_parameters, renamed, symbol_path, tell_renamed
from .safetensors_file import load_safetensors, save_safetensors

__all__ = [
    "ResumePoint",
    "Snapshot",
    "newest_snapshot",
    "read_numbers",
    "read_resume_point",
    "read_snapshot",
    "write_snapshot",
]

_FORMAT = "symnet training state 1"


@dataclass(frozen=True)
class Snapshot:
    """The state of a training between two epochs.

    Args:
        epoch: how many epochs are done.
        numbers: what JSON can hold.
        arrays: everything else.
    """

    epoch: int
    numbers: Mapping[str, Any]
    arrays: Mapping[str, NDArray]


def _arrays_path(prefix: FilePath, epoch: int) -> str:
    return f"{path_text(prefix)}-{epoch:04d}.state.safetensors"


def _numbers_path(prefix: FilePath, epoch: int) -> str:
    return f"{path_text(prefix)}-{epoch:04d}.state.json"


class ResumePoint(NamedTuple):
    """What a training goes on from.

    Args:
        prefix: what the files' names begin with.
        snapshot: the state of the training; None where there is nothing to go on from.
        arg_params: the parameters of that epoch.
        aux_params: the auxiliary states of that epoch.
    """

    prefix: FilePath
    snapshot: Snapshot | None
    arg_params: dict[str, NDArray]
    aux_params: dict[str, NDArray]


def write_snapshot(prefix: FilePath, snapshot: Snapshot) -> None:
    """Write the state of a training; the parameters of the same epoch have been written.

    Args:
        prefix: what the files' names begin with, a path or URL.
        snapshot: the state.
    """
    epoch = snapshot.epoch
    # In this order: the numbers, which make the epoch count, last, and with digests of what is
    # there.
    save_safetensors(_arrays_path(prefix, epoch), snapshot.arrays)
    record = {
        "format": _FORMAT,
        "epoch": epoch,
        "digests": _digests(prefix, epoch),
        **snapshot.numbers,
    }
    with write_atomically(_numbers_path(prefix, epoch)) as file:
        file.write(json.dumps(record, indent=1).encode())


def _digests(prefix: FilePath, epoch: int) -> dict[str, str]:
    found = {}
    for kind, path in (("params", params_path), ("state", _arrays_path)):
        with open_to_read(path(prefix, epoch)) as file:
            found[kind] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


def newest_snapshot(prefix: FilePath) -> Snapshot | None:
    """Return the state of the newest epoch whose files are whole, None where there is none.

    Args:
        prefix: what the files' names begin with, a path or URL.
    """
    # The newest first: a crash while it was written leaves the one before, which is whole.
    for epoch in sorted(_epochs(prefix), reverse=True):
        try:
            return read_snapshot(prefix, epoch)
        except (FormatError, FileNotFoundError) as error:
            logger.warning("Passing over epoch %d of '%s': %s", epoch, path_text(prefix), error)
    return None


def _epochs(prefix: FilePath) -> list[int]:
    name = os.path.basename(path_text(prefix))
    pattern = re.compile(re.escape(name) + r"-(\d{4,})\.state\.json")
    names = names_beside(prefix) or []
    return [int(match[1]) for each in names if (match := pattern.fullmatch(each))]


def read_snapshot(prefix: FilePath, epoch: int) -> Snapshot:
    """Return the state of a training after an epoch.

    Raises FileNotFoundError where one of the epoch's files is missing, and FormatError where they
    are damaged or do not belong together.
    """
    path = _numbers_path(prefix, epoch)
    record = read_numbers(path)
    if record["digests"] != _digests(prefix, epoch):
        raise FormatError(
            f"{path}: the files of epoch {epoch} are not of one writing: one has been replaced, "
            "or a crash came between"
        )
    return Snapshot(epoch, record, load_safetensors(_arrays_path(prefix, epoch)))


def read_numbers(path: FilePath) -> dict[str, Any]:
    """Return what the JSON file of a training's state holds, with no regard to its other files.

    Raises FormatError where the file is no such state.
    """
    content = read_bytes(path)
    try:
        record: dict[str, Any] = json.loads(content)
        kind = record["format"]
    except (ValueError, KeyError, TypeError) as error:
        other = in_its_place(content[:HEAD], "state")
        raise FormatError(f"{path}: no state of a training: {error}{other}") from None
    if kind != _FORMAT:
        raise FormatError(f"{path}: the format should be {_FORMAT!r}, not {kind!r}")
    return record


# -- going on from it ----------------------------------------------------------------------------


def _find_snapshot(resume: FilePath | tuple[FilePath, int]) -> tuple[FilePath, Snapshot | None]:
    """Return the prefix, and the state that a training is to go on from, None to start anew.

    Raises MXError where a certain epoch is asked for and its state is missing.
    """
    if not isinstance(resume, tuple):
        return resume, newest_snapshot(resume)
    prefix, epoch = resume
    try:
        return prefix, read_snapshot(prefix, epoch)
    except FileNotFoundError as error:
        raise MXError(
            f"fit: nothing to resume: {error.filename} is missing; "
            f"resume={path_text(prefix)!r} takes the newest epoch that is whole"
        ) from None


def read_resume_point(resume: FilePath | tuple[FilePath, int], own: SymbolicNode) -> ResumePoint:
    """Return what a training is to go on from.

    Args:
        resume: the prefix of the checkpoints, or (prefix, epoch).
        own: the network that is trained.

    The snapshot is None where there is nothing to go on from. Raises MXError where a certain
    epoch is asked for and its state is missing, ArgumentError where the network is another one.
    """
    prefix, snapshot = _find_snapshot(resume)
    if snapshot is None:
        return ResumePoint(prefix, None, {}, {})
    names = _own_names(prefix, own)
    parameters, states = read_parameters(prefix, snapshot.epoch)
    own_snapshot = replace(snapshot, numbers=_renamed_numbers(snapshot.numbers, names))
    return ResumePoint(prefix, own_snapshot, renamed(parameters, names), renamed(states, names))


def _renamed_numbers(numbers: Mapping[str, Any], names: Mapping[str, str]) -> Mapping[str, Any]:
    """Return what a snapshot holds, with the parameters that it tells under other names."""
    found = dict(numbers)
    if "parameters" in found:
        found["parameters"] = {names.get(n, n): s for n, s in found["parameters"].items()}
    if "groups" in found:
        found["groups"] = [[names.get(name, name) for name in group] for group in found["groups"]]
    return found


def _own_names(prefix: FilePath, own: SymbolicNode) -> dict[str, str]:
    """Return what the variables of a checkpoint's network are called in the one that is trained.

    Raises ArgumentError unless both are built alike, saying how they differ.
    """
    text = read_bytes(symbol_path(prefix)).decode()
    # Mostly it is the same network to the letter, and nothing needs to be compared.
    if text == own.to_json():
        return {}
    stored = SymbolicNode.from_json(text, like=own)
    names = renamed_like(stored, own)
    if names is None and not same_computation(stored, own):
        raise ArgumentError(
            f"fit: '{path_text(prefix)}' was trained with another network: "
            f"{difference(stored, own)}; resume with the network of the "
            "checkpoint, or give another prefix"
        )
    return tell_renamed(prefix, names or {})
