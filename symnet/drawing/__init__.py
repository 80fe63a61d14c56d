"""Drawings of graphs: as dot text for GraphViz, and as SVG laid out here."""

from .dot import dot_text
from .notebook import names_of, notebook_svg
from .picture import MOST_BOXES, Picture, operands_of
from .svg import Direction, svg_text

__all__ = [
    "MOST_BOXES",
    "Direction",
    "Picture",
    "dot_text",
    "names_of",
    "notebook_svg",
    "operands_of",
    "svg_text",
]
