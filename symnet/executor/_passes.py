"""Passes that users write, where a network is bound: what they return has to run in its place."""

from collections.abc import Mapping, Sequence

import torch

from ..core.dtype import dtype_name
from ..core.errors import ArgumentError, ShapeError
from ..graph.node import Value
from ..operators.contract import Shape
from ..program.facts import Facts
from ..symbol import SymbolicNode
from ..symbol.rewriting import SymbolPass, apply_passes
from .requests import GradientRequest

__all__ = ["rewritten"]

ArrayFacts = Mapping[str, tuple[Shape, torch.dtype]]
"""The shape and element type of each array, by name."""


def rewritten(
    symbol: SymbolicNode,
    passes: Sequence[SymbolPass],
    requests: Mapping[str, GradientRequest],
    arrays: ArrayFacts,
) -> SymbolicNode:
    """Return what passes make of a network, if that can run in its place.

    Args:
        symbol: the network.
        passes: the passes, in order.
        requests: what is asked of the gradient of each argument.
        arrays: of what shape and element type all arguments and states are.
    """
    network = apply_passes(symbol, passes)
    if network is symbol:
        return symbol
    left = {*network.list_arguments()}
    lost = [name for name, request in requests.items() if request != "null" and name not in left]
    if lost:
        raise ArgumentError(
            f"passes leave nothing of the argument {lost[0]!r}, but its gradient is asked for: "
            f"give grad_req={{{lost[0]!r}: 'null', …}}, or leave the pass out"
        )
    before, after = _facts(symbol, arrays), _facts(network, arrays)
    for old, new in zip(symbol.graph.outputs, network.graph.outputs, strict=True):
        expected, found = _described(before, old), _described(after, new)
        if found != expected:
            raise ShapeError(
                f"passes change the output {old.name!r}: {expected} became {found}; a pass returns "
                "a network that computes the same"
            )
    return network


def _facts(symbol: SymbolicNode, arrays: ArrayFacts) -> Facts:
    names = (*symbol.list_arguments(), *symbol.list_auxiliary_states())
    shapes = {name: arrays[name][0] for name in names}
    return Facts.infer(symbol.graph, shapes, {name: arrays[name][1] for name in names})


def _described(facts: Facts, value: Value) -> str:
    return f"{dtype_name(facts.dtypes[value])} of shape {facts.shapes[value]}"
