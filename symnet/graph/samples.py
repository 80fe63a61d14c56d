"""Networks that work on the samples of a batch one by one."""

from collections.abc import Collection, Mapping
from typing import Any

from ..operators.contract import Operator, Shape
from .node import Graph, Node, Value

__all__ = ["samples_stay_apart"]


def samples_stay_apart(
    graph: Graph, inputs: Collection[str], shapes: Mapping[Value, Shape]
) -> bool:
    """Tell whether predictions of some samples do not depend on the others beside them.

    A batch may then be cut into parts, along axis 0 of inputs and outputs. Operators say it of
    themselves (`Operator.samples_apart`); of what says nothing it is not known.

    Args:
        graph: the network.
        inputs: names of the variables that hold samples along axis 0.
        shapes: the shapes of all values.
    """
    holding: set[Value] = set()
    for node in graph.nodes:
        if node.op is None:
            if node.name in inputs:
                holding.add(Value(node))
        elif any(value in holding for value in node.inputs):
            if not _keeps_apart(node, holding, shapes):
                return False
            holding |= {*node.outputs}
    return all(value in holding for value in graph.outputs)


def _keeps_apart(node: Node, holding: Collection[Value], shapes: Mapping[Value, Shape]) -> bool:
    op = node.op
    if not isinstance(op, Operator) or op.foreign:
        return False
    if op.is_identity(is_train=False):
        return node.inputs[0] in holding
    samples: set[str] = set()
    named: dict[str, Any] = {}
    for name, place in op.slots().items():
        several = place if isinstance(place, tuple) else (place,)
        values = [node.inputs[each] for each in several]
        count = sum(value in holding for value in values)
        if 0 < count < len(values):
            return False
        samples |= {name} if count else set()
        of_all = [shapes[value] for value in values]
        named[name] = of_all if isinstance(place, tuple) else of_all[0]
    return op.samples_apart(samples, named)
