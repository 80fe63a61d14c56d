"""Executors: binding, running forward and back, requests, head gradients. docs/semantics §4."""

import operator
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from engine import barrier, shifted
from numpy.testing import assert_allclose, assert_array_equal

import symnet as mx
from symnet.executor import GRAD_ADD, GRAD_NOP, GRAD_WRITE
from symnet.operators.contract import find_operator
from symnet.operators.dispatch import operator_function

A, B = mx.Variable("A"), mx.Variable("B")
LHS, RHS = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[5.0, -6.0], [0.5, 8.0]])
HEAD = np.array([[1.0, 10.0], [100.0, -1.0]])


def arrays(dtype: str = "float32", **values: Any) -> dict[str, mx.NDArray]:
    return {name: mx.array(value, dtype=dtype) for name, value in values.items()}


def product(**more: Any) -> mx.Executor:
    return mx.bind(A * B, args=arrays(A=LHS, B=RHS), **more)


# -- the classic tests of arithmetic ---------------------------------------------------------------

OPERATORS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "+": (operator.add, lambda g, x, y: (g, g)),
    "-": (operator.sub, lambda g, x, y: (g, -g)),
    "*": (operator.mul, lambda g, x, y: (g * y, g * x)),
    "/": (operator.truediv, lambda g, x, y: (g / y, -g * x / y**2)),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("sign", OPERATORS)
def test_lhs_op_rhs(sign: str, dtype: str) -> None:
    """By list, without gradients, and by dict in any order; backward follows a predict forward."""
    operate, derive = OPERATORS[sign]
    result = operate(A, B)
    assert result.list_arguments() == ["A", "B"]
    bound, head = arrays(dtype, A=LHS, B=RHS), mx.array(HEAD, dtype=dtype)
    gradients = arrays(dtype, B=np.ones_like(RHS), A=np.ones_like(LHS))
    executors = [
        mx.bind(result, mx.cpu(), list(bound.values()), args_grad=[gradients["A"], gradients["B"]]),
        mx.bind(result, mx.cpu(), list(bound.values())),
        mx.bind(result, mx.cpu(), {"B": bound["B"], "A": bound["A"]}, args_grad=gradients),
    ]
    for executor in executors:
        executor.forward()
        assert_allclose(executor.outputs[0].asnumpy(), operate(LHS, RHS), rtol=1e-6)
        assert executor.outputs[0].dtype == dtype
        if executor.grad_dict:
            executor.backward([head])
    expected = derive(HEAD, LHS, RHS)
    for name, gradient in zip("AB", expected, strict=True):
        assert_allclose(gradients[name].asnumpy(), gradient, rtol=1e-6)


def test_a_long_expression_of_scalars() -> None:
    x = mx.Variable("x")
    y = 2 / (4 - ((1 + x + 1) * 2 / 5) - 0.2)
    values = np.array([0.5, 1.0, -2.0, 3.0])
    gradient = mx.zeros(4)
    executor = mx.bind(y, mx.cpu(), arrays(x=values), args_grad={"x": gradient})
    executor.forward()
    executor.backward([mx.ones(4) * 2])
    below = 4 - (1 + values + 1) * 2 / 5 - 0.2
    assert_allclose(executor.outputs[0].asnumpy(), 2 / below, rtol=1e-6)
    assert_allclose(gradient.asnumpy(), 2 * 2 * (2 / 5) / below**2, rtol=1e-6)


# -- binding ---------------------------------------------------------------------------------------


def test_arrays_are_bound_by_reference() -> None:
    bound = arrays(A=LHS, B=RHS)
    executor = mx.bind(A * B, args=bound, args_grad={"A": mx.zeros((2, 2))})
    executor.forward()
    bound["A"][:] = 2
    assert_array_equal(executor.forward()[0].asnumpy(), 2 * RHS)
    assert executor.arg_dict["A"] is bound["A"]
    assert executor.arg_arrays == [bound["A"], bound["B"]]


def test_extra_keys_are_ignored() -> None:
    executor = product(args_grad=arrays(A=LHS), aux_states=arrays(moving=LHS))
    assert list(executor.grad_dict) == ["A"]
    assert mx.bind(A, args=arrays(A=LHS, B=RHS)).arg_dict.keys() == {"A"}


def test_gradients_for_some_arguments() -> None:
    gradient = mx.zeros((2, 2))
    executor = product(args_grad={"B": gradient})
    executor.forward(is_train=True)
    executor.backward(mx.array(HEAD))
    assert_array_equal(gradient.asnumpy(), HEAD * LHS)
    assert executor.grad_arrays == [None, gradient]


