"""Key-value stores whose processes do not wait for each other."""

from collections.abc import Sequence
from typing import Final

from ...core.errors import ArgumentError
from ...ndarray import NDArray
from ._distributed import SharedKVStore, check_agreed
from .base import merged
from .server import Clerk, Server, shared_values

__all__ = ["ASYNC_TYPES", "AsyncKVStore"]

ASYNC_TYPES: Final = ("dist_async", "dist_device_async")


class AsyncKVStore(SharedKVStore):
    """A store whose values rank 0 keeps, and each process changes when it wants to.

    What is pushed goes to rank 0, whose updater works it into the value at once; a pull brings the
    value as it is then, with all that this process has pushed. No process waits for another.
    `init` and `barrier` are called by all of them together, in the same order.

    Where the program was not started by a launcher, as torchrun, there is one rank.

    Args:
        kv_type: one of `ASYNC_TYPES`. They are alike.

    Raises DistributedError where the other processes cannot be met, or one is lost later.
    Source: docs/semantics §8.

    >>> from symnet.ndarray import NDArray
    >>> store, a = AsyncKVStore("dist_async"), NDArray([0, 0])
    >>> def add(key, received, stored):
    ...     stored += received
    >>> store.set_updater(add)
    >>> store.init(1, a)
    >>> store.push(1, NDArray([1, 2]))
    >>> store.pull(1, a)
    >>> a
    NDArray([1., 2.], float32, CPU0)
    """

    def __init__(self, kv_type: str) -> None:
        super().__init__(kv_type)
        self._served: Server | Clerk | None = None
        self._pulled: dict[int, NDArray] = {}

    @property
    def _shared(self) -> Server | Clerk:
        if self._served is None:
            self._served = shared_values(self._world, {}, self._update)
        return self._served

    def _start(self, key: int, value: NDArray) -> None:
        check_agreed(self._world, "init", key, value)
        self._pulled[key] = value.copy()
        self._shared.add(key, value)  # before any other rank can push to it
        self._world.copy_from_first(self._pulled[key].torch)

    def _update(self, key: int, array: NDArray, value: NDArray) -> None:
        if self._updater is None:
            raise ArgumentError(
                "kvstore: without an updater, what is pushed last would be all there is: on every "
                "rank, call set_optimizer or set_updater before init"
            )
        self._updater(key, array, value)

    def _receive(self, key: int, arrays: Sequence[NDArray], priority: int) -> None:
        self._shared.push(key, merged(arrays, self._pulled[key].context))

    def _value(self, key: int, priority: int) -> NDArray:
        self._shared.pull(key, self._pulled[key])
        return self._pulled[key]
