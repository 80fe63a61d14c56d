"""Key-value stores that several processes share."""

from collections.abc import Mapping, Sequence
from typing import Final

from ...core.errors import ArgumentError
from ...ndarray import NDArray
from .base import AbstractKVStore, merged
from .world import World, join

__all__ = ["DISTRIBUTED_TYPES", "DistributedKVStore", "SharedKVStore", "check_agreed"]

DISTRIBUTED_TYPES: Final[Mapping[str, str]] = {
    "dist": "dist_sync",
    "dist_sync": "dist_sync",
    "dist_device_sync": "dist_device_sync",
}
"""The names of stores that processes share, each with the type that it stands for."""


class SharedKVStore(AbstractKVStore):
    """What stores have in common that several processes share."""

    def __init__(self, kv_type: str) -> None:
        super().__init__(kv_type)
        self._world = join()

    @property
    def rank(self) -> int:
        """The number of this process, from 0."""
        return self._world.rank

    @property
    def num_workers(self) -> int:
        """How many processes there are."""
        return self._world.size

    def barrier(self) -> None:
        """Wait until all processes are here."""
        self._world.barrier()


class DistributedKVStore(SharedKVStore):
    """A store that all processes of a training share.

    Each rank holds all values, and all ranks hold the same. A push waits until all ranks have
    pushed: their arrays are summed over all ranks, and every rank works the same sum into the same
    value. All ranks make the same calls in the same order.

    Where the program was not started by a launcher, as torchrun, there is one rank.

    Args:
        kv_type: one of `DISTRIBUTED_TYPES`. They are alike: arrays on a GPU are summed there.

    Raises DistributedError where the other processes cannot be met, or one is lost later.
    Source: docs/semantics §8.

    >>> from symnet.ndarray import NDArray
    >>> store, a = DistributedKVStore("dist_sync"), NDArray([0, 0])
    >>> store.init(1, a)
    >>> store.push(1, [NDArray([1, 2]), NDArray([10, 20])])
    >>> store.pull(1, a)
    >>> a, store.rank, store.num_workers
    (NDArray([11., 22.], float32, CPU0), 0, 1)
    """

    def __init__(self, kv_type: str = "dist_sync") -> None:
        super().__init__(DISTRIBUTED_TYPES[kv_type])
        self._values: dict[int, NDArray] = {}

    def _start(self, key: int, value: NDArray) -> None:
        check_agreed(self._world, "init", key, value)
        stored = value.copy()
        self._world.copy_from_first(stored.torch)
        self._values[key] = stored

    def _receive(self, key: int, arrays: Sequence[NDArray], priority: int) -> None:
        check_agreed(self._world, "push", key, arrays[0])
        total = merged(arrays, self._values[key].context)
        self._world.sum(total.torch)
        if self._updater is None:
            self._values[key] = total
        else:
            self._updater(key, total, self._values[key])

    def _value(self, key: int, priority: int) -> NDArray:
        return self._values[key]


def check_agreed(world: World, call: str, key: int, array: NDArray) -> None:
    """Raise ArgumentError, on all ranks, unless they all do the same."""
    own = f"{call}(key={key}) of shape {array.shape}, {array.dtype}"
    calls = world.gather(own)
    for rank, other in enumerate(calls):
        if other != calls[0]:
            raise ArgumentError(
                f"kvstore: all ranks must make the same calls in the same order, but rank 0 "
                f"calls {calls[0]}, and rank {rank} {other}"
            )
