"""Files that examples and tests fetch before they begin. What is there already is not fetched.

Source: Apache MXNet 1.9.1, ``mxnet.test_utils``.
"""

import bz2
import logging
import shutil
from collections.abc import Mapping, Sequence
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen
from zipfile import ZipFile

import numpy as np

from ..core.errors import ArgumentError, DataError
from ..data.arrays.idx import read_idx
from .io.files import MNISTIter

__all__ = [
    "download",
    "download_model",
    "get_bz2_data",
    "get_cifar10",
    "get_mnist",
    "get_mnist_iterator",
    "get_mnist_pkl",
    "get_mnist_ubyte",
    "get_zip_data",
]

_SITE = "http://data.mxnet.io"
_MNIST = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}
"""The files of MNIST: images and labels, to train and to test."""

_CIFAR = ("train.rec", "test.rec", "train.lst", "test.lst")


def download(
    url: str,
    fname: str | Path | None = None,
    dirname: str | Path | None = None,
    overwrite: bool = False,
    retries: int = 5,
) -> str:
    """Fetch a file, unless it is there already, and return its path.

    Args:
        url: where it is, ``http``, ``https`` or ``ftp``.
        fname: the file to write, default the last part of the address.
        dirname: the folder to write into, made where it does not exist.
        overwrite: whether to fetch a file that is there already.
        retries: how many attempts to make.

    Raises DataError where the file cannot be fetched, ArgumentError for another kind of address.
    """
    name = url.rsplit("/", 1)[-1] if fname is None else fname
    target = Path(dirname or "") / name
    if target.exists() and not overwrite:
        logging.info("%s exists, skipping download", target)
        return str(target)
    if urlsplit(url).scheme not in ("http", "https", "ftp"):
        raise ArgumentError(f"download takes an address of http, https or ftp, got {url!r}")
    target.parent.mkdir(parents=True, exist_ok=True)
    for left in reversed(range(max(retries, 1))):
        try:
            _fetch(url, target)
            break
        except (OSError, HTTPException) as error:
            if not left:
                raise DataError(
                    f"download: {url} cannot be fetched: {error}; put the file at "
                    f"{str(target)!r}, and it is not fetched"
                ) from error
            logging.info("download failed, retrying, %d attempt%s left", left, "s" * (left > 1))
    logging.info("downloaded %s into %s successfully", url, target)
    return str(target)


def _fetch(url: str, target: Path) -> None:
    """Write what an address has into a file, which is there whole or not at all."""
    part = target.with_name(target.name + ".part")
    try:
        with urlopen(url, timeout=30) as source, part.open("wb") as sink:
            shutil.copyfileobj(source, sink)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def download_model(
    model_name: str,
    dst_dir: str | Path = "./",
    meta_info: Mapping[str, Mapping[str, str]] | None = None,
) -> tuple[str | None, int]:
    """Fetch a checkpoint, and return its prefix and epoch 0; None and 0 for an unknown name.

    Args:
        model_name: the network's name in ``meta_info``.
        dst_dir: the folder to write into.
        meta_info: for each name the addresses ``"symbol"`` and ``"params"``. MXNet's own list of
            addresses is not kept here, as nobody serves them any more.
    """
    if meta_info is None:
        raise ArgumentError(
            "download_model: give meta_info={name: {'symbol': URL, 'params': URL}}; symnet keeps "
            "no list of networks"
        )
    if model_name not in meta_info:
        return None, 0
    prefix = str(Path(dst_dir) / model_name)
    download(meta_info[model_name]["symbol"], f"{prefix}-symbol.json")
    download(meta_info[model_name]["params"], f"{prefix}-0000.params")
    return prefix, 0


def get_mnist() -> dict[str, np.ndarray]:
    """Return MNIST as arrays: images of shape (count, 1, 28, 28) from 0 to 1, and labels.

    The four files are read from the current folder, and fetched where they are not there.
    """
    found: dict[str, np.ndarray] = {}
    for part, names in _MNIST.items():
        images, labels = (
            read_idx(download(f"{_SITE}/data/mnist/{name}.gz"), axes=axes)
            for name, axes in zip(names, (3, 1), strict=True)
        )
        found[f"{part}_data"] = images[:, None].astype(np.float32) / 255
        found[f"{part}_label"] = labels.astype(np.int8)
    return found


def get_mnist_pkl() -> None:
    """Put ``mnist.pkl.gz`` into the folder ``data``."""
    download("http://deeplearning.net/data/mnist/mnist.pkl.gz", dirname="data")


def get_mnist_ubyte() -> None:
    """Put the four files of MNIST into the folder ``data``, uncompressed."""
    names = [name for pair in _MNIST.values() for name in pair]
    _unpacked("data", names, f"{_SITE}/mxnet/data/mnist.zip")


def get_cifar10() -> None:
    """Put CIFAR-10 as records into the folder ``data/cifar``."""
    _unpacked("data", [f"cifar/{name}" for name in _CIFAR], f"{_SITE}/mxnet/data/cifar10.zip")


def _unpacked(folder: str, names: Sequence[str], url: str) -> None:
    """Fetch an archive into a folder and unpack it there, unless all its files are there."""
    if all((Path(folder) / name).exists() for name in names):
        return
    with ZipFile(download(url, dirname=folder)) as archive:
        archive.extractall(folder)


def get_mnist_iterator(
    batch_size: int, input_shape: Sequence[int], num_parts: int = 1, part_index: int = 0
) -> tuple[Any, Any]:
    """Return iterators over MNIST, to train and to validate.

    Args:
        batch_size: samples in a batch.
        input_shape: shape of one sample; images keep their axes where it has three.
        num_parts: into how many parts the data is divided.
        part_index: which part to read, from 0.
    """
    get_mnist_ubyte()
    options = {
        "input_shape": tuple(input_shape),
        "batch_size": batch_size,
        "flat": len(input_shape) != 3,
        "num_parts": num_parts,
        "part_index": part_index,
    }

    def iterator(part: str, shuffle: bool) -> Any:
        image, label = (f"data/{name}" for name in _MNIST[part])
        return MNISTIter(image=image, label=label, shuffle=shuffle, **options)

    return iterator("train", True), iterator("test", False)


def get_zip_data(data_dir: str | Path, url: str, data_origin_name: str) -> None:
    """Fetch a zip archive into a folder and unpack it there, unless the archive is there.

    Args:
        data_dir: the folder.
        url: the archive's address.
        data_origin_name: the archive's file name in the folder.
    """
    archive = Path(data_dir) / data_origin_name
    if archive.exists():
        return
    with ZipFile(download(url, archive)) as packed:
        packed.extractall(data_dir)


def get_bz2_data(data_dir: str | Path, data_name: str, url: str, data_origin_name: str) -> None:
    """Fetch a file compressed by bzip2 into a folder and unpack it, unless it is there.

    Args:
        data_dir: the folder.
        data_name: the unpacked file's name in the folder.
        url: the compressed file's address.
        data_origin_name: the compressed file's name in the folder.
    """
    target = Path(data_dir) / data_name
    if target.exists():
        return
    packed = Path(download(url, Path(data_dir) / data_origin_name))
    with bz2.open(packed) as source, target.open("wb") as sink:
        shutil.copyfileobj(source, sink)
    packed.unlink()
