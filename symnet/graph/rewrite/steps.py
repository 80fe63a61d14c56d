"""Do at once for all steps what a network that was unrolled over time does step by step.

Arrays of all steps lie one below the other: the rows of the first step, then those of the second.
They are put together with `Concat` and handed out again with `SliceChannel`; where one follows the
other, both vanish.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

from ...operators.contract import Operator, Shape
from ...operators.definitions.join import Concat, SliceChannel
from ...operators.meaning import Joined, Parts
from ..node import Graph, Node, Value, redirect
from ..placement import GROUP
from ._reading import meaning

__all__ = ["ShapeInference", "depends_on", "join_steps", "stack", "unstack"]

ShapeInference = Callable[[Graph], Mapping[Value, Shape]]
"""Gives the shapes of a graph's values, those that are known; asked only where it matters."""


def join_steps(graph: Graph, shapes: ShapeInference) -> Graph:
    """Let nodes that do the same to rows of different steps be one node.

    Joined are nodes with equal operators and the same weights, and nodes that all do the same to
    the parts of one array; always provided that none of them needs the result of another.
    """
    while True:
        graph = _without_detours(graph)
        # One group at a time: joining it may make parts of others, which then fit, or join what
        # would now wait for itself.
        joined = next((j for group in _groups(graph) if (j := _join(graph, group, shapes))), None)
        if joined is None:
            return graph
        graph = joined


def stack(values: Iterable[Value], name: str) -> Value:
    """Return values one below the other; of all parts of one array, in order, that is the array."""
    values = tuple(values)
    whole = _whole(values)
    if whole is not None:
        return whole
    return Value(Node(Concat(num_args=len(values), dim=0), f"{name}_stacked", values))


def unstack(value: Value, steps: int, name: str) -> list[Value]:
    """Return the parts of an array that belong to each step."""
    parts = Node(SliceChannel(num_outputs=steps, axis=0), f"{name}_steps", (value,))
    return [Value(parts, number) for number in range(steps)]


def depends_on(values: Iterable[Value], nodes: Iterable[Node]) -> bool:
    """Tell whether any of these nodes is needed to compute any of these values."""
    looked_for = set(nodes)
    waiting = [value.node for value in values]
    seen = set(waiting)
    while waiting:
        node = waiting.pop()
        if node in looked_for:
            return True
        new = {value.node for value in node.inputs} - seen
        seen |= new
        waiting += new
    return False


def _whole(values: tuple[Value, ...]) -> Value | None:
    """Return the array that these values are all parts of, in order, if there is one."""
    parts = values[0].node
    if _cuts_steps(parts) and values == parts.outputs:
        return parts.inputs[0]
    return None


def _cuts_steps(node: Node) -> bool:
    parts = meaning(node)
    return isinstance(parts, Parts) and parts.axis == 0


def _without_detours(graph: Graph) -> Graph:
    """Leave out what takes an array apart only to put it together again."""
    instead = {
        Value(node): whole
        for node in graph.nodes
        if meaning(node) == Joined(0) and (whole := _whole(node.inputs))
    }
    return Graph(redirect(graph.outputs, instead)) if instead else graph


# -- what may be joined ----------------------------------------------------------------------------

Group = tuple[Node, ...]


def _groups(graph: Graph) -> Iterator[Group]:
    """Yield nodes that might be joined, in the order of their steps."""
    yield from _sharing_weights(graph)
    for node in graph.nodes:
        if _cuts_steps(node) and len(node.outputs) > 1:
            yield from _following(graph, node)


def _sharing_weights(graph: Graph) -> Iterator[Group]:
    """Yield nodes of equal operators that have their weights in common."""
    found: dict[object, list[Node]] = {}
    for node in graph.nodes:
        if _works_on_rows(node) and (common := _common(node)):
            # Operators are equal by class and parameters, and values by identity: the very same
            # weights.
            found.setdefault((node.op, common), []).append(node)
    yield from (tuple(nodes) for nodes in found.values() if len(nodes) > 1)


