"""Every operator in a program of torch: traced, run, and compared with the executor."""

import logging

import numpy as np
import pytest
import torch
from drawn_rows import DRAWN, symbol_of
from fast_lane import sampled
from op_rows import ROWS
from op_testing import Row
from torch._dispatch.python import enable_python_dispatcher
from torch._subclasses import FakeTensorMode
from torch.fx.experimental.proxy_tensor import make_fx
from torch.fx.experimental.symbolic_shapes import (
    DimDynamic,
    ShapeEnv,
    StatelessSymbolicContext,
)

import symnet as mx
from symnet.operators.contract import OPERATORS, find_operator
from symnet.pytorch import WITHOUT_PROGRAM

NO_BATCH = {"squeeze"}
"""Operators whose rows drop their first axis."""
BATCH_AXES = {"RNN": 1, "SequenceReverse": 1}
MORE = 3
"""By how many samples a batch becomes longer."""


def longer(row: Row, name: str, axis: int) -> tuple[int, ...]:
    shape = list(row.shapes[name])
    shape[axis] += MORE
    return tuple(shape)


def batch_axes(row: Row) -> dict[str, int]:
    """The axes that grow with the batch, by input; none where the row has no batch."""
    op = find_operator(row.op).__name__
    axis, first = BATCH_AXES.get(op, 0), next(iter(row.shapes), None)
    if op in NO_BATCH or first is None or len(row.shapes[first]) < 2:
        return {}
    length, symbol = row.shapes[first][axis], row.symbol()
    known = row.known_shapes()
    alike = [n for n, s in known.items() if n == first or s[axis : axis + 1] == (length,)]
    for growing in ([first], alike):
        try:
            found, _, states = symbol.infer_shape(
                **{**known, **{name: longer(row, name, axis) for name in growing}}
            )
        except mx.MXError:
            continue
        shapes = dict(zip(symbol.list_arguments(), found or (), strict=bool(found)))
        axes = {name: axis for name, shape in shapes.items() if shape != row.shapes[name]}
        fits = all(len(row.shapes[name]) > axis for name in axes)
        if fits and all(shapes[name] == longer(row, name, axis) for name in axes):
            return axes if states == list(row.states.values()) else {}
    return {}


TRACED: dict[str, tuple[Row, dict[str, int]]] = {}
LEFT_OUT: dict[str, Row] = {}
for each in ROWS:
    operator = find_operator(each.op).__name__
    if operator in WITHOUT_PROGRAM:
        LEFT_OUT.setdefault(operator, each)
    elif not TRACED.get(operator, (each, {}))[1]:
        grows = batch_axes(each)
        if grows or operator not in TRACED:
            TRACED[operator] = each, grows


def with_symbols(tensors, axes):
    """Tensors without numbers, of which some lengths are symbols."""
    mode = FakeTensorMode(shape_env=ShapeEnv())
    for tensor, axis in zip(tensors, axes, strict=True):
        kinds = [DimDynamic.STATIC] * tensor.ndim
        if axis is not None:
            kinds[axis] = DimDynamic.DYNAMIC
        context = StatelessSymbolicContext(kinds)
        yield mode.from_tensor(tensor, symbolic_context=context)


def traced(symbol, inputs, states, axes=None):
    """A network without numbers as torch traces it, as `torch.export` does, only faster.

    Args:
        symbol: the network.
        inputs: its inputs.
        states: its states.
        axes: axes along which it is to work for other lengths, by input.

    Returns what computes the outputs, given the inputs.
    """
    module = mx.to_module(symbol, None, states).eval().requires_grad_(False)
    names = [name for name, _ in module.named_buffers()]
    held = [buffer for _, buffer in module.named_buffers()]
    given = [inputs[name].torch for name in module.input_names]
    examples = [*held, *given]
    if axes:
        places = [*[None] * len(held), *map(axes.get, module.input_names)]
        examples = list(with_symbols(examples, places))

    def call(*tensors):
        buffers = dict(zip(names, tensors, strict=False))
        return torch.func.functional_call(module, buffers, tensors[len(names) :])

    with torch.no_grad(), enable_python_dispatcher():
        program = make_fx(call, tracing_mode="fake")(*examples)

    def run(arrays):
        found = program(*held, *(arrays[name].torch for name in module.input_names))
        return found if isinstance(found, tuple) else (found,)

    return run


def lengthened(arrays, axes):
    """Arrays to which their first samples are appended."""
    return {
        name: mx.array(np.concatenate([array.asnumpy()] * (1 + MORE), axes[name]))
        if name in axes
        else array
        for name, array in arrays.items()
    }


@pytest.mark.parametrize(("row", "axes"), TRACED.values(), ids=TRACED)
def test_operators_are_traced(row: Row, axes):
    arrays, states = row.arrays("float32"), row.state_arrays("float32")
    more = lengthened(arrays, axes)  # of one sample torch would take it that there is always one
    run = traced(row.symbol(), more, states, axes)
    for given in (arrays, more) if axes else (arrays,):
        expected = mx.bind(row.symbol(), mx.cpu(), given, aux_states=states).forward()
        for found, right in zip(run(given), expected, strict=True):
            np.testing.assert_allclose(found, right.asnumpy(), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("row", LEFT_OUT.values(), ids=str)
def test_what_is_left_out_cannot_be_traced(row: Row):
    """Else it would be left out for nothing."""
    logging.getLogger("torch").setLevel(logging.CRITICAL)
    with pytest.raises(Exception, match=r"data-dependent|\.numpy\(\) is not supported"):
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
    drawn, _ = traced(symbol, numbers, {})(numbers)
    assert (
        drawn.shape
        == symbol.infer_shape(**{name: array.shape for name, array in numbers.items()})[1][0]
    )


def test_reasons_are_of_operators_that_there_are():
    assert set(WITHOUT_PROGRAM) <= {cls.__name__ for cls in OPERATORS.values()}
