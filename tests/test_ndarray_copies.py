"""Copies, conversions, and NumPy arrays over an NDArray's memory: docs/semantics §1.5 and §1.7."""

from typing import Any

import numpy as np
import pytest
import torch
from ndarray_helpers import columns_first, counting, message, read_only
from numpy.testing import assert_array_equal

from symnet.core.context import cpu
from symnet.core.errors import ArgumentError, ReadOnlyError, ShapeError
from symnet.ndarray import (
    array,
    copy,
    copyto,
    is_shared,
    nd_as_numpy,
    ones,
    try_get_shared,
    zeros,
)

# -- copies and conversions ------------------------------------------------------------------------


def test_copies_are_fresh() -> None:
    arr = ones(2)
    for fresh in (copy(arr), arr.asnumpy()):
        fresh[:] = 7
    for fresh in (arr.copy(), copy(arr, cpu()), copy(arr, cpu(2)), arr.astype("float32")):
        fresh[:] = 7
    assert_array_equal(arr.asnumpy(), [1, 1])


def test_copies_keep_or_change_the_context() -> None:
    arr = ones(2, cpu(1))
    assert arr.copy().context == cpu(1)
    assert arr.copy(cpu(2)).context == copy(arr, cpu(2)).context == cpu(2)
    assert copy([1, 2], cpu(3)).context == cpu(3)


def test_copy_without_context_is_numpy() -> None:
    for found in (copy(ones(2)), copy([1, 2])):
        assert isinstance(found, np.ndarray)


@pytest.mark.parametrize("source", [ones(2) * 3.7, np.array([3.7, 3.7]), [3.7, 3.7]])
@pytest.mark.parametrize(
    "destination", [zeros(2), zeros(2, dtype="int32"), np.zeros(2), np.zeros(2, "int32")], ids=repr
)
def test_copyto_converts_and_returns_its_destination(destination: Any, source: Any) -> None:
    assert copyto(destination, source) is destination
    kind = np.dtype(str(destination.dtype))
    np.testing.assert_allclose(np.asarray(destination), np.array([3.7, 3.7]).astype(kind), 1e-6)


def test_copyto_itself() -> None:
    arr = counting(3)
    assert copyto(arr, arr) is arr
    assert_array_equal(arr.asnumpy(), [0, 1, 2])


def test_copyto_wants_equal_shapes() -> None:
    found = "cannot copy shape (2,) into shape (3,)"
    with pytest.raises(ShapeError, match=message(found)):
        copyto(np.zeros(3), ones(2))
    found = "cannot assign shape (2,) to shape (3,); shapes must be equal"
    with pytest.raises(ShapeError, match=message(found)):
        copyto(zeros(3), ones(2))


@pytest.mark.parametrize("number", [5, np.float32(5), True])
@pytest.mark.parametrize("destination", [zeros(2), np.zeros(2)], ids=["NDArray", "NumPy"])
def test_copyto_wants_an_array(destination: Any, number: Any) -> None:
    found = f"copyto: the source must be an array, got {number!r}; arr[:] = … fills"
    with pytest.raises(ArgumentError, match=message(found)):
        copyto(destination, number)


def test_copyto_wants_a_place_to_write() -> None:
    found = "copyto: the destination must be an NDArray or a NumPy array, got [0, 0]"
    with pytest.raises(ArgumentError, match=message(found)):
        copyto([0, 0], ones(2))
    host = np.zeros(2)
    host.flags.writeable = False
    with pytest.raises(ReadOnlyError, match=message("copyto: the destination may only be read")):
        copyto(host, ones(2))


def test_tensors_are_copied_too() -> None:
    tensor = torch.tensor([1.5, 2.5], dtype=torch.bfloat16)
    assert_array_equal(copy(tensor), [1.5, 2.5])
    assert_array_equal(copyto(np.zeros(2), tensor), [1.5, 2.5])
    assert copy(tensor, cpu()).dtype == "bfloat16"


def test_astype_truncates() -> None:
    assert_array_equal(array([1.9, -1.9]).astype("int32").asnumpy(), [1, -1])


# -- the same memory -------------------------------------------------------------------------------


def test_numpy_takes_it() -> None:
    arr = counting(2, 2)
    assert_array_equal(np.asarray(arr), [[0, 1], [2, 3]])
    assert np.asarray(arr, dtype="int64").dtype == np.int64