def _following(graph: Graph, parts: Node) -> Iterator[Group]:
    """Yield nodes that do the same to all parts of one array."""
    first, *others = (graph.users.get(value, ()) for value in parts.outputs)
    for leader in dict.fromkeys(first):
        group = [leader, *(_like(leader, users, parts) for users in others)]
        if None not in group and _works_on_rows(leader):
            yield tuple(node for node in group if node is not None)


def _like(leader: Node, users: tuple[Node, ...], parts: Node) -> Node | None:
    """Return the only user that does the same as the leader, at the same place."""
    # The same place, since operators need not treat their inputs alike.
    place = [value.node for value in leader.inputs].index(parts)
    same = [
        node
        for node in dict.fromkeys(users)
        if node.op == leader.op
        and node.inputs[place].node is parts
        and _common(node) == _common(leader)
        and node.attributes.get(GROUP) == leader.attributes.get(GROUP)  # both to one device
    ]
    # Of two that do the same with a part, either could belong to the leader's group.
    return same[0] if len(same) == 1 else None


def _works_on_rows(node: Node) -> bool:
    return isinstance(node.op, Operator) and bool(node.op.row_inputs()) and not node.op.states


def _rows(node: Node) -> tuple[int, ...]:
    """Return where a node's inputs stand that are worked on row by row."""
    if not isinstance(node.op, Operator):
        return ()
    slots = node.op.slots()
    places = [slots[name] for name in node.op.row_inputs()]
    return tuple(place for place in places if isinstance(place, int))


def _common(node: Node) -> tuple[Value, ...]:
    """Return a node's inputs that must be the same for all steps."""
    rows = _rows(node)
    return tuple(value for place, value in enumerate(node.inputs) if place not in rows)


# -- joining ---------------------------------------------------------------------------------------


def _join(graph: Graph, group: Group, shapes: ShapeInference) -> Graph | None:
    """Return the graph with a group as one node, None where that cannot be."""
    # One node twice, as when it takes two parts, is no group. A node that needs another's result
    # would wait for itself, once they are one.
    if len(set(group)) < len(group) or depends_on((v for n in group for v in n.inputs), group):
        return None
    if not _equal_rows(group, shapes(graph)):
        return None
    group = _in_order_of_parts(group)
    first, rows = group[0], _rows(group[0])
    inputs = tuple(
        stack((node.inputs[place] for node in group), f"{first.name}_{place}")
        if place in rows
        else value
        for place, value in enumerate(first.inputs)
    )
    name = f"{first.name}_to_{group[-1].name}"
    joined = Value(Node(first.op, name, inputs, first.attributes))
    parts = unstack(joined, len(group), name)
    instead = {Value(node): part for node, part in zip(group, parts, strict=True)}
    return Graph(redirect(graph.outputs, instead))


def _equal_rows(group: Group, shapes: Mapping[Value, Shape]) -> bool:
    """Whether what is put together, and the results, can be cut into equal parts again."""
    # `SliceChannel` cuts into equal parts only, so all steps need as many rows.
    found = {tuple(shapes.get(node.inputs[p], ()) for p in _rows(node)) for node in group}
    rows, op = next(iter(found)), group[0].op
    if len(found) > 1 or not all(rows):
        return False
    return isinstance(op, Operator) and op.rows_apart(*rows)


def _in_order_of_parts(group: Group) -> Group:
    """Return the nodes in the order of the parts that they take, if one array has them all."""
    # Stacked in the order of the parts, the whole array stands there already: `stack` sees that,
    # and nothing is copied.
    place = _rows(group[0])[0]
    taken = [node.inputs[place] for node in group]
    if len({value.node for value in taken}) > 1 or len(set(taken)) < len(taken):
        return group
    return tuple(sorted(group, key=lambda node: node.inputs[place].number))
