"""The differences that `symnet diff` tells."""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from ..core.errors import ArgumentError
from ..core.file_kinds import HEAD, kind_of
from ..core.paths import open_to_read
from ..ndarray import NDArray
from ..storage.params_file import load_arrays
from ..storage.safetensors_file import load_metadata, load_safetensors
from ..symbol import SymbolicNode
from ..symbol.compare import describe, renamed_like, same_computation
from ._models import find_checkpoint, read_model, read_network

__all__ = ["compare"]

_Arrays = Mapping[str, NDArray]


class _Side(NamedTuple):
    """One of the two: its network, its arrays, or both."""

    network: SymbolicNode | None
    arrays: _Arrays | None


def compare(options: argparse.Namespace) -> int:
    """Do `symnet diff`; returns 1 where the two differ."""
    one, other = (_side(path, options.epoch) for path in (options.one, options.other))
    found = 0
    if one.network is not None and other.network is not None:
        found += _tell("network", _of_networks(one.network, other.network), options)
        renamed = renamed_like(one.network, other.network)
        if renamed is not None and one.arrays is not None:
            one = one._replace(arrays={renamed.get(n, n): a for n, a in one.arrays.items()})
    if one.arrays is not None and other.arrays is not None:
        found += _tell("arrays", _of_arrays(one.arrays, other.arrays, options), options)
    elif one.network is None or other.network is None:
        raise ArgumentError(
            f"{options.one} and {options.other}: one is a network and the other are arrays; "
            "nothing can be compared"
        )
    return 1 if found else 0


def _side(path: str, epoch: int | None) -> _Side:
    if find_checkpoint(path, epoch) is not None:
        model = read_model(path, epoch)
        return _Side(model.symbol, {**model.arg_params, **model.aux_params})
    with open_to_read(path) as file:
        kind = kind_of(file.read(HEAD))
    if kind and kind.name == "safetensors":
        whole = "symbol" in load_metadata(path)
        return _Side(read_network(path) if whole else None, load_safetensors(path))
    if kind and kind.name == "symbol":
        return _Side(read_network(path), None)
    arrays = load_arrays(path)
    named = arrays if isinstance(arrays, dict) else dict(enumerate(arrays))
    return _Side(None, {str(name).partition(":")[2] or str(name): a for name, a in named.items()})


def _tell(what: str, differences: Iterator[str], options: argparse.Namespace) -> int:
    """Print differences, as many as are asked for, and return their number."""
    found = list(differences)
    for line in found[: options.limit]:
        print(line)
    if len(found) > options.limit:
        print(f"... and {len(found) - options.limit} more")
    number = {0: "no difference", 1: "1 difference"}.get(len(found), f"{len(found)} differences")
    print(f"{what}: {number}")
    return len(found)


# -- networks --------------------------------------------------------------------------------------


def _of_networks(one: SymbolicNode, other: SymbolicNode) -> Iterator[str]:
    if same_computation(one, other):
        return
    renamed = renamed_like(one, other)
    if renamed is not None:
        pairs = [f"{old} → {new}" for old, new in renamed.items() if old != new]
        yield f"only names that were made up differ: {_some(pairs)}"
        return
    mine, theirs = describe(one), describe(other)
    yield from (f"- {text}" for name, text in mine.items() if name not in theirs)
    yield from (f"+ {text}" for name, text in theirs.items() if name not in mine)
    for name, text in mine.items():
        if theirs.get(name, text) != text:
            yield f"~ {text} became {theirs[name]}"
    if one.list_outputs() != other.list_outputs():
        yield f"~ outputs {', '.join(one.list_outputs())} became {', '.join(other.list_outputs())}"


def _some(words: Sequence[str], most: int = 5) -> str:
    more = f", and {len(words) - most} more" if len(words) > most else ""
    return ", ".join(words[:most]) + more


# -- arrays ----------------------------------------------------------------------------------------


def _of_arrays(one: _Arrays, other: _Arrays, options: argparse.Namespace) -> Iterator[str]:
    yield from (f"- {name} {one[name].shape}" for name in one if name not in other)
    yield from (f"+ {name} {other[name].shape}" for name in other if name not in one)
    for name in one:
        if name in other:
            yield from _of_pair(name, one[name], other[name], options.tolerance)


def _of_pair(name: str, mine: NDArray, theirs: NDArray, tolerance: float) -> Iterator[str]:
    if mine.shape != theirs.shape:
        yield f"~ {name}: shape {mine.shape} became {theirs.shape}"
        return
    if mine.dtype != theirs.dtype:
        yield f"~ {name}: {mine.dtype} became {theirs.dtype}"
    differing, most = 0, 0.0
    # Piece by piece: what is compared takes six times the memory of an array of float32.
    for one, other in zip(_pieces(mine), _pieces(theirs), strict=True):
        gaps = _gaps(one.double(), other.double())
        differing += int((gaps > tolerance).sum())
        most = max(most, float(gaps.max()))
    if differing:
        yield f"~ {name}: {differing:,} of {mine.size:,} numbers differ, by {most:.3g} at most"


def _pieces(array: NDArray) -> Iterator[Tensor]:
    flat = array.torch.reshape(-1)
    return (flat[start : start + _PIECE] for start in range(0, len(flat), _PIECE))


_PIECE = 2**20  # numbers that are compared at a time


def _gaps(one: Tensor, other: Tensor) -> Tensor:
    """Return how far numbers are apart: two NaN are not, and one is for ever."""
    both_nan = one.isnan() & other.isnan()
    gaps = torch.where(both_nan | (one == other), 0.0, (one - other).abs())
    return gaps.nan_to_num(nan=float("inf"))
