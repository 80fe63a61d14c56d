"""Prediction with parameters that stay: folded normalisations, fused convolutions, preparation."""

from typing import Any

import numpy as np
import pytest
import torch
from engine import noise
from hypothesis import given
from hypothesis import strategies as st

import symnet as mx
from symnet.operators.definitions import fused_convolution

data = mx.Variable("data")


def filled(net: mx.SymbolicNode, shape: tuple[int, ...], dtype: str = "float32") -> mx.Executor:
    """The network over random numbers, which are positive for variances."""
    random = np.random.default_rng(3)
    executor = mx.simple_bind(net, grad_req="null", dtypes={"data": dtype}, data=shape)
    for name, array in {**executor.arg_dict, **executor.aux_dict}.items():
        numbers = random.normal(size=array.shape)
        array[:] = abs(numbers) + 0.5 if name.endswith("var") else numbers
    return executor


def operators(executor: mx.Executor) -> list[str]:
    """What runs at each prediction."""
    lines = executor.plan(is_train=False).split("\n\n")[0].splitlines()[1:]
    start = lines.index("  --- forward ---") + 1 if "  --- forward ---" in lines else 0
    return [line.split()[1] for line in lines[start:]]


def parameters(executor: mx.Executor) -> list[str]:
    return [n for n in (*executor.arg_dict, *executor.aux_dict) if n != "data"]


def check(net: mx.SymbolicNode, shape: tuple[int, ...], dtype: str = "float32") -> list[str]:
    """Compare prediction with constants to prediction without, thrice, and return what ran."""
    executor = filled(net, shape, dtype)
    expected = [output.asnumpy() for output in executor.forward()]
    executor.hold_constant(parameters(executor))
    for _ in range(3):  # steps are recorded in the second run
        executor.forward()
        for found, wanted in zip(executor.outputs, expected, strict=True):
            scale = max(1.0, abs(wanted).max())
            np.testing.assert_allclose(found.asnumpy(), wanted, rtol=1e-4, atol=1e-5 * scale)
    return operators(executor)


def normalised(layer: mx.SymbolicNode, **more: Any) -> mx.SymbolicNode:
    return mx.BatchNorm(layer, name="bn", **{"fix_gamma": False, **more})


def convolution(source: mx.SymbolicNode = data, **more: Any) -> mx.SymbolicNode:
    settings = {"kernel": (3, 3), "num_filter": 4, "pad": (1, 1), "name": "conv", **more}
    return mx.Convolution(source, **settings)


IMAGES = (2, 4, 6, 5)


# -- batch normalisation ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layer", "shape", "axis"),
    [
        (mx.FullyConnected(data, num_hidden=3), (2, 5), 1),
        (mx.FullyConnected(data, num_hidden=3, no_bias=True), (2, 5, 2), -1),
        (mx.Convolution(data, kernel=(3,), num_filter=3), (2, 4, 6), 1),
        (mx.Convolution(data, kernel=(2, 2, 2), num_filter=3, no_bias=True), (2, 4, 3, 3, 3), 1),
        (mx.Convolution(data, kernel=(3, 3), num_filter=3, layout="NHWC"), (2, 6, 5, 4), 3),
        (mx.Convolution(data, kernel=(3, 3), num_filter=3, layout="NHWC"), (2, 6, 5, 4), -1),
        (
            mx.Deconvolution(data, kernel=(3, 3), num_filter=6, num_group=2, no_bias=False),
            IMAGES,
            1,
        ),
        (mx.Deconvolution(data, kernel=(3, 3), num_filter=3, stride=(2, 2)), IMAGES, 1),
    ],
)
@pytest.mark.parametrize("fix_gamma", [True, False])
def test_a_normalisation_is_done_to_the_weights(layer, shape, axis, fix_gamma) -> None:
    assert "BatchNorm" not in check(normalised(layer, axis=axis, fix_gamma=fix_gamma), shape)


@pytest.mark.parametrize("kind", [mx.BatchNorm_v1, mx._contrib_SyncBatchNorm])
def test_other_kinds_of_normalisation(kind) -> None:
    more = {"key": "bn"} if kind is mx._contrib_SyncBatchNorm else {}
    assert check(kind(convolution(), fix_gamma=False, **more), IMAGES) == ["FusedConvolution"]


def test_what_a_normalisation_does_afterwards() -> None:
    net = mx._contrib_BatchNormWithReLU(convolution(), fix_gamma=False)
    assert check(net, IMAGES) == ["FusedConvolution"]


