"""The checks that are made of every row of `op_rows.ROWS`."""

import inspect
import json
import re
from itertools import product

import numpy as np
import pytest
from drawn_rows import DRAWN, OTHERS
from fast_lane import sampled
from op_rows import ROWS
from op_testing import NODE, Row, function_of

import symnet as mx
from symnet.operators.contract import OPERATORS, Operator, find_operator

RUNS = 3
"""How often an executor runs: it finds out what to do in the first runs, and then repeats it."""
TOLERANCES = {"float64": 1e-9}
"""Relative tolerances; in float32 it is the row's."""

every_row = pytest.mark.parametrize("row", ROWS, ids=str)
every_mode = pytest.mark.parametrize(
    ("row", "is_train"),
    [
        pytest.param(row, mode, id=f"{row}" if mode else f"{row}-predicting")
        for row, mode in sampled(
            ((row, mode) for row in ROWS if row.shapes for mode in row.modes()),
            key=lambda way: type(way[0].operator()),
        )
    ],
)
every_operator = pytest.mark.parametrize(
    "cls",
    [cls for cls in dict.fromkeys(OPERATORS.values()) if not cls.free_parameters],
    ids=lambda cls: cls.__name__,
)


# -- from a row to executors -----------------------------------------------------------------------


def bound(row: Row, requests="null", *, start=0.0, dtype="float64") -> mx.Executor:
    """An executor over the row's inputs; gradient arrays begin with `start` everywhere."""
    gradients = {n: mx.full(shape, start, dtype=dtype) for n, shape in row.shapes.items()}
    return mx.bind(
        row.symbol(),
        mx.cpu(),
        row.arrays(dtype),
        args_grad=gradients,
        aux_states=row.state_arrays(dtype),
        grad_req=requests,
    )


def heads_of(row: Row) -> list[mx.NDArray]:
    random = np.random.default_rng(1)
    return [
        mx.array(random.normal(size=shape), dtype=row.dtype or "float64") for shape in row.outputs()
    ]


def take_inputs(row: Row, executor: mx.Executor, number: int) -> None:
    for name, numbers in row.inputs(number).items():
        executor.arg_dict[name][:] = numbers


def run_backward(row: Row, executor: mx.Executor, *, is_train: bool = True) -> None:
    """Go forward and back, from the first states; a loss needs no head gradient."""
    executor.copy_params_from({}, row.state_arrays())
    executor.forward(is_train=is_train)
    executor.backward(*([] if row.own_gradient else [heads_of(row)]))


def expected_gradients(row: Row, *, is_train: bool = True) -> dict[str, np.ndarray]:
    """The first gradient as the row states it, or central differences of Σ output · head."""
    numbers = [*row.inputs().values(), *row.first_states().values()]
    first = next(iter(row.shapes))
    if row.own_gradient:
        return {first: row.own_gradient(*numbers, **row.params)}
    if row.flows_back:
        heads = [head.asnumpy() for head in heads_of(row)]
        moved = row.next_states(*numbers, **row.params) if row.next_states and is_train else ()
        numbers[len(row.shapes) :] = moved or numbers[len(row.shapes) :]
        return {first: row.flows_back(*heads, *numbers, **row.params)}
    executor, above = bound(row), [head.torch for head in heads_of(row)]

    def objective() -> float:
        outputs = executor.forward(is_train=is_train)
        return sum(float((o.torch * head).sum()) for o, head in zip(outputs, above, strict=True))

    return {
        name: central_differences(objective, executor.arg_dict[name])
        for name in row.differentiable()
    }


def central_differences(objective, array: mx.NDArray, step=1e-5) -> np.ndarray:
    numbers = array.torch.view(-1)
    gradient = np.zeros(array.shape)
    for place, number in enumerate(numbers.tolist()):
        numbers[place] = number + step
        above = objective()
        numbers[place] = number - step
        gradient.flat[place] = (above - objective()) / (2 * step)
        numbers[place] = number
    return gradient


def assert_gradients(executor: mx.Executor, expected, offset=0.0) -> None:
    for name, gradient in expected.items():
        found = executor.grad_dict[name].asnumpy()
        np.testing.assert_allclose(found, gradient + offset, rtol=1e-6, atol=1e-7, err_msg=name)


