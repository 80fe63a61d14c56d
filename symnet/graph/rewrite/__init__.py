"""Passes: each takes a graph and returns one with the same outputs that runs faster."""

from collections.abc import Callable

from ..node import Graph
from .duplicates import merge_duplicates
from .identities import skip_identities
from .pool_before_activation import pool_before_activation

__all__ = ["PASSES", "rewrite"]

PASSES: tuple[Callable[[Graph], Graph], ...] = (merge_duplicates, pool_before_activation)
"""The passes that hold in training and prediction alike, in the order in which they run."""


def rewrite(graph: Graph, *, is_train: bool) -> Graph:
    """Return the graph that is worth running in place of this one."""
    graph = skip_identities(graph, is_train=is_train)
    for one_pass in PASSES:
        graph = one_pass(graph)
    return graph
