"""Parameters and layers that `fit` leaves as they are."""

from typing import Any

import numpy as np
import pytest
from training_helpers import class_data, parameters

import symnet as mx


def network(**batch_norm: Any) -> mx.SymbolicNode:
    """A normalised hidden layer, and a classifier."""
    net = mx.FullyConnected(mx.Variable("data"), num_hidden=6, name="fc1")
    net = mx.BatchNorm(net, fix_gamma=False, name="bn1", **batch_norm)
    net = mx.FullyConnected(mx.Activation(net, act_type="tanh"), num_hidden=3, name="fc2")
    return mx.SoftmaxOutput(net, name="softmax")


def trained(
    net: mx.SymbolicNode, **options: Any
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return parameters and states before and after a training."""
    model = mx.FeedForward(net)
    mx.srand(3)
    model.init_model(mx.UniformInitializer(0.5), data=(5, 4), softmax_label=(5,))
    mean, variance = np.linspace(-1, 1, 6), np.linspace(0.5, 2, 6)
    if model.aux_params:
        model.aux_params = {"bn1_moving_mean": mx.array(mean), "bn1_moving_var": mx.array(variance)}
    before = everything(model)
    optimizer = mx.SGD(lr=0.2, momentum=0.9, weight_decay=0.1)
    model.fit(optimizer, class_data(), n_epoch=2, verbose=False, **options)
    return before, everything(model)


def everything(model: mx.FeedForward) -> dict[str, np.ndarray]:
    return parameters(model) | {n: a.asnumpy() for n, a in (model.aux_params or {}).items()}


STATES = ["bn1_moving_mean", "bn1_moving_var"]
FROZEN: dict[str, tuple[Any, list[str]]] = {
    "a layer": ("fc1", ["fc1_weight", "fc1_bias"]),
    "a parameter": ("fc1_bias", ["fc1_bias"]),
    "a pattern": ("*_bias", ["fc1_bias", "fc2_bias"]),
    "a list": (["fc1", "fc2_b*"], ["fc1_weight", "fc1_bias", "fc2_bias"]),
    "statistics": ("bn1", ["bn1_gamma", "bn1_beta", *STATES]),
    "nothing": ((), []),
}


@pytest.mark.parametrize("case", FROZEN)
def test_what_is_frozen_stays_and_the_rest_learns(case: str) -> None:
    freeze, expected = FROZEN[case]
    before, after = trained(network(), freeze=freeze)
    assert [name for name in after if np.array_equal(after[name], before[name])] == expected


def test_frozen_statistics_are_those_that_are_used() -> None:
    """As a network that says so itself, with gamma and beta that get no gradient."""
    _, found = trained(network(), freeze="bn1")
    _, expected = trained(network(use_global_stats=True), freeze=["bn1_gamma", "bn1_beta"])
    for name, array in found.items():
        np.testing.assert_array_equal(array, expected[name], err_msg=name)


def test_the_model_keeps_its_own_network() -> None:
    net = network()
    model = mx.FeedForward(net)
    model.freeze = ("fc1", "bn*")
    model.fit(mx.SGD(), class_data(), n_epoch=1, initializer=mx.UniformInitializer(0.5), verbose=0)
    assert model.arch is net
    start = everything(model)
    model.fit(mx.SGD(lr=0.3), class_data(), n_epoch=1, verbose=0)
    same = [n for n, array in everything(model).items() if np.array_equal(array, start[n])]
    assert same == ["fc1_weight", "fc1_bias", "bn1_gamma", "bn1_beta", *STATES]
    model.fit(mx.SGD(lr=0.3), class_data(), n_epoch=1, verbose=0, freeze=())
    assert not any(np.array_equal(array, start[n]) for n, array in everything(model).items())


def test_no_gradient_is_computed_for_what_is_frozen() -> None:
    seen: list[set[str]] = []

    class Look(mx.AbstractStepCallback):
        """Notes which gradients there are."""

        def before_update(self, step: mx.Step) -> None:
            seen.append(set(step.executors[0].grad_dict))

    model = mx.FeedForward(network())
    model.fit(mx.SGD(), class_data(), n_epoch=1, freeze=["fc1", "bn1"], callbacks=[Look()])
    assert seen[0] == {"fc2_weight", "fc2_bias"}


@pytest.mark.parametrize(
    ("freeze", "message"),
    [
        (
            "fc3",
            r"'fc3' matches no parameter, .*did you mean 'fc[12]'\? \(there are: fc1, fc1_weight",
        ),
        ("conv*", r"'conv\*' matches no parameter"),
        ("data", "'data' matches no parameter"),
        ("softmax", "'softmax' matches no parameter"),
        ("*", r"all parameters \(fc1_weight, .* nothing is left to train"),
        (["fc1", ""], "freeze must be a name or pattern"),
        (3, "freeze must be a name or pattern .* got 3"),
    ],
)
def test_what_cannot_be_frozen(freeze: Any, message: str) -> None:
    with pytest.raises((mx.ArgumentError, mx.ParameterError), match=message):
        trained(network(), freeze=freeze)
