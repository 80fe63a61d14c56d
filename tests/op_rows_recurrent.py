"""Rows of operator tests: recurrent layers over whole sequences."""

import itertools

import numpy as np
from op_testing import Row, given, normal

__all__ = ["ROWS", "recurrent", "shapes_of"]


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def lstm_step(x, h, states):
    """Gates are in, forget, candidate, out."""
    size = x.shape[1] // 4
    i, f, g, o = ((x + h)[:, size * n : size * (n + 1)] for n in range(4))
    c = sigmoid(f) * states + sigmoid(i) * np.tanh(g)
    return c, sigmoid(o)


def parts_of(parameters, shapes):
    """Cut a vector into arrays."""
    for shape in shapes:
        size = int(np.prod(shape))
        yield parameters[:size].reshape(shape)
        parameters = parameters[size:]
    assert parameters.size == 0


GATES = {"lstm": 4, "gru": 3, "rnn_tanh": 1, "rnn_relu": 1}


def weights_of(parameters, width, **how):
    """Return for each layer and direction: weights from x, from h, of the projection; biases."""
    size, layers = how["state_size"], how["num_layers"]
    ways = 2 if how.get("bidirectional") else 1
    out = how.get("projection_size") or size
    rows = GATES[how["mode"]] * size
    shapes = []
    for layer in range(layers):
        entering = out * ways if layer else width
        cell = [(rows, entering), (rows, out)]
        shapes += (cell + ([(out, size)] if out < size else [])) * ways
    found = list(parts_of(parameters, shapes + [(rows,)] * (2 * layers * ways)))
    each = 3 if out < size else 2
    weights, biases = found[: each * layers * ways], found[each * layers * ways :]
    return [
        (weights[each * n : each * (n + 1)], biases[2 * n : 2 * n + 2])
        for n in range(layers * ways)
    ]


def step(mode, x, weight, bias, h, c, bounds):
    """One step of one layer; return h and c."""
    a, b = x @ weight[0].T + bias[0], h @ weight[1].T + bias[1]
    if mode == "lstm":
        c, o = lstm_step(a, b, c)
        if bounds[0] is not None:
            c = np.clip(c, *bounds)
        h = o * np.tanh(c)
        return (h @ weight[2].T if len(weight) > 2 else h), c
    if mode == "gru":
        size = h.shape[1]
        r, z = (sigmoid((a + b)[:, size * n : size * (n + 1)]) for n in range(2))
        n = np.tanh(a[:, 2 * size :] + r * b[:, 2 * size :])
        return (1 - z) * n + z * h, c
    return (np.tanh(a + b) if mode == "rnn_tanh" else np.maximum(a + b, 0)), c


def one_way(mode, x, weights, h, c, lengths, bounds, order):
    """Run a layer over the steps in some order; sequences that ended keep their states."""
    output = np.zeros((*x.shape[:2], h.shape[1]))
    for t in order:
        new_h, new_c = step(mode, x[t], *weights, h, c, bounds)
        counts = (t < lengths)[:, None]
        output[t] = np.where(counts, new_h, 0)
        h, c = np.where(counts, new_h, h), np.where(counts, new_c, c)
    return output, h, c


def recurrent(data, parameters, state, *others, **how):
    """The layers step by step, in plain NumPy."""
    mode, others = how["mode"], list(others)
    cells = others.pop(0) if mode == "lstm" else state
    steps, batch = data.shape[:2]
    lengths = others[0] if others else np.full(batch, steps)
    bounds = how.get("lstm_state_clip_min"), how.get("lstm_state_clip_max")
    weights = weights_of(parameters, data.shape[2], **how)
    ways = 2 if how.get("bidirectional") else 1
    last = []
    for first in range(0, len(weights), ways):
        outputs = []
        for way, order in enumerate((range(steps), range(steps)[::-1])[:ways]):
            cell = first + way
            output, *states = one_way(
                mode, data, weights[cell], state[cell], cells[cell], lengths, bounds, order
            )
            outputs.append(output)
            last.append(states)
        data = np.concatenate(outputs, 2)
    if not how.get("state_outputs"):
        return data
    h, c = (np.array(each) for each in zip(*last, strict=True))
    return (data, h, c) if mode == "lstm" else (data, h)


STEPS, BATCH, WIDTH, SIZE = 4, 3, 2, 3


def shapes_of(*, mode, num_layers=1, bidirectional=False, projection_size=None, **_):
    """The shapes of all inputs, by name."""
    ways, out = 2 if bidirectional else 1, projection_size or SIZE
    rows, cells = GATES[mode] * SIZE, num_layers * ways
    entering = [WIDTH] + [out * ways] * (num_layers - 1)
    projected = out * SIZE if out < SIZE else 0
    count = sum(ways * (rows * (width + out + 2) + projected) for width in entering)
    shapes = {"data": (STEPS, BATCH, WIDTH), "parameters": (count,), "state": (cells, BATCH, out)}
    return shapes | ({"state_cell": (cells, BATCH, SIZE)} if mode == "lstm" else {})


def small(random, shape):
    """Weights under which the steps of ReLU do not grow: large terms that cancel lose digits."""
    return 0.3 * normal(random, shape)


def row(why="", lengths=(), **how):
    """A row for the layers of one kind."""
    shapes = shapes_of(**how)
    if lengths:
        shapes["sequence_length"] = (BATCH,)
        how["use_sequence_length"] = True
    width = shapes["state"][2] * (2 if how.get("bidirectional") else 1)
    return Row(
        "RNN",
        {"state_size": SIZE, "num_layers": 1, **how},
        shapes,
        (STEPS, BATCH, width),
        recurrent,
        why,
        draws={"sequence_length": given(*lengths)}
        | ({"parameters": small} if how["mode"] == "rnn_relu" else {}),
        random=bool(how.get("p")),
    )


KINDS = tuple(
    row(mode=mode, num_layers=layers, bidirectional=both)
    for mode, (layers, both) in itertools.product(GATES, ((1, False), (2, True)))
)
LENGTHS = tuple(row("lengths", (2, 4, 1), mode=mode, bidirectional=True) for mode in GATES)
BOUNDS = {"lstm_state_clip_min": -0.3, "lstm_state_clip_max": 0.2}
OPTIONS = (
    row("projected", mode="lstm", num_layers=2, projection_size=2),
    row("clipped", mode="lstm", **BOUNDS),
    row(
        "all at once",
        (1, 3, 4),
        mode="lstm",
        num_layers=2,
        bidirectional=True,
        projection_size=2,
        **BOUNDS,
    ),
    row("dropout", mode="gru", num_layers=2, p=0.5),
)

JOINED = (
    Row(
        "_rnn_param_concat",
        {"dim": 0},
        {"arg0": (4,), "arg1": (2,), "arg2": (3,)},
        (9,),
        lambda *args, dim: np.concatenate(args, dim),
        known=("arg0", "arg1", "arg2"),
    ),
    Row(
        "_rnn_param_concat",
        {"dim": -1},
        {"arg0": (2, 4), "arg1": (2, 1)},
        (2, 5),
        lambda *args, dim: np.concatenate(args, dim),
        known=("arg0", "arg1"),
    ),
)

ROWS = (*KINDS, *LENGTHS, *OPTIONS, *JOINED)