def test_auxiliary_states_are_bound_by_list_and_by_dict() -> None:
    net = shifted(A, name="bn")
    for states in ([mx.array([1.0, 2.0])], {"bn_shift": mx.array([1.0, 2.0])}):
        executor = mx.bind(net, args=arrays(A=LHS), aux_states=states)
        assert_array_equal(executor.forward()[0].asnumpy(), LHS + np.array([1.0, 2.0]))
        assert executor.aux_arrays == [executor.aux_dict["bn_shift"]]


NAMESAKES = mx.Variable("x") * mx.Variable("x")
LAYER = mx.FullyConnected(A, num_hidden=3, no_bias=True, name="fc")
ONE = mx.ones(1)
WRONG_BINDS: dict[str, tuple[Callable[[], object], type[Exception], str]] = {
    "nothing": (lambda: mx.bind(A * B), mx.ArgumentError, "args: no array for 'A'"),
    "missing": (
        lambda: mx.bind(A * B, args={"A": ONE}),
        mx.ArgumentError,
        "args: no array for 'B'; the network needs A, B, given are A (simple_bind allocates",
    ),
    "too short": (lambda: mx.bind(A * B, args=[ONE]), mx.ArgumentError, "args has 1 arrays for 2"),
    "too long": (lambda: mx.bind(A, args=[ONE, ONE]), mx.ArgumentError, "args has 2 arrays for 1"),
    "gradients too short": (
        lambda: product(args_grad=[ONE]),
        mx.ArgumentError,
        "args_grad has 1 arrays for 2 names: ['A', 'B']",
    ),
    "not an array": (
        lambda: mx.bind(A, args={"A": LHS}),
        mx.ArgumentError,
        "args: 'A' must be an NDArray, got ndarray",
    ),
    "no state": (
        lambda: mx.bind(shifted(A, name="bn"), args=arrays(A=LHS)),
        mx.ArgumentError,
        "aux_states: no array for 'bn_shift'",
    ),
    "state of the wrong shape": (
        lambda: mx.bind(shifted(A, name="bn"), args=arrays(A=LHS), aux_states={"bn_shift": ONE}),
        mx.ShapeError,
        "Shifted 'bn': shift should have shape (2,), but 'bn_shift' has shape (1,)",
    ),
    "namesakes": (
        lambda: mx.bind(NAMESAKES, args=[ONE, ONE]),
        mx.ArgumentError,
        "duplicated names: several variables are called 'x'",
    ),
    "weight": (
        lambda: mx.bind(LAYER, args=arrays(A=LHS, fc_weight=np.ones((3, 5)))),
        mx.ShapeError,
        "FullyConnected 'fc': weight should have shape (3, 2), but 'fc_weight' has shape (3, 5)",
    ),
    "element types": (
        lambda: mx.bind(A * B, args={"A": ONE, "B": ONE.astype("float64")}),
        mx.DTypeError,
        "'A' is float32, but 'B' is float64",
    ),
    "context": (
        lambda: mx.bind(A, mx.cpu(1), args={"A": ONE}),
        mx.DeviceError,
        "'A' lives on CPU0, the executor on CPU1",
    ),
    "gradient's shape": (
        lambda: product(args_grad={"A": ONE}),
        mx.ArgumentError,
        "the gradient of 'A' should be float32 of shape (2, 2), got float32 of shape (1,)",
    ),
    "gradient's type": (
        lambda: product(args_grad=arrays("float64", A=LHS)),
        mx.ArgumentError,
        "should be float32 of shape (2, 2), got float64 of shape (2, 2)",
    ),
    "request": (
        lambda: product(grad_req={"B": "ad"}),
        mx.ArgumentError,
        "grad_req of 'B' must be 'write', 'add' or 'null', got 'ad'",
    ),
    "requests too short": (
        lambda: product(grad_req=["write"]),
        mx.ArgumentError,
        "grad_req has 1 entries for 2 arguments: ['A', 'B']",
    ),
}


@pytest.mark.parametrize("case", WRONG_BINDS)
def test_wrong_binds(case: str) -> None:
    bind, error, text = WRONG_BINDS[case]
    with pytest.raises(error, match=re.escape(text)):
        bind()


# -- requests --------------------------------------------------------------------------------------

