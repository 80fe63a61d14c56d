"""Loops and branches of MXNet 1.x's symbol files: operators whose parameters are graphs.

`_foreach` runs a graph for each slice of its data, `_while_loop` as long as another one says, and
`_cond` one of two. Which of an operator's inputs are a graph's variables, ``…_locs`` tells; the
variables come in the order of the graph's nodes. Source: Apache MXNet 1.9.1, control_flow.cc.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from ..core.errors import ParameterError, ShapeError
from ..operators.contract import Inputs, Shape, Shapes, param
from ._graph_operator import GraphOperator, Runs, added, differentiable

__all__ = ["CONTROL_FLOW"]


class _foreach(GraphOperator):
    """Run a graph for each slice of the data along its first axis; states go from step to step.

    The graph's first outputs, of all steps one below the other, and then the last states are the
    outputs. Source: Apache MXNet 1.9.1.
    """

    subgraph_names = ("body",)

    data = Inputs("What is cut into slices, then the first states, then what stays the same.")
    num_out_data: int = param("Number of outputs that are put together of all steps.", min=0)
    in_data_locs: tuple[int, ...] = param("Which variables are the slices.")
    in_state_locs: tuple[int, ...] = param("Which variables are the states.")
    remain_locs: tuple[int, ...] = param("Which variables stay the same.")

    def places(self) -> Mapping[str, tuple[int, ...]]:
        """The variables are listed in the order of the inputs."""
        order = (*self.in_data_locs, *self.in_state_locs, *self.remain_locs)
        if sorted(order) != list(range(self.num_args)):
            raise ParameterError(
                f"_foreach: in_data_locs, in_state_locs and remain_locs should name each of "
                f"{self.num_args} variables once, got {order}"
            )
        if self.num_outputs != self.num_out_data + len(self.in_state_locs):
            raise ParameterError(
                f"_foreach: num_outputs should be {self.num_out_data} and one for each of "
                f"{len(self.in_state_locs)} states, got {self.num_outputs}"
            )
        return {"body": tuple(order.index(variable) for variable in range(self.num_args))}

    @property
    def _slices(self) -> int:
        return len(self.in_data_locs)

    @property
    def _states(self) -> slice:
        return slice(self._slices, self._slices + len(self.in_state_locs))

    def infer_shape(self, data: list[Shape | None]) -> Shapes:
        """As the graph infers of a slice."""
        # A copy: what the graph's inference learns is filled in, and returned as what was inferred.
        args = list(data)
        sliced = [shape for shape in args[: self._slices] if shape is not None]
        if any(not shape or shape[0] != sliced[0][0] for shape in sliced):
            raise ShapeError(f"the data should have one length along axis 0, got {sliced}")
        found = self._inferred("body", args, self._slices)
        states = args[self._states]
        outputs: list[Shape | None] = [
            None if shape is None or not sliced else (sliced[0][0], *shape)
            for shape in found[: self.num_out_data]
        ]
        for number, (state, new) in enumerate(zip(states, found[self.num_out_data :], strict=True)):
            if state is not None and new is not None and state != new:
                raise ShapeError(f"state {number} has shape {state}, after a step {new}")
            outputs.append(state or new)
        return {"data": args, **dict(zip(self.outputs(), outputs, strict=True)), "tape": (1,)}

    def _run(self, data: list[Tensor], runs: Runs | None, *, is_train: bool) -> list[Tensor]:
        current = list(data)
        order = self.places()["body"]
        steps: list[list[Tensor]] = []
        for step in range(len(data[0])):
            current[: self._slices] = [each[step] for each in data[: self._slices]]
            found = self._called("body", [current[p] for p in order], runs, is_train=is_train)
            steps.append(found[: self.num_out_data])
            current[self._states] = found[self.num_out_data :]
        stacked = [torch.stack(each) for each in zip(*steps, strict=True)]
        # A last state may be an input's own memory, where a step hands it on, or where there is no
        # step.
        return [*stacked, *(state.clone() for state in current[self._states])]

    def _go_back(
        self,
        grads: Sequence[Tensor | None],
        data: list[Tensor],
        runs: Runs,
        wanted: frozenset[int],
    ) -> list[Any]:
        order = self.places()["body"]
        first = self._states.stop
        needed = {n for n in differentiable(order, data) if order[n] in wanted}
        # The states' gradients are needed whoever wants them: through them those of earlier steps
        # flow.
        needed |= {n for n in differentiable(order, data) if self._slices <= order[n] < first}
        found: list[Any] = [None] * len(data)
        parts: list[list[Tensor | None]] = [[] for _ in range(self._slices)]
        states = list(grads[self.num_out_data :])
        for step in reversed(range(len(runs))):
            graph, values = runs[step]
            above = [None if each is None else each[step] for each in grads[: self.num_out_data]]
            own = graph.backward(values, [*above, *states], needed)
            by_input = {place: own[n] for n, place in enumerate(order)}
            states = [by_input[place] for place in range(self._slices, first)]
            for place in range(first, len(data)):
                found[place] = added(found[place], by_input[place])
            for place in range(self._slices):
                parts[place].insert(0, by_input[place])
        found[self._states] = states
        for place, steps in enumerate(parts):
            found[place] = _stacked(steps, data[place])
        return found


def _stacked(steps: Sequence[Tensor | None], like: Tensor) -> Tensor | None:
    """Return gradients of the slices as one, None where there is none."""
    if all(step is None for step in steps):
        return None
    return torch.stack([torch.zeros_like(like[n]) if s is None else s for n, s in enumerate(steps)])


class _while_loop(GraphOperator):
    """Run a graph over and over, as long as another one gives something else than 0.

    The graph's first outputs, of all steps one below the other, with zeros for steps that were not
    run, and then the last values of the loop's variables are the outputs. Source: Apache MXNet
    1.9.1, which leaves the rows of steps that were not run undefined.
    """

    subgraph_names = ("cond", "func")

    data = Inputs("The loop's variables, and what stays the same, in the order of their use.")
    num_out_data: int = param("Number of outputs that are put together of all steps.", min=0)
    max_iterations: int = param("The most steps to run.", min=1)
    cond_input_locs: tuple[int, ...] = param("Which inputs the condition's variables are.")
    func_input_locs: tuple[int, ...] = param("Which inputs the body's variables are.")
    func_var_locs: tuple[int, ...] = param("Which of the body's variables are the loop's.")

    def places(self) -> Mapping[str, tuple[int, ...]]:
        """They are given."""
        if any(not 0 <= each < len(self.func_input_locs) for each in self.func_var_locs):
            raise ParameterError(
                f"_while_loop: func_var_locs should name variables of its subgraph func, of which "
                f"there are {len(self.func_input_locs)}, got {self.func_var_locs}"
            )
        if self.num_outputs != self.num_out_data + len(self.func_var_locs):
            raise ParameterError(
                f"_while_loop: num_outputs should be {self.num_out_data} and one for each of "
                f"{len(self.func_var_locs)} loop variables, got {self.num_outputs}"
            )
        return {"cond": self.cond_input_locs, "func": self.func_input_locs}

    @property
    def _variables(self) -> tuple[int, ...]:
        """Which inputs are the loop's variables."""
        return tuple(self.func_input_locs[each] for each in self.func_var_locs)

    def infer_shape(self, data: list[Shape | None]) -> Shapes:
        """As the graphs infer; the loop's variables keep their shapes."""
        args = list(data)
        self._inferred("cond", args)
        found = self._inferred("func", args)
        outputs: list[Shape | None] = [
            None if shape is None else (self.max_iterations, *shape)
            for shape in found[: self.num_out_data]
        ]
        for place, new in zip(self._variables, found[self.num_out_data :], strict=True):
            if args[place] is not None and new is not None and args[place] != new:
                raise ShapeError(f"argument {place} has shape {args[place]}, after a step {new}")
            outputs.append(args[place] or new)
        return {"data": args, **dict(zip(self.outputs(), outputs, strict=True)), "tape": (1,)}

    def _run(self, data: list[Tensor], runs: Runs | None, *, is_train: bool) -> list[Tensor]:
        current = list(data)
        steps: list[list[Tensor]] = []
        while len(steps) < self.max_iterations:
            asked = [current[place] for place in self.cond_input_locs]
            (goes_on,) = self._called("cond", asked, None, is_train=is_train)
            # A run looks at a number here: how long a loop is stands in no plan.
            if not bool(goes_on):
                break
            given = [current[place] for place in self.func_input_locs]
            found = self._called("func", given, runs, is_train=is_train)
            steps.append(found[: self.num_out_data])
            for place, new in zip(self._variables, found[self.num_out_data :], strict=True):
                current[place] = new
        stacked = [
            self._padded(n, [each[n] for each in steps], data) for n in range(self.num_out_data)
        ]
        return [*stacked, *(current[place].clone() for place in self._variables)]

    def _padded(self, number: int, steps: Sequence[Tensor], data: list[Tensor]) -> Tensor:
        """Return one output of all steps, with zeros for those that were not run."""
        given = [data[place] for place in self.func_input_locs]
        facts = self._subgraph("func", given, is_train=False).facts
        value = self.graph("func").outputs[number]
        shape = (self.max_iterations, *facts.shapes[value])
        result = data[0].new_zeros(shape, dtype=facts.dtypes[value])
        if steps:
            torch.stack(list(steps), out=result[: len(steps)])
        return result

    def _go_back(
        self,
        grads: Sequence[Tensor | None],
        data: list[Tensor],
        runs: Runs,
        wanted: frozenset[int],
    ) -> list[Any]:
        order, variables = self.func_input_locs, self._variables
        # The loop's variables carry gradients from step to step, wanted or not.
        kept = {*wanted, *variables}
        needed = {n for n in differentiable(order, data) if order[n] in kept}
        found: list[Any] = [None] * len(data)
        flowing = list(grads[self.num_out_data :])
        for step in reversed(range(len(runs))):
            graph, values = runs[step]
            above = [None if each is None else each[step] for each in grads[: self.num_out_data]]
            own = graph.backward(values, [*above, *flowing], needed)
            by_input = dict(zip(order, own, strict=True))
            flowing = [by_input[place] for place in variables]
            for place in order:
                if place not in variables:
                    found[place] = added(found[place], by_input[place])
        for place, grad in zip(variables, flowing, strict=True):
            found[place] = grad
        return found


