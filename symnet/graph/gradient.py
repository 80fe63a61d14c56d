"""Differentiation: a graph becomes a graph with the gradients among its outputs.

A gradient is a node like any other, so that it can be printed, rewritten and planned.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from ..operators.contract import Input, Inputs, Operator, Rule, Shape, find_operator
from .node import Gradient, Graph, Node, Place, Value

__all__ = ["Differentiated", "differentiate"]


@dataclass(frozen=True)
class Differentiated:
    """A network together with its gradients.

    Args:
        graph: outputs are the network's, then the gradients.
        head_gradients: for each output the variable through which its gradient comes in, None where
            none is needed.
        gradients: for each wanted variable its gradient; None where nothing flows back to it.
        beside: for each variable and gradient that was added the node of the network beside whose
            results its own live: on one device. Sums live where their parts do.
        copies: the nodes that compute something of the network again; see `recompute`.
    """

    graph: Graph
    head_gradients: tuple[Node | None, ...]
    gradients: Mapping[Node, Value | None]
    beside: Mapping[Node, Node]
    copies: tuple[Node, ...] = ()


def differentiate(
    graph: Graph,
    wanted: Collection[Node],
    shapes: Mapping[Value, Shape],
    dtypes: Mapping[Value, torch.dtype],
) -> Differentiated:
    """Add the gradients with respect to some variables to a graph.

    Args:
        graph: the network.
        wanted: the variables whose gradients are wanted; no other is computed.
        shapes: the shapes of all values of the network.
        dtypes: their element types.
    """
    adjoint = _Adjoint(graph, wanted, shapes, dtypes)
    heads = tuple(adjoint.seed(index, value) for index, value in enumerate(graph.outputs))
    # Users before inputs: when a node is reached, all that flows into its results is known.
    for node in reversed(graph.nodes):
        if isinstance(node.op, Operator) and node in adjoint.reaching:
            adjoint.push_through(node, node.op)
    gradients = {node: adjoint.total(Value(node)) for node in graph.arguments if node in wanted}
    # Last arguments first: gradients are then computed, and may be let go, from the output back.
    found = tuple(value for value in reversed(gradients.values()) if value is not None)
    whole = Graph(graph.outputs + found)
    return Differentiated(whole, heads, gradients, adjoint.beside)


class _Adjoint:
    """What has flowed back so far, for every value of the network.

    Which nodes take part is found first, from the wanted variables upward. What does not lead to
    one gets no gradient node, so that the cost of backward is that of the gradients asked for.
    """

    def __init__(
        self,
        graph: Graph,
        wanted: Collection[Node],
        shapes: Mapping[Value, Shape],
        dtypes: Mapping[Value, torch.dtype],
    ) -> None:
        self.shapes = shapes
        self.dtypes = dtypes
        self.contributions: dict[Value, list[Value]] = {}
        self.beside: dict[Node, Node] = {}
        self.taken = {node.name for node in graph.nodes if node.op is None}
        self.carrying: set[Node] = set(wanted)
        """Nodes that carry a gradient from above on to a wanted variable."""
        self.reaching: set[Node] = set(wanted)
        """Those, and losses, which start a gradient of their own."""
        # Inputs come first in the graph's order: whether they carry is known when a user is
        # reached.
        for node in graph.nodes:
            if isinstance(node.op, Operator) and any(
                node.inputs[position].node in self.carrying
                for _, position, _ in _differentiable(node.op)
            ):
                self.reaching.add(node)
                # A loss takes no gradient from above: what is computed from it flows no further.
                if not node.op.is_loss():
                    self.carrying.add(node)

    def seed(self, index: int, head: Value) -> Node | None:
        """Let the gradient of an output come in through a new variable, where one is needed."""
        if head.node not in self.carrying:
            return None
        name = f"head_gradient{index}"
        while name in self.taken:  # arrays are bound by name: a user's variable keeps its own
            name = f"_{name}"
        variable = Node(None, name, automatic=True)
        self.beside[variable] = head.node
        self.add(head, Value(variable))
        return variable

    def add(self, value: Value, gradient: Value) -> None:
        """Note one more contribution to the gradient of a value."""
        self.contributions.setdefault(value, []).append(gradient)

    def total(self, value: Value) -> Value | None:
        """Return the gradient of a value: the sum of its contributions, None without any."""
        parts = self.contributions.get(value, [])
        if len(parts) < 2:
            return parts[0] if parts else None
        summed = find_operator("ElementWiseSum").make({"num_args": len(parts)})
        total = Value(Node(summed, f"{value.name}_gradient", tuple(parts)))
        self.contributions[value] = [total]  # asked for again, it is not summed again
        return total

    def push_through(self, node: Node, op: Operator) -> None:
        """Add what a node contributes to the gradients of its inputs."""
        # Hidden results have no users in the network, so nothing flows back to them.
        above = tuple(self.total(value) for value in node.outputs)
        # Nothing flows back to this node, so nothing to what is below it through it.
        if not op.is_loss() and not any(above):
            return
        wanted = [
            target for target in _differentiable(op) if node.inputs[target[1]].node in self.carrying
        ]
        together: list[tuple[str, int, int]] = []
        for target in wanted:
            # A rule of its own is a node of its own: it is written straight to its place, and not
            # computed where nobody wants it.
            rule = op.gradient_rule(target[0])
            if rule is None:
                together.append(target)
            else:
                self._add_gradients(node, op, [target], rule, above)
        if together:  # in one node: by the `backward` rule, or derived from `forward` at once
            self._add_gradients(node, op, together, op.rules.get("backward"), above)

    def _add_gradients(
        self,
        node: Node,
        op: Operator,
        targets: list[tuple[str, int, int]],
        rule: Rule | None,
        above: tuple[Value | None, ...],
    ) -> None:
        # A derived gradient runs `forward` again under torch's differentiation, and reads what that
        # reads.
        reads, inputs = _operands(
            node, op, rule or op.rules["forward"], above, derived=rule is None
        )
        names = tuple(op.arguments()[position] for _, position, _ in targets)
        like = tuple(node.inputs[position] for _, position, _ in targets)
        gradient = Gradient(
            op,
            names,
            rule,
            reads,
            shapes=tuple(self.shapes[value] for value in like),
            dtypes=tuple(self.dtypes[value] for value in like),
            known=self._known(node, op),
            index=targets[0][2],
        )
        made = Node(gradient, f"{node.name}_{'_'.join(names)}_gradient", inputs, node.attributes)
        self.beside[made] = like[0].node
        for index, value in enumerate(like):
            self.add(value, Value(made, index))

    def _known(self, node: Node, op: Operator) -> dict[str, Any]:
        """Return the shapes and element types of a node's inputs and results, by name."""
        known: dict[str, Any] = {}
        values: dict[str, Value | list[Value]] = {
            name: [node.inputs[p] for p in place]
            if isinstance(place, tuple)
            else node.inputs[place]
            for name, place in op.slots().items()
        }
        values |= {name: Value(node, number) for number, name in enumerate(op.results())}
        for name, value in values.items():
            if isinstance(value, list):
                known[f"{name}_shape"] = [self.shapes[each] for each in value]
            else:
                known[f"{name}_shape"] = self.shapes[value]
                known[f"{name}_dtype"] = self.dtypes[value]
        return known


