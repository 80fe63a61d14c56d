"""Files of arrays between Apache MXNet 1.9.1 and symnet, both ways.

What MXNet wrote is kept in golden/arrays. Whether it reads what symnet writes is checked where the
environment variable MXNET_PYTHON names the Python of an environment with MXNet.
"""

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
from params_records import file_of, old_record, v1_record, v2_record

import symnet as mx

GOLDEN = Path(__file__).parent / "golden" / "arrays"
MXNET_PYTHON = os.environ.get("MXNET_PYTHON")
DTYPES = ["float32", "float64", "float16", "bfloat16", "uint8", "int8", "int32", "int64", "bool"]

# Print the arrays of a file that MXNet reads: name, type of elements, shape, numbers.
PRINT = """
import sys
import mxnet as mx
import numpy as np
found = mx.nd.load(sys.argv[1])
named = found.items() if isinstance(found, dict) else enumerate(found)
for name, array in named:
    bfloat16 = array.dtype == np.dtype([("bfloat16", np.uint16)])
    dtype = "bfloat16" if bfloat16 else np.dtype(array.dtype).name
    wide = array.astype("float64") if array.size else array
    print(repr((name, dtype, array.shape, wide.asnumpy().tolist())))
"""


@pytest.mark.parametrize("name", ["dict", "list", "sparse", "numpy"])
def test_what_mxnet_wrote_is_read_as_mxnet_reads_it(name):
    found = mx.load(GOLDEN / f"{name}.params")
    if isinstance(found, list):
        found = {str(place): array for place, array in enumerate(found)}
    with np.load(GOLDEN / f"{name}.npz") as expected:
        assert list(found) == list(expected)
        for key, recorded in expected.items():
            values = np.atleast_1d(recorded)  # a scalar gets an axis
            assert found[key].shape == values.shape
            assert found[key].dtype == ("bfloat16" if "bfloat16" in key else values.dtype.name)
            np.testing.assert_array_equal(found[key].asnumpy().astype(values.dtype), values)


def read_by_mxnet(path):
    command = [MXNET_PYTHON, "-W", "ignore", "-c", PRINT, str(path)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)
    return printed.stdout.splitlines()


needs_mxnet = pytest.mark.skipif(not MXNET_PYTHON, reason="MXNET_PYTHON names no Python with MXNet")


@needs_mxnet
def test_mxnet_reads_what_is_written(tmp_path):
    arrays = {f"arg:{dtype}": mx.array([[1, 0, 1], [0, 1, 1]], dtype=dtype) for dtype in DTYPES}
    arrays |= {"aux:größe": mx.array([-2.5, 1e-30]), "": mx.array([3])}
    mx.save(tmp_path / "dict", arrays)
    assert read_by_mxnet(tmp_path / "dict") == [
        repr((name, array.dtype, array.shape, array.asnumpy().astype("float64").tolist()))
        for name, array in arrays.items()
    ]
    mx.save(tmp_path / "list", [mx.array([1, 2]), mx.array([[3]])])
    assert read_by_mxnet(tmp_path / "list") == [
        "(0, 'float32', (2,), [1.0, 2.0])",
        "(1, 'float32', (1, 1), [[3.0]])",
    ]


@needs_mxnet
def test_mxnet_reads_the_records_that_the_tests_make_of_older_eras(tmp_path):
    """So that the tests of older records hold what MXNet means by them."""
    path = tmp_path / "old"
    made = [
        make([[1, -2]], dtype)
        for make in (old_record, v1_record, v2_record)
        for dtype in ("float32", "float64", "float16", "int32", "int8", "int64")
    ]
    path.write_bytes(file_of(*made))
    assert read_by_mxnet(path) == [
        repr((place, array.dtype, array.shape, array.asnumpy().astype("float64").tolist()))
        for place, array in enumerate(mx.load(path))
    ]
