"""Key-value stores, through which devices and processes share arrays: ``mx.kv``.

A view on `symnet.KVStore`: keys are whole numbers or texts, and optimizers are those of
`mx.optimizer`.

Source: Apache MXNet 1.9.1, ``mxnet.kvstore``.

>>> import symnet.mxnet as mx
>>> store, a = mx.kv.create("local"), mx.nd.zeros(2)
>>> store.init("a", mx.nd.ones(2))
>>> store.push("a", [mx.nd.array([1, 2]), mx.nd.array([10, 20])])
>>> store.pull("a", out=a)
>>> a.asnumpy()
array([11., 22.], dtype=float32)
"""

from collections.abc import Callable
from typing import Any, ClassVar

from ..core.errors import ArgumentError
from ..core.paths import read_bytes, write_atomically
from ..ndarray import NDArray as CoreArray
from ..training.kvstore import KVStore as CoreStore
from .inner import inner_module
from .ndarray import wrap

__all__ = ["KVStore", "KVStoreBase", "create"]

__path__: list[str] = []  # MXNet has modules inside, which `inner_module` finds

Key = int | str


class KVStoreBase:
    """Base of key-value stores: a user's own store derives from it, and is registered by name."""

    OPTIMIZER = "optimizer"
    kv_registry: ClassVar[dict[str, Any]] = {}

    @staticmethod
    def register(klass: "type[KVStoreBase]") -> "type[KVStoreBase]":
        """Make a class known to `create` by its name in lower case; a decorator."""
        KVStoreBase.kv_registry[klass.__name__.lower()] = klass
        return klass

    def is_capable(self, capability: str) -> bool:
        """Tell whether the store can do something: ``"optimizer"``, update weights."""
        raise NotImplementedError(f"{type(self).__name__} does not define is_capable")


class KVStore(KVStoreBase):
    """A store of the core, under the names of Python-MXNet. Made by `create`.

    Args:
        name: the type, as ``"local"``.
    """

    def __init__(self, name: str) -> None:
        self._store = CoreStore(name)
        self._name = name
        self._numbers: dict[Key, int] = {}
        self._keys: list[Key] = []
        self._updater: Any = None

    # -- arrays ----------------------------------------------------------------------------------

    def init(self, key: Any, value: Any) -> None:
        """Give keys their first values."""
        for each in key if isinstance(key, list | tuple) else [key]:
            self._number(each, is_new=True)
        self._store.init(self._numbered(key), value)

    def push(self, key: Any, value: Any, priority: int = 0) -> None:
        """Bring arrays to keys: those of one key are summed, and replace or update its value."""
        self._store.push(self._numbered(key), value, priority)

    def pull(
        self, key: Any, out: Any = None, priority: int = 0, ignore_sparse: bool = True
    ) -> None:
        """Copy the values of keys into arrays."""
        if out is None:
            raise ArgumentError("pull: out is required, an array or a list of arrays for each key")
        self._store.pull(self._numbered(key), out, priority)

    def pushpull(self, key: Any, value: Any, out: Any = None, priority: int = 0) -> None:
        """Push arrays, and pull the value into others, default into the same ones."""
        self.push(key, value, priority)
        self.pull(key, value if out is None else out, priority)

    def broadcast(self, key: Any, value: Any, out: Any, priority: int = 0) -> None:
        """Give keys their first values, and copy them into arrays."""
        self.init(key, value)
        self.pull(key, out, priority)

    def row_sparse_pull(
        self, key: Any, out: Any = None, priority: int = 0, row_ids: Any = None
    ) -> None:
        """Raise ArgumentError: symnet has no sparse arrays."""
        raise ArgumentError("row_sparse_pull: symnet has no sparse arrays; pull the whole value")

    def _number(self, key: Any, *, is_new: bool = False) -> int:
        """Return the number that the core knows a key by."""
        if not isinstance(key, int | str):
            raise ArgumentError(f"a key is a whole number or a text, got {key!r}")
        if is_new and key not in self._numbers:
            self._numbers[key] = len(self._keys)
            self._keys.append(key)
        if key not in self._numbers:
            known = ", ".join(map(repr, self._keys)) or "none"
            raise ArgumentError(
                f"the key {key!r} has no value yet; init(key, value) gives it one (keys with a "
                f"value: {known})"
            )
        return self._numbers[key]

    def _numbered(self, key: Any) -> Any:
        if isinstance(key, list | tuple):
            return [self._number(each) for each in key]
        return self._number(key)

    # -- updating --------------------------------------------------------------------------------

    def is_capable(self, capability: str) -> bool:
        """Tell whether the store can do something: it can update weights."""
        if capability.lower() != self.OPTIMIZER:
            raise ValueError(f"Unknown capability: {capability}")
        return True

    def set_optimizer(self, optimizer: Any) -> None:
        """Have pushed gradients update the values, by an optimizer of `mx.optimizer`."""
        from .optimizer import get_updater

        self._set_updater(get_updater(optimizer))

    def set_updater(self, updater: Callable[[Key, Any, Any], object]) -> None:
        """Have ``updater(key, pushed, stored)`` work what is pushed into the values."""
        self._set_updater(updater)

    def _set_updater(self, updater: Callable[[Key, Any, Any], object]) -> None:
        self._updater = updater

        def update(number: int, pushed: CoreArray, stored: CoreArray) -> None:
            updater(self._keys[number], wrap(pushed), wrap(stored))

        self._store.set_updater(update)

    def set_gradient_compression(self, compression_params: Any) -> None:
        """Raise ArgumentError: gradients are shared as they are."""
        raise ArgumentError(
            f"compression {compression_params!r}: symnet shares gradients uncompressed; leave "
            "compression_params out"
        )

    def save_optimizer_states(self, fname: Any, dump_optimizer: bool = False) -> None:
        """Write what the optimizer remembers to a file."""
        states = self._updating("save_optimizer_states").get_states(dump_optimizer)
        with write_atomically(fname) as file:
            file.write(states)

    def load_optimizer_states(self, fname: Any) -> None:
        """Read what `save_optimizer_states` wrote."""
        self._updating("load_optimizer_states").set_states(read_bytes(fname))

    def _updating(self, who: str) -> Any:
        if self._updater is None:
            raise ArgumentError(f"{who}: the store has no optimizer; set_optimizer gives it one")
        return self._updater

    # -- who takes part --------------------------------------------------------------------------

    @property
    def type(self) -> str:
        """Name of the type."""
        return self._name

    @property
    def rank(self) -> int:
        """Number of this process among those that share the store, from 0."""
        return self._store.rank

    @property
    def num_workers(self) -> int:
        """How many processes share the store."""
        return self._store.num_workers

    def barrier(self) -> None:
        """Wait until all processes are here."""
        self._store.barrier()

    _barrier = barrier


def create(name: str = "local") -> Any:
    """Return a key-value store.

    Args:
        name: ``"local"``, ``"device"``, ``"nccl"`` (which is ``"device"``), ``"dist_sync"``,
            ``"dist_device_sync"``, ``"dist_async"``, or the name of a class that is registered.

    Raises TypeError where the name is none, ParameterError for an unknown one.
    """
    if not isinstance(name, str):
        raise TypeError("name must be a string")
    own = KVStoreBase.kv_registry.get(name.lower())
    if own is not None:
        return own()
    return KVStore("device" if name.lower() == "nccl" else name.lower())


def __getattr__(name: str) -> Any:
    return inner_module(__name__, "mx.kv", name, __all__)
