"""Files of arrays made by hand, of every era, shared by the tests of `.params` files."""

import struct

import numpy as np
import pytest

from symnet.core.context import cpu
from symnet.core.errors import FormatError
from symnet.storage.params_file import load_arrays

FLAGS = {
    "float32": 0,
    "float64": 1,
    "float16": 2,
    "uint8": 3,
    "int32": 4,
    "int8": 5,
    "int64": 6,
    "bool": 7,
    "bfloat16": 12,
}
V1, V2, V3 = 0xF993FAC8, 0xF993FAC9, 0xF993FACA
CPU, GPU = (1, 0), (2, 3)

LEGACY_FILE = bytes.fromhex(
    "12 01 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01 00 00 00 00 00 00 00"
    "02 00 00 00 01 00 00 00 02 00 00 00 01 00 00 00 00 00 00 00 00 00 00 00"
    "00 00 80 3f 00 00 00 c0 01 00 00 00 00 00 00 00 05 00 00 00 00 00 00 00"
    "61 72 67 3a 77"
)
V2_RECORD = bytes.fromhex(
    "c9 fa 93 f9 00 00 00 00 01 00 00 00 01 00 00 00 00 00 00 00 01 00 00 00"
    "00 00 00 00 00 00 00 00 00 00 80 3f"
)


def shape_bytes(shape):
    return struct.pack(f"<i{len(shape)}q", len(shape), *shape)


def data_bytes(values, dtype, device=CPU):
    return struct.pack("<3i", *device, FLAGS[dtype]) + np.array(values, dtype).tobytes()


def old_record(values, dtype="float32", device=CPU):
    shape = np.shape(values)
    return struct.pack(f"<I{len(shape)}I", len(shape), *shape) + data_bytes(values, dtype, device)


def v1_record(values, dtype="float32", device=CPU):
    return struct.pack("<I", V1) + shape_bytes(np.shape(values)) + data_bytes(values, dtype, device)


def v2_record(values, dtype="float32", device=CPU, magic=V2, storage=0):
    header = struct.pack("<Ii", magic, storage) + shape_bytes(np.shape(values))
    return header + data_bytes(values, dtype, device)


def v3_record(values, dtype="float32", device=CPU):
    return v2_record(values, dtype, device, magic=V3)


def sparse_record(storage, shape, values, *indices, dtype="float32", index_dtype="int64", magic=V2):
    return b"".join(
        [
            struct.pack("<Ii", magic, storage),
            shape_bytes(np.shape(values)),
            shape_bytes(shape),
            struct.pack("<3i", 1, 0, FLAGS[dtype]),
            *(struct.pack("<i", FLAGS[index_dtype]) + shape_bytes(np.shape(i)) for i in indices),
            np.array(values, dtype).tobytes(),
            *(np.array(i, index_dtype).tobytes() for i in indices),
        ]
    )


def file_of(*records, names=()):
    encoded = [name.encode() for name in names]
    return b"".join(
        [
            struct.pack("<3Q", 0x112, 0, len(records)),
            *records,
            struct.pack("<Q", len(names)),
            *(struct.pack("<Q", len(name)) + name for name in encoded),
        ]
    )


def load_from(folder, content):
    path = folder / "net.params"
    path.write_bytes(content)
    return load_arrays(path)


def refusal(load, content):
    with pytest.raises(FormatError) as caught:
        load(content)
    return str(caught.value)


def same(found, expected, dtype):
    assert found.dtype == dtype
    assert found.context == cpu()
    assert found.writable
    assert found.shape == np.shape(expected)
    np.testing.assert_array_equal(found.asnumpy(), expected)
