"""The forms in which users have their data, brought to arrays by name."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeGuard, runtime_checkable

import numpy as np
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from ...core.errors import DataError, listed, suggest
from ...ndarray import NDArray
from ...ndarray.host import check_dense, check_unmasked
from ..tables.arrow import ArrowStream, Table, column_array, is_arrow, read_arrow
from ._samples import by_role, collated

__all__ = ["Arrays", "Encode", "Found", "find_arrays", "names_itself"]


@runtime_checkable
class _HasArray(Protocol):
    """What NumPy can read as an array: its own, torch's, ours, and more."""

    def __array__(self) -> np.ndarray: ...


Array = _HasArray | NDArray | Tensor | ArrowStream

Arrays = Array | tuple[str, Array] | Sequence[tuple[str, Array]] | Mapping[str, Array]
"""An array or a table, a (name, array) pair, a list of such pairs, or a dict of arrays by name."""

Found = dict[str, Tensor | np.ndarray]
"""Arrays by name, as torch or NumPy can copy from."""

Given = dict[str, Any]
"""What a user gave, by name: arrays, tables and columns, or names of columns."""


Encode = Callable[[Given, Given], tuple[Given, Given]]
"""Makes numbers of text in data and labels."""


def find_arrays(
    owner: str,
    data: object,
    label: object,
    data_name: str = "data",
    label_name: str = "softmax_label",
    encode: Encode | None = None,
) -> tuple[Found, Found]:
    """Return data and labels as arrays by name, in whichever form they were given.

    Args:
        owner: the provider's name, for errors.
        data, label: see `ArrayDataProvider`.
        data_name, label_name: the names where none are given.
        encode: makes numbers of text; default none.

    Raises DataError, naming the array, for what has no such form, holds no real numbers, or has no
    samples.
    """
    if isinstance(data, Dataset | DataLoader):
        data, label = _collated(owner, data, label, data_name, label_name)
    given = _by_name(owner, data, "data", data_name)
    labels = _by_name(owner, [] if label is None else label, "label", label_name)
    given, labels = _picked(owner, given, labels)
    if encode is not None:
        given, labels = encode(given, labels)
    return _readable_all(owner, given, "data"), _readable_all(owner, labels, "label")


def _collated(
    owner: str, dataset: Dataset[Any] | DataLoader[Any], label: object, *names: str
) -> Any:
    batch = collated(owner, dataset)
    if label is None:
        return by_role(owner, batch, *names)
    if isinstance(batch, Mapping):
        return batch, label
    data, labels = by_role(owner, batch, *names)
    if labels:
        raise DataError(
            f"{owner}: the samples of the {type(dataset).__name__} have labels; "
            "leave the parameter label out"
        )
    return data, label


def _picked(owner: str, data: Given, label: Given) -> tuple[Given, Given]:
    """Take out of the data what the labels name."""
    wanted = {name: each for name, each in label.items() if isinstance(each, str)}
    if not wanted:
        return data, label
    values = list(data.values())
    table = read_arrow(owner, values[0]) if len(values) == 1 and is_arrow(values[0]) else None
    pool = table.columns if isinstance(table, Table) else data
    for name, column in wanted.items():
        if column not in pool:
            raise DataError(
                f"{owner}: label {name!r} names {column!r}, which the data does not have"
                f"{suggest(column, pool)} {listed(pool)}"
            )
    rest = {name: each for name, each in pool.items() if name not in wanted.values()}
    labels = {name: pool[each] if name in wanted else each for name, each in label.items()}
    return ({next(iter(data)): Table(rest)} if isinstance(table, Table) else rest), labels


def _by_name(owner: str, arrays: object, kind: str, default_name: str) -> Given:
    found: Given = {}
    for name, array in _pairs(owner, arrays, kind, default_name):
        if not isinstance(name, str) or not name:
            raise DataError(f"{owner}: the name of a {kind} array must be a str, got {name!r}")
        if name in found:
            raise DataError(f"{owner}: {kind} {name!r} is given twice")
        found[name] = array
    return found


