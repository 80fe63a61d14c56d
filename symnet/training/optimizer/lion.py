"""Lion: steps of one length, in the direction of the sign of a mean of gradients."""

from typing import ClassVar

import torch
from torch import Tensor

from ...core.parameters import param
from ._elementwise import ElementwiseOptimizer, UpdateRule

__all__ = ["Lion"]


class Lion(ElementwiseOptimizer):
    """Steps by the sign of a mean of gradients: every element moves by the learning rate.

    With g the mean gradient, clipped, and m the mean of gradients, which starts at 0, an update is
    ``w -= lr * (sign(beta1 * m + (1 - beta1) * g) + weight_decay * w)``, and after it
    ``m = beta2 * m + (1 - beta2) * g``. The weight decay is decoupled: it is no part of g, so it
    neither turns the sign nor is remembered. Begin with a learning rate three to ten times smaller
    than that of `ADAM`, and a weight decay as many times larger.

    Source: Chen et al., Symbolic Discovery of Optimization Algorithms, arXiv:2302.06675, program 1.

    >>> from symnet.ndarray import NDArray
    >>> from symnet.training.optimizer import OptimizationState, get_updater
    >>> optimizer = Lion(lr=0.1, weight_decay=0.5)
    >>> optimizer.state = OptimizationState(batch_size=10)
    >>> update, weight = get_updater(optimizer), NDArray([1, 2])
    >>> update(0, NDArray([10, -20]), weight)
    >>> print(weight.asnumpy().round(4))
    [0.85 2.  ]
    """

    lr: float = 0.0001
    beta1: float = param("Weight of the mean in the sign", default=0.9, above=0, below=1)
    beta2: float = param("Decay of the mean of gradients", default=0.99, above=0, below=1)
    weight_decay: float = param(
        "Part of the weight that an update takes off, times the learning rate",
        default=0.00001,
        min=0,
    )

    _remembered: ClassVar = {"mean": 1}
    _scratch = 1
    _decays = True

    def _rule(self, rate: float, batch: int, numbers: dict[str, float]) -> UpdateRule:
        beta1, beta2, kept = self.beta1, self.beta2, 1 - rate * self.weight_decay

        def rule(weight: Tensor, gradient: Tensor, mean: Tensor, scratch: Tensor) -> None:
            torch.mul(mean, beta1, out=scratch).add_(gradient, alpha=1 - beta1).sign_()
            weight.mul_(kept).sub_(scratch, alpha=rate)
            mean.mul_(beta2).add_(gradient, alpha=1 - beta2)

        return rule
