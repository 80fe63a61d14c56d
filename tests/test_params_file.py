"""Files of arrays: every record that MXNet wrote since 2015 is read, V2 is written."""

import struct
from functools import partial
from math import prod

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from params_records import (
    FLAGS,
    GPU,
    LEGACY_FILE,
    V1,
    V2,
    V2_RECORD,
    V3,
    file_of,
    load_from,
    old_record,
    refusal,
    same,
    shape_bytes,
    sparse_record,
    v1_record,
    v2_record,
    v3_record,
)

from symnet.core.context import cpu
from symnet.core.errors import ArgumentError
from symnet.ndarray import NDArray, array, empty
from symnet.storage.params_file import load_arrays
from symnet.storage.params_writing import save_arrays


@pytest.fixture
def load(tmp_path):
    return partial(load_from, tmp_path)


# -- reading ---------------------------------------------------------------------------------------


def test_the_file_of_2016_is_read(load):
    found = load(LEGACY_FILE)
    assert list(found) == ["arg:w"]
    same(found["arg:w"], [[1, -2]], "float32")


def test_the_recorded_v2_record_is_read(load):
    (found,) = load(file_of(V2_RECORD))
    same(found, [1], "float32")


@pytest.mark.parametrize("make", [old_record, v1_record, v2_record, v3_record])
@pytest.mark.parametrize("dtype", [name for name in FLAGS if name != "bfloat16"])
def test_every_record_of_every_type_is_read(load, make, dtype):
    values = [[1, 0, 1], [0, 1, 0]]
    (found,) = load(file_of(make(values, dtype, GPU)))
    same(found, values, dtype)


def test_bfloat16_is_read(load):
    record = (
        struct.pack("<Ii", V2, 0)
        + shape_bytes((2,))
        + struct.pack("<3iHH", 1, 0, 12, 0x3F80, 0xC000)
    )
    (found,) = load(file_of(record))
    same(found, [1, -2], "bfloat16")


def test_records_of_all_eras_stand_together_in_order(load):
    names = ["z", "arg:é", "", "aux:a"]
    records = [
        make([place]) for place, make in enumerate((v2_record, old_record, v1_record, v3_record))
    ]
    found = load(file_of(*records, names=names))
    assert list(found) == names
    assert [float(value) for value in found.values()] == [0, 1, 2, 3]


@pytest.mark.parametrize(
    "record",
    [
        struct.pack("<I", 0),
        struct.pack("<Ii", V1, 0),
        struct.pack("<Iii", V2, 0, 0),
        struct.pack("<Iii", V2, -1, -1),
        struct.pack("<Iiii", V2, 1, 0, 0),
        struct.pack("<Iii", V3, 0, -1),
    ],
)
def test_none_arrays_are_empty(load, record):
    none, after = load(file_of(record, v2_record([5])))
    same(none, np.zeros((0,)), "float32")
    same(after, [5], "float32")


def test_many_none_arrays_take_little_memory(load):
    """A file of some bytes for each cannot fill the memory with arrays."""
    found = load(file_of(*[struct.pack("<I", 0)] * 1000))
    assert len(found) == 1000
    assert len({id(each) for each in found}) == 1


def test_a_scalar_gets_an_axis(load):
    (found,) = load(file_of(v3_record(2.5)))
    same(found, [2.5], "float32")


def test_an_axis_may_have_length_0(load):
    found = load(file_of(v2_record(np.zeros((0, 3))), v2_record([5])))
    same(found[0], np.zeros((0, 3)), "float32")
    same(found[1], [5], "float32")


def test_no_names_make_a_list_and_nothing_is_an_empty_list(load):
    assert load(file_of()) == []
    assert isinstance(load(file_of(v2_record([1]))), list)


def test_true_is_any_byte_but_0(load):
    record = v2_record([True, True, False], "bool")[:-3] + b"\x02\xff\x00"
    (found,) = load(file_of(record))
    same(found, [True, True, False], "bool")
    assert found.torch.view(torch.uint8).tolist() == [1, 1, 0]


