"""Operators computed at once, for arrays: what goes in, ``out=``, and memory that is shared."""

from typing import Any

import numpy as np
import pytest
import torch
from ndarray_helpers import counting, message, read_only
from numpy.testing import assert_array_equal
from torch import Tensor

from symnet.core.context import cpu
from symnet.core.errors import ArgumentError, DTypeError, ReadOnlyError, ShapeError
from symnet.ndarray import NDArray, array, ones, try_get_shared, zeros
from symnet.operators.contract import Input, Operator, Shape, Shapes, State
from symnet.operators.definitions import elementary
from symnet.operators.definitions.elementwise import ElementWiseSum, _Plus
from symnet.operators.definitions.linear import FullyConnected
from symnet.operators.definitions.reshape import Flatten
from symnet.operators.dispatch import operator_function


class Halves(Operator, registered=False):
    """The first and the second half of the rows, a test's operator of two outputs."""

    data = Input("Input with an even number of rows.")

    def outputs(self) -> tuple[str, ...]:
        return ("first", "second")

    def infer_shape(self, data: Shape) -> Shapes:
        half = (data[0] // 2, *data[1:])
        return {"first": half, "second": half}

    def forward(self, data: Tensor) -> tuple[Tensor, Tensor]:
        rows = data.shape[0] // 2
        return data[:rows], data[rows:]


class Total(Operator, registered=False):
    """A running total, a test's operator with a state."""

    data = Input("Input of any shape.")
    total = State("Sum so far.")

    def forward(self, data: Tensor, total: Tensor) -> Tensor:
        return total.add_(data)


exp, square, plus = (operator_function(cls) for cls in (elementary.exp, elementary.square, _Plus))
flatten, dense = operator_function(Flatten), operator_function(FullyConnected)
total = operator_function(ElementWiseSum)
halves = operator_function(Halves)


# -- inputs ----------------------------------------------------------------------------------------


def test_results_are_new_arrays_on_the_inputs_context() -> None:
    result = exp(counting(2, 2, dtype="float64").copy(cpu(2)))
    assert (result.context, result.dtype, result.writable) == (cpu(2), "float64", True)
    np.testing.assert_allclose(result.asnumpy(), np.exp([[0, 1], [2, 3]]))


def test_several_outputs() -> None:
    first, second = halves(counting(4))
    assert_array_equal(first.asnumpy(), [0, 1])
    assert_array_equal(second.asnumpy(), [2, 3])


def test_inputs_that_are_missing() -> None:
    found = (
        "FullyConnected(num_hidden=2): input 'weight' is missing; "
        "arrays need all of data, weight, bias"
    )
    with pytest.raises(ArgumentError, match=message(found)):
        dense(ones(1, 3), num_hidden=2)


def test_states_need_an_executor() -> None:
    found = (
        "Total() keeps total from call to call, which only an executor can; "
        "make a symbol of it and bind that"
    )
    with pytest.raises(ArgumentError, match=message(found)):
        operator_function(Total)(ones(2))


def test_inputs_that_do_not_fit() -> None:
    with pytest.raises(
        ShapeError, match=r"rhs should have shape \(2,\), but 'rhs' has shape \(3,\)"
    ):
        plus(ones(2), ones(3))
    with pytest.raises(DTypeError, match=r"'lhs' is float32, but 'rhs' is float64; convert one"):
        plus(ones(2), ones(2, dtype="float64"))


# -- out= ------------------------------------------------------------------------------------------


def test_out_is_filled_and_returned() -> None:
    out = zeros((2,), cpu(1))
    assert exp(array([0, 1]), out=out) is out
    np.testing.assert_allclose(out.asnumpy(), [1, np.e], rtol=1e-6)
    outs = [zeros(2), zeros(2)]
    assert halves(counting(4), out=outs) is outs
    assert_array_equal(outs[1].asnumpy(), [2, 3])


WRONG_OUT = [
    (
        lambda: zeros(3, 2),
        ShapeError,
        "Flatten(): output has shape (2, 3), but out has (3, 2); "
        "give out= such an array, or leave it out",
    ),
    (
        lambda: zeros((2, 3), dtype="int32"),
        DTypeError,
        "Flatten(): output is float32, but out is int32; give out= such an array, or leave it out",
    ),
    (lambda: np.zeros((2, 3)), ArgumentError, "Flatten(): out must be an NDArray, got ndarray"),
    (
        lambda: [zeros(2, 3), zeros(2, 3)],
        ArgumentError,
        "Flatten(): out needs one array for each of output, got 2",
    ),
]


@pytest.mark.parametrize(("make", "error", "found"), WRONG_OUT)
def test_out_that_does_not_fit(make: Any, error: type[Exception], found: str) -> None:
    out = make()
    with pytest.raises(error, match=message(found)):
        flatten(ones(2, 3), out=out)
    for each in out if isinstance(out, list) else [out]:
        assert not np.asarray(each).any()


def test_nothing_is_written_unless_all_of_out_fits() -> None:
    outs = zeros(2), zeros(3)
    with pytest.raises(
        ShapeError, match=r"^Halves\(\): second has shape \(2,\), but out has \(3,\);"
    ):
        halves(ones(4), out=outs)
    outs = zeros(2), read_only(0.0, 0.0)
    with pytest.raises(ReadOnlyError):
        halves(ones(4), out=outs)
    assert_array_equal(outs[0].asnumpy(), [0, 0])


# -- memory that is shared -------------------------------------------------------------------------


def test_results_share_no_memory_with_inputs() -> None:
    data = read_only(1.0, 2.0)
    flat = flatten(data.reshape(2, 1))
    flat[:] = 0
    first, _ = halves(data)
    first[:] = 0
    assert_array_equal(data.asnumpy(), [1, 2])


def test_out_may_be_an_input() -> None:
    data, weight = counting(2, 2), array([[1, 1], [0, 2]])
    expected = data.asnumpy() @ weight.asnumpy().T
    dense(data, weight, zeros(2), num_hidden=2, out=data)
    assert_array_equal(data.asnumpy(), expected)
    arr = array([1, 2])
    assert_array_equal(total(arr, ones(2), arr, out=arr).asnumpy(), [3, 5])


@pytest.mark.parametrize("windows", [(np.s_[0:3], np.s_[1:4]), (np.s_[1:4], np.s_[0:3])], ids=str)
def test_out_may_overlap_an_input(windows: tuple[Any, Any]) -> None:
    arr, expected = counting(4), np.arange(4.0)
    source, target = windows
    square(arr[source], out=arr[target])
    expected[target] = expected[source] ** 2
    assert_array_equal(arr.asnumpy(), expected)
    shared = NDArray.wrap(torch.from_numpy(try_get_shared(arr)[source]), cpu())
    square(shared, out=arr[target])
    expected[target] = expected[source] ** 2
    assert_array_equal(arr.asnumpy(), expected)
