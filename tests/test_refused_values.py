"""Values that would be computed with in silence: masks, labels that are NaN, more than fits."""

import threading

import numpy as np
import pytest

import symnet as mx
import symnet.mxnet

MASKED = np.ma.masked_array(np.arange(4.0).reshape(2, 2), [[0, 1], [0, 0]])


@pytest.mark.parametrize(
    "use",
    [
        mx.array,
        mx.NDArray,
        lambda data: mx.ArrayDataProvider(data, batch_size=2),
        lambda data: mx.ArrayDataProvider(np.zeros((2, 2)), data[:, 1], batch_size=2),
        lambda data: mx.zeros((2, 2)) + mx.array(data),
    ],
)
def test_masked_elements_are_told(use):
    with pytest.raises(mx.MXError, match=r"1 of its . elements are masked; fill them with .filled"):
        use(MASKED)


def test_an_array_whose_mask_hides_nothing_is_an_array():
    unmasked = np.ma.masked_array([1.0, 2.0], [0, 0])
    assert mx.array(unmasked).asnumpy().tolist() == [1, 2]


def network(hidden=2):
    layer = mx.FullyConnected(mx.Variable("data"), num_hidden=hidden)
    return mx.SoftmaxOutput(layer, name="softmax")


@pytest.mark.parametrize("label", [-1, 99, np.nan, np.inf])
def test_what_is_no_class_is_no_label(label):
    labels = np.array([0, 1, 0, 1, 0, 1, 0, label], np.float32)
    data = mx.ArrayDataProvider(np.zeros((8, 2), np.float32), labels, batch_size=4)
    with pytest.raises(mx.LabelError, match=f"label {label:g} at position 3"):
        mx.FeedForward(network()).fit(mx.SGD(), data, n_epoch=1, verbose=0)


@pytest.mark.parametrize("hidden", [10**11, 10**18, 10**30])
def test_more_than_fits_is_told_in_bytes(hidden):
    with pytest.raises(mx.MXError, match="bytes"):
        mx.simple_bind(network(hidden), mx.cpu(), data=(1, 5))


def test_a_silent_training_leaves_no_thread():
    before = set(threading.enumerate())
    data = mx.ArrayDataProvider(np.zeros((8, 2), np.float32), np.zeros(8), batch_size=4)
    mx.FeedForward(network()).fit(mx.SGD(), data, n_epoch=1, verbose=0)
    assert set(threading.enumerate()) == before


INTEGERS = mx.array([1, 2], dtype="int32")


@pytest.mark.parametrize("number", [np.inf, -np.inf, np.nan, 1e30, -1e30])
@pytest.mark.parametrize(
    "use",
    [
        lambda number: mx.one_hot(INTEGERS, depth=2, on_value=number, dtype="int32"),
        lambda number: mx.one_hot(INTEGERS, depth=2, off_value=number, dtype="uint8"),
        lambda number: mx._full(shape=(2,), value=number, dtype="int32"),
        lambda number: mx.mxnet.nd.full((2,), number, dtype="uint8"),
        lambda number: mx.full((2,), number, dtype="int32"),
        lambda number: mx._slice_assign_scalar(INTEGERS, scalar=number, begin=(0,), end=(1,)),
        lambda number: INTEGERS + number,
        lambda number: INTEGERS.__setitem__(slice(None), number),
    ],
)
def test_a_number_that_no_whole_one_is(use, number):
    with pytest.raises(mx.MXError, match=f"{number:g}".replace("+", r"\+")):
        use(number)


@pytest.mark.parametrize("end", [np.inf, -np.inf, np.nan])
def test_no_steps_lead_to_no_number(end):
    with pytest.raises(mx.ParameterError, match=f"{end:g}"):
        mx._arange(start=0, stop=end, dtype="int32")
    with pytest.raises(mx.ParameterError, match=f"{end:g}"):
        mx._linspace(start=0, stop=end, num=3)


def test_limits_beyond_all_whole_numbers_limit_nothing():
    clipped = mx.clip(INTEGERS, a_min=-np.inf, a_max=np.inf)
    assert clipped.asnumpy().tolist() == mx.clip(INTEGERS, a_min=0, a_max=1e30).asnumpy().tolist()
