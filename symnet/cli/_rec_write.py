"""`symnet rec index` and `symnet rec pack`: what they write."""

import argparse
import sys

from ..core.errors import ArgumentError
from ..data.image.image_record import unpack
from ..data.records.record_index import index_path, write_index
from ..data.records.recordio import RecordReader, RecordWriter

__all__ = ["index", "pack"]


def index(options: argparse.Namespace) -> int:
    """Do `symnet rec index`; returns 1 where records are damaged."""
    output = options.output or index_path(options.file)
    with RecordReader(options.file, index="") as reader:
        damaged = {gap.number for gap in reader.gaps}
        sound = [number for number in range(len(reader)) if number not in damaged]
        keys = sound if options.key == "number" else _ids(reader, sound)
        write_index(output, zip(keys, map(reader.offset, sound), strict=True))
    for gap in reader.gaps:
        print(gap.error(), file=sys.stderr)
    left_out = f", {len(damaged)} damaged left out" if damaged else ""
    print(f"{output}: {len(sound)} records{left_out}")
    return 1 if damaged else 0


def _ids(reader: RecordReader, numbers: list[int]) -> list[int]:
    """Return the ids in the headers of records; they must differ, to be keys."""
    ids: dict[int, int] = {}
    for number in numbers:
        header, _ = unpack(reader.view(number))
        if header.id in ids:
            raise ArgumentError(
                f"{reader.name(number)}: the records {ids[header.id]} and {number} both have the "
                f"id {header.id}, so ids cannot be keys; use --key number"
            )
        ids[header.id] = number
    return list(ids)


def pack(options: argparse.Namespace) -> int:
    """Do `symnet rec pack`."""
    with RecordWriter(options.output, index=index_path(options.output)) as writer:
        for file in options.files:
            writer.write(file.read_bytes())
    print(f"{options.output}: {len(options.files)} records, {writer.tell()} bytes")
    return 0
