"""What `symnet convert` writes, by the ending of the target."""

import argparse
import os
from collections.abc import Callable
from typing import NamedTuple

from ..core.errors import ArgumentError, listed
from ..onnx import export_onnx
from ..pytorch import export_program
from ..storage.checkpoint import (
    Checkpoint,
    epoch_of,
    params_path,
    symbol_path,
    write_checkpoint,
    write_whole,
)
from ..storage.params_writing import save_arrays
from ..storage.saving import save_symbol
from ._models import find_checkpoint, read_model, read_network

__all__ = ["convert"]


class _Format(NamedTuple):
    """What an ending stands for.

    Args:
        write: writes the model, and returns the paths that it wrote.
        weights: whether it wants weights.
        shapes: whether it takes the shapes of inputs.
        era: whether it takes an era of MXNet.
    """

    write: Callable[[Checkpoint, str, argparse.Namespace], list[str]]
    weights: bool = True
    shapes: bool = False
    era: bool = False


def convert(options: argparse.Namespace) -> int:
    """Do `symnet convert`."""
    if not os.path.basename(options.target):
        raise ArgumentError(f"a file or a prefix is expected as the target, got {options.target!r}")
    ending = os.path.splitext(options.target)[1].lower()
    if ending in _OF_OTHERS:
        raise ArgumentError(f"{options.target}: symnet does not write {ending} {listed(_FORMATS)}")
    target = _FORMATS.get(ending, _CHECKPOINT)
    if options.shapes and not target.shapes:
        raise ArgumentError(f"{options.target}: --shape says nothing to this format; leave it out")
    if (options.batch or options.fixed_batch) and not target.shapes:
        raise ArgumentError(f"{options.target}: --batch and --fixed-batch are about .onnx and .pt2")
    if options.mxnet != "1.x" and not target.era:
        raise ArgumentError(f"{options.target}: --mxnet is about MXNet's own files; leave it out")
    files = find_checkpoint(options.source, options.epoch) if target.weights else None
    if target.weights:
        model = read_model(options.source, files.epoch if files else None)
        options.epoch = files.epoch if files else options.epoch or epoch_of(options.source) or 0
    else:
        model = Checkpoint(read_network(options.source), {}, {})
    for path in target.write(model, options.target, options):
        print(path)
    return 0


def _whole(model: Checkpoint, target: str, options: argparse.Namespace) -> list[str]:
    write_whole(target, *model, options.epoch)
    return [target]


def _symbol(model: Checkpoint, target: str, options: argparse.Namespace) -> list[str]:
    save_symbol(target, model.symbol, options.mxnet)
    return [target]


def _params(model: Checkpoint, target: str, options: argparse.Namespace) -> list[str]:
    arrays = {f"arg:{name}": array for name, array in model.arg_params.items()}
    arrays |= {f"aux:{name}": array for name, array in model.aux_params.items()}
    save_arrays(target, arrays, options.mxnet)
    return [target]


def _exported(model: Checkpoint, target: str, options: argparse.Namespace) -> list[str]:
    is_onnx = target.lower().endswith(".onnx")
    if not options.shapes:
        kind = "ONNX" if is_onnx else "torch.export"
        raise ArgumentError(f"{target}: {kind} wants shapes of inputs: --shape data=1,3,224,224")
    batch = dict.fromkeys(options.batch, 0) if options.batch else 0
    (export_onnx if is_onnx else export_program)(
        target,
        *model,
        batch_axis=None if options.fixed_batch else batch,
        **options.shapes,
    )
    return [target]


def _checkpoint(model: Checkpoint, target: str, options: argparse.Namespace) -> list[str]:
    write_checkpoint(*model, target, options.epoch, options.mxnet)
    return [symbol_path(target), params_path(target, options.epoch)]


_OF_OTHERS = (
    ".pt",
    ".pth",
    ".h5",
    ".hdf5",
    ".keras",
    ".pb",
    ".tflite",
    ".npz",
    ".npy",
    ".caffemodel",
)
"""Endings of other frameworks' files, which nobody gives a prefix."""
_CHECKPOINT = _Format(_checkpoint, era=True)
_FORMATS = {
    ".safetensors": _Format(_whole),
    ".onnx": _Format(_exported, shapes=True),
    ".pt2": _Format(_exported, shapes=True),
    ".json": _Format(_symbol, weights=False, era=True),
    ".params": _Format(_params, era=True),
}
