"""Whole networks as ONNX files, under onnxruntime, and what rows of operators do not have."""

import numpy as np
import pytest
from control_flow_networks import X as V
from control_flow_networks import branch, cell, foreach, while_loop
from onnx_files import assert_same_predictions, drawn, exported, run_onnx
from unrolled import Unrolled

import symnet as mx

X = mx.Variable


# -- whole networks --------------------------------------------------------------------------------


def conv(net, channels, kernel=3, **options):
    options = {"pad": (kernel // 2, kernel // 2), **options}
    return mx.Convolution(net, num_filter=channels, kernel=(kernel, kernel), **options)


def normal_relu(net, **options):
    return mx.Activation(mx.BatchNorm(net, fix_gamma=False, **options), act_type="relu")


def head(net, classes=5):
    pooled = mx.Flatten(mx.Pooling(net, global_pool=True, pool_type="avg", kernel=(1, 1)))
    scores = mx.FullyConnected(pooled, num_hidden=classes)
    return mx.SoftmaxOutput(scores, name="softmax")


def residual(net, channels, stride):
    inner = normal_relu(conv(net, channels, stride=(stride, stride), no_bias=True))
    inner = mx.BatchNorm(conv(inner, channels, no_bias=True), fix_gamma=True)
    short = mx.BatchNorm(conv(net, channels, 1, stride=(stride, stride), no_bias=True))
    return mx.Activation(inner + short, act_type="relu")


def residual_before(net, channels, stride):
    first = normal_relu(net)
    inner = normal_relu(conv(first, channels, stride=(stride, stride), no_bias=True))
    return conv(inner, channels) + conv(first, channels, 1, stride=(stride, stride), no_bias=True)


def resnet(block):
    net = normal_relu(conv(X("data"), 4, no_bias=True))
    net = mx.Pooling(net, kernel=(3, 3), stride=(2, 2), pad=(1, 1), pooling_convention="valid")
    return head(block(block(net, 6, 2), 8, 1))


def squeezenet():
    net = mx.Pooling(conv(X("data"), 6), kernel=(3, 3), stride=(2, 2), pooling_convention="full")
    squeezed = mx.Activation(conv(net, 3, 1), act_type="relu")
    net = mx.Concat(conv(squeezed, 4, 1), conv(squeezed, 4), dim=1)
    return head(mx.Dropout(mx.Activation(net, act_type="relu"), p=0.5))


def mobilenet():
    net = normal_relu(conv(X("data"), 6, stride=(2, 2)))
    net = normal_relu(conv(net, 6, num_group=6, no_bias=True))
    net = mx.clip(conv(net, 8, 1), a_min=0, a_max=6)
    return head(net + mx.BatchNorm(conv(net, 8, 1)))


def densenet():
    net = conv(X("data"), 4)
    for _ in range(3):
        net = mx.Concat(net, conv(normal_relu(net), 3, no_bias=True), dim=1)
    net = conv(normal_relu(net), 5, 1)
    return head(mx.Pooling(net, kernel=(2, 2), stride=(2, 2), pool_type="avg"))


def inception():
    net = conv(X("data"), 4)
    pooled = mx.Pooling(net, kernel=(3, 3), stride=(1, 1), pad=(1, 1), pool_type="avg")
    branches = [
        conv(net, 3, 1),
        mx.Convolution(conv(net, 2, 1), num_filter=3, kernel=(1, 5), pad=(0, 2)),
        conv(pooled, 2, 1),
    ]
    net = normal_relu(mx.Concat(*branches, dim=1), eps=2e-5)
    return head(mx.Pooling(net, kernel=(3, 3), stride=(2, 2), pool_type="max"))


def alexnet():
    net = mx.LRN(mx.Activation(conv(X("data"), 6), act_type="relu"), nsize=5)
    net = mx.Flatten(mx.Pooling(net, kernel=(3, 3), stride=(2, 2)))
    net = mx.Dropout(mx.Activation(mx.FullyConnected(net, num_hidden=16), act_type="relu"), p=0.5)
    return mx.SoftmaxOutput(mx.FullyConnected(net, num_hidden=5), name="softmax")


def segmentation():
    data = X("data")
    low = mx.LeakyReLU(conv(data, 4, stride=(2, 2)), act_type="prelu")
    high = mx.Deconvolution(low, num_filter=3, kernel=(4, 4), stride=(2, 2), pad=(1, 1))
    high = mx.Crop(high, data, num_args=2)
    near = mx.UpSampling(low, scale=2, sample_type="nearest", num_args=1)
    return mx.SoftmaxOutput(mx.Concat(high, near, dim=1), multi_output=True, name="softmax")


NETWORKS = {
    "resnet v1": resnet(residual),
    "resnet v2": resnet(residual_before),
    "squeezenet": squeezenet(),
    "mobilenet": mobilenet(),
    "densenet": densenet(),
    "inception": inception(),
    "alexnet": alexnet(),
    "segmentation": segmentation(),
}


@pytest.mark.parametrize("symbol", NETWORKS.values(), ids=NETWORKS)
def test_networks_predict_the_same_for_batches_of_any_length(symbol):
    params = drawn(symbol, data=(1, 3, 14, 14))
    model = exported(symbol, *params, data=(1, 3, 14, 14))
    for rows in (1, 3):
        images = np.random.default_rng(2).normal(size=(rows, 3, 14, 14)).astype("float32")
        assert_same_predictions(symbol, model, *params, data=images)


def test_an_unrolled_network_predicts_the_same():
    cells = Unrolled(layers=2)
    symbol, shapes = cells.network(), cells.shapes()
    params = drawn(symbol, **shapes)
    model = exported(symbol, *params, **shapes)
    data = {n: np.random.default_rng(3).normal(size=s).astype("float32") for n, s in shapes.items()}
    assert_same_predictions(symbol, model, *params, **data)


@pytest.mark.parametrize("mode", ["lstm", "gru", "rnn_tanh"])
def test_recurrent_layers_take_batches_of_any_length(mode):
    layers = mx.RNN(
        data=mx.SwapAxis(X("data"), dim1=0, dim2=1),
        parameters=X("weights"),
        state=X("h"),
        **({"state_cell": X("c")} if mode == "lstm" else {}),
        mode=mode,
        state_size=3,
        num_layers=2,
        bidirectional=True,
        state_outputs=True,
    )
    symbol = mx.Group(mx.SwapAxis(layers[0], dim1=0, dim2=1), layers[1])
    names = [name for name in ("h", "c") if name in symbol.list_arguments()]
    shapes = {"data": (1, 5, 4), **dict.fromkeys(names, (4, 1, 3))}
    parameters, states = drawn(symbol, **shapes)
    axes = {"data": 0, **dict.fromkeys(names, 1)}
    model = exported(symbol, parameters, states, batch_axis=axes, **shapes)
    random = np.random.default_rng(5)
    data = {"data": random.normal(size=(6, 5, 4)).astype("float32")}
    data |= {name: random.normal(size=(4, 6, 3)).astype("float32") for name in names}
    assert_same_predictions(symbol, model, parameters, states, **data)


# -- networks inside of nodes ----------------------------------------------------------------------


def assert_exported_alike(symbol, numbers, **options):
    numbers = {name: np.asarray(each, "float32") for name, each in numbers.items()}
    model = exported(symbol, **{name: each.shape for name, each in numbers.items()}, **options)
    assert_same_predictions(symbol, model, {}, {}, **numbers)
    return model


def given(**shapes):
    random = np.random.default_rng(4)
    return {name: random.normal(size=shape) for name, shape in shapes.items()}


def test_foreach_is_a_scan():
    h = cell(V("x"), V("h"))
    symbol = foreach(mx.Group(h * 2, h, V("n") + h), ["x"], ["h", "n"], 1)
    numbers = given(x=(4, 2, 5), h=(2, 3), n=(2, 3), w=(3, 5), b=(3,), u=(3, 3))
    assert_exported_alike(symbol, numbers, batch_axis=None)


def test_a_scan_takes_batches_of_any_length():
    symbol = foreach(mx.Group(V("x") + V("h"), mx.Flatten(V("x") * V("h"))), ["x"], ["h"], 1)
    numbers = {n: a.astype("float32") for n, a in given(x=(4, 2, 3), h=(2, 3)).items()}
    model = exported(symbol, batch_axis={"x": 1, "h": 0}, x=(4, 5, 3), h=(5, 3))
    assert_same_predictions(symbol, model, {}, {}, **numbers)


@pytest.mark.parametrize("start", [0, 2, 5, -9])
def test_a_while_loop_is_a_loop(start):
    condition = mx.Activation(3 - V("i"), act_type="relu")
    body = mx.Group(V("v") * V("w") * 2, V("i") + 1, V("v") * V("w"))
    symbol = while_loop(condition, body, ["i", "v"], 4)
    numbers = given(v=(2,), w=(2,)) | {"i": [start]}
    assert_exported_alike(symbol, numbers, batch_axis=None)


@pytest.mark.parametrize("sign", [1, -1])
def test_one_of_two_branches_is_an_if(sign):
    condition = mx.Activation(V("c"), act_type="relu")
    symbol = branch(condition, V("a") * V("w"), mx.exp(V("b")) + V("a"))
    numbers = given(a=(2,), b=(2,), w=(2,)) | {"c": [sign]}
    assert_exported_alike(symbol, numbers, batch_axis=None)


def test_what_has_no_form_inside_is_told_too():
    symbol = foreach(mx.Group(mx.erfinv(V("x"), name="lost"), V("h") * 2), ["x"], ["h"], 1)
    with pytest.raises(mx.ArgumentError, match=r"erfinv \(1 node: 'lost'\)"):
        exported(symbol, batch_axis=None, x=(3, 2), h=(2,))


# -- cases that the rows of operators do not have -------------------------------------------------

WITH_MOMENTS = {
    "batch": mx.BatchNorm(X("data"), output_mean_var=True, name="norm"),
    "batch, as before 0.12": mx.BatchNorm_v1(X("data"), output_mean_var=True, name="norm"),
    "layer": mx.LayerNorm(X("data"), axis=1, output_mean_var=True, name="norm"),
    "group": mx.GroupNorm(X("data"), num_groups=2, output_mean_var=True, name="norm"),
}


@pytest.mark.parametrize("symbol", WITH_MOMENTS.values(), ids=WITH_MOMENTS)
def test_norms_with_their_moments(symbol):
    params = drawn(symbol, data=(1, 4, 5))
    model = exported(symbol, *params, data=(1, 4, 5))
    data = np.random.default_rng(6).normal(size=(3, 4, 5)).astype("float32")
    assert_same_predictions(symbol, model, *params, data=data)


UNCHANGED = {
    "turned around twice": mx.reverse(X("data"), axis=(1, 1)),
    "a slice of everything": mx.slice(X("data"), begin=(None,), end=(None,)),
    "of the size that it has": mx.BilinearResize2D(X("data"), height=4, width=5),
    "boxes of which none is looked at": mx.box_nms(X("data"), topk=0, coord_start=0, score_index=4),
}


@pytest.mark.parametrize("symbol", UNCHANGED.values(), ids=UNCHANGED)
def test_what_changes_nothing(symbol):
    data = np.random.default_rng(6).normal(size=(2, 3, 4, 5)).astype("float32")
    (found,) = run_onnx(exported(symbol, data=(1, 3, 4, 5)), {"data": data}).values()
    np.testing.assert_array_equal(found, data)


NUMBERS = X("data")
OF_WHOLE_NUMBERS = {
    "sum": mx.ElementWiseSum(NUMBERS, NUMBERS * 2, NUMBERS + 1),
    "clip": mx.clip(X("data"), a_min=-1.5, a_max=1e9),
    "one hot": mx.one_hot(X("data"), depth=3, on_value=7, dtype="int32"),
}


@pytest.mark.parametrize("symbol", OF_WHOLE_NUMBERS.values(), ids=OF_WHOLE_NUMBERS)
def test_of_whole_numbers(symbol):
    data = np.array([[-3, 0], [1, 2]], "int32")
    model = exported(symbol, dtypes={"data": "int32"}, data=(2, 2))
    (found,) = run_onnx(model, {"data": data}).values()
    (expected,) = mx.bind(symbol, mx.cpu(), {"data": mx.array(data, dtype="int32")}).forward()
    assert found.dtype == expected.dtype == "int32"
    np.testing.assert_array_equal(found, expected.asnumpy())


# -- dropout that never ends -----------------------------------------------------------------------


def test_dropout_that_is_always_on_drops_in_predictions():
    symbol = mx.Dropout(X("data"), p=0.25, mode="always")
    (found,) = run_onnx(
        exported(symbol, data=(1, 400)), {"data": np.ones((50, 400), "f4")}
    ).values()
    assert set(np.unique(found.round(5))) == {0, np.float32(1.33333)}
    assert abs((found == 0).mean() - 0.25) < 0.02
    with pytest.raises(mx.ArgumentError, match="drops no whole axes together"):
        exported(mx.Dropout(X("data"), mode="always", axes=(1,)), data=(2, 3))
