"""A network as one function of tensors: its steps in order, for prediction or for training."""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import count
from threading import Lock
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

import torch
from torch import Tensor

from ..graph.file_format import read_json
from ..graph.file_writing import write_json
from ..graph.node import Graph, Value
from ..graph.rewrite import rewrite
from ..graph.rewrite.identities import skip_identities
from ..operators.contract import Operator
from ._node_call import NodeCall, asked_inputs, nodes_of_prediction, operators_of
from ._plans import Plans, is_traced
from .left_out import CARRYING, reason_of

__all__ = ["Network"]


class _Call(NamedTuple):
    """A step, and where its values are: in a list of all that are alive.

    Args:
        step: what is called.
        inputs: the places of its inputs; None for those that it does not ask for.
        outputs: the places of its outputs.
        done: the places that nobody reads afterwards.
    """

    step: NodeCall
    inputs: tuple[int | None, ...]
    outputs: tuple[int, ...]
    done: tuple[int, ...]


class _Program:
    """The calls of a graph, in order.

    Args:
        graph: the graph.
        variables: names of its variables, in the order in which tensors are given.
        is_train: whether its steps are called as in training.
    """

    def __init__(self, graph: Graph, variables: Sequence[str], *, is_train: bool) -> None:
        needed = nodes_of_prediction(graph)
        places: dict[Value, int] = {}
        by_name = {name: place for place, name in enumerate(variables)}
        for node in graph.nodes:
            if node in needed:
                for value in node.outputs:
                    own = by_name.get(node.name) if node.op is None else None
                    places[value] = len(variables) + len(places) if own is None else own
        self._size = len(variables) + len(places)
        self._outputs = [places[value] for value in graph.outputs]
        self._calls: list[_Call] = []
        kept = {*range(len(variables)), *self._outputs}
        for node in reversed(graph.nodes):
            if node in needed and isinstance(node.op, Operator):
                asked = asked_inputs(node.op)
                inputs = tuple(
                    places[value] if place in asked else None
                    for place, value in enumerate(node.inputs)
                )
                outputs = tuple(places[value] for value in node.outputs)
                done = {p for p in (*inputs, *outputs) if p is not None} - kept
                kept |= done
                step = NodeCall(node, is_train=is_train)
                self._calls.append(_Call(step, inputs, outputs, tuple(done)))
        self._calls.reverse()

    def __call__(self, variables: Sequence[Tensor]) -> tuple[list[Tensor], dict[int, Tensor]]:
        """Return the outputs, and the states that moved, by the places of their variables."""
        values: list[Any] = [*variables, *[None] * (self._size - len(variables))]
        moved: dict[int, Tensor] = {}
        for step, inputs, outputs, done in self._calls:
            found, states = step([None if place is None else values[place] for place in inputs])
            for place, tensor in zip(outputs, found, strict=True):
                values[place] = tensor
            for place, tensor in states.items():
                variable = inputs[place]
                assert variable is not None
                values[variable] = moved[variable] = tensor
            for place in done:
                values[place] = None
        return [_in_rows(values[place]) for place in self._outputs], moved


class Network:
    """A graph that is called with tensors for its variables. It never changes.

    Args:
        graph: the graph.
        variables: names of the variables that predictions need, in order.
        inputs: names of those that each call is given; the others stay from call to call.
    """

    def __init__(self, graph: Graph, variables: Sequence[str], inputs: Sequence[str]) -> None:
        self.graph, self.variables, self.inputs = graph, tuple(variables), tuple(inputs)
        states = {node.name for node in graph.states}
        self.states = tuple(name for name in self.variables if name in states)
        self.key = next(_KEYS)
        operators = [*operators_of(graph)]
        opaque = any(map(reason_of, operators))
        carrying = any(type(operator).__name__ in CARRYING for operator in operators)
        self.run = _run_apart() if opaque else run_network
        self.run_for_gradients = _run_apart() if opaque or carrying else run_network
        self._places = [self.variables.index(name) for name in self.states]
        self._programs: OrderedDict[Any, _Program] = OrderedDict()
        self._lock = Lock()
        self.plans = Plans(graph, self.variables, inputs)
        _NETWORKS[self.key] = self
        _tell_the_compiler()

    def __call__(self, variables: Sequence[Tensor], *, is_train: bool) -> tuple[Tensor, ...]:
        """Return the outputs, and in training the states as the step leaves them.

        Args:
            variables: the variables, in order.
            is_train: whether to compute as in training.
        """
        if not is_train and (planned := self.plans.run(variables)) is not None:
            return planned
        # Traced, lengths may be symbols, and what is traced is to serve for other lengths too.
        traced = is_traced(variables)
        program = self._program(variables, is_train=is_train, traced=traced)
        outputs, moved = program(variables)
        if is_train:
            outputs += [moved.get(place, variables[place]) for place in self._places]
        return tuple(outputs)

    def _program(self, variables: Sequence[Tensor], *, is_train: bool, traced: bool) -> _Program:
        shapes = tuple(tuple(tensor.shape) for tensor in variables)
        key = is_train, None if traced else shapes
        with self._lock:
            found = self._programs.get(key)
            if found is None:
                known = dict(zip(self.variables, shapes, strict=True))
                graph = self._rewritten(None if traced else known, is_train=is_train)
                found = _Program(graph, self.variables, is_train=is_train)
                self._programs[key] = found
                if len(self._programs) > _REMEMBERED:
                    self._programs.popitem(last=False)
            self._programs.move_to_end(key)
        return found

    def _rewritten(self, shapes: Mapping[str, Any] | None, *, is_train: bool) -> Graph:
        if shapes is None:
            return skip_identities(self.graph, is_train=is_train)
        return rewrite(self.graph, shapes, is_train=is_train)

    def __deepcopy__(self, memo: object) -> "Network":
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        # As text: nodes hold each other, deeper than pickle can follow.
        return _read, (write_json(self.graph), self.variables, self.inputs)


def run_network(key: int, is_train: bool, *variables: Tensor) -> tuple[Tensor, ...]:
    """Call a network; to torch.compile it is one function, traced with all that is in it.

    Args:
        key: the network's.
        is_train: whether to compute as in training.
        variables: its variables, in order.
    """
    return _NETWORKS[key](variables, is_train=is_train)


@cache
def _tell_the_compiler() -> None:
    """Have torch.compile take `run_network` as it is; done late, as it imports the compiler."""
    allow_in_graph: Any = torch.compiler.allow_in_graph
    allow_in_graph(run_network)


@cache
def _run_apart() -> Callable[..., tuple[Tensor, ...]]:
    """Return `run_network` for networks that cannot be traced: it is left to Python."""

    def run(key: int, is_train: bool, *variables: Tensor) -> tuple[Tensor, ...]:
        return _NETWORKS[key](variables, is_train=is_train)

    disable: Any = torch.compiler.disable
    apart: Callable[..., tuple[Tensor, ...]] = disable(run)
    return apart


_NETWORKS: WeakValueDictionary[int, Network] = WeakValueDictionary()
"""Networks by their keys: what torch.compile passes on must be a number or a tensor."""
_KEYS = count()
_REMEMBERED = 16
"""For how many shapes a network keeps what it calls."""


def _in_rows(output: Tensor) -> Tensor:
    """Return an output as `view` wants it: images may lie channels-last on the way."""
    return output if output.ndim < _IMAGES else output.contiguous()


_IMAGES = 4
"""How many axes images have."""


def _read(text: str, variables: tuple[str, ...], inputs: tuple[str, ...]) -> Network:
    return Network(read_json(text), variables, inputs)