def test_numpy_shares_memory_where_it_may() -> None:
    arr = counting(4)
    for host in (np.asarray(arr), np.array(arr, copy=False), try_get_shared(arr[0:3])):
        host[0] += 1
    assert_array_equal(arr.asnumpy(), [3, 1, 2, 3])
    for host in (np.array(arr), np.asarray(arr, dtype="float64"), arr.asnumpy(), copy(arr)):
        host[:] = 9
    assert_array_equal(arr.asnumpy(), [3, 1, 2, 3])


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_numpy_must_not_always_have_a_copy(dtype: str) -> None:
    arr = ones(2, dtype=dtype)
    wanted = "float64" if dtype == "float32" else "float32"
    found = f"NumPy needs a copy of {dtype} on CPU0 for an array of {wanted}; leave copy=False out"
    with pytest.raises(ValueError, match=message(found)):
        np.array(arr, dtype=wanted, copy=False)


def test_what_a_read_only_array_shares_is_read_only() -> None:
    host = try_get_shared(read_only(1.0, 2.0))
    with pytest.raises(ValueError, match="read-only"):
        host[0] = 5


def test_is_shared() -> None:
    arr = counting(4)
    host = try_get_shared(arr)
    assert is_shared(host, arr)
    assert is_shared(host[1:3], arr[1:3])
    for other in (host[0:3], host[1:], host.copy(), host.view("int32"), host.tolist()):
        assert not is_shared(other, arr)
    half = ones(2, dtype="bfloat16")
    assert not is_shared(try_get_shared(half), half)


@pytest.mark.parametrize("dtype", ["float32", "int32", "bfloat16"])
def test_writes_come_back(dtype: str) -> None:
    """NumPy has no bfloat16, so that arrays of it are copied, as those on a GPU are."""
    kept, replaced = zeros(2, dtype=dtype), zeros(2, dtype=dtype)
    with nd_as_numpy(rw=[kept, replaced]) as (_, rw):
        rw[0] += 3
        rw[1] = [1, 2] + rw[1]
    assert_array_equal(copy(kept), [3, 3])
    assert_array_equal(copy(replaced), [1, 2])
    assert kept.dtype == replaced.dtype == dtype


def test_an_error_leaves_replaced_arrays_unwritten() -> None:
    arr, half = zeros(2), zeros(2, dtype="bfloat16")

    def replace_and_fail() -> None:
        with nd_as_numpy(rw=(arr, half)) as host:
            host.rw[0] = np.ones(2)
            host.rw[1][:] = 1
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        replace_and_fail()
    assert_array_equal(copy(arr), [0, 0])
    assert_array_equal(copy(half), [0, 0])


def test_exchanged_arrays() -> None:
    first, second = counting(2, 2), ones(2, 2)
    with nd_as_numpy(rw=(first, second)) as host:
        host.rw.reverse()
    assert_array_equal(copy(first), [[1, 1], [1, 1]])
    assert_array_equal(copy(second), [[0, 1], [2, 3]])


def test_an_array_replaced_by_itself_in_another_order() -> None:
    square = counting(2, 2)
    with nd_as_numpy(rw=square) as host:
        host.rw[0] = host.rw[0].T
    assert_array_equal(copy(square), [[0, 2], [1, 3]])


def test_replacements_must_fit_before_any_is_written() -> None:
    arrays = zeros(2), zeros(3)
    found = (
        "rw[1] should have shape (3,), but was replaced by an array of shape (2,); "
        "nothing is copied back"
    )
    with pytest.raises(ShapeError, match=message(found)), nd_as_numpy(rw=arrays) as host:
        host.rw[0] = host.rw[1] = np.ones(2)
    assert_array_equal(copy(arrays[0]), [0, 0])
    found = "rw had 2 arrays, and has 1 at the end"
    with pytest.raises(ArgumentError, match=message(found)), nd_as_numpy(rw=arrays) as host:
        del host.rw[0]


def test_what_may_be_captured() -> None:
    with pytest.raises(ReadOnlyError), nd_as_numpy(rw=read_only(1.0)):
        pass
    with nd_as_numpy(ro=read_only(1.0)) as host:
        assert_array_equal(host.ro[0], [1])
    with (
        pytest.raises(ArgumentError, match=message("ro takes NDArrays, got list")),
        nd_as_numpy(ro=[[1, 2]]),
    ):
        pass


def test_memory_in_another_order_is_shared_too() -> None:
    arr = columns_first(3, 2)
    with nd_as_numpy(rw=arr) as host:
        host.rw[0][2] = 7
    assert_array_equal(arr.asnumpy(), [[0, 3], [1, 4], [7, 7]])
