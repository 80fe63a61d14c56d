"""The picture that a notebook shows of a network."""

from collections.abc import Mapping
from contextlib import suppress

from ..core.errors import MXError
from ..graph.node import Graph, Value
from ..graph.shapes import infer_shapes
from ..operators.contract import Shape
from .picture import Picture
from .svg import svg_text

__all__ = ["names_of", "notebook_svg"]

_MOST_NAMES = 4


def notebook_svg(graph: Graph, known: Mapping[str, Shape] | None = None) -> str:
    """Return a picture of a network, with the shapes that are known.

    Args:
        graph: the network.
        known: shapes of inputs by name, beside those that attributes tell.
    """
    shapes: Mapping[Value, Shape] = {}
    with suppress(MXError):  # whoever infers shapes is told; a picture is shown all the same
        shapes = infer_shapes(graph, dict(known or {})).shapes
    return svg_text(Picture.of(graph, shapes), names_of(graph))


def names_of(graph: Graph) -> str:
    """Return the names of the outputs, the first ones where there are many."""
    names = [value.name for value in graph.outputs]
    more = len(names) - _MOST_NAMES
    shown = names if more <= 1 else [*names[:_MOST_NAMES], f"… {more:,} more"]
    return ", ".join(shown)
