"""Providers of the batches of another one: EveryNth is for one of several processes."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from ...data import AbstractDataBatch, AbstractDataProvider
from ...data.provider import Provided, Targets
from ...ndarray import NDArray

__all__ = ["EveryNth", "OfAnother"]


class OfAnother(AbstractDataProvider):
    """The batches of another provider; what derives from it changes something about them.

    Args:
        whole: the other provider.
    """

    def __init__(self, whole: AbstractDataProvider) -> None:
        self._whole = whole

    @property
    def num_parts(self) -> int:
        """In how many parts the data was divided."""
        return self._whole.num_parts

    def count_batches(self) -> int | None:
        """Return how many batches a pass has."""
        return self._whole.count_batches()

    def provide_data(self) -> Sequence[Provided]:
        """Return name and shape of each data array."""
        return self._whole.provide_data()

    def provide_label(self) -> Sequence[Provided]:
        """Return name and shape of each label array."""
        return self._whole.provide_label()

    def __iter__(self) -> Iterator[AbstractDataBatch]:
        return iter(self._whole)

    def position(self) -> dict[str, Any]:
        """Return what the next pass of the whole depends on."""
        return self._whole.position()

    def seek(self, position: Mapping[str, Any]) -> None:
        """Let the next pass of the whole be the one that followed when `position` was asked."""
        self._whole.seek(position)

    def get_data(self, batch: AbstractDataBatch) -> Sequence[NDArray]:
        """Return the data arrays of a batch."""
        return self._whole.get_data(batch)

    def get_label(self, batch: AbstractDataBatch) -> Sequence[NDArray]:
        """Return the label arrays of a batch."""
        return self._whole.get_label(batch)

    def count_samples(self, batch: AbstractDataBatch) -> int:
        """Return how many rows of a batch are samples."""
        return self._whole.count_samples(batch)

    def load_data(self, batch: AbstractDataBatch, targets: Targets) -> None:
        """Copy the data arrays of a batch into arrays of the same shapes."""
        self._whole.load_data(batch, targets)

    def load_label(self, batch: AbstractDataBatch, targets: Targets) -> None:
        """Copy the label arrays of a batch into arrays of the same shapes."""
        self._whole.load_label(batch, targets)


class EveryNth(OfAnother):
    """Every n-th batch of a provider.

    It suits any provider whose passes are the same in all processes. What lies between is made, and
    left out: where that is dear, as with images that are decoded, give the provider its own
    ``num_parts`` and ``part_index``.

    Args:
        whole: the provider.
        count: how many processes share it, n.
        first: which of its batches is the first one here, from 0.

    >>> import numpy as np
    >>> from symnet.data import ArrayDataProvider
    >>> part = EveryNth(ArrayDataProvider(np.arange(5), batch_size=1), count=2, first=1)
    >>> [float(part.get(batch, "data")[0]) for batch in part]
    [1.0, 3.0]
    """

    def __init__(self, whole: AbstractDataProvider, count: int, first: int) -> None:
        super().__init__(whole)
        self._count, self._first = count, first

    def known_finite(self) -> bool:
        """Tell whether the whole is known to be finite."""
        return self._whole.known_finite()

    @property
    def num_parts(self) -> int:
        """How many processes share the provider."""
        return self._count

    def count_batches(self) -> int | None:
        """Return how many steps a pass has: those of the process with the most batches."""
        count = self._whole.count_batches()
        return None if count is None else -(-count // self._count)

    def __iter__(self) -> Iterator[AbstractDataBatch]:
        return islice(self._whole, self._first, None, self._count)
