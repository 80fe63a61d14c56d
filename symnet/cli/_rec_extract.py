"""`symnet rec extract`: records into a folder, one file each."""

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from ..core.errors import ArgumentError, FormatError
from ..core.paths import write_atomically
from ..data.image.image_file import image_format
from ..data.image.image_record import IRHeader, unpack
from ..data.records.recordio import RecordReader
from ._image_list import ImageEntry, write_list
from ._threads import shown

__all__ = ["extract"]

_ENDINGS = {"jpeg": ".jpg", "tiff": ".tif"}  # others are called as their kind


def extract(options: argparse.Namespace) -> int:
    """Do `symnet rec extract`; returns 1 where a record could not be read."""
    listed: list[ImageEntry] = []
    counts = Counter({"written": 0})
    folder: Path = options.folder
    with RecordReader(options.file) as reader:
        numbers = _chosen(reader, options)
        folder.mkdir(parents=True, exist_ok=True)
        for number in shown(numbers, str(folder), len(numbers), "record"):
            try:
                entry = _extract(reader, number, folder, options.raw)
            except FormatError as problem:
                tqdm.write(str(problem), file=sys.stderr)
                counts["damaged"] += 1
                continue
            counts["written" if entry.path else "without an image, left out"] += 1
            listed += [entry] if entry.labels else []
    if listed:
        write_list(folder / f"{Path(options.file).stem}.lst", listed)
    print(f"{folder}: " + "; ".join(f"{count} {what}" for what, count in counts.items()))
    return 1 if counts["damaged"] else 0


def _chosen(reader: RecordReader, options: argparse.Namespace) -> Sequence[int]:
    if options.key is not None:
        found = {key: np.flatnonzero(reader.keys == key).tolist() for key in options.key}
        for key, numbers in found.items():
            if not numbers:
                raise ArgumentError(f"{options.file}: no record has the key {key}")
        return [number for numbers in found.values() for number in numbers]
    return range(len(reader)) if options.range is None else _range(options.range, len(reader))


def _range(text: str, count: int) -> range:
    first, colon, last = text.partition(":")
    try:
        start, stop = int(first or 0), int(last or count)
    except ValueError:
        colon = ""
    if not colon or not 0 <= start <= stop <= count:
        raise ArgumentError(f"--range A:B with 0 <= A <= B <= {count} is expected, got {text!r}")
    return range(start, stop)


def _extract(reader: RecordReader, number: int, folder: Path, raw: bool) -> ImageEntry:
    """Write one record; returns its labels and the file, both empty where there are none."""
    key, payload = int(reader.keys[number]), reader[number]
    header, image = (None, payload) if raw else _divide(payload)
    if header is not None and not image:
        return ImageEntry(key, (), "")
    kind = image_format(image) if header else "bin"
    name = f"{key}{_ENDINGS.get(str(kind), f'.{kind}')}"
    if (folder / name).is_symlink():
        raise ArgumentError(
            f"{folder / name} is a link, and what it leads to would be overwritten; remove it, or "
            "extract into an empty folder"
        )
    with write_atomically(folder / name) as file:
        file.write(image)
    labels = tuple(np.atleast_1d(header.label).tolist()) if header else ()
    return ImageEntry(key, labels, name)


def _divide(payload: bytes) -> tuple[IRHeader | None, bytes]:
    """Return header and image of an image record; None and all of it where it is another."""
    try:
        header, image = unpack(payload)
    except FormatError:
        return None, payload
    # Whatever is not known to be an image stays whole, so that nothing is lost.
    return (header, image) if image_format(image) or not image else (None, payload)
