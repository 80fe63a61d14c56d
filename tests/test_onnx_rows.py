"""Every row of `op_rows.ROWS` that has an ONNX form, run by onnxruntime against its reference."""

import re
from collections.abc import Mapping

import numpy as np
import pytest
from drawn_rows import COUNT, DRAWN, Drawn, symbol_of
from onnx_files import exported, run_onnx
from op_rows import ROWS
from op_testing import Row

import symnet as mx
from symnet.onnx import WITHOUT_FORM, converter_of
from symnet.operators.contract import OPERATORS, Operator, find_operator
from symnet.operators.definitions.reduce import Reduction
from symnet.operators.dispatch import operator_function
from symnet.operators.element_functions import ElementFunction

REFUSED = {
    "RNN": {
        "projected": "no projection",
        "clipped": "no bounds for c",
        "all at once": "no projection",
    },
}
"""Rows of operators with a form that have none themselves: what the error says, by `why`."""


def refusal(row: Row) -> str | None:
    return REFUSED.get(find_operator(row.op).__name__, {}).get(row.why)


WITH_FORM = [row for row in ROWS if converter_of(row.operator()) is not None]
RUNNING = [row for row in WITH_FORM if refusal(row) is None]


def assert_as_stated(row: Row, found: Mapping[str, np.ndarray], expected) -> None:
    assert len(found) == len(expected)
    for output, right in zip(found.values(), expected, strict=True):
        assert output.shape == right.shape
        assert output.dtype == (row.dtype or "float32")
        np.testing.assert_allclose(output, right, rtol=max(row.rtol, 1e-4), atol=1e-5)


@pytest.mark.parametrize("row", RUNNING, ids=str)
def test_value(row: Row):
    arrays, states = row.arrays("float32"), row.state_arrays("float32")
    shapes = {name: array.shape for name, array in arrays.items()}
    model = exported(row.symbol(), None, states, batch_axis=None, **shapes)
    inputs = {name: array.asnumpy() for name, array in arrays.items()}
    found = run_onnx(model, inputs)
    assert list(found) == row.symbol().list_outputs()
    rounded = [array.asnumpy().astype(float) for array in (*arrays.values(), *states.values())]
    assert_as_stated(row, found, row.expected(*rounded, is_train=False))


@pytest.mark.parametrize("row", [row for row in WITH_FORM if refusal(row)], ids=str)
def test_refusal(row: Row):
    with pytest.raises(mx.ArgumentError, match=f"{row.op} .*'node'.*{refusal(row)}"):
        exported(row.symbol(), batch_axis=None, **row.shapes)


# -- batches of another length ---------------------------------------------------------------------


def for_batches(row: Row, times: int) -> dict[str, tuple[int, ...]] | None:
    """The shapes of the inputs for so many times the batch; None where that does not work."""
    known = {name: (times * shape[0], *shape[1:]) for name, shape in row.known_shapes().items()}
    try:
        shapes, outputs, _ = row.symbol().infer_shape(**known)
    except mx.MXError:
        return None
    if [len(shape) for shape in outputs or []] != [len(shape) for shape in row.outputs()]:
        return None
    return dict(zip(row.shapes, shapes, strict=True))


def exported_for_batches(row: Row, fixed, states, axes, growing):
    """The model, None where the operator has to know the batch's length, which the error says."""
    try:
        return exported(row.symbol(), fixed, states, batch_axis=axes, **growing)
    except mx.ArgumentError as error:
        if re.search(r"batch_axis=None|follows the batch", str(error)) is None:
            raise
        return None


def has_other_batches(row: Row) -> bool:
    """Whether batches of another length do; not where an input that is not exported tells it."""
    if row.op == "slice_like":
        return False
    return bool(row.shapes and for_batches(row, 2) and for_batches(row, 3))


@pytest.mark.parametrize("row", [row for row in RUNNING if has_other_batches(row)], ids=str)
def test_another_batch(row: Row):
    """Inputs that grow with the batch are inputs, the others are parameters of the network."""
    shapes = for_batches(row, 2)
    growing = {name: row.shapes[name] for name in row.shapes if shapes[name] != row.shapes[name]}
    numbers = {name: row.inputs()[name].astype("float32") for name in row.shapes}
    again = row.inputs(1)
    for name in growing:
        axis = next(i for i, n in enumerate(shapes[name]) if n != row.shapes[name][i])
        both = [numbers[name], again[name].astype("float32")]
        numbers[name] = np.concatenate(both, axis)
    arrays = {name: mx.array(value) for name, value in numbers.items()}
    fixed = {name: array for name, array in arrays.items() if name not in growing}
    states = row.state_arrays("float32")
    axes = {
        name: next(i for i, n in enumerate(shapes[name]) if n != shape[i])
        for name, shape in growing.items()
    }
    model = exported_for_batches(row, fixed, states, axes, growing)
    if model is None:
        return
    executor = mx.bind(row.symbol(), mx.cpu(), arrays, aux_states=states)
    expected = [output.asnumpy() for output in executor.forward()]
    assert_as_stated(row, run_onnx(model, numbers), expected)


