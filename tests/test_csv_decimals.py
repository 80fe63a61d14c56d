"""Decimals of CSV files: the float32 nearest to each, and what is left to pyarrow."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symnet.data.tables import _csv_rows as csv_rows

pytest.importorskip("symnet.data.tables._decimals", reason="there was no C compiler")


def quick(text: str, columns: int = 1) -> np.ndarray | None:
    return csv_rows._read_quickly(text.encode(), columns, text.count("\n"))


def nearest(number: str) -> np.float32:
    """Return the float32 nearest to a decimal number, by exact fractions."""
    exact = Fraction(number)
    near = np.float32(number)
    around = [np.nextafter(near, np.float32(way)) for way in (-np.inf, np.inf)]
    return min([*around, near], key=lambda each: (abs(Fraction(float(each)) - exact), even(each)))


def even(number: np.float32) -> int:
    return int(number.view(np.uint32)) % 2


@settings(max_examples=150, deadline=None)
@given(
    sign=st.sampled_from(["", "-"]),
    before=st.from_regex(r"[0-9]{0,12}", fullmatch=True),
    after=st.from_regex(r"[0-9]{0,25}", fullmatch=True),
    power=st.sampled_from(["", "e0", "e-5", "E+7", "e12", "e-25", "e-30"]),
)
def test_decimals_are_the_nearest_float32(sign, before, after, power) -> None:
    number = f"{sign}{before or '0'}.{after}{power}"
    read = quick(f"{number}\n")
    assert read is None or read[0, 0] == nearest(number)
    assert read is None or np.signbit(read[0, 0]) == (sign == "-")
    assert read is not None or not 1e-37 < abs(float(number)) < 1e38 or len(before + after) > 15


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 25))
def test_decimals_where_two_float32_meet(bits: int, digits: int) -> None:
    low = np.uint32(bits).view(np.float32)
    if not 1e-10 < abs(low) < 1e10:
        return
    middle = (Fraction(float(low)) + Fraction(float(np.nextafter(low, np.float32(np.inf))))) / 2
    number = f"{Decimal(middle.numerator) / Decimal(middle.denominator):.{digits}e}"
    read = quick(f"{number}\n")
    assert read is None or read[0, 0] == nearest(number)
    assert read is not None or digits > 14


@pytest.mark.parametrize(
    "number",
    [
        "16777217.0",
        "1.677721700000000000e+07",
        "16777219e0",
        "8388608.5",
        "0.1",
        "-0.0",
        ".5",
        "7.",
    ],
)
def test_decimals_that_are_not_left(number: str) -> None:
    read = quick(f"{number}\n")
    assert read is not None
    assert read[0, 0] == nearest(number)


@pytest.mark.parametrize(
    "line",
    [
        "1,+2", "1, 2", "1,", ",1", "1,-", "1,--2", "1-2,3", "1,2,3", "1", "nan,1", "inf,1", ".,1",
        "1e,1", "1e+,1", "1,2\r3,4", '"1",2', "1,2\0", "1\0,2", "\ufeff1,2", "1e40,1", "1e-40,1",
        "1e-400,1", "1e99999999999,1", "-.e5,1", "1.2.3,4", "0x1,2", "1_0,2", "1;2", "e5,1",
    ],
)  # fmt: skip
def test_what_is_no_plain_decimal_is_left_to_pyarrow(line: str) -> None:
    assert quick(f"{line}\n", 2) is None
    assert quick(line, 2) is None


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("ended", [False, True])
def test_lines_of_decimals(end: str, ended: bool) -> None:
    lines = ["", "1.25,-2e3", "", "", "3,0.5"]
    read = quick(end.join(lines) + end * ended, 2)
    np.testing.assert_array_equal(read, [[1.25, -2000], [3, 0.5]])
    assert quick(end * 3, 2).shape == (0, 2)


@settings(max_examples=60, deadline=None)
@given(
    rows=st.integers(1, 20),
    columns=st.integers(1, 5),
    form=st.sampled_from(["%.18e", "%.6g", "%.17g", "%d", "%.30f"]),
    scale=st.sampled_from([1, 255, 1e-20, 1e20]),
    seed=st.integers(0, 1000),
)
def test_decimals_as_pyarrow_reads_them(rows, columns, form, scale, seed) -> None:
    numbers = np.random.default_rng(seed).standard_normal((rows, columns)) * scale
    text = "\n".join(",".join(form % each for each in row) for row in numbers)
    read = quick(text, columns)
    assert read is not None
    assert read.tobytes() == csv_rows._parse(text.encode(), columns).tobytes()


@pytest.mark.parametrize("odd", ["nan", " 1", "1e-40"])
def test_one_other_field_changes_nothing_else(tmp_path, odd: str) -> None:
    path = tmp_path / "x.csv"
    path.write_text("\n".join(["7.5,-8"] * 500 + [f"{odd},1"] + ["7.5,-8"] * 5000))
    rows = csv_rows.CSVRows("Test", path, 2, wanted="", ahead=0, memory=0)
    rows._piece = 1000
    read = np.concatenate(list(rows.pieces()))
    np.testing.assert_array_equal(read[500], [np.float32(odd), 1])
    np.testing.assert_array_equal(np.delete(read, 500, 0), [[7.5, -8]] * 5500)
