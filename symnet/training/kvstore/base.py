"""What every key-value store shares: keys and values, the checks, and whose turn an updater has.

Source: the documents, "Distributed Key-value Store"; docs/semantics §8.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from operator import index
from typing import Any

from ...core.context import Context
from ...core.errors import ArgumentError, DTypeError, ReadOnlyError, ShapeError
from ...ndarray import NDArray
from ...operators.contract import Shape
from ..optimizer import AbstractOptimizer, get_updater

__all__ = ["AbstractKVStore", "KVUpdater", "Keys", "StoreValues", "merged"]

Keys = int | Sequence[int]
StoreValues = NDArray | Sequence[NDArray | Sequence[NDArray]]
_ValueSignature = tuple[Shape, str]  # shape and element type
KVUpdater = Callable[[int, NDArray, NDArray], object]
"""Takes a key, the sum that was pushed, and the stored value, which it changes in place."""


class AbstractKVStore(ABC):
    """Base of the key-value stores, through which devices and processes share arrays.

    A key is a whole number. `init` gives it a value, `push` brings arrays whose sum replaces the
    value, or which the updater works into it, and `pull` copies the value out. Each takes one key,
    or a list of keys with a list of as many values. Everything is checked before anything happens.

    A kind of store defines `_start`, `_receive` and `_value`, `rank`, `num_workers` and `barrier`.

    Args:
        kv_type: name of the type.

    Source: the documents, "Distributed Key-value Store"; docs/semantics §8.

    >>> import symnet as mx
    >>> store = mx.KVStore("local")
    >>> store.init(3, mx.zeros(2))
    >>> store.push(3, [mx.ones(2), mx.ones(2)])
    >>> out = mx.empty(2)
    >>> store.pull(3, out)
    >>> out
    NDArray([2., 2.], float32, CPU0)
    """

    def __init__(self, kv_type: str) -> None:
        self._type = kv_type
        self._updater: KVUpdater | None = None
        self._kinds: dict[int, _ValueSignature] = {}

    @property
    def updates(self) -> bool:
        """Whether it was given an updater or an optimizer."""
        return self._updater is not None

    def __repr__(self) -> str:
        return f"KVStore({self.type!r}, {len(self._kinds)} keys)"

    # -- keys and values -------------------------------------------------------------------------

    def init(self, key: Keys, value: StoreValues) -> None:
        """Give keys their first values, of which copies are stored.

        Args:
            key: a whole number, or a list of them.
            value: the array, or a list of one for each key.

        Raises ArgumentError for a key that has a value already.

        >>> from symnet.training.kvstore import KVStore
        >>> from symnet.ndarray import empty, ones
        >>> store, a = KVStore("local"), empty((2, 3))
        >>> store.init(3, ones((2, 3)) * 2)
        >>> store.pull(3, a)
        >>> a
        NDArray([[2., 2., 2.],
                 [2., 2., 2.]], float32, CPU0)
        """
        given = _by_key("init", key, value)
        for number, arrays in given.items():
            if number in self._kinds or len(arrays) > 1:
                raise ArgumentError(
                    f"duplicate init of key {number}: a key is given one value, once; "
                    "push changes it later"
                )
        for number, (array,) in given.items():
            self._start(number, array)
            self._kinds[number] = array.shape, array.dtype

    def push(self, key: Keys, value: StoreValues, priority: int = 0) -> None:
        """Bring arrays to keys; those of one key are summed.

        Without an updater the sum becomes the value. With one, ``updater(key, sum, value)`` changes
        the value.

        Args:
            key: a whole number, or a list of them; one that is repeated gets several arrays.
            value: an array or a list of arrays; for a list of keys, a list with either for each.
            priority: a hint: what has a higher priority may be done first. A store whose work is
                done when push returns has nothing to order.

        Raises ArgumentError for a key without a value or lists that do not fit, ShapeError or
        DTypeError for arrays unlike the key's first value.

        >>> from symnet.training.kvstore import KVStore
        >>> from symnet.ndarray import NDArray
        >>> store, a = KVStore("local"), NDArray([0, 0])
        >>> store.init(1, a)
        >>> store.push(1, [NDArray([1, 2]), NDArray([10, 20])])
        >>> store.pull(1, a)
        >>> a
        NDArray([11., 22.], float32, CPU0)
        """
        given = self._fitting("push", key, value)
        for number, arrays in given.items():
            self._receive(number, arrays, priority)

    def pull(self, key: Keys, out: StoreValues, priority: int = 0) -> None:
        """Copy the values of keys into arrays.

        Args:
            key: a whole number, or a list of them.
            out: an array to write, or a list of arrays that all get the value; for a list of keys,
                a list with either for each.
            priority: a hint, as in `push`.

        Raises ArgumentError for a key without a value or lists that do not fit, ShapeError or
        DTypeError for arrays unlike the key's first value, ReadOnlyError for one that may only be
        read.
        """
        given = self._fitting("pull", key, out)
        for number, arrays in given.items():
            if not all(array.writable for array in arrays):
                raise ReadOnlyError(f"pull: an array for key {number} may only be read")
        for number, arrays in given.items():
            value = self._value(number, priority)
            for array in arrays:
                array[:] = value

    def _fitting(self, who: str, keys: Keys, values: StoreValues) -> dict[int, list[NDArray]]:
        """Return the arrays of each key, once all of them are known to fit."""
        given = _by_key(who, keys, values)
        for key, arrays in given.items():
            if key not in self._kinds:
                known = ", ".join(map(str, self._kinds)) or "none"
                raise ArgumentError(
                    f"{who}: key {key} has no value yet; init(key, value) gives it one "
                    f"(keys with a value: {known})"
                )
            for array in arrays:
                _check_kind(f"{who}: key {key}", self._kinds[key], array)
        return given

    # -- what a kind of store defines ------------------------------------------------------------

    @abstractmethod
    def _start(self, key: int, value: NDArray) -> None:
        """Store a copy of a key's first value."""

    @abstractmethod
    def _receive(self, key: int, arrays: Sequence[NDArray], priority: int) -> None:
        """Sum arrays, and let the sum replace the key's value or update it."""

    @abstractmethod
    def _value(self, key: int, priority: int) -> NDArray:
        """Return the value of a key, which the caller only reads."""

    # -- updating --------------------------------------------------------------------------------

    def set_updater(self, updater: KVUpdater) -> None:
        """Have what is pushed worked into the stored values, instead of replacing them.

        Args:
            updater: called as ``updater(key, sum, value)``; changes the value in place.

        >>> from symnet.training.kvstore import KVStore
        >>> from symnet.ndarray import NDArray
        >>> store, a = KVStore("local"), NDArray([1, 2])
        >>> store.init(3, a)
        >>> def add(key, received, stored):
        ...     stored += received
        >>> store.set_updater(add)
        >>> store.push(3, NDArray([10, 10]))
        >>> store.pull(3, a)
        >>> a
        NDArray([11., 12.], float32, CPU0)
        """
        if not callable(updater):
            raise ArgumentError(
                f"set_updater: the updater must be a function of (key, sum, value), got {updater!r}"
            )
        self._updater = updater

    def set_optimizer(self, optimizer: AbstractOptimizer) -> None:
        """Have pushed gradients update the stored weights.

        Args:
            optimizer: the optimizer; its ``state`` must be set before the first push.
        """
        if not isinstance(optimizer, AbstractOptimizer):
            raise ArgumentError(
                f"set_optimizer: expected an optimizer, as mx.SGD(lr=0.1), got {optimizer!r}"
            )
        self.set_updater(get_updater(optimizer))

    # -- who takes part --------------------------------------------------------------------------

    @property
    def type(self) -> str:
        """Name of the type."""
        return self._type

    @property
    @abstractmethod
    def rank(self) -> int:
        """Number of this process among those that share the store, from 0."""

    @property
    @abstractmethod
    def num_workers(self) -> int:
        """How many processes share the store."""

    @abstractmethod
    def barrier(self) -> None:
        """Wait until every process that shares the store has come here."""

    def get_type(self) -> str:
        """Return the name of the type."""
        return self.type

    def get_rank(self) -> int:
        """Return the number of this process among those that share the store, from 0."""
        return self.rank

    def get_num_workers(self) -> int:
        """Return how many processes share the store."""
        return self.num_workers


