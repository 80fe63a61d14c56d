"""What functions are given as a network: a symbol with its parameters, or a model that has them."""

from typing import Protocol, runtime_checkable

from torch import Tensor

from ..core.errors import ArgumentError
from ..graph.node import Graph
from ..ndarray import NDArray
from ..symbol import SymbolicNode
from .checkpoint import NamedArrays

__all__ = ["ParameterHolder", "taken_apart"]


@runtime_checkable
class ParameterHolder(Protocol):
    """A network with its parameters, as `FeedForward` is one."""

    arch: SymbolicNode
    arg_params: dict[str, NDArray] | None
    aux_params: dict[str, NDArray] | None


def taken_apart(
    who: str,
    network: SymbolicNode | ParameterHolder,
    arg_params: NamedArrays | None,
    aux_params: NamedArrays | None,
) -> tuple[Graph, dict[str, Tensor]]:
    """Return the graph of a network, and the numbers of all its parameters and states by name.

    Args:
        who: the function that asks, for its errors.
        network: a model, or a symbol.
        arg_params: parameters by name; default those of the model.
        aux_params: auxiliary states by name; default those of the model.

    Raises ArgumentError for what is neither, and for parameters that are no arrays.

    >>> from symnet.ndarray import ones
    >>> from symnet.symbol import Variable
    >>> graph, numbers = taken_apart("me", Variable("x") + Variable("y"), {"y": ones(2)}, None)
    >>> [node.name for node in graph.arguments], numbers
    (['x', 'y'], {'y': tensor([1., 1.])})
    """
    symbol = network if isinstance(network, SymbolicNode) else None
    if symbol is None:
        if not isinstance(network, ParameterHolder):
            raise ArgumentError(f"{who}: give a symbol or a model, not {network!r}")
        symbol = network.arch
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
