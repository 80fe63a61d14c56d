"""Recognise a long short-term memory that was unrolled over time, and run it as one operator.

A cell is found by what it computes, not by names: from four gates cut from a sum,
c = f · c_before + i · g and h = o · tanh(c), with sums and products in any order, the gates in any
quarters, and a constant added to f or not. Cells follow each other where one's c and h are what the
next one starts from, and the weights from h to the gates are the same. A chain becomes one operator
where nobody looks inside a cell, and no input of a late step waits for an early one: otherwise the
operator could not have all its inputs before it runs.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ...operators.definitions.activation import Activation
from ...operators.definitions.elementwise import ElementWiseSum, _Mul, _Plus
from ...operators.definitions.join import SliceChannel
from ...operators.definitions.linear import FullyConnected
from ...operators.definitions.recurrent import LSTMSteps
from ...operators.definitions.scalar import _PlusScalar
from ..node import Graph, Node, Value, redirect
from .steps import ShapeInference, depends_on, stack, unstack

__all__ = ["run_lstm_at_once"]

_SUMS = (_Plus, ElementWiseSum)
_PRODUCTS = (_Mul,)


@dataclass(frozen=True)
class _Cell:
    """One step of one layer.

    Args:
        addends: what the gates are the sum of: one part from the input, one from h before.
        order: which quarters are i, g, f and o.
        forget_bias: the constant that is added to f before its function.
        before: c before the step.
        c: c after it.
        h: h after it.
    """

    addends: tuple[Value, ...]
    order: tuple[int, ...]
    forget_bias: float
    before: Value
    c: Value
    h: Value


@dataclass(frozen=True)
class _Chain:
    """Cells that follow each other.

    Args:
        cells: the cells, in the order of their steps.
        inner: for each cell the node that takes h before to the gates.
    """

    cells: tuple[_Cell, ...]
    inner: tuple[Node, ...]

    def before(self) -> tuple[Value, Value]:
        """Return c and h before the first step."""
        return self.cells[0].before, self.inner[0].inputs[0]

    def given(self) -> list[Value]:
        """Return what the input adds to the gates, step by step."""
        return [
            next(value for value in cell.addends if value.node is not inner)
            for cell, inner in zip(self.cells, self.inner, strict=True)
        ]


def run_lstm_at_once(graph: Graph, shapes: ShapeInference) -> Graph:
    """Let the cells of a layer be one node, where nobody looks inside and no input waits for it."""
    while True:
        chain = next((each for each in _chains(graph) if _can_run(each, graph, shapes)), None)
        if chain is None:
            return graph
        graph = _replace(graph, chain)


def _can_run(chain: _Chain, graph: Graph, shapes: ShapeInference) -> bool:
    """Whether all inputs are there before the first step, in the shapes that the operator wants."""
    if depends_on((*chain.given(), *chain.before()), (cell.h.node for cell in chain.cells)):
        return False
    known = shapes(graph)
    h = known.get(chain.cells[0].h)
    return h is not None and {known.get(value) for value in chain.before()} == {h}


def _replace(graph: Graph, chain: _Chain) -> Graph:
    """Return the graph with a chain as one node."""
    steps, inner, last = len(chain.cells), chain.inner[0], chain.cells[-1]
    name = f"{inner.name}_to_{chain.inner[-1].name}"
    given, bias = _with_one_bias(chain, graph)
    op = LSTMSteps(steps=steps, order=last.order, no_bias=not bias, forget_bias=last.forget_bias)
    inputs = (stack(given, name), inner.inputs[1], *bias, *chain.before())
    node = Node(op, name, inputs, last.h.node.attributes)
    parts = unstack(Value(node), steps, name)
    instead = {cell.h: part for cell, part in zip(chain.cells, parts, strict=True)}
    return Graph(redirect(graph.outputs, {**instead, last.c: Value(node, 1)}))


def _with_one_bias(chain: _Chain, graph: Graph) -> tuple[list[Value], tuple[Value, ...]]:
    """Return what the input adds to the gates, and the bias that the cells add, if they must.

    Where the input comes through equal layers with a bias that nobody else uses, theirs does both.
    """
    given, inner = chain.given(), chain.inner[0]
    layers, bias = [value.node for value in given], inner.inputs[2:]
    first = layers[0]
    equal = all(n.op == first.op and n.inputs[1:] == first.inputs[1:] for n in layers)
    biased = isinstance(first.op, FullyConnected) and len(first.inputs) > 2
    if not (bias and equal and biased) or any(_is_used_elsewhere(v, graph) for v in given):
        return given, bias
    both = Node(_Plus.make({}), f"{inner.name}_biases", (first.inputs[2], *bias))
    return [
        Value(Node(n.op, n.name, (*n.inputs[:2], Value(both)), n.attributes)) for n in layers
    ], ()


# -- chains ----------------------------------------------------------------------------------------


def _chains(graph: Graph) -> Iterator[_Chain]:
    """Yield all chains of two cells and more."""
    cells = [cell for node in graph.nodes if (cell := _cell(node, graph))]
    starting_from: dict[Value, list[_Cell]] = {}
    for cell in cells:
        starting_from.setdefault(cell.before, []).append(cell)
    reached = {cell.c for cell in cells}
    for cell in cells:
        if cell.before not in reached:
            yield from _cut(_walk(cell, starting_from), graph)


def _walk(start: _Cell, starting_from: Mapping[Value, list[_Cell]]) -> list[_Cell]:
    """Return a cell and those after it, up to where the way divides."""
    found = [start]
    while len(after := starting_from.get(found[-1].c, ())) == 1:
        found += after
    return found


def _cut(cells: list[_Cell], graph: Graph) -> Iterator[_Chain]:
    """Cut cells that follow each other into chains that one operator can run."""
    begin = 0
    while begin < len(cells) - 1:
        chain = _chain_from(cells[begin:], graph)
        if chain is not None:
            yield chain
        begin += 1 if chain is None else len(chain.cells)


def _chain_from(cells: list[_Cell], graph: Graph) -> _Chain | None:
    """Return the longest chain from the first cell on."""
    second = _inner(cells[1], graph, cells[0].h)
    first = None if second is None else _inner(cells[0], graph, None, like=second)
    if second is None or first is None:
        return None
    chain, inner = [cells[0]], [first]
    for cell in cells[1:]:
        through = _inner(cell, graph, chain[-1].h, like=first)
        alike = (cell.order, cell.forget_bias) == (chain[-1].order, chain[-1].forget_bias)
        if through is None or not alike or _is_seen(chain[-1].c, graph):
            break
        chain.append(cell)
        inner.append(through)
    return _Chain(tuple(chain), tuple(inner)) if len(chain) > 1 else None


def _inner(cell: _Cell, graph: Graph, h: Value | None, like: Node | None = None) -> Node | None:
    """Return the node that takes h before to the gates: from this h, with the weights of another.

    Args:
        cell: the cell.
        graph: the graph.
        h: what it must start from, None for anything.
        like: a node whose weights it must have, None for any.
    """
    for value in cell.addends:
        node = value.node
        if not isinstance(node.op, FullyConnected) or _is_used_elsewhere(value, graph):
            continue
        fits = like is None or (node.op == like.op and node.inputs[1:] == like.inputs[1:])
        if fits and h in (None, node.inputs[0]):
            return node
    return None


def _is_seen(c: Value, graph: Graph) -> bool:
    """Whether somebody beside the cell and its follower uses a c."""
    return c in graph.outputs or len(graph.users[c]) > 2


# -- cells -----------------------------------------------------------------------------------------


def _cell(node: Node, graph: Graph) -> _Cell | None:
    """Return the cell whose h a node computes, if it does and nobody looks inside."""
    for o, squashed in _operands(node, _PRODUCTS):
        c = _argument(squashed, "tanh")
        for kept, new in _operands(c.node, _SUMS) if c else ():
            for before, f in _operands(kept.node, _PRODUCTS):
                for i, g in _operands(new.node, _PRODUCTS):
                    gates = _gates(i, g, f, o)
                    cut, forget_bias = _without_constant(gates)
                    total = _cut_in_four(cut)
                    if c is None or total is None:
                        continue
                    inside = {squashed, kept, new, i, g, f, o, *gates, *cut, total}
                    if any(_is_used_elsewhere(value, graph) for value in inside):
                        return None
                    order = tuple(gate.number for gate in cut)
                    return _Cell(total.node.inputs, order, forget_bias, before, c, Value(node))
    return None


def _gates(i: Value, g: Value, f: Value, o: Value) -> list[Value]:
    """Return what the four gates were before their functions, nothing if those are others."""
    functions = ("sigmoid", "tanh", "sigmoid", "sigmoid")
    found = [_argument(v, function) for v, function in zip((i, g, f, o), functions, strict=True)]
    return [gate for gate in found if gate] if all(found) else []


def _without_constant(gates: list[Value]) -> tuple[list[Value], float]:
    """Return the gates without a constant that is added to f, and the constant."""
    op = gates[2].node.op if gates else None
    if not isinstance(op, _PlusScalar):
        return gates, 0.0
    return [*gates[:2], gates[2].node.inputs[0], gates[3]], op.scalar


def _is_used_elsewhere(value: Value, graph: Graph) -> bool:
    return value in graph.outputs or len(graph.users[value]) > 1


def _cut_in_four(gates: list[Value]) -> Value | None:
    """Return the sum that four gates are the quarters of."""
    node = gates[0].node if gates else None
    op = None if node is None else node.op
    if node is None or not isinstance(op, SliceChannel) or op.num_outputs != 4:
        return None
    quarters = op.axis in (1, -1) and not op.squeeze_axis and set(gates) == set(node.outputs)
    return node.inputs[0] if quarters and _operands(node.inputs[0].node, _SUMS) else None


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
