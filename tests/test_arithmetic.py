"""Arithmetic of NDArrays: docs/semantics §1.6 against NumPy, and what is refused."""

import operator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from ndarray_helpers import message
from numpy.testing import assert_array_equal

from symnet.core.context import cpu, gpu
from symnet.core.errors import ArgumentError, DeviceError, DTypeError, ShapeError
from symnet.ndarray import NDArray, add_to, array, div_from, full, mul_to, ones, sub_from, zeros

# -- results in new arrays -------------------------------------------------------------------------


OPERATIONS = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "**": operator.pow,
}
NUMBERS = [
    3,
    -1,
    2.5,
    True,
    2**70,
    Fraction(5, 2),
    np.float32(0.5),
    np.float64(2.5),
    np.int64(3),
    np.uint8(2),
    np.bool_(1),
]
LEFT = np.array([[1, 2.5, 4], [0.5, 3, 7]], "float32")
RIGHT = np.array([[2, 0.5, 3], [1, 2, 0.25]], "float32")


@pytest.mark.parametrize("sign", OPERATIONS)
def test_two_arrays(sign: str) -> None:
    operate = OPERATIONS[sign]
    left, right = array(LEFT, cpu(1)), array(RIGHT)
    result = operate(left, right)
    np.testing.assert_allclose(result.asnumpy(), operate(LEFT, RIGHT), rtol=1e-6)
    assert (result.dtype, result.context) == ("float32", cpu(1))  # the first array's
    assert_array_equal(left.asnumpy(), LEFT)
    assert_array_equal(right.asnumpy(), RIGHT)


@pytest.mark.parametrize("sign", OPERATIONS)
@pytest.mark.parametrize("number", NUMBERS, ids=repr)
def test_array_and_number(sign: str, number: Any) -> None:
    operate, arr = OPERATIONS[sign], array(LEFT)
    with np.errstate(invalid="ignore", over="ignore"):  # (-1) ** 2.5, 4 ** 2**70
        right, left = operate(LEFT, np.float32(number)), operate(np.float32(number), LEFT)
    for result, expected in [(operate(arr, number), right), (operate(number, arr), left)]:
        assert isinstance(result, NDArray)
        assert result.dtype == "float32"
        np.testing.assert_allclose(result.asnumpy(), expected, rtol=1e-6)
    assert_array_equal(arr.asnumpy(), LEFT)


@pytest.mark.parametrize("dtype", ["float16", "float64", "int32", "uint8", "int8", "int64"])
def test_arithmetic_keeps_the_dtype(dtype: str) -> None:
    arr = array([4, 2], dtype=dtype)
    for result in (arr + arr, arr * 2, 2 - arr, 8 / arr, arr / np.int64(2), arr**2, -arr):
        assert result.dtype == dtype


def test_a_number_over_an_array_is_rounded_once() -> None:
    """torch's own ``number / tensor`` multiplies by the reciprocal."""
    divisors = np.arange(1, 2000, dtype="float32")
    assert_array_equal((3 / array(divisors)).asnumpy(), np.float32(3) / divisors)


def test_numbers_beyond_a_float_type_are_infinite() -> None:
    assert_array_equal((ones(2) * 1e40).asnumpy(), [np.inf, np.inf])
    found = "the number is beyond every float; float('inf') is one"
    with pytest.raises(DTypeError, match=message(found)):
        ones(2) * 2**2000


def test_signs() -> None:
    arr = array([0, 1])
    assert_array_equal((-arr).asnumpy(), [0, -1])
    assert +arr is arr
    assert_array_equal(arr.asnumpy(), [0, 1])


def test_long_sums() -> None:
    assert_array_equal((1 + ones(2) + 2.5 + ones(2)).asnumpy(), [5.5, 5.5])


def test_float_division_by_zero_is_ieee() -> None:
    found = (array([1.0, -1.0, 0.0]) / 0).asnumpy()
    assert_array_equal(found, [np.inf, -np.inf, np.nan])


