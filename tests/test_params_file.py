import struct
from math import prod

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from symnet.context import cpu
from symnet.errors import ArgumentError, FormatError
from symnet.ndarray import NDArray, array, empty
from symnet.params_file import load_arrays, save_arrays

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


# -- files made by hand ----------------------------------------------------------------------------


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


@pytest.fixture
def load(tmp_path):
    def loaded(content):
        path = tmp_path / "net.params"
        path.write_bytes(content)
        return load_arrays(path)

    return loaded


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


# -- damaged files ---------------------------------------------------------------------------------


def test_an_error_names_the_file_and_the_place(load, tmp_path):
    assert refusal(load, LEGACY_FILE[:50]) == (
        f"{tmp_path / 'net.params'}: Invalid NDArray file format at byte 48: a float32 array of "
        "shape (1, 2) should take 8 bytes, but 2 are left; is the file complete?"
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "at byte 0: the file's first words should take 16 bytes, but 0 are left"),
        (b'{"nodes": []}' * 3, "at byte 0: it should begin with 0x112, not"),
        (struct.pack("<3Q", 0x112, 0, 2**63), "at byte 16: 9223372036854775808 arrays do not fit"),
        (struct.pack("<3QI", 0x112, 0, 1, 33), "at byte 24: an array has 0 to 32 axes, not 33"),
        (struct.pack("<3QI", 0x112, 0, 1, 0xF993FAC7), "an array has 0 to 32 axes, not 4187224775"),
        (
            file_of(struct.pack("<IiiQ", V2, 0, -2, 0)),
            "at byte 32: an array has 0 to 32 axes, not -2",
        ),
        (file_of(struct.pack("<Iiiq", V2, 0, 1, -3)), "at byte 36: (-3,) is no shape"),
        (
            file_of(struct.pack("<Iii2q", V2, 0, 2, 2**40, 2**40) + bytes(12)),
            "no array can have shape",
        ),
        (file_of(struct.pack("<Iii2q", V2, 0, 2, 0, 2**62) + bytes(12)), "no array can have shape"),
        (
            file_of(struct.pack("<Iiiq", V2, 0, 1, 2**40) + bytes(12)),
            "should take 4398046511104 bytes",
        ),
        (file_of(v2_record([1])[:-8] + struct.pack("<if", 8, 1)), "no element type has number 8"),
        (file_of(struct.pack("<Ii", V2, 5)), "no storage type has number 5"),
        (file_of(v2_record([1]), names=["a", "b"]), "2 names for 1 arrays"),
        (file_of(v2_record([1]), v2_record([1]), names=["a", "a"]), "the name 'a' is there twice"),
        (
            file_of(v2_record([1]), names=["a"])[:-1] + b"\xff",
            "a name is not UTF-8: invalid start byte",
        ),
        (file_of(v2_record([1]), names=["abc"])[:-1], "3 bytes of a name do not fit"),
        (file_of(v2_record([1]))[:-8], "the number of names should take 8 bytes, but 0 are left"),
    ],
)
def test_damage_is_named(load, content, words):
    assert words in refusal(load, content)


SOUND = [
    LEGACY_FILE,
    file_of(v2_record([[1, 2]], "float16"), v1_record([3], "int64"), names=["a", "arg:b"]),
    file_of(v3_record(1), old_record([[[1, 2, 3]]], "uint8"), v2_record([True], "bool")),
    file_of(
        sparse_record(1, (4, 2), [[1, 2], [3, 4]], [3, 1]),
        sparse_record(2, (3, 4), [5, 6, 7], [0, 2, 2, 3], [0, 3, 1]),
    ),
]


@pytest.mark.parametrize("content", SOUND)
def test_no_part_of_a_file_passes_for_a_file(load, content):
    load(content)
    for end in range(len(content)):
        assert "Invalid NDArray file format" in refusal(load, content[:end])


def refused_or_read(load, content):
    """Say whether the content gives arrays or the one error; any other error is raised."""
    try:
        found = load(content)
    except FormatError as error:
        return "Invalid NDArray file format at byte" in str(error)
    arrays = found.values() if isinstance(found, dict) else found
    return all(isinstance(one, NDArray) for one in arrays)


@given(content=st.sampled_from(SOUND), data=st.data())
@settings(
    deadline=None,
    max_examples=400,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_damaged_bytes_are_refused_or_read(load, content, data):
    damaged = bytearray(content)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        damaged[place] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, 8))
    assert refused_or_read(load, bytes(damaged[: len(content) - cut]))


@given(content=st.binary(max_size=200))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_noise_is_refused_or_read(load, content):
    assert refused_or_read(load, struct.pack("<2Q", 0x112, 0) + content)


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
