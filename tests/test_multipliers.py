"""Parameters that learn and decay faster or slower than others, or not at all.

The reference is Apache MXNet 1.9.1, recorded (see golden/README.md), or NumPy.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from training_helpers import class_data, class_model, parameters

import symnet as mx
from symnet.training.optimizer._configured import ConfiguredOptimizer

RECORDED = Path(__file__).parent / "golden" / "python_mxnet"
NAMES = ("fc_weight", "fc_bias", "bn_gamma")

# -- against Apache MXNet 1.9.1 --------------------------------------------------------------------

SAME_RULES: dict[str, Callable[..., mx.AbstractOptimizer]] = {
    "sgd": lambda lr, wd: mx.SGD(lr=lr, weight_decay=wd),
    "sgd-momentum": lambda lr, wd: mx.SGD(lr=lr, weight_decay=wd, momentum=0.9),
    "adam": lambda lr, wd: mx.ADAM(lr=lr, weight_decay=wd),
    "adamax": lambda lr, wd: mx.AdaMax(lr=lr, weight_decay=wd),
    "rmsprop": lambda lr, wd: mx.RMSProp(lr=lr, weight_decay=wd, rho=0.9, epsilon=1e-8),
}
"""Case → the optimizer that computes the same rule."""


def recorded(name: str) -> tuple[dict[str, Any], Any]:
    arrays = np.load(RECORDED / f"{name}.npz")
    return json.loads(bytes(arrays["meta"])), arrays


@pytest.mark.parametrize("name", SAME_RULES)
@pytest.mark.parametrize("store", [False, True], ids=["updater", "store"])
def test_weights_are_those_of_python_mxnet(name: str, store: bool) -> None:
    meta, arrays = recorded("optimizers")
    case = meta["cases"][f"{name}/mult"]
    optimizer = SAME_RULES[name](case["arguments"]["learning_rate"], case["arguments"]["wd"])
    optimizer.name_weights(dict(enumerate(NAMES)))
    optimizer.set_lr_mult(case["lr_mult"])
    optimizer.set_wd_mult(case["wd_mult"])
    check_updates(optimizer, meta, arrays, f"{name}/mult", store)


def test_attributes_act_as_in_python_mxnet() -> None:
    meta, arrays = recorded("optimizers")
    case = meta["cases"]["sgd/attributes"]
    variables = [mx.Variable(n, attrs=case["attributes"].get(n, {})) for n in NAMES]
    optimizer = mx.SGD(lr=case["arguments"]["learning_rate"], weight_decay=case["arguments"]["wd"])
    optimizer.name_weights(dict(enumerate(NAMES)), mx.Group(*variables))
    optimizer.set_wd_mult({"fc_bias": 0.0})  # its Python decays weights and gammas only
    check_updates(optimizer, meta, arrays, "sgd/attributes", store=False)


def check_updates(
    optimizer: mx.AbstractOptimizer, meta: dict[str, Any], arrays: Any, case: str, store: bool
) -> None:
    optimizer.state = mx.OptimizationState(1)
    weights = [mx.array(arrays[f"start:{i}"]) for i in range(3)]
    update = mx.get_updater(optimizer)
    keys = mx.KVStore("local")
    if store:
        keys.init([0, 1, 2], weights)
        keys.set_optimizer(optimizer)
    for step in range(20):
        for i, weight in enumerate(weights):
            gradient = mx.array(arrays[f"gradient:{i}"][step])
            if store:
                keys.push(i, gradient)
                keys.pull(i, weight)
            else:
                update(i, gradient, weight)
        if step + 1 in meta["recorded"]:
            found = np.concatenate([weight.asnumpy().ravel() for weight in weights])
            expected = arrays[f"weight:{case}"][meta["recorded"].index(step + 1)]
            # ADAM's epsilon is added before the root is corrected there, after it here
            np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


def test_a_training_is_that_of_python_mxnet() -> None:
    """With lr_mult 0, 3 and wd_mult 2 in the symbol file that it has written."""
    meta, arrays = recorded("fit-attributes")
    model = mx.FeedForward(mx.from_json(bytes(arrays["json"]).decode()))
    names = [key.removeprefix("start:") for key in arrays if key.startswith("start:")]
    model.arg_params = {name: mx.array(arrays[f"start:{name}"]) for name in names}
    model.aux_params = {}
    label = ("softmax_label", arrays["label"])
    data = mx.ArrayDataProvider(("data", arrays["data"]), label, batch_size=meta["batch_size"])
    given = meta["optimizer_params"]
    optimizer = mx.SGD(lr=given["learning_rate"], weight_decay=given["wd"])
    optimizer.set_wd_mult({"fc2_bias": 0.0})  # its Python decays weights and gammas only
    model.fit(optimizer, data, n_epoch=meta["epochs"], verbose=False)
    for name, array in parameters(model).items():
        np.testing.assert_allclose(array, arrays[f"end:{name}"], rtol=1e-4, atol=1e-6)


# -- every optimizer -------------------------------------------------------------------------------

OPTIMIZERS = [mx.SGD, mx.ADAM, mx.AdaGrad, mx.AdaDelta, mx.AdaMax, mx.Nadam, mx.RMSProp]


def perceptron(**attributes: dict[str, str]) -> mx.SymbolicNode:
    """The network of `class_model`, with attributes of its variables."""
    variables = {name: mx.Variable(name, attrs=own) for name, own in attributes.items()}
    one = {n: variables[f"fc1_{n}"] for n in ("weight", "bias") if f"fc1_{n}" in variables}
    two = {n: variables[f"fc2_{n}"] for n in ("weight", "bias") if f"fc2_{n}" in variables}
    net = mx.FullyConnected(data=mx.Variable("data"), name="fc1", num_hidden=6, **one)
    net = mx.Activation(net, act_type="relu")
    net = mx.FullyConnected(data=net, name="fc2", num_hidden=3, **two)
    return mx.SoftmaxOutput(net, name="softmax")


ATTRIBUTES = {
    "fc1_weight": {"lr_mult": "0.5", "wd_mult": "3"},
    "fc2_weight": {"__lr_mult__": "2"},
    "fc2_bias": {"wd_mult": "0"},
}


def model_of(net: mx.SymbolicNode, *contexts: mx.Context) -> mx.FeedForward:
    model = mx.FeedForward(net, list(contexts) or None)
    mx.srand(3)
    model.init_model(mx.UniformInitializer(0.5), data=(5, 4), softmax_label=(5,))
    return model


@pytest.mark.parametrize("kind", OPTIMIZERS)
@pytest.mark.parametrize("scheduled", [False, True])
def test_a_step_is_that_of_an_optimizer_with_other_options(kind: Any, scheduled: bool) -> None:
    """Each parameter moves as if its own rate and decay had been given for all."""

    def steps(net: mx.SymbolicNode, lr: float, decay: float) -> dict[str, np.ndarray]:
        model = model_of(net)
        rate = {"lr_scheduler": mx.LearningRate.Fixed(lr)} if scheduled else {"lr": lr}
        optimizer = kind(weight_decay=decay, **rate)
        data = class_data(5, 5)
        model.fit(optimizer, data, n_epoch=1, verbose=False)
        return parameters(model)

    found = steps(perceptron(**ATTRIBUTES), 0.05, 0.1)
    plain = perceptron()
    for name, lr, decay in [
        ("fc1_weight", 0.025, 0.3),
        ("fc1_bias", 0.05, 0.1),
        ("fc2_weight", 0.1, 0.1),
        ("fc2_bias", 0.05, 0.0),
    ]:
        expected = steps(plain, lr, decay)[name]
        np.testing.assert_allclose(found[name], expected, rtol=1e-6, atol=1e-8, err_msg=name)


def test_several_devices_and_short_batches_train_the_same() -> None:
    net = perceptron(**ATTRIBUTES)
    models = [model_of(net), model_of(net, mx.cpu(0), mx.cpu(1))]
    for model in models:
        data = class_data(13, 5, last_batch="keep")
        model.fit(mx.SGD(lr=0.3, momentum=0.9), data, n_epoch=2, verbose=False)
    one, two = map(parameters, models)
    for name, array in one.items():
        np.testing.assert_allclose(two[name], array, rtol=1e-5, atol=1e-6)


def test_what_is_set_counts_before_attributes_and_numbers_before_names() -> None:
    optimizer = mx.SGD()
    optimizer.name_weights({0: "a", 1: "b"}, mx.Variable("a", attrs={"lr_mult": "3"}))
    assert optimizer.multipliers.of(0) == (3, 1)
    optimizer.set_lr_mult({"a": 5})
    optimizer.set_wd_mult({0: 7, "a": 8, "b": 9})
    assert [optimizer.multipliers.of(number) for number in range(3)] == [(5, 7), (1, 9), (1, 1)]
    assert mx.SGD().multipliers.of(0) == (1, 1)


def test_equal_multipliers_share_one_update() -> None:
    """All four parameters in as many flat arrays as there are different multipliers."""

    class Counting(mx.SGD):
        """Remembers which weights it has updated."""

        def _prepare(self) -> None:
            super()._prepare()
            self.seen: set[int] = getattr(self, "seen", set())

        def update(self, index: int, *rest: Any) -> None:
            self.seen.add(index)
            super().update(index, *rest)

    for attributes, expected in [({}, 1), (ATTRIBUTES, 4), ({"fc1_bias": {"lr_mult": "2"}}, 2)]:
        optimizer = Counting()
        model_of(perceptron(**attributes)).fit(optimizer, class_data(), n_epoch=1, verbose=False)
        assert optimizer.seen == set(range(expected))


# -- what cannot be --------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["fast", "", "-1", "nan", "inf", "1,5"])
@pytest.mark.parametrize("key", ["lr_mult", "wd_mult"])
def test_an_attribute_that_is_no_number_is_refused(key: str, text: str) -> None:
    model = model_of(perceptron(fc1_bias={key: text}))
    with pytest.raises(mx.ArgumentError, match=f"{key} of 'fc1_bias' must be a number from 0"):
        model.fit(mx.SGD(), class_data(), n_epoch=1)


@pytest.mark.parametrize("value", [-1, float("nan"), True, [1]])
def test_a_multiplier_that_is_no_number_is_refused(value: Any) -> None:
    with pytest.raises(mx.ArgumentError, match="lr_mult of 'a' must be a number from 0"):
        mx.SGD().set_lr_mult({"a": value})
    with pytest.raises(mx.ArgumentError, match="wd_mult must be a dict"):
        mx.SGD().set_wd_mult(value)


class Plain(mx.AbstractOptimizer):
    """One that knows no multipliers."""

    def create_state(self, index: int, weight: mx.NDArray) -> None:
        return None

    def update(self, index: int, weight: mx.NDArray, grad: mx.NDArray, state: Any) -> None:
        weight.torch.sub_(grad.torch, alpha=0.01)


def test_an_optimizer_that_knows_no_multipliers_is_refused() -> None:
    model = model_of(perceptron(fc1_bias={"lr_mult": "0.5"}))
    message = r"multipliers of 'fc1_bias': Plain knows no multipliers, .* by 0.5 "
    with pytest.raises(mx.ArgumentError, match=message):
        model.fit(Plain(), class_data(), n_epoch=1)
    optimizer = Plain()
    optimizer.set_wd_mult({0: 2})
    with pytest.raises(mx.ArgumentError, match="Plain knows no multipliers"):
        mx.get_updater(optimizer)(0, mx.ones(2), mx.ones(2))


def test_any_optimizer_can_leave_a_parameter_alone() -> None:
    model = model_of(perceptron(fc1_bias={"lr_mult": "0.0"}))
    before = parameters(model)
    model.fit(Plain(), class_data(), n_epoch=1, verbose=False)
    after = parameters(model)
    assert [n for n in after if np.array_equal(after[n], before[n])] == ["fc1_bias"]
    optimizer, weight = Plain(), mx.ones(2)
    optimizer.set_lr_mult({3: 0})
    mx.get_updater(optimizer)(3, mx.ones(2), weight)
    assert weight.asnumpy().tolist() == [1, 1]


def test_an_optimizer_without_a_rate_says_so() -> None:
    class Fixed(ConfiguredOptimizer):
        """Always the same step."""

        def create_state(self, index: int, weight: mx.NDArray) -> None:
            return None

        def update(self, index: int, weight: mx.NDArray, grad: mx.NDArray, state: Any) -> None:
            weight.torch.sub_(grad.torch)

    with pytest.raises(mx.ArgumentError, match="Fixed has no option lr"):
        Fixed().scaled(0.5, 1)
    assert Fixed(weight_decay=0.5).scaled(1, 3).weight_decay == 1.5


def test_a_multiplier_that_no_variable_hears_is_told(caplog: pytest.LogCaptureFixture) -> None:
    net = mx.FullyConnected(data=mx.Variable("data"), name="fc1", num_hidden=3)
    net.set_attr("lr_mult", "0.1")
    model = model_of(mx.SoftmaxOutput(net, name="softmax"))
    model.fit(mx.SGD(), class_data(), n_epoch=1, verbose=False)
    assert "lr_mult='0.1' of the layer 'fc1' does nothing" in caplog.text
    assert "fc1_weight, fc1_bias" in caplog.text


def test_attributes_of_a_layer_are_those_of_its_variables() -> None:
    with mx.AttrScope(lr_mult="0"):
        net = mx.FullyConnected(mx.Variable("data"), name="fc1", num_hidden=6)
    net = mx.FullyConnected(net, name="fc2", num_hidden=3)
    model = model_of(mx.SoftmaxOutput(net, name="softmax"))
    before = parameters(model)
    model.fit(mx.SGD(lr=0.1, weight_decay=0.1), class_data(), n_epoch=1, verbose=False)
    after = parameters(model)
    frozen = [name for name in after if np.array_equal(after[name], before[name])]
    assert frozen == ["fc1_weight", "fc1_bias"]
    assert class_model().freeze == ()


def test_a_file_in_which_nothing_learns_runs_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    names = ("fc1_weight", "fc1_bias", "fc2_weight", "fc2_bias")
    model = model_of(perceptron(**{name: {"lr_mult": "0"} for name in names}))
    before = parameters(model)
    history = model.fit(mx.ADAM(), class_data(), n_epoch=2, verbose=False)
    assert len(history) == 2
    assert "nothing is left to train" in caplog.text
    for name, array in parameters(model).items():
        np.testing.assert_array_equal(array, before[name])
