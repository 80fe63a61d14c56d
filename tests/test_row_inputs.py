"""What an operator says it works on row by row, it does: rows put together give the same."""

from typing import Any

import numpy as np
import pytest
from op_rows import ROWS
from op_testing import Row

import symnet as mx
from symnet.operators.contract import OPERATORS

BY_ROWS = [row for row in ROWS if row.operator().row_inputs() and not row.random]
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


def test_the_operators_that_passes_join_are_among_them() -> None:
    seen = {type(row.operator()).__name__ for row in BY_ROWS}
    wanted = {"FullyConnected", "Embedding", "Activation", "SoftmaxOutput", "_Plus", "sin"}
    assert wanted <= seen
    declared = {cls.__name__ for cls in OPERATORS.values() if "row_inputs" in vars(cls)}
    assert declared - seen <= {"Dropout"}  # which draws at random
