"""Kinds of parameters: what values they take, and how they stand as text in symbol files.

Symbol files hold every parameter as text; the public functions take Python values or the same
text. Both enter here, and what comes out is a plain Python value. One row for each kind.
"""

import ast
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from numbers import Integral, Real
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

import numpy as np

__all__ = ["ValueCodec", "kind_of"]

_LONG = re.compile(r"(?<=\d)[lL]\b")
"""The mark of Python 2's long integers, as in ``(3L, 3L)``."""


@dataclass(frozen=True)
class ValueCodec:
    """How parameters of one kind are read, written and described.

    Args:
        name: what documentation and errors call it, as ``"int"``.
        take: turns a Python value into the value that is kept; ValueError where it cannot.
        parse: turns text into a value; ValueError where it cannot.
        write: turns a value into the text of a symbol file.
    """

    name: str
    take: Callable[[Any], Any]
    parse: Callable[[str], Any]
    write: Callable[[Any], str]

    def read(self, value: object) -> Any:
        """Turn a Python value or text into a value; ValueError where it cannot be done."""
        return self.parse(value) if isinstance(value, str) else self.take(value)


def _parse_bool(text: str) -> bool:
    words = {"true": True, "1": True, "false": False, "0": False}
    word = text.strip().lower()
    if word not in words:
        raise ValueError
    return words[word]


def _take_bool(value: object) -> bool:
    if isinstance(value, bool | np.bool_) or (isinstance(value, int) and value in (0, 1)):
        return bool(value)
    raise ValueError


def _parse_int(text: str) -> int:
    return int(_LONG.sub("", text))


def _take_int(value: object) -> int:
    if isinstance(value, Integral) and not isinstance(value, bool):
        return int(value)
    raise ValueError


def _take_float(value: object) -> float:
    if isinstance(value, Real) and not isinstance(value, bool):
        return float(value)
    raise ValueError


def _parse_literal(text: str) -> object:
    """Return the value of a Python literal, numbers of Python 2 included."""
    try:
        return ast.literal_eval(_LONG.sub("", text.strip()))
    except (SyntaxError, MemoryError, RecursionError, TypeError):
        raise ValueError from None


def _entries(value: object) -> tuple[Any, ...]:
    """Return the entries of a tuple or a list, or a single number as the only one."""
    if isinstance(value, Real):
        return (value,)
    if isinstance(value, tuple | list):
        return tuple(value)
    raise ValueError


def _take_ints(value: object) -> tuple[int, ...]:
    return tuple(_take_int(entry) for entry in _entries(value))


def _take_open(value: object) -> tuple[int | None, ...]:
    return tuple(None if entry is None else _take_int(entry) for entry in _entries(value))


def _take_floats(value: object) -> tuple[float, ...]:
    return tuple(_take_float(entry) for entry in _entries(value))


def _take_str(value: object) -> str:
    if isinstance(value, str):
        return value
    raise ValueError


def _write_float(value: float) -> str:
    """Write a float as C++ does: six digits where they suffice, all of them where not."""
    short = f"{value:g}"
    return short if float(short) == value else repr(value)


def _write_floats(value: tuple[float, ...]) -> str:
    texts = [_write_float(entry) for entry in value]
    return f"({', '.join(texts)}{',' if len(texts) == 1 else ''})"


def _anything(value: Any) -> Any:
    return value


_KINDS: dict[Any, ValueCodec] = {
    bool: ValueCodec("bool", _take_bool, _parse_bool, str),
    int: ValueCodec("int", _take_int, _parse_int, str),
    float: ValueCodec("float", _take_float, float, _write_float),
    str: ValueCodec("str", _take_str, str, str),
    object: ValueCodec("Python object", _anything, _anything, repr),
    Any: ValueCodec("Python object", _anything, _anything, repr),
    tuple[int, ...]: ValueCodec(
        "tuple of int", _take_ints, lambda text: _take_ints(_parse_literal(text)), str
    ),
    tuple[int | None, ...]: ValueCodec(
        "tuple of int or None", _take_open, lambda text: _take_open(_parse_literal(text)), str
    ),
    tuple[float, ...]: ValueCodec(
        "tuple of float",
        _take_floats,
        lambda text: _take_floats(_parse_literal(text)),
        _write_floats,
    ),
}


def _choice(options: tuple[Any, ...]) -> ValueCodec:
    by_text = {str(option): option for option in options}

    def take(value: object) -> Any:
        # Compared one by one: a value may have no hash, and 1 is not True.
        for option in options:
            if type(option) is type(value) and option == value:
                return option
        raise ValueError

    def parse(text: str) -> Any:
        if text not in by_text:
            raise ValueError
        return by_text[text]

    return ValueCodec(f"one of {', '.join(map(repr, options))}", take, parse, str)


def _or_none(kind: ValueCodec) -> ValueCodec:
    """Return the kind that also takes None, which is ``None`` as text."""
    return ValueCodec(
        f"{kind.name} or None",
        lambda value: None if value is None else kind.take(value),
        lambda text: None if text == "None" else kind.parse(text),
        lambda value: "None" if value is None else kind.write(value),
    )


def _any_of(kinds: list[ValueCodec]) -> ValueCodec:
    """Return the kind of what is of any of some kinds, the first that fits."""
    if len(kinds) == 1:
        return kinds[0]

    def first(attempts: list[Callable[[Any], Any]], value: Any) -> Any:
        for attempt in attempts:
            with suppress(ValueError):
                return attempt(value)
        raise ValueError

    return ValueCodec(
        " or ".join(kind.name for kind in kinds),
        lambda value: first([kind.take for kind in kinds], value),
        lambda text: first([kind.parse for kind in kinds], text),
        str,
    )


def _instance(cls: type) -> ValueCodec:
    """Return the kind of the objects of a class, which no file can hold."""

    def take(value: object) -> object:
        if isinstance(value, cls):
            return value
        raise ValueError

    return ValueCodec(f"of type {cls.__name__}", take, take, repr)


def kind_of(annotation: Any) -> ValueCodec:
    """Return the kind that a parameter's annotation stands for.

    >>> kind_of(tuple[int, ...]).read("(3, 3)"), kind_of(bool).read("True")
    ((3, 3), True)
    >>> kind_of(Literal["max", "avg"]).name
    "one of 'max', 'avg'"
    >>> kind_of(int | None).read("None"), kind_of(tuple[float, ...]).write((0.5, 2.0))
    (None, '(0.5, 2)')
    """
    if get_origin(annotation) in (Union, UnionType):
        given = [option for option in get_args(annotation) if option is not NoneType]
        kind = _any_of([kind_of(option) for option in given])
        return _or_none(kind) if NoneType in get_args(annotation) else kind
    if get_origin(annotation) is Literal:
        return _choice(get_args(annotation))
    if annotation in _KINDS:
        return _KINDS[annotation]
    return _instance(get_origin(annotation) or annotation)
