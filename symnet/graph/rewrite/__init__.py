"""Passes: each takes a graph and returns one with the same outputs that runs faster."""

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from importlib import import_module
from pkgutil import iter_modules

from ...operators.contract import Shape
from ..node import Graph, Value
from ..shapes import infer_shapes
from .cells import run_chains
from .duplicates import merge_duplicates
from .gated_units import gated_steps
from .identities import skip_identities
from .lstm import lstm_steps
from .pattern import RewriteRule
from .plain_layers import plain_steps
from .steps import ShapeInference, join_steps

__all__ = ["CONSTANT_RULES", "PASSES", "SHAPE_PASSES", "rewrite"]


def _rules() -> Iterator[RewriteRule]:
    """Yield the rules in the files of this folder, file by file: a new file needs no entry."""
    for module in iter_modules(__path__):
        members = vars(import_module(f"{__name__}.{module.name}")).values()
        yield from (member for member in members if isinstance(member, RewriteRule))


_RULES = tuple(_rules())

PASSES: tuple[Callable[[Graph], Graph], ...] = (
    merge_duplicates,
    *(rule for rule in _RULES if rule.constant is None),
)
"""The passes that hold in training and prediction alike, in the order in which they run."""

CONSTANT_RULES: tuple[RewriteRule, ...] = tuple(r for r in _RULES if r.constant is not None)
"""The rules after those, for prediction with parameters that stay."""

SHAPE_PASSES: tuple[Callable[[Graph, ShapeInference], Graph], ...] = (
    # The others look at what is left, which of an unrolled memory is little.
    partial(run_chains, finders=(lstm_steps,)),
    partial(run_chains, finders=(gated_steps, plain_steps)),
    join_steps,
)
"""The passes after those, which may ask for the shapes of values."""


def rewrite(
    graph: Graph,
    variables: Mapping[str, Shape],
    *,
    is_train: bool,
    constants: Collection[str] = (),
) -> Graph:
    """Return the graph that is worth running in place of this one.

    Args:
        graph: the network.
        variables: the shapes of its variables, by name.
        is_train: whether it is to train.
        constants: names of variables that stay from run to run.
    """
    graph = skip_identities(graph, is_train=is_train)
    for one_pass in PASSES:
        graph = one_pass(graph)
    for rule in CONSTANT_RULES:
        graph = rule.with_constants(graph, constants)

    def shapes(graph: Graph) -> Mapping[Value, Shape]:
        return infer_shapes(graph, variables).shapes

    for one_pass_more in SHAPE_PASSES:
        graph = one_pass_more(graph, shapes)
    return graph
