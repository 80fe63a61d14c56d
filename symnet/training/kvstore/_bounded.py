"""within: calls into torch's store that would wait for ever where nobody answers."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

__all__ = ["within"]

T = TypeVar("T")


def within(seconds: float, call: Callable[[], T]) -> T:
    """Return what a function returns, if it does so in time.

    torch's store has no limit of its own for an answer: a stranger that listens at its port, or a
    process that is stopped, would be waited for without end. A thread that waits in vain is left
    behind, and ends with the process.

    Args:
        seconds: how long to wait.
        call: the function; it is called in another thread.

    Raises TimeoutError where it does not return in time, or what it raises.

    >>> within(5, lambda: 3)
    3
    """
    answer: Future[T] = Future()

    def run() -> None:
        try:
            answer.set_result(call())
        except BaseException as error:
            answer.set_exception(error)

    threading.Thread(target=run, name="symnet-asks-store", daemon=True).start()
    return answer.result(seconds)
