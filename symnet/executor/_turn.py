"""One thread at a time."""

from threading import RLock

from ..core.errors import ArgumentError

__all__ = ["Turn"]


class Turn:
    """While entered, no other thread may enter; the same one may, as from a user's operator.

    Raises ArgumentError where another thread is inside.
    """

    def __init__(self) -> None:
        self._lock = RLock()

    def __enter__(self) -> None:
        if not self._lock.acquire(blocking=False):
            raise ArgumentError(
                "another thread is running this executor, whose arrays both would write: bind one "
                "for each thread, or predict with FeedForward.predictor(…), which any number of "
                "threads may share"
            )

    def __exit__(self, *_: object) -> None:
        self._lock.release()
