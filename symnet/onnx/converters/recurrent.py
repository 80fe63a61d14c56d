"""Recurrent layers over whole sequences."""

import math
from collections.abc import Sequence
from typing import Any

import torch

from ...operators.definitions.rnn import RNN, _rnn_param_concat
from ..emitter import Emitter
from ..registry import Refused, converter
from ..terms import Term

__all__: list[str] = []

_GATES = {
    "lstm": (0, 3, 1, 2),  # i f g o here, i o f g in ONNX
    "gru": (1, 0, 2),  # r z n here, z r n in ONNX
    "rnn_relu": (0,),
    "rnn_tanh": (0,),
}
"""For each gate of ONNX's which of ours it is."""

_LAYERS = {"lstm": "LSTM", "gru": "GRU", "rnn_relu": "RNN", "rnn_tanh": "RNN"}


@converter(_rnn_param_concat)
def param_concat(op: _rnn_param_concat, to: Emitter, args: list[Term]) -> Term:
    """Concat."""
    return to("Concat", *args, axis=op.dim % args[0].rank)


@converter(RNN)
def rnn(
    op: RNN,
    to: Emitter,
    data: Term,
    parameters: Term,
    state: Term,
    state_cell: Term | None = None,
    sequence_length: Term | None = None,
) -> tuple[Term, ...]:
    """One LSTM, GRU or RNN for each layer, with its share of the parameters."""
    if op.projection_size is not None:
        raise Refused("ONNX's LSTM has no projection of h")
    if op.lstm_state_clip_min is not None:
        raise Refused("ONNX's LSTM has no bounds for c")
    cells = _cells(op, to, parameters, data.length(2))
    lengths = None if sequence_length is None else sequence_length.cast(torch.int32)
    states = [state] if state_cell is None else [state, state_cell]
    entering = data
    last: list[list[Term]] = []
    for layer in range(op.num_layers):
        first = layer * op.directions
        begins = [each.part(0, first, first + op.directions) for each in states]
        own = [cell[first : first + op.directions] for cell in cells]
        weights = [to("Concat", *(each.with_axes(0) for each in kind), axis=0) for kind in own]
        found = _layer(op, to, entering, weights, lengths, begins)
        entering = _side_by_side(op, to, found[0], data)
        last.append(list(found[1:]))
    if not op.state_outputs:
        return (entering,)
    ends = (to("Concat", *each, axis=0) for each in zip(*last, strict=True))
    return (entering, *ends)


def _layer(
    op: RNN,
    to: Emitter,
    data: Term,
    weights: Sequence[Term],
    lengths: Term | None,
    begins: Sequence[Term],
) -> tuple[Term, ...]:
    """Return h at all steps, and the last states."""
    attributes: dict[str, Any] = {
        "hidden_size": op.state_size,
        "direction": "bidirectional" if op.bidirectional else "forward",
    }
    if op.mode == "gru":
        attributes["linear_before_reset"] = 1
    if op.mode == "rnn_relu":
        attributes["activations"] = ["Relu"] * op.directions
    inputs = (data, *weights, lengths, *begins)
    return to.several(_LAYERS[op.mode], 1 + len(begins), *inputs, **attributes)


def _side_by_side(op: RNN, to: Emitter, steps: Term, data: Term) -> Term:
    """Return h of both directions one behind the other, of (steps, directions, batch, size)."""
    if op.directions == 1:
        return steps.without_axes(1)
    order = to("Transpose", steps, perm=[0, 2, 1, 3])
    return order.reshaped((*data.lengths[:2], op.directions * op.state_size))


def _cells(op: RNN, to: Emitter, vector: Term, width: int) -> tuple[list[Term], ...]:
    """Return the weights from the input, those from h, and the biases, of each cell in order."""
    inputs, hidden, biases = [], [], []
    start = 0
    shapes = op.part_shapes(width)
    parts: list[Term] = []
    for shape in shapes:
        size = math.prod(shape)
        flat = vector.part(0, start, start + size)
        parts.append(_ordered(op, to, to("Reshape", flat, to.whole(*shape))))
        start += size
    cells = op.num_layers * op.directions
    for cell in range(cells):
        inputs.append(parts[2 * cell])
        hidden.append(parts[2 * cell + 1])
        both = parts[2 * cells + 2 * cell : 2 * cells + 2 * cell + 2]
        biases.append(to("Concat", *both, axis=0))
    return inputs, hidden, biases


def _ordered(op: RNN, to: Emitter, weights: Term) -> Term:
    """Return weights or biases with their gates in ONNX's order."""
    gates = _GATES[op.mode]
    size = op.state_size
    if len(gates) == 1:
        return weights
    parts = [weights.part(0, gate * size, (gate + 1) * size) for gate in gates]
    return to("Concat", *parts, axis=0)
