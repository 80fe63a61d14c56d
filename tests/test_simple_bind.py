"""Executors whose arrays are allocated for them, and executors that share arrays."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from engine import shifted
from numpy.testing import assert_allclose, assert_array_equal

import symnet as mx
import symnet.mxnet
from symnet.executor import Arena


def mlp() -> mx.SymbolicNode:
    net = mx.FullyConnected(mx.Variable("data"), num_hidden=3, name="fc1")
    net = mx.Activation(net, act_type="tanh")
    return mx.SoftmaxOutput(mx.FullyConnected(net, num_hidden=2, name="fc2"), name="softmax")


PARAMETERS = ["fc1_weight", "fc1_bias", "fc2_weight", "fc2_bias"]


def filled(executor: mx.Executor, seed: int = 0) -> mx.Executor:
    random = np.random.default_rng(seed)
    for array in executor.arg_arrays:
        array[:] = random.normal(size=array.shape)
    executor.arg_dict["softmax_label"][:] = np.arange(4) % 2
    return executor


# -- simple_bind -----------------------------------------------------------------------------------


def test_everything_is_zero_and_inputs_get_no_gradient() -> None:
    executor = mx.simple_bind(mlp(), data=(4, 5), softmax_label=(4,))
    assert [array.shape for array in executor.arg_arrays] == [
        *((4, 5), (3, 5), (3,), (2, 3), (2,), (4,))
    ]
    assert list(executor.grad_dict) == PARAMETERS
    for name, gradient in executor.grad_dict.items():
        assert gradient.shape == executor.arg_dict[name].shape
    for array in (*executor.arg_arrays, *executor.grad_dict.values(), *executor.outputs):
        assert_array_equal(array.asnumpy(), np.zeros(array.shape))
    assert executor.context == mx.cpu()


def test_a_label_that_is_not_named_is_no_input() -> None:
    executor = mx.simple_bind(mlp(), data=(4, 5))
    assert list(executor.grad_dict) == [*PARAMETERS, "softmax_label"]


def test_auxiliary_states_and_the_context() -> None:
    executor = mx.simple_bind(shifted(mx.Variable("x"), name="bn"), mx.cpu(2), x=(2, 3))
    assert executor.aux_dict["bn_shift"].shape == (3,)
    everything = [*executor.arg_arrays, *executor.aux_arrays, *executor.outputs]
    assert {array.context for array in everything} == {mx.cpu(2)}


REQUESTS: list[tuple[Any, list[str]]] = [
    ("null", []),
    ("add", PARAMETERS),
    ({"fc2_bias": "write", "fc1_bias": "add"}, ["fc1_bias", "fc2_bias"]),
    ({"fc2_bias": "write", "data": "write"}, ["data", "fc2_bias"]),
    (["null", "write", "null", "null", "null", "null"], ["fc1_weight"]),
    (["write", "write", "null", "null", "null", "null"], ["data", "fc1_weight"]),
]


@pytest.mark.parametrize(("request_", "names"), REQUESTS)
def test_requests(request_: Any, names: list[str]) -> None:
    executor = mx.simple_bind(mlp(), grad_req=request_, data=(4, 5), softmax_label=(4,))
    assert list(executor.grad_dict) == names


WRONG_BINDS: dict[str, tuple[Callable[[], object], type[Exception], str]] = {
    "incomplete": (
        lambda: mx.simple_bind(mlp(), softmax_label=(4,)),
        mx.MXError,
        "FullyConnected 'fc1': the shape of data ('data') is not known",
    ),
    "a variable that nothing implies": (
        lambda: mx.simple_bind(mx.Group(mlp(), mx.Variable("more")), data=(4, 5)),
        mx.MXError,
        "the shape of 'more' is not known and nothing implies it; give it",
    ),
    "unknown name": (
        lambda: mx.simple_bind(mlp(), dta=(4, 5)),
        mx.ArgumentError,
        "no argument 'dta'; did you mean 'data'?",
    ),
    "does not fit": (
        lambda: mx.simple_bind(mlp(), data=(4, 5), fc1_weight=(3, 6)),
        mx.ShapeError,
        "FullyConnected 'fc1': weight should have shape (3, 5), but 'fc1_weight' has shape (3, 6)",
    ),
    "namesakes": (
        lambda: mx.simple_bind(mx.Variable("x") + mx.Variable("x"), x=(1,)),
        mx.ArgumentError,
        "duplicated names",
    ),
}


@pytest.mark.parametrize("case", WRONG_BINDS)
def test_wrong_binds(case: str) -> None:
    bind, error, text = WRONG_BINDS[case]
    with pytest.raises(error, match=re.escape(text)):
        bind()


def test_element_types_are_inferred_from_one() -> None:
    executor = mx.simple_bind(mlp(), dtypes={"data": "float64"}, data=(4, 5), softmax_label=(4,))
    types = {name: array.dtype for name, array in executor.arg_dict.items()}
    assert types == {**dict.fromkeys(["data", *PARAMETERS], "float64"), "softmax_label": "float32"}
    assert {array.dtype for array in executor.grad_dict.values()} == {"float64"}
    assert executor.outputs[0].dtype == "float64"


def test_a_training_step_against_numpy() -> None:
    executor = filled(mx.simple_bind(mlp(), dtypes={"data": "float64"}, data=(4, 5)))
    data, w1, b1, w2, b2, label = (array.asnumpy() for array in executor.arg_arrays)
    hidden = np.tanh(data @ w1.T + b1)
    scores = hidden @ w2.T + b2
    output = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    above = output - np.eye(2)[label.astype(int)]
    below = above @ w2 * (1 - hidden**2)
    for is_train in (True, False):
        assert_allclose(executor.forward(is_train)[0].asnumpy(), output, rtol=1e-12)
        executor.backward()
        expected = [below.T @ data, below.sum(0), above.T @ hidden, above.sum(0)]
        for name, gradient in zip(PARAMETERS, expected, strict=True):
            assert_allclose(executor.grad_dict[name].asnumpy(), gradient, rtol=1e-9, atol=1e-12)


# -- parameters from elsewhere ---------------------------------------------------------------------


def test_copying_parameters() -> None:
    source = filled(mx.simple_bind(mlp(), data=(4, 5)))
    target = mx.simple_bind(mlp(), data=(7, 5))
    target.copy_params_from({name: source.arg_dict[name] for name in ("fc1_bias", "fc2_weight")})
    for name in PARAMETERS:
        copied = name in ("fc1_bias", "fc2_weight")
        expected = (
            source.arg_dict[name].asnumpy() if copied else 0 * source.arg_dict[name].asnumpy()
        )
        assert_array_equal(target.arg_dict[name].asnumpy(), expected)


def test_copying_states() -> None:
    executor = mx.simple_bind(shifted(mx.Variable("x"), name="bn"), x=(2, 3))
    executor.copy_params_from({}, {"bn_shift": mx.array([1, 2, 3])})
    assert_array_equal(executor.aux_arrays[0].asnumpy(), [1, 2, 3])
    with pytest.raises(mx.ArgumentError, match="no parameter 'bn_shfit'; did you mean 'bn_shift'"):
        executor.copy_params_from({}, {"bn_shfit": mx.array([1, 2, 3])})


WRONG_PARAMETERS = [
    ({"fc3_bias": mx.ones(2)}, mx.ArgumentError, "no parameter 'fc3_bias'; did you mean"),
    ({"fc2_bias": mx.ones(3)}, mx.ShapeError, "'fc2_bias' should have shape (2,), got (3,)"),
    ({"fc2_bias": np.ones(2)}, mx.ArgumentError, "'fc2_bias' must be an NDArray, got ndarray"),
]


@pytest.mark.parametrize(("more", "error", "text"), WRONG_PARAMETERS)
def test_wrong_parameters_copy_nothing(more: Any, error: type[Exception], text: str) -> None:
    executor = mx.simple_bind(mlp(), data=(4, 5))
    with pytest.raises(error, match=re.escape(text)):
        executor.copy_params_from({"fc1_bias": mx.ones(3), **more})
    assert_array_equal(executor.arg_dict["fc1_bias"].asnumpy(), [0, 0, 0])


def test_extra_parameters_may_be_allowed() -> None:
    executor = mx.simple_bind(mlp(), data=(4, 5))
    given = {"fc3_bias": mx.ones(2), "fc1_bias": mx.ones(3)}
    executor.copy_params_from(given, {"moving": mx.ones(2)}, allow_extra_params=True)
    assert_array_equal(executor.arg_dict["fc1_bias"].asnumpy(), [1, 1, 1])


# -- shared arrays and unusual heads ---------------------------------------------------------------


def test_several_executors_over_the_same_arrays() -> None:
    trained = filled(mx.simple_bind(mlp(), data=(4, 5)))
    smaller = {**trained.arg_dict, "data": mx.ones((1, 5)), "softmax_label": mx.ones(1)}
    other = mx.bind(mlp(), args=smaller)
    trained.forward(is_train=True)
    trained.backward()
    before = other.forward()[0].asnumpy()
    for name in PARAMETERS:
        trained.arg_dict[name] -= trained.grad_dict[name]
    trained.arg_dict["data"][:] = 1
    after = other.forward()[0].asnumpy()
    assert not np.allclose(before, after)
    assert_allclose(after, trained.forward()[0].asnumpy()[:1], rtol=1e-5)


def test_a_variable_as_head() -> None:
    x = mx.Variable("x")
    gradient = mx.zeros(2)
    executor = mx.bind(x, args={"x": mx.array([1, 2])}, args_grad={"x": gradient})
    assert_array_equal(executor.forward()[0].asnumpy(), [1, 2])
    assert executor.outputs[0] is not executor.arg_dict["x"]
    executor.backward([mx.array([3, 4])])
    assert_array_equal(gradient.asnumpy(), [3, 4])


def test_one_output_twice_and_used_inside() -> None:
    x = mx.Variable("x")
    double = x * 2
    net = mx.Group(double, double * 3, double, x)
    gradient = mx.zeros(2)
    executor = mx.bind(net, args={"x": mx.array([1, 2])}, args_grad={"x": gradient})
    outputs = executor.forward(is_train=True)
    assert [array.asnumpy().tolist() for array in outputs] == [[2, 4], [6, 12], [2, 4], [1, 2]]
    executor.backward([mx.array([1, 10])] * 4)
    assert_array_equal(gradient.asnumpy(), np.array([1, 10]) * (2 + 6 + 2 + 1))


# -- arenas ----------------------------------------------------------------------------------------


def test_parameters_and_gradients_lie_in_an_arena_each() -> None:
    executor = filled(mx.simple_bind(mlp(), data=(4, 5), softmax_label=(4,)))
    assert executor.arenas is not None
    weights, gradients = executor.arenas
    assert list(weights.arrays) == list(gradients.arrays) == PARAMETERS
    executor.forward(is_train=True)
    executor.backward()
    before = {name: executor.arg_dict[name].asnumpy() for name in PARAMETERS}
    weights.flat[0] -= gradients.flat[0] * 0.5
    for name in PARAMETERS:
        expected = before[name] - 0.5 * executor.grad_dict[name].asnumpy()
        assert_allclose(executor.arg_dict[name].asnumpy(), expected, rtol=1e-6)


def test_arrays_alias_the_flat_ones_and_gaps_stay_zero() -> None:
    described = {
        "a": ((3, 5), torch.float32),
        "b": ((2,), torch.float64),
        "c": ((17,), torch.float32),
        "d": ((1,), torch.float32),
    }
    arena = Arena(described, mx.cpu())
    flat = {array.dtype: array for array in arena.flat}
    assert flat.keys() == {"float32", "float64"}
    for number, array in enumerate(arena.arrays.values(), start=1):
        array[:] = number
        assert array.torch.data_ptr() % 64 == flat[array.dtype].torch.data_ptr() % 64
    values = flat["float32"].asnumpy()
    assert [np.count_nonzero(values == number) for number in (1, 3, 4)] == [15, 17, 1]
    assert np.count_nonzero(values == 0) == values.size - 33
    for array in flat.values():
        array[:] = 0
    assert {float(array.asnumpy().sum()) for array in arena.arrays.values()} == {0.0}


# -- every entry of grad_req is honoured or refused ------------------------------------------------


@pytest.mark.parametrize("request_", [{"data": "write"}, ["write"], {"data": "add"}])
def test_a_gradient_of_an_input_that_is_asked_for(request_: Any) -> None:
    """The gradient of 2 * data for a head gradient of ones, written or added twice."""
    executor = mx.simple_bind(mx.Variable("data") * 2, grad_req=request_, data=(3,))
    for _ in range(2):
        executor.forward(True)
        executor.backward(mx.ones((3,)))
    expected = [4, 4, 4] if request_ == {"data": "add"} else [2, 2, 2]
    assert executor.grad_dict["data"].asnumpy().tolist() == expected


def test_gradients_of_inputs_lie_apart_from_those_of_parameters() -> None:
    requests = {"data": "write", "fc_weight": "write"}
    net = mx.FullyConnected(mx.Variable("data"), num_hidden=2, name="fc")
    executor = mx.simple_bind(net, grad_req=requests, data=(4, 5))
    assert list(executor.grad_dict) == ["data", "fc_weight"]
    assert executor.arenas is not None
    assert list(executor.arenas[0].arrays) == list(executor.arenas[1].arrays) == ["fc_weight"]
    executor.arg_dict["fc_weight"][:] = 3
    executor.forward(True)
    executor.backward(mx.ones((4, 2)))
    assert (executor.grad_dict["data"].asnumpy() == 6).all()
    assert list(mx.simple_bind(net, data=(4, 5)).grad_dict) == ["fc_weight", "fc_bias"]


def test_a_request_for_what_there_is_not() -> None:
    net = mx.FullyConnected(mx.Variable("data"), num_hidden=2, name="fc")
    message = "grad_req names 'fc_wieght', .* did you mean 'fc_weight'"
    with pytest.raises(mx.ArgumentError, match=message):
        mx.simple_bind(net, grad_req={"fc_wieght": "write"}, data=(4, 5))
    with pytest.raises(mx.ArgumentError, match=r"of all arguments must be .* got 'wrote'"):
        mx.simple_bind(net, grad_req="wrote", data=(4, 5))


@pytest.mark.parametrize("request_", [{"x": "write", "y": "write"}, ["write", "add"]])
def test_a_gradient_that_bind_has_no_array_for(request_: Any) -> None:
    arrays = {"x": mx.ones(2), "y": mx.ones(2)}
    net = mx.Variable("x") * mx.Variable("y")
    with pytest.raises(mx.ArgumentError, match="gradient of 'y', but args_grad has no array"):
        mx.bind(net, args=arrays, args_grad={"x": mx.ones(2)}, grad_req=request_)


@pytest.mark.parametrize("flatten", [True, False])
def test_a_fully_connected_layer_tells_zeros_of_no_given_length_their_rows(flatten: bool) -> None:
    """So begin the cells that Python-MXNet unrolls: only a FullyConnected reads the first state."""
    begin = mx._zeros(shape=(0, 4), name="begin")
    layer = {"num_hidden": 3, "flatten": flatten}
    from_state = mx.FullyConnected(begin, mx.Variable("weight"), mx.Variable("b"), **layer)
    net = mx.FullyConnected(mx.Variable("data"), **layer, name="fc") + from_state
    executor = mx.simple_bind(net, data=(2, 5), weight=(3, 4))
    executor.arg_dict["b"][:] = 7.0
    executor.forward()
    assert executor.outputs[0].asnumpy().tolist() == [[7.0] * 3] * 2


@pytest.mark.parametrize("grad_req", ["write", "null", {"x": "null"}, ["null"], {}])
def test_backward_does_nothing_where_nothing_is_asked_for(grad_req):
    executor = mx.simple_bind(mx.Variable("x") * 2, grad_req=grad_req, x=(2,))
    executor.forward(is_train=True)
    executor.backward(mx.ones(2))


def test_a_gradient_of_no_argument_is_told():
    with pytest.raises(mx.ArgumentError, match="args_grad names 'W', which is no argument of the"):
        mx.bind(mx.Variable("w") * 2, args={"w": mx.ones(2)}, args_grad={"W": mx.ones(2)})
    symbol = mx.mxnet.sym.Variable("w") * 2
    given = {"W": mx.mxnet.nd.ones(2)}
    executor = symbol.bind(mx.mxnet.cpu(), {"w": mx.mxnet.nd.ones(2)}, args_grad=given)
    executor.forward(is_train=True)
    executor.backward(mx.mxnet.nd.ones(2))  # as MXNet does


def test_a_network_without_parameters_goes_through_fit():
    model = mx.FeedForward(mx.SoftmaxOutput(mx.Variable("data"), name="softmax"))
    model.fit(
        mx.SGD(), mx.ArrayDataProvider(np.eye(4), np.arange(4), batch_size=2), n_epoch=1, verbose=0
    )
    assert [row["accuracy"] for row in model.history] == [1]
