"""The documents' function forms of what a key-value store can do: ``mx.push(store, key, value)``.

Source: the documents, "Distributed Key-value Store"; docs/semantics §8, §12.
"""

from typing import Any, overload

from ...core.errors import ArgumentError
from ...ndarray import NDArray
from ..initializer import AbstractInitializer
from ..optimizer import AbstractOptimizer
from .base import AbstractKVStore, Keys, KVUpdater, StoreValues

__all__ = [
    "barrier",
    "get_num_workers",
    "get_rank",
    "get_type",
    "init",
    "pull",
    "push",
    "set_optimizer",
    "set_updater",
]


@overload
def init(store: AbstractKVStore, key: Keys, value: StoreValues, /) -> None: ...
@overload
def init(initializer: AbstractInitializer, name: str, array: NDArray, /) -> None: ...
def init(first: Any, key: Any, value: Any, /) -> None:
    """Give a store's keys their first values, or a parameter its own.

    ``init(store, key, value)`` is `AbstractKVStore.init`, and ``init(initializer, name, array)``
    is `AbstractInitializer.init`, which fills the array in place. Raises ArgumentError where the
    first argument is neither.

    >>> from symnet.training.initializer import UniformInitializer
    >>> from symnet.training.kvstore import KVStore
    >>> bias = NDArray([5, 5])
    >>> init(UniformInitializer(), "fc1_bias", bias)
    >>> bias
    NDArray([0., 0.], float32, CPU0)
    >>> init(KVStore("local"), 3, bias)
    """
    if not isinstance(first, AbstractKVStore | AbstractInitializer):
        raise ArgumentError(
            "call init(store, key, value) with what mx.KVStore made, or "
            f"init(initializer, name, array); got {type(first).__name__}"
        )
    first.init(key, value)


def push(store: AbstractKVStore, key: Keys, value: StoreValues, priority: int = 0) -> None:
    """Bring arrays to keys; see `AbstractKVStore.push`.

    >>> import symnet as mx
    >>> store = mx.KVStore("local")
    >>> mx.init(store, 3, mx.zeros(2))
    >>> mx.push(store, 3, [mx.ones(2), mx.ones(2)])
    >>> out = mx.empty(2)
    >>> mx.pull(store, 3, out)
    >>> out
    NDArray([2., 2.], float32, CPU0)
    """
    store.push(key, value, priority)


def pull(store: AbstractKVStore, key: Keys, out: StoreValues, priority: int = 0) -> None:
    """Copy the values of keys into arrays; see `AbstractKVStore.pull`.

    >>> import symnet as mx
    >>> store, out = mx.KVStore("local"), mx.empty(2)
    >>> mx.init(store, 3, mx.array([5, 6]))
    >>> mx.pull(store, 3, out)
    >>> out
    NDArray([5., 6.], float32, CPU0)
    """
    store.pull(key, out, priority)


def set_updater(store: AbstractKVStore, updater: KVUpdater) -> None:
    """Have what is pushed worked into the values; see `AbstractKVStore.set_updater`.

    >>> import symnet as mx
    >>> store, out = mx.KVStore("local"), mx.empty(2)
    >>> def add(key, pushed, value):
    ...     value[:] += pushed
    >>> mx.set_updater(store, add)
    >>> mx.init(store, 0, mx.ones(2))
    >>> mx.push(store, 0, mx.ones(2) * 4)
    >>> mx.pull(store, 0, out)
    >>> out
    NDArray([5., 5.], float32, CPU0)
    """
    store.set_updater(updater)


def set_optimizer(store: AbstractKVStore, optimizer: AbstractOptimizer) -> None:
    """Have pushed gradients update the weights; see `AbstractKVStore.set_optimizer`.

    >>> import symnet as mx
    >>> store, weight = mx.KVStore("local"), mx.empty(2)
    >>> optimizer = mx.SGD(lr=0.5, weight_decay=0.0)
    >>> optimizer.state = mx.OptimizationState(1)
    >>> mx.set_optimizer(store, optimizer)
    >>> mx.init(store, 0, mx.ones(2))
    >>> mx.push(store, 0, mx.ones(2))
    >>> mx.pull(store, 0, weight)
    >>> weight
    NDArray([0.5, 0.5], float32, CPU0)
    """
    store.set_optimizer(optimizer)


def get_type(store: AbstractKVStore) -> str:
    """Return the name of a store's type; see `AbstractKVStore.get_type`.

    >>> import symnet as mx
    >>> mx.get_type(mx.KVStore("local"))
    'local'
    """
    return store.get_type()


def get_rank(store: AbstractKVStore) -> int:
    """Return the number of this process among a store's; see `AbstractKVStore.get_rank`.

    >>> import symnet as mx
    >>> mx.get_rank(mx.KVStore("local"))
    0
    """
    return store.get_rank()


def get_num_workers(store: AbstractKVStore) -> int:
    """Return how many processes share a store; see `AbstractKVStore.get_num_workers`.

    >>> import symnet as mx
    >>> mx.get_num_workers(mx.KVStore("local"))
    1
    """
    return store.get_num_workers()


def barrier(store: AbstractKVStore) -> None:
    """Wait until every process that shares a store is here; see `AbstractKVStore.barrier`.

    >>> import symnet as mx
    >>> mx.barrier(mx.KVStore("local"))
    """
    store.barrier()
