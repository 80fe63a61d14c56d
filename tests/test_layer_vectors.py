"""Layers against numbers that were worked out by hand or recorded: docs/semantics §3, §11."""

import numpy as np
import pytest
from op_testing import Vector, close, function_of

import symnet as mx

BatchNorm = function_of("BatchNorm")
Concat = function_of("Concat")
Deconvolution = function_of("Deconvolution")
LinearRegressionOutput = function_of("LinearRegressionOutput")
Reshape = function_of("Reshape")
SliceChannel = function_of("SliceChannel")
UpSampling = function_of("UpSampling")


def layer(op: str, **params):
    return lambda **inputs: function_of(op)(**inputs, **params)


def images(*rows):
    """One image of one channel."""
    return np.array([[rows]], dtype=float)


def rectified(output, gradient, data=(-1, 0, 2), **params) -> Vector:
    symbol = layer("LeakyReLU", **params)
    return Vector(symbol, {"data": data}, output, {"data": gradient}, np.ones(len(data)))


def regression(op, output, gradient, **params) -> Vector:
    inputs = {"data": [[1, 2], [-1, 3]], "label": [[1, 0], [0, 3]]}
    return Vector(layer(op, **params), inputs, output, {"data": gradient})


SAME = [[1, 2], [-1, 3]]
VECTORS = {
    "leaky": rectified([-0.25, 0, 2], [0.25, 0.25, 1]),
    "elu": rectified([-0.158030, 0, 2], [0.091970, 0.25, 1], act_type="elu"),
    "a slope below zero": rectified([0.5, 0, 2], [-0.5, -0.5, 1], slope=-0.5),
    "prelu": Vector(
        layer("LeakyReLU", act_type="prelu"),
        {"data": [[-1, -2], [3, -4]], "gamma": [0.5, -2]},
        [[-0.5, 4], [3, 8]],
        {"data": [[0.5, -4], [3, -8]], "gamma": [-1, -20]},
        [[1, 2], [3, 4]],
    ),
    "LRN": Vector(
        layer("LRN", nsize=3, alpha=0.3, beta=0.5, knorm=1),
        {"data": np.arange(1.0, 6).reshape(1, 5, 1, 1)},
        np.reshape([0.816497, 1.290994, 1.519109, 1.632993, 2.214037], (1, 5, 1, 1)),
        {"data": np.reshape([0.708272, 0.351145, 0.146491, -0.0300739, 0.0896622], (1, 5, 1, 1))},
        np.ones((1, 5, 1, 1)),
    ),
    "linear": regression("LinearRegressionOutput", SAME, [[0, 1], [-0.5, 0]]),
    "linear, twice": regression("LinearRegressionOutput", SAME, [[0, 2], [-1, 0]], grad_scale=2),
    "logistic": regression(
        "LogisticRegressionOutput",
        [[0.731059, 0.880797], [0.268941, 0.952574]],
        [[-0.134471, 0.440399], [0.134471, -1.023713]],
    ),
    "absolute": regression("MAERegressionOutput", SAME, [[-0.5, 0.5], [-0.5, -0.5]]),
    "Embedding": Vector(
        layer("Embedding", input_dim=3, output_dim=2),
        {"data": [2, 0, 2], "weight": [[0, 1], [2, 3], [4, 5]]},
        [[4, 5], [0, 1], [4, 5]],
        {"weight": [[3, 4], [0, 0], [6, 8]]},
        [[1, 2], [3, 4], [5, 6]],
    ),
    "Embedding cuts indices": Vector(
        layer("Embedding", input_dim=2, output_dim=1),
        {"data": [-2, 0.9, 7], "weight": [[5], [6]]},
        [[5], [5], [6]],
        {"weight": [[2], [1]]},
        [[1], [1], [1]],
    ),
    "SoftmaxActivation of channels": Vector(
        layer("SoftmaxActivation", mode="channel"),
        {"data": np.log([[[0.25, 0.5], [0.75, 0.5]]])},
        [[[0.25, 0.5], [0.75, 0.5]]],
        {"data": [[[0.1875, -0.25], [-0.1875, 0.25]]]},
        [[[1, 0], [0, 1]]],
    ),
    "SoftmaxActivation of instances": Vector(
        layer("SoftmaxActivation"),
        {"data": np.log([[[1.0, 2.0], [3.0, 4.0]]])},
        [[[0.1, 0.2], [0.3, 0.4]]],
        {"data": [[[0.09, -0.02], [-0.03, -0.04]]]},
        [[[1, 0], [0, 0]]],
    ),
    "Deconvolution": Vector(
        layer("Deconvolution", kernel=(2, 2), num_filter=1),
        {"data": images([1, 2], [3, 4]), "weight": images([1, 10], [100, 1000])},
        images([1, 12, 20], [103, 1234, 2040], [300, 3400, 4000]),
        {"data": images([1111, 1111], [1111, 1111]), "weight": images([10, 10], [10, 10])},
        np.ones((1, 1, 3, 3)),
    ),
    "Crop at an offset": Vector(
        lambda data: function_of("Crop")(data, offset=(1, 0), h_w=(2, 2)),
        {"data": np.arange(16.0).reshape(1, 1, 4, 4)},
        images([4, 5], [8, 9]),
        {"data": images([0] * 4, [1, 2, 0, 0], [3, 4, 0, 0], [0] * 4)},
        images([1, 2], [3, 4]),
    ),
    "Crop of the middle": Vector(
        lambda data: function_of("Crop")(data, center_crop=True, h_w=(2, 2)),
        {"data": np.arange(25.0).reshape(1, 1, 5, 5)},
        images([6, 7], [11, 12]),
        {},
        np.zeros((1, 1, 2, 2)),
    ),
    "Crop to the size of another": Vector(
        lambda data, like: function_of("Crop")(data, like, offset=(0, 1)),
        {"data": images([1, 2, 3], [4, 5, 6]), "like": np.zeros((2, 3, 1, 2))},
        images([2, 3]),
        {"data": images([0, 7, 8], [0, 0, 0]), "like": np.zeros((2, 3, 1, 2))},
        images([7, 8]),
    ),
    "UpSampling": Vector(
        lambda a, b: UpSampling(a, b, scale=2, sample_type="nearest", multi_input_mode="sum"),
        {"a": images([1, 2], [3, 4]), "b": images([10])},
        images([11, 11, 12, 12], [11, 11, 12, 12], [13, 13, 14, 14], [13, 13, 14, 14]),
        {"a": images([4, 4], [4, 4]), "b": images([16])},
        np.ones((1, 1, 4, 4)),
    ),
}


