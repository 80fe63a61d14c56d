"""The JSON of a training's state: what may stand in it, and its digest.

It is read like anybody's file. Every entry has its kind in one table, `FIELDS`; a key that is given
twice, a number that no training has and a text that is nested too deep are refused, each with its
place. Not-a-number may stand where measured numbers stand: in the history, and in what callbacks
keep.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from sys import float_info
from typing import Any

from ..core.errors import shown

__all__ = ["FORMATS", "MOST_BYTES", "check_record", "digest_of_record", "parse_record"]

FORMATS = ("symnet training state 1", "symnet training state 2")
"""The formats that are read, the last of which is written. The first had digests of two files."""

MOST_BYTES = 2**28  # of the JSON; a network of 10,000 parameters has some megabytes
_GREATEST = 2**63 - 1
_MOST_DIGITS = 1000  # generators of random numbers keep some hundred bits

EntryCheck = Callable[[Any, str], None]
"""Raises ValueError, with the place, for a value that is none of its kind."""


def parse_record(content: bytes) -> dict[str, Any]:
    """Return what the bytes of a state hold, any JSON object with keys that differ.

    Raises ValueError, saying what is wrong.
    """
    if len(content) > MOST_BYTES:
        raise ValueError(f"{len(content):,} bytes, and no state has more than {MOST_BYTES:,}")
    try:
        record = json.loads(content, object_pairs_hook=_distinct, parse_int=_whole)
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    if not isinstance(record, dict):
        raise ValueError(f"an object is wanted, not {shown(record)}")
    return record


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in found if names.count(name) > 1)
        raise ValueError(f"the key {shown(twice)} is given twice")
    return found


def _whole(text: str) -> int:
    if len(text) > _MOST_DIGITS:
        raise ValueError(f"a number has {len(text):,} digits")
    return int(text)


def check_record(record: Mapping[str, Any]) -> None:
    """Raise ValueError, with the place, where an entry is missing or of the wrong kind."""
    for name, (check, needed) in FIELDS.items():
        if name in record:
            check(record[name], name)
        elif needed:
            raise ValueError(f"there is no {name!r}")


def digest_of_record(record: Mapping[str, Any]) -> str:
    """Return the digest of all entries but the digests, however they are spaced.

    >>> digest_of_record({"a": 1, "digests": {}}) == digest_of_record({"a": 1})
    True
    """
    rest = {name: value for name, value in record.items() if name != "digests"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()


# -- kinds of entries ------------------------------------------------------------------------------


def _refuse(value: Any, place: str, wanted: str) -> None:
    raise ValueError(f"{place[:100]} should be {wanted}, not {shown(value)[:100]}")


def _text(value: Any, place: str) -> None:
    if not isinstance(value, str):
        _refuse(value, place, "a text")


def _text_or_none(value: Any, place: str) -> None:
    if value is not None:
        _text(value, place)


def _count(least: int) -> EntryCheck:
    def check(value: Any, place: str) -> None:
        if type(value) is not int or not least <= value <= _GREATEST:
            _refuse(value, place, f"a whole number from {least}")

    return check


def _finite(value: Any, place: str) -> None:
    if type(value) not in (int, float) or not -float_info.max <= value <= float_info.max:
        _refuse(value, place, "a finite number")


def _plain(value: Any, place: str) -> None:
    """Let pass what a provider or a callback may have kept."""


def _list_of(each: EntryCheck) -> EntryCheck:
    def check(value: Any, place: str) -> None:
        if not isinstance(value, list):
            _refuse(value, place, "a list")
        for number, item in enumerate(value):
            each(item, f"{place}[{number}]")

    return check


def _object_of(each: EntryCheck) -> EntryCheck:
    def check(value: Any, place: str) -> None:
        if not isinstance(value, dict):
            _refuse(value, place, "an object")
        for name, item in value.items():
            each(item, f"{place}.{name}")

    return check


def _states(value: Any, place: str) -> None:
    """EntryCheck the numbers of an optimizer's states: those of each index by name."""
    _object_of(_object_of(_finite))(value, place)
    for index in value:
        if not (index.isascii() and index.isdigit() and len(index) < 10):
            _refuse(index, place, "by index")


def _row(value: Any, place: str) -> None:
    """EntryCheck a row of the history, whose numbers may be anything that was measured."""
    _object_of(_number)(value, place)
    if "epoch" not in value:
        raise ValueError(f"{place} has no 'epoch'")


def _number(value: Any, place: str) -> None:
    """Check a number that may be NaN or infinite, but no whole one beyond all floats."""
    if type(value) is not float:
        _finite(value, place)


FIELDS: Mapping[str, tuple[EntryCheck, bool]] = {
    "format": (_text, True),
    "epoch": (_count(0), True),
    "digests": (_object_of(_text), True),
    "optimizer": (_text, True),
    "optimizer_numbers": (_states, True),
    "batch_size": (_count(1), True),
    "iterations": (_count(0), True),
    "parameters": (_object_of(_list_of(_count(0))), True),
    "groups": (_list_of(_list_of(_text)), False),  # missing before there were any
    "positions": (_object_of(_object_of(_plain)), True),
    "other_ranks": (_list_of(_object_of(_object_of(_plain))), False),
    "callbacks": (_object_of(_object_of(_plain)), True),
    "history": (_list_of(_row), True),
    "stopped": (_text_or_none, True),
}
"""The entries of a state: how each is checked, and whether it must be there."""
