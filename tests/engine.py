"""What tests of the engine share: operators of their own, and a naive way to run a graph.

The naive way knows nothing of gradients, passes or plans: it walks the nodes and lets torch derive.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor

from symnet.graph.node import Graph, Node, Value
from symnet.operators._formula import Formula, _is_computed, _known
from symnet.operators.contract import Input, Operator, Shape, Shapes, State
from symnet.operators.dispatch import operator_function

# -- operators, in no registry ---------------------------------------------------------------------


class Shifted(Operator, registered=False):
    """The data, moved by an auxiliary state."""

    data = Input("Matrix.")
    shift = State("One number for each column.")

    def infer_shape(self, data: Shape) -> Shapes:
        return {"shift": data[1:], "output": data}

    def forward(self, data: Tensor, shift: Tensor) -> Tensor:
        return data + shift


class Halves(Operator, registered=False):
    """The left and the right half of a matrix: an operator with two outputs."""

    data = Input("Matrix with an even number of columns.")

    def outputs(self) -> tuple[str, ...]:
        return ("output0", "output1")

    def infer_shape(self, data: Shape) -> Shapes:
        half = (data[0], data[1] // 2)
        return {"output0": half, "output1": half}

    def forward(self, data: Tensor) -> tuple[Tensor, ...]:
        return tuple(half.clone() for half in data.chunk(2, dim=1))


class Barrier(Operator, registered=False):
    """Nine tenths of the data, through which no gradient flows.

    Not the data itself: relu(data − barrier(data)) would have its kink wherever one looks.
    """

    data = Input("Input of any shape.", takes_gradient=False)

    def infer_shape(self, data: Shape) -> Shapes:
        return {"output": data}

    def forward(self, data: Tensor) -> Tensor:
        return 0.9 * data.detach()


class Noise(Operator, registered=False):
    """The data with random numbers added: an operator that never gives the same twice."""

    pure = False

    data = Input("Input of any shape.")

    def infer_shape(self, data: Shape) -> Shapes:
        return {"output": data}

    def forward(self, data: Tensor) -> Tensor:
        return data + torch.rand_like(data)


shifted = operator_function(Shifted)
halves = operator_function(Halves)
barrier = operator_function(Barrier)
noise = operator_function(Noise)


# -- graphs by hand --------------------------------------------------------------------------------


def variable(name: str) -> Value:
    return Value(Node(None, name))


def apply(op: Operator, *inputs: Value, name: str = "") -> Value:
    """The first result of a new node."""
    return Value(Node(op, name or op.name_hint(), inputs))


# -- the naive way ---------------------------------------------------------------------------------


def evaluate(graph: Graph, arrays: Mapping[str, Tensor]) -> list[Tensor]:
    """The outputs of a graph, one operator after the other."""
    found: dict[Value, Tensor] = {}
    for node in graph.nodes:
        if node.op is None:
            found[Value(node)] = arrays[node.name]
            continue
        assert isinstance(node.op, Operator)
        given = {
            name: [found[node.inputs[p]] for p in place]
            if isinstance(place, tuple)
            else found[node.inputs[place]]
            for name, place in node.op.slots().items()
        }
        result = node.op.run(**given)
        results = result if isinstance(result, tuple) else (result,)
        found.update({Value(node, index): each for index, each in enumerate(results)})
    return [found[value] for value in graph.outputs]


def _anew(formula: Formula, out: Tensor, given: Mapping[str, Any]) -> Tensor:
    """Compute a formula into memory of its own: torch cannot differentiate what is written."""
    if not formula.operands:
        found: Tensor = given[formula.name]
        return found
    operands = [
        _anew(each, out, given) if _is_computed(each) else _known(each, given)
        for each in formula.operands
    ]
    computed: Tensor = getattr(torch, formula.name)(*operands)
    return computed


def derive(
    graph: Graph, arrays: Mapping[str, Tensor], heads: Sequence[Tensor]
) -> tuple[list[Tensor], dict[str, Tensor]]:
    """The outputs, and for each array what `torch.autograd` says its gradient is."""
    leaves = {name: array.clone().requires_grad_() for name, array in arrays.items()}
    with patch.object(Formula, "into", _anew):
        outputs = evaluate(graph, leaves)
    # Every array takes part, so that what does not matter has a gradient too: zero.
    nothing = sum(0 * leaf.sum() for leaf in leaves.values())
    total = sum((o * head).sum() for o, head in zip(outputs, heads, strict=True)) + nothing
    gradients = torch.autograd.grad(total, list(leaves.values()))
    return [o.detach() for o in outputs], dict(zip(leaves, gradients, strict=True))
