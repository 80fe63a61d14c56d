"""Work that takes long: by several threads, with its results in order, and its progress shown."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from tqdm import tqdm

__all__ = ["in_order", "shown"]

Item = TypeVar("Item")
Result = TypeVar("Result")

_AHEAD = 4  # items per thread that may be done before their turn


def in_order(
    work: Callable[[Item], Result], items: Iterable[Item], threads: int
) -> Iterator[Result]:
    """Yield what ``work`` returns for each item, in the order of the items.

    Not more than a few results per thread are waiting at any time. What ``work`` raises is raised
    here, when its turn comes.

    >>> list(in_order(lambda number: number * number, range(5), threads=2))
    [0, 1, 4, 9, 16]
    """
    waiting: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        try:
            for item in items:
                waiting.append(pool.submit(work, item))
                if len(waiting) > _AHEAD * threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def shown(items: Iterable[Item], title: str, total: int, unit: str) -> Iterator[Item]:
    """Yield the items, and show on the terminal how far that is; elsewhere show nothing."""
    yield from tqdm(items, title, total, unit=unit, leave=False, disable=None)
