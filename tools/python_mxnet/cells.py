"""Unrolled recurrent cells with fixed weights, each as a recorded vector."""

from pathlib import Path
from typing import Any

import mxnet as mx
import numpy as np

from python_mxnet.storage import Arrays, Case, write_arrays

BATCH, STEPS, FEATURES, HIDDEN = 2, 3, 3, 4

Spec = list[Any]
"""A cell as JSON has it: its class, its arguments, and the specs of the cells inside."""


def simple(kind: str, hidden: int = HIDDEN, **arguments: Any) -> Spec:
    """Return the spec of a cell without cells inside."""
    return [kind, {"num_hidden": hidden, **arguments}, []]


def fused(mode: str, **arguments: Any) -> Spec:
    """Return the spec of a fused cell that also gives its states."""
    given = {"num_hidden": HIDDEN, "mode": mode, "get_next_state": True, **arguments}
    return ["FusedRNNCell", given, []]


LSTM = simple("LSTMCell")
DROPOUT: Spec = ["DropoutCell", {"dropout": 0.0}, []]
STACK = [simple("LSTMCell", prefix="first_"), DROPOUT, simple("GRUCell", prefix="second_")]
BOTH = [simple("LSTMCell", prefix="left_"), simple("LSTMCell", prefix="right_")]
MODES = ("lstm", "gru", "rnn_tanh", "rnn_relu")

CASES: dict[str, Spec] = {
    "rnn": simple("RNNCell"),
    "rnn-relu": simple("RNNCell", activation="relu"),
    "lstm": LSTM,
    "lstm-prefix": simple("LSTMCell", prefix="mine_", forget_bias=0.0),
    "gru": simple("GRUCell"),
    "stack": ["SequentialRNNCell", {}, STACK],
    "bidirectional": ["BidirectionalCell", {}, BOTH],
    "residual": ["ResidualCell", {}, [simple("GRUCell", FEATURES)]],
    "zoneout": ["ZoneoutCell", {"zoneout_outputs": 0.0, "zoneout_states": 0.0}, [LSTM]],
    **{f"fused-{mode}": fused(mode) for mode in MODES},
    "fused-layers": fused("lstm", num_layers=2),
    "fused-bidirectional": fused("gru", bidirectional=True),
}
"""Case → spec."""

LAYOUTS = {"lstm": "TNC", "fused-lstm": "TNC"}
"""Cases that are also recorded with the time on the first axis."""

UNFUSED = ("fused-lstm", "fused-gru", "fused-layers", "fused-bidirectional")
"""Fused cells that are also recorded as the cells they stand for, with the same weights."""


def record(folder: Path) -> None:
    """Write one file ``cell-NAME.npz`` for each case."""
    for name, spec in CASES.items():
        write_arrays(folder / f"cell-{name}.npz", *recorded(spec))
    for name, layout in LAYOUTS.items():
        found = recorded(CASES[name], layout)
        write_arrays(folder / f"cell-{name}-{layout.lower()}.npz", *found)
    for name in UNFUSED:
        write_arrays(folder / f"cell-{name}-unfused.npz", *recorded(CASES[name], unfused=True))


def built(spec: Spec) -> mx.rnn.BaseRNNCell:
    """Return the cell of a spec."""
    kind, arguments, parts = spec
    cells = [built(part) for part in parts]
    if kind != "SequentialRNNCell":
        return getattr(mx.rnn, kind)(*cells, **arguments)
    stack = mx.rnn.SequentialRNNCell(**arguments)
    for cell in cells:
        stack.add(cell)
    return stack


