"""RMSProp: gradients divided by the root of their mean square."""

from typing import ClassVar

import torch
from torch import Tensor

from ...core.parameters import param
from ._elementwise import ElementwiseOptimizer, UpdateRule

__all__ = ["RMSProp"]


class RMSProp(ElementwiseOptimizer):
    """Divides gradients by the root of the running mean of their squares.

    With g the `normalized_gradient`, an update is ``s = rho * s + (1 - rho) * g**2`` and
    ``w -= lr * g / sqrt(s + epsilon)``.

    Source: Tieleman and Hinton, Coursera lecture 6.5 (2012); docs/semantics §6.6.

    >>> from symnet.ndarray import NDArray
    >>> from symnet.training.optimizer import OptimizationState, get_updater
    >>> optimizer = RMSProp(lr=0.1, weight_decay=0)
    >>> optimizer.state = OptimizationState(batch_size=10)
    >>> update, weight = get_updater(optimizer), NDArray([1, 2])
    >>> update(0, NDArray([10, 20]), weight)
    >>> print(weight.asnumpy().round(4))
    [0.6838 1.6838]
    """

    rho: float = param("Decay of the mean of squares", default=0.9, above=0, below=1)
    epsilon: float = param("Added to the mean square", default=1e-6, above=0)

    _remembered: ClassVar = {"square": 2}
    _scratch = 1

    def _rule(self, rate: float, batch: int, numbers: dict[str, float]) -> UpdateRule:
        rho, epsilon = self.rho, self.epsilon * batch**2

        def rule(weight: Tensor, gradient: Tensor, square: Tensor, scratch: Tensor) -> None:
            square.mul_(rho).addcmul_(gradient, gradient, value=1 - rho)
            torch.add(square, epsilon, out=scratch).rsqrt_()
            weight.addcmul_(gradient, scratch, value=-rate)

        return rule
