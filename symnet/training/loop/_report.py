"""What a training says while it goes on: log lines, a progress bar, a table in a notebook."""

import sys
from collections.abc import Iterable, Sequence
from typing import Protocol, runtime_checkable

from ...core.errors import ArgumentError, listed, suggest
from ...core.logs import logger
from ...core.notebook import in_notebook
from ..callback import AbstractCallback, History
from ..callback.history import Row
from ..optimizer import AbstractOptimizer, get_learning_rate
from ..optimizer.schedules import Schedule, as_schedule
from ._progress import EpochProgress, MetricsSoFar, ProgressLine, ProgressPlace, ProgressTable
from .measures import Measures
from .options import FitOptions

__all__ = ["NO_METRICS", "Report", "check_watched", "rate_of"]

NO_METRICS = ("epoch", "learning_rate", "samples_per_second", "seconds")
"""The numbers of an epoch that are no metrics."""


def check_watched(
    callbacks: Iterable[AbstractCallback], measures: Measures, *, validates: bool
) -> None:
    """Raise ArgumentError for a callback that reads a number which no epoch will have.

    Args:
        callbacks: all callbacks.
        measures: what is measured in the training.
        validates: whether there are validation data.
    """
    watching = [each for each in callbacks if each.watches is not None]
    if not watching:
        return
    _, values = measures.values()
    metrics = list(values)
    validation = [f"validation_{name}" for name in metrics] if validates else []
    known = [*metrics, *validation, *NO_METRICS]
    for each in watching:
        if each.watches not in known:
            raise ArgumentError(
                f"{type(each).__name__} watches {each.watches!r}, which the history will not have"
                f"{suggest(str(each.watches), known)} {listed(known)}"
            )


@runtime_checkable
class _Rates(Protocol):
    """Options with a learning rate, as those of the built-in optimizers."""

    lr: float
    lr_scheduler: Schedule


def rate_of(optimizer: AbstractOptimizer) -> float | None:
    """Return the learning rate of an optimizer's last update; None where its options name none.

    >>> from symnet.training.optimizer import SGD
    >>> rate_of(SGD(lr=0.5))
    0.5
    """
    opts = optimizer.opts
    if not isinstance(opts, _Rates):
        return None
    if opts.lr_scheduler is None:
        return opts.lr
    return get_learning_rate(as_schedule(opts.lr_scheduler, opts.lr), optimizer.state)


class Report:
    """The voice of one training.

    Args:
        level: 0 says nothing; 1 a line for each epoch; 2 the lines that the documents show.
        epochs: how many epochs there will be.
        table: whether a notebook gets a table in place of lines.
    """

    def __init__(self, level: int, epochs: int, *, table: bool = False) -> None:
        self.level = level
        self._epochs = epochs
        self._rate: float | None = None
        self._table = ProgressTable(epochs) if level and table and in_notebook() else None

    @classmethod
    def of(cls, options: FitOptions, *, is_first: bool) -> "Report":
        """Return the voice that a training was asked to have; only one of several ranks has one."""
        level = options.level if is_first else 0
        return cls(level, options.n_epoch, table=options.verbose is True or level == 1)

    def say(self, message: str) -> None:
        """Log a line of the documents."""
        if self.level == 2 and self._table is None:
            logger.info("%s", message)

    def tell(self, message: str) -> None:
        """Log what anyone wants to know who did not ask for silence."""
        if self._table is not None:
            self._table.note(message)
        elif self.level:
            logger.info("%s", message)

    def detail(self, message: str) -> None:
        """Log what only somebody who looks for a cause wants to know."""
        if self.level:
            logger.debug("%s", message)

    def progress(
        self, epoch: int, what: str, batches: int | None, values: MetricsSoFar
    ) -> EpochProgress:
        """Return what counts batches: it is seen on a terminal or in a notebook, nowhere else.

        Args:
            epoch: the number of the epoch.
            what: ``"training"`` or ``"validation"``.
            batches: how many there are; None where nobody knows.
            values: returns the metrics so far.
        """
        place: ProgressPlace | None = None
        if self._table is not None:
            place = self._table.run(epoch, what, batches)
        elif self.level and sys.stderr.isatty():
            place = ProgressLine(f"Epoch {epoch}/{self._epochs} {what}", batches)
        return EpochProgress(place, values)

    def training(self, row: Row, names: Sequence[str]) -> None:
        """Log the summary of an epoch's training; a learning rate that has changed is named."""
        self.say(f"== Epoch {int(row['epoch']):03d} ==========")
        self._summary("Training", {name: row[name] for name in names})
        rate = row.get("learning_rate")
        if rate != self._rate and self._rate is not None and rate is not None:
            self.say(f"{'learning rate':>18} = {rate:.6g}")
        self._rate = rate
        self.say(f"{'time':>18} = {row['seconds']:.4f} seconds")

    def validation(self, metrics: Row) -> None:
        """Log the summary of an epoch's validation."""
        self._summary("Validation", metrics)

    def _summary(self, what: str, metrics: Row) -> None:
        self.say(f"## {what} summary")
        for name, value in metrics.items():
            self.say(f"{name:>18} = {value:.4f}")

    def epoch(self, history: History) -> None:
        """Tell of the last epoch of a history, in one line, or a row of a table."""
        if self._table is not None:
            self._table.add(history)
        elif self.level == 1:
            row = history[-1]
            parts = [f"{name} {row[name]:.4f}" for name in row if name not in NO_METRICS]
            if "learning_rate" in row:
                parts.append(f"lr {row['learning_rate']:.6g}")
            speed = f"{row['samples_per_second']:.0f} samples/s, {row['seconds']:.1f} s"
            logger.info("Epoch %03d: %s", row["epoch"], ", ".join([*parts, speed]))