def recorded(spec: Spec, layout: str = "NTC", unfused: bool = False) -> tuple[Case, Arrays]:
    """Return facts and arrays of a cell that is unrolled over `STEPS` steps."""
    with mx.name.NameManager():
        cell = built(spec)
        cell = cell.unfuse() if unfused else cell
        data = mx.sym.Variable("data")
        outputs, states = cell.unroll(STEPS, data, layout=layout, merge_outputs=True)
    symbol = mx.sym.Group([outputs, *flat(states)])
    shape = (BATCH, STEPS, FEATURES) if layout == "NTC" else (STEPS, BATCH, FEATURES)
    shapes, _, _ = symbol.infer_shape(data=shape)
    named = dict(zip(symbol.list_arguments(), shapes, strict=True))
    given = weights(spec, named, unfused)
    meta: Case = {
        "cell": spec,
        "steps": STEPS,
        "layout": layout,
        "unfused": unfused,
        "rtol": 1e-4,
        "atol": 1e-5,
        "arguments": symbol.list_arguments(),
        "outputs": symbol.list_outputs(),
        "auxiliary": [],
        "data_shapes": {"data": shape},
        "unmerged": unmerged(spec, layout, unfused),
        "state_shapes": [list(info["shape"]) for info in cell.state_info],
    }
    json = {"json": np.frombuffer(symbol.tojson().encode(), np.uint8)}
    return meta, json | run(symbol, given) | unpacked(cell, given)


def weights(spec: Spec, shapes: dict[str, tuple[int, ...]], unfused: bool) -> Arrays:
    """Return values of all arguments; those of an unfused cell are those of its fused one."""
    random = np.random.RandomState(29)
    if not unfused:
        names = sorted(shapes)
        return {name: random.uniform(-1, 1, shapes[name]).astype(np.float32) for name in names}
    whole, stack = built(spec), built(spec).unfuse()
    outputs, states = whole.unroll(STEPS, mx.sym.Variable("data"), merge_outputs=True)
    symbol = mx.sym.Group([outputs, *flat(states)])
    found, _, _ = symbol.infer_shape(data=(BATCH, STEPS, FEATURES))
    given = weights(spec, dict(zip(symbol.list_arguments(), found, strict=True)), False)
    vector = {name: mx.nd.array(array) for name, array in given.items() if name != "data"}
    packed = stack.pack_weights(whole.unpack_weights(vector))
    return {"data": given["data"], **{name: array.asnumpy() for name, array in packed.items()}}


def unmerged(spec: Spec, layout: str, unfused: bool) -> list[str]:
    """Return the names of the outputs where each step's is an output of its own."""
    with mx.name.NameManager():
        cell = built(spec)
        cell = cell.unfuse() if unfused else cell
        data = mx.sym.Variable("data")
        outputs, _ = cell.unroll(STEPS, data, layout=layout, merge_outputs=False)
    return [name for output in outputs for name in output.list_outputs()]


def flat(states: Any) -> list[mx.sym.Symbol]:
    """Return states in one list; a bidirectional cell gives a list of lists."""
    if isinstance(states, mx.sym.Symbol):
        return [states]
    return [symbol for part in states for symbol in flat(part)]


def run(symbol: mx.sym.Symbol, given: Arrays) -> Arrays:
    """Return arguments, outputs, head gradients and gradients of a symbol."""
    bound = symbol.bind(
        mx.cpu(),
        {name: mx.nd.array(array) for name, array in given.items()},
        {name: mx.nd.zeros(array.shape) for name, array in given.items()},
    )
    found: Arrays = {f"arg:{name}": array for name, array in given.items()}
    for i, array in enumerate(bound.forward(is_train=False)):
        found[f"pred:{i}"] = array.asnumpy()
    random = np.random.RandomState(31)
    outputs = [array.asnumpy() for array in bound.forward(is_train=True)]
    heads = [random.uniform(-1, 1, array.shape).astype(np.float32) for array in outputs]
    bound.backward([mx.nd.array(head) for head in heads])
    found |= {f"out:{i}": array for i, array in enumerate(outputs)}
    found |= {f"head:{i}": array for i, array in enumerate(heads)}
    return found | {f"grad:{name}": bound.grad_dict[name].asnumpy() for name in given}


def unpacked(cell: mx.rnn.BaseRNNCell, given: Arrays) -> Arrays:
    """Return the weights as the cell takes them apart, under ``unpacked:NAME``."""
    packed = {name: mx.nd.array(array) for name, array in given.items() if name != "data"}
    parts = cell.unpack_weights(packed)
    return {f"unpacked:{name}": array.asnumpy() for name, array in sorted(parts.items())}
