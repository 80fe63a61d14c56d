"""The readers that tools/fuzz.py tries, and files that they read."""

import pickle
import random
import struct
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path

import numpy as np
from fuzz_commands import (
    array_seeds,
    convert,
    draw,
    inspect,
    name_seeds,
    predict_by,
    predict_from,
    predict_names,
    records,
    run,
    summary,
    whole_seeds,
)
from fuzz_damage import (
    damaged_any,
    damaged_bytes,
    damaged_json,
    damaged_lines,
    damaged_model,
    damaged_safetensors,
)

import symnet as mx
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


def network_seeds() -> Iterator[bytes]:
    """Networks, alone and in checkpoints."""
    yield from chain(json_seeds(), whole_seeds())


def any_seeds() -> Iterator[bytes]:
    """Files of every kind that `symnet inspect` knows."""
    kinds = (params_seeds, json_seeds, safetensors_seeds, state_seeds, states_seeds, rec_seeds)
    yield from chain.from_iterable(make() for make in (*kinds, idx_seeds, image_seeds))


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
    "inspect": Target(".file", any_seeds, damaged_any, inspect),
    "verify": Target(".safetensors", whole_seeds, damaged_model, partial(run, "verify")),
    "predict": Target(".safetensors", whole_seeds, damaged_model, predict_by, named=False),
    "arrays": Target(".npz", array_seeds, damaged_bytes, predict_from, named=False),
    "names": Target(".txt", name_seeds, damaged_lines, predict_names),
    "convert": Target(".safetensors", whole_seeds, damaged_model, convert, named=False),
    "summary": Target(".file", network_seeds, damaged_model, summary, named=False),
    "draw": Target(".file", network_seeds, damaged_model, draw, named=False),
    "records": Target(".rec", rec_seeds, damaged_bytes, records),
}
