"""What the weights of a checkpoint tell of its network, where its file does not say.

A symbol file says nothing of the input, and one without ``pooling_convention`` nothing of how
pooling is rounded; but only some inputs, and often only one rule, give the shapes of the weights.
Source: docs/semantics §2.10.
"""

from collections.abc import Iterator, Mapping

from ..core.errors import MXError
from ..graph.node import Graph, Node
from ..graph.shapes import infer_shapes
from ..operators.contract import Input, Operator, Shape
from ..symbol import SymbolicNode

__all__ = ["fitting_input", "is_fitting", "shapes_wanted"]

_FREQUENT = (224, 299, 227, 331, 256, 192, 160, 128, 112, 96, 64, 48, 32, 28, 24, 16, 12)
"""Sizes that images are given to networks in; any fits one without a layer that counts pixels."""
_SIZES = (*_FREQUENT, *range(8, 400))


def fitting_input(symbol: SymbolicNode, known: Mapping[str, Shape]) -> dict[str, Shape]:
    """Return the shape of the one input under which most weights fit, for one sample.

    Args:
        symbol: the network.
        known: shapes of its weights, by name.

    Returns nothing where the first layer does not tell what it works on.

    >>> from symnet.operators.functions import FullyConnected
    >>> from symnet.symbol import Variable
    >>> net = FullyConnected(Variable("data"), num_hidden=3, name="fc")
    >>> fitting_input(net, {"fc_weight": (3, 5)})
    {'data': (1, 5)}
    """
    best: dict[str, Shape] = {}
    fewest = len(known) + 1
    for candidate in _candidates(symbol.graph, known, _SIZES):
        misfits = _misfits(symbol, known, candidate)
        if misfits < fewest:
            best, fewest = candidate, misfits
        if misfits == 0:
            break
    return best


def is_fitting(symbol: SymbolicNode, known: Mapping[str, Shape]) -> bool:
    """Return whether all weights fit, for the declared shape of the input or any usual one."""
    declared = {node.name for node in symbol.graph.arguments if "shape" in node.attributes}
    candidates = list(_candidates(symbol.graph, known, _FREQUENT))
    if candidates and candidates[0].keys() <= declared:
        candidates = [{}]
    return any(_misfits(symbol, known, candidate) == 0 for candidate in candidates)


def shapes_wanted(symbol: SymbolicNode, inputs: Mapping[str, Shape]) -> dict[str, Shape]:
    """Return the shapes that a network gives its variables, from those of its inputs.

    Raises ShapeError where the inputs do not fit.
    """
    found = infer_shapes(symbol.graph, inputs).shapes
    return {value.node.name: shape for value, shape in found.items() if value.node.op is None}


def _misfits(symbol: SymbolicNode, known: Mapping[str, Shape], inputs: Mapping[str, Shape]) -> int:
    """Return how many weights have another shape than the network gives them."""
    try:
        wanted = shapes_wanted(symbol, inputs)
    except MXError:
        return len(known) + 1
    return sum(wanted.get(name, shape) != shape for name, shape in known.items())


def _candidates(
    graph: Graph, known: Mapping[str, Shape], sizes: tuple[int, ...]
) -> Iterator[dict[str, Shape]]:
    """Yield shapes of the input, as the first layer with a weight allows."""
    for node in graph.nodes:
        weight = _weight(node, known)
        if weight is None:
            continue
        if _takes_indices(node):  # of any shape, whatever the weight
            return
        source = _source(node)
        if len(weight) != 4:
            yield {source.name: (1, *weight[1:])}
            return
        channels = weight[1] * getattr(node.op, "num_group", 1)
        for size in sizes:
            yield {source.name: (1, channels, size, size)}
        return


def _weight(node: Node, known: Mapping[str, Shape]) -> Shape | None:
    """Return the shape of a node's weight, None where it has none."""
    if not isinstance(node.op, Operator):
        return None
    for name, value in zip(node.op.arguments(), node.inputs, strict=False):
        if name == "weight" and value.node.name in known:
            return known[value.node.name]
    return None


def _takes_indices(node: Node) -> bool:
    data = node.op.inputs.get("data") if isinstance(node.op, Operator) else None
    return isinstance(data, Input) and data.any_dtype


def _source(node: Node) -> Node:
    """Return the variable, or whatever has no inputs, that a node's data come from."""
    while node.inputs:
        node = node.inputs[0].node
    return node
