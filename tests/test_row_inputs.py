"""What an operator says it works on row by row, it does: rows put together give the same."""

from typing import Any

import numpy as np
import pytest
from op_rows import ROWS
from op_testing import Row

import symnet as mx
from symnet.operators.contract import OPERATORS


def has_rows(row: Row) -> bool:
    """Whether a row of the table is of an operator and shapes that can be put together."""
    names = row.operator().row_inputs()
    return bool(names) and row.operator().rows_apart(*(row.shapes[name] for name in names))


BY_ROWS = [row for row in ROWS if has_rows(row) and not row.random]
"""Two of a row's shapes lie one below the other: row inputs have axis 0 of their own."""


def found(row: Row, inputs: dict[str, np.ndarray], head: Any) -> tuple[np.ndarray, dict[str, Any]]:
    """The output, and the gradients by name."""
    arrays = {name: mx.array(values, dtype="float64") for name, values in inputs.items()}
    gradients = {name: mx.zeros(array.shape, dtype="float64") for name, array in arrays.items()}
    executor = mx.bind(row.symbol(), args=arrays, args_grad=gradients)
    executor.forward(is_train=True)
    executor.backward([mx.array(head, dtype=executor.outputs[0].dtype)])
    return executor.outputs[0].asnumpy(), {n: g.asnumpy() for n, g in gradients.items()}


@pytest.mark.parametrize("row", BY_ROWS, ids=str)
def test_rows_put_together_give_the_same(row: Row) -> None:
    names = row.operator().row_inputs()
    first, second = row.inputs(0), row.inputs(1)
    second |= {name: values for name, values in first.items() if name not in names}
    both = {n: np.concatenate([first[n], second[n]]) if n in names else first[n] for n in first}
    heads = np.random.default_rng(3).normal(size=(2, *row.outputs()[0]))
    one, one_gradients = found(row, first, heads[0])
    other, other_gradients = found(row, second, heads[1])
    joined, gradients = found(row, both, np.concatenate(heads))
    np.testing.assert_allclose(joined, np.concatenate([one, other]), rtol=1e-12)
    for name, gradient in gradients.items():
        parts = one_gradients[name], other_gradients[name]
        expected = np.concatenate(parts) if name in names else parts[0] + parts[1]
        np.testing.assert_allclose(gradient, expected, rtol=1e-9, atol=1e-12)


ALONG_THE_LAST_AXIS = {
    "softmax": mx.softmax,
    "softmin": mx.softmin,
    "log_softmax": mx.log_softmax,
    "LayerNorm": lambda data: mx.LayerNorm(data, mx.Variable("gamma"), mx.Variable("beta")),
    "FullyConnected": lambda data: mx.FullyConnected(
        data, mx.Variable("weight"), mx.Variable("bias"), num_hidden=2, flatten=False
    ),
}


@pytest.mark.parametrize("layer", ALONG_THE_LAST_AXIS.values(), ids=ALONG_THE_LAST_AXIS)
def test_parts_of_a_vector_are_rows_of_their_own(layer: Any) -> None:
    """An operator along the last axis takes a vector as one row: nothing is put together."""
    values = np.arange(6.0) ** 2
    constant = {"gamma": np.ones(3), "beta": np.zeros(3), "weight": np.eye(2, 3), "bias": [1, 2]}

    def outputs(net: mx.SymbolicNode, data: np.ndarray) -> list[np.ndarray]:
        known = {"data": data, **constant}
        arrays = {name: mx.array(known[name]) for name in net.list_arguments()}
        return [each.asnumpy() for each in mx.bind(net, mx.cpu(), arrays).forward()]

    parts = mx.SliceChannel(mx.Variable("data"), num_outputs=2, axis=0)
    shared = layer(mx.Variable("data"))
    both = mx.Group(*(shared(data=part) for part in parts))
    alone = [outputs(shared, half)[0] for half in np.split(values, 2)]
    np.testing.assert_allclose(outputs(both, values), alone, rtol=1e-5)


def test_the_operators_that_passes_join_are_among_them() -> None:
    seen = {type(row.operator()).__name__ for row in BY_ROWS}
    wanted = {"FullyConnected", "Embedding", "Activation", "SoftmaxOutput", "_Plus", "sin"}
    assert wanted <= seen
    declared = {cls.__name__ for cls in OPERATORS.values() if "row_inputs" in vars(cls)}
    assert declared - seen <= {"Dropout"}  # which draws at random