def merged(arrays: Sequence[NDArray], context: Context) -> NDArray:
    """Return the sum of arrays on a context, in memory of its own.

    >>> from symnet.core.context import cpu
    >>> merged([NDArray([1, 2]), NDArray([3, 4], cpu(1))], cpu(2))
    NDArray([4., 6.], float32, CPU2)
    """
    first, *others = arrays
    total = first.copy(context)
    for other in others:
        total.torch.add_(other.torch.to(total.torch.device))
    return total


def _by_key(who: str, keys: Keys, values: StoreValues) -> dict[int, list[NDArray]]:
    """Return the arrays of each key, in the order in which keys are named first."""
    given: dict[int, list[NDArray]] = {}
    for key, value in _pairs(who, keys, values):
        given.setdefault(_number(who, key), []).extend(_arrays(who, key, value))
    return given


def _pairs(who: str, keys: Keys, values: StoreValues) -> Iterable[tuple[Any, Any]]:
    """Return each key with what was given for it."""
    if not isinstance(keys, Sequence) or isinstance(keys, str):
        return [(keys, values)]
    if not isinstance(values, Sequence) or len(values) != len(keys):
        found = len(values) if isinstance(values, Sequence) else f"one {type(values).__name__}"
        raise ArgumentError(
            f"{who}: {len(keys)} keys, but {found} values; give a list with an array, or a list of "
            "arrays, for each key"
        )
    return zip(keys, values, strict=True)


def _number(who: str, key: Any) -> int:
    try:
        return index(key)
    except TypeError:
        raise ArgumentError(
            f"{who}: a key is a whole number, or a list of them, got {key!r}"
        ) from None


def _arrays(who: str, key: object, value: Any) -> list[NDArray]:
    arrays = [value] if isinstance(value, NDArray) else value
    if not isinstance(arrays, Sequence) or not arrays or not _all_arrays(arrays):
        raise ArgumentError(
            f"{who}: key {key} takes an NDArray or a list of them, got {value!r}; "
            "mx.array makes one"
        )
    return list(arrays)


def _all_arrays(values: Sequence[Any]) -> bool:
    return all(isinstance(each, NDArray) for each in values)


def _check_kind(where: str, kind: _ValueSignature, array: NDArray) -> None:
    shape, dtype = kind
    if array.shape != shape:
        raise ShapeError(
            f"{where} has a value of shape {shape}, got an array of shape {array.shape}"
        )
    if array.dtype != dtype:
        raise DTypeError(
            f"{where} has a value of {dtype}, got an array of {array.dtype}; "
            f"convert it with .astype({dtype!r})"
        )
