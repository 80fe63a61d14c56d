"""In prediction, a batch normalisation vanishes in the weights of the layer before it."""

from dataclasses import replace

from ...operators.definitions.activation import Activation
from ...operators.definitions.batch_norm import AnyBatchNorm
from ...operators.definitions.convolution import Convolution
from ...operators.definitions.deconvolution import Deconvolution
from ...operators.definitions.folded import FoldedBias, FoldedWeight
from ...operators.definitions.linear import FullyConnected
from ..node import Node, Value
from .pattern import Match, rewrite_rule

__all__ = ["fold_batch_norm"]

AnyLayer = Convolution | Deconvolution | FullyConnected


@rewrite_rule(
    lambda data, weight, gamma, beta, mean, var, layer, norm: norm(
        layer(data, weight), gamma, beta, mean, var
    ),
    constant=("weight", "gamma", "beta", "mean", "var"),
)
def fold_batch_norm(
    data: Value,
    weight: Value,
    gamma: Value,
    beta: Value,
    mean: Value,
    var: Value,
    layer: Match[AnyLayer],
    norm: Match[AnyBatchNorm],
) -> Value | None:
    """Scale and shift the weights, which stay, instead of each image."""
    if not _same_channels(layer.op, norm.op):
        return None
    eps, fixed, biases = norm.op.eps, norm.op.fix_gamma, layer.node.inputs[2:]
    transposed = isinstance(layer.op, Deconvolution)
    groups = layer.op.num_group if isinstance(layer.op, Deconvolution) else 1
    scaling = FoldedWeight(eps=eps, fix_gamma=fixed, transposed=transposed, groups=groups)
    shifting = FoldedBias(eps=eps, fix_gamma=fixed, no_bias=not biases)
    name = layer.node.name
    scaled = Value(Node(scaling, f"{name}_folded_weight", (weight, gamma, var)))
    shifted = Value(Node(shifting, f"{name}_folded_bias", (gamma, beta, mean, var, *biases)))
    result = layer(data, scaled, shifted, op=replace(layer.op, no_bias=False))
    if norm.op.bends:
        return Value(Node(Activation(act_type="relu"), norm.node.name, (result,)))
    return result


def _same_channels(layer: AnyLayer, norm: AnyBatchNorm) -> bool:
    """Whether what is one channel to the normalisation has one output channel of weights."""
    if isinstance(layer, FullyConnected):
        return layer.flatten and norm.channel_axis(2) == 1
    is_last = (layer.layout or "NC").endswith("C") and layer.layout is not None
    ndim = len(layer.kernel) + 2
    if isinstance(layer, Deconvolution) and is_last:
        return False
    return norm.channel_axis(ndim) == (ndim - 1 if is_last else 1)
