"""Nodes, values and graphs: frozen, so that a pass returns a new graph and changes none.

A node is a variable (no operator) or an operator applied to values. A value is one result of a
node. A graph is the tuple of its outputs; everything else follows from those.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import torch

from ..operators.contract import Operator, Rule, Shape
from ..operators.verification import verify_results

__all__ = [
    "Gradient",
    "Graph",
    "Node",
    "Place",
    "Value",
    "needed_nodes",
    "places_of",
    "redirect",
    "substitute",
]

Place = int | tuple[int | None, ...]
"""Where a rule's tensor stands among a node's inputs; a tuple for several, None where absent."""


@dataclass(frozen=True, eq=False)
class Gradient:
    """The operator of a gradient node: one rule of the operator that it differentiates.

    Args:
        of: the operator whose gradient it is.
        wrt: the arguments whose gradients are the results, in order.
        rule: the operator's rule; None where the gradient is derived from `forward`.
        reads: for each name that the rule asks for, where it stands among the node's inputs.
        shapes: the shapes of the results: those of the arguments.
        dtypes: the element types of the results.
        known: what the rule may ask for by name: shapes and element types.
        index: which of a variable number of inputs, for a rule that asks.
    """

    of: Operator
    wrt: tuple[str, ...]
    rule: Rule | None
    reads: Mapping[str, Place]
    shapes: tuple[Shape, ...]
    dtypes: tuple[torch.dtype, ...]
    known: Mapping[str, Any]
    index: int = 0

    def results(self) -> tuple[str, ...]:
        """Return the names of the results."""
        return self.wrt if len(self.wrt) > 1 else ("",)

    def __repr__(self) -> str:
        return f"Gradient({self.of!r}, {', '.join(self.wrt)})"


@dataclass(frozen=True, eq=False)
class Node:
    """A variable, or an operator applied to values.

    Args:
        op: the operator; None for a variable.
        name: the node's name.
        inputs: the values it is applied to: arguments, then auxiliary states.
        attributes: what the user attached; no influence on computation.
        automatic: whether it is a variable that composition made for an input left open.
    """

    op: Operator | Gradient | None
    name: str
    inputs: "tuple[Value, ...]" = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    automatic: bool = False

    def __repr__(self) -> str:
        return f"Node({self.name!r}, {self.op!r})" if self.op else f"Variable({self.name!r})"

    @cached_property
    def results(self) -> tuple[str, ...]:
        """Names of all results, hidden ones included."""
        if self.op is None:
            return ("",)
        results = self.op.results()
        if isinstance(self.op, Operator):
            verify_results(self.op, results)
        return results

    @property
    def outputs(self) -> "tuple[Value, ...]":
        """The visible results."""
        visible = len(self.op.outputs()) if isinstance(self.op, Operator) else len(self.results)
        return tuple(Value(self, index) for index in range(visible))

    def state_inputs(self) -> "tuple[Value, ...]":
        """The inputs that are auxiliary states."""
        if not isinstance(self.op, Operator) or not self.op.states:
            return ()
        return self.inputs[len(self.op.arguments()) :]


class Value(NamedTuple):
    """One result of a node."""

    node: Node
    number: int = 0

    @property
    def name(self) -> str:
        """The variable's name, or node and output joined: ``fc1_output``."""
        result = self.node.results[self.number]
        return "_".join(part for part in (self.node.name, result) if part)


@dataclass(frozen=True, eq=False)
class Graph:
    """The outputs of a network, and through them all nodes that they need."""

    outputs: tuple[Value, ...]

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """All nodes, inputs before users: a depth-first walk from the outputs in order."""
        # With a stack of its own: a network unrolled over thousands of steps is deeper than
        # Python's.
        order: list[Node] = []
        seen: set[Node] = set()
        for head in self.outputs:
            stack = [(head.node, iter(head.node.inputs))] if head.node not in seen else []
            seen.add(head.node)
            while stack:
                node, remaining = stack[-1]
                following = next((v.node for v in remaining if v.node not in seen), None)
                if following is None:
                    order.append(node)
                    stack.pop()
                else:
                    seen.add(following)
                    stack.append((following, iter(following.inputs)))
        return tuple(order)

    @cached_property
    def states(self) -> tuple[Node, ...]:
        """The variables that are auxiliary states, in order."""
        found = {value.node for node in self.nodes for value in node.state_inputs()}
        return tuple(node for node in self.nodes if node in found and node.op is None)

    @cached_property
    def arguments(self) -> tuple[Node, ...]:
        """The variables that are arguments, in order."""
        states = set(self.states)
        return tuple(node for node in self.nodes if node.op is None and node not in states)

    @cached_property
    def users(self) -> Mapping[Value, tuple[Node, ...]]:
        """For each value the nodes that it is an input of, once for each use."""
        found: dict[Value, list[Node]] = {}
        for node in self.nodes:
            for value in node.inputs:
                found.setdefault(value, []).append(node)
        return {value: tuple(nodes) for value, nodes in found.items()}


