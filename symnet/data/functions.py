"""The documents' function forms of what a provider can do: ``mx.get_data(provider, batch)``."""

from collections.abc import Iterable, Sequence
from typing import overload

from ..core.errors import ArgumentError
from ..ndarray import NDArray
from .provider import AbstractDataBatch, AbstractDataProvider, Provided, Targets

__all__ = [
    "count_samples",
    "eachbatch",
    "get_batch_size",
    "get_data",
    "get_label",
    "load_data",
    "load_label",
    "provide_data",
    "provide_label",
]


def get_batch_size(provider: AbstractDataProvider) -> int:
    """Return the number of rows in every batch; see `AbstractDataProvider.get_batch_size`.

    >>> import symnet as mx
    >>> mx.get_batch_size(mx.ArrayDataProvider(mx.ones(6, 2).asnumpy(), batch_size=3))
    3
    """
    return provider.get_batch_size()


def provide_data(provider: AbstractDataProvider) -> Sequence[Provided]:
    """Return name and shape of each data array; see `AbstractDataProvider.provide_data`.

    >>> import symnet as mx
    >>> mx.provide_data(mx.ArrayDataProvider(mx.ones(6, 2).asnumpy(), batch_size=3))
    [('data', (3, 2))]
    """
    return provider.provide_data()


def provide_label(provider: AbstractDataProvider) -> Sequence[Provided]:
    """Return name and shape of each label array; see `AbstractDataProvider.provide_label`.

    >>> import numpy as np
    >>> import symnet as mx
    >>> mx.provide_label(mx.ArrayDataProvider(np.ones((2, 3)), np.array([5, 6]), batch_size=2))
    [('softmax_label', (2,))]
    """
    return provider.provide_label()


def eachbatch(provider: AbstractDataProvider) -> Iterable[AbstractDataBatch]:
    """Return what a pass iterates over; see `AbstractDataProvider.eachbatch`.

    >>> import symnet as mx
    >>> provider = mx.ArrayDataProvider(mx.ones(3, 2).asnumpy(), batch_size=2)
    >>> len(list(mx.eachbatch(provider)))
    2
    """
    return provider.eachbatch()


@overload
def count_samples(batch: AbstractDataBatch, /) -> int: ...
@overload
def count_samples(provider: AbstractDataProvider, batch: AbstractDataBatch, /) -> int: ...
def count_samples(
    source: AbstractDataProvider | AbstractDataBatch, batch: AbstractDataBatch | None = None, /
) -> int:
    """Return how many rows of a batch are samples: ``count_samples([provider,] batch)``.

    Args:
        source: the batch; or its provider, which is not asked.
        batch: the batch, after its provider.

    >>> import symnet as mx
    >>> provider = mx.ArrayDataProvider(mx.ones(3, 2).asnumpy(), batch_size=2)
    >>> [mx.count_samples(batch) for batch in provider]
    [2, 1]
    """
    if isinstance(source, AbstractDataBatch):
        return source.count_samples()
    return source.count_samples(_given(batch, "count_samples"))


@overload
def get_data(batch: AbstractDataBatch, /) -> Sequence[NDArray]: ...
@overload
def get_data(provider: AbstractDataProvider, batch: AbstractDataBatch, /) -> Sequence[NDArray]: ...
def get_data(
    source: AbstractDataProvider | AbstractDataBatch, batch: AbstractDataBatch | None = None, /
) -> Sequence[NDArray]:
    """Return the data arrays of a batch: ``get_data([provider,] batch)``.

    Args:
        source: the batch; or its provider, which is not asked.
        batch: the batch, after its provider.

    >>> import symnet as mx
    >>> batch = next(iter(mx.ArrayDataProvider(mx.ones(2, 3).asnumpy(), batch_size=2)))
    >>> mx.get_data(batch)[0].shape
    (2, 3)
    """
    if isinstance(source, AbstractDataBatch):
        return source.get_data()
    return source.get_data(_given(batch, "get_data"))


@overload
def get_label(batch: AbstractDataBatch, /) -> Sequence[NDArray]: ...
@overload
def get_label(provider: AbstractDataProvider, batch: AbstractDataBatch, /) -> Sequence[NDArray]: ...
def get_label(
    source: AbstractDataProvider | AbstractDataBatch, batch: AbstractDataBatch | None = None, /
) -> Sequence[NDArray]:
    """Return the label arrays of a batch: ``get_label([provider,] batch)``.

    Args:
        source: the batch; or its provider, which is not asked.
        batch: the batch, after its provider.

    >>> from symnet.data.provider import DataBatch
    >>> from symnet.ndarray import array, zeros
    >>> get_label(DataBatch([zeros(2, 3)], [array([1, 0])], 2))
    [NDArray([1., 0.], float32, CPU0)]
    """
    if isinstance(source, AbstractDataBatch):
        return source.get_label()
    return source.get_label(_given(batch, "get_label"))


def _given(batch: AbstractDataBatch | None, function: str) -> AbstractDataBatch:
    if batch is None:
        raise ArgumentError(f"{function} was given a provider but no batch: {function}(p, batch)")
    return batch


def load_data(provider: AbstractDataProvider, batch: AbstractDataBatch, targets: Targets) -> None:
    """Copy the data of a batch into arrays; see `AbstractDataProvider.load_data`.

    >>> import symnet as mx
    >>> provider = mx.ArrayDataProvider(mx.ones(2, 3).asnumpy(), batch_size=2)
    >>> target = mx.zeros(2, 3)
    >>> mx.load_data(provider, next(iter(provider)), [target])
    >>> target.asnumpy().sum()
    np.float32(6.0)
    """
    provider.load_data(batch, targets)


def load_label(provider: AbstractDataProvider, batch: AbstractDataBatch, targets: Targets) -> None:
    """Copy the labels of a batch into arrays; see `AbstractDataProvider.load_label`.

    >>> import numpy as np
    >>> import symnet as mx
    >>> provider = mx.ArrayDataProvider(np.ones((2, 3)), np.array([5, 6]), batch_size=2)
    >>> target = mx.zeros(2)
    >>> mx.load_label(provider, next(iter(provider)), [target])
    >>> target
    NDArray([5., 6.], float32, CPU0)
    """
    provider.load_label(batch, targets)