@pytest.mark.parametrize("is_train", [True, False])
@pytest.mark.parametrize("vector", VECTORS.values(), ids=VECTORS.keys())
def test_vector(vector: Vector, is_train):
    vector.check(is_train=is_train)


def test_an_enlargement_by_the_usual_filter():
    """A bilinear filter of scale 2: (¼, ¾, ¾, ¼) along both axes."""
    filters = np.outer([0.25, 0.75, 0.75, 0.25], [0.25, 0.75, 0.75, 0.25])
    found = UpSampling(
        mx.array(images([1.0, 3.0])),
        mx.array([[filters]]),
        scale=2,
        sample_type="bilinear",
        num_filter=1,
    )
    # Along x: 0.75·1, 0.75·1 + 0.25·3, 0.25·1 + 0.75·3, 0.75·3; along y: 0.75.
    row = 0.75 * np.array([0.75, 1.5, 2.5, 2.25])
    close(found.asnumpy(), images(row, row))


@pytest.mark.parametrize(("used", "squeeze_axis"), [(0, False), (1, True), (2, False)])
def test_nothing_flows_back_from_parts_that_are_not_used(used, squeeze_axis):
    parts = SliceChannel(mx.Variable("data"), num_outputs=3, squeeze_axis=squeeze_axis)
    gradient = mx.full((2, 3), np.nan)
    executor = mx.bind(
        parts[used] * 2.0, mx.cpu(), {"data": mx.ones(2, 3)}, args_grad={"data": gradient}
    )
    executor.forward(is_train=True)
    executor.backward(mx.ones(2 if squeeze_axis else (2, 1)))
    close(gradient.asnumpy(), 2 * np.eye(3)[[used, used]])


