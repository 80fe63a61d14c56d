"""Nadam: ADAM that looks ahead, with the momentum of Nesterov."""

from dataclasses import dataclass, replace
from math import sqrt
from typing import ClassVar, Never

import torch
from torch import Tensor

from ...core.errors import ParameterError
from ...core.parameters import Fraction, Positive, reject_unknown
from .elementwise import ElementwiseOptimizer, ElementwiseOptions, Rule
from .schedules import (
    AbstractLearningRateScheduler,
    AbstractMomentumScheduler,
    Momentum,
    get_momentum,
)

__all__ = ["Nadam", "NadamOptions"]


@dataclass(frozen=True, kw_only=True)
class NadamOptions(ElementwiseOptions):
    """Options of `Nadam`, checked when they are made; see there."""

    beta1: Fraction
    beta2: Fraction
    epsilon: Positive
    momentum_scheduler: AbstractMomentumScheduler | None


class Nadam(ElementwiseOptimizer):
    """Steps as `ADAM` does, by a mean of gradients that looks one update ahead.

    With g the `normalized_gradient`, t the number of the update, and u and u1 the momenta of this
    iteration and of the next, one is ``m = beta1 * m + (1 - beta1) * g``,
    ``n = beta2 * n + (1 - beta2) * g**2`` and
    ``w -= lr * ((1 - u) * g / (1 - U) + u1 * m / (1 - U * u1)) / (sqrt(N) + epsilon)``, with U the
    product of all u so far and ``N = n / (1 - beta2**t)``.

    Args:
        lr: learning rate, default 0.001, greater than 0.
        beta1: decay of the mean of gradients, default 0.99, between 0 and 1.
        beta2: decay of the mean of their squares, default 0.999, between 0 and 1.
        epsilon: added to the root, default 1e-8, greater than 0.
        grad_clip: bound of each element of the mean gradient, default 0: no bound.
        weight_decay: factor of the weight that is added to its gradient, default 0.00001.
        lr_scheduler: a learning-rate schedule; it takes the place of lr.
        momentum_scheduler: the schedule of u by iteration; default
            ``Momentum.NadamScheduler(mu0=beta1)``.

    Raises ParameterError for an unknown option or a value outside its range.
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

    opts: NadamOptions

    _remembered: ClassVar = {"mean": 1, "square": 2}
    _counts: ClassVar = {"updates": 0.0, "momenta": 1.0}
    _scratch = 1

    def __init__(
        self,
        *,
        lr: float = 0.001,
        beta1: float = 0.99,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        grad_clip: float = 0.0,
        weight_decay: float = 0.00001,
        lr_scheduler: AbstractLearningRateScheduler | None = None,
        momentum_scheduler: AbstractMomentumScheduler | None = None,
        **unknown: Never,
    ) -> None:
        reject_unknown("Nadam", unknown, NadamOptions.__dataclass_fields__)
        opts = NadamOptions(
            lr=lr,
            beta1=beta1,
            beta2=beta2,
            epsilon=epsilon,
            grad_clip=grad_clip,
            weight_decay=weight_decay,
            lr_scheduler=lr_scheduler,
            momentum_scheduler=momentum_scheduler,
        )
        super().__init__(opts)
        own = opts.momentum_scheduler
        self._momenta = Momentum.NadamScheduler(mu0=beta1) if own is None else own

    def _rule(self, rate: float, batch: int, numbers: dict[str, float]) -> Rule:
        opts, ahead = self.opts, replace(self.state, curr_iter=self.state.curr_iter + 1)
        now, then = (get_momentum(self._momenta, state) for state in (self.state, ahead))
        if max(now, then) >= 1:
            raise ParameterError(
                f"Nadam: its momentum must stay below 1, {self._momenta!r} gave {max(now, then)}"
            )
        numbers["updates"] += 1
        numbers["momenta"] *= now
        # sqrt(N) + epsilon = (sqrt(n) + epsilon * root) / root
        root = sqrt(1 - opts.beta2 ** numbers["updates"])
        by_gradient = rate * root * (1 - now) / (1 - numbers["momenta"])
        by_mean = rate * root * then / (1 - numbers["momenta"] * then)

        def rule(
            weight: Tensor, gradient: Tensor, mean: Tensor, square: Tensor, scratch: Tensor
        ) -> None:
            mean.lerp_(gradient, 1 - opts.beta1)
            square.mul_(opts.beta2).addcmul_(gradient, gradient, value=1 - opts.beta2)
            torch.sqrt(square, out=scratch).add_(opts.epsilon * root * batch)
            weight.addcdiv_(gradient, scratch, value=-by_gradient)
            weight.addcdiv_(mean, scratch, value=-by_mean)

        return rule