# -- sparse arrays ---------------------------------------------------------------------------------


@pytest.mark.parametrize("index_dtype", ["int64", "int32", "uint8"])
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "int32", "int8"])
def test_sparse_arrays_become_dense(load, dtype, index_dtype):
    rows = sparse_record(1, (4, 2), [[1, 2], [3, 4]], [3, 1], dtype=dtype, index_dtype=index_dtype)
    csr = sparse_record(
        2, (3, 4), [5, 6, 7], [0, 2, 2, 3], [0, 3, 1], dtype=dtype, index_dtype=index_dtype
    )
    found = load(file_of(rows, csr, v2_record([9])))
    same(found[0], [[0, 0], [3, 4], [0, 0], [1, 2]], dtype)
    same(found[1], [[5, 0, 0, 6], [0, 0, 0, 0], [0, 7, 0, 0]], dtype)
    same(found[2], [9], "float32")


def test_sparse_arrays_may_hold_nothing(load):
    found = load(
        file_of(
            sparse_record(1, (4, 2), np.zeros((0, 2)), []),
            sparse_record(2, (3, 4), [], [0, 0, 0, 0], []),
            sparse_record(2, (3, 4), [], [], []),
        )
    )
    for one, shape in zip(found, [(4, 2), (3, 4), (3, 4)], strict=True):
        same(one, np.zeros(shape), "float32")


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (
            sparse_record(1, (4, 2), [[1, 2]], [4]),
            "indices of a sparse array leave its axis of length 4",
        ),
        (sparse_record(1, (4, 2), [[1, 2]], [-1]), "leave its axis of length 4"),
        (
            sparse_record(1, (4, 2), [[1, 2]], [0, 1]),
            "2 stored rows of shape (1, 2) are none of (4, 2)",
        ),
        (
            sparse_record(1, (4, 2), [[1, 2, 3]], [0]),
            "1 stored rows of shape (1, 3) are none of (4, 2)",
        ),
        (sparse_record(1, (4, 2), [[1, 2]], [0], index_dtype="float32"), "cannot be float32"),
        (sparse_record(1, (4, 2), [[1, 2]], [[0]]), "have one axis, not the shape (1, 1)"),
        (
            sparse_record(2, (3, 4, 1), [5], [0, 1, 1, 1], [0]),
            "1 columns for (1,) elements of (3, 4, 1)",
        ),
        (
            sparse_record(2, (3, 4), [5], [0, 1, 1, 1], [0, 1]),
            "2 columns for (1,) elements of (3, 4)",
        ),
        (sparse_record(2, (3, 4), [5], [0, 1, 1, 1], [4]), "leave its axis of length 4"),
        (sparse_record(2, (3, 4), [5], [0, 1, 1], [0]), "do not end in order"),
        (sparse_record(2, (3, 4), [5], [0, 1, 0, 1], [0]), "do not end in order"),
        (sparse_record(2, (3, 4), [5], [0, 1, 1, 2], [0]), "do not end in order"),
        (sparse_record(2, (3, 4), [5], [1, 1, 1, 1], [0]), "do not end in order"),
        (sparse_record(2, (3, 4), [5], [], [0]), "do not end in order"),
        (sparse_record(2, (0, 4), [5], [1], [0]), "do not end in order"),
        (sparse_record(1, (2**50, 2), [[1, 2]], [0]), "the dense form of shape"),
        (sparse_record(1, (2**61, 2), [[1, 2]], [0]), "no array can have shape"),
        (sparse_record(1, (4, 2), [[1, 2]], [0], magic=V3), "no storage type has number 1"),
        (sparse_record(3, (4, 2), [[1, 2]], [0]), "no storage type has number 3"),
    ],
)
def test_sparse_arrays_that_make_no_sense_are_refused(load, record, words):
    assert words in refusal(load, file_of(record))


# -- writing ---------------------------------------------------------------------------------------


