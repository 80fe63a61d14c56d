"""``mxnet.engine``: how many operations MXNet hands to its engine at once.

symnet has no such engine: a network's program is recorded as a whole, so nothing is left to set.
"""

from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["bulk", "set_bulk_size"]

_size = [15]


def set_bulk_size(size: int) -> int:
    """Remember a size, and return the one before; no number changes with it, and no speed."""
    before, _size[0] = _size[0], int(size)
    return before


@contextmanager
def bulk(size: int) -> Iterator[None]:
    """Remember a size inside ``with``; see `set_bulk_size`."""
    before = set_bulk_size(size)
    try:
        yield
    finally:
        set_bulk_size(before)
