"""Text and categories as numbers: learned from a table, remembered, applied to the next one."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self, final

import numpy as np

from ...core.errors import DataError, FormatError, shown
from .arrow import Table, is_arrow, read_arrow

__all__ = ["Encoding"]

Category = str | int | float | bool


@final
@dataclass(frozen=True)
class Encoding:
    """Which numbers stand for which texts and categories.

    Args:
        columns: the categories of each column of a table that is one-hot: in place of the column
            stands a column of zeros and ones for each category, in this order.
        codes: the categories of each array by name that is not a table, and of each label: its
            elements are the places of their categories here.

    `fit` with ``encode=True`` learns one, and the model remembers it.

    >>> encoding = Encoding(columns={"colour": ("blue", "red")}, codes={"kind": ("cat", "dog")})
    >>> Encoding.from_json(encoding.to_json()) == encoding
    True
    """

    columns: Mapping[str, tuple[Category, ...]] = field(default_factory=dict)
    codes: Mapping[str, tuple[Category, ...]] = field(default_factory=dict)

    @classmethod
    def learned(cls, owner: str, data: dict[str, Any], labels: dict[str, Any]) -> Self:
        """Return the encoding of all that is no number.

        Args:
            owner: who asks, for errors.
            data: arrays, tables and columns by name.
            labels: the same.

        Raises DataError for a missing value.
        """
        columns: dict[str, tuple[Category, ...]] = {}
        codes: dict[str, tuple[Category, ...]] = {}
        for name, value in _read(owner, {**data, **labels}).items():
            if isinstance(value, Table):
                for column, entries in value.columns.items():
                    if _is_category(entries):
                        columns[column] = _categories(owner, column, entries)
            elif _is_category(value):
                codes[name] = _categories(owner, name, value)
        return cls(columns, codes)

    def applied(
        self, owner: str, data: dict[str, Any], labels: dict[str, Any]
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return data and labels with numbers in place of what is encoded.

        Raises DataError, with the row, for a missing value and for one that is no category.
        """
        return self._numbers(owner, data), self._numbers(owner, labels)

    def _numbers(self, owner: str, given: dict[str, Any]) -> dict[str, Any]:
        if not self.columns and not self.codes:
            return given
        found = _read(owner, given)
        return {name: self._encoded(owner, name, value) for name, value in found.items()}

    def _encoded(self, owner: str, name: str, value: Any) -> Any:
        if isinstance(value, Table):
            return self._one_hot(owner, value)
        if name in self.codes and _is_category(value):
            return _places(owner, name, value, self.codes[name])
        return value

    def _one_hot(self, owner: str, table: Table) -> Table:
        import pyarrow as pa

        columns: dict[str, Any] = {}
        for name, column in table.columns.items():
            if name not in self.columns:
                columns[name] = column
                continue
            places = _places(owner, name, column, self.columns[name])
            for number, category in enumerate(self.columns[name]):
                ones = (places == number).astype(np.float32)
                columns[f"{name}={category}"] = pa.chunked_array([ones])
        return Table(columns)

    def to_json(self) -> str:
        """Return the encoding as text."""
        return json.dumps({"columns": self.columns, "codes": self.codes})

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the encoding that a text holds; FormatError for another text."""
        try:
            parts = json.loads(text)
            columns, codes = (
                {str(name): tuple(each) for name, each in dict(parts[part]).items()}
                for part in ("columns", "codes")
            )
        except (ValueError, TypeError, LookupError) as error:
            raise FormatError(f"this is no encoding of columns: {shown(text)}") from error
        return cls(columns, codes)


def _read(owner: str, given: dict[str, Any]) -> dict[str, Any]:
    """Return tables as such, and what may be text as an Arrow column or an array."""
    return {
        name: read_arrow(owner, value)
        if is_arrow(value)
        else np.asarray(value)
        if isinstance(value, list | tuple)
        else value
        for name, value in given.items()
    }


def _is_category(value: Any) -> bool:
    """Tell whether a column or an array holds text or categories."""
    if isinstance(value, np.ndarray):
        objects = value.dtype.kind == "O" and all(isinstance(each, str) for each in value.flat)
        return value.dtype.kind == "U" or objects
    kind = getattr(value, "type", None)
    if kind is None:
        return False
    import pyarrow as pa

    if not isinstance(kind, pa.DataType):
        return False
    texts = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    return pa.types.is_dictionary(kind) or any(is_text(kind) for is_text in texts)


def _categories(owner: str, name: str, column: Any) -> tuple[Category, ...]:
    """Return what there is in a column, in order."""
    values = _values(owner, name, column)
    return tuple(sorted(set(values), key=lambda each: (isinstance(each, str), each)))


def _values(owner: str, name: str, column: Any) -> list[Category]:
    values: list[Any] = column.tolist() if isinstance(column, np.ndarray) else column.to_pylist()
    for row, value in enumerate(values):
        if value is None:
            raise DataError(
                f"{owner}: column {name!r} has a missing value in row {row} (counted from 0); fill "
                "it, or drop the row"
            )
    return values


def _places(owner: str, name: str, column: Any, categories: tuple[Category, ...]) -> np.ndarray:
    """Return the places of values among the categories, int64."""
    place = {category: number for number, category in enumerate(categories)}
    values = _values(owner, name, column)
    for row, value in enumerate(values):
        if value not in place:
            known = ", ".join(map(str, categories[:8])) + (", …" if len(categories) > 8 else "")
            raise DataError(
                f"{owner}: column {name!r} holds {value!r} in row {row} (counted from 0), which "
                f"the model has not been trained with (there are: {known})"
            )
    return np.array([place[value] for value in values], np.int64)