def test_v2_records_are_written(tmp_path):
    path = tmp_path / "net.params"
    save_arrays(path, {"arg:w": array([[1, -2]]), "aux:é": array([3], dtype="int64")})
    records = v2_record([[1, -2]]), v2_record([3], "int64")
    assert path.read_bytes() == file_of(*records, names=["arg:w", "aux:é"])
    save_arrays(path, [array([1])])
    assert path.read_bytes() == file_of(V2_RECORD)
    save_arrays(path, array([1]))
    assert path.read_bytes() == file_of(V2_RECORD)
    save_arrays(path, iter([]))
    assert path.read_bytes() == file_of()


dtypes = st.sampled_from(sorted(FLAGS))
shapes = st.lists(st.integers(0, 4), min_size=1, max_size=5).map(tuple)


@st.composite
def ndarrays(draw):
    """Return an array of any type, shape and bytes."""
    shape, dtype = draw(shapes), draw(dtypes)
    made = empty(shape, dtype=dtype)
    size = prod(shape) * made.torch.element_size()
    content = draw(st.binary(min_size=size, max_size=size))
    if dtype == "bool":
        content = bytes(byte % 2 for byte in content)
    raw = torch.frombuffer(bytearray(content), dtype=made.torch.dtype) if size else made.torch
    return NDArray.wrap(raw.reshape(shape), cpu())


def bits(tensor):
    return tensor.contiguous().reshape(-1).view(torch.uint8).tolist()


@given(data=st.lists(ndarrays(), max_size=4) | st.dictionaries(st.text(max_size=9), ndarrays()))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_written_is_read(data, tmp_path):
    path = tmp_path / "net.params"
    save_arrays(path, data)
    found = load_arrays(path)
    if isinstance(data, dict) and data:
        assert list(found) == list(data)
        data, found = list(data.values()), list(found.values())
    assert len(found) == len(data)
    for mine, theirs in zip(data, found, strict=True):
        assert (mine.shape, mine.dtype) == (theirs.shape, theirs.dtype)
        assert bits(mine.torch) == bits(theirs.torch)


def test_views_of_any_layout_are_written_row_by_row(tmp_path):
    grid = torch.arange(12.0).reshape(3, 4)
    views = [grid.t(), grid[:, ::2], grid[1:2], torch.tensor(7.0), grid.expand(2, 3, 4)]
    save_arrays(tmp_path / "f", [NDArray.wrap(view, cpu()) for view in views])
    for found, view in zip(load_arrays(tmp_path / "f"), views, strict=True):
        same(found, view.numpy().reshape(tuple(view.shape) or (1,)), "float32")


def test_urls_are_written_and_read():
    save_arrays("memory://deep/net.params", {"w": array([1, 2])})
    same(load_arrays("memory://deep/net.params")["w"], [1, 2], "float32")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (5, "an NDArray, or a list or dict of them, can be saved, not 5"),
        ([array([1]), np.ones(2)], "array number 1 is a ndarray; make an NDArray of it"),
        ({"w": [1, 2]}, "array 'w' is a list; make an NDArray of it"),
        ({1: array([1])}, "names of arrays are strings, not 1"),
        ({"\ud800": array([1])}, "cannot be written as UTF-8: surrogates not allowed"),
    ],
)
def test_what_cannot_be_saved_leaves_the_old_file(data, words, tmp_path):
    path = tmp_path / "net.params"
    save_arrays(path, [array([1])])
    with pytest.raises(ArgumentError) as caught:
        save_arrays(path, data)
    assert words in str(caught.value)
    assert path.read_bytes() == file_of(V2_RECORD)


def test_elements_are_read_into_the_memory_they_stay_in(tmp_path):
    path = tmp_path / "net.params"
    save_arrays(path, [array(np.zeros(1_000_000))])
    (found,) = load_arrays(path)
    assert found.torch.untyped_storage().nbytes() == 4_000_000


def test_a_missing_file_is_the_systems_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_arrays(tmp_path / "absent.params")
