"""Operators that state `forward` and nothing else: shapes and gradients are derived from it."""

import numpy as np
import pytest
import torch
from op_testing import run
from torch import Tensor

import symnet as mx
from symnet.operators.contract import Input, Inputs, Operator, param
from symnet.operators.dispatch import operator_function

X = np.array([[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]])
Y = np.array([[1.0, 3.0, -2.0], [0.5, 0.125, 4.0]])
HEAD = np.array([[1.0, -2.0, 0.5], [3.0, 0.25, 1.0]])


def variables(*names: str) -> list[mx.SymbolicNode]:
    return [mx.Variable(name) for name in names]


class Damped(Operator, registered=False):
    """data · exp(−scale · data²) in training, the data itself otherwise."""

    data = Input("Input of any shape.")
    scale: float = param("How strongly.", default=1.0)

    def forward(self, data: Tensor, is_train: bool) -> Tensor:
        return data * torch.exp(-self.scale * data**2) if is_train else data


class Product(Operator, registered=False):
    """The matrix product."""

    lhs = Input("Left matrix.")
    rhs = Input("Right matrix.")

    def forward(self, lhs: Tensor, rhs: Tensor) -> Tensor:
        return lhs @ rhs


class Weighted(Operator, registered=False):
    """1 · arg0 + 2 · arg1² + 3 · arg2³ + …"""

    args = Inputs("Arrays.", count="count")
    count: int = param("How many.", min=1)

    def forward(self, args: list[Tensor]) -> Tensor:
        return sum(number * arg**number for number, arg in enumerate(args, start=1))


class Halves(Operator, registered=False):
    """Both halves of the features."""

    data = Input("Matrix.")

    def outputs(self) -> tuple[str, ...]:
        return ("left", "right")

    def forward(self, data: Tensor) -> tuple[Tensor, Tensor]:
        left, right = data.chunk(2, dim=1)
        return left.clone(), right.clone()


damped, product, weighted, halves = map(operator_function, (Damped, Product, Weighted, Halves))


@pytest.mark.parametrize("is_train", [False, True])
def test_a_gradient_is_derived_from_forward(is_train):
    symbol = damped(mx.Variable("x"), scale=0.5)
    (output,), gradients = run(symbol, {"x": X}, HEAD, is_train=is_train)
    damping = np.exp(-0.5 * X**2) if is_train else 1
    slope = damping * (1 - X**2) if is_train else 1
    np.testing.assert_allclose(output, X * damping)
    np.testing.assert_allclose(gradients["x"], HEAD * slope)


def test_shapes_are_inferred_by_running_without_data():
    symbol = product(*variables("a", "b"), name="p")
    assert symbol.infer_shape(a=(2, 3), b=(3, 4)) == ([(2, 3), (3, 4)], [(2, 4)], [])
    assert symbol.infer_shape(a=(2, 3)) == (None, None, None)
    with pytest.raises(mx.ShapeError, match=r"Product 'p': .*'a' is \(2, 3\) \(given\)"):
        symbol.infer_shape(a=(2, 3), b=(4, 3))


@pytest.mark.parametrize("wanted", [["a"], ["b"], ["a", "b"]])
def test_derived_gradients_of_some_inputs(wanted):
    symbol = product(*variables("a", "b"))
    head = np.array([[1.0, 2.0], [3.0, 4.0]])
    (output,), gradients = run(symbol, {"a": X, "b": Y.T}, head, wanted=wanted)
    np.testing.assert_allclose(output, X @ Y.T)
    assert list(gradients) == wanted
    for name, expected in {"a": head @ Y, "b": X.T @ head}.items():
        if name in wanted:
            np.testing.assert_allclose(gradients[name], expected)


def test_any_number_of_inputs():
    symbol = weighted(*variables("a", "b", "c"))
    (output,), gradients = run(symbol, {"a": X, "b": Y, "c": X}, HEAD, wanted=["a", "c"])
    np.testing.assert_allclose(output, X + 2 * Y**2 + 3 * X**3)
    np.testing.assert_allclose(gradients["a"], HEAD)
    np.testing.assert_allclose(gradients["c"], HEAD * 9 * X**2)
    arrays = [mx.array(numbers) for numbers in (X, Y)]
    np.testing.assert_allclose(weighted(*arrays).asnumpy(), X + 2 * Y**2, rtol=1e-6)


def test_running_without_data_needs_all_inputs():
    symbol = weighted(*variables("a", "b"))
    assert symbol.infer_shape(a=(2, 3), b=(2, 3))[1] == [(2, 3)]
    assert symbol.infer_shape(a=(2, 3)) == (None, None, None)


def test_inputs_that_are_left_out_become_variables():
    assert weighted(mx.Variable("a"), count=3, name="w").list_arguments() == [
        "a",
        "w_arg1",
        "w_arg2",
    ]
    assert Weighted(count=12).arguments()[-1] == "arg11"
    with pytest.raises(mx.ArgumentError, match=r"takes 1 inputs \(arg0\), got 2"):
        weighted(*variables("a", "b"), count=1)


def test_several_outputs():
    both = halves(mx.Variable("x"), name="h")
    assert both.list_outputs() == ["h_left", "h_right"]
    data = np.arange(8.0).reshape(2, 4)
    outputs, _ = run(both, {"x": data}, np.ones((2, 2)), np.ones((2, 2)))
    np.testing.assert_array_equal(np.hstack(outputs), data)
    # Nothing flows back from an output that nothing uses.
    _, gradients = run(both[1], {"x": data}, np.full((2, 2), 5.0))
    np.testing.assert_array_equal(gradients["x"], [[0, 0, 5, 5]] * 2)
    left, right = halves(mx.array(data))
    np.testing.assert_array_equal(np.hstack([left.asnumpy(), right.asnumpy()]), data)
