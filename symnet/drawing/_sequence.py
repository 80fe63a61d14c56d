"""The order in which a network reads best: what belongs together follows each other.

Any order with inputs before users would be right. This one keeps a branch, a unit or a step in one
piece, so that repeats are found as stretches of a list.
"""

from collections.abc import Iterable, Mapping, Sequence

from ..graph.node import Node
from ..operators.contract import Inputs, Operator

__all__ = ["in_order", "live_values", "takes_any"]


def in_order(nodes: Sequence[Node], heads: Iterable[Node]) -> list[Node]:
    """Return nodes, inputs before users, each as late as can be in front of what reads it.

    Of a node's inputs the one that the longest way leads to is made first, so that a step follows
    the step before it; of those that are joined in any number, the one with the shortest, and so it
    is with the outputs. What only one node needs comes last, in front of it, so that the input of a
    late step stands beside that step.

    Args:
        nodes: nodes in any order with inputs before users.
        heads: those that are outputs of the network.
    """
    own = set(nodes)
    read = {
        node: list(dict.fromkeys(v.node for v in node.inputs if v.node in own)) for node in nodes
    }
    users = dict.fromkeys(nodes, 0)
    for node in nodes:
        for source in read[node]:
            users[source] += 1
    depth, alone = _depths(nodes, read, users)
    # The nodes that nobody reads are outputs, or lead to hidden ones.
    ends = [*heads, *(node for node in nodes if not users[node])]
    order: list[Node] = []
    seen: set[Node] = set()
    for head in sorted(ends, key=depth.__getitem__):
        stack = [head] if head not in seen else []
        while stack:
            node = stack[-1]
            seen.add(node)
            sign = 1 if takes_any(node) else -1
            ready = [source for source in read[node] if source not in seen]
            if ready:
                stack.append(min(ready, key=lambda each: (alone[each], sign * depth[each])))
            else:
                order.append(node)
                stack.pop()
    return order


def takes_any(node: Node) -> bool:
    """Tell whether a node takes any number of inputs."""
    return isinstance(node.op, Operator) and any(
        isinstance(each, Inputs) for each in node.op.inputs.values()
    )


def _depths(
    nodes: Iterable[Node], read: Mapping[Node, Sequence[Node]], users: Mapping[Node, int]
) -> tuple[dict[Node, int], dict[Node, bool]]:
    """Return how long the way to each node is, and whether nobody else needs what it is made of."""
    depth: dict[Node, int] = {}
    alone: dict[Node, bool] = {}
    for node in nodes:
        depth[node] = max((depth[source] + 1 for source in read[node]), default=0)
        alone[node] = all(alone[source] and users[source] == 1 for source in read[node])
    return depth, alone


def live_values(groups: Sequence[Sequence[Node]]) -> list[int]:
    """Return how many values pass by the gap before each place; one more gap is behind the last.

    Args:
        groups: nodes that stand together, inputs before users.
    """
    place = {node: number for number, group in enumerate(groups) for node in group}
    last = {
        value: place[node]
        for group in groups
        for node in group
        for value in node.inputs
        if value.node in place
    }
    change = [0] * (len(groups) + 1)
    for value, end in last.items():
        if place[value.node] < end:
            change[place[value.node] + 1] += 1
            change[end + 1] -= 1
    live, passing = [], 0
    for each in change:
        passing += each
        live.append(passing)
    return live