def test_integer_division_truncates() -> None:
    arr = array([7, -7, 6], dtype="int32")
    assert_array_equal((arr / 2).asnumpy(), [3, -3, 3])
    assert_array_equal((arr / array([-2, 2, 4], dtype="int32")).asnumpy(), [-3, -3, 1])
    assert_array_equal((20 / arr).asnumpy(), [2, -2, 3])
    arr /= 2
    assert_array_equal(arr.asnumpy(), [3, -3, 3])


@given(
    left=st.lists(st.integers(-128, 127), min_size=1, max_size=5),
    right=st.integers(-128, 127).filter(bool),
    dtype=st.sampled_from(["int8", "int32", "int64", "uint8"]),
)
def test_integer_quotients(left: list[int], right: int, dtype: str) -> None:
    """As Python's, truncated, in the type's own range: -128 / -1 is -128 again in int8."""
    if dtype == "uint8":
        left, right = [abs(each) for each in left], abs(right)
    expected = np.array([int(Fraction(each, right)) for each in left]).astype(dtype)
    arr = array(left, dtype=dtype)
    assert_array_equal((arr / right).asnumpy(), expected)
    assert_array_equal((arr / full(arr.shape, right, dtype=dtype)).asnumpy(), expected)
    arr /= right
    assert_array_equal(arr.asnumpy(), expected)


