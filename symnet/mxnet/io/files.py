"""Batches from files, by the parameters of Apache MXNet 1.9.1, over symnet's data providers."""

from collections.abc import Iterator, Mapping, Sequence
from math import prod
from typing import Any, ClassVar

import numpy as np

from ...core.errors import ParameterError
from ...data.arrays.array_provider import ArrayDataProvider
from ...data.arrays.mnist import MNISTIter as CoreMNISTIter
from ...data.image.iterator import ImageRecordIter as CoreImageRecordIter
from ...data.provider import AbstractDataBatch, AbstractDataProvider
from ...data.tables.csv_files import CSVIter as CoreCSVIter
from ...data.tables.libsvm import read_libsvm
from ..context import cpu
from ..ndarray import NDArray, wrap
from .base import DataBatch, DataDesc, DataIter

__all__ = ["CSVIter", "ImageRecordIter", "LibSVMIter", "MNISTIter", "MXDataIter"]

_COMMON: dict[str, tuple[Any, ...]] = {"ctx": ("cpu", "gpu"), "dtype": (None, "None", "float32")}
"""Parameters that all iterators over files take without a use for them, and their values."""


class MXDataIter(DataIter):
    """Base of iterators over files: a view of one of symnet's data providers.

    Args:
        provider: the provider.
    """

    def __init__(self, provider: AbstractDataProvider) -> None:
        super().__init__(provider.get_batch_size())
        self._provider = provider
        self._pass: Iterator[AbstractDataBatch] | None = None
        self._batch: DataBatch | None = None
        self.provide_data = [DataDesc(name, shape) for name, shape in provider.provide_data()]
        self.provide_label = [DataDesc(name, shape) for name, shape in provider.provide_label()]

    def reset(self) -> None:
        """Begin a new epoch."""
        self._pass = self._batch = None

    def iter_next(self) -> bool:
        """Go on to the next batch; return whether there is one."""
        if self._pass is None:
            self._begin()
        assert self._pass is not None
        found = next(self._pass, None)
        self._batch = None if found is None else self._own(found)
        return self._batch is not None

    def _begin(self) -> None:
        self._pass = iter(self._provider)

    def _own(self, found: AbstractDataBatch) -> DataBatch:
        count = found.count_samples()
        return DataBatch(
            [_copied(each) for each in found.get_data()],
            [_copied(each) for each in found.get_label()],
            self.batch_size - count,
            self._index(count),
        )

    def _index(self, count: int) -> np.ndarray | None:
        """Return the numbers of the samples of a batch, the next so many."""
        return None

    def _now(self) -> DataBatch:
        if self._batch is None:
            raise ParameterError(f"{type(self).__name__}: there is no batch; call iter_next()")
        return self._batch

    def next(self) -> DataBatch:
        """Return the next batch; StopIteration where there is none."""
        if not self.iter_next():
            raise StopIteration
        return self._now()

    def getdata(self) -> NDArray:
        """Return the data of the batch."""
        return (self._now().data or ())[0]

    def getlabel(self) -> NDArray:
        """Return the labels of the batch."""
        return (self._now().label or ())[0]

    def getindex(self) -> np.ndarray | None:
        """Return the numbers of the samples."""
        found: np.ndarray | None = self._now().index
        return found

    def getpad(self) -> int:
        """Return how many rows are padding."""
        return self._now().pad or 0


class _Rows(MXDataIter):
    """Iterator over the rows of a file in their order, which knows their numbers."""

    def __init__(self, provider: AbstractDataProvider) -> None:
        super().__init__(provider)
        self._done = 0

    def _begin(self) -> None:
        borrowed = self._provider.position().get("borrowed", 0)
        self._done = borrowed if isinstance(borrowed, int) else len(borrowed)
        super()._begin()

    def _index(self, count: int) -> np.ndarray:
        first, self._done = self._done, self._done + count
        filling = np.arange(self.batch_size - count) % self._done
        return np.concatenate([np.arange(first, self._done), filling])


