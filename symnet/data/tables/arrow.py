"""Tables as arrays: data frames, and whatever else speaks Arrow's C stream protocol."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, final, runtime_checkable

import numpy as np

from ...core.errors import ArgumentError, DataError, not_installed

__all__ = ["ArrowStream", "Table", "column_array", "is_arrow", "read_arrow"]


@runtime_checkable
class ArrowStream(Protocol):
    """A data frame or a series of pandas or polars, a table or a column of pyarrow, and more."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object: ...


@runtime_checkable
class _HuggingFace(Protocol):
    """A dataset of Hugging Face, which hands out its rows as an Arrow table when asked to."""

    def with_format(self, type: str) -> Any: ...
    def __getitem__(self, key: slice) -> Any: ...


@final
@dataclass(frozen=True)
class Table:
    """The columns of a table by name, each a ``pyarrow.ChunkedArray``."""

    columns: Mapping[str, Any]

    def array(self, owner: str, who: str) -> np.ndarray:
        """Return the columns side by side, as one array of shape (rows, columns).

        A table of a single column of lists is that column: an array of shape (rows, length).

        Args:
            owner: the provider's name, for errors.
            who: what the table is, for errors.

        Raises DataError, naming column and row, for what is no number.
        """
        if not self.columns:
            raise DataError(f"{owner}: {who} has no columns")
        arrays = {
            name: column_array(owner, f"{who}, column {name!r}", column)
            for name, column in self.columns.items()
        }
        if len(arrays) == 1:
            (single,) = arrays.values()
            return single if single.ndim > 1 else single.reshape(-1, 1)
        for name, array in arrays.items():
            if array.ndim > 1:
                raise DataError(
                    f"{owner}: {who}, column {name!r} holds arrays of shape {array.shape[1:]}, "
                    f"which do not fit beside the other columns; give a dict of arrays by name, "
                    f"{name!r} one of them"
                )
        stored = np.empty((len(array), len(arrays)), np.float32)
        for place, array in enumerate(arrays.values()):
            stored[:, place] = array
        return stored


def is_arrow(value: object) -> bool:
    """Return whether `read_arrow` can read a value."""
    return isinstance(value, ArrowStream | _HuggingFace)


def read_arrow(owner: str, value: object) -> Table | Any:
    """Return a table, or of a series its column, a ``pyarrow.ChunkedArray``.

    Args:
        owner: the provider's name, for errors.
        value: something that `is_arrow`.

    Raises ArgumentError where pyarrow is not installed, DataError where two columns have one name.
    """
    try:
        import pyarrow as pa
    except ImportError as problem:
        raise ArgumentError(
            f"{not_installed(f'{owner}: reading a {type(value).__name__}', 'pyarrow')}, "
            "or pass np.asarray(...) of it"
        ) from problem
    if not isinstance(value, ArrowStream) and isinstance(value, _HuggingFace):
        value = value.with_format("arrow")[:]
    try:
        table = pa.RecordBatchReader.from_stream(value).read_all()
    except pa.ArrowInvalid:  # no table, then a single column
        return pa.chunked_array(value)
    left_out = _index_columns(table)
    names = [name for name in table.column_names if name not in left_out]
    if len(set(names)) < len(names):
        raise DataError(f"{owner}: two columns of the table have one name: {', '.join(names)}")
    return Table({name: table.column(name) for name in names})


def _index_columns(table: Any) -> list[Any]:
    """Return the columns that pandas adds for its index: they name rows, and are no data."""
    metadata = table.schema.metadata or {}
    columns: list[Any] = json.loads(metadata.get(b"pandas", b"{}")).get("index_columns", [])
    return columns


def column_array(owner: str, who: str, column: Any, *, each: int = 1) -> np.ndarray:
    """Return a column of numbers, or of lists of them that are all of the same length.

    Args:
        owner: the provider's name, for errors.
        who: what the column is, for errors.
        column: a ``pyarrow.ChunkedArray``.
        each: how many entries of the column make up a row of the table, where it comes from lists.

    Raises DataError, naming the row, counted from 0, for a missing value or a list of another
    length; and for a column of anything else.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if isinstance(column.type, pa.BaseExtensionType):
        column = column.cast(column.type.storage_type)
    kind = column.type
    if column.null_count:
        row = pc.index(column.is_null(), True).as_py() // each
        raise _missing(owner, who, row, "a missing value")
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return _lists(owner, who, column, each)
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)):
        raise DataError(
            f"{owner}: {who} holds {kind}, where numbers are wanted; "
            "fit(…, encode=True) makes numbers of text and categories, or leave the column out"
        )
    array = np.asarray(column.to_numpy())
    if array.dtype.kind == "f" and np.isnan(array).any():
        raise _missing(owner, who, int(np.isnan(array).argmax()) // each, "NaN")
    return array


def _missing(owner: str, who: str, row: int, what: str) -> DataError:
    return DataError(
        f"{owner}: {who} has {what} in row {row} (counted from 0); "
        "fill it with a number, or drop the row"
    )


def _lists(owner: str, who: str, column: Any, each: int) -> np.ndarray:
    import pyarrow.compute as pc

    lengths = pc.list_value_length(column).to_numpy()
    length = int(lengths[0]) if len(lengths) else 0
    differing = np.flatnonzero(lengths != length)
    if len(differing):
        entry = differing[0]
        raise DataError(
            f"{owner}: {who} is ragged: row {entry // each} (counted from 0) has a list of "
            f"{lengths[entry]}, row 0 one of {length}; bring them to one length"
        )
    entries = column_array(owner, who, pc.list_flatten(column), each=max(each * length, 1))
    return entries.reshape(len(lengths), length, *entries.shape[1:])
