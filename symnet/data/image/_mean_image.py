"""The mean image: read from a file, or computed and kept there."""

import logging
from collections.abc import Generator, Iterable
from contextlib import closing

import numpy as np
import torch

from ...core.context import cpu
from ...core.errors import DataError
from ...core.paths import FilePath
from ...ndarray import NDArray
from ...storage.params_file import load_arrays
from ...storage.params_writing import save_arrays
from .._last_batch import Batching
from ._choices import Reading
from ._draws import draws
from ._loader import Loader
from ._parameters import OWNER
from ._pipeline import BatchBuffer, Planned, run

__all__ = ["find_mean_image", "mean_of", "read_mean_image", "write_mean_image"]

_log = logging.getLogger("symnet")

_NAME = "mean_img"  # MXNet's name for the array in the file


def find_mean_image(reading: Reading, loader: Loader) -> np.ndarray:
    """Return the mean image that a file holds; where there is none, compute and write it.

    It is the mean of all images, whichever part is read, as they are before normalization and in
    the first pass: so it depends on nothing but the files, the augmentation and the seed.

    Args:
        reading: which file, and how images are read.
        loader: what makes samples, without labels and normalization.

    Errors are those of `read_mean_image`, `write_mean_image` and of reading images.
    Source: docs/semantics §7.6, D14.
    """
    assert reading.mean_img
    found = read_mean_image(reading.mean_img, reading.data_shape)
    if found is not None:
        return found
    numbers = loader.records.images()
    _log.info("%s: computing mean_img=%s of %d images", OWNER, reading.mean_img, len(numbers))
    with closing(_batches(reading, loader, numbers)) as batches:
        mean = mean_of(batches)
    write_mean_image(reading.mean_img, mean)
    return mean


def _batches(reading: Reading, loader: Loader, numbers: np.ndarray) -> Generator[np.ndarray]:
    size = min(reading.batch_size, len(numbers))
    plan = (
        Planned(numbers[rows], count, draws(reading.seed, 0, numbers[rows]))
        for rows, count in Batching(len(numbers), size, "keep", owner=OWNER).rows()
    )
    made = run(
        plan,
        loader,
        lambda: BatchBuffer(size, reading.data_shape, 1),
        threads=reading.preprocess_threads,
        ahead=reading.prefetch_buffer,
        skip=reading.skips,
    )
    with closing(made):
        for filled in made:
            yield filled.buffer.data.numpy()[: filled.samples]


def read_mean_image(path: FilePath, shape: tuple[int, int, int]) -> np.ndarray | None:
    """Return the array of a mean image, None where there is no such file.

    Args:
        path: a file of one array, as MXNet and `write_mean_image` write it.
        shape: channels, height and width that it must have.

    Raises DataError where the file holds anything else or cannot be read, FormatError where it is
    no file of arrays.
    Source: docs/semantics §7.6.
    """
    try:
        found = load_arrays(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DataError(f"{OWNER}: cannot read mean_img={path}: {error}") from error
    arrays = list(found.values()) if isinstance(found, dict) else found
    shapes = [array.shape for array in arrays]
    if shapes != [shape]:
        raise DataError(
            f"{OWNER}: Invalid mean image file format: mean_img={path} should hold one array of "
            f"shape {shape}, as data_shape is, but holds arrays of shapes {shapes}; "
            "delete the file to have the mean image computed anew"
        )
    return arrays[0].asnumpy().astype(np.float32)


def write_mean_image(path: FilePath, mean: np.ndarray) -> None:
    """Write a mean image so that MXNet can read it too; the file is whole or not there at all.

    Raises DataError where the file cannot be written.
    """
    array = NDArray.wrap(torch.from_numpy(mean), cpu(), writable=False)
    try:
        save_arrays(path, {_NAME: array})
    except OSError as error:
        raise DataError(f"{OWNER}: cannot write mean_img={path}: {error}") from error


def mean_of(batches: Iterable[np.ndarray]) -> np.ndarray:
    """Return the mean of the samples in batches, as float32.

    Args:
        batches: arrays of shape ``(samples, channels, height, width)``.

    Raises DataError where there are no samples.
    Sums are taken in float64: in float32 those of more than 65,536 images are no longer exact.

    >>> mean_of([np.full((2, 1, 1, 1), 3.0), np.full((1, 1, 1, 1), 6.0)])
    array([[[4.]]], dtype=float32)
    """
    total, count = 0.0, 0
    for batch in batches:
        total = total + batch.sum(0, dtype=np.float64)
        count += len(batch)
    if not count:
        raise DataError(f"{OWNER}: no image is left to compute mean_img of")
    return np.asarray(total / count, np.float32)
