"""Counting values: `_histogram`, whose outputs have shapes and types of their own."""

import numpy as np
import pytest

import symnet as mx
from symnet.operators.contract import find_operator
from symnet.operators.dispatch import operator_function

histogram = operator_function(find_operator("_histogram"))
VALUES = [0, 1, 2, 2, 5, -1, 9, 0.5]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_equal_bins(dtype):
    counts, edges = histogram(mx.array(VALUES, dtype=dtype), bin_cnt=5, range=(0, 5))
    expected, at = np.histogram(VALUES, 5, (0, 5))
    assert counts.asnumpy().tolist() == expected.tolist()
    assert (counts.dtype, edges.dtype) == ("int64", dtype)
    np.testing.assert_allclose(edges.asnumpy(), at, rtol=1e-6)


def test_bins_that_are_given():
    counts, edges = histogram(mx.array(VALUES), mx.array([0, 1, 3, 5]))
    assert counts.asnumpy().tolist() == np.histogram(VALUES, [0, 1, 3, 5])[0].tolist()
    assert edges.asnumpy().tolist() == [0, 1, 3, 5]


def test_edges_of_whole_numbers_are_cut_to_whole():
    """Recorded from Apache MXNet 1.9.1."""
    values = mx.array([0, 1, 2, 2, 5, -1, 9], dtype="int32")
    counts, edges = histogram(values, bin_cnt=3, range=(0, 5))
    assert counts.asnumpy().tolist() == [1, 3, 1]
    assert edges.asnumpy().tolist() == [0, 1, 3, 5]


def test_what_is_no_number_is_not_counted():
    """Recorded from Apache MXNet 1.9.1."""
    values = mx.array([0, 1, 2, float("nan"), 5, -1, 9])
    assert histogram(values, bin_cnt=3, range=(0, 5))[0].asnumpy().tolist() == [2, 1, 1]


def test_as_a_symbol():
    symbol = histogram(mx.Variable("data"), bin_cnt=5, range=(0, 5), name="node")
    assert symbol.list_outputs() == ["node_output0", "node_output1"]
    assert symbol.infer_shape(data=(8,))[1] == [(5,), (6,)]
    again = mx.from_json(symbol.to_json())
    executor = mx.bind(again, mx.cpu(), {"data": mx.array(VALUES)})
    expected = np.histogram(VALUES, 5, (0, 5))[0].tolist()
    assert executor.forward()[0].asnumpy().tolist() == expected


@pytest.mark.parametrize(
    "params", [{"bin_cnt": 3}, {"range": (0, 1)}, {"bin_cnt": 3, "range": (1, 0)}]
)
def test_a_count_without_a_range_is_refused(params):
    with pytest.raises(mx.ParameterError, match="_histogram: "):
        histogram(mx.array(VALUES), **params)
