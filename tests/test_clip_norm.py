"""Bounding the length of the whole gradient."""

import numpy as np
import pytest
from training_helpers import assert_same, class_data, class_model, parameters

import symnet as mx


def step(bound: float | None, *contexts: mx.Context) -> dict[str, np.ndarray]:
    """How far all parameters went in one step of rate 1: the gradient's mean, negated."""
    model = class_model(*contexts)
    before = parameters(model)
    model.fit(mx.SGD(lr=1, weight_decay=0), class_data(6, 6), n_epoch=1, clip_norm=bound, verbose=0)
    return {name: array - before[name] for name, array in parameters(model).items()}


def length(gradient: dict[str, np.ndarray]) -> float:
    return float(np.sqrt(sum(np.square(each).sum() for each in gradient.values())))


@pytest.mark.parametrize("devices", [1, 2])
def test_a_long_gradient_is_shortened_as_a_whole(devices: int) -> None:
    contexts = [mx.cpu(number) for number in range(devices)]
    free = step(None, *contexts)
    half = step(length(free) / 2, *contexts)
    for name, array in free.items():
        np.testing.assert_allclose(half[name], array / 2, rtol=1e-4, atol=1e-7)


def test_a_short_one_stays_as_it_is() -> None:
    free = step(None)
    for name, array in step(length(free) * 1.01).items():
        np.testing.assert_array_equal(array, free[name])


def test_layers_that_learn_at_other_rates_count_together() -> None:
    """They lie in other arrays, and are one gradient all the same."""
    attrs = {"lr_mult": "0.5"}
    bias = mx.Variable("fc_bias", attrs=attrs)
    net = mx.FullyConnected(data=mx.Variable("data"), bias=bias, num_hidden=1, name="fc")
    model = mx.FeedForward(mx.LinearRegressionOutput(net, name="lro"))
    model.arg_params = {"fc_weight": mx.zeros((1, 1)), "fc_bias": mx.zeros(1)}
    model.aux_params = {}
    # The gradients of weight and bias are -3 and -1 each: together as long as the root of 10.
    model.fit(
        mx.SGD(lr=1, weight_decay=0), np.full((1, 1), 3.0), np.array([1.0]), n_epoch=1,
        clip_norm=10**0.5 / 10, verbose=0,
    )  # fmt: skip
    expected = {"fc_weight": np.array([[0.3]]), "fc_bias": np.array([0.05])}
    assert_same(model, expected, rtol=1e-5)


@pytest.mark.parametrize("bound", [0, -1, float("inf"), float("nan")])
def test_what_is_no_bound(bound: float) -> None:
    with pytest.raises(mx.ParameterError, match=r"fit: clip_norm must be (> 0|finite)"):
        step(bound)
