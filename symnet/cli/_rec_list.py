"""`symnet rec list`: what is in a record file, one line for each record."""

import argparse
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..core.errors import FormatError
from ..data.image.image_file import ImageSize, image_format, image_size
from ..data.image.image_record import IRHeader, unpack
from ..data.records.recordio import RecordReader

__all__ = ["Entry", "entry_of", "list_records"]


@dataclass(frozen=True)
class Entry:
    """One record, as far as it can be read.

    Args:
        number: the record number.
        key: its key.
        offset: where in the file it begins.
        length: bytes of its payload, None where it is damaged.
        header: its image header, None where it has none.
        kind: what kind of image it has; ``""`` for none.
        size: how large the image is, None where that is unknown.
        problem: what is wrong with the record, None where nothing is.
    """

    number: int
    key: int
    offset: int
    length: int | None = None
    header: IRHeader | None = None
    kind: str = ""
    size: ImageSize | None = None
    problem: str | None = None


def entry_of(reader: RecordReader, number: int) -> Entry:
    """Look at one record, without decoding its image."""
    place = (number, int(reader.keys[number]), reader.offset(number))
    try:
        payload = reader.view(number)
    except FormatError as problem:
        return Entry(*place, problem=str(problem))
    try:
        header, image = unpack(payload)
    except FormatError:
        return Entry(*place, len(payload))  # no image record, which is no fault
    return Entry(*place, len(payload), header, image_format(image) or "", image_size(image))


def list_records(options: argparse.Namespace) -> int:
    """Do `symnet rec list`; returns 1 where a record is damaged."""
    with RecordReader(options.file) as reader:
        count = len(reader) if options.limit is None else min(len(reader), options.limit)
        entries = (entry_of(reader, number) for number in range(count))
        faults = _print_json(entries) if options.json else _print_table(entries)
        if not options.json and count < len(reader):
            print(f"... and {len(reader) - count} more")
    return 1 if faults else 0


def _print_json(entries: Iterable[Entry]) -> int:
    faults = 0
    for entry in entries:
        print(json.dumps(_plain(entry)))
        faults += entry.problem is not None
    return faults


def _plain(entry: Entry) -> dict[str, Any]:
    """Return an entry as a flat object; what does not apply is null."""
    header, size = entry.header, entry.size
    return {
        "number": entry.number,
        "key": entry.key,
        "offset": entry.offset,
        "length": entry.length,
        "flag": header and header.flag,
        "label": None if header is None else np.atleast_1d(header.label).tolist(),
        "id": header and header.id,
        "image": entry.kind or None,
        "height": size and size.height,
        "width": size and size.width,
        "channels": size and size.channels,
        "problem": entry.problem,
    }


_WIDTHS = (7, 8, 12, 9, 4, 8)
_TITLES = ("number", "key", "offset", "length", "flag", "id")


def _print_table(entries: Iterable[Entry]) -> int:
    """Print line by line, so that the first of a million are there at once."""
    faults = 0
    print(_row(_TITLES, "image", "label"))
    for entry in entries:
        numbers = (entry.number, entry.key, entry.offset)
        if entry.problem is not None:
            print(_row((*numbers, "-", "-", "-"), "damaged", entry.problem))
            faults += 1
            continue
        header = entry.header
        rest = ("-", "-") if header is None else (header.flag, header.id)
        label = "-" if header is None else _label(header)
        print(_row((*numbers, entry.length, *rest), _image(entry), label))
    return faults


def _row(numbers: Iterable[object], image: str, label: str) -> str:
    columns = (f"{number:>{width}}" for number, width in zip(numbers, _WIDTHS, strict=True))
    return f"{' '.join(columns)}  {image:<18} {label}"


def _image(entry: Entry) -> str:
    if entry.size is None:
        return entry.kind or "-"
    height, width, channels = entry.size
    return f"{entry.kind} {width}x{height}x{channels}"


_MOST_LABELS = 6


def _label(header: IRHeader) -> str:
    labels = np.atleast_1d(header.label)
    more = " ..." if len(labels) > _MOST_LABELS else ""
    return " ".join(f"{label:g}" for label in labels[:_MOST_LABELS]) + more
