"""Predictions that come again and again: by an executor, over the very memory of a module.

Node by node, torch allocates each result; an executor's program runs over memory that was planned
once. It is made for shapes that come a third time, and holds for as long as the parameters stay
where they are: an update in place is seen, another place gives another executor. A call like the
last one goes straight to its executor (`Plans.run_again`): small networks are done in microseconds,
so that what is looked up before costs as much as they do.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, Literal

import torch
from torch import Tensor
from torch.autograd import forward_ad

from ..core.context import Context
from ..core.errors import MXError
from ..executor import Executor, bind
from ..graph.node import Graph, Value
from ..graph.shapes import infer_shapes
from ..ndarray import NDArray
from ..symbol import SymbolicNode

__all__ = ["Plans", "is_traced"]

_REMEMBERED = 4
"""For how many shapes executors are kept."""
_FEW = 2
"""After how many calls an executor is made."""
_CONTEXTS: Mapping[str, Literal["cpu", "gpu"]] = {"cpu": "cpu", "cuda": "gpu"}
"""The contexts that executors have, by torch's names for devices."""
_AT_ONCE = {Tensor, torch.nn.Parameter}
"""What tensors are where they have numbers."""


def is_traced(tensors: Sequence[Tensor]) -> bool:
    """Tell whether torch follows what is done with tensors, beyond computing it."""
    return not {*map(type, tensors)} <= _AT_ONCE or torch.compiler.is_compiling() or _is_followed()


