"""Cells of Python-MXNet, unrolled, run as kernels over the whole sequence, layer by layer."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

import symnet.mxnet as mx

KINDS = {"LSTM": mx.rnn.LSTMCell, "GRU": mx.rnn.GRUCell, "RNN": mx.rnn.RNNCell}
STEPS, UNITS = 9, 5


def stacked(*cells: Any) -> Any:
    whole = mx.rnn.SequentialRNNCell()
    for cell in cells:
        whole.add(cell)
    return whole


def both_ways(kind: Callable[..., Any], name: str) -> Any:
    left, right = (kind(UNITS, prefix=f"{side}{name}_") for side in "lr")
    return mx.rnn.BidirectionalCell(left, right)


MAKERS: dict[str, tuple[int, Callable[[Callable[..., Any]], Any]]] = {
    "one layer": (1, lambda kind: kind(UNITS, prefix="a_")),
    "dropout between": (
        2,
        lambda kind: stacked(
            kind(UNITS, prefix="a_"), mx.rnn.DropoutCell(0.3), kind(UNITS, prefix="b_")
        ),
    ),
    "both ways": (2, lambda kind: both_ways(kind, "0")),
    "both ways, twice": (4, lambda kind: stacked(both_ways(kind, "0"), both_ways(kind, "1"))),
    "residual": (1, lambda kind: mx.rnn.ResidualCell(kind(UNITS, prefix="a_"))),
}


def steps_of(cell: Any, layout: str) -> Counter[str]:
    """How many steps of each kind the training program has."""
    out, _ = cell.unroll(STEPS, mx.sym.Variable("data"), layout=layout, merge_outputs=True)
    net = mx.sym.MakeLoss(mx.sym.sum(out * out))
    shape = (4, STEPS, UNITS) if layout == "NTC" else (STEPS, 4, UNITS)
    lines = net.simple_bind(mx.cpu(), data=shape).debug_str().splitlines()
    forward = lines[: next(place for place, line in enumerate(lines) if "backward" in line)]
    # A step with several results has a line for each, all under its number.
    numbered = {tuple(line.split()[:2]) for line in forward if line.split()[:1][0].isdigit()}
    return Counter(kind for _, kind in numbered)


@pytest.mark.parametrize("layout", ["NTC", "TNC"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("maker", MAKERS)
def test_a_layer_is_one_step(maker: str, kind: str, layout: str) -> None:
    layers, make = MAKERS[maker]
    found = steps_of(make(KINDS[kind]), layout)
    assert found[f"{kind}Steps"] == layers
    assert found["Activation"] == 0
    assert found["FullyConnected"] == layers  # the products with the inputs of all steps


@pytest.mark.parametrize("options", [{"forget_bias": 2.0}, {"forget_bias": 0.0}], ids=str)
def test_an_lstm_with_a_constant_forget_bias_is_one_step(options: dict[str, float]) -> None:
    found = steps_of(mx.rnn.LSTMCell(UNITS, prefix="a_", **options), "NTC")
    assert found["LSTMSteps"] == 1


@pytest.mark.parametrize("mode", ["lstm", "gru", "rnn_tanh", "rnn_relu"])
def test_a_fused_cell_taken_apart_is_as_many_steps(mode: str) -> None:
    fused = mx.rnn.FusedRNNCell(UNITS, 2, mode, bidirectional=True, dropout=0.2, prefix="f_")
    found = steps_of(fused.unfuse(), "NTC")
    assert found[f"{mode.partition('_')[0].upper()}Steps"] == 4
