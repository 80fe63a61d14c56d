"""How `symnet predict` reads its inputs, and prints and writes what comes out."""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence

import numpy as np

from ..core.errors import ArgumentError, FormatError, listed
from ..core.file_kinds import HEAD, in_its_place, kind_of
from ..core.numpy_file import read_npy, read_npz
from ..core.paths import read_bytes, write_atomically
from ..inspect.summary import summary
from ..model import FeedForward
from ..ndarray import NDArray
from ..storage.checkpoint import Checkpoint
from ..training.loop.inputs import only_labels
from ._models import kind_at, read_model
from ._pictures import read_picture

__all__ = ["predict"]

_Arrays = dict[str, np.ndarray]


def predict(options: argparse.Namespace) -> int:
    """Do `symnet predict`."""
    names = _synset(options.synset)
    checkpoint = _without_extra(read_model(options.prefix, options.epoch), options)
    data = _inputs(checkpoint, options)
    _check_shapes(data, options)
    model = FeedForward(checkpoint.symbol)
    model.arg_params, model.aux_params = checkpoint.arg_params, checkpoint.aux_params
    outputs = _outputs(model, data)
    arrays = dict(zip(checkpoint.symbol.list_outputs(), outputs, strict=True))
    if options.output:
        _write(options.output, arrays)
    for name, array in arrays.items():
        _print(name, array, options, names)
    return 0


def _without_extra(model: Checkpoint, options: argparse.Namespace) -> Checkpoint:
    """Return a model without the weights that its network has no place for, if that is wanted."""
    symbol, parameters, states = model
    own = {*symbol.list_arguments(), *symbol.list_auxiliary_states()}
    extra = [name for name in (*parameters, *states) if name not in own]
    if extra and not options.allow_extra:
        raise ArgumentError(
            f"{options.prefix}: the network has no parameter {extra[0]!r}"
            f"{f', nor {len(extra) - 1} others' if len(extra) > 1 else ''}; --allow-extra drops it"
        )
    if extra:
        print(f"dropped: {', '.join(extra)}", file=sys.stderr)
    kept = ({n: a for n, a in each.items() if n in own} for each in (parameters, states))
    return Checkpoint(symbol, *kept)


def _outputs(model: FeedForward, data: _Arrays) -> list[np.ndarray]:
    """Return the outputs: batch by batch, or in one go where inputs have no axis in common."""
    rows = {array.shape[:1] for array in data.values()}
    if len(rows) == 1 and rows != {()}:
        found = model.predict(data)
        return [np.asarray(each) for each in (found if isinstance(found, list) else [found])]
    shapes = {name: array.shape for name, array in data.items()}
    executor = model.predictor(**shapes).executor
    arrays = {name: NDArray(array) for name, array in data.items()}
    return [output.asnumpy() for output in executor.forward(is_train=False, **arrays)]


# -- inputs ----------------------------------------------------------------------------------------


def _inputs(model: Checkpoint, options: argparse.Namespace) -> _Arrays:
    known = {*model.arg_params, *only_labels(model.symbol)}
    names = [name for name in model.symbol.list_arguments() if name not in known]
    given = [each.partition("=") for each in options.inputs]
    if all(equals and name in names for name, equals, _ in given):
        if all(kind_at(path) == "npy" for _, _, path in given):
            _check_no_picture_options(options)
        return {name: _one_input(path, options) for name, _, path in given}
    first = read_bytes(options.inputs[0])
    kind = kind_of(first[:HEAD])
    if kind is not None and kind.name in ("npy", "npz") and len(options.inputs) > 1:
        raise ArgumentError("one .npy or .npz file is expected, or several pictures")
    if kind is not None and kind.name in ("npy", "npz"):
        _check_no_picture_options(options)
    if kind is not None and kind.name == "npz":
        return read_npz(first, options.inputs[0])
    missing = [name for name in names if name not in summary(model.symbol).inputs]
    if missing:
        raise ArgumentError(
            f"{options.prefix}: there is no {missing[0]!r} among the weights; `symnet verify "
            f"{options.prefix}` tells all that is missing"
        )
    if len(names) != 1:
        raise ArgumentError(
            f"{options.prefix} has not one input {listed(names)}; give them by name, as .npz or "
            f"{' '.join(f'{name}=FILE' for name in names)}"
        )
    if kind is not None and kind.name == "npy":
        return {names[0]: read_npy(first, options.inputs[0])}
    return {names[0]: _batch(options)}


