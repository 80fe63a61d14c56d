"""How curves look: grey and colours that read on a light page as on a dark one, with open ground.

matplotlib is imported where something is drawn.
"""

from collections.abc import Callable
from typing import Any

__all__ = ["COLOURS", "GREY", "label_lines", "new_axes", "style_axes"]

COLOURS = ("#2f86d1", "#e0702a", "#2f9e6e", "#a465c0", "#c9a227", "#d14f6a")
"""The colours of lines, in order."""
GREY = "#7a7a7a"
"""The colour of all that is no line."""

_MOST_BESIDE = 3  # panels of a row
_SIZE = (4.6, 3.3)  # of a panel, in inches


def new_axes(count: int) -> list[Any]:
    """Return so many axes, of a new figure without ground."""
    from matplotlib import pyplot

    beside = min(count, _MOST_BESIDE)
    rows = -(-count // beside)
    figure, grid = pyplot.subplots(
        rows,
        beside,
        figsize=(_SIZE[0] * beside, _SIZE[1] * rows),
        squeeze=False,
        layout="constrained",
        facecolor="none",
    )
    panels = list(grid.flatten())
    for unused in panels[count:]:
        figure.delaxes(unused)
    return panels[:count]


def style_axes(axes: Any, title: str, below: str) -> None:
    """Give axes a title, a name for what runs to the right, a light grid and no frame."""
    axes.set_title(title, color=GREY, fontsize=13, fontweight="bold")
    axes.set_xlabel(below, color=GREY, fontsize=12)
    axes.set_facecolor("none")
    axes.tick_params(which="both", colors=GREY, labelsize=11)
    axes.grid(visible=True, color=GREY, alpha=0.25, linewidth=0.8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["bottom", "left"]].set_color(GREY)


def label_lines(axes: Any, told: Callable[[list[str]], list[str]] = list) -> None:
    """Say which line is which: from the labels of all lines to what is told of them."""
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(handles, told(labels), frameon=False, labelcolor=GREY, fontsize=11)
