"""History: what came out of a training, epoch by epoch."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from importlib import import_module
from typing import Any, overload

from ...core.errors import ArgumentError, listed, not_installed, suggest
from ...core.notebook import cell_number
from ._curves import VALIDATION, draw_curves

__all__ = ["History", "Row"]

Row = Mapping[str, float]
"""The numbers of one epoch by name."""

_FORMATS = {"epoch": "d", "seconds": ".2f", "samples_per_second": ".1f", "learning_rate": ".6g"}


class History(Sequence[Row]):
    """The numbers of a training: one row for each epoch.

    A row holds ``epoch``; the training metrics under their names; the validation metrics under
    ``validation_`` and their names; ``learning_rate``, as it was at the epoch's last update, where
    the optimizer has one; ``samples_per_second`` and ``seconds``, of the training without the
    validation. `fit` returns the history, and ``model.history`` shows it to callbacks while the
    training goes on.

    Args:
        rows: the rows that there are already.

    >>> history = History([{"epoch": 1, "accuracy": 0.5}, {"epoch": 2, "accuracy": 0.75}])
    >>> history["accuracy"], history[-1]["accuracy"]
    ([0.5, 0.75], 0.75)
    >>> history
    epoch  accuracy
        1    0.5000
        2    0.7500
    """

    def __init__(self, rows: Sequence[Row] = ()) -> None:
        self._rows = [dict(row) for row in rows]
        self.stopped: str | None = None
        """Why a callback stopped the training; None where it went on to its last epoch."""
        self.shown_in: int | None = None
        """The number of the notebook's cell that shows the table already, while it fills."""

    def append(self, row: Row) -> None:
        """Add the row of one more epoch."""
        self._rows.append(dict(row))

    @property
    def names(self) -> list[str]:
        """The names of all columns."""
        return list(dict.fromkeys(name for row in self._rows for name in row))

    def to_dict(self) -> dict[str, list[float]]:
        """Return the columns by name, ready for ``pandas.DataFrame``; NaN where nothing is."""
        return {name: [row.get(name, float("nan")) for row in self._rows] for name in self.names}

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, key: int) -> Row: ...
    @overload
    def __getitem__(self, key: slice) -> list[Row]: ...
    @overload
    def __getitem__(self, key: str) -> list[float]: ...
    def __getitem__(self, key: int | slice | str) -> Any:
        """Return a column by its name, or rows by their place; row 0 is epoch 1.

        Raises ArgumentError for a name that no row has, and IndexError as a list does.
        """
        if not isinstance(key, str):
            return self._rows[key]
        if key not in self.names:
            raise ArgumentError(
                f"the history has no {key!r}{suggest(key, self.names)} {listed(self.names)}"
            )
        return self.to_dict()[key]

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows)

    def __repr__(self) -> str:
        if not self._rows:
            return "History of no epochs"
        lines = [self._shown_names(), *self._texts()]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join(
            "  ".join(f"{text:>{width}}" for text, width in zip(line, widths, strict=True))
            for line in lines
        )

    def _repr_html_(self) -> str:
        """Return what a notebook shows: the table, unless it stands above in the same cell."""
        if self.shown_in is not None and self.shown_in == cell_number():
            return f"<div>{escape(self._in_a_line())}</div>"
        return self.to_html()

    def _in_a_line(self) -> str:
        epochs = f"{len(self)} epoch{'s' if len(self) != 1 else ''}"
        return f"History of {epochs}; .plot() draws it, .to_dict() gives the numbers"

    def to_html(self) -> str:
        """Return the table as HTML."""
        # Long names may be broken, so that the table is not wider than the page.
        names = [escape(name).replace("_", "_<wbr>") for name in self._shown_names()]
        head = "".join(f"<th>{name}</th>" for name in names)
        body = "".join(
            f"<tr>{''.join(f'<td>{text}</td>' for text in line)}</tr>" for line in self._texts()
        )
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        return f'<div style="overflow-x:auto">{table}</div>'

    def _shown_names(self) -> list[str]:
        """Return the names of all columns, each validation beside its training."""
        names = self.names
        order = {name: place for place, name in enumerate(names)}
        return sorted(names, key=lambda name: order.get(name.removeprefix(VALIDATION), order[name]))

    def _texts(self) -> list[list[str]]:
        names = self._shown_names()
        return [[_text(name, row.get(name)) for name in names] for row in self._rows]

    def plot(self, *names: str, axes: Any = None) -> Any:
        """Draw columns over the epochs; needs matplotlib.

        Each kind of metric has its own axes, with the validation, dashed, beside the training.

        Args:
            names: the columns; default all metrics.
            axes: the matplotlib axes to draw all of them on; default those of a new figure.

        Returns the axes; of several kinds, a tuple of them.
        """
        try:
            import_module("matplotlib")
        except ImportError:
            raise ArgumentError(not_installed("History.plot", "matplotlib")) from None
        metrics = [name for name in self._shown_names() if name not in _FORMATS]
        return draw_curves(self, names or metrics, axes)


def _text(name: str, value: float | None) -> str:
    return "" if value is None else format(value, _FORMATS.get(name, ".4f"))
