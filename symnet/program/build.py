"""From a network to a program: rewrite, infer, differentiate, plan, tie down."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..core.errors import ArgumentError
from ..graph.gradient import Differentiated, differentiate
from ..graph.node import Graph, Node, Value
from ..graph.placement import Placement
from ..graph.recompute import marked_nodes, operations, recomputed, selections
from ..graph.rewrite import rewrite
from ..graph.rewrite.filter_products import multiply_filters
from ..operators.contract import Input, Operator
from ._plan import make_plan
from .calls import call_of
from .facts import Facts
from .report import plan_bytes
from .run import FinalWrite, Handed, Program, Taker

__all__ = ["Build", "GradientBuffer", "MemoryLimitError", "build"]


@dataclass(frozen=True)
class GradientBuffer:
    """Where a gradient goes: an array, to be overwritten or added onto; or a function.

    Args:
        tensor: the array.
        add: whether to add onto it.
        take: is called with the gradient once that is final, and may then write its variable; the
            array stays as it is. Default none.
    """

    tensor: Tensor
    add: bool
    take: Taker | None = None


@dataclass(frozen=True)
class Build:
    """A program and the arrays through which gradients of its outputs come in.

    Args:
        program: what runs.
        head_gradients: one for each output, None where the output needs none.
        repeated: what the backward pass computes again, in a line; empty for nothing.
    """

    program: Program
    head_gradients: tuple[Tensor | None, ...]
    repeated: str = ""


def build(
    network: Graph,
    bound: Mapping[str, Tensor],
    outputs: Sequence[Tensor],
    gradients: Mapping[str, GradientBuffer],
    placement: Placement,
    *,
    is_train: bool,
    constants: Collection[str] = (),
    once: bool = False,
    limit: int | None = None,
) -> Build:
    """Make the program of a network over given arrays.

    Args:
        network: the network.
        bound: arrays of all arguments and auxiliary states, by name.
        outputs: where the outputs are written, in order.
        gradients: where the gradients of some arguments go, by name.
        placement: where its nodes run.
        is_train: whether it trains.
        constants: names of arrays that keep their contents from run to run, until the program is
            prepared anew.
        once: whether the backward pass runs once after each forward pass.
        limit: how many bytes everything but the given arrays may take; to stay below, the backward
            pass computes things again. Default: it does so where the network says it.

    Raises MemoryLimitError where that cannot be had.
    """
    graph = _rewritten(network, bound, placement, is_train=is_train, constants=constants)
    facts = Facts.of(graph, bound)
    # Gradients come last, so that they are those of the network as it runs.
    wanted = [node for node in graph.arguments if node.name in gradients]
    forward = frozenset(graph.nodes)
    whole = differentiate(graph, wanted, facts.shapes, facts.dtypes)
    heads = tuple(
        None if head is None else torch.zeros_like(tensor)
        for head, tensor in zip(whole.head_gradients, outputs, strict=True)
    )
    arrays = dict(bound)
    for head, tensor in zip(whole.head_gradients, heads, strict=True):
        if head is not None and tensor is not None:
            arrays[head.name] = tensor
    least: int | None = None
    for again in _selections(graph, facts, limit):
        chosen = recomputed(whole, forward, again)
        known = Facts.of(chosen.graph, arrays)
        places, finals, handed = _places(network, graph, chosen, outputs, gradients, known)
        for compact in (False,) if limit is None else (True, False):
            plan = make_plan(
                chosen.graph,
                forward,
                {Value(n): arrays[n.name] for n in chosen.graph.nodes if n.op is None},
                places,
                known,
                placement.of_all(chosen.graph, chosen.beside),
                is_train=is_train,
                constants=constants,
                once=once,
                handed={value: [one.variable for one in own] for value, own in handed.items()},
                compact=compact,
            )
            size = plan_bytes(plan)
            if limit is None or size <= limit:
                told = _told(graph, chosen.copies, known)
                return Build(Program(plan, finals, handed), heads, told)
            least = size if least is None else min(size, least)
    raise MemoryLimitError(limit or 0, least or 0)


def _rewritten(
    network: Graph,
    bound: Mapping[str, Tensor],
    placement: Placement,
    *,
    is_train: bool,
    constants: Collection[str],
) -> Graph:
    """Return the graph that runs in place of a network."""
    shapes = {name: tuple(tensor.shape) for name, tensor in bound.items()}
    # Copies come first, so that no pass joins what runs on different contexts.
    graph = rewrite(placement.with_copies(network), shapes, is_train=is_train, constants=constants)
    if all(context.device_type == "cpu" for context in placement.contexts()):
        graph = multiply_filters(graph, Facts.of(graph, bound).shapes)
    return graph


class MemoryLimitError(ArgumentError):
    """Activations take more bytes than they may, whatever is computed again.

    Args:
        limit: how many they may take.
        least: how many they take at least.
    """

    def __init__(self, limit: int, least: int) -> None:
        super().__init__(f"activations take at least {least:,} bytes, and may take {limit:,}")
        self.least = least


def _selections(graph: Graph, facts: Facts, limit: int | None) -> Iterator[frozenset[Node]]:
    """Yield what may be computed again: what is marked; with a limit, ever more."""
    marked = marked_nodes(graph)
    if limit is None:
        yield marked
    else:
        yield from (marked | more for more in selections(graph, facts.shapes))


def _told(graph: Graph, copies: Collection[Node], facts: Facts) -> str:
    if not copies:
        return ""
    layers = [node for node in graph.nodes if node.op is not None]
    whole = operations(layers, facts.shapes)
    again = operations(copies, facts.shapes)
    share = f", {100 * again / whole:.0f} % of the products" if whole else ""
    return f"{len(copies)} of {len(layers)} steps are computed again in the backward pass{share}"


def _places(
    network: Graph,
    graph: Graph,
    whole: Differentiated,
    outputs: Sequence[Tensor],
    gradients: Mapping[str, GradientBuffer],
    known: Facts,
) -> tuple[dict[Value, Tensor], list[FinalWrite], dict[Value, list[Handed]]]:
    """Return which values are written straight to where they are wanted, and what is left.

    The last are those that are handed over.
    """
    places: dict[Value, Tensor] = {}
    finals: list[FinalWrite] = []
    handed: dict[Value, list[Handed]] = {}
    for value, tensor in zip(graph.outputs, outputs, strict=True):
        # A variable is not computed, so its array is copied; one value that is two outputs is
        # written once and copied once.
        if value.node.op is None or value in places:
            finals.append(FinalWrite(value, tensor, backward=False))
        else:
            places[value] = tensor
    forward = set(graph.nodes)
    # Whoever takes a gradient changes variables: no other gradient may be one of them, or a view.
    early = all(
        value is None or (value not in places and _is_own(value, forward, known))
        for value in whole.gradients.values()
    )
    for node, gradient in whole.gradients.items():
        target = gradients[node.name]
        if target.take is not None and early and gradient is not None:
            handed.setdefault(gradient, []).append(Handed(Value(node), target.take))
        elif target.take is not None:
            finals.append(FinalWrite(gradient, target.tensor, backward=True, take=target.take))
        elif gradient is None:
            # No gradient flows here: it is zero. Labels get none in MXNet, whose arrays keep what
            # they held.
            if not target.add and not _only_labels(network, node):
                finals.append(FinalWrite(None, target.tensor, backward=True))
        elif (
            # These need a step of their own at the end: to add, to copy what is written elsewhere,
            # or because what flows back is a variable or a value of the forward pass itself.
            target.add or gradient in places or gradient.node.op is None or gradient.node in forward
        ):
            finals.append(FinalWrite(gradient, target.tensor, backward=True, add=target.add))
        else:
            places[gradient] = target.tensor
    return places, finals, handed


def _is_own(value: Value, forward: Collection[Node], known: Facts) -> bool:
    """Whether a value is computed in the backward pass, and no view of what is not."""
    while value.node.op is not None and value.node not in forward:
        viewed = call_of(value.node, known.shapes, is_train=True).view_of
        if viewed is None:
            return True
        value = value.node.inputs[viewed]
    return False


def _only_labels(graph: Graph, variable: Node) -> bool:
    """Whether a variable is used as label of losses and as nothing else."""
    return all(_is_label(user, Value(variable)) for user in graph.users.get(Value(variable), ()))


def _is_label(user: Node, value: Value) -> bool:
    if not isinstance(user.op, Operator) or not user.op.is_loss():
        return False
    free = [
        place
        for name, place in user.op.slots().items()
        if isinstance(declared := user.op.inputs.get(name), Input) and not declared.takes_gradient
    ]
    if len(free) == len(user.op.arguments()):
        return False  # a barrier: what it takes is data
    return all(p in free for p, own in enumerate(user.inputs) if own == value)
