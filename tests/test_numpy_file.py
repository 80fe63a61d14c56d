"""Files of NumPy: what NumPy writes is read, and anything else is refused with the file's name."""

import io
import struct
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra import numpy as arrays

from symnet.core.errors import FormatError
from symnet.core.numpy_file import read_npy, read_npz


def saved(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def archived(**members: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **members)
    return file.getvalue()


@given(array=arrays.arrays(arrays.scalar_dtypes(), arrays.array_shapes(min_dims=0, min_side=0)))
def test_what_numpy_writes_is_read(array):
    for read in (read_npy(saved(array), "a.npy"), read_npz(archived(a=array), "a.npz")["a"]):
        assert (read.dtype, read.shape, read.tobytes()) == (
            array.dtype,
            array.shape,
            array.tobytes(),
        )


def test_arrays_by_column_are_read():
    array = np.asfortranarray(np.arange(6).reshape(2, 3))
    np.testing.assert_array_equal(read_npy(saved(array), "a.npy"), array)


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_every_version_is_read(version):
    file = io.BytesIO()
    np.lib.format.write_array(file, np.arange(3), version=version)
    assert read_npy(file.getvalue(), "a.npy").tolist() == [0, 1, 2]


def header(text: str, content: bytes = b"") -> bytes:
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode() + content


DAMAGED = {
    "cut": (saved(np.ones(3))[:-1], "should hold 24 bytes"),
    "no header": (b"\x93NUMPY\x01\x00", "does not begin as an array does"),
    "no dictionary": (header("{'descr': "), "does not begin as an array does"),
    "deep": (header("(" * 5000), "does not begin as an array does"),
    "many": (
        header("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999,)}"),
        "should hold 399999999996 bytes",
    ),
    "negative": (
        header("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}"),
        "claims the shape",
    ),
    "axes": (
        header(f"{{'descr': '<f4', 'fortran_order': False, 'shape': {(1,) * 65}}}", bytes(4)),
        "claims the shape",
    ),
    "nothing each": (
        header("{'descr': '|V0', 'fortran_order': False, 'shape': (1000000000000,)}"),
        "holds elements without bytes",
    ),
    "objects": (saved(np.array([{}], object)), "pickled Python objects"),
}


@pytest.mark.parametrize("kind", DAMAGED)
def test_damage_is_told_with_the_file(kind):
    content, words = DAMAGED[kind]
    with pytest.raises(FormatError, match=rf"^some/a\.npy.*{words}") as told:
        read_npy(content, "some/a.npy")
    assert len(str(told.value)) < 500
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("x.npy", content)
    with pytest.raises(FormatError, match=rf"^a\.npz: x\.npy.*{words}"):
        read_npz(file.getvalue(), "a.npz")


def test_no_archive_and_one_that_claims_more_than_it_can_hold():
    content = archived(a=np.zeros(100_000))
    with pytest.raises(FormatError, match=r"^a\.npz is no archive of arrays: "):
        read_npz(content[:-30], "a.npz")
    size = struct.pack("<I", 800_128)  # as it stands in the directory at the archive's end
    place = content.rindex(size)
    bomb = content[:place] + struct.pack("<I", 2**31) + content[place + 4 :]
    with pytest.raises(FormatError, match=r"a\.npy: \d+ bytes cannot unpack to 2147483648"):
        read_npz(bomb, "a.npz")
