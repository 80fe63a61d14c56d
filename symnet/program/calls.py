"""What one node calls: a rule with everything that is not a tensor already filled in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch
from torch import Tensor

from ..core.errors import MXError
from ..graph.node import Gradient, Node, Place, Value
from ..operators.contract import Operator, Rule, Shape

__all__ = ["Call", "call_of"]


@dataclass(frozen=True)
class Call:
    """A function of tensors, and where each stands among the node's inputs.

    Args:
        function: takes tensors by keyword, and ``out`` where `takes_out`.
        reads: for each keyword, where its tensor stands.
        takes_out: whether the result can be written into a given tensor.
        overwrites: positions of inputs whose memory the result may take over.
        view_of: position of the input that the result is a view of, if it is one.
        results: how many results come back; several come as a tuple.
    """

    function: Callable[..., Any]
    reads: Mapping[str, Place]
    takes_out: bool
    overwrites: tuple[int, ...]
    view_of: int | None
    results: int

    def positions(self) -> frozenset[int]:
        """Return the positions of all inputs that are read."""
        return frozenset(p for place in self.reads.values() for p in _flat(place))


def _flat(place: Place) -> tuple[int, ...]:
    places = place if isinstance(place, tuple) else (place,)
    return tuple(position for position in places if position is not None)


def call_of(
    node: Node, shapes: Mapping[Value, Shape], *, is_train: bool, saving: bool = False
) -> Call:
    """Return what an operator or gradient node calls.

    Args:
        node: the node.
        shapes: the shapes of all values.
        is_train: whether the program trains.
        saving: whether the hidden results are needed too.
    """
    if node.op is None:
        raise TypeError(f"{node!r} calls nothing")
    if isinstance(node.op, Gradient):
        call, op = _gradient_call(node.op, is_train), node.op.of
    else:
        call, op = _forward_call(node, node.op, shapes, is_train, saving), node.op
    return (
        replace(call, function=partial(_naming_node, node, call.function)) if op.foreign else call
    )


def _naming_node(node: Node, function: Callable[..., Any], **tensors: Any) -> Any:
    """Call a function of the user's, and say which node it was where it fails."""
    try:
        return function(**tensors)
    except Exception as error:
        raise MXError(
            f"{node.name!r} failed in Python, {node.op!r}: {type(error).__name__}: {error}"
        ) from error


def _forward_call(
    node: Node, op: Operator, shapes: Mapping[Value, Shape], is_train: bool, saving: bool
) -> Call:
    rule = op.rules["forward_saving" if saving else "forward"]
    # An optional tensor that the node lacks is left out: the rule has a default for it.
    slots = op.slots()
    reads: dict[str, Place] = {name: slots[name] for name in rule.tensors if name in slots}
    known = {f"{n}_shape": shapes[node.inputs[p]] for n, p in slots.items() if isinstance(p, int)}
    function = partial(rule.function, op, **_constants(rule, known, is_train))
    return _call(rule, function, reads, len(op.results() if saving else op.outputs()))


def _gradient_call(gradient: Gradient, is_train: bool) -> Call:
    op, rule = gradient.of, gradient.rule
    if rule is None:
        derived = partial(_derived, op, gradient.wrt, _train_argument(op, is_train))
        return Call(derived, gradient.reads, False, (), None, len(gradient.wrt))
    constants = _constants(rule, gradient.known, is_train)
    if "index" in rule.reserved:
        constants["index"] = gradient.index
    # A rule for one gradient returns that; `backward` returns a dict, which is put in order.
    if rule is not op.rules.get("backward"):
        return _call(rule, partial(rule.function, op, **constants), gradient.reads, 1)
    if "wants" in rule.reserved:
        constants["wants"] = frozenset(gradient.wrt)
    several = partial(_call_backward, partial(rule.function, op, **constants), gradient.wrt)
    return Call(several, gradient.reads, rule.takes_out, (), None, len(gradient.wrt))


def _call(
    rule: Rule, function: Callable[..., Any], reads: Mapping[str, Place], results: int
) -> Call:
    # Of several inputs of one name only the first may be written over: the rule reads the others
    # after it has begun to write.
    named = [position for name in rule.overwrites for position in _flat(reads.get(name, ()))[:1]]
    viewed = reads.get(rule.view_of) if rule.view_of else None
    return Call(
        function,
        reads,
        rule.takes_out,
        tuple(named),
        viewed if isinstance(viewed, int) else None,
        results,
    )


def _constants(rule: Rule, known: Mapping[str, Any], is_train: bool) -> dict[str, Any]:
    constants = {name: known[name] for name in (*rule.shapes, *rule.dtypes)}
    if "is_train" in rule.reserved:
        constants["is_train"] = is_train
    return constants


def _train_argument(op: Operator, is_train: bool) -> dict[str, bool]:
    return {"is_train": is_train} if "is_train" in op.rules["forward"].reserved else {}


def _call_backward(
    function: Callable[..., Any], wrt: tuple[str, ...], *, out: Any = None, **tensors: Any
) -> Any:
    """Call a `backward` rule, which returns a dict, and return the wanted gradients in order."""
    if out is not None:
        tensors["out"] = dict(zip(wrt, (out,) if len(wrt) == 1 else out, strict=True))
    found = function(**tensors)
    return found[wrt[0]] if len(wrt) == 1 else tuple(found[name] for name in wrt)


def _derived(
    op: Operator,
    wrt: tuple[str, ...],
    constants: Mapping[str, bool],
    grads: tuple[Tensor | None, ...],
    **tensors: Any,
) -> Any:
    """Return gradients that torch derives from `forward`."""

    def forward(*leaves: Tensor) -> tuple[Tensor, ...]:
        given = _with_leaves(op, tensors, dict(zip(wrt, leaves, strict=True)))
        result = op.rules["forward"].function(op, **given, **constants)
        return result if isinstance(result, tuple) else (result,)

    flat = _by_argument(op, tensors)
    # torch builds its graph within this call only; between rules no tensor carries a history.
    outputs, pull_back = torch.func.vjp(forward, *(flat[name] for name in wrt))[:2]
    above = tuple(
        torch.zeros_like(output) if grad is None else grad
        for grad, output in zip(grads, outputs, strict=True)
    )
    found = pull_back(above)
    return found[0] if len(wrt) == 1 else found


def _by_argument(op: Operator, tensors: Mapping[str, Any]) -> dict[str, Tensor]:
    """Return tensors by the names that `arguments` gives them."""
    found: dict[str, Tensor] = {}
    names = op.arguments()
    for name, place in op.slots().items():
        if isinstance(place, tuple):
            found.update({names[p]: t for p, t in zip(place, tensors[name], strict=True)})
        elif name in tensors:
            found[name] = tensors[name]
    return found


def _with_leaves(
    op: Operator, tensors: Mapping[str, Any], leaves: Mapping[str, Tensor]
) -> dict[str, Any]:
    """Return a rule's tensors with some of them replaced."""
    given = dict(tensors)
    names = op.arguments()
    for name, place in op.slots().items():
        if isinstance(place, tuple):
            given[name] = [
                leaves.get(names[p], tensor) for p, tensor in zip(place, tensors[name], strict=True)
            ]
        elif name in leaves:
            given[name] = leaves[name]
    return given
