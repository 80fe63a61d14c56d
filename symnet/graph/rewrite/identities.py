"""Leave out what changes nothing."""

from ...operators.contract import Operator
from ..node import Graph, Node, Value, substitute

__all__ = ["skip_identities"]


def skip_identities(graph: Graph, *, is_train: bool) -> Graph:
    """Let the input stand for every operator that passes it through, as dropout in prediction."""

    def replace(node: Node, inputs: tuple[Value, ...]) -> tuple[Value, ...] | None:
        # Only what passes gradients through too: `BlockGrad` is no identity here, though its values
        # are.
        if isinstance(node.op, Operator) and node.op.is_identity(is_train=is_train):
            return inputs[:1]
        return None

    return Graph(substitute(graph.outputs, replace))
