"""Callbacks: functions that `fit` calls after batches and epochs.

Source: the documents, "Callbacks in training"; SEMANTICS §6.8.
"""

import os
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral
from pathlib import Path
from typing import Any, Protocol

from .checkpoint import write_checkpoint
from .errors import ArgumentError
from .files import FilePath
from .logs import logger
from .ndarray import NDArray
from .optimizer import OptimizationState
from .symbol import SymbolicNode

__all__ = [
    "AbstractBatchCallback",
    "AbstractCallback",
    "AbstractEpochCallback",
    "do_checkpoint",
    "every_n_batch",
    "every_n_epoch",
    "every_n_iter",
    "speedometer",
]

Metrics = Sequence[tuple[str, float]]


class Model(Protocol):
    """What callbacks may read of a model."""

    arch: SymbolicNode
    arg_params: Mapping[str, NDArray] | None
    aux_params: Mapping[str, NDArray] | None


class AbstractCallback(ABC):
    """Base of all callbacks."""

    @abstractmethod
    def __call__(self, *arguments: Any, **keywords: Any) -> None:
        """Act; what on, each kind of callback says."""


class AbstractBatchCallback(AbstractCallback):
    """Base of callbacks that run after every mini-batch, and once before the first."""

    @abstractmethod
    def __call__(self, state: OptimizationState) -> None:
        """Act on a state; ``state.curr_batch`` is 0 before the first batch of an epoch."""


class AbstractEpochCallback(AbstractCallback):
    """Base of callbacks that run after every epoch, and once before the first."""

    @abstractmethod
    def __call__(self, model: Model, state: OptimizationState, metric: Metrics) -> None:
        """Act on a model.

        Args:
            model: the model, with its parameters as they are now.
            state: ``state.curr_epoch`` is 0 before any training.
            metric: names and values of the training metric, empty before any training.
        """


def _is_due(count: int, n: int, call_on_0: bool) -> bool:
    return call_on_0 if count == 0 else count % n == 0


def _check_count(what: str, count: object) -> None:
    if not isinstance(count, Integral) or count < 1:
        raise ArgumentError(f"{what} must be a whole number from 1, got {count!r}")


@dataclass(frozen=True)
class _EveryNBatch(AbstractBatchCallback):
    callback: Callable[[OptimizationState], object]
    n: int
    call_on_0: bool

    def __call__(self, state: OptimizationState) -> None:
        if _is_due(state.curr_batch, self.n, self.call_on_0):
            self.callback(state)


@dataclass(frozen=True)
class _EveryNEpoch(AbstractEpochCallback):
    callback: Callable[[Model, OptimizationState, Metrics], object]
    n: int
    call_on_0: bool

    def __call__(self, model: Model, state: OptimizationState, metric: Metrics) -> None:
        if _is_due(state.curr_epoch, self.n, self.call_on_0):
            self.callback(model, state, metric)


def every_n_batch(
    callback: Callable[[OptimizationState], object], n: int, *, call_on_0: bool = False
) -> AbstractBatchCallback:
    """Make a callback that runs every n mini-batches.

    Args:
        callback: called with the `OptimizationState`.
        n: how many batches lie between two calls.
        call_on_0: whether to call before the first batch of each epoch too.

    >>> seen = []
    >>> each_second = every_n_batch(lambda state: seen.append(state.curr_batch), 2)
    >>> for batch in range(5):
    ...     each_second(OptimizationState(10, curr_batch=batch))
    >>> seen
    [2, 4]
    """
    _check_count("every_n_batch: n", n)
    return _EveryNBatch(callback, n, call_on_0)


every_n_iter = every_n_batch
"""Another name of `every_n_batch` in the documents."""


def every_n_epoch(
    callback: Callable[[Model, OptimizationState, Metrics], object],
    n: int,
    *,
    call_on_0: bool = False,
) -> AbstractEpochCallback:
    """Make a callback that runs every n epochs.

    Args:
        callback: called with the model, the `OptimizationState` and the training metric.
        n: how many epochs lie between two calls.
        call_on_0: whether to call before any training too.
    """
    _check_count("every_n_epoch: n", n)
    return _EveryNEpoch(callback, n, call_on_0)


def speedometer(frequency: int = 50) -> AbstractBatchCallback:
    """Make a callback that logs the training speed, in samples per second.

    Args:
        frequency: how many batches lie between two measurements.
    """
    _check_count("speedometer: frequency", frequency)
    started = time.perf_counter()

    def measure(state: OptimizationState) -> None:
        nonlocal started
        now = time.perf_counter()
        if state.curr_batch:
            logger.info("Speed: %6.2f samples/sec", frequency * state.batch_size / (now - started))
        started = now

    return every_n_batch(measure, frequency, call_on_0=True)


def do_checkpoint(
    prefix: FilePath, *, frequency: int = 1, save_epoch_0: bool = False
) -> AbstractEpochCallback:
    """Make a callback that writes checkpoints.

    Args:
        prefix: what the files' names begin with, a path or URL; a path's folder is made at once.
        frequency: how many epochs lie between two checkpoints.
        save_epoch_0: whether to write one before any training.
    """
    _check_count("do_checkpoint: frequency", frequency)
    if "://" not in os.fspath(prefix):
        Path(prefix).parent.mkdir(parents=True, exist_ok=True)

    def write(model: Model, state: OptimizationState, _: Metrics) -> None:
        write_checkpoint(
            model.arch, model.arg_params or {}, model.aux_params or {}, prefix, state.curr_epoch
        )

    return every_n_epoch(write, frequency, call_on_0=save_epoch_0)
