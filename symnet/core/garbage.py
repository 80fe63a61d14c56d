"""Pausing the garbage collector where many objects are made that stay."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["collection_paused"]


@contextmanager
def collection_paused() -> Iterator[None]:
    """Let Python look for no cycles meanwhile.

    It looks the more often the more objects are made, and looks at all that the process holds: a
    third of the time in which the graph of a deep network is planned.

    >>> import gc
    >>> with collection_paused():
    ...     gc.isenabled()
    False
    >>> gc.isenabled()
    True
    """
    # Two threads may be in here at once. The one that turned it off turns it on again, perhaps
    # early for the other one, which is only slower then.
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
