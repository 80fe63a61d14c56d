"""Unrolled gated units and plain layers run as one operator, with the numbers of the steps."""

from itertools import permutations
from unittest.mock import patch

import pytest
import torch

import symnet as mx
from symnet.graph._verify import verify
from symnet.graph.rewrite import rewrite

STEPS, BATCH, WIDTH, HIDDEN = 4, 2, 5, 3
X = mx.Variable


def act(symbol, kind):
    return mx.Activation(symbol, act_type=kind)


def layer(data, weights, size, no_bias=False):
    bias = [] if no_bias else [weights["bias"]]
    return mx.FullyConnected(data, weights["weight"], *bias, num_hidden=size, no_bias=no_bias)


def gru_cell(
    x, h, i2h, h2h, order=(0, 1, 2), turned=False, no_bias=False, mixed=False, function=None
):
    """As GRUCell of Python-MXNet unrolls it."""
    given = mx.SliceChannel(layer(x, i2h, 3 * HIDDEN), num_outputs=3)
    kept = mx.SliceChannel(layer(h, h2h, 3 * HIDDEN, no_bias), num_outputs=3)
    (ir, iz, i), (hr, hz, k) = ([each[place] for place in order] for each in (given, kept))
    r, z = act(ir + hr, "sigmoid"), act(hz + iz if turned else iz + hz, "sigmoid")
    total = k * r + i if turned else i + r * k
    n = function(total) if function else act(total, "tanh")
    if mixed:
        return n + z * (h - n)
    return h * z + n * (1 - z) if turned else (1 - z) * n + z * h


def example_cell(x, h, i2h, h2h, order=(0, 1), mixed="difference", turned=False, **no_bias):
    """As example/rnn/gru.py of MXNet 0.7 unrolls it: h is reset before its product."""
    no_bias = no_bias.get("no_bias", False)
    to_n, from_h = i2h["new"], h2h["new"]
    sums = [layer(x, i2h, 2 * HIDDEN), layer(h, h2h, 2 * HIDDEN, no_bias)]
    gates = mx.SliceChannel(sums[turned] + sums[not turned], num_outputs=2)
    z, r = (act(gates[place], "sigmoid") for place in order)
    again = layer(r * h if turned else h * r, from_h, HIDDEN, no_bias)
    n = act(again + layer(x, to_n, HIDDEN) if turned else layer(x, to_n, HIDDEN) + again, "tanh")
    forms = {
        "difference": lambda: h + z * (n - h),
        "shares": lambda: z * n + (1 - z) * h,
        "kept": lambda: (1 - z) * n + h * z,
        "kept difference": lambda: (h - n) * z + n,
    }
    return forms[mixed]()


def plain_cell(x, h, i2h, h2h, kind="tanh", turned=False, no_bias=False):
    given, kept = layer(x, i2h, HIDDEN), layer(h, h2h, HIDDEN, no_bias)
    return act(kept + given if turned else given + kept, kind)


def weights(name):
    names = ("weight", "bias")
    own = {each: X(f"{name}_{each}") for each in names}
    return {**own, "new": {each: X(f"{name}_new_{each}") for each in names}}


def unrolled(cell, *, layers=1, between=lambda h: h, backwards=False, **how):
    """All h of the last layer."""
    hidden = [X(f"x{step}") for step in range(STEPS)]
    for number in range(layers):
        i2h, h2h, h = weights(f"i{number}"), weights(f"h{number}"), X(f"init{number}")
        found = []
        for data in hidden[::-1] if backwards else hidden:
            h = cell(data, h, i2h, h2h, **how)
            found.append(h)
        hidden = [between(h) for h in (found[::-1] if backwards else found)]
    return mx.Group(*hidden)


def shapes_of(symbol):
    known = {f"x{step}": (BATCH, WIDTH) for step in range(STEPS)}
    known |= {f"init{number}": (BATCH, HIDDEN) for number in range(2)}
    names = symbol.list_arguments()
    shapes = symbol.infer_shape(**{n: s for n, s in known.items() if n in names})[0]
    return dict(zip(names, shapes, strict=True))


def kinds(symbol):
    graph = verify(rewrite(symbol.graph, shapes_of(symbol), is_train=True))
    return [type(node.op).__name__ for node in graph.nodes if node.op is not None]


def executed(symbol, numbers, heads):
    """Outputs in training, gradients, and outputs in prediction."""
    arrays = {name: mx.array(tensor, dtype="float64") for name, tensor in numbers.items()}
    gradients = {name: mx.zeros(array.shape, dtype="float64") for name, array in arrays.items()}
    executor = mx.bind(symbol, mx.cpu(), arrays, args_grad=gradients)
    for _ in range(3):  # the third time what was recorded runs
        outputs = [output.torch.clone() for output in executor.forward(is_train=True)]
        executor.backward([mx.array(head, dtype="float64") for head in heads])
    found = [executor.grad_dict[name].torch for name in numbers]
    return outputs, found, [output.torch for output in executor.forward(is_train=False)]