@pytest.mark.parametrize("dtype", ["int32", "int64"])
def test_the_least_integer_over_minus_one(dtype: str) -> None:
    """The processor traps on it; NumPy returns the least integer again."""
    least = np.iinfo(dtype).min
    arr = array(np.array([least, 6]), dtype=dtype)
    for quotient in (arr / -1, arr / array([-1, -1], dtype=dtype), arr * -1, -arr):
        assert_array_equal(quotient.asnumpy(), [least, -6])
    assert_array_equal((least / array([-1, 2], dtype=dtype)).asnumpy(), [least, least // 2])


def test_unsigned_quotients() -> None:
    """255 is -1 for who looks at the bits."""
    arr = array([254, 7], dtype="uint8")
    assert_array_equal((arr / array([255, 2], dtype="uint8")).asnumpy(), [0, 3])


NOT_WHOLE = [
    (lambda arr: arr / 0, "divided by 0"),
    (lambda arr: arr / (arr - 1), "divided by 0"),
    (lambda arr: 5 / (arr - 1), "divided by 0"),
    (lambda arr: operator.itruediv(arr, 0), "divided by 0"),
    (lambda arr: operator.itruediv(arr, arr - 1), "divided by 0"),
    (lambda arr: div_from(arr, 0), "divided by 0"),
    (lambda arr: arr**-1, "to a negative power"),
    (lambda arr: arr ** (arr - 2), "to a negative power"),
    (lambda arr: 2 ** (arr - 2), "to a negative power"),
]


@pytest.mark.parametrize(("operate", "what"), NOT_WHOLE)
@pytest.mark.parametrize("dtype", ["int8", "int32", "int64"])
def test_results_that_are_not_whole(operate: Any, what: str, dtype: str) -> None:
    arr = array([1, 2], dtype=dtype)
    found = (
        f"a whole number {what} is no whole number; "
        "convert the arrays with .astype('float32') first"
    )
    with pytest.raises(ArgumentError, match=message(found)):
        operate(arr)
    assert_array_equal(arr.asnumpy(), [1, 2])


@pytest.mark.parametrize("sign", OPERATIONS)
@pytest.mark.parametrize(
    ("dtype", "number", "least", "greatest"),
    [
        ("int32", float("inf"), -(2**31), 2**31 - 1),
        ("int32", float("nan"), -(2**31), 2**31 - 1),
        ("int64", 2**70, -(2**63), 2**63 - 1),
        ("int8", 300, -128, 127),
        ("uint8", -1, 0, 255),
    ],
)
def test_integers_have_a_range(
    sign: str, dtype: str, number: float, least: int, greatest: int
) -> None:
    arr = array([1, 2], dtype=dtype)
    found = message(
        f"{dtype} {sign} {number}: {dtype} goes from {least} to {greatest}; "
        "convert the array with .astype(...) first"
    )
    operations = [OPERATIONS[sign], *IN_PLACE.get(sign, ())]
    for operate in operations:
        with pytest.raises(DTypeError, match=found):
            operate(arr, number)
    assert_array_equal(arr.asnumpy(), [1, 2])


BOOL_ARITHMETIC = [
    (lambda arr: arr + 1, "+"),
    (lambda arr: 1 - arr, "-"),
    (lambda arr: arr - arr, "-"),
    (lambda arr: arr * 1, "*"),
    (lambda arr: arr / True, "/"),
    (lambda arr: arr**True, "**"),
    (lambda arr: -arr, "-"),
    (lambda arr: operator.iadd(arr, 1), "+"),
    (lambda arr: add_to(arr, arr), "+"),
]


@pytest.mark.parametrize(("operate", "sign"), BOOL_ARITHMETIC)
def test_bool_arrays_have_no_arithmetic(operate: Any, sign: str) -> None:
    arr = array([1, 0], dtype="bool")
    found = f"bool arrays have no arithmetic ({sign}); convert with .astype('float32') first"
    with pytest.raises(DTypeError, match=message(found)):
        operate(arr)
    assert_array_equal(arr.asnumpy(), [True, False])


@pytest.mark.parametrize("sign", OPERATIONS)
@pytest.mark.parametrize("shape", [(3,), (1, 3), (2, 1), (3, 2), (2, 3, 1)], ids=str)
def test_nothing_is_broadcast(sign: str, shape: tuple[int, ...]) -> None:
    found = (
        f"(2, 3) {sign} {shape}: shapes must be equal, nothing is broadcast; "
        "reshape or repeat one operand first"
    )
    with pytest.raises(ShapeError, match=message(found)):
        OPERATIONS[sign](ones(2, 3), ones(shape))


@pytest.mark.parametrize("sign", OPERATIONS)
def test_dtypes_are_not_mixed(sign: str) -> None:
    found = f"float32 {sign} float64: convert one operand with .astype(...)"
    with pytest.raises(DTypeError, match=message(found)):
        OPERATIONS[sign](ones(2), ones(2, dtype="float64"))


@pytest.mark.parametrize("sign", OPERATIONS)
def test_integers_take_whole_numbers_only(sign: str) -> None:
    arr = array([1, 2], dtype="int32")
    found = message(
        f"int32 {sign} 0.5: not a whole number; convert the array with .astype('float32') first"
    )
    with pytest.raises(DTypeError, match=found):
        OPERATIONS[sign](arr, 0.5)
    with pytest.raises(DTypeError, match=found):
        OPERATIONS[sign](np.float32(0.5), arr)
    assert_array_equal((arr + 2.0).asnumpy(), [3, 4])


@pytest.mark.parametrize("other", ["a", None, [1, 1], 1j, np.ones(2)], ids=repr)
def test_other_operands(other: Any) -> None:
    for operate in OPERATIONS.values():
        with pytest.raises(TypeError):
            operate(ones(2), other)
        with pytest.raises(TypeError):
            operate(other, ones(2))


# -- in place --------------------------------------------------------------------------------------

IN_PLACE = {
    "+": (operator.iadd, add_to),
    "-": (operator.isub, sub_from),
    "*": (operator.imul, mul_to),
    "/": (operator.itruediv, div_from),
}


@pytest.mark.parametrize("sign", IN_PLACE)
@pytest.mark.parametrize("other", [array(RIGHT), 2.5, np.float32(0.5), np.int64(3)], ids=repr)
def test_in_place_keeps_identity(sign: str, other: Any) -> None:
    with_number = not isinstance(other, NDArray)
    expected = OPERATIONS[sign](LEFT, np.float32(other) if with_number else RIGHT)
    for change in IN_PLACE[sign]:
        arr = array(LEFT)
        memory = arr.torch.data_ptr()
        assert change(arr, other) is arr
        assert arr.torch.data_ptr() == memory
        np.testing.assert_allclose(arr.asnumpy(), expected, rtol=1e-6)


@pytest.mark.parametrize("sign", IN_PLACE)
@pytest.mark.parametrize(
    ("other", "error"),
    [
        (ones(3), ShapeError),
        (ones(1), ShapeError),
        (ones(2, dtype="float64"), DTypeError),
    ],
    ids=["longer", "one element", "float64"],
)
def test_failing_in_place_changes_nothing(sign: str, other: Any, error: type[Exception]) -> None:
    for change in IN_PLACE[sign]:
        arr = array([0, 1])
        with pytest.raises(error):
            change(arr, other)
        assert_array_equal(arr.asnumpy(), [0, 1])


@pytest.mark.parametrize("sign", IN_PLACE)
@pytest.mark.parametrize("other", ["a", [1, 1], np.ones(2), None], ids=str)
def test_other_operands_in_place(sign: str, other: Any) -> None:
    operate, function = IN_PLACE[sign]
    with pytest.raises(TypeError, match="operand"):
        operate(ones(2), other)
    found = (
        f"{function.__name__}: an operand must be an NDArray or a number, got "
        f"{type(other).__name__}; mx.array(...) makes an NDArray of host data"
    )
    with pytest.raises(ArgumentError, match=message(found)):
        function(ones(2), other)
    found = f"{function.__name__}: the destination must be an NDArray, got list"
    with pytest.raises(ArgumentError, match=message(found)):
        function([1, 1], 1)


def test_powers_are_not_in_place() -> None:
    arr = same = array([1, 2])
    found = "only += -= *= /= work in place; write arr[:] = arr ** number instead"
    with pytest.raises(ArgumentError, match=message(found)):
        arr **= 2
    assert arr is same
    assert_array_equal(arr.asnumpy(), [1, 2])


@pytest.mark.parametrize("sign", IN_PLACE)
def test_in_place_with_itself(sign: str) -> None:
    arr = array(LEFT)
    IN_PLACE[sign][0](arr, arr)
    np.testing.assert_allclose(arr.asnumpy(), OPERATIONS[sign](LEFT, LEFT), rtol=1e-6)


def test_add_to_takes_several() -> None:
    arr = ones(2)
    assert add_to(arr, 2, array([1, 2]), np.float32(0.5)) is arr
    assert_array_equal(arr.asnumpy(), [4.5, 5.5])


def test_add_to_checks_all_before_it_adds_any() -> None:
    for wrong, error in [
        (ones(3), ShapeError),
        (ones(2, dtype="float64"), DTypeError),
        ([1, 1], ArgumentError),
    ]:
        arr = zeros(2)
        with pytest.raises(error):
            add_to(arr, 1, ones(2), wrong)
        assert_array_equal(arr.asnumpy(), [0, 0])


def test_add_to_adds_what_was_there() -> None:
    arr = array([1, 2, 3])
    assert_array_equal(add_to(arr, arr, 1, arr).asnumpy(), [4, 7, 10])
    arr = array([1, 2, 3])
    add_to(arr[0:2], arr[1:3], arr[1:3])
    assert_array_equal(arr.asnumpy(), [5, 8, 3])
    assert add_to(arr) is arr


def test_operands_on_other_contexts_of_the_host() -> None:
    arr = ones(2, cpu(1))
    arr += ones(2, cpu(2))
    assert_array_equal(arr.asnumpy(), [2, 2])
    assert arr.context == cpu(1)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_operands_on_different_devices() -> None:
    found = "operands live on CPU0 and GPU0; copy one with .copy(mx.cpu(0))"
    with pytest.raises(DeviceError, match=message(found)):
        ones(2) + ones(2, gpu())
