"""Networks of other element types than float32, and inputs whose type is free."""

import numpy as np
import pytest
from op_testing import close, function_of

import symnet as mx

SHAPES = {"data": (6, 2, 8, 8)}
# How far the direction of a gradient may be off: about ten roundings.
ROUGH = {"float64": 1e-5, "float16": 0.003, "bfloat16": 0.03}


def network() -> mx.SymbolicNode:
    """All of it smooth: rounding would turn a maximum, or a relu, the other way here and there."""
    net = mx.Convolution(mx.Variable("data"), kernel=(3, 3), num_filter=4, pad=(1, 1), name="conv")
    net = function_of("BatchNorm")(net, fix_gamma=False, name="norm")
    net = mx.Activation(net, act_type="tanh")
    net = mx.Pooling(net, kernel=(2, 2), stride=(2, 2), pool_type="avg")
    net = mx.FullyConnected(net, num_hidden=3, name="fc")
    return mx.SoftmaxOutput(net, name="softmax")


def bound(dtype: str) -> mx.Executor:
    """The network over random numbers that bfloat16 can hold, in one of the types."""
    executor = mx.simple_bind(network(), dtypes={"data": dtype}, **SHAPES)
    random = np.random.default_rng(0)
    for array in executor.arg_dict.values():
        numbers = mx.array(random.normal(0, 0.3, array.shape), dtype="bfloat16")
        array[:] = numbers.asnumpy().astype(float)
    executor.arg_dict["softmax_label"][:] = random.integers(0, 3, 6)
    executor.aux_dict["norm_moving_var"][:] = 1.0
    return executor


def run(executor: mx.Executor) -> dict[str, np.ndarray]:
    executor.forward(is_train=True)
    executor.backward()
    return {name: array.asnumpy().astype(float) for name, array in executor.grad_dict.items()}


@pytest.mark.parametrize("dtype", ROUGH)
def test_a_network_of_one_type(dtype):
    executor = bound(dtype)
    label = executor.arg_dict.pop("softmax_label"), executor.grad_dict.pop("softmax_label")
    assert {array.dtype for array in label} == {"float32"}
    arrays = [*executor.arg_dict.values(), *executor.grad_dict.values(), *executor.aux_arrays]
    assert {array.dtype for array in (*arrays, *executor.outputs)} == {dtype}
    expected = run(bound("float32"))
    found = run(executor)
    assert found.keys() | {"softmax_label"} == expected.keys()
    for name in found:
        gradient = expected[name]
        if name == "conv_bias":  # which the norm takes away again: nothing flows back but roundings
            assert np.isfinite(found[name]).all()
            continue
        error = np.linalg.norm(found[name] - gradient) / np.linalg.norm(gradient)
        assert error < ROUGH[dtype], name
    probabilities = executor.outputs[0].asnumpy().astype(float)
    close(probabilities.sum(1), np.ones(6), rtol=2e-2)


@pytest.mark.parametrize("dtype", ROUGH)
def test_a_network_of_one_type_learns(dtype):
    executor = bound(dtype)
    labels = executor.arg_dict["softmax_label"].asnumpy().astype(int)

    def loss() -> float:
        executor.forward(is_train=True)
        probabilities = executor.outputs[0].asnumpy().astype(float)
        return -np.log(probabilities[np.arange(6), labels]).mean()

    before = loss()
    for _ in range(10):
        executor.backward()
        for name, gradient in executor.grad_dict.items():
            executor.arg_dict[name][:] = executor.arg_dict[name] - gradient * 0.02
        after = loss()
    assert after < before / 2


# -- inputs whose type is free ---------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32", "int64", "float16"])
def test_indices_of_any_type(dtype):
    indices = mx.array([[2, 0], [9, 1]], dtype=dtype)
    weight = mx.array(np.arange(6.0).reshape(3, 2))
    symbol = function_of("Embedding")(
        mx.Variable("data"), mx.Variable("weight"), input_dim=3, output_dim=2
    )
    gradient = mx.zeros(3, 2)
    executor = mx.bind(
        symbol, mx.cpu(), {"data": indices, "weight": weight}, args_grad={"weight": gradient}
    )
    rows = [[[4, 5], [0, 1]], [[4, 5], [2, 3]]]
    for _ in range(3):
        executor.forward(is_train=True)
        close(executor.outputs[0].asnumpy(), rows)
        executor.backward(mx.ones(2, 2, 2))
        close(gradient.asnumpy(), [[1, 1], [1, 1], [2, 2]])
    found = function_of("Embedding")(indices, weight, input_dim=3, output_dim=2)
    close(found.asnumpy(), rows)
    assert indices.asnumpy().tolist() == [
        [2, 0],
        [9, 1],
    ]  # 9 was cut, but not in the caller's array


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int64", "float64"])
@pytest.mark.parametrize(
    ("op", "expected"),
    [
        ("LinearRegressionOutput", [-0.5, 2.0]),
        ("LogisticRegressionOutput", [1 / (1 + np.exp(-0.5)) - 1, 1 / (1 + np.exp(-2.0))]),
        ("MAERegressionOutput", [-1, 1]),
    ],
)
def test_labels_of_any_type(op, expected, dtype):
    symbol = function_of(op)(mx.Variable("data"), mx.Variable("label"))
    arrays = {"data": mx.array([[0.5], [2.0]]), "label": mx.array([1, 0], dtype=dtype)}
    gradient = mx.zeros(2, 1)
    executor = mx.bind(symbol, mx.cpu(), arrays, args_grad={"data": gradient})
    executor.forward(is_train=True)
    executor.backward()
    close(gradient.asnumpy()[:, 0], expected)


@pytest.mark.parametrize("first", ["float16", "float64", "uint8"])
def test_a_cast_in_a_network(first):
    """The gradient comes back in the type of what was cast."""
    net = function_of("Cast")(mx.Variable("data"), dtype="float32")
    net = mx.FullyConnected(net, num_hidden=2, no_bias=True, name="fc")
    executor = mx.bind(
        net,
        mx.cpu(),
        {"data": mx.array([[1, 2]], dtype=first), "fc_weight": mx.array([[1.0, 2.0], [3.0, 4.0]])},
        args_grad={"data": mx.zeros((1, 2), dtype=first), "fc_weight": mx.zeros(2, 2)},
    )
    executor.forward(is_train=True)
    executor.backward(mx.array([[1.0, 10.0]]))
    close(executor.outputs[0].asnumpy(), [[5, 11]])
    assert executor.outputs[0].dtype == "float32"
    assert executor.grad_dict["data"].dtype == first
    close(executor.grad_dict["data"].asnumpy(), [[31, 42]])
    close(executor.grad_dict["fc_weight"].asnumpy(), [[1, 2], [10, 20]])


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [
        ("int8", [-2, 0, 0, 2, 2, -3, 127, -128]),
        ("uint8", [0, 0, 0, 2, 2, 0, 255, 0]),
        ("int32", [-2, 0, 0, 2, 2, -3, 300, -300]),
    ],
)
def test_float32_is_rounded_to_whole_numbers_by_amp_cast(dtype, expected):
    """Recorded from Apache MXNet 1.9.1."""
    numbers = mx.array([-1.5, -0.5, 0.5, 1.5, 2.5, -2.7, 300, -300])
    assert mx.amp_cast(numbers, dtype=dtype).asnumpy().tolist() == expected