def places_of(op: Operator, names: Iterable[str]) -> list[int]:
    """Return where inputs of an operator stand; those that its node lacks stand nowhere."""
    found: list[int] = []
    slots = op.slots()
    for name in names:
        place = slots.get(name, ())
        found += place if isinstance(place, tuple) else (place,)
    return found


def needed_nodes(graph: Graph, asked: Callable[[Operator], Iterable[int]]) -> frozenset[Node]:
    """Return the nodes that the outputs need, where operators read only some of their inputs.

    Args:
        graph: the network.
        asked: returns the places of the inputs that an operator reads.
    """
    found: set[Node] = set()
    waiting = [value.node for value in graph.outputs]
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            if isinstance(node.op, Operator):
                waiting += [node.inputs[place].node for place in asked(node.op)]
    return frozenset(found)


def substitute(
    outputs: Iterable[Value],
    replace: Callable[[Node, tuple[Value, ...]], Node | tuple[Value, ...] | None],
) -> tuple[Value, ...]:
    """Return outputs of a graph in which nodes are replaced, inputs first.

    Args:
        outputs: the graph's outputs.
        replace: given a node and its new inputs, returns the node to stand in its place, or one
            value for each of its results, or None to keep it (with the new inputs). A node of which
            somebody uses a result that has no replacement, as the mask of dropout, is kept too.
    """
    graph = Graph(tuple(outputs))
    outputs = graph.outputs
    made: dict[Value, Value] = {}
    for node in graph.nodes:
        inputs = tuple(made[value] for value in node.inputs)
        new = replace(node, inputs)
        if new is None or _is_missed(graph, node, new):
            # Nodes are equal by identity. Keeping those without change keeps their values, and
            # tables by value, valid.
            new = node if inputs == node.inputs else _with_inputs(node, inputs)
        values = new if isinstance(new, tuple) else [Value(new, i) for i in range(len(new.results))]
        made.update({Value(node, index): value for index, value in enumerate(values)})
    return tuple(made[value] for value in outputs)


def _is_missed(graph: Graph, node: Node, new: Node | tuple[Value, ...]) -> bool:
    """Tell whether somebody uses a result of a node that what replaces it does not have."""
    replaced = len(new if isinstance(new, tuple) else new.results)
    missing = [Value(node, number) for number in range(replaced, len(node.results))]
    return any(value in graph.users or value in graph.outputs for value in missing)


def _with_inputs(node: Node, inputs: tuple[Value, ...]) -> Node:
    return Node(node.op, node.name, inputs, node.attributes, node.automatic)


def redirect(outputs: Iterable[Value], instead: Mapping[Value, Value]) -> tuple[Value, ...]:
    """Return outputs of a graph in which whoever uses a value uses another one instead.

    Args:
        outputs: the graph's outputs.
        instead: for some values what stands in their place. It may be new nodes on top of the
            graph's own, at any depth, and itself uses values that are replaced.
    """
    made: dict[Node, Node] = {}

    def found(value: Value) -> Value:
        # What stands in may be replaced itself, when two replacements meet.
        while value in instead:
            value = instead[value]
        return value

    def ready(node: Node) -> bool:
        return all(found(value).node in made for value in node.inputs)

    def remake(node: Node) -> Node:
        inputs = tuple(Value(made[v.node], v.number) for v in map(found, node.inputs))
        return node if inputs == node.inputs else _with_inputs(node, inputs)

    outputs = [found(value) for value in outputs]
    # Without recursion, and in the order of `nodes`: what stands in may bring new nodes, whose
    # inputs are walked to as the graph's own are.
    stack = [value.node for value in reversed(outputs)]
    while stack:
        node = stack[-1]
        if ready(node):
            made[stack.pop()] = made.get(node) or remake(node)
        else:
            stack += [v.node for v in map(found, reversed(node.inputs)) if v.node not in made]
    return tuple(Value(made[value.node], value.number) for value in outputs)
