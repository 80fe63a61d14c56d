"""Files of arrays that are none: always FormatError with file and place, nothing else."""

import struct
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from params_records import (
    LEGACY_FILE,
    V2,
    file_of,
    load_from,
    old_record,
    refusal,
    sparse_record,
    v1_record,
    v2_record,
    v3_record,
)

from symnet.core.errors import FormatError
from symnet.ndarray import NDArray


@pytest.fixture
def load(tmp_path):
    return partial(load_from, tmp_path)


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
