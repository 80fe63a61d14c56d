"""Recognise gated recurrent units and plain recurrent layers that were unrolled over time.

A cell is found by what it computes, not by names; sums and products come in any order, and the
gates in any thirds. Cells follow each other where one's h is what the next one starts from, and the
weights from h are the same. A chain becomes one operator where nobody looks inside a cell, and no
input of a late step waits for an early one: otherwise the operator could not have all its inputs
before it runs.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from ...operators.contract import Operator
from ...operators.definitions.activation import Activation
from ...operators.definitions.elementwise import ElementWiseSum, _Mul, _Plus
from ...operators.definitions.gated import GRUSteps, RNNSteps
from ...operators.definitions.join import SliceChannel
from ...operators.definitions.linear import FullyConnected
from ...operators.definitions.scalar import _RMinusScalar
from ..node import Graph, Node, Value, redirect
from .steps import ShapeInference, depends_on, stack, unstack

__all__ = ["run_cells_at_once"]

_SUMS = (_Plus, ElementWiseSum)
_PRODUCTS = (_Mul,)


@dataclass(frozen=True)
class _Way:
    """How a cell may be read: what the input gives it, and the layer that takes h to it."""

    given: Value
    inner: Node

    @property
    def before(self) -> Value:
        """The h before the step."""
        return self.inner.inputs[0]

    def has_weights_of(self, other: "_Way") -> bool:
        """Whether h goes through the same layer."""
        return self.inner.op == other.inner.op and self.inner.inputs[1:] == other.inner.inputs[1:]


@dataclass(frozen=True, eq=False)
class _Cell:
    """One step of one layer.

    Args:
        h: h after the step.
        kind: what it computes: the order of the gates, or the activation.
        ways: how it may be read. Of two layers that are added up either may be the one of h.
    """

    h: Value
    kind: tuple[int, ...] | str
    ways: tuple[_Way, ...]


@dataclass
class _Chain:
    """Cells that follow each other, and how each is read."""

    cells: list[_Cell]
    ways: list[_Way] = field(default_factory=list)


def run_cells_at_once(graph: Graph, shapes: ShapeInference) -> Graph:
    """Let the cells of a layer be one node, where nobody looks inside and no input waits for it."""
    while True:
        chain = next((each for each in _chains(graph) if _can_run(each, graph, shapes)), None)
        if chain is None:
            return graph
        graph = _replace(graph, chain)


def _can_run(chain: _Chain, graph: Graph, shapes: ShapeInference) -> bool:
    """Whether all inputs are there before the first step, in the shapes that the operator wants."""
    needed = [way.given for way in chain.ways] + [chain.ways[0].before]
    if depends_on(needed, (cell.h.node for cell in chain.cells)):
        return False
    known = shapes(graph)
    h = known.get(chain.cells[0].h)
    given = {known.get(way.given) for way in chain.ways}
    gates = 1 if isinstance(chain.cells[0].kind, str) else 3
    if h is None or len(h) != 2 or known.get(chain.ways[0].before) != h:
        return False
    return given == {(h[0], gates * h[1])}


def _replace(graph: Graph, chain: _Chain) -> Graph:
    """Return the graph with a chain as one node."""
    steps, first, last = len(chain.cells), chain.ways[0].inner, chain.cells[-1]
    name = f"{first.name}_to_{chain.ways[-1].inner.name}"
    kind, no_bias = last.kind, len(first.inputs) < 3
    op: Operator = (
        RNNSteps.make({"steps": steps, "activation": kind, "no_bias": no_bias})
        if isinstance(kind, str)
        else GRUSteps(steps=steps, order=kind, no_bias=no_bias)
    )
    weight, *bias = first.inputs[1:]
    given = {
        "projected": stack((way.given for way in chain.ways), name),
        "weight": weight,
        "init_h": chain.ways[0].before,
        **({"bias": bias[0]} if bias else {}),
    }
    inputs = tuple(given[argument] for argument in op.arguments())
    node = Node(op, name, inputs, last.h.node.attributes)
    parts = unstack(Value(node), steps, name)
    instead = {cell.h: part for cell, part in zip(chain.cells, parts, strict=True)}
    return Graph(redirect(graph.outputs, instead))


# -- chains ----------------------------------------------------------------------------------------


def _chains(graph: Graph) -> Iterator[_Chain]:
    """Yield all chains of two cells and more."""
    cells = [cell for node in graph.nodes if (cell := _cell(node, graph))]
    made_by = {cell.h: cell for cell in cells}
    following: dict[_Cell, list[tuple[_Cell, _Way]]] = {}
    for cell in cells:
        for way in cell.ways:
            earlier = made_by.get(way.before)
            if earlier is not None and earlier.kind == cell.kind and _has_way_like(earlier, way):
                following.setdefault(earlier, []).append((cell, way))
    reached = {cell for after in following.values() for cell, _ in after}
    for cell in cells:
        if cell in following and cell not in reached:
            yield from _walk(cell, following)


def _has_way_like(cell: _Cell, way: _Way) -> bool:
    """Whether a cell may be read with the same weights: else it is one of the layer below."""
    return any(own.has_weights_of(way) for own in cell.ways)


def _walk(start: _Cell, following: dict[_Cell, list[tuple[_Cell, _Way]]]) -> Iterator[_Chain]:
    """Yield the chain from a cell on, up to where the way divides or the weights change."""
    chain = _Chain([start])
    while len(after := following.get(chain.cells[-1], [])) == 1:
        cell, way = after[0]
        if not chain.ways:
            chain.ways += [each for each in start.ways if each.has_weights_of(way)][:1]
        if not chain.ways or not way.has_weights_of(chain.ways[-1]):
            break
        chain.cells.append(cell)
        chain.ways.append(way)
    if len(chain.cells) > 1:
        yield chain


# -- cells -----------------------------------------------------------------------------------------


def _cell(node: Node, graph: Graph) -> _Cell | None:
    """Return the cell whose h a node computes, if it does and nobody looks inside."""
    return _plain_cell(node, graph) or next(_gated_cells(node, graph), None)


def _plain_cell(node: Node, graph: Graph) -> _Cell | None:
    """Find h = activation(given + layer(h))."""
    op = node.op
    if not isinstance(op, Activation) or op.act_type not in ("tanh", "relu"):
        return None
    total = node.inputs[0]
    ways = tuple(
        _Way(given, kept.node)
        for given, kept in _operands(total.node, _SUMS)
        if isinstance(kept.node.op, FullyConnected) and _uses(kept, graph) == 1
    )
    return _Cell(Value(node), op.act_type, ways) if ways and _uses(total, graph) == 1 else None


def _gated_cells(node: Node, graph: Graph) -> Iterator[_Cell]:
    """Find h = (1 − z) · n + z · h, with n = tanh(n + r · n)."""
    for fresh, kept in _operands(node, _SUMS):
        for rest, n in _operands(fresh.node, _PRODUCTS):
            for z, before in _operands(kept.node, _PRODUCTS):
                if not (_is_one_minus(rest, z) and (adding := _argument(n, "tanh"))):
                    continue
                for given_n, reset in _operands(adding.node, _SUMS):
                    for r, h_n in _operands(reset.node, _PRODUCTS):
                        inside = (fresh, kept, rest, n, adding, reset, r)
                        if all(_uses(each, graph) == 1 for each in inside) and _uses(z, graph) == 2:
                            yield from _of_gates(node, before, (r, z), (given_n, h_n), graph)


def _of_gates(
    node: Node, before: Value, gates: tuple[Value, Value], n: tuple[Value, Value], graph: Graph
) -> Iterator[_Cell]:
    """Yield the cell whose gates are thirds of what is given, and thirds of a layer of h."""
    given, kept = n[0].node, n[1].node
    pairs = [n]
    for gate in gates:
        total = _argument(gate, "sigmoid")
        found = [
            (one, other)
            for one, other in (_operands(total.node, _SUMS) if total else [])
            if one.node is given and other.node is kept
        ]
        if total is None or not found or _uses(total, graph) != 1:
            return
        pairs.append(found[0])
    order = tuple(one.number for one, _ in (*pairs[1:], pairs[0]))
    if not (_is_in_thirds(given) and _is_in_thirds(kept)) or sorted(order) != [0, 1, 2]:
        return
    parts = [each for pair in pairs for each in pair]
    same = all(one.number == other.number for one, other in pairs)
    layer = kept.inputs[0]
    if not same or any(_uses(part, graph) != 1 for part in parts) or _uses(layer, graph) != 1:
        return
    if isinstance(layer.node.op, FullyConnected) and layer.node.inputs[0] == before:
        yield _Cell(Value(node), order, (_Way(given.inputs[0], layer.node),))


def _is_in_thirds(node: Node) -> bool:
    op = node.op
    thirds = isinstance(op, SliceChannel) and op.num_outputs == 3 and not op.squeeze_axis
    return thirds and isinstance(op, SliceChannel) and op.axis in (1, -1)


def _is_one_minus(value: Value, subtracted: Value) -> bool:
    op = value.node.op
    return isinstance(op, _RMinusScalar) and op.scalar == 1 and value.node.inputs[0] == subtracted


def _uses(value: Value, graph: Graph) -> int:
    """Return how often a value is used, as an output too."""
    return len(graph.users.get(value, ())) + graph.outputs.count(value)


def _operands(node: Node, kinds: tuple[type, ...]) -> list[tuple[Value, Value]]:
    """Return the two operands of a sum or product, in both orders."""
    if not isinstance(node.op, kinds) or len(node.inputs) != 2:
        return []
    first, second = node.inputs
    return [(first, second), (second, first)]


def _argument(value: Value, function: str) -> Value | None:
    """Return what an activation function is applied to."""
    op = value.node.op
    if isinstance(op, Activation) and op.act_type == function:
        return value.node.inputs[0]
    return None
