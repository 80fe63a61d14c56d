"""What a drawing of a network shows: boxes, what joins them, and the words on both."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ..graph.node import Graph, Node, Value
from ..operators.contract import Operator, Shape
from ._fold import NodeGroup, fold
from ._rows import Link, count_pieces
from ._words import Colours, colours_of, details_of, in_a_line, kind_of_node, shape_text

__all__ = ["MOST_BOXES", "Box", "Part", "Picture", "folded_box", "operands_of"]

_FOLDED = Colours("#f0f0f0", "#737373")
MOST_BOXES = 40
"""How many boxes a picture has at most, unless told otherwise."""

_FEWEST = 3
_MOST_PIECES = 6000  # of line: laid out in about a second
_MOST_TOLD = 30  # nodes that the text of a folded box lists
_MOST_ROWS = 4  # operators that a folded box names one by one, and kinds that it counts
_MOST_SHAPES = 2
_SIDES = {"lhs", "mhs", "rhs"}  # the inputs of binary operators


class Part(NamedTuple):
    """A line of a folded box: what an operator is, or how many there are of it.

    Args:
        text: the line.
        colours: those of the operator.
    """

    text: str
    colours: Colours


@dataclass(frozen=True)
class Box:
    """One box.

    Args:
        name: its first line.
        kind: its second line, nothing for a variable.
        details: values of parameters, below that.
        label: the shapes that leave it.
        told: what is shown when a reader points at it.
        colours: its colours.
        parts: the operators that it stands for, where it stands for several nodes.
        folded: whether it stands for several nodes.
    """

    name: str
    kind: str
    details: Sequence[str]
    label: str
    told: str
    colours: Colours
    parts: Sequence[Part] = ()

    folded: bool = False


@dataclass(frozen=True)
class Picture:
    """Boxes, and which are joined: (source, target), the source being the smaller number.

    Args:
        boxes: the boxes, inputs before users.
        links: for each pair that is joined the values that pass.
        nodes: how many nodes the boxes stand for.
    """

    boxes: Sequence[Box]
    links: Mapping[Link, Sequence[str]]
    nodes: int

    @classmethod
    def of(
        cls, graph: Graph, shapes: Mapping[Value, Shape], most: int | None = MOST_BOXES
    ) -> "Picture":
        """Return what to draw of a graph, in at most so many boxes; fewer, where lines are many.

        With None, every node has a box.

        Operators are drawn, outputs of the graph, and the variables that data comes in by. Weights
        and labels are not; the text of their user names them.
        """
        drawn = _drawn(graph)
        groups = fold(graph, drawn, most)
        place = {node: number for number, group in enumerate(groups) for node in group.nodes}
        passing: dict[Link, dict[Value, None]] = {}
        leaving: dict[int, dict[Value, None]] = {number: {} for number in range(len(groups))}
        for value in graph.outputs:
            leaving[place[value.node]][value] = None
        for target, node in ((place[node], node) for node in drawn):
            for value in node.inputs:
                source = place.get(value.node, target)
                if source != target:
                    passing.setdefault((source, target), {})[value] = None
                    leaving[source][value] = None
        many = most is not None and count_pieces(len(groups), list(passing)) > _MOST_PIECES
        if most is not None and many and most > _FEWEST:
            return cls.of(graph, shapes, max(_FEWEST, min(most, len(groups)) // 2))
        boxes = [_box(group, shapes, leaving[n]) for n, group in enumerate(groups)]
        links = {link: [_told(v, shapes) for v in values] for link, values in passing.items()}
        return cls(boxes, links, len(drawn))


def _drawn(graph: Graph) -> list[Node]:
    shown = {value.node for value in graph.outputs}
    for node in graph.nodes:
        shown.update(value.node for value in operands_of(node))
    return [node for node in graph.nodes if node.op is not None or node in shown]


def operands_of(node: Node) -> Iterator[Value]:
    """Yield the inputs that a node works on, as against weights, labels and states.

    They are the first input, those of a variable number, and both sides of a binary operator.
    """
    names = node.op.arguments() if isinstance(node.op, Operator) else ()
    for position, (name, value) in enumerate(zip(names, node.inputs, strict=False)):
        if position == 0 or name in _SIDES or (name.startswith("arg") and name[3:].isdigit()):
            yield value


def _box(group: NodeGroup, shapes: Mapping[Value, Shape], leaving: Iterable[Value]) -> Box:
    label = _label(shapes[value] for value in leaving if value in shapes)
    if len(group.nodes) > 1:
        return folded_box(group, label)
    (node,) = group.nodes
    told = "\n".join(_about(node, shapes))
    return Box(node.name, kind_of_node(node), details_of(node), label, told, colours_of(node))


def folded_box(group: NodeGroup, label: str = "") -> Box:
    """Return the box of several nodes.

    Args:
        group: the nodes.
        label: the shapes that leave it.
    """
    size = len(group.nodes) // group.times
    parts = _parts([group.nodes[number::size] for number in range(size)])
    count = f"{size:,} {'operators' if size > 1 else 'operator'}"
    if group.times > 1:
        beside = " side by side" if group.beside else ""
        count = f"×{group.times:,}{beside}{f', of {count} each' if size > 1 else ''}"
    elif all(node.op is None for node in group.nodes):
        count, parts = f"{size:,} inputs", []
    elif len(parts) == size:
        count = ""  # the parts are all there is
    else:
        branches = len({value for value in group.nodes[-1].inputs if value.node in group.nodes})
        count = f"{count} in {branches} branches" if branches > 1 else count
    told = "\n".join(
        [f"{group.name}: {count or f'{size} nodes'}", *_listed(group.nodes[:size], group.times)]
    )
    return Box(group.name, count, (), label, told, _FOLDED, parts, folded=True)


def _parts(nodes: Sequence[Sequence[Node]]) -> list[Part]:
    """Return a line for each operator, or for each kind of operator where they are many.

    Args:
        nodes: for each operator of a round those that stand in its place in all rounds.
    """
    if len(nodes) <= _MOST_ROWS:
        return [Part(_shared_line(own), colours_of(own[0])) for own in nodes]
    kinds: dict[str, list[Node]] = {}
    for node, *_ in nodes:
        kinds.setdefault(kind_of_node(node) or "variable", []).append(node)
    most = _MOST_ROWS if len(kinds) <= _MOST_ROWS else _MOST_ROWS - 1
    frequent = sorted(kinds, key=lambda kind: -len(kinds[kind]))[:most]
    shown = [(kind, own) for kind, own in kinds.items() if kind in frequent]
    parts = [
        Part(f"{len(own)} × {kind}" if len(own) > 1 else kind, colours_of(own[0]))
        for kind, own in shown
    ]
    others = len(nodes) - sum(len(own) for _, own in shown)
    return [*parts, Part(f"{others} others", _FOLDED)] if others else parts


def _shared_line(nodes: Sequence[Node]) -> str:
    """Return an operator in a line, without the parameters where they are not the same."""
    lines = {in_a_line(node) for node in nodes}
    return lines.pop() if len(lines) == 1 else kind_of_node(nodes[0])


def _label(shapes: Iterable[Shape]) -> str:
    texts = list(dict.fromkeys(map(shape_text, shapes)))
    return " ".join(texts[:_MOST_SHAPES]) + (" …" if len(texts) > _MOST_SHAPES else "")


def _listed(nodes: Sequence[Node], times: int) -> Iterator[str]:
    yield from (f"{node.name}: {node.op or 'variable'}" for node in nodes[:_MOST_TOLD])
    if len(nodes) > _MOST_TOLD:
        yield f"… and {len(nodes) - _MOST_TOLD:,} more"
    if times > 1:
        yield f"… and so on, {times:,} times in all"


def _about(node: Node, shapes: Mapping[Value, Shape]) -> Iterator[str]:
    yield f"{node.name}: {node.op or 'variable'}"
    names = (*node.op.arguments(), *node.op.state_names()) if isinstance(node.op, Operator) else ()
    for name, value in zip(names, node.inputs, strict=False):
        yield f"{name}: {_told(value, shapes)}"
    if node.op is not None or Value(node) in shapes:
        yield from (f"gives {_told(value, shapes)}" for value in node.outputs)


def _told(value: Value, shapes: Mapping[Value, Shape]) -> str:
    return f"{value.name} {shapes[value]}" if value in shapes else value.name
