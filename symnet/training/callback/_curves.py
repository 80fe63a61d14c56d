"""The curves of a history: a panel for each kind of metric, validation beside training.

Nothing is drawn behind them, and grey and colours read on a light page as on a dark one.
"""

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Any, Protocol

from ...core.plots import COLOURS, label_lines, new_axes, style_axes

__all__ = ["VALIDATION", "draw_curves"]

VALIDATION = "validation_"
"""What the names of validation metrics begin with."""

# Which metrics share a scale, by words of their names; each of the others has its own.
_KINDS = {
    "share of 1": ("accuracy", "f1", "auc", "correlation", "precision", "recall"),
    "loss": ("loss", "entropy", "nll", "ace"),
}
_MANY = 40  # epochs, from which on they get no marks


class PlotPanels(tuple[Any, ...]):
    """The axes of several panels. A notebook shows their figure, and nothing for them."""

    __slots__ = ()

    def _ipython_display_(self) -> None:
        """Show nothing."""


class Drawable(Protocol):
    """Columns by name, as those of a `History`."""

    def __getitem__(self, key: str, /) -> list[float]: ...


def draw_curves(columns: Drawable, names: Sequence[str], axes: Any = None) -> Any:
    """Draw columns over the epochs.

    Args:
        columns: the columns; "epoch" is one of them.
        names: those that are drawn.
        axes: matplotlib's axes that all of them are drawn on; None for a new figure, of which each
            kind has its own.

    Returns the axes, a tuple of them where there are several.
    """
    if axes is not None:
        _draw(axes, columns, names)
        return axes
    kinds = list(_by_kind(names).values()) or [[]]
    panels = new_axes(len(kinds))
    for panel, own in zip(panels, kinds, strict=True):
        _draw(panel, columns, own)
    return panels[0] if len(kinds) == 1 else PlotPanels(panels)


def _by_kind(names: Sequence[str]) -> Mapping[str, list[str]]:
    """Return the names that share an axis, by their kind.

    >>> list(_by_kind(["accuracy", "loss", "validation_accuracy", "MSE"]).values())
    [['accuracy', 'validation_accuracy'], ['loss'], ['MSE']]
    """
    found: dict[str, list[str]] = {}
    for name in names:
        metric = name.removeprefix(VALIDATION)
        words = metric.lower()
        kinds = (kind for kind, known in _KINDS.items() if any(each in words for each in known))
        found.setdefault(next(kinds, metric), []).append(name)
    return found


def _draw(axes: Any, columns: Drawable, names: Sequence[str]) -> None:
    from matplotlib.ticker import MaxNLocator

    epochs = columns["epoch"]
    metrics = list(dict.fromkeys(name.removeprefix(VALIDATION) for name in names))
    colours = dict(zip(metrics, cycle(COLOURS), strict=False))
    for name in names:
        axes.plot(
            epochs,
            columns[name],
            label=name,
            color=colours[name.removeprefix(VALIDATION)],
            linestyle="--" if name.startswith(VALIDATION) else "-",
            linewidth=2.2,
            marker="o" if len(epochs) <= _MANY else None,
            markersize=5,
        )
    style_axes(axes, ", ".join(metrics), "epoch")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    if len(axes.get_lines()) > 1:
        label_lines(axes, _told)


def _told(names: Sequence[str]) -> list[str]:
    """Return what is told of lines: where there is one metric, its name stands above."""
    if len({name.removeprefix(VALIDATION) for name in names}) == 1:
        return ["validation" if name.startswith(VALIDATION) else "training" for name in names]
    return [name.replace(VALIDATION, "validation ") for name in names]
