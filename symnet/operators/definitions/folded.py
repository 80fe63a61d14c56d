"""What a batch normalisation leaves of itself in the weights of the layer before it.

In prediction it is one scale and one shift for each channel, and so may be done to the weights,
once, instead of to the images, each time. A pass makes these operators.
"""

import torch
from torch import Tensor

from ..contract import Input, Operator, Shape, Shapes, param

__all__ = ["FoldedBias", "FoldedWeight"]


class _Folded(Operator, registered=False):
    """What both share: the scale of each channel."""

    floats_only = True

    eps: float = param("Added to the variance.")
    fix_gamma: bool = param("Whether gamma counts as 1.")

    def _scale(self, gamma: Tensor, variance: Tensor) -> Tensor:
        """Return gamma / √(variance + eps)."""
        deviation = torch.rsqrt(variance + self.eps)
        return deviation if self.fix_gamma else deviation.mul_(gamma)


class FoldedWeight(_Folded, registered=False):
    """Weights that give at once what the normalisation makes of the layer's result.

    weight · gamma / √(variance + eps), output channel by output channel. These lie on axis 0 of the
    weight; on axis 1, group after group, where it is that of a transposed convolution.
    """

    weight = Input("Weights of the layer.")
    gamma = Input("Scale of each channel.")
    variance = Input("Variance of each channel.")
    transposed: bool = param("Whether the channels lie on axis 1.", default=False)
    groups: int = param("Groups of a transposed convolution.", default=1, min=1)

    def infer_shape(self, weight: Shape) -> Shapes:
        """The weight keeps its shape."""
        channels = (weight[1] * self.groups if self.transposed else weight[0],)
        return {"output": weight, "gamma": channels, "variance": channels}

    def forward(self, weight: Tensor, gamma: Tensor, variance: Tensor) -> Tensor:
        """Return the scaled weight."""
        scale = self._scale(gamma, variance)
        if not self.transposed:
            return weight * scale.view(-1, *[1] * (weight.ndim - 1))
        parts = weight.reshape(self.groups, -1, *weight.shape[1:])
        factors = scale.view(self.groups, 1, -1, *[1] * (weight.ndim - 2))
        return (parts * factors).reshape(weight.shape)


class FoldedBias(_Folded, registered=False):
    """Biases that give at once what the normalisation makes of the layer's result.

    beta + (bias − mean) · gamma / √(variance + eps).
    """

    gamma = Input("Scale of each channel.")
    beta = Input("Shift of each channel.")
    mean = Input("Mean of each channel.")
    variance = Input("Variance of each channel.")
    bias = Input("Bias of the layer.", when=lambda op: not op.no_bias)
    no_bias: bool = param("Whether the layer has no bias.", default=False)

    def infer_shape(self, beta: Shape) -> Shapes:
        """Everything has one number for each channel."""
        return dict.fromkeys(("output", *self.inputs), beta)

    def forward(
        self,
        gamma: Tensor,
        beta: Tensor,
        mean: Tensor,
        variance: Tensor,
        bias: Tensor | None = None,
    ) -> Tensor:
        """Return the scaled and shifted bias."""
        centre = mean.neg() if bias is None else bias - mean
        return torch.addcmul(beta, centre, self._scale(gamma, variance))
