"""Check that a graph keeps the rules that every pass may rely on."""

from ..core.errors import MXError
from ..operators.contract import Operator
from .node import Graph, Node, Value

__all__ = ["verify"]


def verify(graph: Graph) -> Graph:
    """Return the graph if it is well formed.

    Each operator has the inputs that it declares, each value is a result that its node has, states
    are variables, and no node comes before one that it needs. Raises MXError naming the node.
    """
    results: dict[Node, int] = {}  # of nodes seen; counting them anew for each use takes long
    for node in graph.nodes:
        for value in node.inputs:
            if value.node not in results:
                raise MXError(f"{node.name!r} comes before its input {value.node.name!r}")
            _check_value(value, results[value.node], f"an input of {node.name!r}")
        if isinstance(node.op, Operator):
            _check_arity(node, node.op)
        results[node] = len(node.results)
    for value in graph.outputs:
        _check_value(value, results[value.node], "an output")
    return graph


def _check_value(value: Value, results: int, what: str) -> None:
    if not 0 <= value.number < results:
        raise MXError(f"{what} is result {value.number} of {value.node.name!r}, which has fewer")


def _check_arity(node: Node, op: Operator) -> None:
    expected = len(op.arguments()) + len(op.state_names())
    if len(node.inputs) != expected:
        raise MXError(f"{node.name!r} has {len(node.inputs)} inputs, {op!r} takes {expected}")
    for state in node.state_inputs():
        if state.node.op is not None:
            raise MXError(f"state {state.node.name!r} of {node.name!r} is not a variable")
