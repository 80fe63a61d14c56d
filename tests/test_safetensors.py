"""Safetensors files: there and back, from and to the package's own functions, and hostile ones."""

import json
import struct

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.torch import load_file, save_file

import symnet as mx
from symnet.core.paths import read_bytes, write_atomically

DTYPES = {
    "float32": torch.float32,
    "float64": torch.float64,
    "float16": torch.float16,
    "bfloat16": torch.bfloat16,
    "uint8": torch.uint8,
    "int8": torch.int8,
    "int32": torch.int32,
    "int64": torch.int64,
    "bool": torch.bool,
}


@pytest.fixture(params=["local", "memory"])
def path(request, tmp_path):
    return {
        "local": tmp_path / "net.safetensors",
        "memory": f"memory:/{tmp_path}/net.safetensors",
    }[request.param]


def file_of(header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def array_of(dtype="F32", shape=(2,), offsets=(0, 8)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


# -- there and back --------------------------------------------------------------------------------


def test_what_is_saved_is_loaded(path):
    arrays = {name: mx.array([[1, 0, 1], [0, 1, 1]], dtype=name) for name in DTYPES}
    arrays |= {"empty": mx.empty((0, 3)), "größe:π": mx.array([-2.5])}
    mx.save(path, arrays)
    for found in (mx.load(path), mx.load(path, mx.NDArray)):
        assert found.keys() == arrays.keys()
        for name, array in arrays.items():
            assert (found[name].dtype, found[name].shape) == (array.dtype, array.shape)
            assert found[name].context == mx.cpu()
            assert found[name].writable
            np.testing.assert_array_equal(found[name].asnumpy(), array.asnumpy())


def test_torch_reads_what_is_written(tmp_path):
    path = tmp_path / "net.safetensors"
    grid = torch.arange(12.0).reshape(3, 4)
    tensors = {name: torch.tensor([1, 0, 1]).to(dtype) for name, dtype in DTYPES.items()}
    tensors |= {"turned": grid.t(), "again": grid.t(), "wide": grid.expand(2, 3, 4)}
    mx.save(path, {name: mx.NDArray.wrap(each, mx.cpu()) for name, each in tensors.items()})
    found = load_file(path)
    assert found.keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert found[name].dtype == tensor.dtype
        assert torch.equal(found[name], tensor)
    with safe_open(path, framework="pt") as file:
        assert file.metadata() == {"format": "pt"}


def test_every_array_lies_where_its_type_likes_to_lie(tmp_path):
    path = tmp_path / "net.safetensors"
    mx.save(path, {name: mx.array([1, 0, 1], dtype=name) for name in reversed(DTYPES)})
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    del header["__metadata__"]
    for name, each in header.items():
        assert (8 + length + each["data_offsets"][0]) % DTYPES[name].itemsize == 0
    assert list(mx.load(path)) == list(header)


def test_what_torch_writes_is_read(tmp_path):
    path = tmp_path / "net.safetensors"
    tensors = {name: torch.tensor([1, 0, 3]).to(dtype) for name, dtype in DTYPES.items()}
    save_file({**tensors, "scalar": torch.tensor(2.5), "empty": torch.empty(0, 2)}, path)
    found = mx.load(path)
    for name, tensor in tensors.items():
        assert found[name].dtype == name
        assert torch.equal(found[name].torch, tensor)
    assert found["scalar"].shape == (1,)
    assert float(found["scalar"]) == 2.5
    assert found["empty"].shape == (0, 2)
    assert mx.load_metadata(path) == {}


def test_metadata(path):
    mx.save(path, {"w": mx.ones(1)}, metadata={"epoch": "12", "größe": "π"})
    assert mx.load_metadata(path) == {"epoch": "12", "format": "pt", "größe": "π"}
    mx.save(path, {}, metadata={"format": "mx"})
    assert mx.load_metadata(path) == {"format": "mx"}
    assert mx.load(path) == {}


@given(
    arrays=st.dictionaries(
        st.text(max_size=9).filter(lambda name: name != "__metadata__"),
        st.tuples(st.sampled_from(sorted(DTYPES)), st.lists(st.integers(0, 4), max_size=4)),
        max_size=4,
    )
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_names_and_shapes(arrays, tmp_path):
    made = {
        name: torch.randint(0, 2, shape).to(DTYPES[dtype])
        for name, (dtype, shape) in arrays.items()
    }
    path = tmp_path / "net.safetensors"
    mx.save(path, {name: mx.NDArray.wrap(each, mx.cpu()) for name, each in made.items()})
    theirs, ours = load_file(path), mx.load(path)
    assert theirs.keys() == ours.keys() == made.keys()
    for name, each in made.items():
        expected = each.reshape(tuple(each.shape) or (1,))
        assert torch.equal(theirs[name], expected)
        assert torch.equal(ours[name].torch, expected)


# -- what cannot be saved --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "metadata", "words"),
    [
        ([mx.ones(1)], None, "arrays by name: give a dict, .* or save to a .params file; got list"),
        (mx.ones(1), None, "arrays by name: give a dict, .*; got NDArray"),
        ({"w": np.ones(1)}, None, r"array 'w' is a ndarray; make an NDArray of it with mx.array"),
        ({1: mx.ones(1)}, None, "cannot be called 1"),
        ({"__metadata__": mx.ones(1)}, None, "cannot be called '__metadata__'"),
        ({"\ud800": mx.ones(1)}, None, "cannot be written as UTF-8"),
        ({}, {"epoch": 3}, "metadata must be a dict of strings, got {'epoch': 3}"),
        ({}, ["epoch"], "metadata must be a dict of strings"),
        (mx.Variable("x"), None, "a symbol is written as JSON; let the name end in .json"),
    ],
)
def test_what_cannot_be_saved_leaves_the_old_file(data, metadata, words, path):
    mx.save(path, {"w": mx.ones(2)})
    before = read_bytes(path)
    with pytest.raises(mx.ArgumentError, match=words):
        mx.save(path, data, metadata)
    assert read_bytes(path) == before


@pytest.mark.parametrize("data", [[mx.ones(1)], mx.Variable("x")])
def test_other_files_have_no_room_for_metadata(data, tmp_path):
    with pytest.raises(mx.ArgumentError, match=r"only a \.safetensors file has room for metadata"):
        mx.save(tmp_path / "net.params", data, {})
    assert list(tmp_path.iterdir()) == []


# -- hostile files ---------------------------------------------------------------------------------

TWICE = b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1]}}'
HOSTILE = {
    "empty": (b"", "at byte 0: its first 8 bytes cannot be in a file of 0 bytes"),
    "short": (b"123", "at byte 0: its first 8 bytes cannot be in a file of 3 bytes"),
    "length": (struct.pack("<Q", 2**63), f"a header of {2**63} bytes cannot be in a file of 8"),
    "past the end": (struct.pack("<Q", 3) + b"{}", "a header of 3 bytes cannot be in a file of 10"),
    "pickle": (b"\x80\x04cos\nsystem\n" * 9, "cannot be in a file of"),
    "no JSON": (file_of(b"{nope"), "in the header at byte 8: invalid JSON"),
    "no UTF-8": (file_of(b'{"\xff": 1}'), "in the header at byte 8: invalid UTF-8"),
    "no object": (file_of(b"[]"), "in the header at byte 8: invalid JSON"),
    "deep": (file_of(b'{"a":' + b"[" * 200_000), "recursion limit exceeded"),
    "long word": (file_of({"a": array_of("F" * 10**6)}, bytes(8)), "invalid JSON"),
    "half a key": (file_of(TWICE, bytes(4)), "invalid JSON"),
    "metadata": (file_of({"__metadata__": {"a": 1}}), "invalid JSON"),
    "cut": (
        file_of({"a": array_of()}, bytes(4)),
        "at byte 73: the arrays do not end with the file",
    ),
    "more": (file_of({"a": array_of()}, bytes(9)), "at byte 78: the arrays do not end with"),
    "overlap": (file_of({"a": array_of(), "b": array_of()}, bytes(8)), "invalid offset for tensor"),
    "hole": (file_of({"a": array_of(offsets=(8, 16))}, bytes(16)), "invalid offset for tensor `a`"),
    "backwards": (file_of({"a": array_of(offsets=(8, 0))}, bytes(8)), "in the header at byte 8"),
    "overflow": (file_of({"a": array_of(shape=(2**62, 2**62))}, bytes(8)), "overflow"),
    "negative": (file_of({"a": array_of(shape=(-1,))}, bytes(8)), "invalid value: integer `-1`"),
    "fraction": (file_of({"a": array_of(offsets=(0.0, 8.0))}, bytes(8)), "floating point"),
    "no such type": (file_of({"a": array_of("Q9")}, bytes(8)), "unknown variant `Q9`"),
    "float8": (file_of({"a": array_of("F8_E4M3", (8,))}, bytes(8)), "array 'a' is of type F8_E4M3"),
    "axes": (file_of({"a": array_of("U8", [1] * 33, (0, 1))}, b"1"), "array 'a' has 33 axes"),
    "hollow": (
        file_of({"a": array_of(shape=(0, 2**62, 8), offsets=(0, 0))}),
        f"array 'a' has shape [0, {2**62}, 8], which no array can have",
    ),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_files_are_refused(case, path):
    content, words = HOSTILE[case]
    with write_atomically(path) as file:
        file.write(content)
    with pytest.raises(mx.FormatError) as caught:
        mx.load(path)
    assert str(caught.value).startswith(f"{path}: Invalid safetensors file")
    assert words in str(caught.value)
    assert len(str(caught.value)) < 1000
    if "'a'" not in words:  # whether an array can be held is seen when it is read
        with pytest.raises(mx.FormatError):
            mx.load_metadata(path)


def test_no_part_of_a_file_passes_for_a_file(tmp_path):
    path = tmp_path / "net.safetensors"
    mx.save(path, {"a": mx.ones((2, 3)), "b": mx.array([True], dtype="bool")})
    whole = path.read_bytes()
    for end in range(len(whole)):
        path.write_bytes(whole[:end])
        with pytest.raises(mx.FormatError, match="Invalid safetensors file"):
            mx.load(path)


def test_true_is_any_byte_but_0(tmp_path):
    path = tmp_path / "net.safetensors"
    path.write_bytes(file_of({"a": array_of("BOOL", (3,), (0, 3))}, b"\x02\x00\xff"))
    assert mx.load(path)["a"].torch.view(torch.uint8).tolist() == [1, 0, 1]


def test_a_missing_file_is_the_systems_error(path):
    with pytest.raises(FileNotFoundError):
        mx.load(path)
