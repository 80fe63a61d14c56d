"""In prediction, a batch normalisation vanishes in the weights of the layer before it."""

from ...operators.contract import Operator
from ...operators.definitions.activation import Activation
from ...operators.definitions.folded import FoldedBias, FoldedWeight
from ...operators.meaning import Normalised
from ..node import Node, Value
from .pattern import Match, rewrite_rule

__all__ = ["fold_batch_norm"]


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
    layer: Match[Operator],
    norm: Match[Operator],
) -> Value | None:
    """Scale and shift the weights, which stay, instead of each image."""
    channels, scaled = layer.op.output_channels(), norm.op.meaning()
    if not channels or not isinstance(scaled, Normalised) or not channels.lie_on(scaled.axis):
        return None
    eps, fixed, biases = scaled.eps, scaled.fixed_gamma, layer.node.inputs[2:]
    transposed, groups = channels.groups is not None, channels.groups or 1
    scaling = FoldedWeight(eps=eps, fix_gamma=fixed, transposed=transposed, groups=groups)
    shifting = FoldedBias(eps=eps, fix_gamma=fixed, no_bias=not biases)
    name = layer.node.name
    folded = Value(Node(scaling, f"{name}_folded_weight", (weight, gamma, var)))
    shift = Value(Node(shifting, f"{name}_folded_bias", (gamma, beta, mean, var, *biases)))
    result = layer(data, folded, shift, op=channels.with_bias)
    if scaled.bends:
        return Value(Node(Activation(act_type="relu"), norm.node.name, (result,)))
    return result
