"""Write docs/mxnet_names.md: which names of Apache MXNet 1.9.1 `symnet.mxnet` has.

With ``--check``, say whether the page is stale instead, and fail.
"""

import json
from collections.abc import Collection
from importlib import import_module
from typing import Any, NamedTuple

import generated

__all__ = ["PAGE", "Coverage", "coverage", "page"]

PAGE = generated.ROOT / "docs" / "mxnet_names.md"

_RECORD = generated.ROOT / "tests" / "golden" / "names_1.9.1.json"

_HEAD = """# Names of Apache MXNet 1.9.1 in `symnet.mxnet`

This page is written by `make pages`, from the package and from the public names of MXNet 1.9.1 that
are recorded in `tests/golden/names_1.9.1.json`. [mxnet.md](mxnet.md) says what differs.
"""


class Coverage(NamedTuple):
    """One namespace or class: how many names MXNet has there, and which of them are missing."""

    name: str
    count: int
    missing: list[str]

    @property
    def there(self) -> int:
        """How many of the names there are."""
        return self.count - len(self.missing)


def coverage() -> tuple[list[Coverage], list[Coverage]]:
    """Return what there is of each namespace, and of each class."""
    record = json.loads(_RECORD.read_text(encoding="utf-8"))
    return (
        [_covered(name, names) for name, names in record["namespaces"].items()],
        [_covered(name, _public(names)) for name, names in record["classes"].items()],
    )


def _public(names: dict[str, str]) -> list[str]:
    return [name for name in names if not name.startswith("__")]


def _covered(name: str, names: Collection[str]) -> Coverage:
    owner = _found(name)
    missing = [each for each in names if owner is None or not _has(owner, each)]
    return Coverage(name, len(names), sorted(missing))


def _found(dotted: str) -> Any:
    """Return a module or a class of ``mx`` by its dotted name, None where there is none."""
    found: Any = import_module("symnet.mxnet")
    for name in dotted.split(".")[1:]:
        if not _has(found, name):
            return None
        found = getattr(found, name)
    return found


def _has(owner: Any, name: str) -> bool:
    if name in getattr(owner, "__dataclass_fields__", {}):
        return True
    try:
        getattr(owner, name)
    except (AttributeError, ImportError):
        return False
    return True


def page() -> str:
    """Return the text of the page."""
    namespaces, classes = coverage()
    sections = [
        _HEAD.rstrip(),
        f"## Namespaces\n\n{_table('namespace', namespaces)}",
        f"## Methods and properties of classes\n\n{_table('class', classes)}",
    ]
    return "\n\n".join(sections) + "\n"


def _table(what: str, rows: list[Coverage]) -> str:
    there, count = sum(row.there for row in rows), sum(row.count for row in rows)
    lines = [
        f"| {what} | names | there | missing |",
        "| --- | --- | --- | --- |",
        *(_line(row) for row in rows),
        f"| all | {count} | {there} ({there / count:.0%}) | |",
    ]
    return "\n".join(lines)


def _line(row: Coverage) -> str:
    missing = ", ".join(f"`{name}`" for name in row.missing)
    if row.count and not row.there:
        missing = "all"
    share = f" ({row.there / row.count:.0%})" if row.count else ""
    return f"| `{row.name}` | {row.count} | {row.there}{share} | {missing} |"


if __name__ == "__main__":
    generated.main({PAGE: page()}, [], "make pages")
