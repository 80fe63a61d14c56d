"""Every operator in a program of torch: traced, run, and compared with the executor."""

import logging

import numpy as np
import pytest
import torch
from drawn_rows import DRAWN, symbol_of
from fast_lane import sampled
from op_rows import ROWS
from op_testing import Row
from torch.fx.experimental.proxy_tensor import make_fx

import symnet as mx
from symnet.operators.contract import OPERATORS, find_operator
from symnet.pytorch import WITHOUT_PROGRAM

FIRST: dict[str, Row] = {}
for each in ROWS:
    FIRST.setdefault(find_operator(each.op).__name__, each)
TRACED = [row for name, row in FIRST.items() if name not in WITHOUT_PROGRAM]
LEFT_OUT = [row for name, row in FIRST.items() if name in WITHOUT_PROGRAM]


def traced(symbol, inputs, states):
    """What torch makes of a network without numbers, as `torch.export` does, only faster."""
    module = mx.to_module(symbol, None, states).eval().requires_grad_(False)
    names = [name for name, _ in module.named_buffers()]
    given = [inputs[name].torch for name in module.input_names]

    def call(buffers, *tensors):
        return torch.func.functional_call(module, dict(zip(names, buffers, strict=True)), tensors)

    held = [buffer for _, buffer in module.named_buffers()]
    with torch.no_grad():
        found = make_fx(call, tracing_mode="fake")(held, *given)(held, *given)
    return found if isinstance(found, tuple) else (found,)


@pytest.mark.parametrize("row", TRACED, ids=str)
def test_operators_are_traced(row: Row):
    arrays, states = row.arrays("float32"), row.state_arrays("float32")
    executor = mx.bind(row.symbol(), mx.cpu(), arrays, aux_states=states)
    expected = executor.forward()
    for found, right in zip(traced(row.symbol(), arrays, states), expected, strict=True):
        np.testing.assert_allclose(found, right.asnumpy(), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("row", LEFT_OUT, ids=str)
def test_what_is_left_out_cannot_be_traced(row: Row):
    """Else it would be left out for nothing."""
    logging.getLogger("torch").setLevel(logging.CRITICAL)
    with pytest.raises(Exception, match="data-dependent"):
        traced(row.symbol(), row.arrays("float32"), row.state_arrays("float32"))
    with pytest.raises(mx.ArgumentError, match=r"no program can hold 'node'.*depends on numbers"):
        mx.export_program("memory://never.pt2", row.symbol(), batch_axis=None, **row.shapes)


@pytest.mark.parametrize("row", sampled(DRAWN, key=lambda row: row.op), ids=str)
def test_draws_are_traced(row):
    numbers = {name: mx.array(each, dtype="float32") for name, each in row.inputs.items()}
    symbol = symbol_of(row)
    operator = symbol.graph.outputs[0].node.op
    if type(operator).__name__ in WITHOUT_PROGRAM:
        return
    symbol = mx.Group(symbol, mx.Variable("other") * 2)  # torch traces nothing without an input
    numbers["other"] = mx.ones(1)
    drawn, _ = traced(symbol, numbers, {})
    assert (
        drawn.shape
        == symbol.infer_shape(**{name: array.shape for name, array in numbers.items()})[1][0]
    )


def test_reasons_are_of_operators_that_there_are():
    assert set(WITHOUT_PROGRAM) <= {cls.__name__ for cls in OPERATORS.values()}
