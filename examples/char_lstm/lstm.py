"""A long short-term memory, unfolded over time by hand, as the documents' tutorial does.

Source: the documents, "Generating Random Sentence with LSTM RNN".
"""

from typing import NamedTuple

import symnet as mx

__all__ = ["LSTM", "LSTMParam", "LSTMState", "lstm_cell"]


class LSTMState(NamedTuple):
    """What a cell passes on to the next step."""

    c: mx.SymbolicNode
    h: mx.SymbolicNode


class LSTMParam(NamedTuple):
    """The weights of a cell, which are the same at every step."""

    i2h_weight: mx.SymbolicNode
    h2h_weight: mx.SymbolicNode
    i2h_bias: mx.SymbolicNode
    h2h_bias: mx.SymbolicNode


def lstm_cell(
    data: mx.SymbolicNode,
    previous: LSTMState,
    param: LSTMParam,
    *,
    num_hidden: int = 512,
    dropout: float = 0.0,
    name: str,
) -> LSTMState:
    """Return the state after one step.

    Args:
        data: the input x of this step.
        previous: the state before it.
        param: the weights.
        num_hidden: the size of c and h.
        dropout: the fraction of the input that is dropped in training.
        name: the stem of the nodes' names.
    """
    if dropout > 0:
        data = mx.Dropout(data, p=dropout)
    i2h = mx.FullyConnected(
        data=data,
        weight=param.i2h_weight,
        bias=param.i2h_bias,
        num_hidden=4 * num_hidden,
        name=f"{name}_i2h",
    )
    h2h = mx.FullyConnected(
        data=previous.h,
        weight=param.h2h_weight,
        bias=param.h2h_bias,
        num_hidden=4 * num_hidden,
        name=f"{name}_h2h",
    )
    gates = mx.SliceChannel(i2h + h2h, num_outputs=4, name=f"{name}_gates")

    in_gate = mx.Activation(gates[0], act_type="sigmoid")
    in_transform = mx.Activation(gates[1], act_type="tanh")
    forget_gate = mx.Activation(gates[2], act_type="sigmoid")
    out_gate = mx.Activation(gates[3], act_type="sigmoid")

    next_c = (forget_gate * previous.c) + (in_gate * in_transform)
    next_h = out_gate * mx.Activation(next_c, act_type="tanh")
    return LSTMState(next_c, next_h)


def LSTM(
    n_layer: int,
    seq_len: int,
    dim_hidden: int,
    dim_embed: int,
    n_class: int,
    *,
    dropout: float = 0.0,
    name: str,
    output_states: bool = False,
) -> mx.SymbolicNode:
    """Return a network that predicts the next class at each step of a sequence.

    Its inputs are ``{name}_data_{t}``, one-hot vectors of shape (batch, n_class), the labels
    ``{name}_label_{t}`` for t from 1, and the states before the first step,
    ``{name}_l{layer}_init_c`` and ``{name}_l{layer}_init_h``.

    Args:
        n_layer: how many cells are stacked.
        seq_len: how many steps are unfolded.
        dim_hidden: the size of c and h.
        dim_embed: the size of the vectors that stand for classes.
        n_class: how many classes there are.
        dropout: the fraction dropped between layers and before the prediction.
        name: the stem of all names.
        output_states: whether the states after the last step are outputs too, all c, then all h.
    """
    embed_weight = mx.Variable(f"{name}_embed_weight")
    pred_weight = mx.Variable(f"{name}_pred_weight")
    pred_bias = mx.Variable(f"{name}_pred_bias")
    layers = range(1, n_layer + 1)
    params = [
        LSTMParam(*(mx.Variable(f"{name}_l{i}_{field}") for field in LSTMParam._fields))
        for i in layers
    ]
    states = [
        LSTMState(mx.Variable(f"{name}_l{i}_init_c"), mx.Variable(f"{name}_l{i}_init_h"))
        for i in layers
    ]

    outputs = []
    for t in range(1, seq_len + 1):
        hidden = mx.FullyConnected(
            data=mx.Variable(f"{name}_data_{t}"),
            weight=embed_weight,
            num_hidden=dim_embed,
            no_bias=True,
            name=f"{name}_embed_{t}",
        )
        for layer, param in enumerate(params):
            states[layer] = lstm_cell(
                hidden,
                states[layer],
                param,
                num_hidden=dim_hidden,
                dropout=dropout if layer > 0 else 0.0,  # none on the data
                name=f"{name}_lstm_{t}",
            )
            hidden = states[layer].h
        if dropout > 0:
            hidden = mx.Dropout(hidden, p=dropout)
        pred = mx.FullyConnected(
            data=hidden,
            weight=pred_weight,
            bias=pred_bias,
            num_hidden=n_class,
            name=f"{name}_pred_{t}",
        )
        label = mx.Variable(f"{name}_label_{t}")
        outputs.append(mx.SoftmaxOutput(pred, label, name=f"{name}_softmax_{t}"))

    if output_states:
        # No gradient comes from what follows the last step.
        for field in LSTMState._fields:
            outputs += [
                mx.BlockGrad(getattr(state, field), name=f"{name}_l{i}_last_{field}")
                for i, state in zip(layers, states, strict=True)
            ]
    return mx.Group(*outputs)
