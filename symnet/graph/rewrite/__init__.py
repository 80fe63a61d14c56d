"""Passes: each takes a graph and returns one with the same outputs that runs faster."""

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pkgutil import iter_modules

from ...operators.contract import Shape
from ..node import Graph, Value
from ..shapes import infer_shapes
from .duplicates import merge_duplicates
from .identities import skip_identities
from .lstm import run_lstm_at_once
from .pattern import RewriteRule
from .recurrent_cells import run_cells_at_once
from .steps import ShapeInference, join_steps

__all__ = ["PASSES", "SHAPE_PASSES", "rewrite"]


def _rules() -> Iterator[RewriteRule]:
    """Yield the rules in the files of this folder, file by file: a new file needs no entry."""
    for module in iter_modules(__path__):
        members = vars(import_module(f"{__name__}.{module.name}")).values()
        yield from (member for member in members if isinstance(member, RewriteRule))


PASSES: tuple[Callable[[Graph], Graph], ...] = (merge_duplicates, *_rules())
"""The passes that hold in training and prediction alike, in the order in which they run."""

SHAPE_PASSES: tuple[Callable[[Graph, ShapeInference], Graph], ...] = (
    run_lstm_at_once,
    run_cells_at_once,
    join_steps,
)
"""The passes after those, which may ask for the shapes of values."""


def rewrite(graph: Graph, variables: Mapping[str, Shape], *, is_train: bool) -> Graph:
    """Return the graph that is worth running in place of this one.

    Args:
        graph: the network.
        variables: the shapes of its variables, by name.
        is_train: whether it is to train.
    """
    graph = skip_identities(graph, is_train=is_train)
    for one_pass in PASSES:
        graph = one_pass(graph)

    def shapes(graph: Graph) -> Mapping[Value, Shape]:
        return infer_shapes(graph, variables).shapes

    for one_pass_more in SHAPE_PASSES:
        graph = one_pass_more(graph, shapes)
    return graph
