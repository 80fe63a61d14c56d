"""One value that a step reads twice: its memory is written over only where both may be."""

from collections.abc import Callable
from itertools import combinations

import numpy as np
import pytest
from op_rows import ROWS
from op_testing import Row, function_of

import symnet as mx
from symnet.operators.contract import Input

MADE: dict[str, Callable[[mx.SymbolicNode], mx.SymbolicNode]] = {
    "planned": lambda x: x * 1.0,
    "a kernel's": lambda x: mx.sort(x, axis=-1),
}
"""How a value comes about that nobody needs afterwards, in the arena or in memory of its own."""


COUNTED = ("CTCLoss", "_contrib_box_encode")
"""Operators with numbers of places among their inputs, which the other's numbers are not."""


def pairs(row: Row) -> list[tuple[str, str]]:
    """Inputs that may be the same array."""
    kinds = row.operator().inputs
    single = [n for n in row.shapes if isinstance(kinds.get(n), Input)]
    return [own for own in combinations(single, 2) if row.shapes[own[0]] == row.shapes[own[1]]]


CASES = [
    (row, own)
    for row in ROWS
    if not row.random and not row.states and row.op not in COUNTED
    for own in pairs(row)
]


def outputs(row: Row, both: tuple[str, str], made: str | None) -> list[np.ndarray]:
    """What comes out where two inputs are one value, or two arrays with the same numbers."""
    values = row.inputs(0)
    shared = np.sort(values[both[0]], axis=-1)
    values |= dict.fromkeys(both, shared)
    symbols = {name: mx.Variable(name) for name in values}
    if made is not None:
        symbols |= dict.fromkeys(both, MADE[made](mx.Variable("shared")))
        values["shared"] = shared
    net = function_of(row.op)(**symbols, **row.params)
    arrays = {n: mx.array(values[n], dtype="float64") for n in net.list_arguments()}
    executor = mx.bind(net, args=arrays, grad_req="null")
    for _ in range(3):  # as it is made, recorded, and run
        found = executor.forward(is_train=False)
    return [output.asnumpy() for output in found]


@pytest.mark.parametrize("made", MADE)
@pytest.mark.parametrize(("row", "both"), CASES, ids=str)
def test_the_same_value_twice(row: Row, both: tuple[str, str], made: str) -> None:
    for one, other in zip(outputs(row, both, made), outputs(row, both, None), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12, equal_nan=True)


def convolution(data: mx.SymbolicNode, name: str) -> mx.SymbolicNode:
    return mx.Convolution(data, kernel=(3, 3), num_filter=4, pad=(1, 1), name=name)


def rectified(data: mx.SymbolicNode) -> mx.SymbolicNode:
    return mx.Activation(data, act_type="relu")


RESIDUAL: dict[str, Callable[[mx.SymbolicNode], mx.SymbolicNode]] = {
    "x + f(x)": lambda x: x + convolution(x, "f"),
    "f(x) + x": lambda x: convolution(x, "f") + x,
    "relu(x + f(x))": lambda x: rectified(x + convolution(x, "f")),
    "x + relu(f(x))": lambda x: x + rectified(convolution(x, "f")),
    "x + g(f(x))": lambda x: x + convolution(rectified(convolution(x, "f")), "g"),
    "f(x) + g(x)": lambda x: convolution(x, "f") + convolution(x, "g"),
    "x + f(flat x)": lambda x: x + convolution(mx.Reshape(x, shape=(0, 4, 6, 6)), "f"),
}


@pytest.mark.parametrize("form", RESIDUAL)
@pytest.mark.parametrize("before", ["convolution", "planned"])
def test_residual_layers_of_prediction(form: str, before: str) -> None:
    """What is added lies where a convolution, which reads its neighbours, may be written."""
    first = convolution(mx.Variable("data"), "first")
    first = rectified(first) if before == "convolution" else mx.exp(first * 0.1)
    net = mx.Pooling(RESIDUAL[form](first), kernel=(3, 3), pad=(1, 1), pool_type="avg")
    executor = mx.simple_bind(net, grad_req="null", data=(2, 4, 6, 6))
    random = np.random.default_rng(0)
    for array in executor.arg_dict.values():
        array[:] = random.normal(size=array.shape)
    expected = executor.forward()[0].asnumpy().copy()
    executor.hold_constant([name for name in executor.arg_dict if name != "data"])
    for _ in range(3):
        found = executor.forward()[0].asnumpy()
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
