"""Batches of images that are changed in Python. Source: Apache MXNet 1.9.1, ``mxnet.image``."""

import logging
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...core.errors import ArgumentError, DataError
from ...data.image.image_record import unpack
from ...data.records.recordio import RecordReader
from .. import ndarray
from ..io import DataBatch, DataIter
from ..ndarray import NDArray, zeros
from .augmenters import Augmenter, CreateAugmenter
from .functions import imdecode

__all__ = ["ImageIter"]

_LABEL_TYPES = ("int32", "float32", "int64", "float64")


class ImageIter(DataIter):
    """Iterate over images of a record file, or of files that a list names.

    `mx.io.ImageRecordIter` is faster; this one makes any change that is written in Python.

    Args:
        batch_size: images of a batch.
        data_shape: (channels, height, width) of an image after all changes; 3 channels.
        label_width: labels of an image, default 1.
        path_imgrec: a record file.
        path_imglist: a file that says for each image, with tabs between them, its key, its labels
            and its file.
        path_root: the folder of the files.
        path_imgidx: the index of the record file, which gives its records keys.
        shuffle: whether each epoch has a new order.
        part_index: which part of the data to read, from 0.
        num_parts: in how many parts it is divided.
        aug_list: the changes; default those of `CreateAugmenter`.
        imglist: a list in place of a file: rows of one label or several, and a file.
        data_name: default ``"data"``.
        label_name: default ``"softmax_label"``.
        dtype: the type of the labels of a list, default float32.
        last_batch_handle: ``"pad"`` (default), ``"discard"`` or ``"roll_over"``, as `NDArrayIter`.
        kwargs: arguments of `CreateAugmenter`.

    Raises ArgumentError for arguments that do not go together.
    """

    def __init__(
        self,
        batch_size: int,
        data_shape: Sequence[int],
        label_width: int = 1,
        path_imgrec: str | None = None,
        path_imglist: str | None = None,
        path_root: str | None = None,
        path_imgidx: str | None = None,
        shuffle: bool = False,
        part_index: int = 0,
        num_parts: int = 1,
        aug_list: Sequence[Augmenter] | None = None,
        imglist: Sequence[Any] | None = None,
        data_name: str = "data",
        label_name: str = "softmax_label",
        dtype: str = "float32",
        last_batch_handle: str = "pad",
        **kwargs: Any,
    ) -> None:
        super().__init__(batch_size)
        self.check_data_shape(data_shape)
        _check(path_imgrec, path_imglist, imglist, dtype, last_batch_handle)
        self.data_shape = tuple(data_shape)
        self.label_width = label_width
        self.path_root = path_root or ""
        self.imgrec = None if path_imgrec is None else RecordReader(path_imgrec, index=path_imgidx)
        self._by_key = path_imgidx is not None
        self.imglist = _labels(path_imglist, imglist, dtype)
        self.seq: list[Any] = _part(self._keys(), part_index, num_parts)
        self.num_image = len(self.seq)
        self.auglist = CreateAugmenter(data_shape, **kwargs) if aug_list is None else list(aug_list)
        if aug_list is not None and kwargs:
            raise ArgumentError(f"ImageIter: {next(iter(kwargs))} has no effect beside aug_list")
        self.shuffle = shuffle
        self.last_batch_handle = last_batch_handle
        label_shape = (batch_size, label_width) if label_width > 1 else (batch_size,)
        self.provide_data = [(data_name, (batch_size, *self.data_shape))]
        self.provide_label = [(label_name, label_shape)]
        self._kept: list[tuple[NDArray, Any]] = []
        self.reset()

    def _keys(self) -> list[Any]:
        if self.imgrec is None:
            return list(self.imglist)
        if self._by_key:
            return list(self.imgrec.keys)
        return list(range(len(self.imgrec)))

    # -- epochs ----------------------------------------------------------------------------------

    def reset(self) -> None:
        """Begin a new epoch."""
        if self.shuffle:
            random.shuffle(self.seq)
        self.cur = 0
        self._is_over = False

    def hard_reset(self) -> None:
        """Begin a new epoch, without what the last one left over."""
        self._kept = []
        self.reset()

    def iter_next(self) -> bool:
        """Return whether there are images left in this epoch."""
        return not self._is_over and self.cur < self.num_image

    def next(self) -> DataBatch:
        """Return the next batch; StopIteration where there is none."""
        if self._is_over:
            raise StopIteration
        samples, self._kept = self._kept, []
        rolled = len(samples)
        self._fill(samples)
        missing = self.batch_size - len(samples)
        if missing:
            self._is_over = True
            if self.last_batch_handle == "roll_over":
                self._kept = samples
            if self.last_batch_handle != "pad" or not samples:
                raise StopIteration
            while len(samples) < self.batch_size:
                self.cur = 0
                self._fill(samples)
        return self._batch(samples, missing or (self.batch_size - rolled if rolled else 0))

    def _fill(self, samples: list[tuple[NDArray, Any]]) -> None:
        """Take images until the batch is full, or there are no more."""
        while len(samples) < self.batch_size and self.cur < self.num_image:
            label, content = self.next_sample()
            data = self.imdecode(content)
            self.check_valid_image([data])
            samples.append((self.postprocess_data(self.augmentation_transform(data)), label))

    def _batch(self, samples: list[tuple[NDArray, Any]], pad: int) -> DataBatch:
        data = zeros(self.provide_data[0][1])
        label = zeros(self.provide_label[0][1])
        for row, (pixels, own) in enumerate(samples):
            if pixels.shape != self.data_shape:
                raise DataError(
                    f"ImageIter: after all changes an image has shape {pixels.shape}, but "
                    f"data_shape={self.data_shape}"
                )
            data[row] = pixels
            found = np.asarray(own, np.float32).reshape(-1)
            label[row] = found if self.label_width > 1 else float(found[0])
        return DataBatch([data], [label], pad=pad)

    # -- images ----------------------------------------------------------------------------------

    def next_sample(self) -> tuple[Any, Any]:
        """Return the label and the bytes of the next image; StopIteration after the last."""
        if self.cur >= self.num_image:
            raise StopIteration
        key = self.seq[self.cur]
        self.cur += 1
        if self.imgrec is None:
            label, name = self.imglist[key]
            return label, self.read_image(name)
        record = self.imgrec.by_key(key) if self._by_key else self.imgrec[key]
        header, content = unpack(record)
        return (self.imglist[key][0] if self.imglist else header.label), content

    def check_data_shape(self, data_shape: Sequence[int]) -> None:
        """Raise ArgumentError for what is no shape of a colour image."""
        if len(data_shape) != 3 or data_shape[0] != 3:
            raise ArgumentError(
                f"ImageIter: data_shape must be (3, height, width), got {tuple(data_shape)}"
            )

    def check_valid_image(self, data: Sequence[NDArray]) -> None:
        """Raise DataError for an image without pixels."""
        if not data[0].size:
            raise DataError("ImageIter: an image has no pixels")

    def imdecode(self, s: bytes) -> NDArray:
        """Return the pixels of an image; DataError with its key where that fails."""
        try:
            return imdecode(s)
        except (ValueError, RuntimeError) as error:
            raise DataError(f"ImageIter: image {self.seq[self.cur - 1]!r}: {error}") from error

    def read_image(self, fname: str) -> bytes:
        """Return the bytes of an image file."""
        return Path(self.path_root, fname).read_bytes()

    def augmentation_transform(self, data: NDArray) -> NDArray:
        """Return an image after all changes."""
        for each in self.auglist:
            data = each(data)
        return data

    def postprocess_data(self, datum: NDArray) -> NDArray:
        """Return an image with its channels first."""
        found: NDArray = ndarray.transpose(datum, axes=(2, 0, 1))
        return found


