"""Activation functions and the softmax family."""

import math

import torch

from ...operators.definitions.activation import Activation
from ...operators.definitions.leaky import LeakyReLU, SoftmaxActivation
from ...operators.definitions.softmax import log_softmax, softmax, softmax_cross_entropy, softmin
from ...operators.definitions.special_functions import relu
from ..emitter import Emitter
from ..registry import converter
from ..terms import Term
from ._indices import whole
from .elements import log1p

__all__: list[str] = []

_ACTIVATIONS = {
    "relu": "Relu",
    "sigmoid": "Sigmoid",
    "softrelu": "Softplus",
    "softsign": "Softsign",
    "tanh": "Tanh",
}


@converter(Activation)
def activation(op: Activation, to: Emitter, data: Term) -> Term:
    """ONNX has them all; onnxruntime's Softplus overflows but for float32."""
    if op.act_type == "softrelu" and data.dtype != torch.float32:
        return to("Relu", data) + log1p(to, to("Exp", -to("Abs", data)))
    return to(_ACTIVATIONS[op.act_type], data)


@converter(relu)
def rectified(op: relu, to: Emitter, data: Term) -> Term:
    """Relu."""
    return to("Relu", data)


@converter(LeakyReLU)
def leaky_relu(op: LeakyReLU, to: Emitter, data: Term, gamma: Term | None = None) -> Term:
    """LeakyRelu, Elu, Selu, PRelu; rrelu is leaky with the middle slope in prediction."""
    if op.act_type == "prelu" and gamma is not None:
        lengths = gamma.lengths
        if lengths not in ((1,), data.lengths[:0]) and gamma.rank < data.rank:
            gamma = _lying(gamma, data)
        return to("PRelu", data, gamma)
    if op.act_type == "gelu":
        return data * (to("Erf", data * math.sqrt(0.5)) + 1) * 0.5
    if op.act_type == "selu":
        return to("Selu", data)
    if op.act_type == "elu":
        return to("Elu", data, alpha=op.slope)
    slope = op.slope if op.act_type == "leaky" else (op.lower_bound + op.upper_bound) / 2
    return to("LeakyRelu", data, alpha=slope)


def _lying(gamma: Term, data: Term) -> Term:
    """Return slopes along the channels, or along as many first axes as they have."""
    if gamma.rank == 1:
        return gamma.with_axes(*range(1, data.rank - 1)) if data.rank > 2 else gamma
    return gamma.with_axes(*range(gamma.rank, data.rank))


# -- softmax ---------------------------------------------------------------------------------------


@converter(SoftmaxActivation)
def softmax_activation(op: SoftmaxActivation, to: Emitter, data: Term) -> Term:
    """Softmax of the channels, or of all features of a sample."""
    if op.mode == "channel":
        return to("Softmax", data, axis=1)
    return to("Softmax", to("Flatten", data, axis=1), axis=1).reshaped(data.lengths)


def _scaled(data: Term, temperature: float | None, sign: float = 1.0) -> Term:
    factor = sign / (temperature or 1.0)
    return data if factor == 1 else data * factor


@converter(softmax)
def softmaxed(op: softmax, to: Emitter, data: Term, length: Term | None = None) -> Term:
    """Softmax; with lengths, what is after them is masked before and after."""
    exponents = _scaled(data, op.temperature)
    if length is None:
        return to("Softmax", exponents, axis=op.axis)
    axis = op.axis % data.rank
    along = [1] * data.rank
    along[axis] = data.length(axis)
    places = to.constant(torch.arange(data.length(axis)).view(along))
    rows = whole(length) if data.rank == 1 else whole(length).with_axes(axis)
    outside = places >= rows
    found = to("Softmax", to.where(outside, -math.inf, exponents), axis=axis)
    return to.where(outside, 0.0, found)


@converter(softmin)
def softminned(op: softmin, to: Emitter, data: Term) -> Term:
    """Softmax of the negated data."""
    return to("Softmax", _scaled(data, op.temperature, -1.0), axis=op.axis)


@converter(log_softmax)
def log_softmaxed(op: log_softmax, to: Emitter, data: Term) -> Term:
    """LogSoftmax."""
    return to("LogSoftmax", _scaled(data, op.temperature), axis=op.axis)


@converter(softmax_cross_entropy)
def cross_entropy(op: softmax_cross_entropy, to: Emitter, data: Term, label: Term) -> Term:
    """The sum of the logarithms of the chosen probabilities, each at least 1e-8."""
    classes = data.length(1)
    marks = to(
        "Equal", whole(label).with_axes(1), to.constant(torch.arange(classes).view(1, -1))
    ).cast(data.dtype)
    chosen = (to("Softmax", data, axis=1) * marks).reduced("ReduceSum", 1, keep=False)
    logarithms = to("Log", to("Max", chosen, 1e-8))
    return -logarithms.reduced("ReduceSum", 0)
