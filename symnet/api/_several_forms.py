"""The documents' functions that take several kinds of things: ``get``, ``eltype`` and ``copy``.

Each kind has its function or method on its own floor; here is told which one is meant.
"""

from typing import overload

import numpy as np
from torch import Tensor

from ..core.context import Context
from ..core.errors import ArgumentError
from ..data import AbstractDataBatch, AbstractDataProvider
from ..ndarray import NDArray
from ..ndarray import functions as of_arrays
from ..ndarray.host import Host
from ..symbol import SymbolicNode
from ..training.metric import AbstractEvalMetric
from ..training.metric.base import MetricValues

__all__ = ["copy", "deepcopy", "eltype", "get"]


@overload
def get(source: AbstractEvalMetric) -> MetricValues: ...
@overload
def get(source: AbstractDataProvider, batch: AbstractDataBatch, name: str) -> NDArray: ...
def get(
    source: AbstractEvalMetric | AbstractDataProvider,
    batch: AbstractDataBatch | None = None,
    name: str | None = None,
) -> MetricValues | NDArray:
    """Return what came out of a metric, or the array of a batch that has a name.

    Args:
        source: the metric; or the provider.
        batch: the provider's batch.
        name: the name of the array in it.

    ``get(metric)`` is `AbstractEvalMetric.get`, ``get(provider, batch, name)`` is
    `AbstractDataProvider.get`. Raises ArgumentError for anything else.

    >>> from symnet.training.metric import Accuracy
    >>> get(Accuracy())
    [('accuracy', nan)]
    """
    if isinstance(source, AbstractEvalMetric) and batch is None and name is None:
        return source.get()
    if isinstance(source, AbstractDataProvider) and batch is not None and name is not None:
        return source.get(batch, name)
    given = [type(each).__name__ for each in (source, batch, name) if each is not None]
    raise ArgumentError(
        f"get takes a metric, or a provider, a batch and a name, got {', '.join(given)}"
    )


@overload
def eltype(arr: NDArray) -> str: ...
@overload
def eltype(arr: AbstractDataProvider) -> type[AbstractDataBatch]: ...
def eltype(arr: NDArray | AbstractDataProvider) -> str | type[AbstractDataBatch]:
    """Return the name of an array's element type, as ``"float32"``; or the class of batches.

    Args:
        arr: an array; or a provider, whose batches are of `AbstractDataProvider.batch_type`.

    Raises ArgumentError for anything else.

    >>> from symnet.data import ArrayDataProvider
    >>> eltype(NDArray([1, 2])), eltype(ArrayDataProvider(np.zeros((4, 2)))).__name__
    ('float32', 'DataBatch')
    """
    return arr.batch_type if isinstance(arr, AbstractDataProvider) else of_arrays.eltype(arr)


@overload
def copy(source: SymbolicNode) -> SymbolicNode: ...
@overload
def copy(source: NDArray | Tensor | Host, context: None = None) -> np.ndarray: ...
@overload
def copy(source: NDArray | Tensor | Host, context: Context) -> NDArray: ...
def copy(
    source: SymbolicNode | NDArray | Tensor | Host, context: Context | None = None
) -> SymbolicNode | NDArray | np.ndarray:
    """Copy an array to NumPy, or to a context where one is given; or copy a symbol.

    Args:
        source: an array, or a symbol. An attribute that is set on a copy of a symbol is not set
            on the symbol.
        context: where an array is copied to, as an NDArray; a symbol has no place.

    Raises ArgumentError for a symbol with a context.

    >>> from symnet.symbol import Variable
    >>> copy(NDArray([1, 2]) * 4), copy(Variable("x") * 2).list_arguments()
    (array([4., 8.], dtype=float32), ['x'])
    """
    if not isinstance(source, SymbolicNode):
        return of_arrays.copy(source, context)
    if context is not None:
        raise ArgumentError(
            f"copy: a symbol has no place, got {context!r}; bind it there: mx.simple_bind(symbol, "
            "context, …)"
        )
    return SymbolicNode(*source.graph.outputs)


def deepcopy(source: SymbolicNode) -> SymbolicNode:
    """Copy a symbol, as `copy` does: nodes never change, so there is nothing deeper to copy.

    Args:
        source: the symbol.

    Raises ArgumentError for what is no symbol.

    >>> import symnet as mx
    >>> mx.deepcopy(mx.Variable("x") * 2).list_arguments()
    ['x']
    """
    if not isinstance(source, SymbolicNode):
        raise ArgumentError(f"deepcopy takes a symbol, got {type(source).__name__}")
    return copy(source)