# -- there is a row --------------------------------------------------------------------------------


def test_every_operator_has_a_row():
    tested = {find_operator(row.op) for row in (*ROWS, *DRAWN)}
    tested |= {find_operator(name) for name in OTHERS}
    own = {cls for cls in OPERATORS.values() if not cls.foreign}
    missing = sorted(cls.__name__ for cls in own - tested)
    assert not missing, f"add rows to tests/op_rows.py for {missing}"


# -- values and shapes -----------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@every_row
def test_value(row: Row, dtype):
    executor = bound(row, dtype=dtype)
    rtol = TOLERANCES.get(dtype, row.rtol)
    modes = (False,) if row.random else (False, True)
    for is_train, number in product(modes, range(RUNS)):
        take_inputs(row, executor, number)
        outputs = executor.forward(is_train=is_train)
        arrays = [*executor.arg_arrays, *executor.aux_arrays]
        rounded = [array.asnumpy().astype(float) for array in arrays]
        expected = row.expected(*rounded, is_train=is_train)
        assert len(outputs) == len(expected) == row.count
        for output, right, shape in zip(outputs, expected, row.outputs(), strict=True):
            assert output.dtype == (row.dtype or dtype)
            assert output.shape == shape == right.shape
            np.testing.assert_allclose(output.asnumpy(), right, rtol=rtol, atol=1e-6)
            output[:] = 77


@every_row
def test_shapes_follow_from_what_is_known(row: Row):
    symbol = row.symbol()
    arguments, outputs, states = symbol.infer_shape(**row.known_shapes())
    assert dict(zip(symbol.list_arguments(), arguments, strict=True)) == row.shapes
    assert (outputs, states) == (row.outputs(), list(row.states.values()))
    if row.shapes:
        assert symbol.infer_shape() == (None, None, None)


@every_row
def test_a_wrong_shape_is_explained(row: Row):
    symbol = row.symbol()
    for name in row.shapes.keys() - row.known_shapes().keys():
        wrong = (*row.shapes[name], 7)
        with pytest.raises(mx.ShapeError) as caught:
            symbol.infer_shape(**row.known_shapes(), **{name: wrong})
        for part in (repr(NODE), repr(name), str(wrong), str(row.shapes[name]), "(given)"):
            assert part in str(caught.value)


# -- gradients -------------------------------------------------------------------------------------


@every_mode
def test_gradients(row: Row, is_train):
    executor = bound(row, "write", start=np.nan)
    for number in reversed(range(RUNS)):
        take_inputs(row, executor, number)
        run_backward(row, executor, is_train=is_train)
    assert_gradients(executor, expected_gradients(row, is_train=is_train))


@every_mode
def test_gradients_add_up(row: Row, is_train):
    once = bound(row, "write")
    run_backward(row, once, is_train=is_train)
    executor = bound(row, "add", start=3.0)
    for _ in range(RUNS):
        run_backward(row, executor, is_train=is_train)
    summed = {name: RUNS * once.grad_dict[name].asnumpy() for name in row.differentiable()}
    assert_gradients(executor, summed, offset=3.0)


@every_mode
def test_a_gradient_that_is_not_wanted_costs_nothing(row: Row, is_train):
    names = row.differentiable()
    all_wanted = bound(row, "write")
    run_backward(row, all_wanted, is_train=is_train)
    for unwanted in names:
        requests = {name: "write" for name in names if name != unwanted}
        executor = mx.bind(
            row.symbol(),
            mx.cpu(),
            row.arrays(),
            args_grad={n: mx.full(s, np.nan, dtype="float64") for n, s in row.shapes.items()},
            aux_states=row.state_arrays(),
            grad_req=requests,
        )
        run_backward(row, executor, is_train=is_train)
        assert executor.grad_dict.keys() == requests.keys()
        assert_gradients(executor, {n: all_wanted.grad_dict[n].asnumpy() for n in requests})
        plan = executor.plan()
        for longer in (n for n in names if n != unwanted and unwanted in n):  # state, state_cell
            plan = plan.replace(longer, "")
        assert not re.search(rf"{NODE}_(\w+_)?{unwanted}(_\w+)?_gradient", plan)