def _check_no_picture_options(options: argparse.Namespace) -> None:
    """Raise ArgumentError where arrays come with options that only pictures follow."""
    wanted = (options.resize, options.size, options.mean, options.std, options.bgr, options.gray)
    if any(each not in (None, False) for each in wanted) or options.scale != 1:
        raise ArgumentError(
            "options for pictures, as --mean, are not applied to arrays: leave them out, and "
            "prepare the array as the network wants it"
        )


def _one_input(path: str, options: argparse.Namespace) -> np.ndarray:
    """Return the array in a file, or a picture as a batch of one."""
    content = read_bytes(path)
    kind = kind_of(content[:HEAD])
    if kind is not None and kind.name == "npy":
        return read_npy(content, path)
    return read_picture(path, options)[np.newaxis]


def _batch(options: argparse.Namespace) -> np.ndarray:
    """Return pictures as one batch, which wants them all of one size."""
    pictures = [read_picture(path, options) for path in options.inputs]
    for path, picture in zip(options.inputs, pictures, strict=True):
        if picture.shape != pictures[0].shape:
            raise ArgumentError(
                f"{path} is {picture.shape[2]}x{picture.shape[1]}, {options.inputs[0]} "
                f"{pictures[0].shape[2]}x{pictures[0].shape[1]}; give a --size for all"
            )
    return np.stack(pictures)


def _check_shapes(data: _Arrays, options: argparse.Namespace) -> None:
    for name, shape in options.shapes.items():
        if name not in data:
            raise ArgumentError(f"--shape: no input {name!r} is given {listed(data)}")
        if data[name].shape[1:] != shape[1:]:  # the first axis is that of the samples
            raise ArgumentError(
                f"the input {name!r} should have shape {shape}, but it has {data[name].shape}; "
                "for pictures, --size says how large they are made"
            )


# -- outputs ---------------------------------------------------------------------------------------


def _synset(path: str | None) -> Sequence[str]:
    if path is None:
        return ()
    content = read_bytes(path)
    try:
        return content.decode().splitlines()
    except UnicodeDecodeError:
        other = in_its_place(content[:HEAD])
        raise FormatError(f"{path}: names are wanted, a line each{other}") from None


def _write(path: str, arrays: Mapping[str, np.ndarray]) -> None:
    ending = os.path.splitext(path)[1].lower()
    if ending not in (".npy", ".npz"):
        raise ArgumentError(f"{path}: outputs are written as .npy or .npz")
    if ending == ".npy" and len(arrays) > 1:
        raise ArgumentError(f"{path}: one array is in a .npy, write .npz {listed(arrays)}")
    with write_atomically(path) as file:
        if ending == ".npz":
            np.savez(file, allow_pickle=False, **arrays)
        else:
            np.save(file, next(iter(arrays.values())))


def _print(name: str, array: np.ndarray, options: argparse.Namespace, names: Sequence[str]) -> None:
    print(f"{name}: {array.dtype} {array.shape}")
    if array.ndim != 2 or not array.size:
        if array.size:
            print(f"  from {array.min():g} to {array.max():g}, mean {array.mean():g}")
        return
    if names and len(names) != array.shape[1]:
        raise FormatError(f"{options.synset}: {len(names)} names for {array.shape[1]} outputs")
    pictures = len(options.inputs) == len(array) and len(array) > 1
    for number, row in enumerate(array):
        print(f"{options.inputs[number] if pictures else f'sample {number}'}:")
        for place in np.argsort(-row, kind="stable")[: options.top]:
            print(f"  {row[place]:.6f}  {names[place] if names else place}")
