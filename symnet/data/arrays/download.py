"""Where data files are kept, and how the files of MNIST get there."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from ...core.errors import DataError
from ...core.paths import local_path
from .fetching import fetch
from .idx import PathLike

__all__ = ["MNIST_CHECKSUMS", "MNIST_MIRRORS", "find_mnist", "get_data_dir", "get_mnist_ubyte"]

MNIST_MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
"""Where the files of MNIST are downloaded from, tried in this order."""

_MNIST_FILES = MappingProxyType(
    {
        "train_data": "train-images-idx3-ubyte",
        "train_label": "train-labels-idx1-ubyte",
        "test_data": "t10k-images-idx3-ubyte",
        "test_label": "t10k-labels-idx1-ubyte",
    }
)

MNIST_CHECKSUMS: Mapping[str, str] = MappingProxyType(
    {
        "train_data": "md5:f68b3c2dcbeaaa9fbdd348bbdeb94873",
        "train_label": "md5:d53e105ee54ea40749a09fcbcd1e9432",
        "test_data": "md5:9fb629c4189551a2d022fa330f9573f3",
        "test_label": "md5:ec29112dd5afa0611ce80d1b7f02629c",
    }
)
"""What the gzipped files of MNIST are recognised by."""


def get_data_dir() -> Path:
    """Return the folder for data files, made if it is not there.

    It is the folder that the environment variable ``SYMNET_DATA`` names, else ``symnet`` in the
    user's cache folder (``XDG_CACHE_HOME``, else ``~/.cache``).

    Raises DataError where the folder cannot be made.
    Source: docs/semantics §9.4.

    >>> import symnet as mx
    >>> mx.get_data_dir().is_dir()
    True
    """
    named = os.environ.get("SYMNET_DATA")
    folder = Path(named).expanduser() if named else _cache_dir() / "symnet"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise DataError(
            f"cannot make the data folder {folder}: {problem.strerror}; "
            "the environment variable SYMNET_DATA may name another"
        ) from None
    return folder


def data_folder(data_dir: PathLike | None) -> Path:
    """Return the folder that is meant, `get_data_dir` for None."""
    return get_data_dir() if data_dir is None else Path(local_path("data_dir", data_dir))


def _cache_dir() -> Path:
    # A relative path in this variable is invalid by its specification, and ignored.
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return named if named.is_absolute() else Path.home() / ".cache"


def find_mnist(data_dir: PathLike | None = None) -> dict[str, Path]:
    """Return which files of MNIST are at hand, without downloading any.

    Args:
        data_dir: folder to look in, default `get_data_dir`. The files may be in it or in its
            folder ``mnist``, plain or gzipped (``.gz``).

    Returns the paths of those that were found, under ``train_data``, ``train_label``,
    ``test_data`` and ``test_label``.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "t10k-labels-idx1-ubyte.gz").write_bytes(b"")
    ...     [(key, path.name) for key, path in find_mnist(folder).items()]
    [('test_label', 't10k-labels-idx1-ubyte.gz')]
    """
    folder = data_folder(data_dir)
    found = {key: _find(folder, name) for key, name in _MNIST_FILES.items()}
    return {key: path for key, path in found.items() if path is not None}


def _find(folder: Path, name: str) -> Path | None:
    places = (place / file for place in (folder, folder / "mnist") for file in (name, f"{name}.gz"))
    return next((path for path in places if path.is_file()), None)


def get_mnist_ubyte(
    data_dir: PathLike | None = None,
    *,
    mirrors: Sequence[str] = MNIST_MIRRORS,
    checksums: Mapping[str, str] = MNIST_CHECKSUMS,
) -> dict[str, Path]:
    """Return the paths of the four files of MNIST, downloading those that are not at hand.

    Downloading needs the package pooch: ``pip install pooch``. What arrives is checked, and
    kept gzipped in the folder ``mnist`` of ``data_dir``; `MNISTIter` reads it so.

    Args:
        data_dir: folder to look in and to download to, default `get_data_dir`; see `find_mnist`.
        mirrors: addresses of folders to download from, tried in order. Another data set of the
            same format and names, such as Fashion-MNIST, can be had by naming its mirrors and
            checksums.
        checksums: for each file, as ``"md5:…"`` or ``"sha256:…"``, of its gzipped form.

    Returns paths under ``train_data``, ``train_label``, ``test_data`` and ``test_label``.
    Raises DataError where a file is neither found nor downloaded, with what was tried.
    Source: docs/semantics §9.4.

    >>> import symnet as mx
    >>> paths = mx.get_mnist_ubyte()  # doctest: +SKIP
    >>> mx.MNISTIter(image=paths["train_data"], label=paths["train_label"])  # doctest: +SKIP
    """
    folder = data_folder(data_dir)
    found = find_mnist(folder)
    for key, name in _MNIST_FILES.items():
        if key not in found:
            urls = [f"{mirror.rstrip('/')}/{name}.gz" for mirror in mirrors]
            found[key] = fetch("MNIST", urls, checksums[key], folder / "mnist", _by_hand(folder))
    return {key: found[key] for key in _MNIST_FILES}


def _by_hand(folder: Path) -> str:
    return (
        f"{', '.join(_MNIST_FILES.values())}, plain or as .gz, may be put into {folder} by hand, "
        "or into a folder that the environment variable SYMNET_DATA names"
    )
