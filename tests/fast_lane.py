"""The fast lane: what `pytest --fast`, or `make test-fast`, leaves out of tables."""

import os
from collections.abc import Callable, Iterable
from typing import TypeVar

__all__ = ["SWITCH", "sampled"]

SWITCH = "SYMNET_TESTS_FAST"
"""The environment variable that conftest.py sets, before tables are read, in every process."""

Entry = TypeVar("Entry")


def sampled(entries: Iterable[Entry], key: Callable[[Entry], object]) -> tuple[Entry, ...]:
    """Return all entries, in the fast lane the first one of each key."""
    entries = tuple(entries)
    if SWITCH not in os.environ:
        return entries
    first: dict[object, Entry] = {}
    for entry in entries:
        first.setdefault(key(entry), entry)
    return tuple(first.values())
