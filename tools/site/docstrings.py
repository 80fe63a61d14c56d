"""A Sphinx extension: docstrings as reStructuredText, where they are written otherwise."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import references

import symnet as mx

if TYPE_CHECKING:
    from sphinx.application import Sphinx

__all__ = ["as_restructured", "setup"]

_STAR = re.compile(r"(?<![\w*`\\])\*(?=\w)")
_CODE = re.compile(r"(``.*?``|`[^`]*`)")
_RULE = re.compile(r"\|[\s|:-]*\|")


def as_restructured(lines: list[str]) -> list[str]:
    """Return a docstring's lines, with tables, stars and references as Sphinx wants them."""
    text = "\n".join(_lines(lines))
    return references.REFERENCE.sub(_reference, text).split("\n")


def _lines(lines: list[str]) -> Iterator[str]:
    table: list[str] = []
    in_example = False
    for line in [*lines, ""]:
        start = line.lstrip()
        in_example = start.startswith(">>>") or (in_example and bool(start))
        if start.startswith("|") and start.endswith("|") and not in_example:
            table.append(line)
            continue
        if table:
            yield from _table(table)
            table = []
        if in_example:
            yield line
        else:
            parts = _CODE.split(line)
            parts[::2] = [_STAR.sub(r"\\*", part) for part in parts[::2]]
            yield "".join(parts)


def _table(lines: list[str]) -> Iterator[str]:
    margin = lines[0][: len(lines[0]) - len(lines[0].lstrip())]
    yield from (f"{margin}.. list-table::", f"{margin}   :header-rows: 1", "")
    for line in lines:
        if _RULE.fullmatch(line.strip()):
            continue
        for number, cell in enumerate(line.strip().strip("|").split("|")):
            yield f"{margin}   {'  -' if number else '* -'} {cell.strip()}"
    yield ""


def _reference(found: re.Match[str]) -> str:
    """Link a reference to the pages of its sections."""
    known = references.places()

    def link(place: re.Match[str]) -> str:
        page = known[place[0]].page.removesuffix(".md")
        return f":doc:`{place[0]} </docs/semantics/{page}>`"

    return f"semantics{references.PLACE.sub(link, found['places'])}"


def _process(
    app: "Sphinx", what: str, name: str, value: Any, options: Any, lines: list[str]
) -> None:
    lines[:] = as_restructured(lines)


def _public_bases(app: "Sphinx", name: str, cls: type, options: Any, bases: list[Any]) -> None:
    """Name the public ones alone, as readers know them."""
    names = {id(getattr(mx, each)): each for each in mx.__all__}
    bases[:] = [f":py:obj:`~symnet.{names[id(base)]}`" for base in bases if id(base) in names]


def setup(app: "Sphinx") -> dict[str, Any]:
    """Connect to Sphinx, before napoleon reads what `Args` says."""
    app.connect("autodoc-process-docstring", _process, priority=100)
    app.connect("autodoc-process-bases", _public_bases)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
