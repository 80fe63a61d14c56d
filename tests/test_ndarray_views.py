"""Slices, assignment and other shapes: views of memory, docs/semantics §1.4, against NumPy."""

import operator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from ndarray_helpers import columns_first, counting, message, read_only
from numpy.testing import assert_array_equal

from symnet.core.context import cpu
from symnet.core.errors import ArgumentError, ReadOnlyError, ShapeError
from symnet.ndarray import (
    NDArray,
    add_to,
    array,
    copyto,
    div_from,
    mul_to,
    ones,
    slice,
    sub_from,
    try_get_shared,
    zeros,
)

# -- slices ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "bounds", [(0, 0), (2, 2), (2, 1), (-1, 2), (0, 5), (4, 5), (-3, -1)], ids=str
)
def test_slice_bounds(bounds: tuple[int, int]) -> None:
    start, stop = bounds
    found = message(
        f"slice [{start}:{stop}] must satisfy 0 <= start < stop <= 4 (the array's rows)"
    )
    arr = counting(4, 2)
    with pytest.raises(ShapeError, match=found):
        slice(arr, start, stop)
    with pytest.raises(ShapeError, match=found):
        arr[start:stop]
    with pytest.raises(ShapeError, match=found):
        arr[start:stop] = 0
    assert_array_equal(arr.asnumpy(), counting(4, 2).asnumpy())


def test_slice_of_everything_is_the_array_itself() -> None:
    arr = counting(4, 2)
    assert arr[:] is arr
    assert arr[0:4] is arr
    assert arr[::1] is arr
    assert slice(arr, 0, 4) is arr


@pytest.mark.parametrize("row", [0, 2, -1, -3, np.int64(1)])
def test_one_row(row: int) -> None:
    arr, expected = counting(3, 2), np.arange(6).reshape(3, 2)
    assert_array_equal(arr[row].asnumpy(), expected[row])
    arr[row] = -1
    expected[row] = -1
    assert_array_equal(arr.asnumpy(), expected)


def test_rows_of_an_array_in_another_order() -> None:
    assert_array_equal(columns_first(3, 2)[1].asnumpy(), [1, 4])


@pytest.mark.parametrize("row", [3, -4])
def test_no_such_row(row: int) -> None:
    with pytest.raises(ShapeError, match=message(f"no row {row}: the array has 3")):
        counting(3, 2)[row]


def test_an_empty_array_is_all_of_itself() -> None:
    arr = zeros(0, 3)
    assert arr[:] is arr
    arr[:] = 1
    arr += 1
    assert arr.asnumpy().shape == (0, 3)


@pytest.mark.parametrize("key", [np.s_[0.5:2], np.s_[0:"a"], np.s_[0 : np.ones(2)]], ids=str)
def test_bounds_are_whole_numbers(key: Any) -> None:
    bound = next(each for each in (key.start, key.stop) if not isinstance(each, int))
    found = message(f"a slice's bounds must be whole numbers, got {bound!r}")
    with pytest.raises(ArgumentError, match=found):
        counting(4)[key]
    with pytest.raises(ArgumentError, match=found):
        slice(counting(4), key.start, key.stop)


@pytest.mark.parametrize(
    "index", [np.s_[::2], np.s_[::-1], np.s_[0, 1], np.s_[...], [0], None, "a", True, 0.5]
)
def test_other_indices(index: Any) -> None:
    found = message(
        f"an NDArray takes arr[i], arr[:] and arr[start:stop], not {index!r}; "
        "arr.asnumpy() has NumPy's indexing"
    )
    arr = counting(4, 2)
    with pytest.raises(ArgumentError, match=found):
        arr[index]
    with pytest.raises(ArgumentError, match=found):
        arr[index] = 0


def bounds_within(rows: int) -> st.SearchStrategy[tuple[int, int]]:
    return (
        st.tuples(st.integers(0, rows), st.integers(0, rows))
        .map(sorted)
        .filter(lambda pair: pair[0] < pair[1])
    )


@given(data=st.data(), shape=st.lists(st.integers(1, 5), min_size=1, max_size=4).map(tuple))
def test_slices_are_numpy_views(data: st.DataObject, shape: tuple[int, ...]) -> None:
    """Slices of slices show what NumPy's show, and writes through any are seen through all."""
    arr, expected = counting(*shape), np.arange(np.prod(shape), dtype="float32").reshape(shape)
    seen = [(arr, expected)]
    for value in range(1, data.draw(st.integers(1, 4)) + 1):
        view, like = seen[-1]
        start, stop = data.draw(bounds_within(len(like)))
        view, like = view[start:stop], like[start:stop]
        assert view.shape == like.shape
        seen.append((view, like))
        if data.draw(st.booleans()):
            like[:] = -value
            view[:] = -value
        else:
            like += value
            view += value
        for one, other in seen:
            assert_array_equal(one.asnumpy(), other)


