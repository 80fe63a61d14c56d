"""AdaDelta: steps in the unit of the weight, which need no learning rate."""

from typing import ClassVar

import torch
from torch import Tensor

from ...core.parameters import param
from ._elementwise import ElementwiseOptimizer, UpdateRule

__all__ = ["AdaDelta"]


class AdaDelta(ElementwiseOptimizer):
    """Scales gradients by the root of the mean square of past steps over that of past gradients.

    With g the `normalized_gradient`, an update is ``a = rho * a + (1 - rho) * g**2``,
    ``u = g * sqrt(d + epsilon) / sqrt(a + epsilon)``, ``w -= lr * u`` and
    ``d = rho * d + (1 - rho) * u**2``.

    Source: Zeiler, arXiv:1212.5701; docs/semantics §6.6.

    >>> from symnet.ndarray import NDArray
    >>> from symnet.training.optimizer import OptimizationState, get_updater
    >>> optimizer = AdaDelta(lr=0.1, weight_decay=0)
    >>> optimizer.state = OptimizationState(batch_size=10)
    >>> update, weight = get_updater(optimizer), NDArray([1, 2])
    >>> update(0, NDArray([10, 20]), weight)
    >>> print(weight.asnumpy().round(4))
    [0.9996 1.9996]
    """

    lr: float = 1.0
    rho: float = param("Decay of the means of squares", default=0.95, above=0, below=1)
    epsilon: float = param("Added to both mean squares", default=1e-6, above=0)

    _remembered: ClassVar = {"square": 2, "step_square": 0}
    _scratch = 2

    def _rule(self, rate: float, batch: int, numbers: dict[str, float]) -> UpdateRule:
        rho, epsilon = self.rho, self.epsilon

        def rule(
            weight: Tensor,
            gradient: Tensor,
            square: Tensor,
            step_square: Tensor,
            step: Tensor,
            scratch: Tensor,
        ) -> None:
            square.mul_(rho).addcmul_(gradient, gradient, value=1 - rho)
            torch.add(square, epsilon * batch**2, out=scratch)
            torch.add(step_square, epsilon, out=step).div_(scratch).sqrt_().mul_(gradient)
            weight.add_(step, alpha=-rate)
            step_square.mul_(rho).addcmul_(step, step, value=1 - rho)

        return rule
