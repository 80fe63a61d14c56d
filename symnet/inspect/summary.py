"""What a network consists of, as a table: layers, shapes, parameters, work and memory."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from html import escape
from math import prod
from typing import Any

import torch

from ..core.errors import ArgumentError, listed, suggest
from ..graph.dtypes import infer_dtypes
from ..graph.node import Graph, Node, Value
from ..graph.operations import multiply_adds
from ..graph.shapes import infer_shapes, require_complete
from ..operators.contract import Operator, Shape
from ..symbol import SymbolicNode
from .inputs import all_operands, inputs_of

__all__ = ["Summary", "SummaryRow", "summary"]

Count = int | None
"""A number, None where shapes are not known."""


@dataclass(frozen=True)
class SummaryRow:
    """One operator of a network.

    Args:
        name: the node's name.
        operator: the operator's name.
        shapes: the shapes of its outputs; None for one that is not known.
        parameters: elements of the parameters that it is the first to use.
        states: elements of its auxiliary states.
        multiply_adds: products that are added up on the way forward, for the whole batch.
        activation_bytes: bytes of its outputs.

    >>> import symnet as mx
    >>> net = mx.FullyConnected(mx.Variable("data"), num_hidden=3, name="fc")
    >>> (row,) = mx.summary(net, data=(2, 4)).rows
    >>> row.name, row.operator, row.shapes, row.multiply_adds
    ('fc', 'FullyConnected', ((2, 3),), 24)
    """

    name: str
    operator: str
    shapes: tuple[Shape | None, ...]
    parameters: Count
    states: Count
    multiply_adds: Count
    activation_bytes: Count


@dataclass(frozen=True)
class Summary:
    """A network as a table; made by `summary`.

    It prints as text, and shows as a table in a notebook.

    Args:
        rows: the operators, inputs before users.
        inputs: the shapes of the inputs by name; None for one that is not known.
        missing: the inputs whose shapes have to be given, where too little is known.
        parameter_bytes: bytes of all parameters.

    >>> import symnet as mx
    >>> net = mx.FullyConnected(mx.Variable("data"), num_hidden=3, name="fc")
    >>> mx.summary(net, data=(2, 4)).rows[0].parameters
    15
    """

    rows: tuple[SummaryRow, ...]
    inputs: Mapping[str, Shape | None]
    missing: tuple[str, ...]
    parameter_bytes: Count

    @property
    def parameters(self) -> Count:
        """Elements of all parameters; what several layers share counts once."""
        return _total(row.parameters for row in self.rows)

    @property
    def states(self) -> Count:
        """Elements of all auxiliary states."""
        return _total(row.states for row in self.rows)

    @property
    def multiply_adds(self) -> Count:
        """Products that are added up on the way forward, for the whole batch."""
        return _total(row.multiply_adds for row in self.rows)

    @property
    def activation_bytes(self) -> Count:
        """Bytes of all outputs, if each had its own; `Executor.plan` tells what is shared."""
        return _total(row.activation_bytes for row in self.rows)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values, totals included, as for JSON."""
        totals = {name: getattr(self, name) for name, _ in _TOTALS}
        return {"rows": list(map(asdict, self.rows)), "inputs": dict(self.inputs), **totals}

    def __str__(self) -> str:
        table = [list(_HEAD), *map(_cells, self.rows)]
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        lines = [
            "  ".join(
                cell.ljust(width) if number < _WORDS else cell.rjust(width)
                for number, (cell, width) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
            for row in table
        ]
        rule = "─" * max(map(len, lines))
        return "\n".join([lines[0], rule, *lines[1:], rule, *self._closing()])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{escape(cell)}</th>" for cell in _HEAD)
        body = "".join(f"<tr>{_html_cells(_cells(row))}</tr>" for row in self.rows)
        closing = "<br>".join(map(escape, self._closing()))
        return (
            f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
            f'<tfoot><tr><td colspan="{len(_HEAD)}" style="text-align:left">{closing}</td></tr>'
            "</tfoot></table>"
        )

    def _closing(self) -> Iterator[str]:
        """Yield the lines under the table."""
        known = {name: shape for name, shape in self.inputs.items() if shape is not None}
        if known:
            yield f"inputs: {', '.join(f'{name} {shape}' for name, shape in known.items())}"
        for name, words in _TOTALS:
            yield f"{words}: {_number(getattr(self, name))}"
        if self.missing:
            given = ", ".join(f"{name}=(…)" for name in self.missing)
            yield f"? is not known without shapes; give them: mx.summary(network, {given})"


_HEAD = ("name", "operator", "output", "parameters", "states", "multiply-adds", "bytes")
_WORDS = 3  # the columns that are words, aligned to the left
_TOTALS = (
    ("parameters", "parameters"),
    ("parameter_bytes", "bytes of parameters"),
    ("states", "elements of auxiliary states"),
    ("multiply_adds", "multiply-adds of one way forward, for the whole batch"),
    ("activation_bytes", "bytes of all outputs, if none shared its memory"),
)


def _cells(row: SummaryRow) -> list[str]:
    shapes = " ".join("?" if shape is None else str(shape) for shape in row.shapes)
    counts = (row.parameters, row.states, row.multiply_adds, row.activation_bytes)
    return [row.name, row.operator, shapes, *map(_number, counts)]


def _html_cells(cells: Sequence[str]) -> str:
    sides = ["left" if number < _WORDS else "right" for number in range(len(cells))]
    return "".join(
        f'<td style="text-align:{side}">{escape(cell)}</td>'
        for cell, side in zip(cells, sides, strict=True)
    )


def _number(count: Count) -> str:
    return "?" if count is None else f"{count:,}"


def _total(counts: Iterable[Count]) -> Count:
    total = 0
    for count in counts:
        if count is None:
            return None
        total += count
    return total


def summary(network: SymbolicNode, /, **input_shapes: Shape) -> Summary:
    """Return a table of a network's layers: shapes, parameters, multiply-adds and bytes.

    Arguments whose shapes are given, labels and indices are inputs; every other argument is a
    parameter, and counts where it is first used. Auxiliary states are counted apart.
    Multiply-adds are those of matrix products and convolutions; all else counts as nothing.

    Args:
        network: the network.
        input_shapes: the shapes of inputs by name. Without any, the table says what is known all
            the same, and what to give.

    Raises ArgumentError for a name that is no argument, ShapeError where shapes do not fit, MXError
    where shapes are given, but too few.

    >>> from symnet.operators.functions import FullyConnected
    >>> from symnet.symbol import Variable
    >>> net = FullyConnected(data=Variable("data"), num_hidden=10, name="fc")
    >>> print(summary(net, data=(100, 784)))
    name  operator        output     parameters  states  multiply-adds  bytes
    ─────────────────────────────────────────────────────────────────────────
    fc    FullyConnected  (100, 10)       7,850       0        784,000  4,000
    ─────────────────────────────────────────────────────────────────────────
    inputs: data (100, 784)
    parameters: 7,850
    bytes of parameters: 31,400
    elements of auxiliary states: 0
    multiply-adds of one way forward, for the whole batch: 784,000
    bytes of all outputs, if none shared its memory: 4,000
    """
    if not isinstance(network, SymbolicNode):
        raise ArgumentError(
            f"summary: the network must be a symbol, got {network!r}; "
            "that of a FeedForward is its arch"
        )
    names = [*network.list_arguments(), *network.list_auxiliary_states()]
    for name in input_shapes:
        if name not in names:
            raise ArgumentError(
                f"summary: no argument {name!r}{suggest(name, names)} "
                f"{listed(network.list_arguments())}"
            )
    graph = network.graph
    found = infer_shapes(graph, input_shapes)
    if input_shapes:
        require_complete(found, graph)
    counting = _Counting(found.shapes, infer_dtypes(graph, {}))
    inputs = inputs_of(graph, input_shapes)
    operands = all_operands(graph)
    parameters = [node for node in graph.arguments if node not in inputs]
    return Summary(
        tuple(_rows(graph, set(parameters), counting)),
        {node.name: found.shapes.get(Value(node)) for node in inputs},
        tuple(n.name for n in inputs if n in operands and Value(n) not in found.shapes),
        _total(counting.bytes_of(Value(node)) for node in parameters),
    )


@dataclass(frozen=True)
class _Counting:
    """What is known of values, and counts of it."""

    shapes: Mapping[Value, Shape]
    dtypes: Mapping[Value, torch.dtype]

    def elements_of(self, value: Value) -> Count:
        """Return how many elements a value has."""
        return prod(self.shapes[value]) if value in self.shapes else None

    def bytes_of(self, value: Value) -> Count:
        """Return how many bytes a value takes."""
        elements = self.elements_of(value)
        return None if elements is None else elements * self.dtypes[value].itemsize


def _rows(graph: Graph, parameters: set[Node], counting: _Counting) -> Iterator[SummaryRow]:
    counted: set[Node] = set()

    def count_new(values: Iterable[Value]) -> Count:
        new = {value: None for value in values if value.node not in counted}
        counted.update(value.node for value in new)
        return _total(map(counting.elements_of, new))

    for node in graph.nodes:
        if isinstance(node.op, Operator):
            yield SummaryRow(
                node.name,
                type(node.op).__name__,
                tuple(counting.shapes.get(value) for value in node.outputs),
                count_new(value for value in node.inputs if value.node in parameters),
                count_new(node.state_inputs()),
                multiply_adds(node, counting.shapes),
                _total(map(counting.bytes_of, node.outputs)),
            )