def test_numbers_that_no_byte_holds_wrap_around():
    numbers = mx.array([300.7, -1.5, 2.9, 255.0])
    assert function_of("Cast")(numbers, dtype="uint8").asnumpy().tolist() == [44, 255, 2, 255]
    assert function_of("Cast")(numbers, dtype="int32").asnumpy().tolist() == [300, -1, 2, 255]


# -- operators with states -------------------------------------------------------------------------


def test_batch_norm():
    arrays = {"n_gamma": mx.array([2.0, 1.0]), "n_beta": mx.array([0.0, 1.0])}
    arrays["data"] = mx.array([[1.0, 2.0], [3.0, 6.0]])
    states = {"n_moving_mean": mx.zeros(2), "n_moving_var": mx.ones(2)}
    executor = mx.bind(
        BatchNorm(mx.Variable("data"), name="n", fix_gamma=False),
        mx.cpu(),
        arrays,
        args_grad={name: mx.zeros(array.shape) for name, array in arrays.items()},
        aux_states=states,
    )
    executor.forward(is_train=True)
    close(executor.outputs[0].asnumpy(), [[-1.999001, 0.000124934], [1.999001, 1.999875]])
    close(states["n_moving_mean"].asnumpy(), [0, 0])
    close(states["n_moving_var"].asnumpy(), [1, 1])
    executor.backward(mx.array([[1.0, 0.0], [0.0, 2.0]]))
    gradients = {name: array.asnumpy() for name, array in executor.grad_dict.items()}
    close(gradients["n_gamma"], [-0.9995004, 1.9997501])
    close(gradients["n_beta"], [1, 2])
    exact = [[0.00099847, -0.00012492], [-0.00099847, 0.00012492]]
    close(gradients["data"], exact, rtol=1e-2, atol=1e-7)
    close(states["n_moving_mean"].asnumpy(), [0.2, 0.4])
    close(states["n_moving_var"].asnumpy(), [1.0, 1.3])
    executor.forward(is_train=False)
    close(executor.outputs[0].asnumpy(), [[1.599200, 2.402753], [5.597202, 5.909637]])


def test_sparse_regularisation():
    regularised = function_of("IdentityAttachKLSparseReg")(
        mx.Variable("data"), name="n", sparseness_target=0.1, penalty=0.1, momentum=0.9
    )
    average = mx.array([0.5, 0.5])
    executor = mx.bind(
        regularised,
        mx.cpu(),
        {"data": mx.array([[0.2, 0.4], [0.4, 0.8]])},
        args_grad={"data": mx.zeros(2, 2)},
        aux_states={"n_moving_avg": average},
    )
    executor.forward(is_train=True)
    executor.backward(mx.ones(2, 2))
    close(average.asnumpy(), [0.48, 0.51])
    close(executor.grad_dict["data"].asnumpy(), [[1.1522436, 1.1640656]] * 2)


# -- names and shapes ------------------------------------------------------------------------------

NAMES = [
    ("BatchNorm", {}, ["n_data", "n_gamma", "n_beta"]),
    ("LRN", {"nsize": 3}, ["n_data"]),
    ("LeakyReLU", {}, ["n_data"]),
    ("LeakyReLU", {"act_type": "prelu"}, ["n_data", "n_gamma"]),
    ("Deconvolution", {"kernel": (2, 2), "num_filter": 2}, ["n_data", "n_weight"]),
    (
        "Deconvolution",
        {"kernel": (2, 2), "num_filter": 2, "no_bias": False},
        ["n_data", "n_weight", "n_bias"],
    ),
    ("Embedding", {"input_dim": 2, "output_dim": 2}, ["n_data", "n_weight"]),
    ("LinearRegressionOutput", {}, ["n_data", "n_label"]),
    ("LogisticRegressionOutput", {}, ["n_data", "n_label"]),
    ("MAERegressionOutput", {}, ["n_data", "n_label"]),
    ("Concat", {"num_args": 11}, [f"n_arg{i}" for i in range(11)]),
    ("Crop", {"num_args": 2}, ["n_arg0", "n_arg1"]),
    (
        "UpSampling",
        {"num_args": 2, "scale": 2, "sample_type": "nearest"},
        ["n_arg0", "n_arg1"],
    ),
    (
        "UpSampling",
        {"num_args": 2, "scale": 2, "sample_type": "bilinear"},
        ["n_data", "n_weight"],
    ),
]


