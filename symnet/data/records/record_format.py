"""The bytes of RecordIO: how one record lies in a file, and how all of them are found.

A record is the magic number, a word with a flag (3 bits) and a length (29 bits), the payload, and
zeros up to a multiple of 4 bytes. Where a payload has the magic number at a multiple of 4, it is
split there and the magic number left out; so the magic number, wherever it lies at a multiple of 4,
begins a piece, and a reader that lost its way finds back. Source: docs/semantics §7.8.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from ...core.errors import ArgumentError, FormatError, shown
from ...core.file_kinds import HEAD, in_its_place
from .record_source import Source

__all__ = [
    "MAGIC",
    "MOST_BYTES",
    "Damage",
    "Gap",
    "as_bytes",
    "begins_piece",
    "damaged",
    "encode",
    "magic_inside",
    "padded",
    "payload_views",
    "pieces",
    "record_end",
    "scan",
]

MAGIC = 0xCED7230A
"""What every piece of a record begins with."""

MOST_BYTES = (1 << 29) - 1
"""The length of the longest payload."""

_MAGIC = MAGIC.to_bytes(4, "little")
_HEAD = struct.Struct("<II")
_HEADS = 1 << 12  # bytes to read at a time, where heads are gone through
_LENGTH_BITS = 29
_WHOLE, _FIRST, _MIDDLE, _LAST = range(4)


class Damage(Exception):
    """What is wrong with the bytes at one place; the readers add which record of which file."""


@dataclass(frozen=True)
class Gap:
    """A stretch of a file that holds no record that could be read.

    Args:
        name: path of the file.
        number: the record number that stands for the stretch.
        start: offset of its first byte.
        stop: offset behind its last byte: that of the next record, or the end of the file.
        problem: what is wrong there.
    """

    name: str
    number: int
    start: int
    stop: int
    problem: str

    def error(self) -> FormatError:
        """Return the error that reading this record number raises."""
        return damaged(self.name, self.start, self.problem, self.number)


def damaged(name: str, offset: int, problem: object, number: int | None = None) -> FormatError:
    """Return the error for a record that cannot be read."""
    which = "record" if number is None else f"record {number}"
    return FormatError(f"{name}: {which} at offset {offset}: {problem}")


# -- writing ---------------------------------------------------------------------------------------


def encode(payload: bytes) -> Iterator[bytes]:
    """Yield the bytes of a record in order.

    >>> b"".join(encode(b"hello")).hex(" ", 4)
    '0a23d7ce 05000000 68656c6c 6f000000'
    """
    if not isinstance(payload, bytes):
        payload = as_bytes("a record", payload)
    if len(payload) > MOST_BYTES:
        raise ArgumentError(
            f"a record holds at most {MOST_BYTES} bytes, got {len(payload)}; "
            "divide what is to be written into several records"
        )
    begin = 0
    for place in _aligned_magics(payload):
        yield _HEAD.pack(MAGIC, (_MIDDLE if begin else _FIRST) << _LENGTH_BITS | place - begin)
        yield payload[begin:place]
        begin = place + len(_MAGIC)
    rest = len(payload) - begin
    yield _HEAD.pack(MAGIC, (_LAST if begin else _WHOLE) << _LENGTH_BITS | rest)
    yield payload[begin:]
    yield bytes(-rest % 4)


def as_bytes(who: str, given: object) -> bytes:
    """Return bytes, of a bytearray or a memoryview too; ArgumentError for anything else.

    >>> as_bytes("a record", bytearray(b"abc"))
    b'abc'
    """
    if isinstance(given, bytes | bytearray | memoryview):
        return bytes(given)
    hint = "; .encode() makes bytes of a text" if isinstance(given, str) else ""
    raise ArgumentError(f"{who} holds bytes, got {shown(given)}{hint}")


def _aligned_magics(payload: bytes) -> Iterator[int]:
    place = payload.find(_MAGIC)
    while place >= 0:
        if place % 4 == 0:
            yield place
        place = payload.find(_MAGIC, place + 1)


# -- reading ---------------------------------------------------------------------------------------


def pieces(source: Source, offset: int) -> list[tuple[int, int]]:
    """Return where the pieces of the payload lie, as pairs of offsets.

    Raises Damage where no whole record begins at ``offset``.
    """
    flag, start, stop = _piece(source, offset)
    found = [(start, stop)]
    if flag == _WHOLE:
        return found
    if flag != _FIRST:
        raise Damage("a record goes on here that was never begun")
    while flag != _LAST:
        place = stop  # inner pieces end at a multiple of 4
        flag, start, stop = _piece(source, place)
        if flag not in (_MIDDLE, _LAST):
            raise Damage(f"its last piece is missing: another record begins at offset {place}")
        found.append((start, stop))
    return found


def _piece(source: Source, place: int) -> tuple[int, int, int]:
    """Return the flag of a piece, and where its bytes begin and end."""
    start = place + _HEAD.size
    if start > source.size:
        raise Damage(f"cut short: 8 bytes of head are expected, {source.size - place} are left")
    magic, word = _HEAD.unpack(source.read(place, start))
    if magic != MAGIC:
        other = "" if place else in_its_place(source.read(0, min(HEAD, source.size)), "rec")
        raise Damage(f"no record begins here: expected {MAGIC:#010x}, found {magic:#010x}{other}")
    flag, length = word >> _LENGTH_BITS, word & MOST_BYTES
    if flag > _LAST or (flag in (_FIRST, _MIDDLE) and length % 4):
        raise Damage(f"its head is damaged: flag {flag} with length {length} does not exist")
    if padded(start + length) > source.size:
        raise Damage(
            f"cut short: {padded(length)} bytes are expected after its head, "
            f"{source.size - start} are left"
        )
    return flag, start, start + length


def begins_piece(source: Source, offset: int) -> bool:
    """Return whether the magic number is at an offset."""
    return source.read(offset, min(source.size, offset + len(_MAGIC))) == _MAGIC


def padded(length: int) -> int:
    """Return the next multiple of 4."""
    return length + -length % 4


def payload_views(source: Source, found: list[tuple[int, int]]) -> list[memoryview]:
    """Return the payload whose pieces were found, as what is to be put end to end."""
    first, *others = (source.view(start, stop) for start, stop in found)
    return [first, *(view for other in others for view in (memoryview(_MAGIC), other))]


def magic_inside(source: Source, found: list[tuple[int, int]]) -> int | None:
    """Return where the magic number is inside a piece, None where it is not, as it should be.

    Where it is, the length of the record is wrong, and whole records lie inside it.
    """
    for start, stop in found:
        place = source.find(_MAGIC, start, stop)
        while place >= 0:
            if place % 4 == 0:
                return place
            place = source.find(_MAGIC, place + 1, stop)
    return None


def record_end(found: list[tuple[int, int]]) -> int:
    """Return where a record ends whose pieces were found, padding included."""
    return padded(found[-1][1])


# -- finding all -----------------------------------------------------------------------------------


def scan(source: Source, number: int = 0) -> tuple[list[int], list[Gap]]:
    """Find all records of a file, from head to head.

    Where there is no record, the next place that looks like the head of one is searched. The
    stretch up to it has one number among the records.

    Args:
        source: the file; a remote one is fetched as a whole, in blocks.
        number: the number of the first record.

    Returns the offsets of all records and gaps, and the gaps.
    """
    source = source.ahead()
    offsets: list[int] = []
    gaps: list[Gap] = []
    place = 0
    while (place := _run(source, place, offsets)) < source.size:
        try:
            stop = record_end(pieces(source, place))
        except Damage as damage:
            start, stop, problem = _gap(source, offsets, place, str(damage))
            gaps.append(Gap(source.name, number + len(offsets), start, stop, problem))
            place = start
        offsets.append(place)
        place = stop
    return offsets, gaps


def _run(source: Source, place: int, offsets: list[int]) -> int:
    """Collect the records from a place on, as long as they are in one piece and all is well.

    Nearly all files are just that. Of a large record only its head is read; the heads of small ones
    come many at a time.
    """
    unpack, collect, size = _HEAD.unpack_from, offsets.append, source.size
    begin, base, block = place, 0, b""
    while place + _HEAD.size <= size:
        if not base <= place <= base + len(block) - _HEAD.size:
            base, block = place, source.read(place, min(size, place + _HEADS))
        magic, word = unpack(block, place - base)
        if magic != MAGIC or word > MOST_BYTES:
            return place
        collect(place)
        begin, place = place, place + _HEAD.size + (word + 3 & ~3)
    if place > size > begin:
        return offsets.pop()  # it would end behind the file
    return place


def _gap(source: Source, offsets: list[int], place: int, problem: str) -> tuple[int, int, str]:
    """Return from where to where there is no record, and why; it may begin with the last one."""
    if offsets:
        inside = _next_head(source, offsets[-1] + _HEAD.size, place)
        if inside < place:
            # The magic number is never inside a payload, so the length before it is what is wrong.
            problem = f"its length is wrong: another record begins inside it, at offset {inside}"
            return offsets.pop(), inside, problem
    return place, _next_head(source, place + 4, source.size), problem


def _next_head(source: Source, start: int, stop: int) -> int:
    """Return where the next record begins between two places, ``stop`` where none does."""
    place = source.find(_MAGIC, start, stop)
    while place >= 0:
        if place % 4 == 0 and _is_record(source, place):
            return place
        place = source.find(_MAGIC, place + 1, stop)
    return stop


def _is_record(source: Source, place: int) -> bool:
    try:
        pieces(source, place)
    except Damage:
        return False
    return True
