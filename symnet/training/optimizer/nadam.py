"""Nadam: ADAM that looks ahead, with the momentum of Nesterov."""

from dataclasses import replace
from math import sqrt
from typing import ClassVar

import torch
from torch import Tensor

from ...core.errors import ParameterError
from ...core.parameters import param
from ._elementwise import ElementwiseOptimizer, UpdateRule
from .momenta import AbstractMomentumScheduler, Momentum, get_momentum

__all__ = ["Nadam"]


class Nadam(ElementwiseOptimizer):
    """Steps as `ADAM` does, by a mean of gradients that looks one update ahead.

    With g the `normalized_gradient`, t the number of the update, and u and u1 the momenta of this
    iteration and of the next, one is ``m = beta1 * m + (1 - beta1) * g``,
    ``n = beta2 * n + (1 - beta2) * g**2`` and
    ``w -= lr * ((1 - u) * g / (1 - U) + u1 * m / (1 - U * u1)) / (sqrt(N) + epsilon)``, with U the
    product of all u so far and ``N = n / (1 - beta2**t)``.

    Source: Dozat, ICLR workshop (2016); docs/semantics §6.6.

    >>> from symnet.ndarray import NDArray
    >>> from symnet.training.optimizer import OptimizationState, get_updater
    >>> optimizer = Nadam(lr=0.1, weight_decay=0)
    >>> optimizer.state = OptimizationState(batch_size=10, curr_iter=1)
    >>> update, weight = get_updater(optimizer), NDArray([1, 2])
    >>> update(0, NDArray([10, 20]), weight)
    >>> print(weight.asnumpy().round(4))
    [0.8993 1.8993]
    """

    beta1: float = param("Decay of the mean of gradients", default=0.99, above=0, below=1)
    beta2: float = param("Decay of the mean of their squares", default=0.999, above=0, below=1)
    epsilon: float = param("Added to the root", default=1e-8, above=0)
    momentum_scheduler: AbstractMomentumScheduler | None = param(
        "Schedule of the momentum by iteration, in place of Momentum.NadamScheduler(mu0=beta1)",
        default=None,
    )

    _remembered: ClassVar = {"mean": 1, "square": 2}
    _counts: ClassVar = {"updates": 0.0, "momenta": 1.0}
    _scratch = 1

    def _prepare(self) -> None:
        super()._prepare()
        self._momenta = self.momentum_scheduler or Momentum.NadamScheduler(mu0=self.beta1)

    def _rule(self, rate: float, batch: int, numbers: dict[str, float]) -> UpdateRule:
        ahead = replace(self.state, curr_iter=self.state.curr_iter + 1)
        now, then = (get_momentum(self._momenta, state) for state in (self.state, ahead))
        if max(now, then) >= 1:
            raise ParameterError(
                f"Nadam: its momentum must stay below 1, {self._momenta!r} gave {max(now, then)}"
            )
        numbers["updates"] += 1
        numbers["momenta"] *= now
        # sqrt(N) + epsilon = (sqrt(n) + epsilon * root) / root
        root = sqrt(1 - self.beta2 ** numbers["updates"])
        by_gradient = rate * root * (1 - now) / (1 - numbers["momenta"])
        by_mean = rate * root * then / (1 - numbers["momenta"] * then)

        def rule(
            weight: Tensor, gradient: Tensor, mean: Tensor, square: Tensor, scratch: Tensor
        ) -> None:
            mean.lerp_(gradient, 1 - self.beta1)
            square.mul_(self.beta2).addcmul_(gradient, gradient, value=1 - self.beta2)
            torch.sqrt(square, out=scratch).add_(self.epsilon * root * batch)
            weight.addcdiv_(gradient, scratch, value=-by_gradient)
            weight.addcdiv_(mean, scratch, value=-by_mean)

        return rule
