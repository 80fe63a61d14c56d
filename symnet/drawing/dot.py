"""A graph in the dot language of GraphViz. Source: docs/semantics §9.3."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from ..graph.node import Graph, Value
from ..operators.contract import Shape
from ._fold import NodeGroup, fold
from ._words import colours_of, details_of, kind_of_node, shape_text
from .picture import folded_box
from .svg import Direction

__all__ = ["dot_text"]

_BOX = 'shape=box,fixedsize=true,width=1.3,height=0.8034,style="rounded,filled",penwidth=2'
_FOLDED = 'shape=box,style="rounded,filled,dashed",penwidth=2'
_WIDEST, _MOST_LINES = 15, 4  # letters of a line, and lines, that such a box has room for
# The backslash first: the others bring theirs. A NUL would end the text.
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\0": "\ufffd"}
_LINE = 'dir=back,arrowtail=open,color="#737373"'


def dot_text(
    graph: Graph,
    title: str,
    shapes: Mapping[Value, Shape],
    most: int | None,
    direction: Direction = "up",
    *,
    titled: bool = True,
) -> str:
    """Return a graph in the dot language.

    Operators are drawn, and variables that are outputs of the graph.

    Args:
        graph: the network.
        title: the name of the dot graph.
        shapes: the shapes of values, written on the lines; none for lines without.
        most: how many boxes there may be; None for one for each node.
        direction: where data flows.
        titled: whether the title is drawn.
    """
    heads = {value.node for value in graph.outputs}
    drawn = [node for node in graph.nodes if node.op is not None or node in heads]
    groups = fold(graph, drawn, most)
    ids = dict(zip(range(len(groups)), _distinct(group.name for group in groups), strict=True))
    lines = [f"digraph {_quoted(title)} {{", "node [fontsize=10];", "edge [fontsize=10];"]
    lines += [f"label={_quoted(title)};", "labelloc=t;"] if titled else []
    # Edges lead from what reads to what is read.
    lines += ["rankdir=RL;"] if direction == "right" else []
    lines += [f"{_quoted(ids[n])}  [{_box(group)}];" for n, group in enumerate(groups)]
    lines += _links(groups, ids, shapes)
    return "\n".join([*lines, "}"]) + "\n"


def _distinct(names: Iterable[str]) -> Iterator[str]:
    """Yield the names, and further ones where a name comes again: dot would make them one node."""
    uses: Counter[str] = Counter()
    taken: set[str] = set()
    for name in names:
        found = name
        while found in taken:
            uses[name] += 1
            found = f"{name} ({uses[name] + 1})"
        taken.add(found)
        yield found


def _box(group: NodeGroup) -> str:
    if len(group.nodes) > 1:
        box = folded_box(group)
        parts = [box.name, box.kind, *(part.text for part in box.parts)]
        colours, shape = box.colours, _FOLDED
    else:
        (node,) = group.nodes
        details = details_of(node)
        parts = [node.name, kind_of_node(node), *details]
        colours, shape = colours_of(node), _BOX
        if len(parts) > _MOST_LINES or any(len(part) > _WIDEST for part in parts):
            shape = shape.replace("fixedsize=true,", "")  # which lets it grow
    label = _quoted("\n".join(part for part in parts if part))
    return f'label={label},{shape},fillcolor="{colours.fill}",color="{colours.edge}"'


def _links(
    groups: Iterable[NodeGroup], ids: Mapping[int, str], shapes: Mapping[Value, Shape]
) -> Iterator[str]:
    place = {node: number for number, group in enumerate(groups) for node in group.nodes}
    for target, group in enumerate(groups):
        read = [value for node in group.nodes for value in node.inputs]
        # A node that reads a value twice is joined with it twice; a folded box is not.
        for value in read if len(group.nodes) == 1 else dict.fromkeys(read):
            source = place.get(value.node, target)
            if source != target:
                shape = shapes.get(value)
                label = "" if shape is None else f",label={_quoted(shape_text(shape))}"
                yield f"{_quoted(ids[target])} -> {_quoted(ids[source])}  [{_LINE}{label}];"


def _quoted(text: str) -> str:
    r"""Return a string of the dot language.

    >>> print(_quoted('a "b"\nc'))
    "a \"b\"\nc"
    """
    for sign, written in _ESCAPES.items():
        text = text.replace(sign, written)
    return f'"{text}"'
