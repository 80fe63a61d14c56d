"""AdaMax: ADAM with the largest past gradient in place of the mean square."""

from typing import ClassVar

import torch
from torch import Tensor

from ...core.parameters import param
from ._elementwise import ElementwiseOptimizer, UpdateRule

__all__ = ["AdaMax"]


class AdaMax(ElementwiseOptimizer):
    """Steps by the mean of past gradients, divided by the largest of them, which decays.

    With g the `normalized_gradient` and t the number of the update, one is
    ``m = beta1 * m + (1 - beta1) * g``, ``u = max(beta2 * u, abs(g))`` and
    ``w -= lr / (1 - beta1**t) * m / (u + epsilon)``.

    Source: Kingma and Ba, arXiv:1412.6980, section 7.1; docs/semantics §6.6.

    >>> from symnet.ndarray import NDArray
    >>> from symnet.training.optimizer import OptimizationState, get_updater
    >>> optimizer = AdaMax(lr=0.1, weight_decay=0)
    >>> optimizer.state = OptimizationState(batch_size=10)
    >>> update, weight = get_updater(optimizer), NDArray([1, 2])
    >>> update(0, NDArray([10, 20]), weight)
    >>> print(weight.asnumpy().round(4))
    [0.9 1.9]
    """

    lr: float = 0.002
    beta1: float = param("Decay of the mean of gradients", default=0.9, above=0, below=1)
    beta2: float = param("Decay of the largest gradient", default=0.999, above=0, below=1)
    epsilon: float = param("Added to the largest gradient", default=1e-8, above=0)

    _remembered: ClassVar = {"mean": 1, "largest": 1}
    _counts: ClassVar = {"updates": 0.0}
    _scratch = 1

    def _rule(self, rate: float, batch: int, numbers: dict[str, float]) -> UpdateRule:
        numbers["updates"] += 1
        step = rate / (1 - self.beta1 ** numbers["updates"])

        def rule(
            weight: Tensor, gradient: Tensor, mean: Tensor, largest: Tensor, scratch: Tensor
        ) -> None:
            mean.lerp_(gradient, 1 - self.beta1)
            torch.abs(gradient, out=scratch)
            torch.maximum(largest.mul_(self.beta2), scratch, out=largest)
            torch.add(largest, self.epsilon * batch, out=scratch)
            weight.addcdiv_(mean, scratch, value=-step)

        return rule
