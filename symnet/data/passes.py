"""One pass over a provider: how far it has come, and who may go on with it."""

from abc import ABC
from collections.abc import Iterator
from threading import Lock
from typing import Never, Protocol, TypeVar, final

from ..core.errors import ArgumentError, DataError

__all__ = ["AbstractDataProviderState", "Batch", "PassOwner", "ProviderPass"]

Batch = TypeVar("Batch")
Batch_co = TypeVar("Batch_co", covariant=True)


class AbstractDataProviderState(Iterator[Batch_co], ABC):
    """How far a pass over a provider has come: what ``iter(provider)`` returns.

    The documents' ``start`` is ``iter``; their ``done`` and ``next`` are Python's ``next``, which
    ends with StopIteration.

    Source: the documents, "AbstractDataProviderState".

    >>> import symnet as mx
    >>> rows = iter(mx.ArrayDataProvider(mx.ones(2, 3).asnumpy(), batch_size=1))
    >>> isinstance(rows, mx.AbstractDataProviderState), len(list(rows))
    (True, 2)
    """


class PassOwner(Protocol):
    """A provider, as its passes see it."""

    passes_begun: int


@final
class ProviderPass(AbstractDataProviderState[Batch]):
    """A pass over a provider, which ends where another one begins.

    Args:
        owner: the provider; it counts the passes that were begun.
        batches: the batches of the pass.

    A pass that was given up, as by ``break``, is so of no concern. One that goes on after another
    was begun, as the outer one of two loops, raises DataError, and so does one that two threads ask
    for a batch at the same time: what either would see was never defined.
    Source: the documents, "Data Providers", Caution.
    """

    def __init__(self, owner: PassOwner, batches: Iterator[Batch]) -> None:
        owner.passes_begun += 1
        self._owner, self._batches, self._number = owner, batches, owner.passes_begun
        self._ended = False
        self._lock = Lock()

    def __repr__(self) -> str:
        ended = ", ended" if self._ended else ""
        return f"pass {self._number} over {self._owner!r}{ended}"

    def __next__(self) -> Batch:
        if not self._lock.acquire(blocking=False):
            raise DataError(
                f"{type(self._owner).__name__}: two threads asked one pass for a batch at the same "
                "time; give each thread a provider of its own, or lend the pass under a lock"
            )
        try:
            return self._next()
        finally:
            self._lock.release()

    def _next(self) -> Batch:
        if self._number != self._owner.passes_begun and not self._ended:
            raise DataError(
                f"{type(self._owner).__name__}: another pass was begun before this one ended, in a "
                "loop within this loop or in another thread; a provider serves one pass at a time: "
                "make a second provider over the same data"
            )
        try:
            batch = next(self._batches)
        except StopIteration:
            self._ended = True
            raise
        if batch is None or isinstance(batch, tuple | list | dict):
            raise DataError(
                f"{type(self._owner).__name__}: eachbatch must yield batches, as "
                f"mx.DataBatch(data, label, count), got {type(batch).__name__}"
            )
        return batch

    def __reduce__(self) -> Never:
        raise ArgumentError(
            f"{type(self._owner).__name__}: a pass that is under way cannot be copied or pickled; "
            "copy the provider, and its position() tells where a pass of the copy is to seek"
        )

    def close(self) -> None:
        """Give up what has not been taken, with the threads that were making it."""
        close = getattr(self._batches, "close", None)
        if close is not None:
            close()
