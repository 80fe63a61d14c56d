"""Recomputation: what the backward pass reads is computed again instead of being kept.

Source: Chen et al., "Training Deep Nets with Sublinear Memory Cost", arXiv:1604.06174; the
attributes are those of Apache MXNet.
"""

import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from math import prod

from ..core.errors import ArgumentError
from ..operators.contract import Operator, Shape
from .gradient import Differentiated
from .node import Graph, Node, Value
from .operations import multiply_adds

__all__ = ["marked_nodes", "operations", "recomputed", "selections"]

_SUFFIX = "_again"
_WORDS = {"true": True, "1": True, "false": False, "0": False}


def recomputed(
    whole: Differentiated, forward: Collection[Node], again: Collection[Node]
) -> Differentiated:
    """Let the backward pass compute some nodes again, and read the copies.

    Args:
        whole: the network with its gradients.
        forward: the nodes of the network.
        again: those of them that are computed again, as far as a gradient reads them.

    A copy stands right before the first gradient that reads it, because gradients name what flows
    back before what they read beside it.
    """
    copies = _copies(whole.graph, forward, again)
    if not copies:
        return whole

    def instead(value: Value) -> Value:
        return Value(copies[value.node], value.number) if value.node in copies else value

    for node in copies:  # inputs first
        copies[node] = Node(
            node.op, node.name + _SUFFIX, tuple(map(instead, node.inputs)), node.attributes
        )
    made: dict[Node, Node] = {}
    for node in whole.graph.nodes:
        inputs = node.inputs
        if node not in forward:
            inputs = tuple(Value(made.get(v.node, v.node), v.number) for v in map(instead, inputs))
        same = inputs == node.inputs
        made[node] = node if same else Node(node.op, node.name, inputs, node.attributes)
    moved = {
        node: None if value is None else Value(made[value.node], value.number)
        for node, value in whole.gradients.items()
    }
    outputs = tuple(Value(made[value.node], value.number) for value in whole.graph.outputs)
    beside = {made[node]: other for node, other in whole.beside.items()}
    beside |= {copy: node for node, copy in copies.items()}
    return replace(
        whole, graph=Graph(outputs), gradients=moved, beside=beside, copies=tuple(copies.values())
    )


def _copies(graph: Graph, forward: Collection[Node], again: Collection[Node]) -> dict[Node, Node]:
    """Return the nodes that need a copy, inputs first; each stands for its own for now."""
    needed: set[Node] = set()
    waiting = [v.node for node in graph.nodes if node not in forward for v in node.inputs]
    while waiting:
        node = waiting.pop()
        if node in again and node not in needed:
            needed.add(node)
            waiting += [value.node for value in node.inputs]
    return {node: node for node in graph.nodes if node in needed}


# -- which nodes ---------------------------------------------------------------------------------


def marked_nodes(graph: Graph) -> frozenset[Node]:
    """Return what the network itself, or the environment, wants computed again.

    ``force_mirroring="True"`` on a node says it of this one. ``mirror_stage="True"`` says that this
    one is kept, and all others computed again. MXNET_BACKWARD_DO_MIRROR=1 says it of all that takes
    few operations. A node's own ``force_mirroring="False"`` is heard first.

    Raises ArgumentError for other values of the attributes.
    """
    possible = _possible(graph)
    forced = {node: _flag(node, "force_mirroring") for node in graph.nodes if node.op}
    stages = {node for node in forced if _flag(node, "mirror_stage")}
    chosen = {node for node in possible if forced[node]}
    if stages:
        chosen |= possible - stages
    if os.environ.get("MXNET_BACKWARD_DO_MIRROR", "0").strip() not in ("", "0"):
        chosen |= _cheap(possible)
    return frozenset(node for node in chosen if forced[node] is not False)


def _flag(node: Node, name: str) -> bool | None:
    text = node.attributes.get(name)
    if text is None:
        return None
    if text.lower() not in _WORDS:
        raise ArgumentError(
            f"{node.name!r} has the attribute {name}={text!r}; it must be 'True' or 'False'"
        )
    return _WORDS[text.lower()]


def selections(graph: Graph, shapes: Mapping[Value, Shape]) -> Iterator[frozenset[Node]]:
    """Yield sets of nodes to compute again, from none to those that save the most memory.

    First come the nodes that multiply nothing, as normalisations and activations; then a quarter, a
    half and three quarters of the others, those that make the most of few products. Then all nodes
    but those through which everything passes, the ends of a network's blocks; then all but every
    second of these, and so on.
    """
    possible = _possible(graph)
    yield frozenset()
    cheap = _cheap(possible)
    yield cheap
    products = sorted(possible - cheap, key=lambda node: _products_for_an_element(node, shapes))
    for quarters in (1, 2, 3):
        yield cheap | frozenset(products[: len(products) * quarters // 4])
    ends = [node for node in _narrow(graph) if node in possible]
    step = 1
    while step < max(2, len(ends)):
        yield possible - frozenset(ends[::step])
        step *= 2


def _possible(graph: Graph) -> frozenset[Node]:
    """Return what may be computed again: it gives the same, and nobody else waits for it."""
    outputs = {value.node for value in graph.outputs}
    return frozenset(
        node
        for node in graph.nodes
        if isinstance(op := node.op, Operator)
        and op.pure
        and not (op.foreign or op.crosses or op.is_loss() or op.inner_graphs())
        and node not in outputs
    )


def _cheap(nodes: Collection[Node]) -> frozenset[Node]:
    """Return the nodes whose operators multiply no matrices or filters."""
    return frozenset(
        node
        for node in nodes
        if isinstance(node.op, Operator) and type(node.op).multiply_adds is Operator.multiply_adds
    )


def _products_for_an_element(node: Node, shapes: Mapping[Value, Shape]) -> tuple[float, str]:
    made = sum(prod(shapes[value]) for value in node.outputs)
    return operations([node], shapes) / max(made, 1), node.name  # by name too: alike in every run


def _narrow(graph: Graph) -> list[Node]:
    """Return the nodes after which their result is all that the rest of the network needs."""
    order = [node for node in graph.nodes if node.op is not None]
    last = {node: number for number, node in enumerate(order)}
    for number, node in enumerate(order):
        for value in node.inputs:
            if value.node in last:
                last[value.node] = max(last[value.node], number)
    found, farthest = [], 0
    for number, node in enumerate(order):
        # Of all before this one, none is read after it.
        if farthest <= number:
            found.append(node)
        farthest = max(farthest, last[node])
    return found


def operations(nodes: Collection[Node], shapes: Mapping[Value, Shape]) -> int:
    """Return how many products nodes add up."""
    return sum(multiply_adds(node, shapes) or 0 for node in nodes)
