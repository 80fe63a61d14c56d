"""AdaDelta: steps in the unit of the weight, which need no learning rate."""

from dataclasses import dataclass
from typing import ClassVar, Never

import torch
from torch import Tensor

from ...core.parameters import Fraction, Positive, reject_unknown
from .elementwise import ElementwiseOptimizer, ElementwiseOptions, Rule
from .schedules import AbstractLearningRateScheduler

__all__ = ["AdaDelta", "AdaDeltaOptions"]


@dataclass(frozen=True, kw_only=True)
class AdaDeltaOptions(ElementwiseOptions):
    """Options of `AdaDelta`, checked when they are made; see there."""

    rho: Fraction
    epsilon: Positive


class AdaDelta(ElementwiseOptimizer):
    """Scales gradients by the root of the mean square of past steps over that of past gradients.

    With g the `normalized_gradient`, an update is ``a = rho * a + (1 - rho) * g**2``,
    ``u = g * sqrt(d + epsilon) / sqrt(a + epsilon)``, ``w -= lr * u`` and
    ``d = rho * d + (1 - rho) * u**2``.

    Args:
        lr: learning rate, default 1.0, greater than 0.
        rho: decay of the means of squares, default 0.95, between 0 and 1.
        epsilon: added to both mean squares, default 1e-6, greater than 0.
        grad_clip: bound of each element of the mean gradient, default 0: no bound.
        weight_decay: factor of the weight that is added to its gradient, default 0.00001.
        lr_scheduler: a learning-rate schedule; it takes the place of lr.

    Raises ParameterError for an unknown option or a value outside its range.
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

    opts: AdaDeltaOptions

    _remembered: ClassVar = {"square": 2, "step_square": 0}
    _scratch = 2

    def __init__(
        self,
        *,
        lr: float = 1.0,
        rho: float = 0.95,
        epsilon: float = 1e-6,
        grad_clip: float = 0.0,
        weight_decay: float = 0.00001,
        lr_scheduler: AbstractLearningRateScheduler | None = None,
        **unknown: Never,
    ) -> None:
        reject_unknown("AdaDelta", unknown, AdaDeltaOptions.__dataclass_fields__)
        super().__init__(
            AdaDeltaOptions(
                lr=lr,
                rho=rho,
                epsilon=epsilon,
                grad_clip=grad_clip,
                weight_decay=weight_decay,
                lr_scheduler=lr_scheduler,
            )
        )

    def _rule(self, rate: float, batch: int, numbers: dict[str, float]) -> Rule:
        rho, epsilon = self.opts.rho, self.opts.epsilon

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