class _cond(GraphOperator):
    """Run one of two graphs: the first where the condition gives something else than 0.

    Source: Apache MXNet 1.9.1.
    """

    subgraph_names = ("cond", "then", "else")

    data = Inputs("The variables of the three graphs, in the order of their use.")
    cond_input_locs: tuple[int, ...] = param("Which inputs the condition's variables are.")
    then_input_locs: tuple[int, ...] = param("Which inputs the first branch's variables are.")
    else_input_locs: tuple[int, ...] = param("Which inputs the second branch's variables are.")

    def places(self) -> Mapping[str, tuple[int, ...]]:
        """They are given."""
        places = self.cond_input_locs, self.then_input_locs, self.else_input_locs
        return dict(zip(self.subgraph_names, places, strict=True))

    def infer_shape(self, data: list[Shape | None]) -> Shapes:
        """As the graphs infer; both branches give the same shapes."""
        args = list(data)
        self._inferred("cond", args)
        one = self._inferred("then", args)
        other = self._inferred("else", args)
        for number, (mine, yours) in enumerate(zip(one, other, strict=True)):
            if mine is not None and yours is not None and mine != yours:
                raise ShapeError(f"output {number} has shape {mine} or {yours}, by the branch")
        outputs = [mine or yours for mine, yours in zip(one, other, strict=True)]
        return {"data": args, **dict(zip(self.outputs(), outputs, strict=True)), "tape": (1,)}

    def _run(self, data: list[Tensor], runs: Runs | None, *, is_train: bool) -> list[Tensor]:
        asked = [data[place] for place in self.cond_input_locs]
        (chosen,) = self._called("cond", asked, None, is_train=is_train)
        use = "then" if bool(chosen) else "else"
        given = [data[place] for place in self.places()[use]]
        return [each.clone() for each in self._called(use, given, runs, is_train=is_train)]

    def _go_back(
        self,
        grads: Sequence[Tensor | None],
        data: list[Tensor],
        runs: Runs,
        wanted: frozenset[int],
    ) -> list[Any]:
        # One run, of the branch that was taken; the other's inputs have no gradient.
        ((graph, values),) = runs
        use = "then" if graph.graph is self.graph("then") else "else"
        order = self.places()[use]
        needed = [n for n in differentiable(order, data) if order[n] in wanted]
        found: list[Any] = [None] * len(data)
        for place, own in zip(order, graph.backward(values, grads, needed), strict=True):
            found[place] = own
        return found


CONTROL_FLOW = (_foreach, _while_loop, _cond)
"""The operators over graphs."""
