"""Comparisons of arrays against NumPy's, hashing, and what is refused."""

import operator
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from ndarray_helpers import message
from numpy.testing import assert_array_equal

from symnet.core.context import cpu
from symnet.core.errors import ArgumentError, DTypeError, ShapeError
from symnet.ndarray import NDArray, array, ones, zeros

COMPARISONS = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
DTYPES = ["float32", "float64", "float16", "uint8", "int8", "int32", "int64", "bool"]


@pytest.mark.parametrize("compare", COMPARISONS.values(), ids=COMPARISONS)
@given(
    numbers=st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=1, max_size=4),
    dtype=st.sampled_from(DTYPES),
)
def test_elements_are_compared_as_numpy_compares_them(
    compare: Any, numbers: list[tuple[int, int]], dtype: str
) -> None:
    left, right = np.array(numbers, dtype).T
    found = compare(array(left, cpu(1), dtype), array(right, dtype=dtype))
    assert (found.dtype, found.context) == ("bool", cpu(1))
    assert_array_equal(found.asnumpy(), compare(left, right))
    arr = array(left, dtype=dtype)
    assert_array_equal(compare(arr, 1).asnumpy(), compare(left, 1))
    assert_array_equal(compare(1, arr).asnumpy(), compare(1, left))


def test_numbers_are_those_of_the_array() -> None:
    assert bool(array([0.1]) == 0.1)  # although 0.1 of float32 is another number
    nothing = array([np.nan, 1])
    assert_array_equal((nothing == nothing[:]).asnumpy(), [False, True])
    assert_array_equal((array([1, np.inf]) < float("inf")).asnumpy(), [True, False])


@pytest.mark.parametrize("sign", COMPARISONS)
def test_comparisons_that_are_refused(sign: str) -> None:
    compare = COMPARISONS[sign]
    with pytest.raises(
        ShapeError,
        match=message(
            f"(2,) {sign} (3,): shapes must be equal, nothing is broadcast; "
            "reshape or repeat one operand first"
        ),
    ):
        compare(ones(2), ones(3))
    with pytest.raises(DTypeError, match=rf"^float32 {sign} int32: convert one operand"):
        compare(ones(2), ones(2, dtype="int32"))
    with pytest.raises(DTypeError, match=rf"^int32 {sign} 0.5: not a whole number"):
        compare(ones(2, dtype="int32"), 0.5)
    with pytest.raises(DTypeError, match=rf"^bool {sign} 2: bool goes from 0 to 1"):
        compare(zeros(2, dtype="bool"), 2)


@pytest.mark.parametrize("other", [np.ones(2), torch.ones(2), [1, 1], (1, 1)], ids=repr)
@pytest.mark.parametrize("sign", ["==", "!=", "<"])
def test_host_data_is_not_silently_unequal(sign: str, other: Any) -> None:
    found = (
        f"NDArray {sign} {type(other).__name__}: an NDArray is compared with another or with a "
        "number; mx.array(...) makes one of host data"
    )
    with pytest.raises(ArgumentError, match=message(found)):
        COMPARISONS[sign](ones(2), other)


def test_strangers_are_unequal() -> None:
    arr = ones(2)
    for other in (None, "a", {}, object()):
        assert (arr == other) is False
        assert (arr != other) is True
        with pytest.raises(TypeError, match="'<' not supported between"):
            operator.lt(arr, other)


def test_arrays_are_hashed_by_identity() -> None:
    first, second = ones(2), ones(2)
    assert {first: "first", second: "second"}[first] == "first"
    assert len({first, second, first[:]}) == 2


def test_a_comparison_of_several_elements_is_neither_true_nor_false() -> None:
    found = "only an array of one element is true or false, this one has shape (2,)"
    with pytest.raises(ShapeError, match=message(found)):
        assert ones(2) == ones(2)
    assert isinstance(ones(2) == ones(2), NDArray)
