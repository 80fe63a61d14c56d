"""How tools/fuzz_targets.py damages files: bytes, documents, and lines of fields."""

import json
import random
import struct
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

__all__ = [
    "damaged_any",
    "damaged_bytes",
    "damaged_json",
    "damaged_lines",
    "damaged_model",
    "damaged_safetensors",
]

INTERESTING = [0, 1, 2, 7, 32, 33, 255, 2**16, 2**31 - 1, 2**31, 2**32 - 1, 2**40, 2**62, 2**63]
JUNK: list[Any] = [
    *(None, True, 0, -1, 1.5, 2**63, "", "null", "()", "(3,", "[" * 500, {}, [], [[]], [0, 0, 0]),
    *(10**400, "1e999", "\ud800", "F32", "9" * 5000, {"a": [1]}, "ElementWiseSum", "(99999999,)"),
]


def damaged_bytes(content: bytes, draw: random.Random) -> bytes:
    """Change a few bytes or numbers; cut, double or move a piece."""
    data = bytearray(content)
    for _ in range(draw.randint(1, 4)):
        place = draw.randrange(len(data) + 1)
        length = min(draw.choice([1, 4, 8, 64]), len(data) - place)
        change = draw.randrange(5)
        if change == 0:
            data[place : place + length] = draw.randbytes(length)
        elif change == 1:
            size = draw.choice([1, 4, 8])
            number = draw.choice(INTERESTING) * draw.choice([1, -1]) % 256**size
            data[place : place + size] = number.to_bytes(size, "little")
        elif change == 2:
            del data[place : place + length]
        elif change == 3:
            data[place:place] = data[place : place + length] * draw.choice([1, 1, 1000])
        else:
            del data[place:]
    return bytes(data)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a document, as owner and key."""
    keys = list(value) if isinstance(value, dict) else range(len(value))
    for key in keys:
        yield value, key
        if isinstance(value[key], dict | list):
            yield from places(value[key])


def damaged_document(root: Any, draw: random.Random) -> str:
    """Delete, replace, double or exchange parts of a document."""
    for _ in range(draw.randint(1, 3)):
        found = list(places(root))
        if not found:
            break
        (owner, key), (other, other_key) = draw.choice(found), draw.choice(found)
        change = draw.randrange(4)
        if change == 0:
            del owner[key]
        elif change == 1:
            owner[key] = deepcopy(draw.choice([*JUNK, draw.choice(INTERESTING)]))
        elif change == 2:
            owner[key] = deepcopy(other[other_key])
        elif isinstance(owner, list):
            owner.insert(key, deepcopy(owner[key]))
    return json.dumps(root)


def damaged_json(content: bytes, draw: random.Random) -> bytes:
    """Damage a symbol's document, or its bytes."""
    if draw.random() < 0.3:
        return damaged_bytes(content, draw)
    return damaged_document(json.loads(content), draw).encode()


def damaged_safetensors(content: bytes, draw: random.Random) -> bytes:
    """Damage the header's document, or any bytes."""
    if draw.random() < 0.3:
        return damaged_bytes(content, draw)
    (length,) = struct.unpack("<Q", content[:8])
    header = damaged_document(json.loads(content[8 : 8 + length]), draw).encode()
    return struct.pack("<Q", len(header)) + header + content[8 + length :]


def damaged_model(content: bytes, draw: random.Random) -> bytes:
    """Damage the network of a model, or something else about it."""
    if content.startswith(b"{"):
        return damaged_json(content, draw)
    if draw.random() < 0.4:
        return damaged_safetensors(content, draw)
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    network = json.loads(header["__metadata__"]["symbol"])
    header["__metadata__"]["symbol"] = damaged_document(network, draw)
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + content[8 + length :]


def damaged_lines(content: bytes, draw: random.Random) -> bytes:
    """Damage the fields of a text, or its bytes."""
    if draw.random() < 0.3:
        return damaged_bytes(content, draw)
    lines = content.split(b"\n")
    for _ in range(draw.randint(1, 3)):
        line = draw.randrange(len(lines))
        divider = draw.choice([b",", b"\t", b" ", b":"])
        fields = lines[line].split(divider)
        place = draw.randrange(len(fields))
        junk = str(draw.choice([*JUNK, *INTERESTING, "nan", "inf", "-1", "1_0", '"', "٣"]))
        fields[place] = draw.choice([junk.encode("utf-8", "surrogatepass"), b"", fields[place] * 2])
        lines[line] = divider.join(fields)
    return b"\n".join(lines)


def damaged_any(content: bytes, draw: random.Random) -> bytes:
    """Damage a document where there is one."""
    try:
        return damaged_json(content, draw)
    except ValueError:
        return damaged_bytes(content, draw)
