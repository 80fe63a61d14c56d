"""The readers that tools/fuzz.py tries: files that they read, and how those are damaged."""

import io
import json
import pickle
import random
import struct
import tempfile
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout, suppress
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

import symnet as mx
from symnet.cli import main
from symnet.cli._image_list import read_list
from symnet.data.arrays.idx import read_idx
from symnet.data.image.image_file import decode_image, encode_image
from symnet.data.records.record_index import read_index_arrays
from symnet.data.records.recordio import RecordReader
from symnet.data.tables.libsvm import read_libsvm
from symnet.storage.states_file import read_states, states_to_bytes
from symnet.storage.training_state import read_numbers

__all__ = ["TARGETS", "Target"]

GOLDEN = Path(__file__).parent.parent / "tests" / "golden"

INTERESTING = [0, 1, 2, 7, 32, 33, 255, 2**16, 2**31 - 1, 2**31, 2**32 - 1, 2**40, 2**62, 2**63]
JUNK: list[Any] = [
    *(None, True, 0, -1, 1.5, 2**63, "", "null", "()", "(3,", "[" * 500, {}, [], [[]], [0, 0, 0]),
    *(10**400, "1e999", "\ud800", "F32", "9" * 5000, {"a": [1]}, "ElementWiseSum", "(99999999,)"),
]


# -- what is damaged -------------------------------------------------------------------------------


def params_seeds() -> Iterator[bytes]:
    """Files of arrays: what MXNet wrote, and a record of 2016."""
    for path in sorted(GOLDEN.rglob("*.params")):
        yield path.read_bytes()
    record = struct.pack("<III3i2f", 2, 1, 2, 1, 0, 0, 1, -2)
    yield struct.pack("<3Q", 0x112, 0, 1) + record + struct.pack("<QQ5s", 1, 5, b"arg:w")


def json_seeds() -> Iterator[bytes]:
    """Symbols that MXNet wrote."""
    for path in sorted(GOLDEN.rglob("*-symbol.json")):
        yield path.read_bytes()


def safetensors_seeds() -> Iterator[bytes]:
    """Files of arrays of several types and shapes."""
    dtypes = ["float32", "float64", "float16", "bfloat16", "uint8", "int64", "bool"]
    arrays = {f"{dtype}": mx.ones((2, 3), dtype=dtype) for dtype in dtypes}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "seed.safetensors"
        mx.save(path, {**arrays, "empty": mx.empty((0, 3))}, metadata={"epoch": "3"})
        yield path.read_bytes()
        mx.save(path, {"w": mx.ones(1)})
        yield path.read_bytes()


def state_seeds() -> Iterator[bytes]:
    """The state of a training, with callbacks that remember and a shuffled provider."""
    with tempfile.TemporaryDirectory() as folder:
        prefix = Path(folder) / "net"
        data = mx.ArrayDataProvider(np.ones((6, 2)), np.zeros(6), batch_size=2, shuffle=True)
        net = mx.FullyConnected(mx.Variable("data"), num_hidden=2, name="fc")
        model = mx.FeedForward(mx.SoftmaxOutput(net, name="softmax"))
        callbacks = [mx.do_checkpoint(prefix), mx.EarlyStopping(patience=3)]
        model.fit(mx.ADAM(), data, n_epoch=2, callbacks=callbacks, verbose=0)
        yield Path(f"{prefix}-0002.state.json").read_bytes()


def states_seeds() -> Iterator[bytes]:
    """States of optimizers, as Apache MXNet pickles them and as Python does."""
    array = mx.array([[1, 2], [3, 4]])
    yield states_to_bytes({0: array, 1: (array, array), "w": None})
    yield pickle.dumps({0: np.ones((2, 3), np.float32), 1: (1, 2.5, None, "x")}, protocol=4)
    yield pickle.dumps({0: array})


def ubyte_seeds() -> Iterator[bytes]:
    """Images as MNIST has them, plain and gzipped."""
    import gzip

    content = struct.pack(">4i", 0x803, 2, 3, 4) + bytes(range(24))
    yield content
    yield gzip.compress(content, mtime=0)


def csv_seeds() -> Iterator[bytes]:
    """Tables of numbers with three columns."""
    yield b"1,2,3\n4.5,-6e3,7\n\n8,9,10\r\n" * 5


def list_seeds() -> Iterator[bytes]:
    """Lists of images."""
    yield (GOLDEN / "images" / "labels.lst").read_bytes()
    yield "0\t1.5\t2\tä/b.jpg\n7\t0\tc.jpg\n".encode()


def libsvm_seeds() -> Iterator[bytes]:
    """Sparse rows."""
    yield b"1 0:5 2:7\n0 1:3\n-1.5 4:1e3\n"


def rec_seeds() -> Iterator[bytes]:
    """Record files, also with a record in several pieces."""
    yield from (path.read_bytes()[:20_000] for path in sorted(GOLDEN.rglob("*.rec")))


