"""Operators against numbers worked out by hand or recorded: docs/semantics §1.8, §3, §11."""

import json

import numpy as np
import pytest
from op_testing import Vector, close, function_of, run
from window_references import pooling

import symnet as mx

LN3 = np.log(3.0)


# -- values and gradients --------------------------------------------------------------------------


def elementwise(function, output, gradient, data=(-1, 0, 2)) -> Vector:
    head = np.ones(len(data))
    return Vector(function, {"data": data}, output, {"data": gradient}, head)


def activation(act_type):
    return lambda data: mx.Activation(data, act_type=act_type)


def pooled(pool_type, output, gradient) -> Vector:
    symbol = lambda data: mx.Pooling(data, pool_type=pool_type, kernel=(2, 2), stride=(2, 2))
    image = np.arange(25.0).reshape(1, 1, 5, 5)
    return Vector(
        symbol, {"data": image}, [[output]], {"data": [[gradient]]}, np.ones((1, 1, 3, 3))
    )


def at_maxima() -> np.ndarray:
    positions = np.zeros(25)
    positions[[6, 8, 9, 16, 18, 19, 21, 23, 24]] = 1
    return positions.reshape(5, 5)


VECTORS = {
    "relu": elementwise(activation("relu"), [0, 0, 2], [0, 0, 1]),
    "sigmoid": elementwise(
        activation("sigmoid"), [0.268941, 0.5, 0.880797], [0.196612, 0.25, 0.104994]
    ),
    "tanh": elementwise(activation("tanh"), [-0.761594, 0, 0.964028], [0.419974, 1, 0.0706508]),
    "softrelu": elementwise(
        activation("softrelu"), [0.313262, 0.693147, 2.126928], [0.268941, 0.5, 0.880797]
    ),
    "round halves away from zero": elementwise(
        mx.round, [-3, -1, 1, 3, 2], [0] * 5, (-2.5, -0.5, 0.5, 2.5, 1.5)
    ),
    "sign": elementwise(mx.sign, [-1, 0, 1], [0, 0, 0]),
    "abs": elementwise(mx.abs, [1, 0, 2], [-1, 0, 1]),
    "ceil": elementwise(mx.ceil, [-1, 1, 2], [0, 0, 0], (-1.5, 0.5, 2)),
    "floor": elementwise(mx.floor, [-2, 0, 2], [0, 0, 0], (-1.5, 0.5, 2)),
    "square": elementwise(mx.square, [1, 0, 4], [-2, 0, 4]),
    "sqrt": elementwise(mx.sqrt, [0.5, 2, np.nan], [1, 0.25, np.nan], (0.25, 4, -1)),
    "rsqrt": elementwise(mx.rsqrt, [2, 0.5], [-4, -0.0625], (0.25, 4)),
    "log": elementwise(mx.log, [-np.inf, 0, np.nan], [np.inf, 1, -1], (0, 1, -1)),
    "equal numbers: the first counts as maximum": Vector(
        function_of("_Maximum"),
        {"lhs": [1, 2, 3], "rhs": [2, 2, 2]},
        [2, 2, 3],
        {"lhs": [0, 5, 5], "rhs": [5, 0, 0]},
        [5, 5, 5],
    ),
    "equal numbers: the first counts as minimum": Vector(
        function_of("_Minimum"),
        {"lhs": [1, 2, 3], "rhs": [2, 2, 2]},
        [1, 2, 2],
        {"lhs": [5, 5, 0], "rhs": [0, 0, 5]},
        [5, 5, 5],
    ),
    "Convolution": Vector(
        lambda data, weight, bias: mx.Convolution(
            data=data, weight=weight, bias=bias, kernel=(2, 2), num_filter=1
        ),
        {
            "data": np.arange(9.0).reshape(1, 1, 3, 3),
            "weight": [[[[1, 10], [100, 1000]]]],
            "bias": [0.5],
        },
        [[[[4310.5, 5421.5], [7643.5, 8754.5]]]],
        {
            "weight": [[[[27, 37], [57, 67]]]],
            "bias": [10],
            "data": [[[[1, 12, 20], [103, 1234, 2040], [300, 3400, 4000]]]],
        },
        [[[[1, 2], [3, 4]]]],
    ),
    "max Pooling": pooled("max", [[6, 8, 9], [16, 18, 19], [21, 23, 24]], at_maxima()),
    "sum Pooling": pooled("sum", [[12, 20, 13], [52, 60, 33], [41, 45, 24]], np.ones((5, 5))),
    "avg Pooling": pooled(
        "avg",
        [[3, 5, 6.5], [13, 15, 16.5], [20.5, 22.5, 24]],
        # A window at the border counts only what it covers: two values, and one in the corner.
        np.outer([0.5] * 4 + [1], [0.5] * 4 + [1]),
    ),
    # Where windows would fit evenly into the output, 1.9.1 divides a gradient by the whole area.
    "avg Pooling as MXNet differentiates it": Vector(
        lambda data: mx.Pooling(data, pool_type="avg", kernel=(1, 3), stride=(1, 2), pad=(0, 1)),
        {"data": [[[[1, 2, 3, 4]]]]},
        [[[[1, 3, 2]]]],
        {"data": [[[[1 / 3, 2 / 3, 1 / 3, 2 / 3]]]]},
        [[[[1, 1, 1]]]],
    ),
    "SoftmaxOutput": Vector(
        lambda data, label: mx.SoftmaxOutput(data=data, label=label),
        {"data": [[0, LN3], [0, 0]], "label": [0, 1]},
        [[0.25, 0.75], [0.5, 0.5]],
        {"data": [[-0.75, 0.75], [0.5, -0.5]], "label": [0, 0]},
    ),
    "SoftmaxOutput that ignores": Vector(
        lambda data, label: mx.SoftmaxOutput(
            data=data, label=label, use_ignore=True, ignore_label=1, grad_scale=0.5
        ),
        {"data": [[0, LN3], [0, 0]], "label": [0, 1]},
        [[0.25, 0.75], [0.5, 0.5]],
        {"data": [[-0.375, 0.375], [0, 0]]},
    ),
    "Softmax": Vector(
        lambda data, label: mx.Softmax(data=data, label=label),
        {"data": [[0, LN3], [0, 0]], "label": [1, 5]},
        [[0.25, 0.75], [0.5, 0.5]],
        {"data": [[0.25, -0.25], [0.5, 0.5]]},
    ),
}


