"""Norms, softmax and losses beyond the table of rows: hidden outputs, types, bad values."""

import json

import numpy as np
import pytest
from op_rows_norms import group_norm, layer_norm
from op_testing import run

import symnet as mx

DATA = np.random.default_rng(0).normal(size=(2, 4, 3))


def normed(name: str, scale: int, **params) -> tuple[mx.SymbolicNode, dict[str, np.ndarray]]:
    symbol = getattr(mx, name)(
        *map(mx.Variable, ("data", "gamma", "beta")), name="node", output_mean_var=True, **params
    )
    random = np.random.default_rng(1)
    inputs = {"data": DATA, "gamma": random.normal(size=scale), "beta": random.normal(size=scale)}
    return symbol, inputs


@pytest.mark.parametrize(
    ("name", "scale", "params", "shape"),
    [
        ("LayerNorm", 3, {}, (2, 4, 1)),
        ("LayerNorm", 4, {"axis": 1}, (2, 1, 3)),
        ("GroupNorm", 2, {"num_groups": 2}, (2, 2)),
    ],
)
def test_mean_and_deviation_are_outputs_without_gradient(name, scale, params, shape) -> None:
    symbol, inputs = normed(name, scale, **params)
    assert symbol.list_outputs() == ["node_output", "node_mean", "node_std"]
    assert symbol.infer_shape(data=DATA.shape)[1] == [DATA.shape, shape, shape]
    heads = [np.random.default_rng(2).normal(size=DATA.shape), np.ones(shape), np.ones(shape)]
    (output, mean, std), gradients = run(symbol, inputs, *heads)
    groups = DATA if name == "LayerNorm" else DATA.reshape(2, 2, -1)
    axis = params.get("axis", -1)
    np.testing.assert_allclose(mean, groups.mean(axis).reshape(shape))
    np.testing.assert_allclose(std, np.sqrt(groups.var(axis) + 1e-5).reshape(shape))
    plain = symbol[0]
    (alone,), of_output = run(plain, inputs, heads[0], wanted=list(inputs))
    np.testing.assert_allclose(output, alone)
    for key, gradient in of_output.items():
        np.testing.assert_allclose(gradients[key], gradient, err_msg=key)
    reference = layer_norm if name == "LayerNorm" else group_norm
    np.testing.assert_allclose(output, reference(*inputs.values(), **params), rtol=1e-6)


@pytest.mark.parametrize("op", ["softmax", "softmin", "log_softmax"])
def test_the_output_may_have_a_type_of_its_own(op: str) -> None:
    symbol = getattr(mx, op)(mx.Variable("data"), dtype="float64", name="node")
    data = mx.array([[1, 2, 4]], dtype="float32")
    gradient = mx.zeros((1, 3))
    executor = mx.bind(symbol, mx.cpu(), {"data": data}, args_grad={"data": gradient})
    executor.forward(is_train=True)
    executor.backward(mx.array([[1, 0, 0]], dtype="float64"))
    assert executor.outputs[0].dtype == "float64"
    assert gradient.dtype == "float32"
    plain = getattr(mx, op)(data.astype("float64")).asnumpy()
    np.testing.assert_allclose(executor.outputs[0].asnumpy(), plain, rtol=1e-6)
    assert json.loads(symbol.to_json())["nodes"][1]["attrs"] == {"dtype": "float64"}


REFUSED = [
    (lambda: mx.softmax(mx.Variable("x"), temperature=0), mx.ParameterError, "must not be 0"),
    (lambda: mx.softmin(mx.Variable("x"), use_length=True), mx.ParameterError, "softmax has it"),
    (lambda: mx.log_softmax(mx.Variable("x"), use_length=True), mx.ParameterError, "has it"),
    (lambda: mx.softmax(mx.zeros((2, 3)), axis=2), mx.ShapeError, "within the 2 axes"),
    (lambda: mx.softmax(mx.zeros((2, 3), dtype="int32")), mx.DTypeError, "only floats"),
    (lambda: mx.LayerNorm(*[mx.zeros((2, 3))] * 3, axis=-3), mx.ShapeError, "within the 2 axes"),
    (lambda: mx.GroupNorm(*[mx.zeros((2, 3))] * 3), mx.ShapeError, "with three axes"),
    (
        lambda: mx.GroupNorm(mx.zeros((2, 3, 1)), *[mx.zeros(2)] * 2, num_groups=2),
        mx.ShapeError,
        "3 channels do not divide into 2 groups",
    ),
    (lambda: mx.InstanceNorm(*[mx.zeros((2, 3))] * 3), mx.ShapeError, "with three axes"),
    (lambda: mx.L2Normalization(mx.zeros((2, 3)), mode="channel"), mx.ShapeError, "at least 3"),
    (lambda: mx.SVMOutput(mx.zeros(2), mx.zeros(1)), mx.ShapeError, "classes"),
    (
        lambda: mx.softmax_cross_entropy(mx.zeros(2), mx.zeros(1)),
        mx.ShapeError,
        "batch, classes",
    ),
    (
        lambda: mx.CTCLoss(mx.zeros((4, 1, 3)), mx.array([[1, 3]])),
        mx.MXError,
        "label 3 of sequence 0 is none of the 3 classes 0 to 2",
    ),
    (
        lambda: mx.CTCLoss(
            mx.zeros((4, 1, 3)), mx.array([[1]]), mx.array([5]), use_data_lengths=True
        ),
        mx.MXError,
        r"data_lengths must be from 0 to 4, got \[5\]",
    ),
    (lambda: mx.CTCLoss(mx.zeros((4, 1)), mx.zeros((1, 1))), mx.ShapeError, "alphabet"),
    (lambda: mx.CTCLoss(mx.zeros((4, 1, 3)), mx.zeros(1)), mx.ShapeError, "labels"),
    (
        lambda: mx._contrib_interleaved_matmul_selfatt_qk(mx.zeros((2, 2, 8)), heads=2),
        mx.ShapeError,
        "divide into 2 heads of 3 parts",
    ),
]


@pytest.mark.parametrize(("call", "error", "message"), REFUSED)
def test_what_does_not_fit_is_refused(call, error, message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_a_label_that_is_no_class_costs_the_least_probability() -> None:
    data, label = mx.zeros((2, 4)), mx.array([1, 9])
    found = mx.softmax_cross_entropy(data, label).asnumpy()
    np.testing.assert_allclose(found, [np.log(4) - np.log(1e-8)], rtol=1e-6)


@pytest.mark.parametrize(
    ("op", "data", "label"),
    [
        ("CTCLoss", np.zeros((3, 1, 3)), [[1.0]]),
        ("softmax_cross_entropy", np.zeros((2, 3)), [1, 2]),
    ],
)
def test_labels_that_a_gradient_flows_past_get_zeros(op: str, data, label) -> None:
    symbol = getattr(mx, op)(mx.Variable("data"), mx.Variable("label"))
    _, gradients = run(symbol, {"data": data, "label": label}, np.ones(1))
    assert gradients["data"].any()
    assert not gradients["label"].any()
