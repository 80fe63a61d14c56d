"""Recognise gated recurrent units that were unrolled over time, in the two forms that there are.

With the gates r and z, sigmoids of what the input gives and a layer of h, and a new state n, h is
mixed of n and the h before it by z. The layer of n takes either h and is weighed by r, as in cuDNN
and in Apache MXNet's GRUCell, or takes r · h, as Cho et al. 2014 have it and MXNet's examples
before 1.0.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from ...operators.contract import Operator
from ...operators.definitions.gated import GRUSteps
from ...operators.definitions.reset_gated import ResetGRUSteps
from ...operators.meaning import Affine, OfElements
from ..node import Graph, Node, Value
from ._reading import argument, is_layer, is_used_once, meaning, operands, uses, whole
from .cells import CellStep, Chain, Kind
from .steps import stack

__all__ = ["gated_steps"]

_SUM, _PRODUCT = OfElements.SUM, OfElements.PRODUCT
_SIGMOID, _TANH = OfElements.SIGMOID, OfElements.TANH


def gated_steps(node: Node, graph: Graph) -> Iterator[CellStep]:
    """Yield the steps whose h a node computes, if it does and nobody looks inside."""
    for mix in _mixes(node, graph):
        yield from _reset_after(node, mix, graph)
        yield from _reset_before(node, mix, graph)


# -- mixing ----------------------------------------------------------------------------------------


class _Mix(NamedTuple):
    """start + z · (end − start), and how often it uses its start and its end."""

    z: Value
    start: Value
    end: Value
    uses: tuple[int, int]


def _mixes(node: Node, graph: Graph) -> Iterator[_Mix]:
    """Yield how a node mixes two values, whose parts nobody else looks at."""
    for one, other in operands(Value(node), _SUM):
        for z, second in operands(other, _PRODUCT):
            # (1 − z) · start + z · end
            for rest, start in operands(one, _PRODUCT):
                if not _is_one_minus(rest, z):
                    continue
                if uses(z, graph) == 2 and is_used_once((one, other, rest), graph):
                    yield _Mix(z, start, second, (1, 1))
            # start + z · (end − start)
            apart = meaning(second.node) is OfElements.DIFFERENCE
            if apart and second.node.inputs[1] == one and is_used_once((other, z, second), graph):
                yield _Mix(z, one, second.node.inputs[0], (2, 1))


def _is_one_minus(value: Value, subtracted: Value) -> bool:
    return value.node.inputs == (subtracted,) and meaning(value.node) == Affine(-1, 1)


# -- reset after the product -----------------------------------------------------------------------


@dataclass(frozen=True)
class _GRU(Kind):
    """A unit whose r weighs what the layer of h gives to n: `order` is the thirds of r, z and n."""

    order: tuple[int, ...]
    widths: ClassVar = (3,)

    def operator(self, chain: Chain) -> tuple[Operator, dict[str, Value]]:
        """Return the operator and its inputs."""
        inputs = {
            "projected": stack(chain.given(), chain.name),
            "init_h": chain.steps[0].before[0],
            **chain.parameters(),
        }
        steps, no_bias = len(chain.steps), "bias" not in inputs
        return GRUSteps(steps=steps, order=self.order, no_bias=no_bias), inputs


def _reset_after(node: Node, mix: _Mix, graph: Graph) -> Iterator[CellStep]:
    """Yield the steps that mix n and h by z, with n = tanh(n + r · n)."""
    z, n, before, (uses_of_n, _) = mix
    # n may be read as often as mixing reads it, and by nobody else.
    adding = argument(n, _TANH) if uses(n, graph) == uses_of_n else None
    for given_n, reset in operands(adding, _SUM):
        for r, kept_n in operands(reset, _PRODUCT):
            sums = [argument(r, _SIGMOID), argument(z, _SIGMOID)]
            inside = [each for each in (adding, reset, r, *sums) if each]
            if len(inside) < 5 or not is_used_once(inside, graph):
                continue
            thirds = [*(_parts(each, given_n, kept_n) for each in sums), (given_n, kept_n)]
            yield from _of_thirds(node, before, thirds, graph)


def _parts(total: Value | None, given: Value, kept: Value) -> tuple[Value, Value] | None:
    """Return the two parts that a gate is the sum of, from where those of n come from."""
    nodes = given.node, kept.node
    return next(
        (each for each in operands(total, _SUM) if (each[0].node, each[1].node) == nodes), None
    )


def _of_thirds(
    node: Node, before: Value, thirds: list[tuple[Value, Value] | None], graph: Graph
) -> Iterator[CellStep]:
    """Yield the step whose gates are thirds of what is given and thirds of a layer of h."""
    pairs = [pair for pair in thirds if pair]
    given, kept = (whole((pair[side] for pair in pairs), axes=(1, -1)) for side in (0, 1))
    if given is None or kept is None or len(pairs) < 3 or not is_layer(kept):
        return
    # A gate must add like thirds: a layer with its thirds in another order is another unit.
    same = all(one.number == other.number for one, other in pairs)
    inside = is_used_once((kept, *(part for pair in pairs for part in pair)), graph)
    if same and inside and kept.node.inputs[0] == before:
        kind = _GRU(tuple(one.number for one, _ in pairs))
        yield CellStep(kind, (given,), (kept.node,), (before,), (Value(node),))


# -- reset before the product ----------------------------------------------------------------------


@dataclass(frozen=True)
class _ResetGRU(Kind):
    """A unit whose layer of n takes r · h.

    Args:
        order: which halves of the gates are r and z.
        keeps: whether z is the share of the h before, instead of that of n.
    """

    order: tuple[int, ...]
    keeps: bool
    widths: ClassVar = (2, 1)

    def operator(self, chain: Chain) -> tuple[Operator, dict[str, Value]]:
        """Return the operator and its inputs."""
        inputs = {
            "projected": stack(chain.given(), chain.name),
            "fresh": stack(chain.given(1), f"{chain.name}_new"),
            "init_h": chain.steps[0].before[0],
            **chain.parameters(),
            **chain.parameters(1, "new_"),
        }
        op = ResetGRUSteps(
            steps=len(chain.steps),
            order=self.order,
            keeps=self.keeps,
            no_bias="bias" not in inputs,
            no_new_bias="new_bias" not in inputs,
        )
        return op, inputs


def _reset_before(node: Node, mix: _Mix, graph: Graph) -> Iterator[CellStep]:
    """Yield the steps that mix h and n by z, either way round, n = tanh(given + layer(r · h))."""
    z, start, end, (uses_of_start, uses_of_end) = mix
    for before, n, used in ((start, end, uses_of_end), (end, start, uses_of_start)):
        adding = argument(n, _TANH) if uses(n, graph) == used else None
        for given_n, through in operands(adding, _SUM):
            product = through.node.inputs[0] if is_layer(through) else None
            for r, h in operands(product, _PRODUCT):
                inside = [each for each in (adding, through, product, r) if each]
                if h == before and is_used_once(inside, graph):
                    gates, keeps = (r, z), end == before
                    yield from _of_halves(node, h, gates, (given_n, through), graph, keeps=keeps)


def _of_halves(
    node: Node,
    before: Value,
    gates: tuple[Value, Value],
    n: tuple[Value, Value],
    graph: Graph,
    *,
    keeps: bool,
) -> Iterator[CellStep]:
    """Yield the step whose gates are halves of the sum of what is given and a layer of h."""
    halves = [half for half in (argument(gate, _SIGMOID) for gate in gates) if half]
    total = whole(halves, axes=(1, -1))
    if total is None or not is_used_once((*halves, total), graph):
        return
    kind = _ResetGRU(tuple(half.number for half in halves), keeps)
    for given, kept in operands(total, _SUM):
        if is_layer(kept) and kept.node.inputs[0] == before and is_used_once((kept,), graph):
            layers = kept.node, n[1].node
            yield CellStep(kind, (given, n[0]), layers, (before,), (Value(node),))
