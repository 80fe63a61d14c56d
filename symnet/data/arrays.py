"""ArrayDataProvider: mini-batches of arrays in memory."""

from collections.abc import Iterator, Mapping, Sequence
from numbers import Real
from typing import Any, Protocol, TypeGuard, final, runtime_checkable

import numpy as np
import torch
from torch import Tensor

from ..dtype import default_dtype
from ..errors import DataError, ParameterError
from ..ndarray import NDArray
from .batches import cut, read_only
from .checks import flag, whole_number
from .provider import AbstractDataProvider, DataBatch, Provided

__all__ = ["ArrayDataProvider", "Arrays"]


@runtime_checkable
class _HasArray(Protocol):
    """What NumPy can read as an array: its own, torch's, ours, a data frame's columns."""

    def __array__(self) -> np.ndarray: ...


Array = _HasArray | NDArray | Tensor

Arrays = Array | tuple[str, Array] | Sequence[tuple[str, Array]] | Mapping[str, Array]
"""An array, a (name, array) pair, a list of such pairs, or a dict of arrays by name."""


@final
class ArrayDataProvider(AbstractDataProvider):
    """Split arrays into mini-batches along axis 0.

    The values are copied, as float32. Where the last batch has fewer samples than a batch has
    rows, the remaining rows hold the padding. The arrays of a batch may only be read; their
    contents stay as they are.

    Args:
        data: an array (NumPy, NDArray, torch tensor, or anything that NumPy reads as an array by
            its ``__array__``), which is named ``data``; a (name, array) pair; a list of such
            pairs; or a dict of arrays by name. Axis 0 of each array is the samples.
        label: the same, for the labels; the default name is ``softmax_label``. None or an empty
            list, the default, means no labels.
        batch_size: rows per batch, from 1 to the number of samples; 0, the default, puts all
            samples into one batch.
        shuffle: whether every pass starts with shuffling data and labels alike, further than the
            pass before. The order comes from torch's generator, so that a seed settles it.
        data_padding: the number that fills missing rows of data, default 0.
        label_padding: the number that fills missing rows of labels, default 0.

    Raises DataError, naming the array, for data of the wrong kind, without samples, or with another
    number of samples than the rest; ParameterError for the other parameters.
    Source: the documents, "ArrayDataProvider".

    >>> x = np.arange(6).reshape(3, 2)
    >>> provider = ArrayDataProvider(x, np.array([1, 0, 1]), batch_size=2, data_padding=-1)
    >>> provider.provide_data(), provider.provide_label()
    ([('data', (2, 2))], [('softmax_label', (2,))])
    >>> for batch in provider:
    ...     print(batch.count_samples(), batch.get_data()[0].asnumpy().tolist())
    2 [[0.0, 1.0], [2.0, 3.0]]
    1 [[4.0, 5.0], [-1.0, -1.0]]
    """

    def __init__(
        self,
        data: Arrays,
        label: Arrays | None = None,
        *,
        batch_size: int = 0,
        shuffle: bool = False,
        data_padding: float = 0,
        label_padding: float = 0,
    ) -> None:
        found_data = _by_name(data, "data", "data")
        found_label = _by_name([] if label is None else label, "label", "softmax_label")
        samples = _count(found_data, found_label)
        size = whole_number("ArrayDataProvider", "batch_size", batch_size, 0, samples) or samples
        rows = -(-samples // size) * size
        self._shuffle = flag("ArrayDataProvider", "shuffle", shuffle)
        self._size, self._samples = size, samples
        self._data = _stored(found_data, rows, _number("data_padding", data_padding))
        self._label = _stored(found_label, rows, _number("label_padding", label_padding))
        self._order = torch.arange(rows)  # of the rows in this pass; padding stays at the end
        self._batches = cut([*self._data.values()], [*self._label.values()], size, samples)

    def provide_data(self) -> list[Provided]:
        """Return name and shape of each data array."""
        return _provided(self._data, self._size)

    def provide_label(self) -> list[Provided]:
        """Return name and shape of each label array."""
        return _provided(self._label, self._size)

    def __iter__(self) -> Iterator[DataBatch]:
        if not self._shuffle:
            return iter(self._batches)
        samples = self._order[torch.randperm(self._samples)]
        self._order = torch.cat([samples, self._order[self._samples :]])
        return self._shuffled(self._order)

    def _shuffled(self, order: Tensor) -> Iterator[DataBatch]:
        # Gathering each batch when it is due leaves it in the processor's cache for the copy that
        # follows; shuffling everything at the start of a pass was measured slower.
        starts = range(0, len(order), self._size)
        for start, batch in zip(starts, self._batches, strict=True):
            rows = order[start : start + self._size]
            data = [read_only(each.index_select(0, rows)) for each in self._data.values()]
            label = [read_only(each.index_select(0, rows)) for each in self._label.values()]
            yield DataBatch(data, label, batch.count)


def _provided(arrays: Mapping[str, Tensor], size: int) -> list[Provided]:
    return [(name, (size, *array.shape[1:])) for name, array in arrays.items()]


def _number(name: str, value: object) -> float:
    if not isinstance(value, Real):
        raise ParameterError(f"ArrayDataProvider: {name} must be a number, got {value!r}")
    return float(value)


def _by_name(arrays: object, kind: str, default_name: str) -> dict[str, Tensor | np.ndarray]:
    """Return the arrays that a user gave, in whichever form, by their names."""
    found: dict[str, Tensor | np.ndarray] = {}
    for name, array in _pairs(arrays, kind, default_name):
        if not isinstance(name, str) or not name:
            raise DataError(
                f"ArrayDataProvider: the name of a {kind} array must be a str, got {name!r}"
            )
        if name in found:
            raise DataError(f"ArrayDataProvider: {kind} {name!r} is given twice")
        found[name] = _readable(array, f"{kind} {name!r}")
    return found


def _pairs(arrays: object, kind: str, default_name: str) -> list[tuple[Any, Any]]:
    if isinstance(arrays, Mapping):
        return list(arrays.items())
    if isinstance(arrays, _HasArray):
        return [(default_name, arrays)]
    if _is_pair(arrays):
        return [arrays]
    if isinstance(arrays, list | tuple) and all(map(_is_pair, arrays)):
        return list(arrays)
    raise DataError(
        f"ArrayDataProvider: {kind} must be an array, a (name, array) pair, a list of such pairs "
        f"or a dict, got {type(arrays).__name__}; np.asarray(...) makes an array of a list"
    )


def _is_pair(value: object) -> TypeGuard[tuple[str, Any]]:
    return isinstance(value, list | tuple) and len(value) == 2 and isinstance(value[0], str)


def _readable(array: object, who: str) -> Tensor | np.ndarray:
    """Return an array as torch or NumPy can copy from; DataError unless it holds real numbers."""
    if not isinstance(array, _HasArray):
        raise DataError(
            f"ArrayDataProvider: {who} must be an array, got {type(array).__name__}; "
            "np.asarray(...) makes one"
        )
    tensor = array.torch if isinstance(array, NDArray) else array
    found = tensor.detach() if isinstance(tensor, Tensor) else np.asarray(tensor)
    real = not found.is_complex() if isinstance(found, Tensor) else found.dtype.kind in "biuf"
    if not real:
        raise DataError(f"ArrayDataProvider: {who} must hold real numbers, not {found.dtype}")
    if found.ndim == 0 or found.shape[0] == 0:
        raise DataError(
            f"ArrayDataProvider: {who} has no samples: its shape is {tuple(found.shape)}, "
            "and axis 0 is the samples"
        )
    return found


def _count(
    data: Mapping[str, Tensor | np.ndarray], label: Mapping[str, Tensor | np.ndarray]
) -> int:
    """Return the number of samples, once all arrays are known to have as many."""
    if not data:
        raise DataError("ArrayDataProvider: data has no arrays")
    for name in data.keys() & label.keys():
        raise DataError(f"ArrayDataProvider: {name!r} names both a data and a label array")
    first, *_ = data
    samples = len(data[first])
    for kind, arrays in (("data", data), ("label", label)):
        for name, array in arrays.items():
            if len(array) != samples:
                raise DataError(
                    f"ArrayDataProvider: {kind} {name!r} has {len(array)} samples, "
                    f"but data {first!r} has {samples}"
                )
    return samples


def _stored(
    arrays: Mapping[str, Tensor | np.ndarray], rows: int, padding: float
) -> dict[str, Tensor]:
    """Copy arrays as float32 and add rows of padding."""
    return {name: _padded(array, rows, padding) for name, array in arrays.items()}


def _padded(array: Tensor | np.ndarray, rows: int, padding: float) -> Tensor:
    stored = torch.empty((rows, *array.shape[1:]), dtype=default_dtype)
    samples = len(array)
    if isinstance(array, Tensor):
        stored[:samples].copy_(array)
    else:
        stored.numpy()[:samples] = array  # NumPy copies from any layout and byte order
    stored[samples:].fill_(padding)
    return stored
