"""Making arrays, and what they tell of themselves: docs/semantics §1.2, §1.3, and errors."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch
from ndarray_helpers import counting, message, read_only
from numpy.testing import assert_array_equal

from symnet.core.context import Context, cpu, gpu
from symnet.core.errors import ArgumentError, DeviceError, DTypeError, ShapeError
from symnet.ndarray import (
    NDArray,
    array,
    context,
    copy,
    eltype,
    empty,
    full,
    length,
    ndims,
    ones,
    size,
    zeros,
)

# -- creation --------------------------------------------------------------------------------------

FILLED = [(zeros, 0), (ones, 1)]


@pytest.mark.parametrize("make", [empty, zeros, ones])
@pytest.mark.parametrize(
    ("arguments", "context"),
    [
        (((2, 3),), cpu()),
        (((2, 3), cpu(2)), cpu(2)),
        ((2, 3), cpu()),
        ((2, 3, cpu(1)), cpu(1)),
        (([2, 3],), cpu()),
        ((np.int64(2), np.int64(3)), cpu()),
    ],
    ids=repr,
)
def test_creation_forms(make: Any, arguments: tuple[Any, ...], context: Context) -> None:
    made = make(*arguments)
    assert (made.shape, made.dtype, made.context) == ((2, 3), "float32", context)


@pytest.mark.parametrize(("make", "value"), FILLED)
def test_filled(make: Any, value: int) -> None:
    assert_array_equal(make(2, 3).asnumpy(), np.full((2, 3), value))


@pytest.mark.parametrize("make", [empty, zeros, ones])
def test_creation_keywords(make: Any) -> None:
    made = make((4,), context=cpu(3), dtype="int32")
    assert (made.shape, made.dtype, made.context) == ((4,), "int32", cpu(3))


def test_full() -> None:
    made = full((2, 2), 7, cpu(1), "int64")
    assert (made.dtype, made.context) == ("int64", cpu(1))
    assert_array_equal(made.asnumpy(), [[7, 7], [7, 7]])


def test_creation_takes_one_context() -> None:
    found = message("two contexts, CPU1 and context=CPU2; give one")
    with pytest.raises(ArgumentError, match=found):
        zeros(2, cpu(1), context=cpu(2))


@pytest.mark.parametrize(
    "make",
    [
        lambda: zeros(2, context="cpu"),
        lambda: array([1], "cpu"),
        lambda: full((2,), 1, "cpu"),
        lambda: ones(2).copy("cpu"),
        lambda: copy([1], "cpu"),
    ],
)
def test_what_is_no_context(make: Any) -> None:
    found = message("a context is mx.cpu(i) or mx.gpu(i), got 'cpu'")
    with pytest.raises(ArgumentError, match=found):
        make()


@pytest.mark.parametrize(
    ("dtype", "value", "expected"),
    [
        ("float32", Fraction(1, 4), 0.25),
        ("float32", np.float64(2.5), 2.5),
        ("float16", 1e6, np.inf),  # as NumPy's astype has it
        ("float16", 65519, 65504),  # rounds to the greatest float16
        ("float32", -1e40, -np.inf),
        ("float32", float("nan"), np.nan),
        ("int32", 2.9, 2),
        ("int32", -2.9, -2),
        ("uint8", True, 1),
        ("int64", 2**63 - 1, 2**63 - 1),
        ("bool", 2, True),
        ("bool", 0.0, False),
    ],
)
def test_full_converts(dtype: str, value: Any, expected: Any) -> None:
    assert_array_equal(full((2,), value, dtype=dtype).asnumpy(), np.full(2, expected, dtype))


def test_full_wants_a_number() -> None:
    with pytest.raises(ArgumentError, match=message("full: the value must be a number, got 'a'")):
        full((2,), "a")


@pytest.mark.parametrize(
    ("dtype", "value", "least", "greatest"),
    [
        ("uint8", 256, 0, 255),
        ("uint8", -1, 0, 255),
        ("int8", -129, -128, 127),
        ("int32", float("nan"), -(2**31), 2**31 - 1),
        ("int32", float("-inf"), -(2**31), 2**31 - 1),
        ("int64", 1e30, -(2**63), 2**63 - 1),
    ],
)
def test_elements_beyond_the_integers(dtype: str, value: Any, least: int, greatest: int) -> None:
    found = message(
        f"{dtype} = {value}: {dtype} goes from {least} to {greatest}; "
        "convert the array with .astype(...) first"
    )
    with pytest.raises(DTypeError, match=found):
        full((2,), value, dtype=dtype)
    arr = ones(2, dtype=dtype)
    with pytest.raises(DTypeError, match=found):
        arr[:] = value
    assert_array_equal(arr.asnumpy(), [1, 1])


def test_elements_beyond_the_floats() -> None:
    with pytest.raises(DTypeError, match=r"^the number is beyond every float; float\('inf'\) is"):
        full((2,), 2**2000)


@pytest.mark.parametrize(
    ("shape", "found"),
    [
        ((), "()"),
        ((2.5,), "(2.5,)"),
        ((None,), "(None,)"),
        (((),), "()"),
        ((2, -1), "(2, -1)"),
        ((2, 1.5), "(2, 1.5)"),
        (("ab",), "('a', 'b')"),
    ],
)
def test_creation_wants_a_shape(shape: tuple[Any, ...], found: str) -> None:
    with pytest.raises(
        ShapeError, match=message(f"a shape is one or more whole numbers from 0, got {found}")
    ):
        zeros(*shape)


def test_creation_on_a_missing_gpu() -> None:
    missing = gpu(torch.cuda.device_count())
    found = f"^{missing} was asked for, but torch finds {torch.cuda.device_count()} GPUs"
    with pytest.raises(DeviceError, match=found):
        zeros((2, 3), missing)


def test_creation_with_an_unknown_dtype() -> None:
    with pytest.raises(DTypeError, match=r"^no element type 'flot32'; did you mean 'float32'\?"):
        zeros(2, dtype="flot32")


@pytest.mark.parametrize("dtype", [5, None, [1], {1: 2}, b"f4", (int, 2), ones(1)], ids=repr)
def test_what_is_no_dtype(dtype: Any) -> None:
    found = f"no element type {dtype!r}: give a name as 'float32', or torch's or NumPy's type"
    for make in (lambda: zeros(2, dtype=dtype), lambda: ones(2).astype(dtype)):
        with pytest.raises(DTypeError, match=message(found)):
            make()


@pytest.mark.parametrize(
    ("shape", "size"),
    [((10**12, 10**3), "4,000,000,000,000,000"), ((2**40, 2**40), f"{4 * 2**80:,}"), (2**70, "")],
    ids=["memory", "bytes", "axis"],
)
@pytest.mark.parametrize("make", [empty, zeros, ones, lambda *a, **k: full(*a, 1, **k)])
def test_more_than_there_is_room_for(make: Any, shape: Any, size: str) -> None:
    found = f"^CPU2 has no room for an array of shape .*, float32: {size}"
    with pytest.raises(DeviceError, match=found):
        make(shape, context=cpu(2))


# -- properties ------------------------------------------------------------------------------------


def test_properties() -> None:
    arr = zeros((4, 3, 2), cpu(1), dtype="int8")
    assert (arr.shape, arr.ndim, arr.size, len(arr)) == ((4, 3, 2), 3, 24, 4)
    assert (arr.dtype, arr.context, arr.writable) == ("int8", cpu(1), True)


def test_repr() -> None:
    assert repr(array([[1, 2], [3, 4]])) == (
        "NDArray([[1., 2.],\n         [3., 4.]], float32, CPU0)"
    )
    assert repr(zeros(1, cpu(1), dtype="int32")) == "NDArray([0], int32, CPU1)"
    assert repr(read_only(0.5)) == "NDArray([0.5], float32, CPU0, read-only)"
    # the shape, where the numbers do not show it
    assert repr(zeros((0, 3))) == "NDArray([], shape=(0, 3), float32, CPU0)"
    assert repr(ones(2000)) == (
        "NDArray([1., 1., 1., ..., 1., 1., 1.], shape=(2000,), float32, CPU0)"
    )


@pytest.mark.parametrize("read", [float, int, NDArray.item])
def test_numbers_of_one_element_only(read: Any) -> None:
    found = "only an array of one element is a number, this one has shape (2,)"
    with pytest.raises(ShapeError, match=message(found)):
        read(ones(2))


def test_one_element_as_a_number() -> None:
    arr = array([[2.5]])
    assert (float(arr), int(arr), arr.item()) == (2.5, 2, 2.5)
    for dtype, kind in [("float64", float), ("int8", int), ("bool", bool)]:
        assert type(ones(1, dtype=dtype).item()) is kind
    assert int(full((1,), 2**63 - 1, dtype="int64")) == 2**63 - 1  # beyond what a float holds


def test_iteration_yields_shared_rows() -> None:
    arr = counting(3, 2)
    rows = list(arr)
    assert [row.shape for row in rows] == [(2,)] * 3
    rows[1][:] = 9
    assert_array_equal(arr.asnumpy(), [[0, 1], [9, 9], [4, 5]])
    assert [row.shape for row in counting(3)] == [(1,)] * 3


def test_truth_of_one_element_only() -> None:
    assert not zeros(1)
    assert array([[2.5]])
    assert not zeros(1, dtype="bool")
    for arr in (ones(2), zeros((0,))):
        found = f"only an array of one element is true or false, this one has shape {arr.shape}"
        with pytest.raises(ShapeError, match=message(found)):
            bool(arr)


def test_sizes_as_functions() -> None:
    arr = zeros((4, 3, 2), dtype="int8")
    assert (size(arr), length(arr), ndims(arr), eltype(arr)) == ((4, 3, 2), 24, 3, "int8")
    assert (size(arr, 0), size(arr, 2), size(arr, -1)) == (4, 2, 2)
    assert context(ones(2, cpu(3))) == cpu(3)
    for dim in (3, -4):
        found = f"no axis {dim}: shape (4, 3, 2) has 3 axes, from 0"
        with pytest.raises(ShapeError, match=message(found)):
            size(arr, dim)
    with pytest.raises(ArgumentError, match=message("size: an axis is a whole number, got 0.5")):
        size(arr, 0.5)


@pytest.mark.parametrize("function", [size, length, ndims, eltype, context])
def test_functions_of_arrays_only(function: Any) -> None:
    found = f"{function.__name__} takes an NDArray, got list"
    with pytest.raises(ArgumentError, match=message(found)):
        function([1, 2])
