"""Arrays made of host data and tensors: what is taken, what it becomes, and what is refused."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch
from ndarray_helpers import message
from numpy.testing import assert_array_equal

from symnet.core.context import cpu
from symnet.core.errors import ArgumentError, DeviceError, DTypeError, ShapeError
from symnet.ndarray import NDArray, array, copy, full, ones, zeros


@pytest.mark.parametrize(
    "data",
    [
        [[1, 2], [3, 4]],
        ((1, 2), (3, 4)),
        np.array([[1, 2], [3, 4]]),
        np.array([[1, 2], [3, 4]], dtype="uint16"),
        np.array([[2, 1], [4, 3]])[:, ::-1],
        np.array([[1, 3], [2, 4]]).T,
    ],
    ids=["list", "tuple", "int64", "uint16", "reversed", "transposed"],
)
def test_host_data_becomes_float32(data: Any) -> None:
    for made in (array(data), NDArray(data), copy(data, cpu())):
        assert made.dtype == "float32"
        assert_array_equal(made.asnumpy(), [[1, 2], [3, 4]])


def test_read_only_host_data() -> None:
    made = array(np.broadcast_to(np.float32(5), (2, 2)))
    made[:] = 1
    assert_array_equal(made.asnumpy(), [[1, 1], [1, 1]])


def test_a_number_becomes_one_element() -> None:
    assert array(5).shape == (1,)
    assert float(array(np.float64(2.5))) == 2.5


@pytest.mark.parametrize("dtype", ["float16", "float64", "uint8", "int8", "int32", "int64", "bool"])
def test_dtype_is_kept_where_asked_for(dtype: str) -> None:
    made = array([[0, 1]], dtype=dtype)
    assert made.dtype == dtype
    assert made.asnumpy().dtype == np.dtype(dtype)
    assert array(made).dtype == array(made.torch).dtype == dtype


def test_bfloat16_reaches_numpy_as_float32() -> None:
    found = array([1.0, 1.00390625], dtype="bfloat16").asnumpy()  # 1 + 2**-8 is rounded away
    assert found.dtype == np.float32
    assert_array_equal(found, [1, 1])


def test_creation_copies() -> None:
    host, tensor = np.zeros(2, "float32"), torch.zeros(2)
    made = [NDArray(host), array(tensor), array(array(host))]
    host[:], tensor[:] = 1, 1
    for one in made:
        assert_array_equal(one.asnumpy(), [0, 0])


NOT_AN_ARRAY = [
    ("abc", DTypeError, "str: elements must be real numbers, not <U3"),
    ([1, "a"], DTypeError, "list: elements must be real numbers, not <U21"),
    (object(), ArgumentError, "object: elements must be real numbers, not object"),
    (None, ArgumentError, "NoneType: elements must be real numbers, not NoneType"),
    ([1.5, None], ArgumentError, "list: elements must be real numbers, not NoneType"),
    ({1, 2}, ArgumentError, "set: elements must be real numbers, not set"),
    ([[1, 2], [3]], ShapeError, "list: its rows differ in length"),
    ([[1, 2], 3], ShapeError, "list: its rows differ in length"),
    ([2**2000], DTypeError, "list: a number in it is beyond every float"),
    (
        [1j],
        DTypeError,
        "list: elements must be real numbers, not complex128; take .real or np.abs(...) of it",
    ),
    (
        torch.ones(2, dtype=torch.complex64),
        DTypeError,
        "Tensor: elements must be real numbers, not torch.complex64; take .real or .abs() of it",
    ),
]


@pytest.mark.parametrize(
    ("data", "error", "found"), NOT_AN_ARRAY, ids=lambda value: str(value)[:10]
)
def test_what_is_no_array(data: Any, error: type[Exception], found: str) -> None:
    for use in (array, NDArray, copy, lambda data: array(data, dtype="float32")):
        with pytest.raises(error, match=message(f"cannot make an array of this {found}")):
            use(data)


@pytest.mark.parametrize(
    "data",
    [
        np.array([1, 2], ">f4"),
        np.array([1, 2], ">i2"),
        np.array([1, 2], "longdouble"),
        np.array([1, 2], "uint64"),
        np.array([(0, 1), (0, 2)], [("a", "i1"), ("b", "f4")])["b"],
        [Fraction(1), Fraction(2)],
        [ones(1), full((1,), 2)],
        [torch.tensor(1), torch.tensor(2)],
    ],
    ids=["f4", "i2", "longdouble", "uint64", "field", "fractions", "NDArrays", "tensors"],
)
def test_unusual_host_data(data: Any) -> None:
    assert_array_equal(array(data).asnumpy().ravel(), [1, 2])
    arr = zeros(np.shape(data))
    arr[:] = data
    assert_array_equal(arr.asnumpy().ravel(), [1, 2])


def test_long_integers_become_floats() -> None:
    assert_array_equal(array([2**70, 1]).asnumpy(), np.array([2.0**70, 1], "float32"))


@pytest.mark.parametrize("dtype", [torch.uint16, torch.int16], ids=str)
def test_tensors_of_other_element_types(dtype: torch.dtype) -> None:
    tensor = torch.ones(2, dtype=dtype)
    found = message(f"an NDArray has no elements of {dtype}; say which, dtype=…")
    with pytest.raises(DTypeError, match=found):
        array(tensor)
    found = message(f"an NDArray has no elements of {dtype}; convert the tensor")
    with pytest.raises(DTypeError, match=found):
        NDArray.wrap(tensor, cpu())
    assert_array_equal(array(tensor, dtype="float64").asnumpy(), [1, 1])


def test_wrapped_tensors_share_memory() -> None:
    tensor = torch.zeros(2, requires_grad=True)
    NDArray.wrap(tensor, cpu(1))[:] = 3
    assert tensor.tolist() == [3, 3]
    scalar = torch.tensor(1.0)
    arr = NDArray.wrap(scalar, cpu())
    arr += 1
    assert (arr.shape, scalar.item()) == ((1,), 2)


def test_wrap_wants_the_right_device() -> None:
    with pytest.raises(DeviceError, match=message("the tensor lives on meta, not on CPU0")):
        NDArray.wrap(torch.ones(2, device="meta"), cpu())
