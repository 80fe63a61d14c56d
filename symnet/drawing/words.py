"""How operators are named and coloured in drawings. Source: docs/semantics §9.3."""

from collections.abc import Callable
from typing import Any, NamedTuple

from ..graph.node import Node
from ..operators.contract import Operator, Shape
from ..operators.definitions.activation import Activation
from ..operators.definitions.batch_norm import BatchNorm
from ..operators.definitions.convolution import Convolution
from ..operators.definitions.images import stretched
from ..operators.definitions.join import Concat
from ..operators.definitions.linear import FullyConnected
from ..operators.definitions.pooling import Pooling
from ..operators.definitions.reshape import BlockGrad, Flatten, Reshape

__all__ = ["Colours", "colours_of", "details_of", "kind_of_node", "shape_text"]


class Colours(NamedTuple):
    """The colours of a box, as ``#rrggbb``."""

    fill: str
    edge: str


_VARIABLE = Colours("#8dd3c7", "#245b51")
_WEIGHTED = Colours("#fb8072", "#941305")
_FORMING = Colours("#fdb462", "#975102")
_ENDING = Colours("#b3de69", "#597d1c")
_OTHER = Colours("#fccde5", "#90094e")

_COLOURS: dict[type[Operator], Colours] = {
    Convolution: _WEIGHTED,
    FullyConnected: _WEIGHTED,
    Activation: Colours("#ffffb3", "#999900"),
    BatchNorm: Colours("#bebada", "#3b3564"),
    Pooling: Colours("#80b1d3", "#275372"),
    Concat: _FORMING,
    Flatten: _FORMING,
    Reshape: _FORMING,
    BlockGrad: _ENDING,
}


def colours_of(node: Node) -> Colours:
    """Return the colours of a node, by its kind."""
    if node.op is None:
        return _VARIABLE
    other = _ENDING if kind_of_node(node).endswith("Output") else _OTHER
    return _COLOURS.get(type(node.op), other) if isinstance(node.op, Operator) else other


_DETAILS: dict[type[Operator], Callable[[Any], dict[str, object]]] = {
    Convolution: lambda op: {
        "kernel": op.kernel,
        "stride": stretched(op.stride, len(op.kernel), 1),
        "n-filter": op.num_filter,
    },
    FullyConnected: lambda op: {"num-hidden": op.num_hidden},
    Activation: lambda op: {"act-type": op.act_type},
    Pooling: lambda op: {
        "type": op.pool_type,
        "kernel": op.kernel,
        "stride": stretched(op.stride, len(op.kernel), 1),
    },
}


def details_of(node: Node) -> list[str]:
    """Return what a drawing says of a node's parameters: ``["num-hidden=128"]``."""
    details = _DETAILS.get(type(node.op)) if isinstance(node.op, Operator) else None
    return [f"{key}={_text(value)}" for key, value in (details(node.op) if details else {}).items()]


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
