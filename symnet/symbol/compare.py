"""Whether two networks are the same, and where not, how they differ."""

from itertools import zip_longest

from ..graph.node import Node
from ..operators.contract import Operator
from .symbol import SymbolicNode

__all__ = ["describe", "difference", "renamed_like", "same_computation"]


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


def renamed_like(stored: SymbolicNode, own: SymbolicNode) -> dict[str, str] | None:
    """Return what the variables of one network are called in another that is built alike.

    Two networks are alike that differ only by names which were made up: a line that is run again
    makes ``fullyconnected2`` where it made ``fullyconnected0``. Names that somebody chose must be
    the same.

    Args:
        stored: the one network.
        own: the other one.

    Returns for each variable of ``stored`` its name in ``own``; None where they are not alike.

    >>> from symnet.core.naming import NameManager
    >>> from symnet.operators.functions import FullyConnected
    >>> from symnet.symbol import Variable
    >>> def network():
    ...     return FullyConnected(Variable("data"), num_hidden=2)
    >>> with NameManager():
    ...     one, other = network(), network()
    >>> renamed_like(one, other)["fullyconnected0_weight"]
    'fullyconnected1_weight'
    """
    if len(stored.graph.nodes) != len(own.graph.nodes):
        return None
    if [row[1:] for row in _alike(stored)] != [row[1:] for row in _alike(own)]:
        return None
    names = zip(_alike(stored), _alike(own), strict=True)
    return {old.name: new.name for (old, *_), (new, *_) in names if old.op is None}


def _alike(symbol: SymbolicNode) -> list[tuple[Node, object, object, object]]:
    """Return each node with all that is said of it but for a name that was made up."""
    graph = symbol.graph
    places = {node: number for number, node in enumerate(graph.nodes)}
    of_inputs = {
        value.node: (places[node], argument)
        for node in reversed(graph.nodes)
        if isinstance(node.op, Operator)
        for argument, value in zip(_inputs_of(node.op), node.inputs, strict=False)
        if value.node.op is None and value.node.name == f"{node.name}_{argument}"
    }
    heads = {value.node: value.number for value in graph.outputs}
    return [
        (
            node,
            (node.op, of_inputs.get(node) or _chosen_name(node)),
            dict(node.attributes),
            ([(places[v.node], v.number) for v in node.inputs], heads.get(node)),
        )
        for node in graph.nodes
    ]


def _inputs_of(op: Operator) -> tuple[str, ...]:
    return (*op.arguments(), *op.state_names())


def _chosen_name(node: Node) -> str | None:
    """Return the name that somebody gave a node, None for one that was made up for it."""
    if isinstance(node.op, Operator):
        number = node.name.removeprefix(node.op.name_hint())
        return None if number.isdecimal() and number != node.name else node.name
    return node.name


def describe(symbol: SymbolicNode) -> dict[str, str]:
    """Return each node of a network in words, by its name."""
    names = (node.name for node in symbol.graph.nodes)
    return dict(zip(names, _described(symbol), strict=False))


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
