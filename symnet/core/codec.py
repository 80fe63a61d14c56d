"""Parameters of operators as text and back, one row for each kind of parameter.

Symbol files hold every parameter as text; the public functions take Python values or the same
text. Both enter here, and what comes out is a plain Python value.
"""

import ast
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Integral, Real
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

__all__ = ["Kind", "kind_of"]


@dataclass(frozen=True)
class Kind:
    """How parameters of one kind are read, written and described.

    Args:
        name: what documentation and errors call it, as ``"int"``.
        read: turns a Python value or text into a value; ValueError where it cannot.
        write: turns a value into the text of a symbol file.
    """

    name: str
    read: Callable[[object], Any]
    write: Callable[[Any], str]


def _read_bool(value: object) -> bool:
    words = {"true": True, "1": True, "false": False, "0": False}
    word = str(value).strip().lower()
    if word not in words:
        raise ValueError
    return words[word]


def _read_int(value: object) -> int:
    if isinstance(value, str):
        return int(value)
    if isinstance(value, Integral):
        return int(value)
    raise ValueError


def _read_float(value: object) -> float:
    if isinstance(value, str | Real):
        return float(value)
    raise ValueError


def _entries(value: object) -> tuple[object, ...]:
    """Return the entries of a tuple, a list, their text, or a single number."""
    if isinstance(value, str):
        try:
            value = ast.literal_eval(value.strip())
        except (SyntaxError, MemoryError, RecursionError, TypeError):
            raise ValueError from None
    if isinstance(value, Real):
        return (value,)
    if isinstance(value, tuple | list):
        return tuple(value)
    raise ValueError


def _read_tuple(value: object) -> tuple[int, ...]:
    return tuple(_read_int(entry) for entry in _entries(value))


def _read_floats(value: object) -> tuple[float, ...]:
    return tuple(_read_float(entry) for entry in _entries(value))


def _write_floats(value: tuple[float, ...]) -> str:
    texts = [_write_float(entry) for entry in value]
    return f"({', '.join(texts)}{',' if len(texts) == 1 else ''})"


def _write_float(value: float) -> str:
    """Write a float as C++ does: six digits where they suffice, all of them where not."""
    short = f"{value:g}"
    return short if float(short) == value else repr(value)


_KINDS: dict[Any, Kind] = {
    bool: Kind("bool", _read_bool, str),
    int: Kind("int", _read_int, str),
    float: Kind("float", _read_float, _write_float),
    str: Kind("str", str, str),
    object: Kind("Python object", lambda value: value, repr),
    tuple[int, ...]: Kind("tuple of int", _read_tuple, str),
    tuple[float, ...]: Kind("tuple of float", _read_floats, _write_floats),
}


def _choice(options: tuple[str, ...]) -> Kind:
    def read(value: object) -> str:
        if value not in options:
            raise ValueError
        return str(value)

    return Kind(f"one of {', '.join(map(repr, options))}", read, str)


def _or_none(kind: Kind) -> Kind:
    """Return the kind that also takes None, which is ``None`` as text."""
    return Kind(
        f"{kind.name} or None",
        lambda value: None if value is None or value == "None" else kind.read(value),
        lambda value: "None" if value is None else kind.write(value),
    )


def kind_of(annotation: Any) -> Kind:
    """Return the kind that a parameter's annotation stands for.

    >>> kind_of(tuple[int, ...]).read("(3, 3)"), kind_of(bool).read("True")
    ((3, 3), True)
    >>> kind_of(Literal["max", "avg"]).name
    "one of 'max', 'avg'"
    >>> kind_of(int | None).read("None"), kind_of(tuple[float, ...]).write((0.5, 2.0))
    (None, '(0.5, 2)')
    """
    if get_origin(annotation) in (Union, UnionType):
        (given,) = (option for option in get_args(annotation) if option is not NoneType)
        return _or_none(kind_of(given))
    if get_origin(annotation) is Literal:
        return _choice(get_args(annotation))
    return _KINDS[annotation]
