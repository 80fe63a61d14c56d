"""A graph in the dot language of GraphViz. Source: docs/semantics §9.3."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from ..graph.node import Graph, Node, Value
from ..operators.contract import Shape
from ._words import colours_of, details_of, kind_of_node, shape_text

__all__ = ["dot_text"]

_BOX = 'shape=box,fixedsize=true,width=1.3,height=0.8034,style="rounded,filled",penwidth=2'
# The backslash first: the others bring theirs. A NUL would end the text.
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\0": "\ufffd"}
_LINE = 'dir=back,arrowtail=open,color="#737373"'


def dot_text(graph: Graph, title: str, shapes: Mapping[Value, Shape]) -> str:
    """Return a graph in the dot language.

    Operators are drawn, and variables that are outputs of the graph.

    Args:
        graph: the network.
        title: the name of the dot graph.
        shapes: the shapes of values, written on the lines; none for lines without.
    """
    heads = {value.node for value in graph.outputs}
    drawn = [node for node in graph.nodes if node.op is not None or node in heads]
    ids = dict(zip(drawn, _distinct(node.name for node in drawn), strict=True))
    lines = [f"digraph {_quoted(title)} {{", "node [fontsize=10];", "edge [fontsize=10];"]
    lines += [f"{_quoted(name)}  [{_box(node)}];" for node, name in ids.items()]
    lines += _links(ids, shapes)
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


def _box(node: Node) -> str:
    colours = colours_of(node)
    parts = [node.name, kind_of_node(node), *details_of(node)]
    label = _quoted("\n".join(part for part in parts if part))
    return f'label={label},{_BOX},fillcolor="{colours.fill}",color="{colours.edge}"'


def _links(ids: Mapping[Node, str], shapes: Mapping[Value, Shape]) -> Iterator[str]:
    for node, name in ids.items():
        for value in node.inputs:
            if value.node in ids:
                shape = shapes.get(value)
                label = "" if shape is None else f",label={_quoted(shape_text(shape))}"
                yield f"{_quoted(name)} -> {_quoted(ids[value.node])}  [{_LINE}{label}];"


def _quoted(text: str) -> str:
    r"""Return a string of the dot language.

    >>> print(_quoted('a "b"\nc'))
    "a \"b\"\nc"
    """
    for sign, written in _ESCAPES.items():
        text = text.replace(sign, written)
    return f'"{text}"'