def _pairs(owner: str, arrays: object, kind: str, default_name: str) -> list[tuple[Any, Any]]:
    if isinstance(arrays, np.ndarray | Tensor | NDArray):  # asked first, as it is asked quickly
        return [(default_name, arrays)]
    if isinstance(arrays, Mapping):
        return list(arrays.items())
    if isinstance(arrays, tuple) and _is_pair(arrays):
        return [arrays]
    column = kind == "label" and isinstance(arrays, str)
    if column or is_arrow(arrays) or isinstance(arrays, _HasArray):
        return [(default_name, arrays)]
    if _is_pair(arrays):
        return [arrays]
    if isinstance(arrays, list | tuple):
        return list(arrays) if all(map(_is_pair, arrays)) else [(default_name, arrays)]
    raise DataError(
        f"{owner}: {kind} must be an array, a table, a list of numbers, a (name, array) pair, a "
        f"list of such pairs or a dict, got {type(arrays).__name__}{_way_out(arrays)}"
    )


def _way_out(value: object) -> str:
    """Return the tail of an error about what is no array: how it becomes one, if that is known."""
    if callable(getattr(value, "toarray", None)):
        return ", which is sparse; .toarray() makes an array of it"
    if isinstance(value, Iterator):
        return "; batches come from a data provider, or from a DataLoader of torch"
    return ""


def names_itself(data: object) -> bool:
    """Tell whether data says the names of its arrays: a dict, a pair, or a list of pairs.

    >>> names_itself(("pixels", np.zeros(3))), names_itself(np.zeros(3)), names_itself([[1, 2]])
    (True, False, False)
    """
    if isinstance(data, Mapping):
        return True
    return isinstance(data, list | tuple) and (_is_pair(data) or all(map(_is_pair, data)))


def _is_pair(value: object) -> TypeGuard[tuple[str, Any]]:
    # A list of two names is none: one who writes it means two columns.
    pair = isinstance(value, list | tuple) and len(value) == 2 and isinstance(value[0], str)
    return pair and not (isinstance(value, list) and isinstance(value[1], str))


def _readable_all(owner: str, given: Given, kind: str) -> Found:
    return {name: _readable(owner, array, f"{kind} {name!r}") for name, array in given.items()}


def _readable(owner: str, value: object, who: str) -> Tensor | np.ndarray:
    """Return an array as torch or NumPy can copy from; DataError unless it holds real numbers."""
    found = _as_array(owner, value, who)
    real = not found.is_complex() if isinstance(found, Tensor) else found.dtype.kind in "biuf"
    if not real:
        text = isinstance(found, np.ndarray) and found.dtype.kind == "U"
        way_out = "; fit(…, encode=True) makes numbers of text" if text else ""
        raise DataError(f"{owner}: {who} must hold real numbers, not {found.dtype}{way_out}")
    if found.ndim == 0 or found.shape[0] == 0:
        raise DataError(
            f"{owner}: {who} has no samples: its shape is {tuple(found.shape)}, "
            "and axis 0 is the samples"
        )
    return found


def _as_array(owner: str, value: object, who: str) -> Tensor | np.ndarray:
    if isinstance(value, np.ndarray):
        check_unmasked(value, f"{owner}: {who}")
        return np.asarray(value)
    if is_arrow(value):
        value = read_arrow(owner, value)
    if isinstance(value, Table):
        return value.array(owner, who)
    if isinstance(value, NDArray):
        return value.torch
    if isinstance(value, Tensor):
        check_dense(value, f"{owner}: {who}")
        return value.detach()
    if isinstance(value, ArrowStream):
        return column_array(owner, who, value)
    if isinstance(value, _HasArray):
        check_unmasked(value, f"{owner}: {who}")
        return np.asarray(value)
    if isinstance(value, list | tuple):
        return _of_list(owner, value, who)
    raise DataError(
        f"{owner}: {who} must be an array, got {type(value).__name__}"
        f"{_way_out(value) or '; np.asarray(...) makes one'}"
    )


def _holds_arrays(values: Iterable[object]) -> bool:
    return any(isinstance(each, np.ndarray | Tensor | NDArray) for each in values)


def _of_list(owner: str, value: Sequence[Any], who: str) -> np.ndarray:
    """Return an array of a list of numbers, or of lists of them that are all of one length."""
    if _holds_arrays(value):
        raise DataError(
            f"{owner}: {who} is a list of arrays: np.stack(...) makes one array of samples that "
            "are alike, a dict gives several inputs their names"
        )
    if any(isinstance(each, tuple) and _holds_arrays(each) for each in value):
        raise DataError(
            f"{owner}: {who} is a list of tuples of arrays, as of batches: np.concatenate(...) "
            "joins those of one kind to an array of all samples"
        )
    try:
        return np.asarray(value)
    except ValueError:  # rows of several lengths
        raise DataError(
            f"{owner}: {who} is a list whose rows are not all alike; bring them to one length"
        ) from None
