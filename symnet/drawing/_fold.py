"""Folding a large network: nodes that stand and belong together become one box.

Nodes are taken in the order in which they are computed. Only neighbours in that order are put
together, so no line between boxes can go both ways.
"""

from collections.abc import Sequence
from typing import NamedTuple

from ..graph.node import Node
from ..operators.contract import Operator

__all__ = ["NodeGroup", "fold"]


class NodeGroup(NamedTuple):
    """Nodes that are drawn as one box; one node alone is drawn as itself.

    Args:
        name: what the box is called.
        nodes: the nodes, inputs before users.
    """

    name: str
    nodes: Sequence[Node]


def fold(nodes: Sequence[Node], most: int) -> list[NodeGroup]:
    """Return nodes in at most so many groups.

    Where there are too many, neighbours whose names begin with the same words share a box:
    ``stage1_unit1_conv1`` and ``stage1_unit1_bn1`` become ``stage1_unit1``, or ``stage1`` where
    that is not enough. Words end at an underscore. Nodes with automatic names go with the nodes
    before them. Where that does not do either, or puts more than half of all into one box, the
    first and the last nodes are drawn, and one box for all between.

    Args:
        nodes: what is to be drawn, inputs before users.
        most: how many boxes there may be, at least 3.
    """
    if len(nodes) <= most:
        return [NodeGroup(node.name, (node,)) for node in nodes]
    longest = max(len(_words(node)) for node in nodes)
    for length in range(longest - 1, 0, -1):
        groups = _by_prefix(nodes, length)
        if len(groups) <= most and max(len(group.nodes) for group in groups) <= len(nodes) // 2:
            return groups
    return _ends(nodes, most)


def _words(node: Node) -> list[str]:
    return [word for word in node.name.split("_") if word]


def _is_automatic(node: Node) -> bool:
    """Tell whether a name is the operator's and a number: ``activation3``."""
    return isinstance(node.op, Operator) and node.name.rstrip("0123456789") == node.op.name_hint()


def _by_prefix(nodes: Sequence[Node], length: int) -> list[NodeGroup]:
    """Put neighbours together whose names have the same words in front.

    A variable keeps its box. It reads nothing, so it can stand before the group that it came up in,
    and does not break that group apart.
    """
    found: list[tuple[str, list[Node]]] = []
    for node in nodes:
        if node.op is None:
            found.insert(max(0, len(found) - 1), ("", [node]))
            continue
        words = _words(node)
        prefix = "_".join(words[: min(length, len(words) - 1)])
        group = found[-1][0] if found else ""
        if group and (prefix == group or _is_automatic(node)):
            found[-1][1].append(node)
        else:
            found.append((prefix, [node]))
    return [NodeGroup(prefix if len(own) > 1 else own[0].name, own) for prefix, own in found]


def _ends(nodes: Sequence[Node], most: int) -> list[NodeGroup]:
    first = most // 2
    last = most - 1 - first
    middle = nodes[first : len(nodes) - last]
    singles = [NodeGroup(node.name, (node,)) for node in nodes]
    more = NodeGroup(f"… {len(middle):,} more", middle)
    return [*singles[:first], more, *singles[len(nodes) - last :]]
