"""RMSProp: gradients divided by the root of their mean square."""

from dataclasses import dataclass
from typing import ClassVar, Never

import torch
from torch import Tensor

from ...core.parameters import Fraction, Positive, reject_unknown
from .elementwise import ElementwiseOptimizer, ElementwiseOptions, Rule
from .schedules import AbstractLearningRateScheduler

__all__ = ["RMSProp", "RMSPropOptions"]


@dataclass(frozen=True, kw_only=True)
class RMSPropOptions(ElementwiseOptions):
    """Options of `RMSProp`, checked when they are made; see there."""

    rho: Fraction
    epsilon: Positive


class RMSProp(ElementwiseOptimizer):
    """Divides gradients by the root of the running mean of their squares.

    With g the `normalized_gradient`, an update is ``s = rho * s + (1 - rho) * g**2`` and
    ``w -= lr * g / sqrt(s + epsilon)``.

    Args:
        lr: learning rate, default 0.001, greater than 0.
        rho: decay of the mean of squares, default 0.9, between 0 and 1.
        epsilon: added to the mean square, default 1e-6, greater than 0.
        grad_clip: bound of each element of the mean gradient, default 0: no bound.
        weight_decay: factor of the weight that is added to its gradient, default 0.00001.
        lr_scheduler: a learning-rate schedule; it takes the place of lr.

    Raises ParameterError for an unknown option or a value outside its range.
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

    opts: RMSPropOptions

    _remembered: ClassVar = {"square": 2}
    _scratch = 1

    def __init__(
        self,
        *,
        lr: float = 0.001,
        rho: float = 0.9,
        epsilon: float = 1e-6,
        grad_clip: float = 0.0,
        weight_decay: float = 0.00001,
        lr_scheduler: AbstractLearningRateScheduler | None = None,
        **unknown: Never,
    ) -> None:
        reject_unknown("RMSProp", unknown, RMSPropOptions.__dataclass_fields__)
        super().__init__(
            RMSPropOptions(
                lr=lr,
                rho=rho,
                epsilon=epsilon,
                grad_clip=grad_clip,
                weight_decay=weight_decay,
                lr_scheduler=lr_scheduler,
            )
        )

    def _rule(self, rate: float, batch: int, numbers: dict[str, float]) -> Rule:
        rho, epsilon = self.opts.rho, self.opts.epsilon * batch**2

        def rule(weight: Tensor, gradient: Tensor, square: Tensor, scratch: Tensor) -> None:
            square.mul_(rho).addcmul_(gradient, gradient, value=1 - rho)
            torch.add(square, epsilon, out=scratch).rsqrt_()
            weight.addcmul_(gradient, scratch, value=-rate)

        return rule
