"""AdaMax: ADAM with the largest past gradient in place of the mean square."""

from dataclasses import dataclass
from typing import ClassVar, Never

import torch
from torch import Tensor

from ...core.parameters import Fraction, Positive, reject_unknown
from .elementwise import ElementwiseOptimizer, ElementwiseOptions, Rule
from .schedules import AbstractLearningRateScheduler

__all__ = ["AdaMax", "AdaMaxOptions"]


@dataclass(frozen=True, kw_only=True)
class AdaMaxOptions(ElementwiseOptions):
    """Options of `AdaMax`, checked when they are made; see there."""

    beta1: Fraction
    beta2: Fraction
    epsilon: Positive


class AdaMax(ElementwiseOptimizer):
    """Steps by the mean of past gradients, divided by the largest of them, which decays.

    With g the `normalized_gradient` and t the number of the update, one is
    ``m = beta1 * m + (1 - beta1) * g``, ``u = max(beta2 * u, abs(g))`` and
    ``w -= lr / (1 - beta1**t) * m / (u + epsilon)``.

    Args:
        lr: learning rate, default 0.002, greater than 0.
        beta1: decay of the mean of gradients, default 0.9, between 0 and 1.
        beta2: decay of the largest gradient, default 0.999, between 0 and 1.
        epsilon: added to the largest gradient, default 1e-8, greater than 0.
        grad_clip: bound of each element of the mean gradient, default 0: no bound.
        weight_decay: factor of the weight that is added to its gradient, default 0.00001.
        lr_scheduler: a learning-rate schedule; it takes the place of lr.

    Raises ParameterError for an unknown option or a value outside its range.
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

    opts: AdaMaxOptions

    _remembered: ClassVar = {"mean": 1, "largest": 1}
    _counts: ClassVar = {"updates": 0.0}
    _scratch = 1

    def __init__(
        self,
        *,
        lr: float = 0.002,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        grad_clip: float = 0.0,
        weight_decay: float = 0.00001,
        lr_scheduler: AbstractLearningRateScheduler | None = None,
        **unknown: Never,
    ) -> None:
        reject_unknown("AdaMax", unknown, AdaMaxOptions.__dataclass_fields__)
        super().__init__(
            AdaMaxOptions(
                lr=lr,
                beta1=beta1,
                beta2=beta2,
                epsilon=epsilon,
                grad_clip=grad_clip,
                weight_decay=weight_decay,
                lr_scheduler=lr_scheduler,
            )
        )

    def _rule(self, rate: float, batch: int, numbers: dict[str, float]) -> Rule:
        opts = self.opts
        numbers["updates"] += 1
        step = rate / (1 - opts.beta1 ** numbers["updates"])

        def rule(
            weight: Tensor, gradient: Tensor, mean: Tensor, largest: Tensor, scratch: Tensor
        ) -> None:
            mean.lerp_(gradient, 1 - opts.beta1)
            torch.abs(gradient, out=scratch)
            torch.maximum(largest.mul_(opts.beta2), scratch, out=largest)
            torch.add(largest, opts.epsilon * batch, out=scratch)
            weight.addcdiv_(mean, scratch, value=-step)

        return rule
