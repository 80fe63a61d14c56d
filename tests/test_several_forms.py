"""The documents' functions that take several kinds of things."""

import copy

import numpy as np
import pytest

import symnet as mx
from symnet.core.errors import ArgumentError


def test_get_of_a_metric():
    metric = mx.Accuracy()
    mx.update(metric, [mx.array([0, 1])], [mx.array([[0.9, 0.1], [0.8, 0.2]])])
    assert mx.get(metric) == metric.get() == [("accuracy", 0.5)]
    assert mx.get(mx.MultiMetric([metric, mx.MSE()]))[0] == ("accuracy", 0.5)


def test_get_of_a_provider():
    provider = mx.ArrayDataProvider(np.ones((2, 3)), np.zeros(2))
    batch = next(iter(provider))
    assert mx.get(provider, batch, "data") is batch.data[0]
    assert mx.get(provider, batch, "softmax_label") is batch.label[0]


@pytest.mark.parametrize("given", [(), ("batch",), ("batch", "data")])
@pytest.mark.parametrize("source", [3, "metric", None])
def test_get_of_anything_else(source, given):
    with pytest.raises(ArgumentError, match="get takes a metric, or a provider, a batch and a"):
        mx.get(source, *given)


@pytest.mark.parametrize("given", [("batch", "data")])
def test_get_of_a_metric_takes_no_more(given):
    with pytest.raises(ArgumentError, match="got Accuracy, str, str"):
        mx.get(mx.Accuracy(), *given)


def test_get_of_a_provider_needs_a_batch():
    with pytest.raises(ArgumentError, match="got ArrayDataProvider"):
        mx.get(mx.ArrayDataProvider(np.ones((2, 3))))


@pytest.mark.parametrize("make", [mx.copy, mx.deepcopy, copy.copy, copy.deepcopy])
def test_a_copy_of_a_symbol_has_attributes_of_its_own(make):
    net = mx.FullyConnected(mx.Variable("data"), num_hidden=3, name="fc") * 2
    other = make(net)
    assert type(other) is mx.SymbolicNode
    assert other.to_json() == net.to_json()
    other.set_attr("mood", "calm")
    assert net.get_attr("mood") is None
    assert other.get_attr("mood") == "calm"


def test_copies_of_arrays_as_ever():
    array = mx.array([1, 2])
    assert isinstance(mx.copy(array), np.ndarray)
    assert mx.copy(array, mx.cpu(1)).context == mx.cpu(1)


def test_copies_that_cannot_be():
    with pytest.raises(ArgumentError, match="copy: a symbol has no place, got CPU0"):
        mx.copy(mx.Variable("x"), mx.cpu())
    with pytest.raises(ArgumentError, match="deepcopy takes a symbol, got NDArray"):
        mx.deepcopy(mx.array([1]))


# -- a number on the left --------------------------------------------------------------------------

NUMBERS = np.array([1.0, 2.0, 4.0], np.float32)
ON_LEFT = {
    "_PlusScalar": 3 + NUMBERS,
    "_MinusScalar": 3 - NUMBERS,
    "_RMinusScalar": NUMBERS - 3,
    "_MulScalar": 3 * NUMBERS,
    "_DivScalar": 3 / NUMBERS,
    "_RDivScalar": NUMBERS / 3,
    "_PowerScalar": 3**NUMBERS,
    "_RPowerScalar": NUMBERS**3,
    "_MaximumScalar": np.maximum(3, NUMBERS),
    "_MinimumScalar": np.minimum(3, NUMBERS),
    "_mod_scalar": 3 % NUMBERS,
    "_rmod_scalar": NUMBERS % 3,
    "_hypot_scalar": np.hypot(3, NUMBERS),
    "_minus_scalar": 3 - NUMBERS,
}


@pytest.mark.parametrize("name", ON_LEFT)
@pytest.mark.parametrize("flag", [True, "True", "1"])
def test_a_number_on_the_left_in_calls(name, flag):
    function = getattr(mx, name)
    found = function(mx.array(NUMBERS), scalar=3, scalar_on_left=flag)
    np.testing.assert_allclose(found.asnumpy(), ON_LEFT[name], rtol=1e-5)
    symbol = function(mx.Variable("x"), scalar=3, scalar_on_left=flag)
    executor = mx.bind(symbol, mx.cpu(), {"x": mx.array(NUMBERS)})
    np.testing.assert_allclose(executor.forward()[0].asnumpy(), ON_LEFT[name], rtol=1e-5)
    again = mx.from_json(symbol.to_json())
    np.testing.assert_allclose(
        mx.bind(again, mx.cpu(), {"x": mx.array(NUMBERS)}).forward()[0].asnumpy(),
        ON_LEFT[name],
        rtol=1e-5,
    )


def test_a_flag_that_is_none():
    found = mx._MinusScalar(mx.array(NUMBERS), scalar=3, scalar_on_left=False)
    np.testing.assert_array_equal(found.asnumpy(), NUMBERS - 3)
    with pytest.raises(mx.ParameterError, match="_MinusScalar: scalar_on_left must be bool, got 2"):
        mx._MinusScalar(mx.array(NUMBERS), scalar=3, scalar_on_left=2)
