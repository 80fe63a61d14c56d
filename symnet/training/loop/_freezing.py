"""What a training does with each parameter: leave it as it is, or scale its steps.

Source: docs/semantics §5.3, step 3.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from ...core.errors import ArgumentError, suggest
from ...core.logs import logger
from ...graph.node import Graph, Node, Value, substitute
from ...operators.contract import Operator
from ...symbol import SymbolicNode
from ..optimizer.base import AbstractOptimizer
from ..optimizer.multipliers import PLAIN, Scale, scales_of

__all__ = ["Treatment", "treatment_of"]


@dataclass(frozen=True)
class Treatment:
    """What a training does with the parameters of a network.

    Args:
        arch: the network that is trained: frozen layers use the statistics that they have.
        frozen: the parameters that get no gradient and stay as they are, in order.
        scales: the multipliers of the others, by name.
    """

    arch: SymbolicNode
    frozen: Sequence[str]
    scales: Mapping[str, Scale]

    def __str__(self) -> str:
        scaled = {n: scale for n, scale in self.scales.items() if scale != PLAIN}
        words = [f"{name} (lr * {lr:g}, wd * {wd:g})" for name, (lr, wd) in scaled.items()]
        multiplied = f"; multiplied: {', '.join(words)}" if words else ""
        return f"frozen: {', '.join(self.frozen) or 'nothing'}{multiplied}"


def treatment_of(
    symbol: SymbolicNode,
    inputs: Collection[str],
    optimizer: AbstractOptimizer,
    freeze: Sequence[str] = (),
) -> Treatment:
    """Return what is to be done with each parameter.

    One is frozen where its variable has the attribute ``grad="freeze"``, its learning rate is
    multiplied by 0, or ``freeze`` matches it or a layer that uses it.

    Args:
        symbol: the network.
        inputs: names of data and labels.
        optimizer: the optimizer, whose multipliers count before the variables' attributes.
        freeze: names and patterns of layers and parameters.

    Raises ArgumentError where none is left to train (with ``lr_mult=0`` among the reasons that is a
    warning), a pattern matches nothing, a multiplier is no number, or the optimizer cannot do what
    one asks for.
    """
    parameters = [n for n in symbol.graph.arguments if n.name not in inputs]
    said, own = scales_of(symbol), optimizer.multipliers
    scales = {
        node.name: own.of(number, node.name, said.get(node.name, PLAIN))
        for number, node in enumerate(parameters)
    }
    matched = _matched(symbol, inputs, freeze)
    frozen = [
        node.name
        for node in parameters
        if node.attributes.get("grad") == "freeze"
        or scales[node.name].lr == 0
        or node.name in matched
    ]
    if parameters and len(frozen) == len(parameters):
        message = (
            f"all parameters ({', '.join(frozen)}) are frozen, by the attribute grad='freeze', by "
            "lr_mult=0 or by freeze=, so that nothing is left to train"
        )
        if all(scales[name].lr for name in frozen):
            raise ArgumentError(message)
        logger.warning("%s", message)  # MXNet runs such files too
    trained = {name: scale for name, scale in scales.items() if name not in frozen}
    _check_optimizer(optimizer, trained)
    _warn_of_operators(symbol)
    return Treatment(_with_fixed_states(symbol, matched), frozen, trained)


def _check_optimizer(optimizer: AbstractOptimizer, scales: Mapping[str, Scale]) -> None:
    """Raise ArgumentError for an optimizer that cannot scale, naming the parameter."""
    first = {scale: name for name, scale in reversed(list(scales.items())) if scale != PLAIN}
    for scale, name in first.items():
        try:
            optimizer.scaled(*scale)
        except ArgumentError as error:
            raise ArgumentError(f"fit: the multipliers of {name!r}: {error}") from None


def _warn_of_operators(symbol: SymbolicNode) -> None:
    """Log which multipliers of operators are heard by none of their variables."""
    for node in symbol.graph.nodes:
        for key in ("lr_mult", "wd_mult"):
            variables = [value.node for value in node.inputs if value.node.op is None]
            heard = any(key in variable.attributes for variable in variables)
            if node.op and key in node.attributes and not heard:
                logger.warning(
                    "%s=%r of the layer %r does nothing: multipliers act on variables, here %s",
                    key,
                    node.attributes[key],
                    node.name,
                    ", ".join(v.name for v in variables) or "those that it uses",
                )


# -- names and patterns --------------------------------------------------------------------------


def _matched(
    symbol: SymbolicNode, inputs: Collection[str], patterns: Sequence[str]
) -> frozenset[str]:
    """Return the parameters and states that patterns match, themselves or by their layer."""
    known: dict[str, set[str]] = {}
    for node in symbol.graph.nodes:
        own = [v.node.name for v in node.inputs if not v.node.op and v.node.name not in inputs]
        if own:
            known.setdefault(node.name, set()).update(own)
        for name in own:
            known.setdefault(name, set()).add(name)
    found: set[str] = set()
    for pattern in patterns:
        names = [name for name in known if fnmatchcase(name, pattern)]
        if not names:
            raise ArgumentError(
                f"freeze: {pattern!r} matches no parameter, and no layer that has any"
                f"{suggest(pattern, known)} (there are: {', '.join(known) or 'none'})"
            )
        found.update(*(known[name] for name in names))
    return frozenset(found)


def _with_fixed_states(symbol: SymbolicNode, frozen: Collection[str]) -> SymbolicNode:
    """Return a network whose layers with frozen states use these in training too, as they are."""

    def replaced(node: Node, inputs: tuple[Value, ...]) -> Node | None:
        if not any(value.node.name in frozen for value in node.state_inputs()):
            return None
        op = node.op
        if not isinstance(op, Operator) or "use_global_stats" not in op.params:
            raise ArgumentError(
                f"freeze: the layer {node.name!r} ({op!r}) changes its states by itself, so that "
                "they cannot be frozen; freeze its parameters by their names"
            )
        parameters = {name: getattr(op, name) for name in op.params}
        fixed = type(op).make({**parameters, "use_global_stats": True})
        return Node(fixed, node.name, inputs, node.attributes)

    if not frozen:
        return symbol
    return SymbolicNode(*Graph(substitute(symbol.graph.outputs, replaced)).outputs)