@pytest.mark.parametrize(
    ("net", "shape"),
    [
        (normalised(convolution(), axis=2), IMAGES),
        (normalised(convolution(), output_mean_var=True)[0], IMAGES),
        (normalised(mx.FullyConnected(data, num_hidden=3, flatten=False)), (2, 4, 5)),
        (normalised(mx.Activation(convolution(), act_type="relu")), IMAGES),
        (normalised(data), IMAGES),
    ],
    ids=["another axis", "shows its mean", "rows of rows", "something between", "no layer"],
)
def test_a_normalisation_stays_where_it_is_no_scale_of_weights(net, shape) -> None:
    assert "BatchNorm" in check(net, shape)


def test_a_layer_that_somebody_else_reads_keeps_its_weights() -> None:
    layer = convolution()
    ran = check(mx.Group(normalised(layer), layer), IMAGES)
    assert "BatchNorm" in ran


def test_a_weight_that_is_computed_from_the_data_is_not_scaled() -> None:
    weight = mx.Reshape(mx.slice_axis(data, axis=0, begin=0, end=1), shape=(2, 2, 6, 5))
    net = normalised(mx.Convolution(data, weight, kernel=(6, 5), num_filter=2, num_group=2))
    assert "BatchNorm" in check(net, IMAGES)


# -- convolutions ----------------------------------------------------------------------------------

FUNCTIONS = {
    "relu": lambda net: mx.Activation(net, act_type="relu"),
    "sigmoid": lambda net: mx.Activation(net, act_type="sigmoid"),
    "tanh": lambda net: mx.Activation(net, act_type="tanh"),
    "leaky": lambda net: mx.LeakyReLU(net, slope=0.1),
    "clip": lambda net: mx.clip(net, a_min=-0.5, a_max=1.5),
}


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("no_bias", [True, False])
def test_a_function_follows_in_one_step(function, dtype, no_bias) -> None:
    net = FUNCTIONS[function](convolution(no_bias=no_bias, num_group=2, stride=(2, 1)))
    assert check(net, IMAGES, dtype) == ["FusedConvolution"]


@pytest.mark.parametrize("function", [None, *FUNCTIONS])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("first", [True, False])
def test_a_sum_is_done_where_the_addend_lies(function, dtype, first) -> None:
    """The addend dies here, and is written over."""
    addend = mx.Pooling(data, kernel=(3, 3), pad=(1, 1), pool_type="max")
    net = convolution() + addend if first else addend + convolution()
    ran = check(FUNCTIONS[function](net) if function else net, IMAGES, dtype)
    assert ran[:2] == ["Pooling", "AddedConvolution"]
    assert len(ran) == (2 if function in (None, "relu") else 3)  # the kernel knows no other


def test_an_addend_that_is_read_later_stays() -> None:
    addend = mx.Activation(data, act_type="tanh")
    total = convolution() + addend
    ran = check(mx.Group(mx.Activation(total * 2, act_type="relu"), addend * 3), IMAGES)
    assert "AddedConvolution" in ran


def test_data_and_weights_may_be_addends() -> None:
    check(convolution() + data, IMAGES)
    check(convolution() + mx.Variable("shift", shape=IMAGES), IMAGES)


def test_two_convolutions_and_the_same_one_twice() -> None:
    check(convolution(name="a") + convolution(name="b"), IMAGES)
    layer = convolution()
    check(layer + layer, IMAGES)
    check(layer + mx.Activation(layer, act_type="relu"), IMAGES)
    check(mx.ElementWiseSum(convolution(name="a"), data, convolution(name="b")), IMAGES)


def test_a_convolution_over_a_convolution_of_one_point() -> None:
    """Where axes have one place, memory orders cannot be told apart."""
    small = mx.Convolution(data, kernel=(6, 5), num_filter=3, name="first")
    net = mx.Convolution(small, kernel=(1, 1), num_filter=1, name="second") + mx.Pooling(
        mx.Convolution(data, kernel=(1, 1), num_filter=1, name="third"),
        kernel=(1, 1),
        global_pool=True,
        pool_type="avg",
    )
    check(mx.Activation(net, act_type="relu"), IMAGES)


