"""MNISTIter: mini-batches of handwritten digits, and MXDataProvider, the base of such iterators."""

import logging
import os
from collections.abc import Iterator
from typing import final

import torch
from torch import Tensor

from ...core.configured import Configured
from ...core.dtype import default_dtype
from ...core.errors import DataError, ParameterError
from ...core.parameters import param
from .._batches import batch_of
from .._checks import file_path, whole_number
from .._last_batch import Batching, LastBatch, named_policy
from .._shuffling import MOST_SEED
from ..provider import AbstractDataProvider, DataBatch, Provided
from .idx import PathLike, read_idx

__all__ = ["MNISTIter", "MNISTProvider", "MXDataProvider"]

_log = logging.getLogger("symnet")


class MXDataProvider(AbstractDataProvider):
    """The base of the iterators that read files: one data array, and one label array or none.

    Args:
        data: name and shape of the data array.
        label: name and shape of the label array; None where there are no labels.

    Raises ParameterError for names that are no names, or the same.
    Source: the documents, "MXDataProvider".

    >>> import symnet as mx
    >>> issubclass(mx.MNISTIter, mx.MXDataProvider), issubclass(mx.CSVIter, mx.MXDataProvider)
    (True, True)
    """

    def __init__(self, data: Provided, label: Provided | None) -> None:
        self._provided_data = [data]
        self._provided_label = [] if label is None else [label]
        names = [name for name, _ in self._provided_data + self._provided_label]
        for name in names:
            if not isinstance(name, str) or not name:
                raise ParameterError(
                    f"{type(self).__name__}: data_name and label_name must be names, got {name!r}"
                )
        if len(set(names)) < len(names):
            raise ParameterError(
                f"{type(self).__name__}: data_name and label_name are both {names[0]!r}"
            )

    def provide_data(self) -> list[Provided]:
        """Return name and shape of the data array."""
        return list(self._provided_data)

    def provide_label(self) -> list[Provided]:
        """Return name and shape of the label array, if there is one."""
        return list(self._provided_label)


