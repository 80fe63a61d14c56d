"""A queue that is filled in the background, so that batches are ready when they are wanted."""

import threading
import weakref
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from typing import Generic, Self, TypeVar, final

from ._checks import whole_number

__all__ = ["Prefetched"]

T = TypeVar("T")


@final
class Prefetched(Generic[T], Iterator[T]):
    """What an iterator yields, made ahead by a thread.

    The thread ends when the iterator does, and as soon as nobody wants the rest: after `close`, at
    the end of a ``with`` block, when an exception (Ctrl-C among them) interrupts the waiting, when
    this object is no longer referenced, and at the end of the program. It closes the iterator then,
    if that is a generator. What the iterator raises is raised by ``next``, after the items before
    it.

    Args:
        source: what to iterate over; nobody else may use it meanwhile.
        buffer: how many items may wait to be taken, from 1.

    Raises ParameterError for another ``buffer``.

    >>> with Prefetched((number**2 for number in range(4)), buffer=2) as squares:
    ...     list(squares)
    [0, 1, 4, 9]
    """

    def __init__(self, source: Iterable[T], buffer: int) -> None:
        queue = _Queue[T](whole_number("Prefetched", "buffer", buffer, 1))
        # The thread knows the queue but not this object, whose end therefore ends the thread.
        thread = threading.Thread(
            target=_fill, args=(queue, iter(source)), name="symnet-prefetch", daemon=True
        )
        self._queue = queue
        self._close = weakref.finalize(self, _end, queue, thread)
        thread.start()

    def __next__(self) -> T:
        try:
            return self._queue.get()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Give up what has not been taken, and wait until the thread has ended."""
        self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()


@final
class _Queue(Generic[T]):
    """A bounded queue that both ends can close."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._items: deque[T] = deque()
        self._changed = threading.Condition()
        self._open = True
        self._problem: BaseException = StopIteration()

    def put(self, item: T) -> bool:
        """Wait for room and add an item; False where nobody wants more."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._items) < self._room or not self._open)
            if self._open:
                self._items.append(item)
                self._changed.notify_all()
            return self._open

    def get(self) -> T:
        """Wait for an item and take it; raise what ended the queue where there are none left."""
        with self._changed:
            self._changed.wait_for(lambda: self._items or not self._open)
            if self._items:
                self._changed.notify_all()
                return self._items.popleft()
            problem, self._problem = self._problem, StopIteration()
            raise problem

    def finish(self, problem: BaseException) -> None:
        """Let `get` raise this once the items have been taken."""
        with self._changed:
            if self._open:
                self._open, self._problem = False, problem
                self._changed.notify_all()

    def abandon(self) -> None:
        """Drop the items, and want no more."""
        with self._changed:
            self._open, self._problem = False, StopIteration()
            self._items.clear()
            self._changed.notify_all()


def _fill(queue: _Queue[T], source: Iterator[T]) -> None:
    problem: BaseException = StopIteration()
    try:
        for item in source:
            if not queue.put(item):
                break
        if isinstance(source, Generator):
            source.close()
    except BaseException as caught:  # whatever it is, the consumer's thread has to see it
        problem = caught
    queue.finish(problem)


def _end(queue: _Queue[T], thread: threading.Thread) -> None:
    queue.abandon()
    # A garbage collection inside the thread itself may be what brings us here.
    if thread.is_alive() and thread is not threading.current_thread():
        thread.join()
