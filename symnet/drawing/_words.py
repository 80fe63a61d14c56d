"""How operators are named and coloured in drawings. Source: docs/semantics §9.3."""

from typing import NamedTuple

from ..graph.node import Node
from ..operators.contract import Family, Operator, Shape

__all__ = ["Colours", "colours_of", "details_of", "in_a_line", "kind_of_node", "shape_text"]


class Colours(NamedTuple):
    """The colours of a box, as ``#rrggbb``."""

    fill: str
    edge: str


_VARIABLE = Colours("#8dd3c7", "#245b51")

_COLOURS: dict[Family, Colours] = {
    "weighted": Colours("#fb8072", "#941305"),
    "activation": Colours("#ffffb3", "#999900"),
    "normalization": Colours("#bebada", "#3b3564"),
    "pooling": Colours("#80b1d3", "#275372"),
    "shape": Colours("#fdb462", "#975102"),
    "output": Colours("#b3de69", "#597d1c"),
    "other": Colours("#fccde5", "#90094e"),
}


def colours_of(node: Node) -> Colours:
    """Return the colours of a node: those of its operator's family."""
    if node.op is None:
        return _VARIABLE
    family = node.op.family if isinstance(node.op, Operator) else "other"
    # MXNet calls its losses so; a class that ends a network and says no family is known by it.
    is_output = family == "other" and kind_of_node(node).endswith("Output")
    return _COLOURS["output" if is_output else family]


def details_of(node: Node) -> list[str]:
    """Return what a drawing says of a node's parameters: ``["num_hidden=128"]``."""
    if not isinstance(node.op, Operator):
        return []
    return [f"{key}={_text(value)}" for key, value in node.op.details().items()]


def in_a_line(node: Node) -> str:
    """Return operator and parameters in one line: ``Convolution (3,3) 64 pad=(1,1)``.

    Words, and parameters that must be given, go without their names.
    """
    if not isinstance(node.op, Operator):
        return kind_of_node(node) or node.name
    required = set(node.op.required())
    values = [
        _text(value) if key in required or isinstance(value, str) else f"{key}={_text(value)}"
        for key, value in node.op.details().items()
    ]
    return " ".join([kind_of_node(node), *values])


def kind_of_node(node: Node) -> str:
    """Return the operator's name, or nothing for a variable."""
    return "" if node.op is None else type(node.op).__name__


def shape_text(shape: Shape) -> str:
    """Return a shape without its batch axis: ``(20,24,24)``.

    >>> shape_text((100, 128)), shape_text((100, 20, 24, 24))
    ('(128)', '(20,24,24)')
    """
    return _text(shape[1:])


def _text(value: object) -> str:
    return f"({','.join(map(str, value))})" if isinstance(value, tuple) else str(value)
