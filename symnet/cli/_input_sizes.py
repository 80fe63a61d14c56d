"""Which input a network was made for, as its weights tell: files say nothing of it."""

from collections.abc import Iterator, Mapping

from ..core.errors import MXError
from ..graph.node import Graph, Node, Value
from ..graph.shapes import infer_shapes
from ..operators.contract import Operator, Shape
from ..symbol import SymbolicNode

__all__ = ["fitting_input", "shapes_wanted"]

_SIZES = (224, 299, 32, 28, *range(8, 400))
"""Sizes of images, frequent ones first; any fits a network without a layer that counts pixels."""


def fitting_input(symbol: SymbolicNode, known: Mapping[str, Shape]) -> dict[str, Shape]:
    """Return the shape of the one input under which most weights fit, for one sample.

    Args:
        symbol: the network.
        known: shapes of its weights, by name.

    Returns nothing where the first layer does not tell what it works on.
    """
    best: dict[str, Shape] = {}
    fewest = len(known) + 1
    for candidate in _candidates(symbol.graph, known):
        faults = _faults(symbol, known, candidate)
        if faults < fewest:
            best, fewest = candidate, faults
        if faults == 0:
            break
    return best


def shapes_wanted(symbol: SymbolicNode, inputs: Mapping[str, Shape]) -> dict[str, Shape]:
    """Return the shapes that a network gives its variables, from those of its inputs.

    Raises ShapeError where the inputs do not fit.
    """
    found = infer_shapes(symbol.graph, inputs).shapes
    return {value.node.name: shape for value, shape in found.items() if value.node.op is None}


def _faults(symbol: SymbolicNode, known: Mapping[str, Shape], inputs: Mapping[str, Shape]) -> int:
    try:
        wanted = shapes_wanted(symbol, inputs)
    except MXError:
        return len(known) + 1
    return sum(wanted.get(name, shape) != shape for name, shape in known.items())


def _candidates(graph: Graph, known: Mapping[str, Shape]) -> Iterator[dict[str, Shape]]:
    """Yield shapes of the input, as the first layer with a weight allows."""
    for node in graph.nodes:
        weight = _weight(node, known)
        source = _source(node) if weight else None
        if weight is None or source is None:
            continue
        if len(weight) == 4:
            group = getattr(node.op, "num_group", 1)
            channels = weight[1] * group
            for size in _SIZES:
                yield {source.name: (1, channels, size, size)}
        else:
            yield {source.name: (1, *weight[1:])}
        return


def _weight(node: Node, known: Mapping[str, Shape]) -> Shape | None:
    """Return the shape of a node's weight, None where it has none."""
    if not isinstance(node.op, Operator):
        return None
    for name, value in zip(node.op.arguments(), node.inputs, strict=False):
        if name == "weight" and value.node.name in known:
            return known[value.node.name]
    return None


def _source(node: Node) -> Node | None:
    """Return the variable that a node's data come from, through operators that keep channels."""
    value: Value = node.inputs[0]
    while value.node.op is not None and value.node.inputs:
        value = value.node.inputs[0]
    return value.node if value.node.op is None else None
