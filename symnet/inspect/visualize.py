"""Pictures of networks: as dot text, as SVG without any program, and through GraphViz.

Source: the documents, "Network Visualization"; docs/semantics §9.3.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from subprocess import CalledProcessError
from typing import get_args

from ..core.errors import ArgumentError, MXError, listed, not_installed, shown, suggest
from ..core.paths import FilePath, write_atomically
from ..drawing import MOST_BOXES, Direction, Picture, dot_text, svg_text
from ..graph.node import Value
from ..graph.shapes import infer_shapes, require_complete
from ..operators.contract import Shape
from ..symbol import SymbolicNode

__all__ = ["plot_network", "to_graphviz", "to_svg"]

InputShapes = Mapping[str, Shape] | Sequence[Shape | None]
"""Shapes of inputs, by name or in the order of `list_arguments` with None for unknown ones."""

_TITLE = "Network Visualization"
_FORMATS = ("svg", "png", "pdf")
_FEWEST_BOXES = 3
_DIRECTIONS = get_args(Direction)


def to_graphviz(
    network: SymbolicNode,
    title: str = _TITLE,
    input_shapes: InputShapes | None = None,
    *,
    fold: bool = True,
    most_boxes: int = MOST_BOXES,
    direction: Direction = "up",
) -> str:
    """Return a network in the dot language of GraphViz.

    Operators are drawn, coloured by kind; of the variables only those that are outputs. Data flows
    upward: each operator points down at what it reads, with the arrow turned round.

    Args:
        network: the network to visualize.
        title: the name of the dot graph.
        input_shapes: shapes of inputs, by name or in the order of `list_arguments`. If given, all
            shapes are inferred, and each line says what passes, without the batch axis.
        fold: whether to put parts of a large network together, as `to_svg` does.
        most_boxes: how many boxes a folded network has at most.
        direction: where data flows, ``"up"`` or ``"right"``.

    Raises ArgumentError for a name that is no argument, fewer than 3 boxes or another direction,
    ShapeError where shapes do not fit, MXError where too little is known.
    Source: the documents, "Network Visualization"; docs/semantics §9.3.

    >>> from symnet.symbol import Variable
    >>> print(to_graphviz(Variable("data")))  # doctest: +ELLIPSIS
    digraph "Network Visualization" {
    node [fontsize=10];
    edge [fontsize=10];
    "data"  [label="data",shape=box,...,fillcolor="#8dd3c7",color="#245b51"];
    }
    <BLANKLINE>
    """
    most = _most(fold, most_boxes, direction, title)
    shapes = _shapes(network, input_shapes)
    return dot_text(network.graph, title, shapes, most, direction, titled=title != _TITLE)


def to_svg(
    network: SymbolicNode,
    title: str = _TITLE,
    input_shapes: InputShapes | None = None,
    *,
    fold: bool = True,
    most_boxes: int = MOST_BOXES,
    direction: Direction = "up",
) -> str:
    """Return a picture of a network as SVG text; neither GraphViz nor any package is needed.

    Data flows upward, and the colours are those of `to_graphviz`; the variables that data comes in
    by are drawn as well. Pointing at a box shows its parameters, weights and shapes. In a notebook,
    a symbol shows itself like this.

    Args:
        network: the network to visualize.
        title: stands above the picture.
        input_shapes: shapes of inputs, by name or in the order of `list_arguments`. If given, all
            shapes are inferred; above each box stands what leaves it, without the batch axis.
        fold: whether a network of more than ``most_boxes`` nodes is folded: blocks that repeat
            become one box, which says how often, then chains of operators that occur again and
            again, then branches that begin and end together.
        most_boxes: how many boxes a folded network has at most.
        direction: where data flows, ``"up"`` or ``"right"``.

    Raises ArgumentError for a name that is no argument, fewer than 3 boxes or another direction,
    ShapeError where shapes do not fit, MXError where too little is known.

    >>> from symnet.symbol import Variable
    >>> picture = to_svg(Variable("data") + Variable("bias"), title="A sum")
    >>> picture.count("<rect"), picture.count("<title>A sum</title>")
    (3, 1)
    """
    most = _most(fold, most_boxes, direction, title)
    shapes = _shapes(network, input_shapes)
    return svg_text(Picture.of(network.graph, shapes, most), title, direction)


def _most(fold: bool, most_boxes: int, direction: str, title: str) -> int | None:
    """Return how many boxes there may be, None for any number; ArgumentError for wrong options."""
    if not isinstance(title, str):
        raise ArgumentError(f"title must be text, got {shown(title)}")
    if most_boxes < _FEWEST_BOXES:
        raise ArgumentError(f"most_boxes must be at least {_FEWEST_BOXES}, got {most_boxes}")
    if direction not in _DIRECTIONS:
        raise ArgumentError(
            f"direction must be one of {', '.join(map(repr, _DIRECTIONS))}, got {shown(direction)}"
        )
    return most_boxes if fold else None


def plot_network(
    network: SymbolicNode,
    path: FilePath,
    title: str = _TITLE,
    input_shapes: InputShapes | None = None,
    *,
    fold: bool = True,
    most_boxes: int = MOST_BOXES,
    direction: Direction = "up",
) -> None:
    """Draw a network with GraphViz and write the picture to a file.

    Needs the package ``graphviz``, and the program ``dot``; `to_svg` needs neither.

    Args:
        network: the network to visualize.
        path: a local path or a URL that ends in ``.svg``, ``.png`` or ``.pdf``.
        title: the name of the dot graph.
        input_shapes: as in `to_graphviz`.
        fold: as in `to_svg`.
        most_boxes: as in `to_svg`.
        direction: as in `to_svg`.

    Raises ArgumentError for another ending, or where the package or the program is missing, MXError
    where the program fails, and what `to_graphviz` raises.

    >>> from symnet.symbol import Variable
    >>> plot_network(Variable("data"), "n.gif")
    Traceback (most recent call last):
    ...
    symnet.core.errors.ArgumentError: plot_network: path must end in .svg, .png, .pdf, got 'n.gif'
    """
    ending = PurePath(os.fspath(path)).suffix.removeprefix(".").lower()
    if ending not in _FORMATS:
        listed = ", ".join(f".{each}" for each in _FORMATS)
        raise ArgumentError(f"plot_network: path must end in {listed}, got {os.fspath(path)!r}")
    text = to_graphviz(
        network, title, input_shapes, fold=fold, most_boxes=most_boxes, direction=direction
    )
    drawn = _rendered(text, ending)
    with write_atomically(path) as file:
        file.write(drawn)


def _rendered(text: str, ending: str) -> bytes:
    try:
        import graphviz
    except ImportError:
        raise ArgumentError(
            f"{not_installed('plot_network', 'graphviz')}; mx.to_svg draws without it"
        ) from None
    try:
        drawn: bytes = graphviz.Source(text).pipe(format=ending, quiet=True)
    except graphviz.ExecutableNotFound:
        raise ArgumentError(
            "plot_network needs GraphViz, whose program dot was not found: apt install graphviz, "
            "brew install graphviz, or see https://graphviz.org/download; mx.to_svg, and `symnet "
            "draw` into a file that ends in .svg, draw without it, and `dot -Tpng` draws what "
            "mx.to_graphviz returns on another machine"
        ) from None
    except CalledProcessError as error:
        said = (error.stderr or b"").decode(errors="replace").strip()
        raise MXError(f"plot_network: dot failed: {said}; mx.to_svg draws without it") from None
    return drawn


def _shapes(network: SymbolicNode, given: InputShapes | None) -> Mapping[Value, Shape]:
    """Return the shapes of all values; none where nothing is given."""
    if not isinstance(network, SymbolicNode):
        raise ArgumentError(
            f"the network must be a symbol, got {network!r}; that of a FeedForward is its arch"
        )
    if given is None:
        return {}
    found = infer_shapes(network.graph, _by_name(network, given))
    require_complete(found, network.graph)
    return found.shapes


def _by_name(network: SymbolicNode, given: InputShapes) -> dict[str, Shape]:
    names = network.list_arguments()
    if not isinstance(given, Mapping):
        if len(given) > len(names):
            raise ArgumentError(
                f"input_shapes: {len(given)} shapes for {len(names)} arguments: {names}"
            )
        given = {name: s for name, s in zip(names, given, strict=False) if s is not None}
    for name in given:
        if name not in names and name not in network.list_auxiliary_states():
            raise ArgumentError(
                f"input_shapes: no argument {name!r}{suggest(name, names)} {listed(names)}"
            )
    return dict(given)
