"""ArrayDataProvider: mini-batches of arrays in memory."""

from collections.abc import Iterator
from copy import copy
from typing import Any, final

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from ...core.dtype import default_dtype
from ...core.errors import DataError
from .._batches import batch_of, provided
from .._checks import flag, real_number, whole_number
from .._last_batch import Batching, LastBatch, last_batch_policy
from .._shuffling import Shuffling
from ..provider import AbstractDataProvider, DataBatch, Provided
from ._forms import Arrays, Encode, Found, find_arrays, names_itself

__all__ = [
    "ArrayDataProvider",
    "Arrays",
    "Found",
    "names_itself",
    "read_labelled",
    "read_samples",
]

_OWNER = "ArrayDataProvider"


class LentArrays(dict[str, Any]):
    """Data by name that nobody writes to as long as a provider hands it out: it need not be copied.

    So are the labels beside it. An `ArrayDataProvider` of it hands out rows of these very arrays,
    where they are float32 and lie in order.

    >>> x = np.ones((4, 2), np.float32)
    >>> batch = next(iter(ArrayDataProvider(LentArrays(data=x), batch_size=2)))
    >>> batch.get_data()[0].torch.data_ptr() == x.ctypes.data
    True
    """

    finite = False
    """Whether somebody looked at all of it, and of the labels, and found finite numbers only."""