@pytest.mark.parametrize("is_train", [True, False])
@pytest.mark.parametrize("vector", VECTORS.values(), ids=VECTORS.keys())
def test_vector(vector: Vector, is_train):
    vector.check(is_train=is_train)


def test_one_value_may_be_added_several_times():
    """Forward as an addend that is given twice, going back as what flows to one value thrice."""
    x, y = mx.Variable("x"), mx.Variable("y")
    power = mx.exp(x)
    (output,), _ = run(
        mx.abs(mx.ElementWiseSum(power, y, power)), {"x": [0, 1], "y": [5, 6]}, [1, 1]
    )
    close(output, 2 * np.exp([0, 1]) + [5, 6])
    same = x * 1.0
    bent = mx.Activation(same + same + same, act_type="tanh")
    _, gradients = run(mx.Activation(bent, act_type="tanh"), {"x": [0, 0.1]}, [1, 1])
    inner = np.tanh([0, 0.3])
    close(gradients["x"], 3 * (1 - inner**2) * (1 - np.tanh(inner) ** 2))


def test_softrelu_of_large_numbers():
    data = [-1000, -100, -89, 89, 100, 1000]
    (output,), gradients = run(
        mx.Activation(act_type="softrelu", name="a"), {"a_data": data}, [1] * 6, dtype="float32"
    )
    close(output, [0, 0, 0, 89, 100, 1000], rtol=1e-6)
    close(gradients["a_data"], [0, 0, 0, 1, 1, 1], rtol=1e-6)


SCALES = [
    ({"multi_output": True}, 2 / 20),
    ({"multi_output": True, "normalization": "batch"}, 0.05),
    ({"multi_output": True, "normalization": "valid", "ignore_label": 0}, 2 / 30),
    ({}, 2.0),
    ({"normalization": "batch"}, 2 / 3),
    ({"normalization": "valid", "ignore_label": 0}, 1.0),
]


