"""How a model's text and categories are encoded: an attribute of its network's first input.

So the encoding is in every file that the network is in.
"""

from typing import Any

from ...data.tables.encoding import Encoding
from ...graph.node import Graph, Node, Value, substitute
from ...symbol import SymbolicNode

__all__ = ["Encoder", "encoding_of", "with_encoding"]

_ATTRIBUTE = "encoding"


def encoding_of(symbol: SymbolicNode) -> Encoding | None:
    """Return the encoding that a network remembers; FormatError for a text that is none.

    >>> from symnet.symbol import Variable
    >>> encoding = Encoding(codes={"kind": ("cat", "dog")})
    >>> encoding_of(with_encoding(Variable("x"), encoding)) == encoding
    True
    """
    for node in symbol.graph.arguments:
        if _ATTRIBUTE in node.attributes:
            return Encoding.from_json(node.attributes[_ATTRIBUTE])
    return None


def with_encoding(symbol: SymbolicNode, encoding: Encoding | None) -> SymbolicNode:
    """Return a network that remembers an encoding; with None, the network."""
    if encoding is None:
        return symbol
    first = symbol.graph.arguments[0]

    def replaced(node: Node, inputs: tuple[Value, ...]) -> Node | None:
        if node is not first:
            return None
        attributes = {**node.attributes, _ATTRIBUTE: encoding.to_json()}
        return Node(None, node.name, attributes=attributes, automatic=node.automatic)

    return SymbolicNode(*Graph(substitute(symbol.graph.outputs, replaced)).outputs)


class Encoder:
    """Makes numbers of text, as a network remembers it or as the first data tells.

    Args:
        owner: who asks, for errors.
        symbol: the network.
        learns: whether to learn an encoding where the network has none.
    """

    def __init__(self, owner: str, symbol: SymbolicNode, *, learns: bool = False) -> None:
        self._owner, self._learns = owner, learns
        self.encoding = encoding_of(symbol)
        self.is_new = False

    def __call__(
        self, data: dict[str, Any], labels: dict[str, Any]
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return data and labels with numbers in place of what is encoded."""
        if self.encoding is None and self._learns:
            self.encoding = Encoding.learned(self._owner, data, labels)
            self.is_new = True
        if self.encoding is None:
            return data, labels
        return self.encoding.applied(self._owner, data, labels)
