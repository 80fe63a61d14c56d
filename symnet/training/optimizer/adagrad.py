"""AdaGrad: steps that shorten with the sum of squared gradients."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import ClassVar, Never

import torch
from torch import Tensor

from ...core.parameters import Positive, reject_unknown
from .elementwise import ElementwiseOptimizer, ElementwiseOptions, Rule
from .schedules import AbstractLearningRateScheduler

__all__ = ["AdaGrad", "AdaGradOptions"]


@dataclass(frozen=True, kw_only=True)
class AdaGradOptions(ElementwiseOptions):
    """Options of `AdaGrad`, checked when they are made; see there."""

    epsilon: Positive


class AdaGrad(ElementwiseOptimizer):
    """Divides gradients by the root of the sum of all their squares so far.

    With g the `normalized_gradient`, an update is ``s += g**2; w -= lr * g / sqrt(s + epsilon)``:
    one kernel, and one more where gradients are clipped.

    Args:
        lr: learning rate, default 0.1, greater than 0.
        epsilon: added to the sum of squares, default 1e-6, greater than 0.
        grad_clip: bound of each element of the mean gradient, default 0: no bound.
        weight_decay: factor of the weight that is added to its gradient, default 0.00001.
        lr_scheduler: a learning-rate schedule; it takes the place of lr.

    Raises ParameterError for an unknown option or a value outside its range.
    Source: Duchi, Hazan and Singer, JMLR 12 (2011); docs/semantics §6.6.

    >>> from symnet.ndarray import NDArray
    >>> from symnet.training.optimizer import OptimizationState, get_updater
    >>> optimizer = AdaGrad(lr=0.1, weight_decay=0)
    >>> optimizer.state = OptimizationState(batch_size=10)
    >>> update, weight = get_updater(optimizer), NDArray([1, 2])
    >>> update(0, NDArray([10, 20]), weight)
    >>> print(weight.asnumpy().round(4))
    [0.9 1.9]
    """

    opts: AdaGradOptions

    _remembered: ClassVar = {"squares": 2}
    _decays = True

    def __init__(
        self,
        *,
        lr: float = 0.1,
        epsilon: float = 1e-6,
        grad_clip: float = 0.0,
        weight_decay: float = 0.00001,
        lr_scheduler: AbstractLearningRateScheduler | None = None,
        **unknown: Never,
    ) -> None:
        reject_unknown("AdaGrad", unknown, AdaGradOptions.__dataclass_fields__)
        super().__init__(
            AdaGradOptions(
                lr=lr,
                epsilon=epsilon,
                grad_clip=grad_clip,
                weight_decay=weight_decay,
                lr_scheduler=lr_scheduler,
            )
        )

    def _start(self) -> Mapping[str, float]:
        # The kernel adds its constant to the root: ours is in the sum from the start.
        return {"squares": self.opts.epsilon}

    def _rule(self, rate: float, batch: int, numbers: dict[str, float]) -> Rule:
        decay = self.opts.weight_decay * batch

        def rule(weight: Tensor, gradient: Tensor, squares: Tensor) -> None:
            torch._fused_adagrad_(
                [weight],
                [gradient],
                [squares],
                [_first(weight.device)],
                lr=rate,
                lr_decay=0.0,
                weight_decay=decay,
                eps=0.0,
                maximize=False,
            )

        return rule


@cache
def _first(device: torch.device) -> Tensor:
    """Return the number of an update; without a decay of its own the kernel asks in vain."""
    return torch.ones((), device=device)
