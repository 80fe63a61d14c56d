"""A prediction that is prepared: a program over the very memory of a module.

A small network is done in the time of a few dozen of Python's calls, so that what is asked before
each run costs as much as the network. Each question is asked once, and as directly as torch answers
it.
"""

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from threading import Lock
from typing import Any, Literal

import torch
from torch import Tensor
from torch.autograd import forward_ad

from ..core.context import Context
from ..core.errors import MXError
from ..core.garbage import collection_paused
from ..core.writes import outside_inference_mode
from ..graph.node import Graph, Value
from ..graph.placement import Placement
from ..graph.shapes import infer_shapes
from ..ndarray.elements import ELEMENTS
from ..program.build import build
from ..program.facts import Facts
from ._node_call import operators_of

__all__ = ["Prepared", "is_followed", "is_plain", "kind_of", "prepared"]

_CONTEXTS: Mapping[str, Literal["cpu", "gpu"]] = {"cpu": "cpu", "cuda": "gpu"}
"""The contexts that programs run on, by torch's names for devices."""
_PLAIN = {Tensor, torch.nn.Parameter}
"""What tensors are where they have numbers."""
_RECORDED = 2
"""After how many runs a program keeps nothing more of what its rules make."""
_DTYPE_OF = attrgetter("dtype")
_BelowAutograd = torch._C._AutoDispatchBelowAutograd


def prepared(
    graph: Graph, given: Mapping[str, Tensor], held: Mapping[str, Tensor]
) -> "Prepared | None":
    """Return a program that predicts; None where there is none for such tensors.

    Args:
        graph: the network.
        given: tensors like those that each call gives, by name.
        held: those that stay where they are, by name.
    """
    tensors = [*given.values(), *held.values()]
    device = tensors[0].device
    if device.type not in _CONTEXTS or any(each.is_inference() for each in held.values()):
        return None  # torch tells nothing of what is written to tensors of inference mode
    if not all(t.device == device and t.dtype in ELEMENTS and t.ndim for t in tensors):
        return None
    context = Context(_CONTEXTS[device.type], device.index or 0)
    try:
        with collection_paused():
            return _built(graph, given, held, context)
    except MXError:
        return None


@outside_inference_mode
def _built(
    graph: Graph, given: Mapping[str, Tensor], held: Mapping[str, Tensor], context: Context
) -> "Prepared":
    plain = torch.contiguous_format
    own = {name: torch.empty_like(each, memory_format=plain) for name, each in given.items()}
    kept = {name: each.detach() for name, each in held.items()}
    bound = own | kept
    shapes = infer_shapes(graph, {n: tuple(each.shape) for n, each in bound.items()}).shapes
    like = next(iter(bound.values()))
    for node in (*graph.arguments, *graph.states):
        # Labels, of which predictions read nothing.
        if node.name not in bound and (shape := shapes.get(Value(node))) is not None:
            bound[node.name] = like.new_zeros(shape)
    facts = Facts.of(graph, bound)
    outputs = [
        torch.zeros(facts.shapes[value], dtype=facts.dtypes[value], device=context.device)
        for value in graph.outputs
    ]
    made = build(graph, bound, outputs, {}, Placement(context), is_train=False)
    foreign = any(op.foreign for op in operators_of(graph))
    run, inputs = made.program.forward, list(own.values())
    return Prepared(run, inputs, list(kept.values()), outputs, foreign=foreign)


class Prepared:
    """A program over the memory of a module, and the calls that it runs.

    Args:
        run: computes the outputs.
        given: the memory that each call's tensors are copied to.
        held: what lies in the module.
        outputs: where the outputs are written.
        foreign: whether it calls a user's Python.
    """

    def __init__(
        self,
        run: Callable[[], object],
        given: Sequence[Tensor],
        held: Sequence[Tensor],
        outputs: Sequence[Tensor],
        *,
        foreign: bool,
    ) -> None:
        self._run, self._foreign = run, foreign
        self._given, self._held, self._outputs = list(given), list(held), list(outputs)
        self._kinds = [*map(kind_of, given)]
        self._dtypes = [*map(_DTYPE_OF, held)]
        self._left = _RECORDED
        self._turn = Lock()

    def __call__(self, given: Sequence[Any], held: Sequence[Any]) -> list[Tensor] | None:
        """Return the outputs, in memory of their own; None for a call that it cannot run now.

        Args:
            given: what the call is given, in order.
            held: the parameters and states, in order.
        """
        if not self._takes(given, held) or not self._turn.acquire(False):
            return None
        try:
            return self._run_as_it_is(given) if self._left else self._run_below_autograd(given)
        finally:
            self._turn.release()

    @outside_inference_mode
    def _run_as_it_is(self, given: Sequence[Tensor]) -> list[Tensor]:
        """Run with all that torch does: what rules keep now is written to in any mode later."""
        list(map(Tensor.copy_, self._given, given))
        self._run()
        if not self._foreign:
            self._left -= 1
        return [*map(Tensor.clone, self._outputs)]

    def _run_below_autograd(self, given: Sequence[Tensor]) -> list[Tensor]:
        """Run without what torch does for derivatives, which nobody asks for."""
        below = None if torch.is_inference_mode_enabled() else _BelowAutograd()
        try:
            list(map(Tensor.copy_, self._given, given))
            self._run()
            return [*map(Tensor.clone, self._outputs)]
        finally:
            del below  # a traceback would keep it

    def _takes(self, given: Sequence[Any], held: Sequence[Any]) -> bool:
        """Tell whether it runs a call: whether nothing has changed but numbers."""
        return (
            {*map(type, given), *map(type, held)} <= _PLAIN
            and not is_followed()
            and [(t.shape, t.dtype, t.device, t.layout) for t in given] == self._kinds
            and [*map(_DTYPE_OF, held)] == self._dtypes
            and all(map(Tensor.is_set_to, held, self._held))
            and not (torch.is_grad_enabled() and any(t.requires_grad for t in (*given, *held)))
        )


def kind_of(tensor: Tensor) -> tuple[Any, ...]:
    """Return what a program must know of a tensor that it is given."""
    return tensor.shape, tensor.dtype, tensor.device, tensor.layout


def is_plain(tensors: Sequence[Tensor]) -> bool:
    """Tell whether tensors are of torch's own classes: those that trace have others."""
    return {*map(type, tensors)} <= _PLAIN


def is_followed() -> bool:
    """Tell whether torch does more with what is called than to compute it.

    It traces, transforms, differentiates forward, or chooses types of results.
    """
    return (
        torch._C._get_tracing_state() is not None
        or forward_ad._current_level >= 0
        or torch._C._functorch.peek_interpreter_stack() is not None
        or torch._C._len_torch_dispatch_stack() > 0
        or torch._C._is_any_autocast_enabled()
    )
