"""Read a graph by what its operators mean, whatever they are called."""

from collections.abc import Iterable, Iterator

from ...operators.contract import Operator
from ...operators.meaning import Meaning, OfElements, Parts, Weighted
from ..node import Graph, Node, Value

__all__ = ["argument", "is_layer", "is_used_once", "meaning", "operands", "uses", "whole"]


def meaning(node: Node) -> Meaning | None:
    """Return what a node computes, None for variables and for what no word says."""
    return node.op.meaning() if isinstance(node.op, Operator) else None


def operands(value: Value | None, combined: OfElements) -> Iterator[tuple[Value, Value]]:
    """Yield the two operands of a sum or product, in both orders; nothing for anything else."""
    if value is not None and meaning(value.node) is combined and len(value.node.inputs) == 2:
        first, second = value.node.inputs
        yield first, second
        yield second, first


def argument(value: Value, function: OfElements) -> Value | None:
    """Return what a function is applied to, if the value is one of that function."""
    return value.node.inputs[0] if meaning(value.node) is function else None


def is_layer(value: Value) -> bool:
    """Tell whether a value is the product of an input with a weight, with a bias or without."""
    return isinstance(meaning(value.node), Weighted)


def whole(values: Iterable[Value | None], axes: tuple[int, ...]) -> Value | None:
    """Return the value that these are all equal parts of along one of some axes, in any order."""
    values = tuple(values)
    node = values[0].node if values and values[0] else None
    parts = meaning(node) if node else None
    if node and isinstance(parts, Parts) and parts.axis in axes:
        all_of_it = len(values) == parts.count and set(values) == set(node.outputs)
        return node.inputs[0] if all_of_it else None
    return None


def uses(value: Value, graph: Graph) -> int:
    """Return how often a value is used, as an output too."""
    return len(graph.users.get(value, ())) + graph.outputs.count(value)


def is_used_once(values: Iterable[Value], graph: Graph) -> bool:
    """Tell whether each of these values has one user, so that it is free to go with that."""
    return all(uses(value, graph) == 1 for value in values)
