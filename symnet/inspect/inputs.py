"""Which arguments of a network are inputs, and which are parameters."""

from collections.abc import Collection, Iterator

from ..drawing import operands_of
from ..graph.node import Graph, Node, Value
from ..operators.contract import Input, Operator

__all__ = ["all_operands", "inputs_of"]


def inputs_of(graph: Graph, given: Collection[str] = ()) -> list[Node]:
    """Return the arguments that are no parameters: given ones, labels and indices.

    Args:
        graph: the network.
        given: names of arguments that are inputs; where there are none, what operators work on is
            taken for an input.
    """
    inputs = {node for node in graph.arguments if node.name in given} or all_operands(graph)
    for node in graph.nodes:
        inputs.update(value.node for value in _labels_of(node))
    return [node for node in graph.arguments if node in inputs]


def all_operands(graph: Graph) -> set[Node]:
    """Return the nodes that operators work on, weights and labels left out."""
    return {value.node for node in graph.nodes for value in operands_of(node)}


def _labels_of(node: Node) -> Iterator[Value]:
    """Yield the inputs that are labels or indices: nothing could learn those."""
    if isinstance(node.op, Operator):
        for name, place in node.op.slots().items():
            declared = node.op.inputs.get(name)
            if isinstance(declared, Input) and declared.any_dtype and isinstance(place, int):
                yield node.inputs[place]