@given(
    rows=st.integers(1, 6),
    start=st.integers(-8, 8) | st.none(),
    stop=st.integers(-8, 8) | st.none(),
)
def test_slices_exist_where_bounds_allow(rows: int, start: int | None, stop: int | None) -> None:
    arr = counting(rows, 2)
    first, last = 0 if start is None else start, rows if stop is None else stop
    if 0 <= first < last <= rows:
        assert_array_equal(arr[start:stop].asnumpy(), arr.asnumpy()[first:last])
    else:
        with pytest.raises(ShapeError):
            arr[start:stop]


# -- assignment ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        3,
        2.5,
        True,
        np.float32(2.5),
        np.int64(4),
        np.bool_(True),
        Fraction(1, 2),
        torch.tensor([[1, 2], [3, 4]]),
        [[1, 2], [3, 4]],
        np.array([[1.5, 2], [3, 4]]),
        array([[1, 2], [3, 4]]),
        array([[1, 2], [3, 4]], dtype="int32"),
    ],
    ids=repr,
)
def test_assignment_forms(value: Any) -> None:
    arr = counting(4, 2)
    expected = arr.asnumpy()
    arr[1:3] = value
    expected[1:3] = float(value) if isinstance(value, Fraction) else np.asarray(value)
    assert_array_equal(arr.asnumpy(), expected)


def test_assigned_values_take_the_dtype() -> None:
    arr = zeros(2, dtype="int32")
    arr[:] = 2.9
    assert_array_equal(arr.asnumpy(), [2, 2])
    arr[:] = array([1.9, -1.9])
    assert_array_equal(arr.asnumpy(), [1, -1])
    assert arr.dtype == "int32"


@pytest.mark.parametrize(
    ("value", "shape"),
    [([1, 2], (2,)), (ones(1, 2), (1, 2)), (ones(2, 1), (2, 1)), (np.ones((3, 2)), (3, 2))],
    ids=["list", "NDArray", "column", "rows"],
)
def test_assignment_does_not_broadcast(value: Any, shape: tuple[int, ...]) -> None:
    arr = counting(2, 2)
    found = f"cannot assign shape {shape} to shape (2, 2); shapes must be equal"
    with pytest.raises(ShapeError, match=message(found)):
        arr[:] = value
    assert_array_equal(arr.asnumpy(), [[0, 1], [2, 3]])


def test_augmented_assignment_to_slices() -> None:
    arr = counting(3, 2)
    arr[:] += 5
    arr[1:2] *= 2
    assert_array_equal(arr.asnumpy(), [[5, 6], [14, 16], [9, 10]])


# -- memory that is shared -------------------------------------------------------------------------

CHANGES = [
    lambda target, source: operator.setitem(target, np.s_[:], source),
    operator.iadd,
    operator.isub,
    operator.imul,
    operator.itruediv,
]


@pytest.mark.parametrize("change", CHANGES)
@given(data=st.data(), rows=st.integers(1, 6))
def test_overlapping_slices(change: Any, data: st.DataObject, rows: int) -> None:
    """Rows of an array go into other rows of it as in NumPy: read as they were before."""
    start, stop = data.draw(bounds_within(rows))
    other = data.draw(st.integers(0, rows - (stop - start)))
    arr, expected = counting(rows, 2), 1 + np.arange(rows * 2, dtype="float32").reshape(rows, 2)
    arr += 1
    change(arr[start:stop], arr[other : other + stop - start])
    change(expected[start:stop], expected[other : other + stop - start])
    np.testing.assert_allclose(arr.asnumpy(), expected, rtol=1e-6)


@pytest.mark.parametrize("view", [np.s_[0:3], np.s_[2::-1], np.s_[1:4], np.s_[3:0:-1]], ids=str)
def test_assignment_from_numpy_over_the_same_memory(view: Any) -> None:
    arr, expected = counting(4), np.arange(4.0)
    arr[1:4] = try_get_shared(arr)[view]
    expected[1:4] = expected[view]
    assert_array_equal(arr.asnumpy(), expected)


def test_assignment_from_the_same_memory_in_another_order() -> None:
    for turned in (lambda arr: try_get_shared(arr).T, lambda arr: arr.torch.t()):
        square = counting(3, 3)
        square[:] = turned(square)
        assert_array_equal(square.asnumpy(), np.arange(9).reshape(3, 3).T)


def test_assignment_from_the_same_memory_as_another_type() -> None:
    arr = counting(3)
    integers = arr.torch.view(torch.int32)
    expected = integers.numpy().astype("float32")
    arr[:] = integers
    assert_array_equal(arr.asnumpy(), expected)


