"""What functions are given as a network: a symbol with its parameters, or what has both."""

import textwrap
from typing import Protocol, runtime_checkable

from torch import Tensor

from ..core.errors import ArgumentError
from ..graph.node import Graph
from ..ndarray import NDArray
from ..symbol import SymbolicNode
from .checkpoint import Checkpoint, NamedArrays

__all__ = ["NetworkGiven", "ParameterHolder", "taken_apart"]


@runtime_checkable
class ParameterHolder(Protocol):
    """A network with its parameters, as `FeedForward` is one."""

    arch: SymbolicNode
    arg_params: dict[str, NDArray] | None
    aux_params: dict[str, NDArray] | None


NetworkGiven = SymbolicNode | ParameterHolder | Checkpoint
"""A symbol, whose parameters are given beside it, a model or a checkpoint."""

_LONGEST = 100
"""How much an error shows of what is no network: arrays would fill pages."""


def taken_apart(
    who: str,
    network: NetworkGiven,
    arg_params: NamedArrays | None,
    aux_params: NamedArrays | None,
) -> tuple[Graph, dict[str, Tensor]]:
    """Return the graph of a network, and the numbers of all its parameters and states by name.

    Args:
        who: the function that asks, for its errors.
        network: a model, a checkpoint, or a symbol.
        arg_params: parameters by name; default those of the model or checkpoint.
        aux_params: auxiliary states by name; default those of the model or checkpoint.

    Raises ArgumentError for what is none, and for parameters that are no arrays.

    >>> from symnet.ndarray import ones
    >>> from symnet.symbol import Variable
    >>> graph, numbers = taken_apart("me", Variable("x") + Variable("y"), {"y": ones(2)}, None)
    >>> [node.name for node in graph.arguments], numbers
    (['x', 'y'], {'y': tensor([1., 1.])})
    """
    symbol = network if isinstance(network, SymbolicNode) else None
    if symbol is None:
        if not isinstance(network, ParameterHolder | Checkpoint):
            shown = textwrap.shorten(repr(network), _LONGEST)
            raise ArgumentError(f"{who}: give a symbol, a model or a checkpoint, not {shown}")
        symbol = network.symbol if isinstance(network, Checkpoint) else network.arch
        arg_params = network.arg_params if arg_params is None else arg_params
        aux_params = network.aux_params if aux_params is None else aux_params
    arrays = {**(arg_params or {}), **(aux_params or {})}
    for name, array in arrays.items():
        if not isinstance(array, NDArray):
            raise ArgumentError(
                f"{who}: parameter {name!r} is a {type(array).__name__}; make an NDArray of it "
                "with mx.array(...)"
            )
    return symbol.graph, {name: array.torch for name, array in arrays.items()}
