"""do_checkpoint: checkpoints after epochs, from which a training can go on."""

import os
from collections.abc import Callable, Mapping
from inspect import signature
from pathlib import Path
from tempfile import TemporaryFile

from ...core.errors import ArgumentError
from ...core.logs import logger
from ...core.paths import FilePath, locate, path_text, prefix_text
from ...storage.checkpoint import is_whole, renamed, write_checkpoint, write_parameters
from ...storage.training_state import Snapshot, write_snapshot
from ..callback import AbstractEpochCallback
from ..callback.base import Metrics, Model, check_count, is_due
from ..optimizer import OptimizationState

__all__ = ["CheckpointCallback", "do_checkpoint"]


class CheckpointCallback(AbstractEpochCallback):
    """Writes checkpoints; made by `do_checkpoint`."""

    on_every_rank = False
    comes_last = True  # the states of the other callbacks belong to the same epoch

    def __init__(
        self, prefix: FilePath, frequency: int, save_epoch_0: bool, save_state: bool
    ) -> None:
        self.prefix = prefix
        self.frequency = frequency
        self.save_epoch_0 = save_epoch_0
        self.save_state = save_state
        self.snapshot: Callable[[], Snapshot] | None = None
        """Returns the state of the training that is going on; `fit` sets it."""
        self.names: Mapping[str, str] = {}
        """What the files that are there call variables, where a training that was resumed from them
        calls them otherwise: by its names. All epochs share the network's file, so it stays."""

    def __repr__(self) -> str:
        options = signature(do_checkpoint).parameters.items()
        told = [
            f", {name}={getattr(self, name)!r}"
            for name, option in options
            if name != "prefix" and getattr(self, name) != option.default
        ]
        return f"do_checkpoint({self.prefix!r}{''.join(told)})"

    def is_of(self, prefix: FilePath) -> bool:
        """Tell whether its checkpoints lie beside others."""
        return _place(self.prefix) == _place(prefix)

    def __call__(self, model: Model, state: OptimizationState, metric: Metrics) -> None:
        """Write the files of an epoch, where it is due."""
        epoch = state.curr_epoch
        if not is_due(epoch, self.frequency, call_on_0=self.save_epoch_0):
            return
        parameters, states = model.arg_params or {}, model.aux_params or {}
        if self.names:
            own = renamed(parameters, self.names), renamed(states, self.names)
            write_parameters(*own, self.prefix, epoch)
        else:
            write_checkpoint(model.arch, parameters, states, self.prefix, epoch)
        if self.snapshot is None or not self.save_state:
            return
        try:
            snapshot = self.snapshot()
        except ArgumentError as error:  # an optimizer of the user's that cannot save its state
            logger.warning("The checkpoint cannot be resumed from: %s", error)
            self.save_state = False
            return
        write_snapshot(self.prefix, snapshot.renamed(self.names))

    def start(self, model: Model) -> None:
        """Raise ArgumentError where nothing can be written: not after an epoch, but now."""
        system, name = locate(self.prefix)
        if system is not None:
            return
        folder = Path(name).parent
        try:
            with TemporaryFile(dir=folder):
                pass
        except OSError as problem:
            raise ArgumentError(
                f"do_checkpoint: cannot write into {folder}: {problem.strerror}"
            ) from problem

    def finish(self, model: Model) -> None:
        """Let the training go."""
        self.snapshot, self.names = None, {}


def _place(prefix: FilePath) -> tuple[bool, str]:
    system, name = locate(prefix)
    return system is None, os.path.abspath(name) if system is None else name


def do_checkpoint(
    prefix: FilePath,
    *,
    frequency: int = 1,
    save_epoch_0: bool = False,
    save_state: bool = True,
) -> AbstractEpochCallback:
    """Make a callback that writes checkpoints.

    It runs after the other callbacks of the epoch, wherever it stands in the list.

    Args:
        prefix: what the files' names begin with, a path or URL; a path's folder is made at once.
        frequency: how many epochs lie between two checkpoints.
        save_epoch_0: whether to write one before any training.
        save_state: whether to write the state of the training too, default True, so that
            ``fit(…, resume=prefix)`` goes on from the checkpoint: beside ``PREFIX-0012.params``
            then lie ``PREFIX-0012.state.safetensors`` and ``PREFIX-0012.state.json``.

    A prefix that ends in ``.safetensors`` is one file, which each checkpoint replaces, with
    ``save_state=False``. Raises ArgumentError for one with a state.

    Source: the documents, "do_checkpoint"; docs/semantics §6.8.

    >>> callback = do_checkpoint("memory://models/net", frequency=5)
    """
    check_count("do_checkpoint: frequency", frequency)
    if save_state and is_whole(prefix):
        raise ArgumentError(
            f"do_checkpoint: {path_text(prefix)!r} is one file, which has no room for the state of "
            f"a training: give the prefix of several, as {path_text(prefix).rpartition('.')[0]!r}, "
            "or save_state=False"
        )
    system, name = locate(prefix_text(prefix))
    if system is None:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
    return CheckpointCallback(prefix, frequency, save_epoch_0, save_state)
