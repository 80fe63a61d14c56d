"""Pictures and tables of networks: ``mx.viz``.

Source: Apache MXNet 1.9.1, ``mxnet.visualization``.
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..core.errors import ArgumentError
from ..graph.node import Graph, Node
from ..inspect.summary import SummaryRow, summary
from ..inspect.visualize import plot_network as draw
from ..inspect.visualize import to_graphviz, to_svg
from ..symbol import SymbolicNode

__all__ = ["Digraph", "plot_network", "print_summary"]


class Digraph:
    """A drawn network; a notebook shows it, and it is written as graphviz's Digraph is.

    Args:
        symbol: the network.
        title: its title, and the stem of files.
        ending: the format of files: ``"pdf"``, ``"png"`` or ``"svg"``.
        shapes: shapes of inputs by name, or None.
        node_attrs: how GraphViz draws nodes, by attribute.
    """

    def __init__(
        self,
        symbol: SymbolicNode,
        title: str,
        ending: str,
        shapes: Mapping[str, Any] | None,
        node_attrs: Mapping[str, str],
    ) -> None:
        self.symbol, self.title, self.format, self.shapes = symbol, title, ending, shapes
        self.node_attrs = dict(node_attrs)

    @property
    def source(self) -> str:
        """The network in the dot language of GraphViz."""
        text = to_graphviz(self.symbol, self.title, self.shapes, fold=False)
        if not self.node_attrs:
            return text
        wanted = ", ".join(f'{key}="{value}"' for key, value in self.node_attrs.items())
        head, brace, rest = text.partition("{")
        return f"{head}{brace}\n  node [{wanted}];{rest}"

    def save(self, filename: str | None = None, directory: str | None = None) -> str:
        """Write the dot text, and return where to; default ``TITLE.gv``."""
        path = Path(directory or ".") / (filename or f"{self.title}.gv")
        path.write_text(self.source, encoding="utf-8")
        return str(path)

    def render(self, filename: str | None = None, directory: str | None = None) -> str:
        """Draw with GraphViz into a file, and return where to; default ``TITLE.pdf``.

        Raises ArgumentError where GraphViz is not installed, or cannot write the format.
        """
        stem = Path(directory or ".") / (filename or self.title)
        path = str(stem.with_name(f"{stem.name}.{self.format}"))
        draw(self.symbol, path, self.title, self.shapes, fold=False)
        return path

    def _repr_svg_(self) -> str:
        return to_svg(self.symbol, self.title, self.shapes)


def plot_network(
    symbol: SymbolicNode,
    title: str = "plot",
    save_format: str = "pdf",
    shape: Mapping[str, Any] | None = None,
    dtype: Any = None,
    node_attrs: Mapping[str, str] | None = None,
    hide_weights: bool = True,
) -> Digraph:
    """Return a picture of a network; a notebook shows it, and ``.render()`` writes it.

    Args:
        symbol: the network.
        title: its title.
        save_format: format of the file that ``render`` writes.
        shape: shapes of inputs by name; if given, edges say what passes.
        dtype: there only for scripts that give it: element types are not drawn.
        node_attrs: how GraphViz draws nodes, by attribute, in `Digraph.source`.
        hide_weights: must be true: the weights are left out.
    """
    if not hide_weights:
        raise ArgumentError("plot_network(hide_weights=False): weights are not drawn by symnet")
    return Digraph(symbol, title, save_format, shape, node_attrs or {})


def print_summary(
    symbol: SymbolicNode,
    shape: Mapping[str, Any] | None = None,
    line_length: int = 120,
    positions: Sequence[float] = (0.44, 0.64, 0.74, 1.0),
) -> None:
    """Print a table of a network's layers: output, parameters, and what comes before.

    Args:
        symbol: the network.
        shape: shapes of inputs by name.
        line_length: characters of a line.
        positions: where columns end, as parts of a line, or in characters.
    """
    ends = [int(line_length * each) if positions[-1] <= 1 else int(each) for each in positions]

    def line(*cells: object) -> str:
        found = ""
        for cell, end in zip(cells, ends, strict=False):
            found = (found + str(cell))[:end].ljust(end)
        return found

    found = summary(symbol, **{name: tuple(each) for name, each in (shape or {}).items()})
    rule, double = "_" * line_length, "=" * line_length
    lines = [rule, line("Layer (type)", "Output Shape", "Param #", "Previous Layer"), double]
    inputs = {name: each for name, each in found.inputs.items() if name in (shape or {})}
    rows = [(f"{name}(null)", _size(each), 0, [""]) for name, each in inputs.items()]
    before = _before(symbol.graph, inputs)
    rows += [
        (f"{row.name}({row.operator})", _size(_first(row)), row.parameters or 0, before[row.name])
        for row in found.rows
    ]
    for number, (name, size, parameters, previous) in enumerate(rows):
        lines.append(line(name, size, parameters, previous[0] if previous else ""))
        lines += [line("", "", "", further) for further in previous[1:]]
        lines.append(double if number == len(rows) - 1 else rule)
    lines += [f"Total params: {found.parameters}", rule]
    sys.stdout.write("\n".join(lines) + "\n")


def _first(row: SummaryRow) -> tuple[int, ...] | None:
    return row.shapes[0] if row.shapes else None


def _size(shape: tuple[int, ...] | None) -> str:
    """Return the shape of one sample, as ``"3x8x8"``."""
    return "" if shape is None else "x".join(map(str, shape[1:]))


def _before(graph: Graph, inputs: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the names of the layers and inputs that each operator reads."""

    def is_layer(node: Node) -> bool:
        return node.op is not None or node.name in inputs

    return {
        node.name: [value.node.name for value in node.inputs if is_layer(value.node)]
        for node in graph.nodes
        if node.op is not None
    }