def idx_seeds() -> Iterator[bytes]:
    """Indexes of record files."""
    yield b"0\t0\n1\t40\n2\t1000\n"
    yield from (path.read_bytes() for path in sorted(GOLDEN.rglob("*.idx")))


def image_seeds() -> Iterator[bytes]:
    """Images of the usual formats."""
    pixels = np.random.default_rng(0).integers(0, 255, (12, 9, 3), np.uint8)
    yield from (encode_image(pixels, 3, e) for e in (".jpg", ".png", ".bmp", ".webp", ".ppm"))
    yield encode_image(pixels, 3, ".tiff")
    yield b"GIF89a\x02\0\x02\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\2\0\2\0\0\2\3\x44\x02\x05\0;"


def whole_seeds() -> Iterator[bytes]:
    """Checkpoints of one file."""
    layer = mx.FullyConnected(mx.Variable("data"), num_hidden=2, name="fc")
    net = mx.SoftmaxOutput(layer, name="softmax")
    model = mx.FeedForward(net)
    model.init_model(mx.UniformInitializer(0.1), data=(2, 3), softmax_label=(2,))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "seed.safetensors"
        mx.save_checkpoint(model, path, 3)
        yield path.read_bytes()


def any_seeds() -> Iterator[bytes]:
    """Files of every kind that `symnet inspect` knows."""
    kinds = (params_seeds, json_seeds, safetensors_seeds, state_seeds, states_seeds, rec_seeds)
    yield from chain.from_iterable(make() for make in (*kinds, idx_seeds, image_seeds))


# -- how it is damaged -----------------------------------------------------------------------------


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


# -- who reads it ----------------------------------------------------------------------------------


def read_csv(path: Path) -> object:
    """Go through all batches of a table."""
    return list(mx.CSVIter(data_csv=path, data_shape=(3,), batch_size=4))


def read_records(path: Path) -> object:
    """Find and read all records that are whole."""
    with RecordReader(path, index="") as reader:
        return [len(record) for record in reader]


def read_image(path: Path) -> object:
    """Decode an image, which has no name."""
    return decode_image(path.read_bytes())


def run(command: str, path: Path) -> object:
    """Run one of symnet's commands; raise what it says is an error that no file should cause."""
    told = io.StringIO()
    with redirect_stderr(told), redirect_stdout(io.StringIO()):
        code = main([command, str(path), *([str(path)] if command == "diff" else [])])
    text = told.getvalue()
    if "bug of symnet" in text or code not in (0, 1, 2) or "allocate" in text:
        raise AssertionError(f"{command}: {code}: {text}")
    if code == 2:
        raise mx.FormatError(text)
    return code


def run_all(path: Path) -> object:
    """Inspect a file, and compare it with itself."""
    found = run("inspect", path)
    with suppress(mx.FormatError):  # it compares arrays and networks only
        run("diff", path)
    return found


@dataclass(frozen=True)
class Target:
    """A reader, files that it reads, and how they are damaged.

    Args:
        ending: how names of such files end.
        seeds: yields the contents of sound files.
        damaged: returns a content that is damaged.
        read: reads a file.
        named: whether its errors tell the file.
        refusals: what it may raise.
    """

    ending: str
    seeds: Callable[[], Iterator[bytes]]
    damaged: Callable[[bytes, random.Random], bytes]
    read: Callable[[Path], object]
    named: bool = True
    refusals: tuple[type[Exception], ...] = (mx.FormatError,)


def load(kind: type | None, path: Path) -> object:
    """Read a file by `mx.load`."""
    return mx.load(path, kind)


_DATA = (mx.FormatError, mx.DataError)
_IMAGES = partial(read_idx, axes=3)
TARGETS = {
    "params": Target(".params", params_seeds, damaged_bytes, partial(load, mx.NDArray)),
    "json": Target(".json", json_seeds, damaged_json, partial(load, mx.SymbolicNode)),
    "safetensors": Target(
        ".safetensors", safetensors_seeds, damaged_safetensors, partial(load, None)
    ),
    "state": Target(".state.json", state_seeds, damaged_json, read_numbers),
    "states": Target(".states", states_seeds, damaged_bytes, read_states),
    "ubyte": Target(
        "-ubyte", ubyte_seeds, damaged_bytes, partial(read_idx, axes=3), refusals=_DATA
    ),
    "csv": Target(".csv", csv_seeds, damaged_lines, read_csv, refusals=_DATA),
    "libsvm": Target(
        ".libsvm", libsvm_seeds, damaged_lines, partial(read_libsvm, columns=5), refusals=_DATA
    ),
    "lst": Target(".lst", list_seeds, damaged_lines, read_list),
    "rec": Target(".rec", rec_seeds, damaged_bytes, read_records),
    "idx": Target(".idx", idx_seeds, damaged_lines, read_index_arrays),
    "image": Target(".image", image_seeds, damaged_bytes, read_image, named=False),
    "inspect": Target(".file", any_seeds, damaged_any, run_all),
    "verify": Target(".safetensors", whole_seeds, damaged_safetensors, partial(run, "verify")),
}