def check(symbol):
    """Hold outputs and gradients against those of the network as it stands, without passes."""
    random = torch.Generator().manual_seed(1)

    def draw(shape):
        return torch.randn(shape, generator=random, dtype=torch.float64)

    numbers = {name: draw(shape) for name, shape in shapes_of(symbol).items()}
    heads = [draw(shape) for shape in symbol.infer_shape(**shapes_of(symbol))[1]]
    with patch("symnet.graph.rewrite.SHAPE_PASSES", ()):
        expected = executed(symbol, numbers, heads)
    for found, right in zip(executed(symbol, numbers, heads), expected, strict=True):
        for one, other in zip(found, right, strict=True):
            torch.testing.assert_close(one, other)


FORMS = [
    (gru_cell, {}, "GRUSteps"),
    (gru_cell, {"turned": True}, "GRUSteps"),
    (gru_cell, {"no_bias": True}, "GRUSteps"),
    (gru_cell, {"mixed": True}, "GRUSteps"),
    (gru_cell, {"function": mx.tanh}, "GRUSteps"),
    (example_cell, {}, "ResetGRUSteps"),
    (example_cell, {"turned": True, "order": (1, 0)}, "ResetGRUSteps"),
    (example_cell, {"mixed": "shares", "no_bias": True}, "ResetGRUSteps"),
    (example_cell, {"mixed": "kept"}, "ResetGRUSteps"),
    (example_cell, {"mixed": "kept difference", "turned": True}, "ResetGRUSteps"),
    (plain_cell, {}, "RNNSteps"),
    (plain_cell, {"kind": "relu", "turned": True}, "RNNSteps"),
    (plain_cell, {"no_bias": True}, "RNNSteps"),
]


@pytest.mark.parametrize(("cell", "how", "operator"), FORMS)
@pytest.mark.parametrize("layers", [1, 2])
def test_cells_run_as_one_operator(cell, how, operator, layers):
    symbol = unrolled(cell, layers=layers, backwards=layers == 2, **how)
    found = kinds(symbol)
    assert found.count(operator) == layers
    # What the input gives, of all steps at once; to the gates and to n where h is reset first.
    assert found.count("FullyConnected") == layers * (2 if operator == "ResetGRUSteps" else 1)
    assert "Activation" not in found
    check(symbol)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_gates_may_come_in_any_order(order):
    symbol = unrolled(gru_cell, order=order)
    assert kinds(symbol).count("GRUSteps") == 1
    check(symbol)


def test_dropout_between_layers_stays_one_node():
    symbol = unrolled(gru_cell, layers=2, between=lambda h: mx.Dropout(h, p=0.5))
    found = kinds(symbol)
    assert (found.count("GRUSteps"), found.count("Dropout")) == (2, 2)


def test_what_is_no_such_chain_stays():
    symbol = unrolled(lambda x, h, i, k: gru_cell(x, mx.sin(h), i, k))
    assert "GRUSteps" not in kinds(symbol)
    check(symbol)
    symbol = unrolled(lambda x, h, i, k: example_cell(x, mx.sin(h), i, k))
    assert "ResetGRUSteps" not in kinds(symbol)
    check(symbol)

    def fed(x, h, i, k):
        """The input waits for the step before."""
        return plain_cell(x + mx.FullyConnected(h, X("f"), num_hidden=WIDTH, no_bias=True), h, i, k)

    assert "RNNSteps" not in kinds(unrolled(fed))
    symbol = unrolled(lambda x, h, i, k: plain_cell(x, h, i, k, kind="softrelu"))
    assert "RNNSteps" not in kinds(symbol)


def test_gates_that_somebody_looks_at_stay():
    symbol = unrolled(plain_cell)
    inside = symbol.get_internals()
    total = next(name for name in inside.list_outputs() if "plus" in name)
    shown = mx.Group(symbol, inside[inside.list_outputs().index(total)])
    assert "FullyConnected" in kinds(shown)
    check(shown)


@pytest.mark.parametrize(("kind", "cell"), [("gru", gru_cell), ("rnn", plain_cell)])
def test_numbers_are_those_of_torch(kind, cell):
    symbol = unrolled(cell)
    numbers = {n: torch.randn(s) for n, s in shapes_of(symbol).items()}
    theirs = torch.nn.GRU(WIDTH, HIDDEN) if kind == "gru" else torch.nn.RNN(WIDTH, HIDDEN)
    for own, name in (("weight_ih_l0", "i0_weight"), ("weight_hh_l0", "h0_weight"),
                      ("bias_ih_l0", "i0_bias"), ("bias_hh_l0", "h0_bias")):  # fmt: skip
        getattr(theirs, own).data = numbers[name]
    data = torch.stack([numbers[f"x{step}"] for step in range(STEPS)])
    expected, _ = theirs(data, numbers["init0"][None])
    executor = mx.bind(symbol, mx.cpu(), {n: mx.array(v) for n, v in numbers.items()})
    for found, output in zip(executor.forward(is_train=False), expected, strict=True):
        torch.testing.assert_close(found.torch, output.detach(), rtol=1e-5, atol=1e-6)
