"""One node of a network as a function of tensors, which torch.autograd can differentiate.

What flows back is what an operator's gradient rules state, as everywhere in symnet; torch derives
it from `forward` where none is stated. A loss is a prediction here: what flows back is the
derivative of what it hands out, not the gradient for labels, which nobody gives.
"""

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor

from ..core.errors import MXError
from ..graph.gradient import differentiate
from ..graph.node import Graph, Node, Place, Value, needed_nodes, places_of
from ..operators.contract import Input, Inputs, Operator, Shape
from ..program.calls import Call, call_of

__all__ = ["NodeCall", "asked_inputs", "nodes_of_prediction", "operators_of", "with_inner"]


def asked_inputs(op: Operator) -> frozenset[int]:
    """Return the places of the inputs that are needed: a loss predicts without its label."""
    if _way_back(op) == "stated":
        return frozenset(places_of(op, (*op.inputs, *op.states)))
    rule = op.rules["forward"]
    shapes = (name.removesuffix("_shape") for name in rule.shapes)
    return frozenset(places_of(op, (*rule.tensors, *shapes)))


def nodes_of_prediction(graph: Graph) -> frozenset[Node]:
    """Return the nodes that predictions need: neither labels nor what computes them."""
    return needed_nodes(graph, asked_inputs)


def operators_of(graph: Graph) -> Iterator[Operator]:
    """Yield the operators that predictions need, those of graphs inside of others among them."""
    for node in nodes_of_prediction(graph):
        if isinstance(node.op, Operator):
            yield from with_inner(node.op)


def with_inner(op: Operator) -> Iterator[Operator]:
    """Yield an operator, and those of the graphs inside of it."""
    yield op
    for inner in op.inner_graphs():
        yield from operators_of(inner)


def _way_back(op: Operator) -> Literal["stated", "derived", "barred"]:
    """Return how gradients come about: by the operator's rules, by torch, or not at all."""
    inputs = op.inputs.values()
    if not any(isinstance(each, Inputs) or each.takes_gradient for each in inputs):
        return "barred"
    labelled = any(isinstance(each, Input) and not each.takes_gradient for each in inputs)
    if op.is_loss() and labelled:
        return "derived"
    return "stated" if _gradient_rules(op) else "derived"


def _gradient_rules(op: Operator) -> list[str]:
    return [name for name in op.rules if name == "backward" or name.endswith("_gradient")]


class _Way(NamedTuple):
    """The nodes that compute gradients of one node.

    Args:
        nodes: what is called, in order.
        heads: for each output the variable that its gradient is given to.
        found: for each input its gradient; None where none flows or is wanted.
    """

    nodes: tuple[Node, ...]
    heads: tuple[Node | None, ...]
    found: tuple[Value | None, ...]


