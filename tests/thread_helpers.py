"""Threads that do something at the same time."""

import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

__all__ = ["THREADS", "at_once", "restless_threads"]

THREADS = 8


@contextmanager
def restless_threads() -> Iterator[None]:
    """Let threads take turns after every few instructions."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        yield
    finally:
        sys.setswitchinterval(interval)


def at_once(function: Callable[[int], Any]) -> list[Any]:
    """The results of a function of 0, 1, …, called by threads that start together."""
    start = threading.Barrier(THREADS)

    def run(number: int) -> Any:
        start.wait(timeout=60)
        return function(number)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(run, range(THREADS)))
