"""Putting symbols together: `Group` and `chain`."""

from collections.abc import Callable

from ..core.errors import ArgumentError, shown
from .symbol import SymbolicNode

__all__ = ["Group", "chain"]


def Group(*nodes: SymbolicNode) -> SymbolicNode:
    """Put the outputs of several symbols together, in order.

    Args:
        nodes: the symbols; groups among them are dissolved into their outputs.

    Raises ArgumentError where there is none, or one is something else.
    Source: the documents, "Group"; docs/semantics §2.5.

    >>> from symnet.symbol import Variable
    >>> Group(Variable("A"), Variable("B")).list_outputs()
    ['A', 'B']
    """
    for node in nodes:
        if not isinstance(node, SymbolicNode):
            several = isinstance(node, list | tuple)
            way_out = "; give them one by one, as mx.Group(a, b)" if several else ""
            raise ArgumentError(f"Group takes symbols, got {shown(node)}{way_out}")
    if not nodes:
        raise ArgumentError("Group needs at least one symbol")
    return SymbolicNode(*(value for node in nodes for value in node.graph.outputs))


def chain(
    first: SymbolicNode, *layers: SymbolicNode | Callable[[SymbolicNode], SymbolicNode]
) -> SymbolicNode:
    """Feed each symbol into the next layer: ``chain(data, layer, layer, …)``.

    Args:
        first: the symbol to begin with.
        layers: layers whose data was left out, or functions from symbol to symbol.

    Returns what nested calls would, and what ``first >> layer >> layer`` does; automatic names are
    numbered in the order of the layers. Raises ArgumentError for what is no layer, naming its
    place. Source: the documents, "@mx.chain"; docs/semantics §9.2.

    >>> from symnet.operators.functions import Activation, FullyConnected
    >>> from symnet.symbol import Variable
    >>> net = chain(
    ...     Variable("data"),
    ...     FullyConnected(name="fc1", num_hidden=128),
    ...     lambda symbol: symbol * 0.5,
    ...     Activation(name="relu1", act_type="relu"),
    ... )
    >>> net.list_arguments()
    ['data', 'fc1_weight', 'fc1_bias']
    """
    found = _symbol("the first element", first)
    for place, layer in enumerate(layers, start=1):
        found = found >> layer if isinstance(layer, SymbolicNode) else _called(place, layer, found)
    return found


def _called(place: int, layer: object, symbol: SymbolicNode) -> SymbolicNode:
    if not callable(layer):
        raise ArgumentError(
            f"chain: layer {place} must be a layer whose data was left out, as "
            "mx.Activation(act_type='relu'), or a function from symbol to symbol; "
            f"got {layer!r}"
        )
    return _symbol(f"what the function given as layer {place} returns", layer(symbol))


def _symbol(what: str, value: object) -> SymbolicNode:
    if not isinstance(value, SymbolicNode):
        raise ArgumentError(f"chain: {what} must be a symbol, got {value!r}")
    return value