class NodeCall:
    """A node that is called with tensors.

    Args:
        node: the node.
        is_train: whether it is called as in training.
    """

    def __init__(self, node: Node, *, is_train: bool) -> None:
        assert isinstance(node.op, Operator)
        self.op, self.name, self.is_train = node.op, node.name, is_train
        own = tuple(Value(Node(None, f"input {place}")) for place in range(len(node.inputs)))
        self._node = Node(node.op, node.name, own)
        self._visible = len(self._node.outputs)
        self._way_back = _way_back(node.op)
        slots = node.op.slots()
        moves = is_train and type(node.op).next_states is not Operator.next_states
        self._moving = {
            name: place
            for name, place in slots.items()
            if moves and name in node.op.states and isinstance(place, int)
        }
        self._kept = _kept_values(self._node, node.op)
        self._spatial = node.op.memory_order == "spatial"
        self._calls: dict[Any, Call] = {}
        self._ways: dict[Any, _Way] = {}

    def __call__(self, tensors: Sequence[Any]) -> tuple[Sequence[Tensor], Mapping[int, Tensor]]:
        """Return the outputs, and the states that moved, by the places where they stand.

        Args:
            tensors: one for each input; None for those that are not asked for.
        """
        try:
            if self._spatial:
                tensors = [_in_order(tensors[0]), *tensors[1:]]
            results = self._results(tensors)
            return results[: self._visible], self._moved(tensors, results)
        except Exception as error:
            error.add_note(f"in node {self.name!r}, {textwrap.shorten(repr(self.op), _LONGEST)}")
            raise

    def _results(self, tensors: Sequence[Any]) -> tuple[Tensor, ...]:
        """Return the outputs, and what is hidden where states move by it."""
        saving = bool(self._moving)
        needed = torch.is_grad_enabled() and any(t is not None and t.requires_grad for t in tensors)
        if needed and self._way_back == "stated":
            if torch._C._functorch.peek_interpreter_stack() is not None:
                raise MXError(
                    "torch.func does not know the gradients that operators state: differentiate by "
                    "torch.autograd, and let vmap predict under torch.no_grad()"
                )
            apply: Any = _Stated.apply
            found: tuple[Tensor, ...] = apply(self, *tensors)
            return found
        if needed and self._way_back == "barred":
            return tuple(each.detach() for each in self.compute(tensors, saving=saving))
        return self.compute(tensors, saving=saving)

    def compute(self, tensors: Sequence[Any], *, saving: bool) -> tuple[Tensor, ...]:
        """Return the results, those that gradients need among them on demand."""
        call = self._call(tensors, saving=saving and bool(self.op.saved()))
        found = call.function(**{n: _fetch(place, tensors) for n, place in call.reads.items()})
        return found if isinstance(found, tuple) else (found,)

    def _call(self, tensors: Sequence[Any], *, saving: bool) -> Call:
        asks = bool(self.op.rules["forward_saving" if saving else "forward"].shapes)
        shapes = tuple(() if t is None else tuple(t.shape) for t in tensors) if asks else None
        key = saving, shapes
        call = None if shapes and _is_symbolic(shapes) else self._calls.get(key)
        if call is None:
            inputs = self._node.inputs
            known = dict(zip(inputs, shapes or [()] * len(inputs), strict=True))
            call = call_of(self._node, known, is_train=self.is_train, saving=saving)
            if not (shapes and _is_symbolic(shapes)):
                self._calls[key] = call
        return call

    def _moved(self, tensors: Sequence[Any], results: Sequence[Tensor]) -> Mapping[int, Tensor]:
        if not self._moving:
            return {}
        named = {name: _fetch(place, tensors) for name, place in self.op.slots().items()}
        named |= dict(zip(self._node.results, results, strict=True))
        with torch.no_grad():
            found = self.op.next_states(named)
        return {self._moving[name]: tensor for name, tensor in found.items()}

    def shown(self, results: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Return the outputs, and what is hidden where states move by it."""
        return results if self._moving else results[: self._visible]

    def without_gradient(self, results: Sequence[Tensor]) -> list[Tensor]:
        """Return those of what `shown` returned that no gradient flows back from."""
        whole = [each for each in results[: self._visible] if not each.is_floating_point()]
        return [*whole, *results[self._visible :]]

    # -- going back ------------------------------------------------------------------------------

    def kept(self, tensors: Sequence[Any], results: Sequence[Tensor]) -> "_Kept":
        """Return what gradients need of inputs and results."""
        values = (*self._node.inputs, *(Value(self._node, n) for n in range(len(results))))
        all_of = dict(zip(values, (*tensors, *results), strict=True))
        shapes = {value: tuple(tensor.shape) for value, tensor in all_of.items()}
        dtypes = {value: tensor.dtype for value, tensor in all_of.items()}
        read = {value: tensor for value, tensor in all_of.items() if value in self._kept}
        # The module's own move on once the step is done.
        return _Kept(self._with_copied_states(read), shapes, dtypes)

    def gradients(
        self, kept: "_Kept", above: Sequence[Tensor | None], wanted: Sequence[bool]
    ) -> list[Tensor | None]:
        """Return what flows back to each input by the stated rules; None where nothing does.

        Args:
            kept: what `kept` returned.
            above: what flows back from the outputs.
            wanted: for each input whether its gradient is.
        """
        # Rules move states, whatever moved on the way forward.
        values = self._with_copied_states(kept.tensors)
        way = self._way(kept, tuple(wanted))
        for value, head, grad in zip(self._node.outputs, way.heads, above, strict=False):
            if head is not None:
                values[Value(head)] = kept.zeros(value, above) if grad is None else grad
        for node in way.nodes:
            call = call_of(node, {}, is_train=self.is_train)
            read = [values[value] for value in node.inputs]
            found = call.function(**{n: _fetch(place, read) for n, place in call.reads.items()})
            results = found if isinstance(found, tuple) else (found,)
            values.update({Value(node, number): each for number, each in enumerate(results)})
        own = [None if value is None else values[value] for value in way.found]
        return [_scaled(each, above) for each in own] if self.op.is_loss() else own

    def _with_copied_states(self, values: Mapping[Value, Tensor]) -> dict[Value, Tensor]:
        states = {self._node.inputs[place] for place in self._moving.values()}
        return {v: tensor.clone() if v in states else tensor for v, tensor in values.items()}

    def _way(self, kept: "_Kept", wanted: tuple[bool, ...]) -> _Way:
        key = wanted, tuple(kept.shapes.values()), tuple(kept.dtypes.values())
        way = None if _is_symbolic(kept.shapes.values()) else self._ways.get(key)
        if way is None:
            inputs = self._node.inputs
            variables = [value.node for value, each in zip(inputs, wanted, strict=True) if each]
            network = Graph(self._node.outputs)
            whole = differentiate(network, variables, kept.shapes, kept.dtypes)
            inside = set(network.nodes)
            way = _Way(
                tuple(n for n in whole.graph.nodes if n.op is not None and n not in inside),
                whole.head_gradients,
                tuple(whole.gradients.get(value.node) for value in inputs),
            )
            if not _is_symbolic(kept.shapes.values()):
                self._ways[key] = way
        return way


class _Kept(NamedTuple):
    """What gradients need of a run.

    Args:
        tensors: the values that rules read.
        shapes: the shapes of all.
        dtypes: the element types of all.
    """

    tensors: Mapping[Value, Tensor]
    shapes: Mapping[Value, Shape]
    dtypes: Mapping[Value, torch.dtype]

    def zeros(self, value: Value, beside: Sequence[Tensor | None]) -> Tensor:
        """Return zeros in the shape of a value, where one of some tensors is."""
        some = next(tensor for tensor in beside if tensor is not None)
        return some.new_zeros(self.shapes[value], dtype=self.dtypes[value])


class _Stated(torch.autograd.Function):
    """A step whose gradients are those that its operator states."""

    @staticmethod
    def forward(ctx: Any, step: NodeCall, *tensors: Tensor) -> tuple[Tensor, ...]:
        """Compute, and keep what the rules read."""
        results = step.compute(tensors, saving=True)
        kept = step.kept(tensors, results)
        # What carries a run from forward to backward is of a class of symnet's own: torch would
        # hand back a plain tensor.
        plain = {v: t for v, t in kept.tensors.items() if type(t).__module__.startswith("torch")}
        carriers = {v: t for v, t in kept.tensors.items() if v not in plain}
        ctx.save_for_backward(*plain.values())
        ctx.step, ctx.values, ctx.kept = step, tuple(plain), kept._replace(tensors=carriers)
        ctx.types = _types_chosen(results[0].device.type)
        ctx.set_materialize_grads(False)
        shown = step.shown(results)
        ctx.mark_non_differentiable(*step.without_gradient(shown))
        return shown

    @staticmethod
    def backward(ctx: Any, *above: Tensor | None) -> tuple[Tensor | None, ...]:
        """Call the rules."""
        if all(each is None for each in above):  # torch's word for zeros
            return (None,) * len(ctx.needs_input_grad)
        saved = dict(zip(ctx.values, ctx.saved_tensors, strict=True))
        kept = ctx.kept._replace(tensors={**ctx.kept.tensors, **saved})
        with torch.no_grad(), ctx.types:
            found = ctx.step.gradients(kept, above, ctx.needs_input_grad[1:])
        if torch.is_grad_enabled():
            # Gradients depend on what they were computed from: without a word torch would take
            # them for constants.
            apply: Any = _Once.apply
            found = apply(ctx.step, found, *saved.values(), *above)
        return (None, *found)


class _Once(torch.autograd.Function):
    """Gradients that cannot be differentiated again."""

    @staticmethod
    def forward(
        ctx: Any, step: NodeCall, found: list[Any], *given: Tensor | None
    ) -> tuple[Any, ...]:
        """Pass them on."""
        ctx.step = step
        return tuple(found)

    @staticmethod
    def backward(ctx: Any, *above: Tensor | None) -> tuple[Tensor | None, ...]:
        """Refuse."""
        raise MXError(
            f"{ctx.step.name!r}: gradients of {ctx.step.op!r} are not differentiated again; "
            "take the network's part that needs second derivatives as modules of torch"
        )


# -- parts of the above ----------------------------------------------------------------------------


_LONGEST = 200
"""How much of an operator an error shows: one may hold whole graphs."""


def _kept_values(node: Node, op: Operator) -> frozenset[Value]:
    """Return the inputs and results of a node whose numbers its gradients may need."""
    rules = [op.rules[name] for name in _gradient_rules(op)]
    if "backward" not in op.rules:
        # Where a rule is missing, torch derives it from another call of `forward`.
        rules.append(op.rules["forward"])
    names = {name for rule in rules for name in rule.tensors}
    if any("outputs" in rule.reserved for rule in rules):
        names.update(node.results[: len(node.outputs)])
    inputs = {node.inputs[place] for place in places_of(op, names)}
    results = {Value(node, number) for number, name in enumerate(node.results) if name in names}
    return frozenset(inputs | results)


def _types_chosen(device: str) -> AbstractContextManager[Any]:
    """Return what lets torch.autocast choose types on the way back as it does now.

    They would not fit each other otherwise: it is left before that.
    """
    if not torch._C._is_any_autocast_enabled() or not torch.is_autocast_enabled(device):
        return nullcontext()
    return torch.autocast(device, torch.get_autocast_dtype(device))


def _fetch(place: Place | None, tensors: Sequence[Any]) -> Any:
    if isinstance(place, int):
        return tensors[place]
    return None if place is None else [_fetch(each, tensors) for each in place]


def _is_symbolic(shapes: Iterable[Shape]) -> bool:
    """Tell whether lengths are torch's symbols: what is made for such is not kept."""
    return any(type(length) is not int for shape in shapes for length in shape)


def _in_order(tensor: Tensor) -> Tensor:
    """Return images as kernels of the CPU like them: channels last."""
    if tensor.ndim != 4 or tensor.device.type != "cpu":
        return tensor
    return tensor.contiguous(memory_format=torch.channels_last)


def _scaled(gradient: Tensor | None, above: Sequence[Tensor | None]) -> Tensor | None:
    """Return the gradient that a loss starts, times what flows back to it."""
    grad = above[0]
    if gradient is None or grad is None or grad.shape != gradient.shape:
        return gradient
    return gradient * grad