class _Bound:
    """An executor over the memory of a module, and the calls that it can run.

    Args:
        executor: the executor.
        given: names of the arrays that each call writes.
        held: names of those that lie in the module.
    """

    def __init__(self, executor: Executor, given: Sequence[str], held: Sequence[str]) -> None:
        arrays = {**executor.arg_dict, **executor.aux_dict}
        self._forward = executor.forward
        self._given = [arrays[name].torch for name in given]
        self._kinds = [_kind(tensor) for tensor in self._given]
        self._held = [arrays[name].torch for name in held]
        self._outputs = [output.torch for output in executor.outputs]

    def fits(self, given: Sequence[Any], held: Sequence[Any]) -> bool:
        """Tell whether it can run a call: whether nothing has changed but numbers."""
        # A small network is done in the time of a few such questions: each is asked as directly as
        # torch answers it, and none twice.
        if _is_followed() or not {*map(type, given), *map(type, held)} <= _AT_ONCE:
            return False
        if len(given) != len(self._kinds) or len(held) != len(self._held):
            return False
        for tensor, kind in zip(given, self._kinds, strict=True):
            if (tensor.shape, tensor.dtype, tensor.device) != kind:
                return False
        for tensor, own in zip(held, self._held, strict=True):
            if not tensor.is_set_to(own):
                return False
        return not (_needs_gradients(given, held) or _is_cast())

    def __call__(self, given: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """Return the outputs, in memory of their own."""
        if torch.is_inference_mode_enabled():
            # What programs keep could not be written to outside of it.
            with torch.inference_mode(False), torch.no_grad():
                return self._run(given)
        if torch.is_grad_enabled():
            with torch.no_grad():
                return self._run(given)
        return self._run(given)

    def _run(self, given: Sequence[Tensor]) -> tuple[Tensor, ...]:
        for own, tensor in zip(self._given, given, strict=True):
            own.copy_(tensor)
        self._forward()
        return tuple([output.clone() for output in self._outputs])


@dataclass
class _Plan:
    """What is known of calls of one kind.

    Args:
        places: where parameters and states lie, and how.
        calls: how many calls there were.
        bound: what runs them; None before it is made, and where it cannot be.
    """

    places: tuple[Any, ...]
    calls: int = 0
    bound: _Bound | None = None


class Plans:
    """Executors of one network, for prediction.

    Args:
        graph: the network.
        variables: names of the variables that predictions need, in order.
        inputs: names of those that each call is given.
    """

    def __init__(self, graph: Graph, variables: Sequence[str], inputs: Sequence[str]) -> None:
        self._graph, self._variables = graph, variables
        self._inputs = [variables.index(name) for name in inputs]
        states = {node.name for node in graph.states}
        held = [name for name in variables if name not in inputs]
        self._held = [variables.index(n) for n in sorted(held, key=states.__contains__)]
        self._plans: OrderedDict[Any, _Plan] = OrderedDict()
        self._last: _Bound | None = None
        self._turn = Lock()

    def run_again(self, given: Sequence[Any], held: Sequence[Any]) -> tuple[Tensor, ...] | None:
        """Return the outputs of a call like the last one; None for any other, which `run` takes.

        Args:
            given: what the call is given, in the order of the inputs.
            held: the parameters, then the states, each in the order of the variables.
        """
        last = self._last
        if last is None or not self._turn.acquire(blocking=False):
            return None
        try:
            return last(given) if _lie_somewhere(given) and last.fits(given, held) else None
        finally:
            self._turn.release()

    def run(self, variables: Sequence[Tensor]) -> tuple[Tensor, ...] | None:
        """Return the outputs, or None where there is no executor for such a call.

        Args:
            variables: the variables, in order.
        """
        given = [variables[place] for place in self._inputs]
        held = [variables[place] for place in self._held]
        if is_traced(variables) or _needs_gradients(given, held) or _is_cast():
            return None
        if not _lie_somewhere(variables):
            return None
        if not self._turn.acquire(blocking=False):
            return None  # another thread's call runs in that memory
        try:
            self._last = self._found(given, held)
            return None if self._last is None else self._last(given)
        finally:
            self._turn.release()

    def _found(self, given: Sequence[Tensor], held: Sequence[Tensor]) -> _Bound | None:
        key = tuple(_kind(each) for each in given)
        places = tuple((each.data_ptr(), each.dtype, each.shape, each.stride()) for each in held)
        plan = self._plans.get(key)
        if plan is None or plan.places != places:
            plan = self._plans[key] = _Plan(places)
            if len(self._plans) > _REMEMBERED:
                self._plans.popitem(last=False)
        self._plans.move_to_end(key)
        plan.calls += 1
        if plan.calls == _FEW + 1:
            plan.bound = self._bound(given, held)
        return plan.bound

    def _bound(self, given: Sequence[Tensor], held: Sequence[Tensor]) -> _Bound | None:
        """Return an executor over these tensors; None where executors have no such arrays."""
        if any(each.is_inference() for each in held):
            return None  # of whose changes torch tells nothing
        device = (*given, *held)[0].device
        if device.type not in _CONTEXTS:
            return None
        context = Context(_CONTEXTS[device.type], device.index or 0)
        inputs = [self._variables[place] for place in self._inputs]
        parameters = [self._variables[place] for place in self._held]
        with torch.inference_mode(False):
            try:
                arrays = {
                    n: NDArray.wrap(t, context) for n, t in zip(parameters, held, strict=True)
                }
                for name, each in zip(inputs, given, strict=True):
                    memory = torch.empty_like(each, memory_format=torch.contiguous_format)
                    arrays[name] = NDArray.wrap(memory, context)
                return _Bound(self._executor_over(arrays, context), inputs, parameters)
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


def _kind(tensor: Tensor) -> tuple[Any, ...]:
    return tensor.shape, tensor.dtype, tensor.device


def _lie_somewhere(tensors: Sequence[Tensor]) -> bool:
    """Tell whether tensors have memory: those of torch.func have none."""
    try:
        for tensor in tensors:
            tensor.data_ptr()
    except (AttributeError, RuntimeError):
        return False
    return True


def _needs_gradients(*tensors: Sequence[Tensor]) -> bool:
    return torch.is_grad_enabled() and any(each.requires_grad for some in tensors for each in some)


def _is_cast() -> bool:
    """Tell whether torch.autocast chooses types of results, which executors do not let it do."""
    return torch._C._is_any_autocast_enabled()


def _is_followed() -> bool:
    """Tell whether torch.jit traces what is done, or forward-mode derivatives go with it."""
    return torch._C._get_tracing_state() is not None or forward_ad._current_level >= 0