def test_a_column_that_reaches_into_what_is_read() -> None:
    memory = torch.arange(18.0)
    column, stretch = (NDArray.wrap(t, cpu()) for t in (memory.view(6, 3)[:, 0], memory[7:13]))
    column[:] = stretch
    assert_array_equal(column.asnumpy(), [7, 8, 9, 10, 11, 12])


def test_columns_that_lie_between_each_other() -> None:
    memory = torch.arange(6.0).view(3, 2)
    even, odd = (NDArray.wrap(memory[:, column], cpu()) for column in range(2))
    even += odd
    odd[:] = even
    assert_array_equal(memory.numpy(), [[1, 1], [5, 5], [9, 9]])


# -- read-only arrays ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "write",
    [
        lambda arr: operator.setitem(arr, np.s_[:], 0),
        lambda arr: operator.setitem(arr, np.s_[0:1], 0),
        lambda arr: operator.setitem(arr, 0, 0),
        lambda arr: operator.setitem(arr, np.s_[:], arr),
        lambda arr: copyto(arr, [0, 0]),
        lambda arr: copyto(arr, arr),
        lambda arr: add_to(arr, 1),
        add_to,
        lambda arr: sub_from(arr, 1),
        lambda arr: mul_to(arr, 2),
        lambda arr: div_from(arr, 2),
        lambda arr: operator.iadd(arr[1:2], 1),
        lambda arr: operator.iadd(arr.reshape((2, 1)), 1),
        lambda arr: operator.iadd(next(iter(arr)), 1),
    ],
)
def test_read_only(write: Any) -> None:
    arr = read_only(1.0, 2.0)
    found = "this array may only be read; write into arr.copy() instead"
    with pytest.raises(ReadOnlyError, match=message(found)):
        write(arr)
    assert_array_equal(arr.asnumpy(), [1, 2])


def test_read_only_arrays_can_be_read_and_copied() -> None:
    arr = read_only(1.0, 2.0)
    assert not arr[0:1].writable
    assert_array_equal((arr + arr).asnumpy(), [2, 4])
    for fresh in (arr.copy(), arr.astype("int32"), arr + 1, array(arr)):
        assert fresh.writable
        fresh[:] = 0
    assert_array_equal(arr.asnumpy(), [1, 2])


# -- other shapes ----------------------------------------------------------------------------------


def test_reshape_shares_memory() -> None:
    arr = counting(2, 3)
    other = arr.reshape((3, 2))
    assert_array_equal(other.asnumpy(), [[0, 1], [2, 3], [4, 5]])
    other[:] = 0
    assert_array_equal(arr.asnumpy(), np.zeros((2, 3)))


def test_reshape_keeps_the_size() -> None:
    found = "cannot reshape (2, 3) into (4, 2): there are 6 elements"
    with pytest.raises(ShapeError, match=message(found)):
        counting(2, 3).reshape((4, 2))


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        (((-1,),), (6,)),
        ((-1,), (6,)),
        ((3, -1), (3, 2)),
        (([-1, 3, 1],), (2, 3, 1)),
        ((np.int64(6),), (6,)),
        ((6, -1), (6, 1)),
    ],
    ids=repr,
)
def test_reshape_forms(shape: tuple[Any, ...], expected: tuple[int, ...]) -> None:
    arr = counting(2, 3).reshape(*shape)
    assert arr.shape == expected
    assert_array_equal(arr.asnumpy(), np.arange(6).reshape(expected))


@pytest.mark.parametrize(
    ("old", "shape", "problem"),
    [
        ((1,), (), "axes"),
        ((6,), (-2, -3), "axes"),
        ((6,), (-1, -1), "axes"),
        ((6,), (2.5, 1), "axes"),
        ((6,), (4, -1), "there are 6 elements"),
        ((0, 3), (-1, 0), "there are 0 elements"),
        ((6,), (6, 0), "there are 6 elements"),
    ],
)
def test_reshape_refuses(old: tuple[int, ...], shape: tuple[Any, ...], problem: str) -> None:
    axes = "a shape is one or more whole numbers from 0, with at most one -1 for what is left"
    found = f"cannot reshape {old} into {shape}: {axes if problem == 'axes' else problem}"
    with pytest.raises(ShapeError, match=message(found)):
        zeros(old).reshape(shape)


def test_reshape_shares_or_refuses() -> None:
    arr = columns_first(3, 2)
    assert_array_equal(arr.reshape(3, 2, 1)[0].asnumpy(), [[0], [3]])
    found = (
        "cannot reshape (3, 2) into (2, 3) over the same memory, whose order is another; "
        "copy it first, arr.copy().reshape(...)"
    )
    with pytest.raises(ShapeError, match=message(found)):
        arr.reshape(2, -1)
    assert_array_equal(arr.copy().reshape(6).asnumpy(), [0, 3, 1, 4, 2, 5])
