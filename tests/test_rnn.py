"""RNN beyond the rows: states as outputs, options that do not fit, dropout, and its tape."""

import numpy as np
import pytest
from op_rows_recurrent import SIZE, recurrent, shapes_of
from op_testing import close

import symnet as mx

MODES = ("lstm", "gru", "rnn_tanh", "rnn_relu")
BOTH = {"num_layers": 2, "bidirectional": True, "state_outputs": True}


def network(**how) -> mx.SymbolicNode:
    names = shapes_of(**how)
    given = {name: mx.Variable(name) for name in names}
    return mx.RNN(**given, state_size=SIZE, name="rnn", **how)


def numbers_for(**how) -> dict[str, np.ndarray]:
    random = np.random.default_rng(3)
    return {name: random.normal(size=shape) for name, shape in shapes_of(**how).items()}


def bound(symbol, numbers) -> mx.Executor:
    arrays = {name: mx.array(value, dtype="float64") for name, value in numbers.items()}
    gradients = {name: mx.zeros(a.shape, dtype="float64") for name, a in arrays.items()}
    return mx.bind(symbol, mx.cpu(), arrays, args_grad=gradients)


@pytest.mark.parametrize("mode", MODES)
def test_the_last_states_are_outputs(mode):
    numbers = numbers_for(mode=mode, **BOTH)
    symbol = network(mode=mode, **BOTH)
    cell = ["rnn_statecell_output"] if mode == "lstm" else []
    assert symbol.list_outputs() == ["rnn_output", "rnn_state_output", *cell]
    outputs = bound(symbol, numbers).forward(is_train=True)
    expected = recurrent(*numbers.values(), mode=mode, state_size=SIZE, **BOTH)
    for output, right in zip(outputs, expected, strict=True):
        close(output.asnumpy(), right)


@pytest.mark.parametrize("mode", MODES)
def test_gradients_flow_from_the_states(mode):
    """The last state of the way forward is a row of the output: its gradient is known."""
    how = {"mode": mode, "num_layers": 1}
    numbers = numbers_for(**how)
    alone = bound(network(**how), numbers)
    output = alone.forward(is_train=True)[0]
    head = np.random.default_rng(5).normal(size=output.shape)
    head[:-1] = 0
    alone.backward([mx.array(head, dtype="float64")])
    state = network(**how, state_outputs=True)
    through = bound(mx.Group(state[1]), numbers)
    through.forward(is_train=True)
    through.backward([mx.array(head[-1:], dtype="float64")])
    for name, gradient in alone.grad_dict.items():
        close(through.grad_dict[name].asnumpy(), gradient.asnumpy())


def test_the_way_back_can_be_gone_twice_and_again_after_new_numbers():
    how = {"mode": "lstm", **BOTH}
    executor = bound(network(**how), numbers_for(**how))
    for _ in range(4):  # the third run is a recorded one
        heads = [mx.ones(o.shape, dtype="float64") for o in executor.forward(is_train=True)]
        executor.backward(heads)
        first = {name: g.asnumpy() for name, g in executor.grad_dict.items()}
        executor.backward(heads)
        for name, gradient in executor.grad_dict.items():
            np.testing.assert_array_equal(gradient.asnumpy(), first[name])
        fresh = {name: array.asnumpy() for name, array in executor.arg_dict.items()}
        other = bound(network(**how), fresh)
        other.forward(is_train=True)
        other.backward(heads)
        for name, gradient in other.grad_dict.items():
            close(first[name], gradient.asnumpy())
        executor.arg_dict["parameters"][:] = fresh["parameters"] * 0.9


def test_dropout_between_layers_draws_in_training_only():
    how = {"mode": "rnn_relu", "num_layers": 2, "p": 0.5}
    numbers = numbers_for(**how)
    executor = bound(network(**how), numbers)
    whole = executor.forward(is_train=False)[0].asnumpy()
    close(whole, recurrent(*numbers.values(), mode="rnn_relu", num_layers=2, state_size=SIZE))
    draws = {executor.forward(is_train=True)[0].asnumpy().tobytes() for _ in range(5)}
    assert len(draws) == 5
    mx.srand(7)
    once = executor.forward(is_train=True)[0].asnumpy()
    mx.srand(7)
    np.testing.assert_array_equal(executor.forward(is_train=True)[0].asnumpy(), once)


@pytest.mark.parametrize("lengths", [(0, 1, 2), (1, 5, 2), (1, -1, 2)])
def test_lengths_outside_of_the_steps_are_refused(lengths):
    how = {"mode": "gru", "num_layers": 1}
    arrays = {name: mx.array(value) for name, value in numbers_for(**how).items()}
    with pytest.raises(mx.ArgumentError, match="between 1 and the number of steps, 4"):
        mx.RNN(
            **arrays,
            sequence_length=mx.array(lengths),
            state_size=SIZE,
            use_sequence_length=True,
            **how,
        )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mode": "gru", "projection_size": 2}, "projection_size is for lstm only"),
        ({"mode": "rnn_relu", "lstm_state_clip_max": 2.0}, "lstm_state_clip_max is for lstm only"),
        ({"mode": "lstm", "lstm_state_clip_min": 2.0}, "given together"),
        ({"lstm_state_clip_min": 2.0, "lstm_state_clip_max": 1.0}, "between 2.0 and 1.0"),
        (
            {
                "lstm_state_clip_min": 0.0,
                "lstm_state_clip_max": 1.0,
                "lstm_state_clip_nan": True,
            },
            "lstm_state_clip_nan=True is not supported",
        ),
        ({"mode": "lstm", "projection_size": 3}, "below state_size, 3"),
        ({"mode": "peephole"}, "mode must be"),
    ],
)
def test_options_that_do_not_fit_are_refused(options, message):
    with pytest.raises(mx.ParameterError, match=message):
        mx.RNN(mx.Variable("x"), **{"state_size": 3, "num_layers": 1, "mode": "lstm", **options})


def test_data_of_another_rank_is_refused():
    with pytest.raises(mx.ShapeError, match=r"data must be \(steps, batch, width\)"):
        mx.RNN(mx.Variable("x"), state_size=3, num_layers=1, mode="gru").infer_shape(x=(3, 4))


def test_multiply_adds_are_those_of_all_steps():
    op = network(mode="gru", num_layers=2, bidirectional=True).graph.outputs[0].node.op
    first, second = 9 * (2 + 3) * 2, 9 * (6 + 3) * 2
    assert op.multiply_adds({"data": (4, 5, 2)}) == 4 * 5 * (first + second)
