"""What an operator says of the samples of a batch is so: some of them alone give the same."""

import numpy as np
import pytest
from op_rows import ROWS
from op_testing import NODE, Row

import symnet as mx
from symnet.graph.samples import samples_stay_apart
from symnet.operators.contract import Operator
from symnet.program.facts import Facts


def holders(row: Row) -> list[tuple[str, ...]]:
    """Sets of inputs that could hold samples: each alone, and all of the same length."""
    names = [name for name, shape in row.shapes.items() if shape and shape[0] > 1]
    sets = {(name,) for name in names}
    lengths = {row.shapes[name][0] for name in names}
    sets |= {tuple(n for n in names if row.shapes[n][0] == length) for length in lengths}
    return sorted(own for own in sets if len({row.shapes[n][0] for n in own}) == 1)


def declared(row: Row, names: tuple[str, ...]) -> bool:
    graph = row.symbol().graph
    if not all(isinstance(node.op, Operator | None) for node in graph.nodes):
        return False
    facts = Facts.infer(graph, row.shapes, {})
    return samples_stay_apart(graph, names, facts.shapes)


CASES = [
    (row, names) for row in ROWS if not row.random for names in holders(row) if declared(row, names)
]


def predicted(row: Row, inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
    arrays, states = (
        {name: mx.array(values, dtype="float64") for name, values in given.items()}
        for given in (inputs, {f"{NODE}_{n}": v for n, v in row.first_states().items()})
    )
    executor = mx.bind(row.symbol(), args=arrays, aux_states=states)
    return [output.asnumpy() for output in executor.forward(is_train=False)]


@pytest.mark.parametrize(("row", "names"), CASES, ids=str)
def test_some_samples_alone_give_the_same(row: Row, names: tuple[str, ...]) -> None:
    inputs = row.inputs(0)
    whole = predicted(row, inputs)
    rows = len(inputs[names[0]])
    for part in (slice(0, 1), slice(1, rows)):
        some = {name: v[part] if name in names else v for name, v in inputs.items()}
        for found, expected in zip(predicted(row, some), whole, strict=True):
            np.testing.assert_allclose(found, expected[part], rtol=1e-9, atol=1e-12)