@final
class MNISTIter(Configured, MXDataProvider):
    """Mini-batches of MNIST, or of any images in the same file format.

    Pixels are numbers from 0 to 255/256: bytes times 1/256. Unless ``last_batch`` says otherwise,
    only full batches are handed out: the images that are left over at the end are not. Batches may
    only be read. Also called ``MNISTProvider``.

    Raises ParameterError for a parameter that is out of range, or unknown (MXNet ignored those);
    DataError where a file cannot be read, the files do not belong together, or there are fewer
    images than a batch has, where those are discarded; FormatError for a file that is not what its
    header says.
    Source: the documents, "MNISTIter".

    >>> import tempfile, numpy as np
    >>> from symnet.data.arrays.idx import write_idx
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_idx(f"{folder}/images", np.full((5, 28, 28), 128))
    ...     write_idx(f"{folder}/labels", np.arange(5))
    ...     files = {"image": f"{folder}/images", "label": f"{folder}/labels"}
    ...     provider = MNISTIter(**files, batch_size=2, flat=True, shuffle=False, silent=True)
    >>> provider.provide_data()
    [('data', (2, 784))]
    >>> [batch.get_label()[0].asnumpy().tolist() for batch in provider]
    [[0.0, 1.0], [2.0, 3.0]]
    """

    batch_type = DataBatch
    positioned = ("_batching",)

    image: PathLike = param(
        "The idx file of the images, plain or gzipped.",
        default="./train-images-idx3-ubyte",
        check=file_path,
    )
    label: PathLike = param(
        "The idx file of the labels, plain or gzipped; not read where label_name is None.",
        default="./train-labels-idx1-ubyte",
        check=file_path,
    )
    batch_size: int = param("Images per batch.", default=128, min=1)
    shuffle: bool = param(
        "Whether to shuffle the images. This is done once, by seed; every pass has the same order.",
        default=True,
    )
    flat: bool = param(
        "False gives batches of shape (batch_size, 1, rows, columns), True of shape (batch_size, "
        "rows * columns).",
        default=False,
    )
    seed: int = param(
        "What the order of the images is drawn from.", default=0, min=0, max=MOST_SEED
    )
    silent: bool = param("False logs how many images were loaded.", default=False)
    num_parts: int = param(
        "In how many parts of the same size to divide the files.", default=1, min=1
    )
    part_index: int = param("Which part to read, from 0.", default=0)
    prefetch_buffer: int = param(
        "Accepted for the documents' sake. It has no work to do, since all images are in memory "
        "from the start.",
        default=4,
        min=0,
    )
    data_name: str = param("Name of the data.", default="data")
    label_name: str | None = param(
        "Name of the labels; None for a provider without labels.", default="softmax_label"
    )
    last_batch: LastBatch | None = param(
        "What becomes of the images at the end that do not fill a batch: 'discard' leaves them "
        "out; see `LastBatch` for 'pad', 'keep' and 'roll_over'.",
        default="discard",
        check=named_policy,
    )

    def _prepare(self) -> None:
        parts, size = self.num_parts, self.batch_size
        part = whole_number("MNISTIter", "part_index", self.part_index, 0, parts - 1)
        policy = self.last_batch or "discard"

        images = _images(self.image, self.flat)
        labels = None if self.label_name is None else _labels(self.label, self.image, len(images))
        shape = (size, *images.shape[1:])
        named = None if self.label_name is None else (self.label_name, (size,))
        MXDataProvider.__init__(self, (self.data_name, shape), named)

        chosen = _chosen(len(images), parts, part)
        chosen = _shuffled(chosen, self.seed) if self.shuffle else chosen
        if not self.silent:
            _report(len(chosen), self.shuffle, shape)
        where = f"part {part} of {parts} of {os.fspath(self.image)}"
        _check_enough(len(chosen), size if policy == "discard" else 1, size, where)
        self._batching = Batching(len(chosen), size, policy, owner="MNISTIter")
        self.repeats_samples = policy in ("pad", "keep")
        self._data = images[chosen].to(default_dtype).mul_(1 / 256)
        self._label = [] if labels is None else [labels[chosen].to(default_dtype)]
        # Where all passes are alike, their batches are made once, for all of them.
        self._made = list(self._pass()) if policy != "roll_over" else None

    def count_batches(self) -> int | None:
        """Return how many batches a pass has; None where passes differ."""
        return self._batching.count()

    def __iter__(self) -> Iterator[DataBatch]:
        return self.begin_pass(self._pass() if self._made is None else iter(self._made))

    def _pass(self) -> Iterator[DataBatch]:
        batches = self._batching.rows()
        return (batch_of([self._data], self._label, rows, count) for rows, count in batches)


MNISTProvider = MNISTIter


def _images(path: PathLike, flat: bool) -> Tensor:
    images = torch.from_numpy(read_idx(path, axes=3))
    return images.flatten(1) if flat else images.unsqueeze(1)


def _labels(path: PathLike, image: PathLike, images: int) -> Tensor:
    labels = torch.from_numpy(read_idx(path, axes=1))
    if len(labels) != images:
        raise DataError(
            f"MNISTIter: {os.fspath(path)} has {len(labels)} labels, "
            f"but {os.fspath(image)} has {images} images"
        )
    return labels


def _chosen(count: int, parts: int, part: int) -> Tensor:
    """Return the places of the images in one of several parts, by MXNet's rule of division."""
    share = count / parts
    # The last part ends with the images, also where the rounding of `share * parts` would not.
    stop = count if part == parts - 1 else int(share * (part + 1))
    return torch.arange(int(share * part), stop)


def _shuffled(places: Tensor, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return places[torch.randperm(len(places), generator=generator)]


def _check_enough(images: int, least: int, size: int, where: str) -> None:
    if images < least:
        raise DataError(
            f"MNISTIter: Failed to load the first batch: batch_size={size}, "
            f"but there are {images} images in {where}"
        )


def _report(images: int, shuffle: bool, shape: tuple[int, ...]) -> None:
    lengths = ",".join(map(str, shape))
    _log.info("MNISTIter: load %d images, shuffle=%d, shape=(%s)", images, shuffle, lengths)
