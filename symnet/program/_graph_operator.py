"""What operators over graphs share: which inputs a graph's variables are, and its runs.

What the graphs computed on the way forward stays for the way back, on a hidden result. Source:
Apache MXNet 1.9.1, control_flow.cc.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import torch
from torch import Tensor

from ..core.errors import ArgumentError, ParameterError
from ..graph.dtypes import infer_dtypes
from ..graph.node import Graph, Value
from ..graph.shapes import infer_shapes
from ..operators.contract import Inputs, Operator, Shape, param
from ._subgraphs import Subgraph, Values

__all__ = ["GraphOperator", "Runs", "added", "differentiable"]

Runs = list[tuple[Subgraph, Values]]
"""For each run of a graph which one it was, and all its values."""


class _RunTape(Tensor):
    """A tensor without numbers that takes what was computed from forward to backward.

    Args:
        runs: for each run of a graph which one it was, and all its values.
    """

    runs: Runs


class GraphOperator(Operator, registered=False):
    """What operators over graphs share."""

    pure = False

    data = Inputs("The variables of the graphs.")
    subgraphs: object = param("The graphs.")
    num_args: int = param("Number of inputs.", min=0)
    num_outputs: int = param("Number of outputs.", min=1)

    _made: ClassVar[dict[Any, Subgraph]]

    def check(self) -> None:
        """Raise where the graphs are not those that the operator has."""
        who = type(self).__name__
        if not isinstance(self.subgraphs, tuple) or not all(
            isinstance(each, Graph) for each in self.subgraphs
        ):
            raise ParameterError(f"{who}: subgraphs must be graphs, got {self.subgraphs!r}")
        if len(self.subgraphs) != len(self.subgraph_names):
            raise ParameterError(
                f"{who}: there should be {len(self.subgraph_names)} subgraphs "
                f"({', '.join(self.subgraph_names)}), found {len(self.subgraphs)}"
            )
        for use, places in self.places().items():
            self._check_places(use, places)
        # Not a field, so that equal operators stay equal; they are frozen, but may remember
        # programs.
        object.__setattr__(self, "_made", {})

    def _check_places(self, use: str, places: tuple[int, ...]) -> None:
        who = type(self).__name__
        variables = sum(node.op is None for node in self.graph(use).nodes)
        if len(places) != variables:
            raise ParameterError(
                f"{who}: the subgraph {use} has {variables} variables, but {len(places)} inputs"
            )
        if any(not 0 <= place < self.num_args for place in places):
            raise ParameterError(
                f"{who}: the subgraph {use} takes inputs {places}, there are {self.num_args}"
            )

    def places(self) -> Mapping[str, tuple[int, ...]]:
        """Return for each graph which of the inputs its variables are."""
        raise NotImplementedError

    def inner_graphs(self) -> tuple[Graph, ...]:
        """Return the graphs."""
        graphs: Any = self.subgraphs
        return tuple(graphs)

    def graph(self, use: str) -> Graph:
        """Return the graph of one use."""
        return self.inner_graphs()[self.subgraph_names.index(use)]

    def outputs(self) -> tuple[str, ...]:
        """Return ``output0``, ``output1``, …; ``output`` for a single one."""
        if self.num_outputs == 1:
            return ("output",)
        return tuple(f"output{number}" for number in range(self.num_outputs))

    def saved(self) -> Mapping[str, torch.dtype | None]:
        """What the graphs computed."""
        return {"tape": None}

    # -- inference -------------------------------------------------------------------------------

    def _inferred(self, use: str, args: list[Shape | None], slices: int = 0) -> list[Shape | None]:
        """Learn shapes of inputs from a graph, in place; return those of its outputs.

        Args:
            use: which graph.
            args: the shapes of the inputs that are known.
            slices: of how many inputs, the first, the graph has a slice.
        """
        graph = self.graph(use)
        variables = [node for node in graph.nodes if node.op is None]
        places = self.places()[use]
        known = {
            node.name: shape[1:] if place < slices else shape
            for node, place in zip(variables, places, strict=True)
            if (shape := args[place]) is not None
        }
        found = infer_shapes(graph, known).shapes
        for node, place in zip(variables, places, strict=True):
            shape = found.get(Value(node))
            # The shape of a slice does not tell how many there are.
            if args[place] is None and place >= slices:
                args[place] = shape
        return [found.get(value) for value in graph.outputs]

    def infer_types(
        self, inputs: Sequence[torch.dtype | None]
    ) -> tuple[list[torch.dtype], list[torch.dtype]]:
        """As the graphs infer."""
        types = list(inputs)
        outputs: list[torch.dtype] = []
        for use in self.subgraph_names:
            graph, places = self.graph(use), self.places()[use]
            variables = [node for node in graph.nodes if node.op is None]
            pairs = list(zip(variables, places, strict=True))
            known = {node.name: dtype for node, place in pairs if (dtype := types[place])}
            found = infer_dtypes(graph, known)
            for node, place in pairs:
                types[place] = types[place] or found[Value(node)]
            outputs = [found[value] for value in graph.outputs]
        return [dtype or torch.float32 for dtype in types], outputs

    # -- running ---------------------------------------------------------------------------------

    def _subgraph(self, use: str, tensors: Sequence[Tensor], *, is_train: bool) -> Subgraph:
        shapes = tuple(tuple(tensor.shape) for tensor in tensors)
        dtypes = tuple(tensor.dtype for tensor in tensors)
        # Everything that a program depends on: an operator may be bound for several batch sizes.
        key = use, shapes, dtypes, is_train
        if key not in self._made:
            self._made[key] = Subgraph(self.graph(use), shapes, dtypes, is_train)
        return self._made[key]

    def forward(self, data: list[Tensor], is_train: bool) -> Tensor | tuple[Tensor, ...]:
        """Return the outputs."""
        results = self._run(data, None, is_train=is_train)
        return tuple(results) if len(results) > 1 else results[0]

    def forward_saving(self, data: list[Tensor], is_train: bool) -> tuple[Tensor, ...]:
        """Return the same, and what the graphs computed."""
        if is_train:
            self._refuse_states()
        # The plan hands tensors from forward to backward and nothing else, so the runs travel on
        # one.
        tape = data[0].new_zeros(1).as_subclass(_RunTape)
        tape.runs = []
        return (*self._run(data, tape.runs, is_train=is_train), tape)

    def _refuse_states(self) -> None:
        """Raise where training would have to move a state from run to run, as 1.9.1 does."""
        for use, graph in zip(self.subgraph_names, self.inner_graphs(), strict=True):
            if graph.states:
                raise ArgumentError(
                    f"{type(self).__name__}: its subgraph {use} keeps the state "
                    f"{graph.states[0].name!r}, which is not trained inside of loops and branches, "
                    "as in Apache MXNet 1.9.1; take the operator that keeps it out"
                )

    def backward(
        self,
        grads: Sequence[Tensor | None],
        data: list[Tensor],
        tape: Tensor,
        wants: frozenset[str],
    ) -> dict[str, Tensor]:
        """Return the wanted gradients.

        The data is asked for because what the graphs computed may be views of it.
        """
        if not isinstance(tape, _RunTape):
            raise ArgumentError(f"{type(self).__name__}: backward needs what forward_saving left")
        names = self.arguments()
        wanted = [place for place, name in enumerate(names) if name in wants]
        found = self._go_back(grads, data, tape.runs, frozenset(wanted))
        return {
            names[place]: torch.zeros_like(data[place]) if found[place] is None else found[place]
            for place in wanted
        }

    def _run(self, data: list[Tensor], runs: Runs | None, *, is_train: bool) -> list[Tensor]:
        """Return the outputs, in memory of their own; note each run where they are to be noted."""
        raise NotImplementedError

    def _go_back(
        self,
        grads: Sequence[Tensor | None],
        data: list[Tensor],
        runs: Runs,
        wanted: frozenset[int],
    ) -> list[Any]:
        """Return the gradients of the inputs, None where none is wanted or flows."""
        raise NotImplementedError

    def _called(
        self,
        use: str,
        tensors: Sequence[Tensor],
        runs: Runs | None,
        *,
        is_train: bool,
    ) -> list[Tensor]:
        graph = self._subgraph(use, tensors, is_train=is_train)
        values = graph.forward(tensors, saving=runs is not None)
        if runs is not None:
            runs.append((graph, values))
        return graph.outputs(values)

    # -- text ------------------------------------------------------------------------------------

    @classmethod
    def from_text(cls, texts: Mapping[str, Any], *, mxnet_defaults: bool) -> Self:
        """Return the operator that a symbol file describes: there graphs count as inputs."""
        count = texts.get("num_args", "")
        if not str(count).isdecimal() or int(count) < len(cls.subgraph_names):
            raise ParameterError(f"{cls.__name__}: num_args counts its graphs too, got {count!r}")
        # Here graphs are parameters, since nothing flows into them.
        inputs = int(count) - len(cls.subgraph_names)
        return super().from_text({**texts, "num_args": str(inputs)}, mxnet_defaults=mxnet_defaults)

    def to_text(self) -> dict[str, str]:
        """Return the parameters as a symbol file has them: tuples in brackets, as lists."""
        texts = {
            name: self.kinds[name].write(getattr(self, name)).replace(",)", ")")
            for name in sorted(self.params)
            if name not in ("subgraphs", "num_args")
        }
        brackets = str.maketrans("()", "[]")
        count = {"num_args": str(self.num_args + len(self.subgraph_names))}
        return {name: text.translate(brackets) for name, text in texts.items()} | count


def added(one: Tensor | None, other: Tensor | None) -> Tensor | None:
    """Return the sum of two gradients, either of which may be nothing."""
    if one is None or other is None:
        return other if one is None else one
    return one + other


def differentiable(places: Sequence[int], data: Sequence[Tensor]) -> list[int]:
    """Return which variables can have a gradient: those of floats."""
    return [n for n, place in enumerate(places) if data[place].is_floating_point()]
