"""The documents' code on NDArrays, row-major, with the values it prints."""

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import symnet as mx

# -- "MXNet.jl Namespace" --------------------------------------------------------------------------


def test_namespace() -> None:
    x = mx.zeros(2, 3)
    y = np.ones(mx.size(x), mx.eltype(x))
    mx.copyto(y, x)
    assert_array_equal(y, np.zeros((2, 3)))
    z = mx.ones(mx.size(x), mx.cpu(1))  # the documents' second device is a GPU
    mx.copyto(z, y)
    assert_array_equal(mx.copy(z), np.zeros((2, 3)))


# -- "NDArrays" ------------------------------------------------------------------------------------


def test_common_ways_to_create() -> None:
    for make in (mx.empty, mx.zeros, mx.ones):
        for arr in (make(2, 3), make((2, 3), mx.cpu(2)), make(2, 3, mx.cpu(2))):
            assert (mx.size(arr), mx.eltype(arr)) == ((2, 3), "float32")
    host = np.array([[1, 2], [3, 4]])
    arr = mx.copy(host, mx.cpu(1))
    assert mx.context(arr) == mx.cpu(1)
    assert_array_equal(mx.copy(arr), host)


def test_a_slice_shares_memory() -> None:
    a = mx.ones(3, 2)  # the documents' (2,3), whose last axis is our first
    b = mx.slice(a, 0, 2)
    b[:] = 2
    assert_array_equal(mx.copy(a).T, [[2.0, 2.0, 1.0], [2.0, 2.0, 1.0]])  # as Julia prints it


def test_contents_are_set() -> None:
    a = mx.empty(2, 3)
    a[:] = 0.5  # set all elements to a scalar
    assert_array_equal(mx.copy(a), np.full((2, 3), 0.5))
    numbers = np.random.rand(*mx.size(a))
    a[:] = numbers  # set contents with a host array
    assert_array_equal(mx.copy(a), numbers.astype("float32"))
    numbers = np.random.rand(*mx.size(a))
    mx.copyto(a, numbers)  # set value by copying a host array
    b = mx.empty(mx.size(a))
    b[:] = a  # copying and assignment between NDArrays
    a[:] = 0
    assert_array_equal(mx.copy(b), numbers.astype("float32"))


def test_a_sum_is_a_new_array() -> None:
    a = mx.ones(2)
    r = a  # keep a reference to a
    b = mx.ones(2)
    a = a + b
    assert_array_equal(mx.copy(a), [2.0, 2.0])
    assert_array_equal(mx.copy(r), [1.0, 1.0])


def test_an_augmented_sum_is_in_place() -> None:
    """Python's ``a += b`` is the documents' ``@mx.inplace a += b``, that is ``add_to!(a, b)``."""
    a, b = mx.ones(2), mx.ones(2)
    r = a
    a += b
    assert a is r
    assert_array_equal(mx.copy(r), [2.0, 2.0])
    assert mx.add_to(a, b) is r
    assert_array_equal(mx.copy(r), [3.0, 3.0])


def test_update_rule_of_sgd() -> None:
    weight, grad = mx.array([1.0, -2.0]), mx.array([10.0, 20.0])
    lr, grad_scale, weight_decay = 0.5, 0.125, 0.25
    weight += -lr * (grad_scale * grad + weight_decay * weight)
    assert_array_equal(mx.copy(weight), [0.25, -3.0])  # 1 - .5(1.25 + .25), -2 - .5(2.5 - .5)


def test_temporaries_and_preallocation_agree() -> None:
    shape, rate = (128, 64), 0.1
    grad, scaled = mx.ones(shape), mx.empty(shape)
    inplace, normal = mx.zeros(shape), mx.zeros(shape)
    for _ in range(10):
        mx.copyto(scaled, grad)
        scaled *= rate
        inplace -= scaled
        normal[:] -= rate * grad
    assert np.abs(mx.copy(normal - inplace)).max() < 1e-6
    np.testing.assert_allclose(mx.copy(normal), -1, rtol=1e-6)


# -- "NDArray API" ---------------------------------------------------------------------------------


