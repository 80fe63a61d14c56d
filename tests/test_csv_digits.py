"""Whole numbers of CSV files: the float32 nearest to each, and what is left to the other parser."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symnet.data.tables import _digits
from symnet.data.tables._digits import read_whole_numbers


@settings(max_examples=60, deadline=None)
@given(
    columns=st.integers(1, 7),
    rows=st.integers(1, 30),
    most=st.integers(0, 8),
    least=st.sampled_from([0, -1, -8]),
    end=st.sampled_from(["\n", "\r\n"]),
    ended=st.booleans(),
    block=st.integers(1, 40),
    seed=st.integers(0, 1000),
)
def test_numbers_are_read_as_python_reads_them(
    columns: int, rows: int, most: int, least: int, end: str, ended: bool, block: int, seed: int
) -> None:
    draw = np.random.default_rng(seed)
    numbers = draw.integers(-(10**-least) + 1, 10**most, (rows, columns))
    text = end.join(",".join(map(str, row)) for row in numbers) + end * ended
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_digits, "_NUMBERS", block)
        read = read_whole_numbers(text.encode(), columns)
    assert read is not None
    assert read.dtype == np.float32
    # Python's whole numbers are exact, and NumPy rounds them once.
    np.testing.assert_array_equal(read, numbers.astype(np.float32))


@pytest.mark.parametrize("text", ["007", "-0", "00000001", "16777217", "99999999", "-16777219"])
def test_every_way_to_write_a_number(text: str) -> None:
    read = read_whole_numbers(f"{text},1\n".encode(), 2)
    assert read is not None
    assert read[0, 0] == np.float32(int(text))
    assert np.signbit(read[0, 0]) == text.startswith("-")


@pytest.mark.parametrize(
    "line",
    [
        "1.5,2", "1,2e3", "1,+2", "1, 2", "1,", ",1", "1,-", "1,--2", "1-2,3", "1,2,3", "1",
        "123456789,1", "nan,1", "1,2\n\n3,4", "\n1,2", "1,2\r3,4", '"1",2', "1,2\0", "\ufeff1,2",
    ],
)  # fmt: skip
def test_anything_else_is_left_to_the_general_parser(line: str) -> None:
    assert read_whole_numbers(f"{line}\n".encode(), 2) is None
