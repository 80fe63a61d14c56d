"""The files of a training that can be resumed: what a checkpoint's parameters do not tell.

Beside ``PREFIX-0005.params`` lie ``PREFIX-0005.state.safetensors``, with the optimizer's arrays,
the states of the random generators and what callbacks keep, and ``PREFIX-0005.state.json``, with
all numbers. The JSON is written last and holds digests of the network, of the other two and of
itself, so that an epoch counts only where all its files are of one writing and not a digit has
changed: what a crash left half-done is passed over.
"""

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from ..core.errors import ArgumentError, FormatError, MXError, shown
from ..core.file_kinds import HEAD, in_its_place
from ..core.logs import logger
from ..core.paths import (
    FilePath,
    names_beside,
    open_to_read,
    path_text,
    prefix_text,
    write_atomically,
)
from ..ndarray import NDArray
from ..symbol import SymbolicNode
from ..symbol.compare import difference, renamed_like, same_computation
from ._state_record import FORMATS, MOST_BYTES, check_record, digest_of_record, parse_record
from .checkpoint import is_whole, params_path, read_parameters, renamed, symbol_path, tell_renamed
from .safetensors_file import load_safetensors, save_safetensors
from .saving import read_symbol

__all__ = [
    "ResumePoint",
    "Snapshot",
    "newest_snapshot",
    "read_numbers",
    "read_resume_point",
    "read_snapshot",
    "write_snapshot",
]


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

    def renamed(self, names: Mapping[str, str]) -> "Snapshot":
        """Return it with parameters and auxiliary states under other names, where there are such.

        Args:
            names: the new names by the old ones.
        """
        found = dict(self.numbers)
        if "parameters" in found:
            found["parameters"] = {names.get(n, n): s for n, s in found["parameters"].items()}
        if "groups" in found:
            groups = found["groups"]
            found["groups"] = [[names.get(name, name) for name in group] for group in groups]
        arrays = {_renamed_state(key, names): array for key, array in self.arrays.items()}
        return replace(self, numbers=found, arrays=arrays)


def _renamed_state(key: str, names: Mapping[str, str]) -> str:
    """Return the key of an array of a snapshot; those of ranks may name an auxiliary state."""
    rank, of_states, name = key.partition(".aux.")
    if not of_states or not re.fullmatch(r"rank\.\d+", rank):
        return key
    return f"{rank}{of_states}{names.get(name, name)}"


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
        names: what the files call the variables that the training calls otherwise, by its names.
    """

    prefix: FilePath
    snapshot: Snapshot | None
    arg_params: dict[str, NDArray]
    aux_params: dict[str, NDArray]
    names: dict[str, str]


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
    record = {"format": FORMATS[-1], "epoch": epoch, **snapshot.numbers}
    digests = _digests(prefix, epoch) | {_ITSELF: digest_of_record(record)}
    with write_atomically(_numbers_path(prefix, epoch)) as file:
        file.write(json.dumps({**record, "digests": digests}, indent=1).encode())


_ITSELF = "numbers"
"""What the digest of the JSON is called in it; the others are called by their files."""


def _digests(prefix: FilePath, epoch: int) -> dict[str, str]:
    """Return the digests of an epoch's files but the JSON."""
    paths = {
        "symbol": symbol_path(prefix),
        "params": params_path(prefix, epoch),
        "state": _arrays_path(prefix, epoch),
    }
    found = {}
    for kind, path in paths.items():
        with open_to_read(path) as file:
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
    name = os.path.basename(prefix_text(prefix))
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
    if record["epoch"] != epoch:
        raise FormatError(f"{path}: this is the state of epoch {record['epoch']}, renamed")
    found, written = _digests(prefix, epoch), record["digests"]
    if record["format"] == FORMATS[0]:
        del found["symbol"]
    else:
        found[_ITSELF] = digest_of_record(record)
    if written != found:
        which = [kind for kind in found if written.get(kind) != found[kind]]
        raise FormatError(
            f"{path}: the files of epoch {epoch} are not of one writing: one has been replaced, "
            f"or a crash came between (not as they were: {', '.join(which) or 'the digests'})"
        )
    return Snapshot(epoch, record, load_safetensors(_arrays_path(prefix, epoch)))


def read_numbers(path: FilePath) -> dict[str, Any]:
    """Return what the JSON file of a training's state holds, with no regard to its other files.

    Raises FormatError where the file is no such state, or an entry is missing or of a wrong kind.
    """
    with open_to_read(path) as file:
        content = file.read(MOST_BYTES + 1)
    try:
        record = parse_record(content)
        kind = record["format"]
    except (ValueError, KeyError) as error:
        other = in_its_place(content[:HEAD], "state")
        reason = f"there is no {error}" if isinstance(error, KeyError) else str(error)
        raise FormatError(f"{path}: no state of a training: {reason[:300]}{other}") from None
    if kind not in FORMATS:
        raise FormatError(f"{path}: the format should be {FORMATS[-1]!r}, not {shown(kind)}")
    try:
        check_record(record)
    except ValueError as error:
        raise FormatError(f"{path}: no state of a training: {error}") from None
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
    given = resume[0] if isinstance(resume, tuple) else resume
    if is_whole(given):
        raise ArgumentError(
            f"fit: {path_text(given)!r} is one file, which holds no state of a training to resume: "
            "give the prefix that do_checkpoint was given"
        )
    prefix, snapshot = _find_snapshot(resume)
    if snapshot is None:
        return ResumePoint(prefix, None, {}, {}, {})
    names = _own_names(prefix, own)
    parameters, states = read_parameters(prefix, snapshot.epoch)
    return ResumePoint(
        prefix,
        snapshot.renamed(names),
        renamed(parameters, names),
        renamed(states, names),
        {own: stored for stored, own in names.items()},
    )


def _own_names(prefix: FilePath, own: SymbolicNode) -> dict[str, str]:
    """Return what the variables of a checkpoint's network are called in the one that is trained.

    Raises ArgumentError unless both are built alike, saying how they differ.
    """
    path = symbol_path(prefix)
    with open_to_read(path) as file:
        # Mostly it is the same network to the letter, and nothing needs to be compared.
        if file.read() == own.to_json().encode():
            return {}
        file.seek(0)
        stored = read_symbol(file, path, own)
    names = renamed_like(stored, own)
    if names is None and not same_computation(stored, own):
        raise ArgumentError(
            f"fit: '{path_text(prefix)}' was trained with another network: "
            f"{difference(stored, own)}; resume with the network of the "
            "checkpoint, or give another prefix"
        )
    return tell_renamed(prefix, names or {})
