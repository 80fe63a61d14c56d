"""What objects say of themselves: what they were made with, as far as they kept it."""

import os
from collections.abc import Iterator
from html import escape
from inspect import Parameter, signature
from typing import ClassVar

__all__ = ["Described", "html_table", "scrolled"]

_LONGEST = 60  # characters of a value
_PLAIN = (bool, int, float, str, os.PathLike, type(None))


class Described:
    """Gives a class a repr like the call that makes its objects: ``EMA(decay=0.9)``.

    Arguments that are not plain values, or that the object did not keep under their own name, are
    left out, and so are those that have their default, unless they are essential.

    >>> class Step(Described):
    ...     def __init__(self, size, *, by=1, how=None):
    ...         self.size, self._by = size, by
    >>> Step(3), Step(3, by=2)
    (Step(size=3), Step(size=3, by=2))
    """

    __slots__ = ()

    _essential: ClassVar[tuple[str, ...]] = ()
    """Arguments that are shown at their defaults too."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(_given(self))})"


def _given(thing: Described) -> Iterator[str]:
    for name, parameter in signature(type(thing)).parameters.items():
        missing = Parameter.empty
        value = getattr(thing, name, getattr(thing, f"_{name}", missing))
        told = name in thing._essential
        if value is missing or (value is parameter.default and not told):
            continue
        plain = isinstance(value, _PLAIN) and (told or value != parameter.default)
        named = getattr(value, "__name__", "") if callable(value) else ""
        if plain or named or isinstance(value, Described):
            text = named or repr(value)
            yield f"{name}={text if len(text) <= _LONGEST else f'{text[:_LONGEST]}…'}"


def html_table(head: tuple[str, ...], rows: list[tuple[object, ...]]) -> str:
    """Return a table for a notebook.

    >>> html_table(("a",), [("<1>",)])
    '<table><thead><tr><th>a</th></tr></thead><tbody><tr><td>&lt;1&gt;</td></tr></tbody></table>'
    """
    lines = (f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in row)}</tr>" for row in rows)
    names = "".join(f"<th>{escape(name)}</th>" for name in head)
    return f"<table><thead><tr>{names}</tr></thead><tbody>{''.join(lines)}</tbody></table>"


def scrolled(html: str) -> str:
    """Return HTML in a frame that scrolls where it is large."""
    return f'<div style="max-height:640px;max-width:100%;overflow:auto">{html}</div>'
