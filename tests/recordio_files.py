"""Record files for the tests, and a second reader that is written down straight from the format."""

import struct
from pathlib import Path

GOLDEN = Path(__file__).parent / "golden" / "recordio"
MAGIC = bytes.fromhex("0a23d7ce")

PAYLOADS = [  # those of golden/recordio/plain.rec
    b"",
    b"a",
    b"abcd",
    MAGIC,
    b"1234" + MAGIC + b"56",
    b"1" + MAGIC,
    MAGIC * 3,
    MAGIC[:2] + MAGIC + MAGIC[2:] + MAGIC,
    bytes(range(256)) + MAGIC + b"end",
]


def piece(data, flag=0, length=None):
    """One piece of a record, as bytes."""
    size = len(data) if length is None else length
    return MAGIC + struct.pack("<I", flag << 29 | size) + data + bytes(-len(data) % 4)


def parse(content):
    """Offsets and payloads of a sound file, piece by piece."""
    found, place, open_record = [], 0, None
    while place < len(content):
        assert content[place : place + 4] == MAGIC
        (word,) = struct.unpack_from("<I", content, place + 4)
        flag, length = divmod(word, 2**29)
        data = content[place + 8 : place + 8 + length]
        if flag in (0, 1):
            assert open_record is None
            open_record = (place, [data])
        else:
            open_record[1].append(data)
        if flag in (0, 3):
            found.append((open_record[0], MAGIC.join(open_record[1])))
            open_record = None
        place += 8 + length + -length % 4
    assert open_record is None
    return found