def test_functions_similar_to_those_of_host_arrays() -> None:
    arr = mx.zeros(4, 3, 2)
    assert mx.size(arr) == (4, 3, 2)
    assert mx.size(arr, 1) == 3
    assert mx.length(arr) == 24
    assert mx.ndims(arr) == len(mx.size(arr)) == 3
    assert mx.eltype(arr) == "float32"
    assert mx.context(arr) == mx.cpu()
    assert mx.size(mx.slice(arr, 1, 3)) == (2, 3, 2)  # the documents' (2,3,4) and slice 2:3


def test_assignment_to_a_slice() -> None:
    arr = mx.zeros(4, 2)
    arr[1:3] = 1
    arr[2:4] = np.full((2, 2), 5)
    arr[0:1] = mx.ones(1, 2)
    arr[:] += 5
    assert_array_equal(mx.copy(arr), [[6, 6], [6, 6], [10, 10], [10, 10]])


def test_copying_functions() -> None:
    arr, host = mx.array([[1.5, -1.5]]), np.zeros((1, 2))
    assert mx.copyto(host, arr) is host
    assert_array_equal(host, [[1.5, -1.5]])
    for made, context in [(mx.copy(arr, mx.cpu(1)), 1), (mx.copy(host, mx.cpu(2)), 2)]:
        assert isinstance(made, mx.NDArray)
        assert mx.context(made) == mx.cpu(context)
    assert isinstance(mx.copy(arr), np.ndarray)
    for kind, expected in [("int32", [[1, -1]]), (np.float64, [[1.5, -1.5]])]:
        converted = mx.convert(kind, arr)
        assert converted.dtype == np.dtype(kind)
        assert_array_equal(converted, expected)
    assert not np.shares_memory(mx.convert("float32", arr), np.asarray(arr))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda dst, a: mx.add_to(dst, a, 0.5), [[11.5, 22.5]]),
        (lambda dst, a: mx.sub_from(dst, a, 0.5), [[8.5, 17.5]]),
        (mx.mul_to, [[10, 40]]),
        (lambda dst, a: mx.mul_to(dst, 2), [[20, 40]]),
        (mx.div_from, [[10, 10]]),
        (lambda dst, a: mx.div_from(dst, 4), [[2.5, 5]]),
    ],
)
def test_arithmetic_in_place(change: Any, expected: Any) -> None:
    destination = mx.array([[10, 20]])
    assert change(destination, mx.array([[1, 2]])) is destination
    assert_array_equal(mx.copy(destination), expected)


@pytest.mark.parametrize(
    ("operate", "expected"),
    [
        (lambda a, b: a + b + 1 + b, [[13, 25]]),
        (lambda a, b: 1 + a, [[11, 21]]),
        (lambda a, b: a - b, [[9, 18]]),
        (lambda a, b: 1 - a, [[-9, -19]]),
        (lambda a, b: -a, [[-10, -20]]),
        (lambda a, b: a * b, [[10, 40]]),
        (lambda a, b: 3 * a, [[30, 60]]),
        (lambda a, b: a / b, [[10, 10]]),
        (lambda a, b: a / 4, [[2.5, 5]]),
    ],
)
def test_basic_arithmetic(operate: Any, expected: Any) -> None:
    a, b = mx.array([[10, 20]]), mx.array([[1, 2]])
    assert_array_equal(mx.copy(operate(a, b)), expected)
    assert_array_equal(mx.copy(a), [[10, 20]])


def test_arrays_as_numpy_for_a_while() -> None:
    x, y, z = mx.zeros(4, 3), mx.ones(4, 3), mx.zeros((4, 3), mx.cpu(1))
    with mx.nd_as_numpy(ro=(x, y), rw=z) as host:
        host.rw[0][0] = host.ro[1][1]
        host.rw[0][1] = 5
    assert_array_equal(mx.copy(z), [[1, 1, 1], [5, 5, 5], [0, 0, 0], [0, 0, 0]])


def test_sharing_with_numpy() -> None:
    arr = mx.zeros(3)
    host = mx.try_get_shared(arr)
    assert mx.is_shared(host, arr)
    host[1] = 7
    assert_array_equal(mx.copy(arr), [0, 7, 0])
    assert not mx.is_shared(mx.copy(arr), arr)
