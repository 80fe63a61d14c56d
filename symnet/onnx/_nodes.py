"""Nodes of an ONNX graph, as they are noted before the package `onnx` is asked for anything."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .terms import Term

__all__ = ["Emitted", "InnerGraph", "names_read"]


@dataclass(eq=False)
class Emitted:
    """A node of the ONNX graph.

    Args:
        op_type: ONNX's name of the operator.
        name: the node's name.
        inputs: names of values; empty for one that is left out.
        outputs: names of the results.
        attributes: the parameters; None for one that is left out.
        domain: of whom the operator is; ONNX's own by default.
    """

    op_type: str
    name: str
    inputs: list[str]
    outputs: list[str]
    attributes: dict[str, Any]
    domain: str = ""


@dataclass(eq=False)
class InnerGraph:
    """A graph inside of a node, which may read all that is outside: an attribute of loops.

    Args:
        inputs: what each run is given.
        nodes: its nodes.
        outputs: what each run gives back.
    """

    inputs: list[Term]
    nodes: list[Emitted]
    outputs: list[Term]


def names_read(node: Emitted) -> Iterator[str]:
    """Yield the names of all values that a node reads, in graphs inside of it too."""
    yield from node.inputs
    for value in node.attributes.values():
        if isinstance(value, InnerGraph):
            for each in value.nodes:
                yield from names_read(each)