def identity(symbol: mx.SymbolicNode, shape) -> mx.SymbolicNode:
    """The same numbers out of a node of its own; images come in the memory order of images."""
    images = len(shape) == 4
    return mx.Pooling(symbol, kernel=(1, 1), pool_type="sum") if images else symbol * 1.0


@every_mode
def test_nothing_changes_inside_a_network(row: Row, is_train):
    """There values have other memory than what is bound: shared, overwritten, ordered otherwise."""
    alone = bound(row, "write")
    run_backward(row, alone, is_train=is_train)
    names = row.differentiable()
    inputs = {name: mx.Variable(name) for name in row.shapes}
    inputs |= {name: identity(inputs[name], row.shapes[name]) for name in names}
    inner = row.apply(inputs, name=NODE)
    outputs = [inner[place] for place in range(row.count)]
    if not row.dtype:
        outputs = [identity(*output) for output in zip(outputs, row.outputs(), strict=True)]
    symbol = mx.Group(*outputs)
    gradients = {name: mx.zeros(row.shapes[name], dtype="float64") for name in names}
    states = row.state_arrays()
    inside = mx.bind(symbol, mx.cpu(), row.arrays(), args_grad=gradients, aux_states=states)
    for number in reversed(range(RUNS)):
        take_inputs(row, inside, number)
        inside.copy_params_from({}, row.state_arrays())
        inside.forward(is_train=is_train)
        inside.backward(heads_of(row))
    for found, expected in zip(inside.outputs, alone.outputs, strict=True):
        np.testing.assert_allclose(found.asnumpy(), expected.asnumpy(), rtol=1e-9)
    assert_gradients(inside, {name: alone.grad_dict[name].asnumpy() for name in names})


ASKING = [row for row in ROWS if not row.own_gradient]
NOT_ASKING = [row for row in ROWS if row.own_gradient and row.shapes]
LOSSES_THAT_ASK = ("CTCLoss", "softmax_cross_entropy")
"""They have labels, but a gradient flows back through them: see `test_norms.py`."""
CLOSED = [
    row
    for row in ROWS
    if set(row.differentiable()) < set(row.shapes) and row.op not in LOSSES_THAT_ASK
]


@pytest.mark.parametrize("row", ASKING, ids=str)
def test_a_head_gradient_is_asked_for(row: Row):
    executor = bound(row, "write")
    executor.forward(is_train=True)
    first = row.names[0] if row.names else "output0?"
    with pytest.raises(mx.ArgumentError, match=rf"'{NODE}_{first}', which is not a loss"):
        executor.backward()


@pytest.mark.parametrize("row", NOT_ASKING, ids=str)
def test_what_flows_from_above_is_not_heeded(row: Row):
    symbol = (row.symbol()[0] if row.count > 1 else row.symbol()) * 100.0
    first, shape = next(iter(row.shapes.items()))
    gradient = {first: mx.zeros(shape, dtype="float64")}
    executor = mx.bind(symbol, mx.cpu(), row.arrays(), args_grad=gradient)
    executor.forward(is_train=True)
    executor.backward(mx.full(row.outputs()[0], 7.0, dtype="float64"))
    assert_gradients(executor, expected_gradients(row))


@pytest.mark.parametrize("row", CLOSED, ids=str)
def test_the_gradient_where_none_flows(row: Row):
    """That of a loss's label is left alone, that of indices and of what is barred is zero."""
    executor = bound(row, "write", start=5.0)
    run_backward(row, executor)
    for name in row.shapes.keys() - set(row.differentiable()):
        left = 5.0 if name == "label" and row.differentiable() else 0.0
        assert set(executor.grad_dict[name].asnumpy().flat) == {left}


