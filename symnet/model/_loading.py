"""Loading a checkpoint into a model: under its own names, whole or in part."""

import sys
from collections.abc import Collection, Mapping
from os import fspath

from ..core.errors import ArgumentError
from ..core.logs import logger
from ..core.paths import FilePath
from ..inspect.inputs import inputs_of
from ..ndarray import NDArray
from ..operators.contract import Shape
from ..storage.checkpoint import Checkpoint, read_checkpoint, renamed, tell_renamed
from ..symbol.compare import difference, renamed_like
from ..training.initializer import AbstractInitializer
from ..training.loop.encoding import encoding_of, with_encoding
from ..training.loop.inputs import only_labels
from .feed_forward import FeedForward

__all__ = ["load_into", "load_part", "report", "with_weights"]


def load_into(
    model: FeedForward, prefix: FilePath, epoch: int, overwrite: bool, allow_different_arch: bool
) -> FeedForward:
    """Load a checkpoint of the model's own network, or of one that is built alike."""
    if model.arg_params is not None and model.aux_params is not None and not overwrite:
        logger.info("model weights already exists, skip loading...")
        return model
    checkpoint = read_checkpoint(prefix, epoch, like=model.arch)
    names: dict[str, str] = {}
    arch = model.arch  # which learns what the stored one knows of encoding text
    if model.encoding is None:
        arch = with_encoding(arch, encoding_of(checkpoint.symbol))
    if checkpoint.symbol.to_json() != arch.to_json():
        found = renamed_like(checkpoint.symbol, arch)
        if found is None and not allow_different_arch:
            raise ArgumentError(
                f"the checkpoint '{fspath(prefix)}' is of another network: "
                f"{difference(checkpoint.symbol, arch)}; load it as a new model with "
                "load_checkpoint(prefix, epoch, FeedForward), take what fits with partial=True, "
                "or pass allow_different_arch=True"
            )
        names = tell_renamed(prefix, found or {})
    model.arch = arch
    return with_weights(model, _under(checkpoint, names))


def load_part(
    model: FeedForward,
    prefix: FilePath,
    epoch: int,
    initializer: AbstractInitializer | None,
    shapes: Mapping[str, Shape],
) -> FeedForward:
    """Load what a checkpoint and a model have in common, and print what became of the rest."""
    checkpoint = read_checkpoint(prefix, epoch, like=model.arch)
    own = [*model.arch.list_arguments(), *model.arch.list_auxiliary_states()]
    stored = {**checkpoint.arg_params, **checkpoint.aux_params}
    with_weights(model, _only(checkpoint, own))
    misshapen: list[str] = []
    if initializer is not None:
        model.init_model(initializer, overwrite=False, **shapes)
        now = {**(model.arg_params or {}), **(model.aux_params or {})}
        misshapen = [n for n in stored if n in now and stored[n].shape != now[n].shape]
    kept = {name for name in own if name in stored and name not in misshapen}
    inputs = {*shapes, *(node.name for node in inputs_of(model.arch.graph))} - stored.keys()
    model.report = report(model, stored, kept, [name for name in own if name not in inputs])
    sys.stdout.write(model.report + "\n")
    return model


def with_weights(model: FeedForward, checkpoint: Checkpoint) -> FeedForward:
    """Give a model the weights of a checkpoint."""
    model.arg_params, model.aux_params = checkpoint.arg_params, checkpoint.aux_params
    return model


def report(
    model: FeedForward, stored: Collection[str], kept: Collection[str], own: Collection[str]
) -> str:
    """Return which parameters were kept, dropped, and are new, a line each.

    Args:
        model: the model that has them now.
        stored: names of all that there were.
        kept: names of those that the model took over.
        own: names of all that the model has a place for.
    """
    rows = {
        "kept": [name for name in own if name in kept],
        "dropped": [name for name in stored if name not in kept],
        "new": [name for name in own if name not in kept and name not in only_labels(model.arch)],
    }
    return "\n".join(f"{what}: {', '.join(names) or 'none'}" for what, names in rows.items())


def _under(checkpoint: Checkpoint, names: Mapping[str, str]) -> Checkpoint:
    symbol, parameters, states = checkpoint
    return Checkpoint(symbol, renamed(parameters, names), renamed(states, names))


def _only(checkpoint: Checkpoint, names: Collection[str]) -> Checkpoint:
    def some(arrays: Mapping[str, NDArray]) -> dict[str, NDArray]:
        return {name: array for name, array in arrays.items() if name in names}

    return Checkpoint(checkpoint.symbol, some(checkpoint.arg_params), some(checkpoint.aux_params))