def _differentiable(op: Operator) -> list[tuple[str, int, int]]:
    """Return the inputs that a gradient can flow into: name, position, which of several."""
    found = []
    for name, place in op.slots().items():
        declared = op.inputs.get(name)
        if isinstance(declared, Inputs) and isinstance(place, tuple):
            found += [(name, position, which) for which, position in enumerate(place)]
        elif isinstance(declared, Input) and declared.takes_gradient and isinstance(place, int):
            found.append((name, place, 0))
    return found


def _operands(
    node: Node, op: Operator, rule: Rule, above: tuple[Value | None, ...], *, derived: bool
) -> tuple[dict[str, Place], tuple[Value, ...]]:
    """Return what a gradient rule reads, by name, and the values in the order of the reading."""
    inputs: list[Value] = []
    reads: dict[str, Place] = {}

    def place(value: Value) -> int:
        inputs.append(value)
        return len(inputs) - 1

    # A rule that does not ask for `grad` belongs to a loss, and keeps nothing from above alive.
    if "grad" in rule.reserved and above[0] is not None:
        reads["grad"] = place(above[0])
    if "grads" in rule.reserved or derived:
        # None where nothing flowed back: the rule need not read zeros.
        reads["grads"] = tuple(None if g is None else place(g) for g in above)
    if "outputs" in rule.reserved:
        reads["outputs"] = tuple(place(value) for value in node.outputs)
    slots, results = op.slots(), op.results()
    for name in rule.tensors:
        slot = slots.get(name)
        if isinstance(slot, tuple):
            reads[name] = tuple(place(node.inputs[position]) for position in slot)
        elif slot is not None:
            reads[name] = place(node.inputs[slot])
        elif name in results:
            reads[name] = place(Value(node, results.index(name)))
    return reads, tuple(inputs)
