"""CIFAR-10 as record files, made of the archive that its authors publish."""

import tarfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import IO

import numpy as np

from ...core.errors import DataError, FormatError
from ..arrays.download import data_folder
from ..arrays.fetching import fetch
from ..arrays.idx import PathLike
from ..records.recordio import RecordWriter
from .image_record import IRHeader, pack_img

__all__ = ["CIFAR10_CHECKSUM", "CIFAR10_MIRRORS", "get_cifar10"]

CIFAR10_MIRRORS = ("https://www.cs.toronto.edu/~kriz/",)
"""Where the archive is downloaded from, tried in this order."""

CIFAR10_CHECKSUM = "md5:c32a1d4ab5d03f1284b67883e8d87530"
"""What the archive, as binary files, is recognised by."""

_ARCHIVE = "cifar-10-binary.tar.gz"
_FILES = MappingProxyType({"train": "train.rec", "test": "test.rec", "mean": "cifar_mean.bin"})
_BATCHES = MappingProxyType(
    {
        "train": tuple(f"data_batch_{number}.bin" for number in range(1, 6)),
        "test": ("test_batch.bin",),
    }
)
_IMAGE = (3, 32, 32)
_RECORD = 1 + 3 * 32 * 32  # a label, then the planes red, green and blue
_READ_AT_ONCE = 1000


def get_cifar10(
    data_dir: PathLike | None = None,
    *,
    mirrors: Sequence[str] = CIFAR10_MIRRORS,
    checksum: str = CIFAR10_CHECKSUM,
) -> dict[str, Path]:
    """Return the paths of CIFAR-10's record files, for `ImageRecordIter`, making what is missing.

    Images are kept as PNG files in the records, so that no pixel is lost; a record's id counts
    them from 0 and its label is the class, 0 to 9. What is missing is made of the archive of the
    binary files, ``cifar-10-binary.tar.gz``, which is looked for in the folder and else downloaded:
    170 MB. That needs pooch, ``pip install pooch``, and making records needs
    ``opencv-python-headless``.

    Args:
        data_dir: folder to look in and to download to, default `get_data_dir`; the files are in
            its folder ``cifar``.
        mirrors: addresses of folders to download the archive from, tried in order.
        checksum: of the archive, as ``"md5:…"`` or ``"sha256:…"``.

    Returns paths under ``train``, ``test`` and ``mean``. There need not be a mean image yet:
    ``ImageRecordIter(mean_img=…)`` makes it.
    Raises DataError where the archive is neither found nor downloaded, with what was tried;
    FormatError for an archive that is damaged.
    Source: docs/semantics §9.4.

    >>> import symnet as mx
    >>> paths = mx.get_cifar10()  # doctest: +SKIP
    """
    folder = data_folder(data_dir) / "cifar"
    found = {key: folder / name for key, name in _FILES.items()}
    missing = [key for key in _BATCHES if not found[key].is_file()]
    if missing:
        archive = _archive(folder, mirrors, checksum)
        for key in missing:
            _make(found[key], archive, _BATCHES[key])
    return found


def _archive(folder: Path, mirrors: Sequence[str], checksum: str) -> Path:
    urls = [f"{mirror.rstrip('/')}/{_ARCHIVE}" for mirror in mirrors]
    by_hand = (
        f"{_FILES['train']} and {_FILES['test']}, or {_ARCHIVE}, may be put into {folder} by hand"
    )
    return fetch("CIFAR-10", urls, checksum, folder, by_hand)


def _make(path: Path, archive: Path, batches: Sequence[str]) -> None:
    """Write a record file, which is whole or not there at all."""
    with RecordWriter(path, index=path.with_suffix(".idx")) as writer:
        for number, (label, pixels) in enumerate(_images(archive, batches)):
            image = pixels.transpose(1, 2, 0)[:, :, ::-1]  # OpenCV wants blue first
            payload = pack_img(IRHeader(0, label, number, 0), image, 9, ".png")
            writer.write(payload, key=number)


def _images(archive: Path, batches: Sequence[str]) -> Iterator[tuple[int, np.ndarray]]:
    """Yield label and pixels, of shape (3, 32, 32), of each image of some files in an archive."""
    try:
        with tarfile.open(archive) as files:
            members: Mapping[str, tarfile.TarInfo] = {
                Path(each.name).name: each for each in files if each.isfile()
            }
            for name in batches:
                if name not in members:
                    raise FormatError(f"{archive} has no file {name}")
                content = files.extractfile(members[name])
                if content is not None:
                    yield from _records(content, f"{archive}, {name}")
    except (tarfile.TarError, OSError, EOFError) as problem:
        raise DataError(f"cannot read {archive}: {problem}") from problem


def _records(content: IO[bytes], where: str) -> Iterator[tuple[int, np.ndarray]]:
    while text := content.read(_READ_AT_ONCE * _RECORD):
        if len(text) % _RECORD:
            raise FormatError(f"{where}: the last image is cut; each has {_RECORD} bytes")
        for row in np.frombuffer(text, np.uint8).reshape(-1, _RECORD):
            if row[0] > 9:
                raise FormatError(f"{where}: a label is 0 to 9, got {row[0]}")
            yield int(row[0]), row[1:].reshape(_IMAGE)