# -- states ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", [row for row in ROWS if row.states], ids=str)
def test_states_move_once_for_each_way_back_in_training(row: Row):
    executor = bound(row, "write")
    inputs, states = row.inputs().values(), list(row.first_states().values())

    def assert_states() -> None:
        for array, expected in zip(executor.aux_arrays, states, strict=True):
            np.testing.assert_allclose(array.asnumpy(), expected, rtol=1e-9)

    for is_train in (False, True, True, False):
        executor.forward(is_train=is_train)
        assert_states()
        for _ in range(RUNS):
            executor.backward(heads_of(row))
            if is_train and row.next_states:
                states = list(row.next_states(*inputs, *states, **row.params))
            assert_states()


# -- text ------------------------------------------------------------------------------------------


@every_row
def test_json_says_it_all(row: Row):
    symbol, op = row.symbol(), row.operator()
    text = symbol.to_json()
    again = mx.from_json(text)
    assert again.to_json() == text
    assert again.graph.outputs[0].node.op == op
    assert again.list_arguments() == symbol.list_arguments() == list(row.shapes)
    states = [f"{NODE}_{name}" for name in row.states]
    assert again.list_auxiliary_states() == symbol.list_auxiliary_states() == states
    numbers = range(row.count) if row.count > 1 else [""]
    outputs = [f"{NODE}_{name}" for name in row.names or [f"output{n}" for n in numbers]]
    assert again.list_outputs() == symbol.list_outputs() == outputs
    assert json.loads(text)["attrs"] == {"mxnet_version": ["int", 10901]}
    for alias in op.aliases:
        renamed = text.replace(f'"op": "{op.name_in_files()}"', f'"op": "{alias}"')
        assert (renamed != text) == (alias != op.name_in_files())
        assert mx.from_json(renamed).graph.outputs[0].node.op == op


@every_row
def test_parameters_survive_as_text(row: Row):
    op = row.operator()
    texts = {name: kind.write(getattr(op, name)) for name, kind in op.kinds.items()}
    assert type(op).make(texts) == op
    assert type(op).from_text(op.to_text(), mxnet_defaults=True) == op


# -- arrays ----------------------------------------------------------------------------------------


def several(arrays) -> tuple[mx.NDArray, ...]:
    return arrays if isinstance(arrays, tuple) else (arrays,)


@pytest.mark.parametrize("row", [r for r in ROWS if r.shapes and not r.states], ids=str)
def test_arrays_give_what_symbols_give(row: Row):
    arrays = row.arrays()
    found = several(row.apply(arrays))
    dtype = row.dtype or "float64"
    places = tuple(mx.full(shape, 77, dtype=dtype) for shape in row.outputs())
    out = places if row.count > 1 else places[0]
    assert row.apply(arrays, out=out) is out
    for one, expected, place in zip(found, bound(row).forward(), places, strict=True):
        assert (one.shape, one.dtype) == (expected.shape, expected.dtype)
        np.testing.assert_allclose(one.asnumpy(), expected.asnumpy(), rtol=1e-12)
        np.testing.assert_array_equal(place.asnumpy(), one.asnumpy())
    for name, numbers in row.inputs().items():
        np.testing.assert_array_equal(arrays[name].asnumpy(), numbers, err_msg=name)


# -- what a function says of itself ----------------------------------------------------------------


@every_operator
def test_help_is_complete(cls: type[Operator]):
    text = inspect.getdoc(function_of(cls.__name__))
    assert text.splitlines()[0].strip()
    for name, declared in cls.inputs.items():
        assert f"    {name}: {declared.doc}" in text
    for name, about in cls.params.items():
        line = re.search(rf"^    {name}: (.*)$", text, re.MULTILINE).group(1)
        assert line.startswith(about.doc)
        expected = [cls.kinds[name].name]
        expected += [f">= {about.min:g}"] if about.min is not None else []
        expected += [f"<= {about.max:g}"] if about.max is not None else []
        expected += ["required"] if name in cls.required() else ["default "]
        assert all(part in line for part in expected), line


@every_operator
def test_signature_is_complete(cls: type[Operator]):
    parameters = inspect.signature(function_of(cls.__name__)).parameters
    assert list(parameters) == [*cls.inputs, *cls.params, "name", "attrs", "out"]
    required = {n for n in cls.params if parameters[n].default is inspect.Parameter.empty}
    assert required == set(cls.required())
    assert all(parameters[n].kind is inspect.Parameter.KEYWORD_ONLY for n in cls.params)
