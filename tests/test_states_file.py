"""States of optimizers that are pickled, from files of anybody's."""

import pickle
import struct
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import symnet as mx
from symnet.storage.states_file import WrittenArray, read_states, states_to_bytes

ARRAY = np.arange(6, dtype=np.float32).reshape(2, 3)


def nested(depth: int) -> Any:
    """A list in which one list stands twice, and so on: short as bytes, long as values."""
    return reduce(lambda inner, _: [inner, inner], range(depth), [1])


@pytest.mark.parametrize("protocol", [4, 5])
@pytest.mark.parametrize(
    "array", [ARRAY, np.asfortranarray(ARRAY), ARRAY.astype(">f8"), np.array([True, False])]
)
def test_arrays_of_numpy_are_read(tmp_path: Path, array: np.ndarray, protocol: int) -> None:
    path = tmp_path / "a.states"
    path.write_bytes(pickle.dumps({0: (array, None), 1: 2.5}, protocol))
    found = read_states(path)
    np.testing.assert_array_equal(found[0][0], array)
    assert found[1] == 2.5


@pytest.mark.parametrize("array", [mx.array([[1, 2]]), mx.ones((2,), dtype="bfloat16")])
def test_arrays_of_symnet_are_read(tmp_path: Path, array: mx.NDArray) -> None:
    for content in (pickle.dumps({0: array}), states_to_bytes({0: array})):
        (tmp_path / "a.states").write_bytes(content)
        found = read_states(tmp_path / "a.states")[0]
        assert found.dtype == array.dtype
        np.testing.assert_array_equal(found.asnumpy(), array.asnumpy())


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"cbuiltins\neval\n.", "these bytes name builtins.eval"),
        (b"cos\nsystem\n(Vecho\ntR.", "these bytes name os.system"),
        (b"\x80\x02cmxnet.ndarray.ndarray\nNDArray\nN}U\x05arrayK\x01s\x86b.", "no functions and"),
        (b"\x80\x04\x8e" + struct.pack("<Q", 2**62) + b".", "no states of an optimizer"),
        (b"\x80\x04\x95" + struct.pack("<Q", 2**64 - 1) + b".", "no states of an optimizer"),
        (b"I" + b"9" * 10_000 + b"\n.", "no states of an optimizer"),
        (pickle.dumps({0: nested(19)}), "at most 1,048,576 values, 20 deep"),
        (pickle.dumps({0: nested(40)}), "at most 1,048,576 values, 20 deep"),
        (pickle.dumps([1]), "are a dict, not list"),
        (b"", "no states of an optimizer"),
    ],
)
def test_what_else_a_pickle_can_do_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "a.states"
    path.write_bytes(content)
    with pytest.raises(mx.FormatError, match=words) as caught:
        read_states(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert len(str(caught.value)) < 500 + len(str(path))
    assert callable(WrittenArray.array)


def test_no_memory_is_reserved_for_what_a_few_bytes_ask_for(tmp_path: Path) -> None:
    """Python's reader in C makes a memo of 34 GB for this."""
    path = tmp_path / "a.states"
    path.write_bytes(b"\x80\x02}r" + struct.pack("<I", 2**31 - 1) + b".")
    assert read_states(path) == {}


def test_elements_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.states"
    path.write_bytes(pickle.dumps({0: np.array([None, "x"], dtype=object)}))
    with pytest.raises(mx.FormatError, match="elements are numbers, not 'O8'"):
        read_states(path)
