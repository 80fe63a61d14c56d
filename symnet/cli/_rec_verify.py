"""`symnet rec verify`: every record of a file, its index, and its images if wanted."""

import argparse
import sys
from collections.abc import Iterator
from functools import partial

from tqdm import tqdm

from ..core.errors import FormatError
from ..data.image.image_file import decode_image, require_cv2
from ..data.image.image_record import unpack
from ..data.records.record_format import damaged, magic_inside, pieces
from ..data.records.record_index import check_belongs, find_index, read_index_arrays
from ..data.records.record_source import Source, open_source
from ..data.records.recordio import RecordReader
from ._threads import in_order, shown

__all__ = ["verify"]


def verify(options: argparse.Namespace) -> int:
    """Do `symnet rec verify`; returns 1 where there are faults."""
    if options.decode:
        require_cv2("symnet rec verify --decode").setNumThreads(0)  # the threads are ours
    faults = [_verify(file, options) for file in options.files]
    return 1 if any(faults) else 0


def _verify(file: str, options: argparse.Namespace) -> int:
    """Check one file and return the number of faults."""
    count = 0
    with RecordReader(file, index="") as reader:
        for fault in _faults(file, reader, options):
            tqdm.write(fault, file=sys.stderr)
            count += 1
        checked = "records, their images decoded" if options.decode else "records"
        print(f"{file}: {len(reader) - len(reader.gaps)} {checked}; {_faults_in_words(count)}")
    return count


def _faults_in_words(count: int) -> str:
    return {0: "no faults", 1: "1 fault"}.get(count, f"{count} faults")


def _faults(file: str, reader: RecordReader, options: argparse.Namespace) -> Iterator[str]:
    check = partial(_fault, open_source(file), reader, options)
    found = in_order(check, range(len(reader)), options.num_thread)
    yield from filter(None, shown(found, file, len(reader), "record"))
    yield from _index_faults(file, reader)


def _fault(
    source: Source, reader: RecordReader, options: argparse.Namespace, number: int
) -> str | None:
    """Return what is wrong with one record."""
    try:
        payload = reader.view(number)
    except FormatError as problem:
        return str(problem)
    offset = reader.offset(number)
    inside = magic_inside(source, pieces(source, offset))
    if inside is not None:
        problem_inside = f"its length is wrong: another record is inside it, at offset {inside}"
        return str(damaged(source.name, offset, problem_inside, number))
    if not options.decode:
        return None
    return _image_fault(source.name, number, offset, payload, options.max_pixels)


def _image_fault(
    name: str, number: int, offset: int, payload: memoryview, max_pixels: int
) -> str | None:
    try:
        _, image = unpack(payload)
        if len(image):
            decode_image(image, max_pixels=max_pixels or None)
    except FormatError as problem:
        return str(damaged(name, offset, problem, number))
    return None


def _index_faults(file: str, reader: RecordReader) -> Iterator[str]:
    """Hold the index beside a file, if there is one, against its records."""
    index = find_index(file)
    if index is None:
        return
    try:
        keys, offsets = read_index_arrays(index)
        check_belongs(index, offsets, open_source(file))
    except FormatError as problem:
        yield str(problem)
        return
    damaged = {gap.number for gap in reader.gaps}
    sound = {reader.offset(n): n for n in range(len(reader)) if n not in damaged}
    for key, offset in zip(keys.tolist(), offsets.tolist(), strict=True):
        if offset not in sound:
            yield f"{index}: the key {key} has offset {offset}, where no record of {file} begins"
        sound.pop(offset, None)
    for offset, number in sound.items():
        yield f"{index}: names no key for record {number} at offset {offset} of {file}"
