"""ADAM: steps by the mean of gradients over that of their squares, in one kernel."""

from functools import cache
from math import inf, sqrt
from typing import ClassVar

import torch
from torch import Tensor

from ...core.parameters import param
from ._elementwise import ElementwiseOptimizer, UpdateRule

__all__ = ["ADAM"]


class ADAM(ElementwiseOptimizer):
    """Steps by the mean of past gradients, divided by the root of their mean square.

    With g the `normalized_gradient` and t the number of the update, one is
    ``m = beta1 * m + (1 - beta1) * g``, ``v = beta2 * v + (1 - beta2) * g**2``, and
    ``w -= lr * M / (sqrt(V) + epsilon)`` with ``M = m / (1 - beta1**t)`` and
    ``V = v / (1 - beta2**t)``. The weight may be all parameters of a network in one flat array: an
    update is one kernel, and one more where gradients are clipped.

    Source: the documents, "ADAM"; Kingma and Ba, arXiv:1412.6980; docs/semantics §6.4, D7.

    >>> from symnet.ndarray import NDArray
    >>> from symnet.training.optimizer import OptimizationState, get_updater
    >>> optimizer = ADAM(lr=0.1, weight_decay=0)
    >>> optimizer.state = OptimizationState(batch_size=10)
    >>> update, weight = get_updater(optimizer), NDArray([1, 2])
    >>> update(0, NDArray([10, 20]), weight)
    >>> print(weight.asnumpy().round(4))
    [0.9 1.9]
    """

    beta1: float = param("Decay of the mean of gradients", default=0.9, above=0, below=1)
    beta2: float = param("Decay of the mean of their squares", default=0.999, above=0, below=1)
    epsilon: float = param("Added to the root", default=1e-8, above=0)

    _remembered: ClassVar = {"mean": 1, "square": 2}
    _counts: ClassVar = {"updates": 0.0}
    _decays = True

    def _rule(self, rate: float, batch: int, numbers: dict[str, float]) -> UpdateRule:
        numbers["updates"] += 1
        # sqrt(V) + epsilon = (sqrt(v) + epsilon * root) / root
        root = sqrt(1 - self.beta2 ** numbers["updates"])
        step = rate * root / (1 - self.beta1 ** numbers["updates"])

        def rule(weight: Tensor, gradient: Tensor, mean: Tensor, square: Tensor) -> None:
            torch._fused_adam_(
                [weight],
                [gradient],
                [mean],
                [square],
                [],
                [_endless(weight.device)],
                lr=step,
                beta1=self.beta1,
                beta2=self.beta2,
                weight_decay=self.weight_decay * batch,
                eps=self.epsilon * root * batch,
                amsgrad=False,
                maximize=False,
            )

        return rule


@cache
def _endless(device: torch.device) -> Tensor:
    """Return the number of updates after which the kernel corrects no bias: the rule did so."""
    return torch.full((), inf, device=device)