REQUESTS = [
    ("write", HEAD * RHS, HEAD * LHS),
    ("add", 7 + 2 * HEAD * RHS, 7 + 2 * HEAD * LHS),
    ("null", 7, 7),
    (GRAD_WRITE, HEAD * RHS, HEAD * LHS),
    (GRAD_ADD, 7 + 2 * HEAD * RHS, 7 + 2 * HEAD * LHS),
    (GRAD_NOP, 7, 7),
    (["add", "write"], 7 + 2 * HEAD * RHS, HEAD * LHS),
    (["null", "write"], 7, HEAD * LHS),
    ({"B": "add"}, 7, 7 + 2 * HEAD * LHS),
    ({}, 7, 7),
]


@pytest.mark.parametrize(("request_", "of_a", "of_b"), REQUESTS)
def test_requests(request_: Any, of_a: Any, of_b: Any) -> None:
    """Two backward runs over gradients that hold 7 before."""
    gradients = arrays(A=np.full((2, 2), 7.0), B=np.full((2, 2), 7.0))
    executor = product(args_grad=gradients, grad_req=request_)
    executor.forward(is_train=True)
    for _ in range(2):
        executor.backward([mx.array(HEAD)])
    assert_allclose(gradients["A"].asnumpy(), np.broadcast_to(of_a, (2, 2)))
    assert_allclose(gradients["B"].asnumpy(), np.broadcast_to(of_b, (2, 2)))


@pytest.mark.parametrize(("request_", "expected"), [("write", 0), ("add", 7)])
def test_an_argument_that_no_gradient_reaches(request_: Any, expected: float) -> None:
    """It is written zero, or added nothing; a label is left alone. docs/semantics §4.5."""
    net = mx.Group(barrier(A), mx.SoftmaxOutput(B, mx.Variable("label")))
    gradients = {"A": mx.ones((2, 2)) * 7, "label": mx.ones(2) * 7}
    args = arrays(A=LHS, B=RHS, label=[0, 1])
    executor = mx.bind(net, args=args, args_grad=gradients, grad_req=request_)
    executor.forward(is_train=True)
    executor.backward()
    assert_array_equal(gradients["A"].asnumpy(), np.full((2, 2), expected))
    assert_array_equal(gradients["label"].asnumpy(), [7, 7])


# -- running ---------------------------------------------------------------------------------------


def test_forward_returns_the_outputs_which_stay_the_same_arrays() -> None:
    executor = mx.bind((A * B)(name="product"), args=arrays(A=LHS, B=RHS))
    (output,) = executor.outputs
    assert executor.forward() is executor.outputs
    assert executor.forward(is_train=True)[0] is output
    assert executor.output_dict == {"product_output": output}
    assert_array_equal(output.asnumpy(), LHS * RHS)


def test_inputs_are_copied_in_by_keyword() -> None:
    executor = product()
    executor.forward(A=mx.array(RHS))
    assert_array_equal(executor.outputs[0].asnumpy(), RHS * RHS)
    assert_array_equal(executor.arg_dict["A"].asnumpy(), RHS)


WRONG_INPUTS = [
    ({"A": mx.zeros((2, 2)), "C": ONE}, mx.ArgumentError, "no argument 'C'"),
    ({"A": mx.zeros((2, 2)), "B": RHS}, mx.ArgumentError, "'B' must be an NDArray, got ndarray"),
    ({"A": mx.zeros((2, 2)), "B": ONE}, mx.ShapeError, "'B' should have shape (2, 2), got (1,)"),
]


@pytest.mark.parametrize(("inputs", "error", "text"), WRONG_INPUTS)
def test_wrong_inputs_copy_nothing(inputs: Any, error: type[Exception], text: str) -> None:
    executor = product()
    with pytest.raises(error, match=re.escape(text)):
        executor.forward(**inputs)
    assert_array_equal(executor.arg_dict["A"].asnumpy(), LHS)


def test_backward_without_forward_runs_forward_first() -> None:
    gradient = mx.zeros((2, 2))
    executor = product(args_grad={"A": gradient})
    executor.backward([mx.array(HEAD)])
    assert_array_equal(gradient.asnumpy(), HEAD * RHS)
    assert_array_equal(executor.outputs[0].asnumpy(), LHS * RHS)


def test_backward_belongs_to_the_last_forward() -> None:
    gradient = mx.zeros((2, 2))
    executor = mx.bind(mx.exp(A), args=arrays(A=LHS), args_grad={"A": gradient})
    for is_train in (True, False, True, True, False):
        executor.forward(is_train, A=mx.array(LHS + is_train))
        executor.backward([mx.array(HEAD)])
        assert_allclose(gradient.asnumpy(), np.exp(LHS + is_train) * HEAD, rtol=1e-6)


