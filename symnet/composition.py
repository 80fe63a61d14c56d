"""Putting symbols together: `Group` and `chain`."""

from collections.abc import Callable
from typing import Any

from .errors import ArgumentError
from .symbol import SymbolicNode

__all__ = ["Group", "chain"]


def Group(*nodes: SymbolicNode) -> SymbolicNode:
    """Put the outputs of several symbols together, in order.

    >>> from symnet.symbol import Variable
    >>> Group(Variable("A"), Variable("B")).list_outputs()
    ['A', 'B']
    """
    for node in nodes:
        if not isinstance(node, SymbolicNode):
            raise ArgumentError(f"Group takes symbols, got {node!r}")
    if not nodes:
        raise ArgumentError("Group needs at least one symbol")
    return SymbolicNode(*(value for node in nodes for value in node.graph.outputs))


def chain(
    first: SymbolicNode, *layers: SymbolicNode | Callable[[SymbolicNode], SymbolicNode]
) -> Any:
    """Feed each symbol into the next layer: ``chain(data, layer, layer, …)``.

    Args:
        first: the symbol to begin with.
        layers: layers whose data was left out, or functions from symbol to symbol.

    Equal to nested calls, and to ``first >> layer >> layer``. Source: the documents, "@mx.chain".
    """
    for layer in layers:
        first = first >> layer if isinstance(layer, SymbolicNode) else layer(first)
    return first
