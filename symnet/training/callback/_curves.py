"""The curves of a history: a panel for each kind of metric, validation beside training.

Nothing is drawn behind them, and grey and colours read on a light page as on a dark one.
"""

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Any, Protocol

__all__ = ["VALIDATION", "draw_curves"]

VALIDATION = "validation_"
"""What the names of validation metrics begin with."""

# Which metrics share a scale, by words of their names; each of the others has its own.
_KINDS = {
    "share of 1": ("accuracy", "f1", "auc", "correlation", "precision", "recall"),
    "loss": ("loss", "entropy", "nll", "ace"),
}
_COLOURS = ("#2f86d1", "#e0702a", "#2f9e6e", "#a465c0", "#c9a227", "#d14f6a")
_GREY = "#7a7a7a"
_MOST_BESIDE = 3  # panels of a row
_SIZE = (4.6, 3.3)  # of a panel, in inches
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
    from matplotlib import pyplot

    if axes is not None:
        _draw(axes, columns, names)
        return axes
    kinds = list(_by_kind(names).values()) or [[]]
    beside = min(len(kinds), _MOST_BESIDE)
    rows = -(-len(kinds) // beside)
    figure, grid = pyplot.subplots(
        rows,
        beside,
        figsize=(_SIZE[0] * beside, _SIZE[1] * rows),
        squeeze=False,
        layout="constrained",
        facecolor="none",
    )
    panels = grid.flatten()
    for panel, own in zip(panels, kinds, strict=False):
        _draw(panel, columns, own)
    for unused in panels[len(kinds) :]:
        figure.delaxes(unused)
    return panels[0] if len(kinds) == 1 else PlotPanels(panels[: len(kinds)])


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
    colours = dict(zip(metrics, cycle(_COLOURS), strict=False))
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
    axes.set_title(", ".join(metrics), color=_GREY, fontsize=13, fontweight="bold")
    axes.set_xlabel("epoch", color=_GREY, fontsize=12)
    axes.set_facecolor("none")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.tick_params(colors=_GREY, labelsize=11)
    axes.grid(visible=True, color=_GREY, alpha=0.25, linewidth=0.8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["bottom", "left"]].set_color(_GREY)
    if len(names) > 1:
        _label(axes, one_metric=len(metrics) == 1)


def _label(axes: Any, *, one_metric: bool) -> None:
    """Say which line is which: where there is one metric, its name stands above."""
    handles, labels = axes.get_legend_handles_labels()
    if one_metric:
        labels = ["validation" if each.startswith(VALIDATION) else "training" for each in labels]
    labels = [each.replace(VALIDATION, "validation ") for each in labels]
    axes.legend(handles, labels, frameon=False, labelcolor=_GREY, fontsize=11)