def test_backward_without_gradients_does_nothing() -> None:
    executor = product(grad_req="null")
    executor.forward(is_train=True)
    executor.backward()
    assert executor.grad_arrays == [None, None]


HEADS: list[tuple[Any, type[Exception], str]] = [
    (None, mx.ArgumentError, "head_gradient is required for output 'second_output'"),
    ([], mx.ArgumentError, "an array of shape (2, 2) at place 1"),
    ([ONE], mx.ArgumentError, "head_gradient is required for output 'second_output'"),
    ([ONE, None], mx.ArgumentError, "head_gradient is required for output 'second_output'"),
    ([None, ONE], mx.ShapeError, "'second_output' should have shape (2, 2), got (1,)"),
    ([None, LHS], mx.ArgumentError, "'second_output' must be an NDArray, got ndarray"),
    ([None, None, None], mx.ArgumentError, "3 head gradients for 2 outputs"),
]


def loss_and_another() -> mx.Executor:
    loss = mx.SoftmaxOutput(A, mx.Variable("label"), name="loss")
    net = mx.Group(loss, mx.exp(A, name="second"))
    return mx.bind(net, args=arrays(A=LHS, label=[0, 1]), args_grad={"A": mx.zeros((2, 2))})


@pytest.mark.parametrize(("heads", "error", "text"), HEADS)
def test_wrong_head_gradients(heads: Any, error: type[Exception], text: str) -> None:
    executor = loss_and_another()
    executor.forward(is_train=True)
    with pytest.raises(error, match=re.escape(text)):
        executor.backward(heads)


def test_a_loss_may_be_left_out_of_the_head_gradients() -> None:
    executor = loss_and_another()
    probabilities = executor.forward(is_train=True)[0].asnumpy()
    executor.backward([None, mx.array(HEAD)])
    expected = probabilities - np.eye(2) + np.exp(LHS) * HEAD
    assert_allclose(executor.grad_dict["A"].asnumpy(), expected, rtol=1e-5)


@pytest.mark.parametrize("layer", ["uniform", "Dropout", "normal"])
def test_the_gradient_of_a_prediction_is_that_of_the_numbers_it_drew(layer):
    """Backward runs a prediction once more, which must not draw others; so it is in 1.9.1."""
    x, operator = mx.Variable("x"), lambda name: operator_function(find_operator(name))
    noise = {
        "uniform": lambda: operator("_random_uniform")(low=-1, high=1, shape=(2, 3)),
        "Dropout": lambda: mx.Dropout(x, p=0.5, mode="always"),
        "normal": lambda: operator("_sample_normal")(mu=x, sigma=x),
    }[layer]()
    executor = mx.simple_bind(mx.BlockGrad(noise) * x, input_gradients=True, x=(2, 3))
    executor.arg_dict["x"][:] = 2
    for is_train in (False, True, False):
        shown = executor.forward(is_train=is_train)[0].asnumpy()
        executor.backward(mx.ones((2, 3)))
        np.testing.assert_array_equal(executor.outputs[0].asnumpy(), shown)
        np.testing.assert_allclose(executor.grad_dict["x"].asnumpy(), shown / 2, rtol=1e-6)
    mx.srand(3)
    first = [executor.forward()[0].asnumpy() for _ in range(2)]
    mx.srand(3)
    executor.forward()
    executor.backward(mx.ones((2, 3)))
    np.testing.assert_array_equal(executor.forward()[0].asnumpy(), first[1])


def test_backward_runs_once_where_that_was_said():
    net = mx.SoftmaxOutput(
        mx.FullyConnected(mx.Variable("data"), num_hidden=3, name="fc"), name="s"
    )
    executors = [mx.simple_bind(net, data=(4, 5), s_label=(4,)) for _ in range(2)]
    executors[1].differentiate_once()
    for executor in executors:
        for number, array in enumerate(executor.arg_dict.values()):
            array[:] = np.random.default_rng(number).integers(0, 3, array.shape)
        for _ in range(4):  # the rules run, are recorded, are replayed
            executor.forward(is_train=True)
            executor.backward()
    for name, gradient in executors[0].grad_dict.items():
        assert_array_equal(executors[1].grad_dict[name].asnumpy(), gradient.asnumpy())
    executors[0].backward()
    with pytest.raises(mx.ArgumentError, match=r"a second time after one forward.*call forward"):
        executors[1].backward()
    executors[1].forward(is_train=False)
    executors[1].backward()  # of prediction, whose program keeps what it needs
    executors[1].backward()
