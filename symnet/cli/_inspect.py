"""What `symnet inspect` finds in a file, as plain values, and how it prints them."""

import argparse
import json
import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..core.file_kinds import HEAD, FileKind, kind_of
from ..core.paths import open_to_read
from ..data.records.record_index import read_index_arrays
from ..data.records.recordio import RecordReader
from ..ndarray import NDArray
from ..storage.params_file import load_arrays
from ..storage.safetensors_file import load_metadata, load_safetensors
from ..storage.states_file import read_states
from ..storage.training_state import read_numbers
from ._inspect_symbol import described, symbol_in
from ._models import CheckpointFiles, find_checkpoint
from ._rec_list import entry_of
from ._tables import bytes_text, print_table

__all__ = ["inspect"]

_Found = dict[str, Any]


def inspect(options: argparse.Namespace) -> int:
    """Do `symnet inspect`; returns 1 where symnet cannot use what there is."""
    found = _found(options)
    if options.json:
        print(json.dumps(found, ensure_ascii=False))
    else:
        _print(found)
    return 0 if found["usable"] else 1


def _found(options: argparse.Namespace) -> _Found:
    checkpoint = find_checkpoint(options.file, options.epoch)
    if checkpoint is not None:
        return _of_checkpoint(options.file, checkpoint)
    with open_to_read(options.file) as file:
        head = file.read(HEAD)
        size = file.seek(0, os.SEEK_END)
    kind = kind_of(head)
    reads = _READERS.get(kind.name) if kind else None
    inside = reads(options.file) if reads else {}
    return {
        "file": options.file,
        "kind": kind.name if kind else None,
        "title": _title(kind),
        "bytes": size,
        "usable": reads is not None,
        **inside,
    }


def _title(kind: FileKind | None) -> str:
    if kind is None:
        return "unknown: no kind of file that symnet knows begins like this"
    return f"{kind.title}{f': {kind.way_out}' if kind.way_out else ''}"


# -- what is in each kind of file ------------------------------------------------------------------


def _of_symbol(path: str) -> _Found:
    return described(*symbol_in(path))


def _of_checkpoint(prefix: str, files: CheckpointFiles) -> _Found:
    found = _of_symbol(files.symbol) | _of_params(files.params)
    stored = {each["name"].partition(":")[2] for each in found["arrays"]}
    if "inputs" in found:  # more is known than from the network alone
        shapes = found["inputs"]
        found["inputs"] = {n: shapes.get(n) for n in found.pop("arguments") if n not in stored}
    arrays = found.pop("arrays")
    return {
        **found,
        "file": prefix,
        "kind": "checkpoint",
        "title": "a checkpoint",
        "epoch": files.epoch,
        "epochs": files.epochs,
        "files": [files.symbol, files.params],
        "arrays": arrays,
    }


def _of_params(path: str) -> _Found:
    return {"arrays": _arrays(load_arrays(path))}


def _of_safetensors(path: str) -> _Found:
    texts = load_metadata(path)
    symbol = texts.pop("symbol", None)
    inside = {} if symbol is None else described(*symbol_in(path, symbol))
    return {"metadata": texts, **inside, "arrays": _arrays(load_safetensors(path))}


def _of_states(path: str) -> _Found:
    states = read_states(path)
    named = {
        f"{index}{place}": array
        for index, state in states.items()
        for place, array in _arrays_in(state)
    }
    return {
        "title": "states of an optimizer (.states)",
        "parameters": len(states),
        "arrays": _arrays(named),
    }


def _arrays_in(state: Any, place: str = "") -> Iterator[tuple[str, NDArray]]:
    if isinstance(state, NDArray):
        yield place, state
    elif isinstance(state, list | tuple):
        for number, inner in enumerate(state):
            yield from _arrays_in(inner, f"{place}[{number}]")


def _of_training_state(path: str) -> _Found:
    return {"epoch": read_numbers(path)["epoch"]}


def _of_records(path: str) -> _Found:
    with RecordReader(path, index="") as reader:
        entries = [entry_of(reader, number) for number in range(min(1, len(reader)))]
        return {
            "records": len(reader) - len(reader.gaps),
            "damaged": len(reader.gaps),
            "usable": not reader.gaps,
            "first": [
                {"image": entry.kind or None, "size": entry.size, "bytes": entry.length}
                for entry in entries
            ],
        }


def _of_index(path: str) -> _Found:
    keys, _ = read_index_arrays(path)
    return {"keys": len(keys), "least": int(keys.min()), "greatest": int(keys.max())}


_READERS: Mapping[str, Callable[[str], _Found]] = {
    "symbol": _of_symbol,
    "params": _of_params,
    "safetensors": _of_safetensors,
    "pickle": _of_states,
    "state": _of_training_state,
    "rec": _of_records,
    "idx": _of_index,
}


def _arrays(arrays: list[NDArray] | dict[str, NDArray]) -> list[_Found]:
    named = arrays.items() if isinstance(arrays, dict) else enumerate(arrays)
    return [
        {
            "name": str(name),
            "shape": list(array.shape),
            "dtype": array.dtype,
            "bytes": array.torch.nbytes,
        }
        for name, array in named
    ]


# -- printing --------------------------------------------------------------------------------------


def _print(found: _Found) -> None:
    size = f", {bytes_text(found['bytes'])}" if "bytes" in found else ""
    print(f"{found['file']}: {found['title']}{size}")
    for key, value in found.items():
        if key in _ELSEWHERE or value in (None, [], {}, ""):
            continue
        if key == "arrays":
            _print_arrays(value)
        else:
            print(f"{key.replace('_', ' ')}: {_words(value)}")


_ELSEWHERE = ("file", "title", "bytes", "kind", "usable", "arguments")


def _words(value: Any) -> str:
    """Return a value as a line of words: names with what is said of each."""
    if isinstance(value, dict):
        return ", ".join(f"{key} {_word(each)}".rstrip() for key, each in value.items())
    if isinstance(value, list):
        return ", ".join(map(_words, value))
    return "" if value is None else str(value)


def _word(value: Any) -> str:
    """Return what is said of a name: a number, or a shape."""
    return str(tuple(value)) if isinstance(value, list) else _words(value)


def _print_arrays(arrays: list[_Found]) -> None:
    rows = [
        (each["name"], str(tuple(each["shape"])), each["dtype"], f"{each['bytes']:,}")
        for each in arrays
    ]
    print_table(("array", "shape", "type", "bytes"), rows, words=3)
    print(f"{len(arrays):,} arrays, {bytes_text(sum(each['bytes'] for each in arrays))}")