@final
class ArrayDataProvider(AbstractDataProvider):
    """Split arrays into mini-batches along axis 0.

    The values are copied, as float32. The arrays of a batch may only be read; their contents stay
    as they are.

    An array is one of NumPy, torch or this package, or anything that NumPy reads as an array by
    its ``__array__``. It may also be a table: a data frame of pandas or polars, a table of pyarrow,
    a dataset of Hugging Face, or anything else that speaks Arrow's C stream protocol. The columns
    of a table, which must hold numbers, and none missing, lie side by side in one array of shape
    (rows, columns); a single column of lists of one length is an array of shape (rows, length). A
    series is an array too. Tables need pyarrow.

    Args:
        data: an array, which is named ``data``; a (name, array) pair; a list of such pairs; or a
            dict of arrays by name. Axis 0 of each array is the samples. Or a map-style dataset of
            torch, which is read at once: its samples are (data, label) pairs, or dicts of arrays,
            labels being those whose names end in "label".
        label: the same, for the labels; the default name is ``softmax_label``. In place of an
            array it may be the name of a column, or of an array of the data, which is then a label
            and no data any more. None or an empty list, the default, means no labels.
        batch_size: rows per batch, from 1 to the number of samples; 0, the default, puts all
            samples into one batch.
        shuffle: whether every pass has data and labels in a new order, alike.
        data_padding: the number that fills missing rows of data, default 0.
        label_padding: the number that fills missing rows of labels, default 0.
        last_batch: what becomes of the last batch where the samples do not fill it: ``"pad"``, the
            default, fills it with the paddings; see `LastBatch` for ``"keep"``, ``"discard"`` and
            ``"roll_over"``.
        seed: what the orders are drawn from, from 0 to 2**64 - 1. None, the default, takes a
            number from torch's generator at the first pass, so that ``mx.srand`` settles it.

    Raises DataError, naming the array, for data of the wrong kind, without samples, or with another
    number of samples than the rest, and naming column and row for a table with a missing value or
    none that is a number; ParameterError for the other parameters; ArgumentError for a table
    without pyarrow.
    Source: the documents, "ArrayDataProvider"; docs/semantics §7.2, §7.7.

    >>> x = np.arange(6).reshape(3, 2)
    >>> provider = ArrayDataProvider(x, np.array([1, 0, 1]), batch_size=2, data_padding=-1)
    >>> provider.provide_data(), provider.provide_label()
    ([('data', (2, 2))], [('softmax_label', (2,))])
    >>> for batch in provider:
    ...     print(batch.count_samples(), batch.get_data()[0].asnumpy().tolist())
    2 [[0.0, 1.0], [2.0, 3.0]]
    1 [[4.0, 5.0], [-1.0, -1.0]]
    """

    batch_type = DataBatch
    positioned = ("_shuffling", "_batching")

    def __init__(
        self,
        data: Arrays | Dataset[Any],
        label: Arrays | str | None = None,
        *,
        batch_size: int = 0,
        shuffle: bool = False,
        data_padding: float = 0,
        label_padding: float = 0,
        last_batch: LastBatch = "pad",
        seed: int | None = None,
    ) -> None:
        found_data, found_label = find_arrays(_OWNER, data, label)
        samples = _count(_OWNER, found_data, found_label)
        size = whole_number(_OWNER, "batch_size", batch_size, 0, samples) or samples
        shuffle = flag(_OWNER, "shuffle", shuffle)
        policy = last_batch_policy(_OWNER, last_batch, "pad")
        self._batching = Batching(samples, size, policy, owner=_OWNER)
        self.repeats_samples = policy in ("pad", "keep")
        self._shuffling = Shuffling(samples, shuffle, seed, owner=_OWNER)
        # Rows of padding follow the samples, so that a padded batch is a view like the others.
        rows = -(-samples // size) * size if policy == "pad" else samples
        self._size, self._samples, self._rows = size, samples, rows
        store = _lent if isinstance(data, LentArrays) else _stored
        self._data = store(found_data, rows, real_number(_OWNER, "data_padding", data_padding))
        self._label = store(found_label, rows, real_number(_OWNER, "label_padding", label_padding))
        # Where all passes are alike, their batches are made once, for all of them.
        self._alike = not shuffle and policy != "roll_over"
        self._made = self._make_all()
        looked_at = isinstance(data, LentArrays) and data.finite
        self._finite: bool | None = looked_at or None

    def _make_all(self) -> list[DataBatch] | None:
        return list(self._pass(self._batching.rows())) if self._alike else None

    def known_finite(self) -> bool:
        """Tell whether all values are finite numbers; they stay as they are."""
        if self._finite is None:
            # A sum that is finite has only finite summands.
            every = (*self._data.values(), *self._label.values())
            self._finite = all(bool(array.sum().isfinite()) for array in every)
        return self._finite

    @property
    def samples(self) -> int:
        """How many samples there are."""
        return self._samples

    def with_label(self, name: str, array: Arrays) -> "ArrayDataProvider":
        """Return a provider of the same batches that hands out one more label.

        Args:
            name: the label's name.
            array: its values, an array of any form, axis 0 the samples; rows of padding get 0.

        Raises DataError for a name that is taken, or another number of samples.

        >>> provider = ArrayDataProvider(np.zeros((3, 2)), np.zeros(3))
        >>> provider.with_label("sample_weight", np.ones(3)).provide_label()
        [('softmax_label', (3,)), ('sample_weight', (3,))]
        """
        found, _ = find_arrays(_OWNER, {name: array}, None)
        if name in {**self._data, **self._label}:
            raise DataError(f"{_OWNER}: there is a {name!r} already")
        if len(found[name]) != self._samples:
            raise DataError(
                f"{_OWNER}: label {name!r} has {len(found[name])} samples, but there are "
                f"{self._samples}"
            )
        made = copy(self)
        made._label = {**self._label, **_stored(found, self._rows, 0)}
        made._made, made._finite = made._make_all(), None
        return made

    def count_batches(self) -> int | None:
        """Return how many batches a pass has; None where passes differ."""
        return self._batching.count()

    def provide_data(self) -> list[Provided]:
        """Return name and shape of each data array."""
        return provided(self._data, self._size)

    def provide_label(self) -> list[Provided]:
        """Return name and shape of each label array."""
        return provided(self._label, self._size)

    def __iter__(self) -> Iterator[DataBatch]:
        if self._made is not None:
            return self.begin_pass(iter(self._made))
        return self.begin_pass(self._pass(self._batching.rows(self._shuffling.order())))

    def _pass(self, batches: Iterator[tuple[np.ndarray, int]]) -> Iterator[DataBatch]:
        # Each batch is gathered when it is due; shuffling everything at the start of a pass was
        # measured slower.
        padding = np.arange(self._samples, self._rows)
        data, label = list(self._data.values()), list(self._label.values())
        for rows, count in batches:
            padded = count < len(rows) and len(padding) > 0
            chosen = np.concatenate([rows[:count], padding]) if padded else rows
            yield batch_of(data, label, chosen, count)


def read_samples(data: object, data_name: str, encode: Encode | None = None) -> dict[str, Tensor]:
    """Return arrays by name, copied as float32, in whichever form they were given.

    Args:
        data: as for `ArrayDataProvider`; labels of a dataset are left out.
        data_name: the name of an array that has none.
        encode: makes numbers of text; default none.

    Raises the same errors.
    """
    found, _ = find_arrays(_OWNER, data, None, data_name, encode=encode)
    return _stored(found, _count(_OWNER, found, {}), 0)


def read_labelled(
    owner: str,
    data: object,
    label: object,
    data_name: str,
    label_name: str,
    encode: Encode | None = None,
) -> tuple[Found, Found, int]:
    """Return data and labels by name, not copied where it can be helped, and how many samples.

    Args:
        owner: who asks, for errors.
        data, label: as for `ArrayDataProvider`.
        data_name, label_name: the names where none are given.
        encode: makes numbers of text; default none.

    Raises the errors of `ArrayDataProvider`.
    """
    found_data, found_label = find_arrays(owner, data, label, data_name, label_name, encode)
    return found_data, found_label, _count(owner, found_data, found_label)


def _count(owner: str, data: Found, label: Found) -> int:
    """Return the number of samples, once all arrays are known to have as many."""
    if not data:
        raise DataError(f"{owner}: data has no arrays")
    for name in data.keys() & label.keys():
        raise DataError(f"{owner}: {name!r} names both a data and a label array")
    first, *_ = data
    samples = len(data[first])
    for kind, arrays in (("data", data), ("label", label)):
        for name, array in arrays.items():
            if len(array) != samples:
                raise DataError(
                    f"{owner}: {kind} {name!r} has {len(array)} samples, "
                    f"but data {first!r} has {samples}"
                )
    return samples


def _stored(arrays: Found, rows: int, padding: float) -> dict[str, Tensor]:
    """Copy arrays as float32 and add rows of padding."""
    return {name: _padded(array, rows, padding) for name, array in arrays.items()}


def _lent(arrays: Found, rows: int, padding: float) -> dict[str, Tensor]:
    """Return arrays as they are where that is possible, copied as float32 where not."""
    return {name: _shared(array, rows, padding) for name, array in arrays.items()}


def _shared(array: Tensor | np.ndarray, rows: int, padding: float) -> Tensor:
    if isinstance(array, Tensor):
        fits = not array.is_cuda and array.is_contiguous() and not array.requires_grad
    else:
        fits = array.flags.c_contiguous and array.flags.writeable and array.dtype.isnative
        array = torch.from_numpy(array) if fits and array.dtype == np.float32 else array
    if isinstance(array, Tensor) and fits and array.dtype == default_dtype and len(array) == rows:
        return array
    return _padded(array, rows, padding)


def _padded(array: Tensor | np.ndarray, rows: int, padding: float) -> Tensor:
    stored = torch.empty((rows, *array.shape[1:]), dtype=default_dtype)
    samples = len(array)
    if isinstance(array, Tensor):
        stored[:samples].copy_(array)
    else:
        stored.numpy()[:samples] = array  # NumPy copies from any layout and byte order
    stored[samples:].fill_(padding)
    return stored