@pytest.mark.parametrize(("params", "factor"), SCALES, ids=[str(params) for params, _ in SCALES])
def test_scale_of_a_softmax_gradient(params, factor):
    """Of 40 labels 30 are valid, or of 3 labels 2."""
    multi = params.get("multi_output", False)
    shape, label = (2, 3, 4, 5) if multi else (3, 3), np.array([0, 1, 2])
    if multi:
        label = np.array([0, 1, 1, 2] * 10).reshape(2, 20)
    symbol = mx.SoftmaxOutput(name="s", grad_scale=2, **params)
    data = np.random.default_rng(0).normal(size=shape)
    (output,), gradients = run(symbol, {"s_data": data, "s_label": label})
    onehot = np.eye(3)[label.reshape(2, 4, 5) if multi else label]
    onehot = np.moveaxis(onehot, -1, 1)
    close(gradients["s_data"], factor * (output - onehot), rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize(
    ("dtype", "classes", "label"),
    [
        ("int64", 4, 3),
        ("int32", 4, 3),
        ("uint8", 300, 3),
        ("int8", 300, 3),
        ("float16", 2100, 2048),
    ],
)
def test_labels_of_any_type(dtype, classes, label):
    """No class is taken for another where the label's type cannot tell them apart."""
    gradient = mx.zeros(1, classes)
    arrays = {"s_data": mx.zeros(1, classes), "s_label": mx.array([label], dtype=dtype)}
    executor = mx.bind(mx.SoftmaxOutput(name="s"), mx.cpu(), arrays, args_grad={"s_data": gradient})
    executor.forward(is_train=True)
    executor.backward()
    close(gradient.asnumpy()[0], 1 / classes - (np.arange(classes) == label))


def test_several_softmaxes_take_several_labels():
    """What a label's own shape says counts, where both shapes of it are good."""
    softmax = mx.SoftmaxOutput(name="s", multi_output=True)
    for label in ((2, 20), (2, 4, 5)):
        found = softmax.infer_shape(s_data=(2, 3, 4, 5), s_label=label)
        assert found == ([(2, 3, 4, 5), label], [(2, 3, 4, 5)], [])
    with pytest.raises(
        mx.ShapeError, match=r"label should have shape \(2, 20\), but 's_label' has"
    ):
        softmax.infer_shape(s_data=(2, 3, 4, 5), s_label=(2, 5, 4))
    with pytest.raises(mx.ShapeError, match=r"one-hot: give labels\.argmax\(axis=1\) instead"):
        mx.SoftmaxOutput(name="s").infer_shape(s_data=(4, 3), s_label=(4, 2))


# -- shapes ----------------------------------------------------------------------------------------

grouped = {"kernel": (3, 2), "stride": (2, 1), "dilate": (2, 2), "num_filter": 4, "num_group": 2}
threes = {"kernel": (3, 3), "stride": (2, 2), "pool_type": "max"}
SHAPES = [
    (mx.FullyConnected, {"num_hidden": 10}, (64, 10), [(10, 10), (10,), (64, 10)]),
    (mx.FullyConnected, {"num_hidden": 10}, (100, 1, 28, 28), [(10, 784), (10,), (100, 10)]),
    (mx.Convolution, {**grouped, "pad": (1, 0)}, (1, 6, 9, 8), [(4, 3, 3, 2), (4,), (1, 4, 4, 6)]),
    (mx.Convolution, {**grouped, "pad": (1, 1)}, (1, 6, 9, 8), [(4, 3, 3, 2), (4,), (1, 4, 4, 8)]),
    (mx.Pooling, threes, (1, 1, 28, 28), [(1, 1, 14, 14)]),
    (mx.Pooling, {**threes, "pad": (1, 1)}, (1, 1, 28, 28), [(1, 1, 15, 15)]),
    (mx.SoftmaxOutput, {"multi_output": True}, (2, 3, 4, 5), [(2, 20), (2, 3, 4, 5)]),
    (mx.Flatten, {}, (7,), [(7, 1)]),
]


@pytest.mark.parametrize(("function", "params", "data", "expected"), SHAPES)
def test_shapes(function, params, data, expected):
    arguments, outputs, _ = function(name="n", **params).infer_shape(n_data=data)
    assert [*arguments[1:], *outputs] == expected


# (length, kernel, stride, pad) and the number of windows, as docs/semantics §3.18 lists them.
SIZES = [
    ((5, 2, 2, 0), 3, 2),
    ((6, 3, 2, 1), 4, 3),
    ((7, 3, 2, 0), 3, 3),
    ((28, 3, 2, 0), 14, 13),
    ((4, 3, 3, 1), 2, 2),
    ((5, 5, 1, 2), 5, 5),
    ((3, 2, 3, 0), 1, 1),
    ((2, 1, 3, 0), 1, 1),
    ((4, 2, 5, 1), 2, 1),
]


@pytest.mark.parametrize("pool_type", ["max", "avg", "sum"])
@pytest.mark.parametrize(("axis", "full", "valid"), SIZES)
def test_number_of_windows(axis, full, valid, pool_type):
    length, kernel, stride, pad = axis
    params = {"kernel": (kernel, 1), "stride": (stride, 1), "pad": (pad, 0), "pool_type": pool_type}
    data = mx.array(np.arange(1.0, length + 1).reshape(1, 1, length, 1))
    for convention, count in (("full", full), ("valid", valid)):
        symbol = mx.Pooling(name="p", pooling_convention=convention, **params)
        assert symbol.infer_shape(p_data=data.shape)[1] == [(1, 1, count, 1)]
        found = mx.Pooling(data, pooling_convention=convention, **params).asnumpy()
        expected = pooling(data.asnumpy(), pooling_convention=convention, **params)
        close(found, expected)
        assert found.shape == (1, 1, count, 1)
    assert mx.Pooling(data, **params).shape == (1, 1, full, 1)


# What Apache MXNet 1.9.1 computes by "full" of 1, 2, … along one axis, where strides are longer
# than kernels, and its gradient with heads 1, 2, …; a maximum of nothing is its lowest float.
NOTHING = np.finfo("float32").min
BEYOND = [
    ((2, 1, 3, 0), "max", [1, NOTHING], [1, 0]),
    ((2, 1, 3, 0), "avg", [1, 0], [1, 0]),
    ((3, 2, 3, 0), "max", [2, NOTHING], [0, 1, 0]),
    ((3, 2, 3, 0), "avg", [1.5, 0], [0.5, 0.5, 0]),
    ((3, 2, 3, 0), "sum", [3, 0], [1, 1, 0]),
    ((4, 2, 5, 1), "max", [1, NOTHING], [1, 0, 0, 0]),
    ((4, 2, 5, 1), "avg", [0.5, 0], [0.5, 0, 0, 0]),
    ((4, 2, 5, 1), "sum", [1, 0], [1, 0, 0, 0]),
    ((5, 2, 4, 0), "max", [2, 5], [0, 1, 0, 0, 2]),
    ((5, 2, 4, 0), "avg", [1.5, 5], [0.5, 0.5, 0, 0, 1]),
    ((7, 1, 3, 0), "max", [1, 4, 7], [1, 0, 0, 2, 0, 0, 3]),
]


def _pooling_of_1x(axis, pool_type):
    """A network as 1.9.1 writes it: what is not said has its defaults there."""
    _, kernel, stride, pad = axis
    attributes = {
        "kernel": f"(1, {kernel})",
        "stride": f"(1, {stride})",
        "pad": f"(0, {pad})",
        "pool_type": pool_type,
        "pooling_convention": "full",
    }
    nodes = [
        {"op": "null", "name": "data", "inputs": []},
        {"op": "Pooling", "name": "pool", "attrs": attributes, "inputs": [[0, 0, 0]]},
    ]
    root = {"nodes": nodes, "arg_nodes": [0], "heads": [[1, 0, 0]]}
    return mx.SymbolicNode.from_json(
        json.dumps({**root, "attrs": {"mxnet_version": ["int", 10901]}})
    )


@pytest.mark.parametrize(("axis", "pool_type", "expected", "gradient"), BEYOND)
def test_full_in_files_of_1x_makes_windows_beyond_the_image(axis, pool_type, expected, gradient):
    read = _pooling_of_1x(axis, pool_type)
    data = np.arange(1.0, axis[0] + 1).reshape(1, 1, 1, -1)
    heads = np.arange(1.0, len(expected) + 1).reshape(1, 1, 1, -1)
    for symbol in (read, mx.SymbolicNode.from_json(read.to_json())):
        (found,), gradients = run(symbol, {"data": data}, heads)
        close(found.ravel(), np.where(np.array(expected) == NOTHING, 0, expected))
        close(gradients["data"].ravel(), gradient)


def test_the_documents_windows_stay_inside_whatever_file_they_are_in():
    ours = mx.Pooling(mx.Variable("data"), kernel=(1, 2), stride=(1, 3), name="pool")
    same = mx.Pooling(mx.Variable("data"), kernel=(1, 2), stride=(1, 1), name="pool")
    assert '"inside"' in ours.to_json()  # which 1.9.1 refuses, as it would count otherwise
    assert '"full"' in same.to_json()
    assert mx.SymbolicNode.from_json(ours.to_json()).infer_shape(data=(1, 1, 1, 3))[1] == [
        (1, 1, 1, 1)
    ]
    assert _pooling_of_1x((3, 2, 3, 0), "max").infer_shape(data=(1, 1, 1, 3))[1] == [(1, 1, 1, 2)]


def test_a_mean_leaves_out_what_hangs_over():
    ones = mx.ones(1, 1, 4, 4)
    found = mx.Pooling(ones, pool_type="avg", kernel=(3, 3), stride=(2, 2), pad=(1, 1)).asnumpy()
    close(found[0, 0], np.array([[4, 6, 3], [6, 9, 4.5], [3, 4.5, 2.25]]) / 9)


# -- what does not fit -----------------------------------------------------------------------------

WRONG = [
    (mx.Convolution, {"kernel": (5, 5), "num_filter": 1}, (1, 1, 4, 4), "larger than the padded"),
    (
        mx.Convolution,
        {"kernel": (3, 3), "num_filter": 1, "dilate": (2, 1)},
        (1, 1, 4, 4),
        r"padded image of size \(4, 4\), pad is \(0, 0\)",
    ),
    (mx.Convolution, {"kernel": (1, 1), "num_filter": 1}, (4, 4), r"\(batch, channels, height"),
    (
        mx.Convolution,
        {"kernel": (1, 1), "num_filter": 2, "num_group": 2},
        (1, 3, 4, 4),
        "3 channels of data must be divisible by num_group=2",
    ),
    (mx.Pooling, {"kernel": (5, 5), "pool_type": "max"}, (1, 1, 4, 4), "larger than the padded"),
    (mx.Pooling, {"kernel": (2, 2), "pool_type": "max"}, (4, 4), r"\(batch, channels, height"),
]


@pytest.mark.parametrize(("function", "params", "data", "message"), WRONG)
def test_data_that_does_not_fit(function, params, data, message):
    symbol = function(name="n", **params)
    with pytest.raises(mx.ShapeError, match=message) as caught:
        symbol.infer_shape(n_data=data)
    assert str(caught.value).startswith(f"{function.__name__} 'n': ")
    assert f"'n_data' is {data} (given)" in str(caught.value)


def test_a_padded_image_may_be_as_large_as_the_kernel():
    layer = mx.Convolution(name="n", kernel=(5, 5), num_filter=1, pad=(1, 0))
    assert layer.infer_shape(n_data=(1, 1, 3, 5))[1] == [(1, 1, 1, 1)]


@pytest.mark.parametrize("copies", [1, 30])
@pytest.mark.parametrize("is_ascend", [False, True])
def test_of_equal_numbers_the_first_are_among_the_few(is_ascend, copies):
    """However few of many are asked for, in few rows or many; NaN counts as the greatest."""
    rows = [[3, 3, 3] * 7, [0, 5, 5, 5] + [1] * 17, [np.nan, 2, np.nan, np.nan] + [2] * 17]
    data = np.array([*rows, range(21)] * copies, dtype="float32")
    for count in (1, 2):
        found = mx.topk(mx.array(data), k=count, is_ascend=is_ascend).asnumpy().tolist()
        for row, places in zip(np.where(np.isnan(data), 9.0, data), found, strict=True):
            order = np.argsort(row if is_ascend else -row, kind="stable")
            assert places == order[:count].tolist()
