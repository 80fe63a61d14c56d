"""Tracing: every value of a network, computed node by node and kept apart from all others.

A program writes over values that nobody needs any more, and leaves nodes out. A trace does neither:
it calls one rule after the other over the same bound arrays, each into memory of its own. It is
slow, takes memory for every value that is alive, and leaves the executor as it was.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ..graph.gradient import differentiate
from ..graph.node import Graph, Node, Place, Value, substitute
from ..operators.contract import Input, Operator, Shape, Shapes
from ..program.calls import Call, call_of
from ..program.facts import Facts
from .executor import Executor
from .random_state import RandomState

__all__ = ["Trace", "Traced"]


class _Probe(Operator, registered=False):
    """An identity with a second input that nobody reads, and whose gradient is that of the data.

    Gradients are nodes only for variables. Put behind an inner value, it makes that value's
    gradient the gradient of a variable, so that `differentiate` needs to know nothing of traces.
    """

    data = Input("What passes.")
    probe = Input("An array of the same shape that is not read.")

    def infer_shape(self, data: Shape) -> Shapes:
        """Both inputs have one shape."""
        return {"probe": data, "output": data}

    def forward(self, data: Tensor) -> Tensor:
        """Return the data."""
        return data

    def data_gradient(self, grad: Tensor) -> Tensor:
        """Return grad."""
        return grad

    def probe_gradient(self, grad: Tensor) -> Tensor:
        """Return grad."""
        return grad


@dataclass(frozen=True)
class Traced:
    """One value of a trace.

    Args:
        node: the node that it is a result of; its operator is a `Gradient` on the backward pass.
        names: what the value is called: ``fc1_output``, ``fc1_output_gradient``,
            ``fc1_weight_gradient``; nothing where it is a part of a gradient's sum.
        tensor: the value itself.
        inputs: what it was computed from, by name.
    """

    node: Node
    names: tuple[str, ...]
    tensor: Tensor
    inputs: Mapping[str, Tensor]


class Trace:
    """The training run of an executor, node by node.

    Outputs that are no loss let no gradient in.

    Args:
        executor: what is traced: its network, over its arrays as they are when `run` is called.
        gradients_of: tells by its name whether the gradient of a node's output is wanted; those of
            parameters always are. Default: of none.
    """

    def __init__(
        self, executor: Executor, gradients_of: Callable[[str], bool] = lambda name: False
    ) -> None:
        self.device = executor.context.device
        self.bound = {n: a.torch for n, a in {**executor.arg_dict, **executor.aux_dict}.items()}
        self.variables, self.states = frozenset(self.bound), frozenset(executor.aux_dict)
        network = executor.symbol.graph
        self.probes: dict[Node, Value] = {}
        graph = self._probed(network, Facts.of(network, self.bound), gradients_of)
        self.forward = frozenset(graph.nodes)
        wanted = [n for n in graph.arguments if n.name in executor.grad_dict or n in self.probes]
        facts = Facts.of(graph, self.bound)
        self.whole = differentiate(graph, wanted, facts.shapes, facts.dtypes)
        self._close_heads(facts)
        self.shapes = Facts.of(self.whole.graph, self.bound).shapes
        self.names = self._gradient_names()

    def _probed(self, network: Graph, facts: Facts, gradients_of: Callable[[str], bool]) -> Graph:
        """Return the network with a probe behind each value whose gradient is wanted."""

        def behind(node: Node, original: Value) -> Value:
            value, visible = Value(node, original.number), original in original.node.outputs
            wanted = visible and facts.dtypes[original].is_floating_point
            if not wanted or not gradients_of(original.name):
                return value
            probe = Node(None, f"{original.name} probe", automatic=True)
            self.probes[probe] = original
            zero = torch.zeros((), dtype=facts.dtypes[original], device=self.device)
            self.bound[probe.name] = zero.expand(facts.shapes[original])  # one number for all
            return Value(Node(_Probe(), f"{original.name} probed", (value, Value(probe))))

        originals = iter(network.nodes)

        def replace(node: Node, inputs: tuple[Value, ...]) -> tuple[Value, ...] | None:
            original = next(originals)  # nodes come in the order of the network
            if not isinstance(node.op, Operator) or node.op.is_loss():
                return None
            new = Node(node.op, node.name, inputs, node.attributes, node.automatic)
            return tuple(behind(new, Value(original, n)) for n in range(len(node.results)))

        return Graph(substitute(network.outputs, replace))

    def _close_heads(self, facts: Facts) -> None:
        """Bind zeros to the gradients of outputs that are no losses."""
        for value, head in zip(self.whole.graph.outputs, self.whole.head_gradients, strict=False):
            if head is not None:
                self.bound[head.name] = torch.zeros(
                    facts.shapes[value], dtype=facts.dtypes[value], device=self.device
                )

    def _gradient_names(self) -> dict[Value, tuple[str, ...]]:
        found: dict[Value, tuple[str, ...]] = {}
        for variable, gradient in self.whole.gradients.items():
            if gradient is not None:
                of = self.probes[variable].name if variable in self.probes else variable.name
                found[gradient] = (*found.get(gradient, ()), f"{of}_gradient")
        return found

    # -- running ---------------------------------------------------------------------------------

    def run(self, random: RandomState | None = None) -> Iterator[Traced]:
        """Compute all values, those of the forward pass first, and yield each with its inputs.

        A value lives until the last node that reads it has run, so copy what is to be kept.

        Args:
            random: the random numbers to draw; default those that come next. The generators are
                afterwards as they were.
        """
        now = RandomState.of(self.device)
        (random or now).restore()
        # The generators are put back also where the consumer stops early: `finally` then runs when
        # the generator is closed.
        try:
            yield from self._run()
        finally:
            now.restore()

    def _run(self) -> Iterator[Traced]:
        graph = self.whole.graph
        values = {Value(n): self._array(n.name) for n in graph.nodes if n.op is None}
        for value, tensor in values.items():
            if value.name in self.variables:
                yield Traced(value.node, (value.name,), tensor, {})
        used, wanted = Counter(v for n in graph.nodes for v in n.inputs), {*graph.users}
        for node in sorted(graph.nodes, key=lambda n: n not in self.forward):
            if node.op is None:
                continue
            hidden = range(len(node.outputs), len(node.results))
            saving = any(Value(node, index) in wanted for index in hidden)
            call = call_of(node, self.shapes, is_train=True, saving=saving)
            for value, tensor in _results(node, call, values):
                values[value] = tensor
                yield Traced(node, self._names(value), tensor, _inputs(node, values))
            used.subtract(node.inputs)
            for value in node.inputs:
                if not used[value]:
                    values.pop(value, None)

    def _array(self, name: str) -> Tensor:
        """Return a bound array; a copy of a state, which rules move: a trace changes nothing."""
        return self.bound[name].clone() if name in self.states else self.bound[name]

    def _names(self, value: Value) -> tuple[str, ...]:
        if isinstance(value.node.op, _Probe) or value not in value.node.outputs:
            return ()
        if value.node in self.forward:
            return (value.name, *self.names.get(value, ()))
        return self.names.get(value, ())


def _results(node: Node, call: Call, values: Mapping[Value, Tensor]) -> list[tuple[Value, Tensor]]:
    def fetch(place: Place | None) -> Any:
        if isinstance(place, int):
            return values[node.inputs[place]]
        return None if place is None else [fetch(position) for position in place]

    found = call.function(**{name: fetch(place) for name, place in call.reads.items()})
    results = found if call.results > 1 or isinstance(found, tuple) else (found,)
    return [(Value(node, number), tensor) for number, tensor in enumerate(results)]


def _inputs(node: Node, values: Mapping[Value, Tensor]) -> dict[str, Tensor]:
    """Return what a node was computed from, under the names of the network's values."""
    found: dict[str, Tensor] = {}
    for value in node.inputs:
        source = value
        while isinstance(source.node.op, _Probe):
            source = source.node.inputs[0]
        found[source.name] = values[value]
    return found
