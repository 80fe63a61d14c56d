"""Watching one number of the history: stopping early, and lowering the learning rate."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import inf, isnan
from pathlib import Path
from typing import Any, Literal

from ...core.codec import kind_of
from ...core.errors import ArgumentError, FormatError, ParameterError, shown
from ...core.logs import logger
from ...core.parameters import Param, read_value
from ...core.paths import FilePath, locate, prefix_text
from ...ndarray import NDArray
from ...storage.checkpoint import write_checkpoint
from ..optimizer import (
    AbstractLearningRateScheduler,
    LearningRate,
    OptimizationState,
    get_learning_rate,
)
from .base import AbstractEpochCallback, Metrics, Model, StopTraining, check_count
from .history import History

__all__ = ["EarlyStopping", "ModelCheckpoint", "ReduceLROnPlateau"]

Mode = Literal["min", "max", "auto"]

_RISING = ("accuracy", "f1", "correlation", "precision", "recall", "auc", "r2", "top_k")
"""Parts of the names of metrics that are better the larger they are."""


@dataclass
class _Watch:
    """Whether one number of the history still gets better."""

    owner: str
    monitor: str | None
    mode: Mode
    min_delta: float
    best: float | None = None
    best_epoch: int = 0

    def __post_init__(self) -> None:
        if self.mode not in ("min", "max", "auto"):
            raise ParameterError(
                f"{self.owner}: mode must be 'min', 'max' or 'auto', got {self.mode!r}"
            )
        read_value(self.owner, "min_delta", self.min_delta, kind_of(float), Param(min=0))

    def name_in(self, metric: Metrics, history: History) -> str:
        """Return the name of the number: the given one, or that of the first metric."""
        if self.monitor is not None:
            return self.monitor
        if not metric:
            raise ArgumentError(f"{self.owner}: there is no metric; name a number with monitor=")
        validation = f"validation_{metric[0][0]}"
        return validation if validation in history.names else metric[0][0]

    def improves(self, name: str, history: History) -> bool:
        """Take in the last epoch, and tell whether it is better than all before."""
        value = history[name][-1]
        rising = self.mode == "max" or (
            self.mode == "auto" and any(part in name.lower() for part in _RISING)
        )
        best = self.best if self.best is not None else -inf if rising else inf
        gain = value - best if rising else best - value
        if isnan(value) or gain <= self.min_delta:
            return False
        self.best, self.best_epoch = value, int(history[-1]["epoch"])
        return True

    def take_up(self, state: Mapping[str, Any]) -> None:
        """Remember what a saved state tells; FormatError where it is none."""
        best, epoch = state["best"], state["best_epoch"]
        whole = type(best) is int and abs(best) < 2**63
        known = best is None or whole or type(best) is float
        if not known or not _is_count(epoch):
            raise FormatError(
                f"{self.owner}: a saved state tells the best number and its epoch, not "
                f"best={shown(best)}, best_epoch={shown(epoch)}"
            )
        self.best, self.best_epoch = best, epoch

    def reset(self) -> None:
        """Forget all epochs."""
        self.best, self.best_epoch = None, 0


def _is_count(value: object) -> bool:
    return type(value) is int and value >= 0


def _history_of(model: Model) -> History:
    if model.history is None:
        raise ArgumentError("this callback reads model.history, which fit keeps; pass it to fit")
    return model.history


class _Watching(AbstractEpochCallback):
    """Tells what is watched, as it was given."""

    _watch: _Watch

    @property
    def monitor(self) -> str | None:
        """What is watched, if it was said."""
        return self._watch.monitor

    @property
    def min_delta(self) -> float:
        """What counts as better."""
        return self._watch.min_delta

    @property
    def mode(self) -> Mode:
        """Whether less or more is better."""
        return self._watch.mode


class EarlyStopping(_Watching):
    """Stop the training once a number has not got better for some epochs.

    Args:
        monitor: name of the number in the `History`, as ``"validation_accuracy"``. Default: the
            first validation metric, or the first training metric where nothing is validated.
        patience: how many epochs without a better one are borne, default 3: the training stops
            after the third of them.
        min_delta: by how much a better number is better at least, default any.
        mode: ``"min"`` or ``"max"`` is better; ``"auto"``, the default, takes names with
            accuracy, precision, recall, f1, auc, r2, top_k or correlation for those that rise.
        restore_best: whether the model gets the parameters of its best epoch when the training has
            ended, be it by this stop or not; default False.

    Raises ArgumentError from `fit` where the history has no such number.

    >>> import symnet as mx
    >>> stop = mx.EarlyStopping("validation_accuracy", patience=2, restore_best=True)
    """

    def __init__(
        self,
        monitor: str | None = None,
        *,
        patience: int = 3,
        min_delta: float = 0.0,
        mode: Mode = "auto",
        restore_best: bool = False,
    ) -> None:
        check_count("EarlyStopping: patience", patience)
        self.patience = patience
        self.restore_best = restore_best
        self._watch = _Watch("EarlyStopping", monitor, mode, min_delta)
        self.watches = monitor
        self._kept: dict[str, NDArray] = {}

    def start(self, model: Model) -> None:
        """Forget an earlier training."""
        self._watch.reset()
        self._kept = {}

    def __call__(self, model: Model, state: OptimizationState, metric: Metrics) -> None:
        """Look at the epoch, and stop after too many that are no better."""
        if state.curr_epoch == 0:
            return
        watch, history = self._watch, _history_of(model)
        name = watch.name_in(metric, history)
        if watch.improves(name, history):
            self._kept = _copied(model) if self.restore_best else {}
        elif state.curr_epoch - watch.best_epoch >= self.patience:
            best = "never a number" if watch.best is None else f"{watch.best:.4f}"
            raise StopTraining(
                f"{name} was {best} after epoch {watch.best_epoch}, and no better in the "
                f"{state.curr_epoch - watch.best_epoch} epochs since"
            )

    def finish(self, model: Model) -> None:
        """Give the model the parameters of its best epoch, where that is wanted."""
        for name, array in self._kept.items():
            kind, _, own = name.partition(":")
            target = model.arg_params if kind == "arg" else model.aux_params
            if target is not None:
                target[own] = array
        if self._kept:
            logger.info("Restored the parameters of epoch %d", self._watch.best_epoch)
        self._kept = {}

    def export_state(self) -> dict[str, Any]:
        """Return the best number, its epoch, and its parameters where they are kept."""
        return {"best": self._watch.best, "best_epoch": self._watch.best_epoch, **self._kept}

    def import_state(self, state: Mapping[str, Any]) -> None:
        """Take up the past of a training."""
        self._watch.take_up(state)
        kept = {name: value for name, value in state.items() if ":" in name}
        self._kept = kept if self.restore_best else {}


class ModelCheckpoint(_Watching):
    """Keep the checkpoint of the best epoch so far, each in place of the one before.

    Args:
        prefix: what the files' names begin with, a path or URL, or a whole name that ends in
            ``.safetensors``; ``mx.load_checkpoint(prefix, 0, mx.FeedForward)`` reads it. A path's
            folder is made at once.
        monitor, min_delta, mode: as in `EarlyStopping`.
        save_best: False keeps that of the last epoch, whatever it is like.

    The epoch that is kept is ``best_epoch``. To go on with a training that was interrupted, write
    checkpoints by `do_checkpoint`. Raises ArgumentError from `fit` where the history has no such
    number, and what saving raises.

    >>> import symnet as mx
    >>> keep = mx.ModelCheckpoint("memory://best.safetensors", monitor="validation_loss")
    """

    on_every_rank = False

    def __init__(
        self,
        prefix: FilePath,
        monitor: str | None = None,
        *,
        min_delta: float = 0.0,
        mode: Mode = "auto",
        save_best: bool = True,
    ) -> None:
        system, name = locate(prefix_text(prefix))
        if system is None:
            Path(name).parent.mkdir(parents=True, exist_ok=True)
        self.prefix, self.save_best = prefix, save_best
        self._watch = _Watch("ModelCheckpoint", monitor, mode, min_delta)
        self.watches = monitor if save_best else None
        self.best_epoch = 0
        """The epoch whose checkpoint is there; 0 before there is one."""

    def start(self, model: Model) -> None:
        """Forget an earlier training."""
        self._watch.reset()
        self.best_epoch = 0

    def __call__(self, model: Model, state: OptimizationState, metric: Metrics) -> None:
        """Write the checkpoint, where the epoch is better than all before."""
        if state.curr_epoch == 0:
            return
        history = _history_of(model)
        if self.save_best and not self._watch.improves(
            self._watch.name_in(metric, history), history
        ):
            return
        states = model.aux_params or {}
        write_checkpoint(model.arch, model.arg_params or {}, states, self.prefix, 0)
        self.best_epoch = state.curr_epoch

    def export_state(self) -> dict[str, Any]:
        """Return the best number, and the epoch that is kept."""
        return {"best": self._watch.best, "best_epoch": self._watch.best_epoch}

    def import_state(self, state: Mapping[str, Any]) -> None:
        """Take up the past of a training."""
        self._watch.take_up(state)
        self.best_epoch = self._watch.best_epoch


def _copied(model: Model) -> dict[str, NDArray]:
    parameters = {f"arg:{n}": array.copy() for n, array in (model.arg_params or {}).items()}
    return parameters | {f"aux:{n}": array.copy() for n, array in (model.aux_params or {}).items()}


@dataclass(frozen=True)
class _Reductions:
    """How often the rate was lowered, and when last."""

    count: int = 0
    waiting_since: int = 0


class ReduceLROnPlateau(_Watching, AbstractLearningRateScheduler):
    """A learning rate that is lowered each time a number has stopped getting better.

    It is both the optimizer's schedule and a callback: the callback looks at the epochs, the
    schedule tells the rate.

    Args:
        lr: the rate to begin with, or a schedule whose rates are multiplied.
        monitor, min_delta, mode: as in `EarlyStopping`.
        factor: what the rate is multiplied by, default 0.1, between 0 and 1.
        patience: after how many epochs that are no better, default 3.
        min_lr: the least rate, default 0.

    Raises ArgumentError from `fit` where it is the schedule of no optimizer, or no callback.

    >>> import symnet as mx
    >>> plateau = mx.ReduceLROnPlateau(0.1, factor=0.5)
    >>> optimizer = mx.SGD(lr_scheduler=plateau)  # and fit(…, callbacks=[plateau])
    """

    def __init__(
        self,
        lr: float | AbstractLearningRateScheduler,
        *,
        monitor: str | None = None,
        factor: float = 0.1,
        patience: int = 3,
        min_delta: float = 0.0,
        mode: Mode = "auto",
        min_lr: float = 0.0,
    ) -> None:
        check_count("ReduceLROnPlateau: patience", patience)
        owner, number = "ReduceLROnPlateau", kind_of(float)
        factor = read_value(owner, "factor", factor, number, Param(above=0, below=1))
        min_lr = read_value(owner, "min_lr", min_lr, number, Param(min=0))
        self.schedule: AbstractLearningRateScheduler = (
            lr if isinstance(lr, AbstractLearningRateScheduler) else LearningRate.Fixed(lr)
        )
        self.factor, self.patience, self.min_lr = factor, patience, min_lr
        self._watch = _Watch("ReduceLROnPlateau", monitor, mode, min_delta)
        self.watches = monitor
        self._done = _Reductions()
        self._asked = self._called = False

    @property
    def lr(self) -> float | AbstractLearningRateScheduler:
        """The rate before the first plateau, or the schedule of it."""
        return self.schedule.lr if isinstance(self.schedule, LearningRate.Fixed) else self.schedule

    def get_learning_rate(self, state: OptimizationState) -> float:
        """Return the schedule's rate, multiplied as often as there was a plateau."""
        self._asked = True
        if state.curr_epoch > 1 and not self._called:
            raise ArgumentError(
                "ReduceLROnPlateau is the optimizer's lr_scheduler, but sees no epochs; "
                "pass it in fit(…, callbacks=[…]) too"
            )
        rate = get_learning_rate(self.schedule, state)
        return min(rate, max(self.min_lr, rate * self.factor**self._done.count))

    def start(self, model: Model) -> None:
        """Forget an earlier training."""
        self._watch.reset()
        self._done = _Reductions()
        self._asked, self._called = False, True

    def finish(self, model: Model) -> None:
        """Expect to be passed to the next training anew."""
        self._called = False

    def __call__(self, model: Model, state: OptimizationState, metric: Metrics) -> None:
        """Look at the epoch, and lower the rate after too many that are no better."""
        if state.curr_epoch == 0:
            return
        if not self._asked:
            raise ArgumentError(
                "ReduceLROnPlateau is a callback, but not the schedule of the optimizer; "
                "make the optimizer with lr_scheduler= this very object"
            )
        history = _history_of(model)
        name = self._watch.name_in(metric, history)
        if self._watch.improves(name, history):
            self._done = replace(self._done, waiting_since=state.curr_epoch)
        elif state.curr_epoch - self._done.waiting_since >= self.patience:
            before = self.get_learning_rate(state)
            self._done = _Reductions(self._done.count + 1, state.curr_epoch)
            after = self.get_learning_rate(state)
            logger.info("Learning rate lowered from %g to %g: %s stays", before, after, name)

    def export_state(self) -> dict[str, Any]:
        """Return what has been seen and done."""
        return {
            "best": self._watch.best,
            "best_epoch": self._watch.best_epoch,
            "count": self._done.count,
            "waiting_since": self._done.waiting_since,
        }

    def import_state(self, state: Mapping[str, Any]) -> None:
        """Take up the past of a training."""
        self._watch.take_up(state)
        count, since = state["count"], state["waiting_since"]
        if not (_is_count(count) and _is_count(since)):
            raise FormatError(
                "ReduceLROnPlateau: a saved state tells how often the rate was lowered, and when, "
                f"not count={shown(count)}, waiting_since={shown(since)}"
            )
        self._done = _Reductions(count, since)
