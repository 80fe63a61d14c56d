"""Threads that do calls, and end when nobody wants them any more."""

import weakref
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread, current_thread
from typing import Any, TypeVar, final

__all__ = ["WorkerThreads"]

T = TypeVar("T")

_Job = tuple["Future[Any]", Callable[[], Any]]
_Jobs = SimpleQueue[_Job | None]


@final
class WorkerThreads:
    """Some threads that do calls in the order in which they were handed in.

    The threads end with `close`, when the object is dropped, and when Python exits; each of them
    finishes the call it is in, and the calls that wait are cancelled. (Python's
    ``ThreadPoolExecutor`` does all of them before it lets Python exit.)

    Args:
        threads: how many.
        name: what the threads are called.

    >>> workers = WorkerThreads(2, "example")
    >>> workers.submit(lambda: 6 * 7).result()
    42
    >>> workers.close()
    """

    def __init__(self, threads: int, name: str) -> None:
        self._jobs: _Jobs = SimpleQueue()
        crew = [
            Thread(target=_work, args=(self._jobs,), name=f"{name}-{number}", daemon=True)
            for number in range(threads)
        ]
        # Neither the threads nor this hold the object itself, so that it can be dropped.
        self._finish = weakref.finalize(self, _dismiss, self._jobs, crew)
        for thread in crew:
            thread.start()

    def submit(self, call: Callable[[], T]) -> Future[T]:
        """Have a call done; the Future holds what it returns or raises."""
        future: Future[T] = Future()
        self._jobs.put((future, call))
        return future

    def close(self) -> None:
        """End the threads; calls that wait are cancelled."""
        self._finish()


def _work(jobs: _Jobs) -> None:
    while (job := jobs.get()) is not None:
        _do(*job)
        del job  # what it holds must not wait for the next one


def _do(future: Future[Any], call: Callable[[], Any]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = call()
    except BaseException as error:  # it is raised where the result is asked for
        future.set_exception(error)
    else:
        future.set_result(result)


def _dismiss(jobs: _Jobs, crew: list[Thread]) -> None:
    with suppress(Empty):
        while job := jobs.get_nowait():
            job[0].cancel()
    for _ in crew:
        jobs.put(None)
    for thread in crew:
        # The collector of garbage may have dropped the workers in one of their own threads.
        if thread.is_alive() and thread is not current_thread():
            thread.join()