def _check(records: Any, listed: Any, imglist: Any, dtype: str, last: str) -> None:
    if records is None and listed is None and imglist is None:
        raise ArgumentError("ImageIter needs path_imgrec, path_imglist or imglist")
    if dtype not in _LABEL_TYPES:
        raise ArgumentError(f"ImageIter: dtype must be one of {', '.join(_LABEL_TYPES)}")
    if last not in ("pad", "discard", "roll_over"):
        raise ArgumentError(
            f"ImageIter: last_batch_handle must be 'pad', 'discard' or 'roll_over', got {last!r}"
        )


def _labels(path: str | None, rows: Sequence[Any] | None, dtype: str) -> dict[Any, Any]:
    """Return labels and file by key, of a file or a list."""
    if path is not None:
        logging.info("ImageIter: loading image list %s...", path)
        lines = [line.split("\t") for line in Path(path).read_text(encoding="utf-8").splitlines()]
        return {
            int(key): (np.array(labels, dtype), name.strip()) for key, *labels, name in lines if key
        }
    found = {}
    for number, row in enumerate(rows or (), 1):
        *labels, name = row
        label = labels[0] if len(labels) == 1 else labels
        found[str(number)] = (np.asarray(label, dtype).reshape(-1), name)
    return found


def _part(keys: list[Any], index: int, count: int) -> list[Any]:
    if not 0 <= index < count:
        raise ArgumentError(f"ImageIter: part_index must be from 0 to {count - 1}, got {index}")
    share = len(keys) // count
    return keys if count == 1 else keys[index * share : (index + 1) * share]