class CSVIter(_Rows):
    """Iterate over the rows of a CSV file.

    Args:
        data_csv: the file.
        data_shape: the shape of a row.
        label_csv: the file of the labels; without one they are 0.
        label_shape: the shape of a label, default ``(1,)``.
        batch_size: rows of a batch.
        round_batch: whether the last batch is filled from the beginning, where the next epoch goes
            on, default yes.
        options: ``data_name``, ``label_name`` and ``prefetch_buffer``, as `symnet.CSVIter` has
            them; ``ctx`` and ``dtype`` have no effect but for other types, which are refused.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(CoreCSVIter(**_known("CSVIter", options, _COMMON)))


class LibSVMIter(_Rows):
    """Iterate over the rows of a LIBSVM file, as dense arrays.

    Args:
        data_libsvm: the file.
        data_shape: the length of a row.
        label_libsvm: a file whose rows are the labels; without one the labels are what the rows
            of the data begin with.
        label_shape: the shape of a label, default ``(1,)``.
        batch_size: rows of a batch.
        round_batch: as in `CSVIter`.
        data_name: default ``"data"``.
        label_name: default ``"softmax_label"``.
        options: ``prefetch_buffer``, ``ctx`` and ``dtype`` have no effect but for other types,
            which are refused.
    """

    def __init__(
        self,
        *,
        data_libsvm: str,
        data_shape: int | Sequence[int],
        batch_size: int,
        label_libsvm: str = "NULL",
        label_shape: int | Sequence[int] = (1,),
        round_batch: bool = True,
        data_name: str = "data",
        label_name: str = "softmax_label",
        **options: Any,
    ) -> None:
        ignored = {**_COMMON, "num_parts": (1,), "part_index": (0,), "prefetch_buffer": ()}
        rest = _known("LibSVMIter", options, ignored)
        if rest:
            raise ParameterError(f"LibSVMIter: unknown parameter {next(iter(rest))!r}")
        shape, label = (_shape(each) for each in (data_shape, label_shape))
        rows, labels = read_libsvm(data_libsvm, prod(shape))
        if label_libsvm != "NULL":
            labels, _ = read_libsvm(label_libsvm, prod(label))
            labels = labels.reshape(-1) if label == (1,) else labels.reshape(-1, *label)
        super().__init__(
            ArrayDataProvider(
                {data_name: rows.reshape(-1, *shape)},
                {label_name: labels},
                batch_size=batch_size,
                last_batch="roll_over" if round_batch else "pad",
            )
        )


class MNISTIter(MXDataIter):
    """Iterate over images in the files of MNIST.

    Args:
        options: those of `symnet.MNISTIter`: ``image``, ``label``, ``batch_size``, ``shuffle``,
            ``flat``, ``seed``, ``silent``, ``num_parts``, ``part_index``, ``data_name``,
            ``label_name``. ``ctx`` and ``dtype`` have no effect but for other types, which are
            refused; so is an ``input_shape`` that is not that of an image.
    """

    def __init__(self, **options: Any) -> None:
        stated = options.pop("input_shape", None)
        super().__init__(CoreMNISTIter(**_known("MNISTIter", options, _COMMON)))
        shape = tuple(self.provide_data[0].shape[1:])
        if stated is not None and _shape(stated) != shape:
            raise ParameterError(
                f"MNISTIter: input_shape is {_shape(stated)}, but an image has shape {shape}; "
                "flat=True makes a row of it"
            )

    def _index(self, count: int) -> np.ndarray:
        return np.zeros(self.batch_size, np.int64)  # so it is in MXNet


class ImageRecordIter(MXDataIter):
    """Iterate over the images of record files.

    Args:
        options: those of `symnet.ImageRecordIter`. Of those that 1.x added, what changes speed
            only has no effect: ``shuffle_chunk_size``, ``shuffle_chunk_seed``, ``ctx``,
            ``device_id``. Others are accepted with the value that changes nothing, and refused
            with another: ``random_resized_crop``, ``max_random_area``, ``brightness``, ….
    """

    _OF_1_X: ClassVar[dict[str, tuple[Any, ...]]] = {
        **_COMMON,
        "aug_seq": ("aug_default",),
        "brightness": (0,),
        "contrast": (0,),
        "device_id": (),
        "max_random_area": (1,),
        "min_aspect_ratio": (None,),
        "min_random_area": (1,),
        "pca_noise": (0,),
        "random_resized_crop": (0,),
        "saturation": (0,),
        "seed_aug": (None,),
        "shuffle_chunk_seed": (),
        "shuffle_chunk_size": (),
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(CoreImageRecordIter(**_known("ImageRecordIter", options, self._OF_1_X)))


def _known(
    owner: str, options: Mapping[str, Any], ignored: Mapping[str, tuple[Any, ...]]
) -> dict[str, Any]:
    """Return the options that are left when those without a use are taken out.

    Args:
        owner: the iterator.
        options: what was given.
        ignored: options without a use, and the values that they may have; any, for ``()``.

    Raises ParameterError for another value.
    """
    for name, values in ignored.items():
        if name in options and values and options[name] not in values:
            raise ParameterError(
                f"{owner}: symnet has no {name}; it may be {values[0]!r} only, got "
                f"{options[name]!r}"
            )
    return {name: value for name, value in options.items() if name not in ignored}


def _shape(given: int | Sequence[int]) -> tuple[int, ...]:
    return (given,) if isinstance(given, int) else tuple(given)


def _copied(each: Any) -> NDArray:
    found: NDArray = wrap(each.copy(cpu()))
    return found
