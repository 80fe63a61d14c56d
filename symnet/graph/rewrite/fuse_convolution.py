"""In prediction, a convolution does what follows it in the same pass over memory.

The rules run in this order: every convolution over images gets packed filters; then takes over a
sum; then a function of single elements.
"""

from dataclasses import asdict, replace

from ...operators.definitions.activation import Activation
from ...operators.definitions.clip import clip
from ...operators.definitions.convolution import Convolution
from ...operators.definitions.elementwise import ElementWiseSum, _Plus
from ...operators.definitions.fused_convolution import (
    AddedConvolution,
    FusedConvolution,
    PackedFilters,
)
from ...operators.definitions.leaky import LeakyReLU
from ..node import Node, Value
from .pattern import Match, rewrite_rule

__all__ = ["add_after_convolution", "add_before_convolution", "bend_convolution", "pack_filters"]

Bending = Activation | LeakyReLU | clip
Sum = _Plus | ElementWiseSum


@rewrite_rule(lambda data, weight, layer: layer(data, weight), constant=("weight",))
def pack_filters(data: Value, weight: Value, layer: Match[Convolution]) -> Value | None:
    """Put the filters, which stay, into the order of memory that the kernel wants."""
    op = layer.op
    if len(op.kernel) != 2 or op.layout not in (None, "NCHW"):
        return None
    stride, pad, dilate = op.window
    packing = PackedFilters(
        kernel=op.kernel, stride=stride, pad=pad, dilate=dilate, num_group=op.num_group
    )
    packed = Value(Node(packing, f"{layer.node.name}_packed_weight", (weight, data)))
    fused = FusedConvolution.make(
        {**asdict(packing), "num_filter": op.num_filter, "no_bias": op.no_bias}
    )
    return layer(data, packed, *layer.node.inputs[2:], op=fused)


@rewrite_rule(
    lambda data, weight, addend, layer, total: total(layer(data, weight), addend), constant=()
)
def add_after_convolution(
    data: Value,
    weight: Value,
    addend: Value,
    layer: Match[FusedConvolution],
    total: Match[Sum],
) -> Value | None:
    """Add onto the addend what the convolution, which comes first in the sum, gives."""
    return _added(layer, total, data, weight, addend)


@rewrite_rule(
    lambda data, weight, addend, layer, total: total(addend, layer(data, weight)), constant=()
)
def add_before_convolution(
    data: Value,
    weight: Value,
    addend: Value,
    layer: Match[FusedConvolution],
    total: Match[Sum],
) -> Value | None:
    """Add onto the addend what the convolution, which comes second in the sum, gives."""
    return _added(layer, total, data, weight, addend)


def _added(
    layer: Match[FusedConvolution], total: Match[Sum], data: Value, weight: Value, addend: Value
) -> Value | None:
    if layer.op.after or len(total.node.inputs) != 2:
        return None
    shared = {n: v for n, v in asdict(layer.op).items() if n in AddedConvolution.params}
    adding = AddedConvolution.make(shared)
    inputs = (data, weight, *layer.node.inputs[2:], addend)
    return Value(Node(adding, total.node.name, inputs, layer.node.attributes))


@rewrite_rule(lambda data, weight, layer, bend: bend(layer(data, weight)), constant=())
def bend_convolution(
    data: Value,
    weight: Value,
    layer: Match[FusedConvolution | AddedConvolution],
    bend: Match[Bending],
) -> Value | None:
    """Apply the function to what the convolution is about to write."""
    if layer.op.after or (function := _function_of(bend.op)) is None:
        return None
    after, bounds = function
    inputs = (data, weight, *layer.node.inputs[2:])
    if isinstance(layer.op, FusedConvolution):
        return bend(*inputs, op=replace(layer.op, after=after, bounds=bounds))
    return bend(*inputs, op=replace(layer.op, after="relu")) if after == "relu" else None


def _function_of(op: Bending) -> tuple[str, tuple[float, ...]] | None:
    """Return the name that the kernel knows a function by, and its constants; None for none."""
    if isinstance(op, clip):
        return "hardtanh", (op.a_min, op.a_max)
    if isinstance(op, LeakyReLU):
        return ("leaky_relu", (op.slope,)) if op.act_type == "leaky" else None
    return (op.act_type, ()) if op.act_type in ("relu", "sigmoid", "tanh") else None
