"""ADAM: steps by the mean of gradients over that of their squares, in one kernel."""

from dataclasses import dataclass
from functools import cache
from math import inf, sqrt
from typing import ClassVar, Never

import torch
from torch import Tensor

from ...core.parameters import Fraction, Positive, reject_unknown
from .elementwise import ElementwiseOptimizer, ElementwiseOptions, Rule
from .schedules import AbstractLearningRateScheduler

__all__ = ["ADAM", "ADAMOptions"]


@dataclass(frozen=True, kw_only=True)
class ADAMOptions(ElementwiseOptions):
    """Options of `ADAM`, checked when they are made; see there."""

    beta1: Fraction
    beta2: Fraction
    epsilon: Positive


class ADAM(ElementwiseOptimizer):
    """Steps by the mean of past gradients, divided by the root of their mean square.

    With g the `normalized_gradient` and t the number of the update, one is
    ``m = beta1 * m + (1 - beta1) * g``, ``v = beta2 * v + (1 - beta2) * g**2``, and
    ``w -= lr * M / (sqrt(V) + epsilon)`` with ``M = m / (1 - beta1**t)`` and
    ``V = v / (1 - beta2**t)``. The weight may be all parameters of a network in one flat array: an
    update is one kernel, and one more where gradients are clipped.

    Args:
        lr: learning rate, default 0.001, greater than 0.
        beta1: decay of the mean of gradients, default 0.9, between 0 and 1.
        beta2: decay of the mean of their squares, default 0.999, between 0 and 1.
        epsilon: added to the root, default 1e-8, greater than 0.
        grad_clip: bound of each element of the mean gradient, default 0: no bound.
        weight_decay: factor of the weight that is added to its gradient, default 0.00001.
        lr_scheduler: a learning-rate schedule; it takes the place of lr.

    Raises ParameterError for an unknown option or a value outside its range.
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

    opts: ADAMOptions

    _remembered: ClassVar = {"mean": 1, "square": 2}
    _counts: ClassVar = {"updates": 0.0}
    _decays = True

    def __init__(
        self,
        *,
        lr: float = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        grad_clip: float = 0.0,
        weight_decay: float = 0.00001,
        lr_scheduler: AbstractLearningRateScheduler | None = None,
        **unknown: Never,
    ) -> None:
        reject_unknown("ADAM", unknown, ADAMOptions.__dataclass_fields__)
        super().__init__(
            ADAMOptions(
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
        # sqrt(V) + epsilon = (sqrt(v) + epsilon * root) / root
        root = sqrt(1 - opts.beta2 ** numbers["updates"])
        step = rate * root / (1 - opts.beta1 ** numbers["updates"])

        def rule(weight: Tensor, gradient: Tensor, mean: Tensor, square: Tensor) -> None:
            torch._fused_adam_(
                [weight],
                [gradient],
                [mean],
                [square],
                [],
                [_endless(weight.device)],
                lr=step,
                beta1=opts.beta1,
                beta2=opts.beta2,
                weight_decay=opts.weight_decay * batch,
                eps=opts.epsilon * root * batch,
                amsgrad=False,
                maximize=False,
            )

        return rule


@cache
def _endless(device: torch.device) -> Tensor:
    """Return the number of updates after which the kernel corrects no bias: the rule did so."""
    return torch.full((), inf, device=device)