@given(
    kernel=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    stride=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    pad=st.tuples(st.integers(0, 2), st.integers(0, 2)),
    dilate=st.tuples(st.integers(1, 2), st.integers(1, 2)),
    groups=st.sampled_from([1, 2, 4]),
    rows=st.integers(1, 3),
)
def test_any_window(kernel, stride, pad, dilate, groups, rows) -> None:
    layer = convolution(
        kernel=kernel, stride=stride, pad=pad, dilate=dilate, num_group=groups, num_filter=8
    )
    net = mx.Activation(normalised(layer), act_type="relu")
    assert check(net, (rows, 4, 8, 7)) == ["FusedConvolution"]


def test_without_kernels_of_onednn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fused_convolution, "_has_kernels", False)
    for function in FUNCTIONS.values():
        check(function(convolution() + mx.Activation(data, act_type="tanh")), IMAGES)
        check(function(normalised(convolution())), IMAGES)


# -- what is prepared ------------------------------------------------------------------------------


def test_what_follows_from_constants_is_computed_once_for_all_runs() -> None:
    net = mx.dot(data, mx.exp(mx.Variable("weight")) + 1)
    executor = mx.simple_bind(mx.Group(net), grad_req="null", data=(2, 3), weight=(3, 4))
    assert operators(executor)[-3:] != ["dot"]
    executor.hold_constant(["weight"])
    assert operators(executor) == ["dot"]


@pytest.mark.parametrize("how", ["slice", "out", "torch", "copy_params_from"])
def test_a_constant_that_is_written_to_counts_at_once(how: str) -> None:
    net = mx.Activation(normalised(convolution()), act_type="relu")
    executor = filled(net, IMAGES)
    executor.hold_constant(parameters(executor))
    executor.forward()
    executor.forward()
    weight, changed = executor.arg_dict["conv_weight"], np.full((4, 4, 3, 3), 0.25, np.float32)
    if how == "slice":
        weight[:] = changed
    elif how == "out":
        torch.mul(torch.from_numpy(changed), 1, out=weight.torch)
    elif how == "torch":
        weight.torch.copy_(torch.from_numpy(changed))
    else:
        executor.copy_params_from({"conv_weight": mx.array(changed)})
    found = executor.forward()[0].asnumpy()
    fresh = filled(net, IMAGES)
    fresh.arg_dict["conv_weight"][:] = changed
    np.testing.assert_allclose(found, fresh.forward()[0].asnumpy(), rtol=1e-4, atol=1e-5)


def test_states_that_training_moves_count_at_once() -> None:
    net = mx.LinearRegressionOutput(mx.Flatten(normalised(convolution())), name="loss")
    executor = mx.simple_bind(net, data=IMAGES)
    executor.hold_constant([n for n in parameters(executor) if n != "loss_label"])
    executor.arg_dict["conv_weight"][:] = 0.1
    executor.arg_dict["data"][:] = np.random.default_rng(0).normal(size=IMAGES)
    executor.aux_dict["bn_moving_var"][:] = 1
    executor.arg_dict["bn_gamma"][:] = 1
    before = executor.forward()[0].asnumpy()
    executor.forward(is_train=True)
    executor.backward()
    after = executor.forward()[0].asnumpy()
    assert abs(before - after).max() > 1e-3
    plain = mx.bind(net, args=executor.arg_dict, aux_states=executor.aux_dict, grad_req="null")
    np.testing.assert_allclose(after, plain.forward()[0].asnumpy(), rtol=1e-4, atol=1e-5)


def test_random_numbers_are_drawn_at_each_run() -> None:
    net = noise(mx.Variable("weight")) + mx.Variable("data")
    executor = mx.simple_bind(net, grad_req="null", data=(3,), weight=(3,))
    executor.hold_constant(["weight"])
    first = executor.forward()[0].asnumpy()
    assert (executor.forward()[0].asnumpy() != first).all()


def test_an_output_that_somebody_writes_into_is_computed_again() -> None:
    executor = mx.simple_bind(mx.exp(mx.Variable("weight")), grad_req="null", weight=(3,))
    executor.hold_constant(["weight"])
    executor.forward()[0][:] = 7
    assert executor.forward()[0].asnumpy().tolist() == [1, 1, 1]


def test_a_constant_has_the_name_of_an_array() -> None:
    executor = mx.simple_bind(convolution(), data=IMAGES)
    with pytest.raises(mx.ArgumentError, match=r"'conv_weigth'.*did you mean 'conv_weight'"):
        executor.hold_constant(["conv_weigth"])


def test_networks_may_be_deeper_than_python_recurs() -> None:
    total = data
    for number in range(1200):
        total = mx.Variable(f"w{number}", shape=(1, 2)) + total
    assert check(total, (1, 2))[-1] == "_Plus"
