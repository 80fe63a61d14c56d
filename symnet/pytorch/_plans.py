"""Predictions that come again and again: by an executor, over the very memory of a module.

Node by node, torch allocates each result; an executor's program runs over memory that was planned
once. It is made for shapes that come a third time, and holds for as long as the parameters stay
where they are: an update in place is seen, another place gives another executor.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

import torch
from torch import Tensor

from ..core.context import Context
from ..core.errors import MXError
from ..executor import Executor, bind
from ..graph.node import Graph, Value
from ..graph.shapes import infer_shapes
from ..ndarray import NDArray
from ..symbol import SymbolicNode

__all__ = ["Plans"]

_REMEMBERED = 4
"""For how many shapes executors are kept."""
_FEW = 2
"""After how many calls an executor is made."""


@dataclass
class _Plan:
    """What is known of calls of one kind.

    Args:
        places: where parameters and states lie, and how.
        calls: how many calls there were.
        executor: what runs them; None before it is made, and where it cannot be.
    """

    places: tuple[Any, ...]
    calls: int = 0
    executor: Executor | None = None


class Plans:
    """Executors of one network, for prediction.

    Args:
        graph: the network.
        variables: names of the variables that predictions need, in order.
        inputs: names of those that each call is given.
    """

    def __init__(self, graph: Graph, variables: Sequence[str], inputs: Sequence[str]) -> None:
        self._graph, self._variables = graph, variables
        self._inputs = [place for place, name in enumerate(variables) if name in inputs]
        self._held = [place for place, name in enumerate(variables) if name not in inputs]
        self._plans: OrderedDict[Any, _Plan] = OrderedDict()
        self._turn = Lock()

    def run(self, variables: Sequence[Tensor]) -> list[Tensor] | None:
        """Return the outputs, or None where there is no executor for such a call.

        Args:
            variables: the variables, in order; gradients of none are wanted.
        """
        if not self._turn.acquire(blocking=False):
            return None  # another thread's call runs in that memory
        try:
            executor = self._executor(variables)
            if executor is None:
                return None
            if torch.is_inference_mode_enabled():
                # What programs keep could not be written to outside of it.
                with torch.inference_mode(False), torch.no_grad():
                    return self._run(executor, variables)
            with torch.no_grad():
                return self._run(executor, variables)
        finally:
            self._turn.release()

    def _run(self, executor: Executor, variables: Sequence[Tensor]) -> list[Tensor]:
        for place in self._inputs:
            executor.arg_dict[self._variables[place]].torch.copy_(variables[place])
        return [output.torch.clone() for output in executor.forward()]

    def _executor(self, variables: Sequence[Tensor]) -> Executor | None:
        given = [variables[place] for place in self._inputs]
        key = tuple((each.shape, each.dtype, each.device) for each in given)
        try:
            held = [variables[place] for place in self._held]
            places = tuple((each.data_ptr(), each.shape, each.stride()) for each in held)
            for each in given:
                each.data_ptr()
        except RuntimeError:  # torch.func gives tensors that lie nowhere
            return None
        plan = self._plans.get(key)
        if plan is None or plan.places != places:
            plan = self._plans[key] = _Plan(places)
            if len(self._plans) > _REMEMBERED:
                self._plans.popitem(last=False)
        self._plans.move_to_end(key)
        plan.calls += 1
        if plan.calls == _FEW + 1:
            plan.executor = self._bound(variables)
        return plan.executor

    def _bound(self, variables: Sequence[Tensor]) -> Executor | None:
        """Return an executor over these tensors; None where executors have no such arrays."""
        if any(variables[place].is_inference() for place in self._held):
            return None  # of whose changes torch tells nothing
        device = variables[0].device
        context = Context("cpu") if device.type == "cpu" else Context("gpu", device.index)
        inputs = set(self._inputs)
        with torch.inference_mode(False):
            try:
                arrays = {
                    name: NDArray.wrap(
                        torch.empty_like(tensor, memory_format=torch.contiguous_format)
                        if place in inputs
                        else tensor,
                        context,
                    )
                    for place, (name, tensor) in enumerate(
                        zip(self._variables, variables, strict=True)
                    )
                }
                return self._executor_over(arrays, context)
            except MXError:
                return None

    def _executor_over(self, arrays: Mapping[str, NDArray], context: Context) -> Executor:
        known = {name: array.shape for name, array in arrays.items()}
        shapes = infer_shapes(self._graph, known).shapes
        like = next(iter(arrays.values())).torch
        whole = dict(arrays)
        for node in (*self._graph.arguments, *self._graph.states):
            # Labels, of which predictions read nothing.
            if node.name not in whole and (shape := shapes.get(Value(node))) is not None:
                whole[node.name] = NDArray.wrap(like.new_zeros(shape), context)
        states = {node.name for node in self._graph.states}
        return bind(
            SymbolicNode(*self._graph.outputs),
            context,
            {name: array for name, array in whole.items() if name not in states},
            aux_states={name: array for name, array in whole.items() if name in states},
            grad_req="null",
        )
