"""Running a graph inside an operator: forward, and back with the gradients of its inputs.

The graph is differentiated as a network is, so that losses, barriers and stated gradient rules mean
the same inside as outside; its nodes are called one after the other, without a plan.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from ..graph.gradient import Differentiated, differentiate
from ..graph.node import Graph, Node, Place, Value
from ..operators.contract import Operator, Shape
from .calls import call_of
from .facts import Facts

__all__ = ["Subgraph", "Values"]

Values = dict[Value, Tensor]
"""What was computed in one run, hidden results included."""


@dataclass(frozen=True, eq=False)
class Subgraph:
    """A graph whose variables have known shapes and element types.

    Args:
        graph: the graph.
        shapes: the shapes of its variables, in the order of `names_of`.
        dtypes: their element types.
        is_train: whether its nodes are called as in training.
    """

    graph: Graph
    shapes: tuple[Shape, ...]
    dtypes: tuple[torch.dtype, ...]
    is_train: bool

    @cached_property
    def facts(self) -> Facts:
        """What is known of all values."""
        names = [node.name for node in self.variables]
        shapes = dict(zip(names, self.shapes, strict=True))
        return Facts.infer(self.graph, shapes, dict(zip(names, self.dtypes, strict=True)))

    @property
    def variables(self) -> tuple[Node, ...]:
        """The variables, in the order in which tensors are given for them."""
        return tuple(node for node in self.graph.nodes if node.op is None)

    def forward(self, tensors: Sequence[Tensor], *, saving: bool) -> Values:
        """Return all values.

        Args:
            tensors: the variables' numbers.
            saving: whether the hidden results that gradients need are among them.
        """
        values: Values = {
            Value(node): tensor for node, tensor in zip(self.variables, tensors, strict=True)
        }
        for node in self.graph.nodes:
            if isinstance(node.op, Operator):
                self._call(node, values, saving=saving and bool(node.op.saved()))
        return values

    def outputs(self, values: Values) -> list[Tensor]:
        """Return the outputs among all values."""
        return [values[value] for value in self.graph.outputs]

    def backward(
        self, values: Values, above: Sequence[Tensor | None], wanted: Collection[int]
    ) -> list[Tensor | None]:
        """Return the gradients of the variables; None where none is wanted, or none flows.

        Args:
            values: what `forward` returned, saving.
            above: what flows back from the outputs.
            wanted: the places of the variables whose gradients are wanted.
        """
        whole = self._differentiated(frozenset(wanted))
        found = dict(values)
        for value, head, grad in zip(self.graph.outputs, whole.head_gradients, above, strict=True):
            if head is not None:
                found[Value(head)] = torch.zeros_like(values[value]) if grad is None else grad
        inside = set(self.graph.nodes)
        for node in whole.graph.nodes:
            if node not in inside and node.op is not None:
                self._call(node, found, saving=False)
        gradients = (whole.gradients.get(node) for node in self.variables)
        return [None if gradient is None else found[gradient] for gradient in gradients]

    def _differentiated(self, wanted: frozenset[int]) -> Differentiated:
        made = self._whole.get(wanted)
        if made is None:
            nodes = [node for place, node in enumerate(self.variables) if place in wanted]
            made = differentiate(self.graph, nodes, self.facts.shapes, self.facts.dtypes)
            self._whole[wanted] = made
        return made

    @cached_property
    def _whole(self) -> dict[frozenset[int], Differentiated]:
        return {}

    def _call(self, node: Node, values: Values, *, saving: bool) -> None:
        # States stay as they are, so what keeps them computes as in prediction, as in 1.9.1.
        trains = self.is_train and not _keeps_states(node)
        call = call_of(node, self.facts.shapes, is_train=trains, saving=saving)
        given = {name: _fetch(node, place, values) for name, place in call.reads.items()}
        found = call.function(**given)
        results = found if isinstance(found, tuple) else (found,)
        values.update({Value(node, number): each for number, each in enumerate(results)})


def _keeps_states(node: Node) -> bool:
    return isinstance(node.op, Operator) and bool(node.op.states)


def _fetch(node: Node, place: Place | None, values: Values) -> Any:
    if isinstance(place, int):
        return values[node.inputs[place]]
    return None if place is None else [_fetch(node, position, values) for position in place]
