"""Key-value stores of one process: its devices share arrays through them."""

from collections.abc import Mapping, Sequence
from typing import Final

from ...core.context import Context, cpu
from ...ndarray import NDArray
from .base import AbstractKVStore, merged

__all__ = ["LOCAL_TYPES", "LocalKVStore"]

LOCAL_TYPES: Final[Mapping[str, str]] = {
    "local": "local",
    "local_update_cpu": "local_update_cpu",
    "local_allreduce_cpu": "local_allreduce_cpu",
    "device": "local_allreduce_device",
    "local_allreduce_device": "local_allreduce_device",
}
"""The names of local stores, each with the type that it stands for."""


class LocalKVStore(AbstractKVStore):
    """A store for the devices of one process.

    The types differ only in where arrays are summed and updated: on the CPU, or for
    ``local_allreduce_device`` on the device of the array that is given first. Results are equal up
    to the order of a sum. All work is done when a call returns, so that priorities change nothing.

    Args:
        kv_type: one of `LOCAL_TYPES`.

    Source: docs/semantics §8.

    >>> LocalKVStore("device").type
    'local_allreduce_device'
    """

    def __init__(self, kv_type: str = "local") -> None:
        super().__init__(LOCAL_TYPES[kv_type])
        self._values: dict[int, NDArray] = {}

    def _place(self, array: NDArray) -> Context:
        """Return where a key's work is done, given the first array of a call."""
        return array.context if self.type == "local_allreduce_device" else cpu()

    def _start(self, key: int, value: NDArray) -> None:
        self._values[key] = value.copy(self._place(value))

    def _receive(self, key: int, arrays: Sequence[NDArray], priority: int) -> None:
        place = self._place(arrays[0])
        total = merged(arrays, place)
        if self._updater is None:
            self._values[key] = total
            return
        if self._values[key].context != place:  # first values come from the CPU
            self._values[key] = self._values[key].copy(place)
        self._updater(key, total, self._values[key])

    def _value(self, key: int, priority: int) -> NDArray:
        return self._values[key]

    @property
    def rank(self) -> int:
        """0: there is one process."""
        return 0

    @property
    def num_workers(self) -> int:
        """1: there is one process."""
        return 1

    def barrier(self) -> None:
        """Return at once: there is nobody to wait for."""