@pytest.mark.parametrize(("op", "params", "arguments"), NAMES)
def test_names_of_arguments(op, params, arguments):
    assert function_of(op)(name="n", **params).list_arguments() == arguments


def test_names_of_outputs_and_states():
    parts = SliceChannel(mx.Variable("data"), num_outputs=3, name="n")
    assert parts.list_outputs() == ["n_output0", "n_output1", "n_output2"]
    assert SliceChannel(mx.Variable("d"), num_outputs=1, name="n").list_outputs() == ["n_output0"]
    states = ["n_moving_mean", "n_moving_var"]
    assert BatchNorm(name="n").list_auxiliary_states() == states
    assert BatchNorm(name="n").list_outputs() == ["n_output"]
    sparse = function_of("IdentityAttachKLSparseReg")(name="n")
    assert sparse.list_auxiliary_states() == ["n_moving_avg"]


grouped = {"kernel": (3, 3), "stride": (2, 2), "pad": (1, 1), "num_filter": 4, "num_group": 2}
SHAPES = [
    (Deconvolution, grouped, [(1, 6, 5, 5)], [(6, 2, 3, 3), (1, 4, 9, 9)]),
    (
        Deconvolution,
        {"kernel": (3, 3), "stride": (2, 2), "num_filter": 1, "target_shape": (8, 7)},
        [(1, 1, 4, 4)],
        [(1, 1, 3, 3), (1, 1, 8, 7)],
    ),
    (SliceChannel, {"num_outputs": 3}, [(2, 6, 4)], [(2, 2, 4)] * 3),
    (Concat, {"dim": 0}, [(2, 3), (4, 3)], [(6, 3)]),
    (Reshape, {"target_shape": (2, 0)}, [(2, 3, 5, 5)], [(2, 75)]),
    (Reshape, {"shape": (0, -1)}, [(2, 3, 5, 5)], [(2, 75)]),
    (Reshape, {"shape": (0, 0, -1)}, [(2, 3, 5, 5)], [(2, 3, 25)]),
    (Reshape, {"shape": (0, -1, 0), "reverse": True}, [(5, 3, 4, 5)], [(3, 20, 5)]),
    (LinearRegressionOutput, {}, [(7, 1)], [(7,), (7, 1)]),
    (LinearRegressionOutput, {}, [(7, 3)], [(7, 3), (7, 3)]),
    (
        UpSampling,
        {"scale": 3, "sample_type": "bilinear", "num_filter": 2, "num_args": 2},
        [(1, 2, 4, 5)],
        [(2, 1, 5, 5), (1, 2, 12, 15)],
    ),
    (
        UpSampling,
        {"scale": 4, "sample_type": "bilinear", "num_filter": 1, "num_args": 2},
        [(1, 1, 2, 2)],
        [(1, 1, 8, 8), (1, 1, 8, 8)],
    ),
]


@pytest.mark.parametrize(("function", "params", "given", "expected"), SHAPES)
def test_shapes(function, params, given, expected):
    inputs = [mx.Variable(f"in{number}") for number in range(len(given))]
    symbol = function(*inputs, **params) if len(given) > 1 else function(name="n", **params)
    known = dict(zip(symbol.list_arguments(), given, strict=False))
    arguments, outputs, _ = symbol.infer_shape(**known)
    assert [*arguments[len(given) :], *outputs] == expected
