"""Recognise a long short-term memory that was unrolled over time.

From four gates cut from a sum, c = f · c_before + i · g and h = o · tanh(c), with sums and products
in any order, the gates in any quarters, and a constant added to f or not.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from ...operators.contract import Operator
from ...operators.definitions.elementwise import _Plus
from ...operators.definitions.recurrent import LSTMSteps
from ...operators.meaning import Affine, OfElements
from ..node import Graph, Node, Value
from ._reading import argument, is_layer, is_used_once, meaning, operands, whole
from .cells import CellStep, Chain, Kind
from .steps import stack

__all__ = ["lstm_steps"]

_SUM, _PRODUCT = OfElements.SUM, OfElements.PRODUCT


@dataclass(frozen=True)
class _LSTM(Kind):
    """A long short-term memory.

    Args:
        order: which quarters are i, g, f and o.
        forget_bias: the constant that is added to f before its function.
    """

    order: tuple[int, ...]
    forget_bias: float
    widths: ClassVar = (4,)

    def operator(self, chain: Chain) -> tuple[Operator, dict[str, Value]]:
        """Return the operator and its inputs."""
        given, adds_bias = _with_one_bias(chain)
        h, c = chain.steps[0].before
        op = LSTMSteps(
            steps=len(chain.steps),
            order=self.order,
            no_bias=not adds_bias,
            forget_bias=self.forget_bias,
        )
        return op, {
            **chain.parameters(),  # of which the operator leaves out the bias, where it has none
            "projected": stack(given, chain.name),
            "init_h": h,
            "init_c": c,
        }


def _with_one_bias(chain: Chain) -> tuple[list[Value], bool]:
    """Return what the input adds to the gates, and whether the cells have a bias to add.

    Where the input comes through equal layers with a bias that nobody else uses, theirs does both:
    one addition for all steps together, in a product that is there anyway.
    """
    given, inner = chain.given(), chain.steps[0].layers[0]
    layers, bias = [value.node for value in given], inner.inputs[2:]
    first = layers[0]
    equal = all(n.op == first.op and n.inputs[1:] == first.inputs[1:] for n in layers)
    biased = is_layer(given[0]) and len(first.inputs) > 2
    if not (bias and equal and biased and is_used_once(given, chain.graph)):
        return given, bool(bias)
    both = Node(_Plus.make({}), f"{inner.name}_biases", (first.inputs[2], *bias))
    return [
        Value(Node(n.op, n.name, (*n.inputs[:2], Value(both)), n.attributes)) for n in layers
    ], False


def lstm_steps(node: Node, graph: Graph) -> Iterator[CellStep]:
    """Yield the steps whose h a node computes, if it does and nobody looks inside."""
    # From h back to the gates: every loop is one product or sum that may be written either way
    # round, and every name is what that operand would have to be.
    for o, squashed in operands(Value(node), _PRODUCT):
        c = argument(squashed, OfElements.TANH)
        for kept, new in operands(c, _SUM):
            for before, f in operands(kept, _PRODUCT):
                for i, g in operands(new, _PRODUCT):
                    gates = _gates(i, g, f, o)
                    cut, forget_bias = _without_constant(gates)
                    total = whole(cut, axes=(1, -1))
                    if c is None or total is None:
                        continue
                    # What is used elsewhere would still be needed, and then nothing is saved by the
                    # operator.
                    inside = {squashed, kept, new, i, g, f, o, *gates, *cut, total}
                    if is_used_once(inside, graph):
                        kind = _LSTM(tuple(gate.number for gate in cut), forget_bias)
                        yield from _readings(kind, total, before, (Value(node), c), graph)


def _readings(
    kind: Kind, total: Value, c: Value, after: tuple[Value, ...], graph: Graph
) -> Iterator[CellStep]:
    """Yield the step once for each part of the gates that may be the layer of h."""
    for given, through in operands(total, _SUM):
        if is_layer(through) and is_used_once((through,), graph):
            h = through.node.inputs[0]
            yield CellStep(kind, (given,), (through.node,), (h, c), after)


def _gates(i: Value, g: Value, f: Value, o: Value) -> list[Value]:
    """Return what the four gates were before their functions, nothing if those are others."""
    sigmoid, tanh = OfElements.SIGMOID, OfElements.TANH
    functions = (sigmoid, tanh, sigmoid, sigmoid)
    found = [argument(v, function) for v, function in zip((i, g, f, o), functions, strict=True)]
    return [gate for gate in found if gate] if all(found) else []


def _without_constant(gates: list[Value]) -> tuple[list[Value], float]:
    """Return the gates without a constant that is added to f, and the constant."""
    added = meaning(gates[2].node) if gates else None
    # Only f: a constant on the other gates would be a bias that nobody writes this way.
    if not isinstance(added, Affine) or added.scale != 1:
        return gates, 0.0
    return [*gates[:2], gates[2].node.inputs[0], gates[3]], added.shift
