"""How much nodes compute."""

from collections.abc import Mapping
from typing import Any

from ..operators.contract import Operator, Shape
from .node import Node, Value

__all__ = ["multiply_adds"]


def multiply_adds(node: Node, shapes: Mapping[Value, Shape]) -> int | None:
    """Return how many products a node adds up, as `Operator.multiply_adds` counts them.

    Args:
        node: the node; a variable, or a gradient, counts for nothing.
        shapes: the shapes of values, as far as they are known.

    Returns None where one of the node's shapes is not known.
    """
    op = node.op
    if not isinstance(op, Operator):
        return 0
    if any(value not in shapes for value in (*node.inputs, *node.outputs)):
        return None
    named: dict[str, Any] = {
        name: [shapes[node.inputs[position]] for position in place]
        if isinstance(place, tuple)
        else shapes[node.inputs[place]]
        for name, place in op.slots().items()
    }
    outputs = zip(op.outputs(), node.outputs, strict=True)
    return op.multiply_adds(named | {name: shapes[value] for name, value in outputs})
