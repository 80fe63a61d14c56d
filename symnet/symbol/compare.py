"""Whether two networks are the same, and where not, how they differ."""

from itertools import zip_longest

from ..graph.node import Node
from .symbol import SymbolicNode

__all__ = ["difference", "same_computation"]


def same_computation(one: SymbolicNode, other: SymbolicNode) -> bool:
    """Tell whether two networks compute the same from the same variables.

    Names of operators do not matter: those that are made up differ from one building to the next.

    >>> from symnet.symbol import Variable
    >>> same_computation(Variable("x") * 2, Variable("x") * 2)
    True
    """
    return _computation(one) == _computation(other)


def _computation(symbol: SymbolicNode) -> list[object]:
    graph = symbol.graph
    places = {node: number for number, node in enumerate(graph.nodes)}
    steps = [
        (node.op or node.name, node.attributes, [(places[v.node], v.number) for v in node.inputs])
        for node in graph.nodes
    ]
    return [*steps, [(places[value.node], value.number) for value in graph.outputs]]


def difference(stored: SymbolicNode, own: SymbolicNode) -> str:
    """Say what tells two networks apart: the first node that differs, or their outputs.

    Args:
        stored: the network of a checkpoint.
        own: the network of a model.
    """
    pairs = zip_longest(_described(stored), _described(own), fillvalue="nothing more")
    differing = ((theirs, mine) for theirs, mine in pairs if theirs != mine)
    theirs, mine = next(differing, ("its nodes in an order", "another"))
    return f"it has {theirs} where the model has {mine}"


def _described(symbol: SymbolicNode) -> list[str]:
    """Describe each node of a network, as a person would compare it with another's."""

    def described(node: Node) -> str:
        inputs = ", ".join(value.name for value in node.inputs)
        attributes = f" with attributes {dict(node.attributes)}" if node.attributes else ""
        return f"{node!r}{f' of ({inputs})' if inputs else ''}{attributes}"

    outputs = f"the outputs {', '.join(symbol.list_outputs())}"
    return [*map(described, symbol.graph.nodes), outputs]
