"""A network as TensorBoard reads graphs."""

from typing import Any

from ...graph.node import Node, Value
from ...operators.contract import Operator
from ...symbol import SymbolicNode

__all__ = ["graph_event"]


def graph_event(symbol: SymbolicNode) -> Any:
    """Return an event of TensorBoard that shows a network: its nodes, and their parameters."""
    from tensorboard.compat.proto.attr_value_pb2 import AttrValue
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.graph_pb2 import GraphDef
    from tensorboard.compat.proto.node_def_pb2 import NodeDef
    from tensorboard.compat.proto.versions_pb2 import VersionDef

    def attributes(node: Node) -> dict[str, Any]:
        unusual = node.op.details() if isinstance(node.op, Operator) else {}
        return {name: AttrValue(s=str(value).encode()) for name, value in unusual.items()}

    def place(value: Value) -> str:
        return f"{value.node.name}:{value.number}" if value.number else value.node.name

    nodes = [
        NodeDef(
            name=node.name,
            op="Variable" if node.op is None else type(node.op).__name__,
            input=map(place, node.inputs),
            attr=attributes(node),
        )
        for node in symbol.graph.nodes
    ]
    graph = GraphDef(node=nodes, versions=VersionDef(producer=22))
    return Event(graph_def=graph.SerializeToString())