# -- whole numbers ---------------------------------------------------------------------------------


def takes_whole(row: Row, dtype: str) -> bool:
    try:
        row.apply({name: mx.ones(shape, dtype=dtype) for name, shape in row.shapes.items()})
    except (mx.MXError, RuntimeError):
        return False
    return True


ELEMENTWISE = {
    find_operator(row.op): row for row in RUNNING if isinstance(row.operator(), ElementFunction)
}
SUMS = {find_operator(row.op): row for row in RUNNING if isinstance(row.operator(), Reduction)}


@pytest.mark.parametrize("dtype", ["int32", "uint8"])
@pytest.mark.parametrize("row", [*ELEMENTWISE.values(), *SUMS.values()], ids=str)
def test_whole_numbers(row: Row, dtype):
    if not takes_whole(row, dtype):
        return
    numbers = {
        name: np.random.default_rng(2).integers(0 if dtype == "uint8" else -4, 5, shape)
        for name, shape in row.shapes.items()
    }
    arrays = {name: mx.array(each, dtype=dtype) for name, each in numbers.items()}
    model = exported(
        row.symbol(), batch_axis=None, dtypes=dict.fromkeys(arrays, dtype), **row.shapes
    )
    (expected,) = mx.bind(row.symbol(), mx.cpu(), arrays).forward()
    (found,) = run_onnx(model, {n: a.asnumpy() for n, a in arrays.items()}).values()
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected.asnumpy())


def test_fractions_make_floats_of_whole_numbers():
    symbol = operator_function(find_operator("_PlusScalar"))(
        mx.Variable("x"), scalar=1.5, is_int=False
    )
    model = exported(symbol, dtypes={"x": "int32"}, x=(3,))
    (found,) = run_onnx(model, {"x": np.array([1, 2, 3], "int32")}).values()
    assert found.dtype == "float64"
    np.testing.assert_array_equal(found, [2.5, 3.5, 4.5])


# -- operators without a form ----------------------------------------------------------------------


def own_operators() -> dict[str, type[Operator]]:
    found = {cls.__name__: cls for cls in OPERATORS.values()}
    return {name: cls for name, cls in found.items() if cls.__module__.startswith("symnet.")}


def test_every_operator_has_a_form_or_a_reason():
    forms = {n for n, cls in own_operators().items() if converter_of(cls.__new__(cls)) is not None}
    without = set(own_operators()) - forms
    assert without == set(WITHOUT_FORM)


def test_every_operator_with_a_form_has_a_row():
    """But for loops and branches, which are in `test_onnx_networks.py`."""
    rows = {find_operator(row.op) for row in (*RUNNING, *DRAWN_WITH_FORM)}
    forms = {cls for cls in own_operators().values() if converter_of(cls.__new__(cls)) is not None}
    assert {cls.__name__ for cls in forms - rows} == {"_cond", "_foreach", "_while_loop"}


# -- random numbers --------------------------------------------------------------------------------

DRAWN_WITH_FORM = [row for row in DRAWN if converter_of(symbol_of(row).graph.outputs[0].node.op)]


@pytest.mark.parametrize("row", DRAWN_WITH_FORM, ids=str)
def test_drawn_numbers_are_distributed_as_they_should_be(row: Drawn):
    """By their quartiles: onnxruntime's seed is not ours, and draws differ from run to run."""
    inputs = {name: np.array(each, "float32") for name, each in row.inputs.items()}
    shapes = {name: each.shape for name, each in inputs.items()}
    model = exported(symbol_of(row), batch_axis=None, **shapes)
    (found,) = run_onnx(model, inputs).values()
    assert found.dtype == row.dtype
    for numbers, law in zip(
        found.reshape(len(row.distributions), -1), row.distributions, strict=True
    ):
        assert len(numbers) == COUNT
        for share in (0.25, 0.5, 0.75):
            below = (numbers < law.ppf(share)).mean()
            assert abs(below - share) < 6 * np.sqrt(share * (1 - share) / COUNT)
