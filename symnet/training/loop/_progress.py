"""How far an epoch is: a bar on a terminal, in a notebook a line below the table of epochs."""

import time
from collections.abc import Callable, Mapping
from html import escape
from math import isnan
from typing import Protocol, Self, final

from ...core.logs import ProgressBar
from ...core.notebook import NotebookOutput, cell_number
from ..callback import History

__all__ = ["EpochProgress", "MetricsSoFar", "ProgressLine", "ProgressPlace", "ProgressTable"]

MetricsSoFar = Callable[[], Mapping[str, float]]

_PAUSE = 0.25  # seconds, at least, between two looks at the metrics
_SHARE = 20  # and so many times as long as a look takes: some metrics sort all that they have seen


class ProgressPlace(Protocol):
    """Where it is shown how far an epoch is."""

    def tell(self, done: int, values: Mapping[str, float]) -> None:
        """Show how many batches are done, and the metrics so far."""

    def close(self) -> None:
        """Take it away."""


@final
class EpochProgress:
    """Counts the batches of an epoch, and looks at the metrics now and then.

    Looking reads only what has been measured so far, so that the results of a training do not
    depend on when it is looked at.

    Args:
        place: where it is shown; None for nowhere.
        values: returns the metrics so far.
    """

    def __init__(self, place: ProgressPlace | None, values: MetricsSoFar) -> None:
        self._place, self._values = place, values
        self._done = 0
        self._next = 0.0

    def step(self) -> None:
        """Count a batch."""
        self._done += 1
        if self._place is not None and time.perf_counter() >= self._next:
            started = time.perf_counter()
            self._place.tell(self._done, self._values())
            now = time.perf_counter()
            self._next = now + max(_PAUSE, _SHARE * (now - started))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None:
        if self._place is not None:
            self._place.close()


@final
class ProgressLine:
    """A bar on a terminal.

    Args:
        title: stands in front of it.
        total: how many batches there are; None where nobody knows.
    """

    def __init__(self, title: str, total: int | None) -> None:
        self._bar = ProgressBar(
            desc=title, total=total, unit="batch", leave=False, dynamic_ncols=True
        )

    def tell(self, done: int, values: Mapping[str, float]) -> None:
        """Show how many batches are done, and the metrics so far."""
        self._bar.set_postfix_str(_joined(values), refresh=False)
        self._bar.update(done - self._bar.n)

    def close(self) -> None:
        """Take the bar away."""
        self._bar.close()


@final
class ProgressTable:
    """One table in a notebook: a row for each epoch, and below it the one that is running.

    Args:
        epochs: how many epochs there will be.
    """

    def __init__(self, epochs: int) -> None:
        self._epochs = epochs
        self._output = NotebookOutput()
        self._history = History()
        self._notes: list[str] = []
        self._running = ""

    def add(self, history: History) -> None:
        """Show the epochs of a history."""
        self._history, self._running = history, ""
        history.shown_in = cell_number()
        self._show()

    def note(self, line: str) -> None:
        """Show a line below the table."""
        self._notes.append(line)
        self._show()

    def run(self, epoch: int, what: str, total: int | None) -> "_RunningEpoch":
        """Return the place where it is shown how far an epoch is.

        Args:
            epoch: its number.
            what: what is done in it.
            total: how many batches there are; None where nobody knows.
        """
        return _RunningEpoch(self, f"epoch {epoch} of {self._epochs}, {what}", total)

    def tell(self, running: str) -> None:
        """Show a line on the epoch that is running; HTML."""
        self._running = running
        self._show()

    def _show(self) -> None:
        lines = [*map(escape, self._notes), *([self._running] if self._running else [])]
        below = "".join(f'<div style="margin:4px 0">{line}</div>' for line in lines)
        table = self._history.to_html() if self._history else ""
        text = "\n".join([*([repr(self._history)] if self._history else []), *self._notes])
        self._output.show(f"<div>{table}{below}</div>", text)


@final
class _RunningEpoch:
    """The line on the epoch that is running; see `ProgressTable.run`."""

    def __init__(self, table: ProgressTable, title: str, total: int | None) -> None:
        self._table, self._title, self._total = table, title, total

    def tell(self, done: int, values: Mapping[str, float]) -> None:
        """Show how many batches are done, and the metrics so far."""
        most = f' max="{self._total}" value="{min(done, self._total)}"' if self._total else ""
        count = f"{done:,} of {self._total:,} batches" if self._total else f"{done:,} batches"
        told = ", ".join(filter(None, [self._title, count, _joined(values)]))
        self._table.tell(f"<progress{most}></progress> {escape(told)}")

    def close(self) -> None:
        """Leave the line: the row of the epoch takes its place."""


def _joined(values: Mapping[str, float]) -> str:
    # Before the first look at an epoch's outputs, a metric is not a number.
    return ", ".join(f"{name} {value:.4f}" for name, value in values.items() if not isnan(value))
