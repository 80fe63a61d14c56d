"""Whole networks as ONNX files, under onnxruntime, and what rows of operators do not have."""

import numpy as np
import pytest
from control_flow_networks import X as V
from control_flow_networks import branch, cell, foreach, while_loop
from onnx_files import assert_same_predictions, exported, run_onnx
from unrolled import Unrolled
from whole_networks import NETWORKS, drawn

import symnet as mx

X = mx.Variable


# -- whole networks --------------------------------------------------------------------------------


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
