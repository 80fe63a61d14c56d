"""In prediction, a convolution does what follows it in the same pass over memory.

The rules run in this order: every convolution over images gets packed filters; then takes over a
sum; then a function of single elements.
"""

from collections.abc import Mapping
from dataclasses import asdict, replace

from ...operators.contract import Operator
from ...operators.definitions.fused_convolution import (
    AddedConvolution,
    FusedConvolution,
    PackedFilters,
)
from ...operators.meaning import Between, Filtered, Leaky, Meaning, OfElements
from ..node import Node, Value
from .pattern import Match, rewrite_rule

__all__ = ["add_after_convolution", "add_before_convolution", "bend_convolution", "pack_filters"]

_FUNCTIONS: Mapping[Meaning | None, str] = {
    OfElements.RELU: "relu",
    OfElements.SIGMOID: "sigmoid",
    OfElements.TANH: "tanh",
}
"""What functions without constants are called by the kernel."""


@rewrite_rule(lambda data, weight, layer: layer(data, weight), constant=("weight",))
def pack_filters(data: Value, weight: Value, layer: Match[Operator]) -> Value | None:
    """Put the filters, which stay, into the order of memory that the kernel wants."""
    meant = layer.op.meaning()
    if not isinstance(meant, Filtered) or len(meant.kernel) != 2:
        return None
    packing = PackedFilters(
        kernel=meant.kernel,
        stride=meant.stride,
        pad=meant.pad,
        dilate=meant.dilate,
        num_group=meant.groups,
    )
    packed = Value(Node(packing, f"{layer.node.name}_packed_weight", (weight, data)))
    bias = layer.node.inputs[2:]
    fused = FusedConvolution.make(
        {**asdict(packing), "num_filter": meant.count, "no_bias": not bias}
    )
    return layer(data, packed, *bias, op=fused)


@rewrite_rule(
    lambda data, weight, addend, layer, total: total(layer(data, weight), addend), constant=()
)
def add_after_convolution(
    data: Value,
    weight: Value,
    addend: Value,
    layer: Match[FusedConvolution],
    total: Match[Operator],
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
    total: Match[Operator],
) -> Value | None:
    """Add onto the addend what the convolution, which comes second in the sum, gives."""
    return _added(layer, total, data, weight, addend)


def _added(
    layer: Match[FusedConvolution],
    total: Match[Operator],
    data: Value,
    weight: Value,
    addend: Value,
) -> Value | None:
    is_sum = total.op.meaning() is OfElements.SUM and len(total.node.inputs) == 2
    if layer.op.after or not is_sum:
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
    bend: Match[Operator],
) -> Value | None:
    """Apply the function to what the convolution is about to write."""
    if layer.op.after or (function := _function_of(bend.op.meaning())) is None:
        return None
    after, bounds = function
    inputs = (data, weight, *layer.node.inputs[2:])
    if isinstance(layer.op, FusedConvolution):
        return bend(*inputs, op=replace(layer.op, after=after, bounds=bounds))
    return bend(*inputs, op=replace(layer.op, after="relu")) if after == "relu" else None


def _function_of(meant: Meaning | None) -> tuple[str, tuple[float, ...]] | None:
    """Return the name that the kernel knows a function by, and its constants; None for none."""
    if isinstance(meant, Between):
        return "hardtanh", (meant.low, meant.high)
    if isinstance(meant, Leaky):
        return "leaky_relu", (meant.slope,)
    return (_FUNCTIONS[meant], ()) if meant in _FUNCTIONS else None
