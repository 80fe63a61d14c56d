"""Compute once what is computed twice."""

from ...operators.contract import Operator
from ..node import Graph, Node, Value, substitute

__all__ = ["merge_duplicates"]


def merge_duplicates(graph: Graph) -> Graph:
    """Let nodes with equal operators and the very same inputs be one node.

    Outputs keep nodes of their own, so that their names stay; so do operators that draw random
    numbers or keep states.
    """
    heads = {value.node for value in graph.outputs}
    made: dict[object, Node] = {}

    def replace(node: Node, inputs: tuple[Value, ...]) -> Node | None:
        # Merged nodes draw once and move a state once, where the network says twice.
        if not isinstance(node.op, Operator) or not node.op.pure or node.op.states or node in heads:
            return None
        # Attributes belong to the key: a group says on which device a node runs.
        key = node.op, inputs, frozenset(node.attributes.items())
        return made.setdefault(key, Node(node.op, node.name, inputs, node.attributes))

    return Graph(substitute(graph.outputs, replace))
