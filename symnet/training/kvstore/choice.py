"""Which store a name means, and which one a training needs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from ...core.errors import ArgumentError, ParameterError, listed, suggest
from ._asynchronous import ASYNC_TYPES, AsyncKVStore
from ._distributed import DISTRIBUTED_TYPES, DistributedKVStore
from ._local import LOCAL_TYPES, LocalKVStore
from .base import AbstractKVStore

__all__ = ["KVStore", "StoreChoice", "check_kvstore", "choose_kvstore"]

_STORES: Final[Mapping[str, Callable[[str], AbstractKVStore]]] = {
    **dict.fromkeys(LOCAL_TYPES, LocalKVStore),
    **dict.fromkeys(DISTRIBUTED_TYPES, DistributedKVStore),
    **dict.fromkeys(ASYNC_TYPES, AsyncKVStore),
}
_TYPES: Final[Mapping[str, str]] = {
    **LOCAL_TYPES,
    **DISTRIBUTED_TYPES,
    **dict.fromkeys(ASYNC_TYPES, "dist_async"),
}
_LARGE = 16 * 1024**2
"""Elements of a parameter from which `local` stands for `local_allreduce_cpu`."""


def KVStore(kv_type: str = "local") -> AbstractKVStore:
    """Make a key-value store, through which devices or processes share arrays.

    Args:
        kv_type: the type, in letters of any case.

            - ``"local"``, ``"local_update_cpu"``, ``"local_allreduce_cpu"``: for the devices of
              this process; arrays are summed on the CPU.
            - ``"device"``, ``"local_allreduce_device"``: the same, summed on the device of the
              first array.
            - ``"dist_sync"``, ``"dist"``, ``"dist_device_sync"``: for the processes that torchrun
              started; see `DistributedKVStore`.
            - ``"dist_async"``, ``"dist_device_async"``: for the same processes, which then do not
              wait for each other; see `AsyncKVStore`.

    Raises ParameterError for a type that does not exist.
    Source: the documents, "Distributed Key-value Store"; docs/semantics §8.

    >>> KVStore("local").type, KVStore("device").type
    ('local', 'local_allreduce_device')
    """
    name = _known(kv_type)
    return _STORES[name](name)


def _known(kv_type: object) -> str:
    """Return a type's name in small letters, once it is known that there is such a type."""
    name = kv_type.lower() if isinstance(kv_type, str) else None
    if name is None or name not in _STORES:
        near = suggest(name, _STORES) if name else ""
        raise ParameterError(f"kvstore: unknown type {kv_type!r}{near} {listed(_STORES)}")
    return name


def check_kvstore(store: object) -> None:
    """Raise unless something can be the ``kvstore`` of a training: a type's name, or a store.

    Raises ParameterError for a name of no type, ArgumentError for anything else, and for a store
    with an updater, which a training would never ask: it has an optimizer.

    >>> check_kvstore("device")
    """
    if isinstance(store, str):
        _known(store)
    elif not isinstance(store, AbstractKVStore):
        raise ArgumentError(
            f"kvstore must be the name of a type, as 'local', or a store that mx.KVStore made, "
            f"got {store!r}"
        )
    elif store.updates:
        raise ArgumentError(
            f"kvstore: {store!r} has an updater of its own, but in a training the optimizer given "
            f"to fit updates the weights; name its type, kvstore={store.type!r}, or train with a "
            "loop of your own that pushes and pulls"
        )


@dataclass(frozen=True)
class StoreChoice:
    """The store that a training needs.

    Args:
        type: its type; None where there is nothing to share.
        lines: what the training logs of it, once the parameters are initialised.
    """

    type: str | None
    lines: tuple[str, ...] = ()

    @property
    def is_distributed(self) -> bool:
        """Whether several processes take part."""
        return self.type is not None and "dist" in self.type

    @property
    def is_async(self) -> bool:
        """Whether they do not wait for each other."""
        return self.type in ASYNC_TYPES


def choose_kvstore(store: str | AbstractKVStore, devices: int, largest: int) -> StoreChoice:
    """Choose the store of a training. Nothing is made yet, nor connected.

    One device in one process shares with nobody, and needs none.

    Args:
        store: the name of a type, or a store, which stands for its type.
        devices: how many devices this process trains on.
        largest: number of elements of the largest parameter.

    Raises what `check_kvstore` raises.
    Source: docs/semantics §5.3, step 4.

    >>> choose_kvstore("local", devices=1, largest=100)
    StoreChoice(type=None, lines=())
    >>> choose_kvstore("local", devices=2, largest=100).lines[:2]
    ('Creating KVStore...', 'Auto-select kvstore type = local_update_cpu')
    """
    check_kvstore(store)
    named = isinstance(store, str)
    kv_type = _known(store) if isinstance(store, str) else store.type
    if devices == 1 and "dist" not in kv_type:
        return StoreChoice(None)
    lines = ["Creating KVStore..."] if named else []
    if named and kv_type == "local":
        kv_type = "local_update_cpu" if largest < _LARGE else "local_allreduce_cpu"
        lines.append(f"Auto-select kvstore type = {kv_type}")
    return StoreChoice(_TYPES.get(kv_type, kv_type), (*lines, "Initializing KVStore..."))
