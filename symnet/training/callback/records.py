"""Keeping the numbers of each epoch outside the program: TensorBoard, lines of JSON, and CSV."""

import csv
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ...core.errors import ArgumentError, not_installed
from ...core.paths import FilePath, local_path, locate, path_text
from ..optimizer import OptimizationState
from ._graph_events import graph_event
from .base import AbstractEpochCallback, Metrics, Model
from .history import History, Row

__all__ = ["CSVLogger", "JSONLines", "TensorBoard", "last_row"]


def last_row(model: Model) -> Row | None:
    """Return the numbers of a model's last epoch; None before there is one."""
    history = model.history or History()
    return history[-1] if history else None


@contextmanager
def _writing(owner: str, path: str) -> Iterator[None]:
    """Raise ArgumentError, with the path, where nothing can be written there."""
    try:
        yield
    except OSError as problem:
        raise ArgumentError(f"{owner}: cannot write {path}: {problem.strerror}") from problem


class TensorBoard(AbstractEpochCallback):
    """Write the numbers of each epoch, and the network, where TensorBoard reads them.

    Needs the package tensorboard. Training and validation metrics of one name share a
    chart: they are called ``accuracy/training`` and ``accuracy/validation``. The network is drawn
    under "Graphs".

    Args:
        folder: folder of the run; it is made where it is missing.

    Raises ArgumentError where tensorboard is not installed.

    >>> import symnet as mx
    >>> callback = mx.TensorBoard("runs/first")
    """

    on_every_rank = False

    def __init__(self, folder: FilePath) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            raise ArgumentError(not_installed("TensorBoard", "tensorboard")) from None
        system, name = locate(folder)  # TensorBoard has URLs of its own
        self.folder = name if system is None else path_text(folder)
        self._make: Any = SummaryWriter
        self._writer: Any = None

    def start(self, model: Model) -> None:
        """Begin a file, now rather than after an epoch: the folder may not be one to write in."""
        with _writing("TensorBoard", self.folder):
            self._writer = self._make(self.folder)
        self._writer.file_writer.add_event(graph_event(model.arch))

    def __call__(self, model: Model, state: OptimizationState, metric: Metrics) -> None:
        """Write the last row of the history."""
        row = last_row(model)
        if row is None:
            return
        if self._writer is None:
            self._writer = self._make(self.folder)
        training = {name for name, _ in metric}
        for name, value in row.items():
            if name != "epoch":
                self._writer.add_scalar(_chart(name, training), value, int(row["epoch"]))
        self._writer.flush()

    def finish(self, model: Model) -> None:
        """Close the file."""
        if self._writer is not None:
            self._writer.close()
        self._writer = None


def _chart(name: str, training: set[str]) -> str:
    plain = name.removeprefix("validation_")
    if plain not in training:
        return name
    return f"{plain}/{'training' if name == plain else 'validation'}"


class JSONLines(AbstractEpochCallback):
    """Add a line of JSON with the numbers of each epoch to a file.

    ``pandas.read_json(path, lines=True)`` reads it.

    Args:
        path: a local file; lines are added to those that it has.

    >>> import symnet as mx
    >>> callback = mx.JSONLines("run.jsonl")
    """

    on_every_rank = False

    def __init__(self, path: FilePath) -> None:
        self.path = local_path("JSONLines", path)

    def start(self, model: Model) -> None:
        """Open the file, now rather than after an epoch: it may not be one to write."""
        with _writing("JSONLines", self.path), open(self.path, "a", encoding="utf-8"):
            pass

    def __call__(self, model: Model, state: OptimizationState, metric: Metrics) -> None:
        """Add the last row of the history."""
        row = last_row(model)
        if row is not None:
            with _writing("JSONLines", self.path), open(self.path, "a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")


class CSVLogger(AbstractEpochCallback):
    """Add a row with the numbers of each epoch to a table of comma-separated values.

    ``pandas.read_csv(path)`` reads it. The first row names the columns.

    Args:
        path: a local file; rows are added to those that it has, as where a training is resumed.

    Raises ArgumentError where the file has other columns.

    >>> import symnet as mx
    >>> callback = mx.CSVLogger("run.csv")
    """

    on_every_rank = False

    def __init__(self, path: FilePath) -> None:
        self.path = local_path("CSVLogger", path)
        self._written: list[str] | None = None

    def start(self, model: Model) -> None:
        """Open the file, now rather than after an epoch: it may not be one to write."""
        self._written = None
        with _writing("CSVLogger", self.path), open(self.path, "a", encoding="utf-8"):
            pass

    def __call__(self, model: Model, state: OptimizationState, metric: Metrics) -> None:
        """Add the last row of the history."""
        row = last_row(model)
        if row is None:
            return
        with _writing("CSVLogger", self.path):
            columns = self._columns()
            if columns is not None and columns != list(row):
                raise ArgumentError(
                    f"CSVLogger: {self.path} has the columns {', '.join(columns)[:200]}, this "
                    f"training {', '.join(row)}; name another file"
                )
            self._written = list(row)
            with open(self.path, "a", encoding="utf-8", newline="") as file:
                table = csv.writer(file, lineterminator="\n")
                if columns is None:
                    table.writerow(row)
                table.writerow(row.values())

    def _columns(self) -> list[str] | None:
        """Return what the file's first line names; of a pipe or a device, what was written."""
        if not os.path.isfile(self.path):
            return self._written
        with open(self.path, encoding="utf-8", errors="replace", newline="") as file:
            line = file.readline(_LONGEST)
        return next(csv.reader([line])) if line else None


_LONGEST = 100_000
"""Characters of a line that may name columns."""
