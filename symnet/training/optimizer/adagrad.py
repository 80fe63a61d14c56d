"""AdaGrad: steps that shorten with the sum of squared gradients."""

from collections.abc import Mapping
from functools import cache
from typing import ClassVar

import torch
from torch import Tensor

from ...core.parameters import param
from ._elementwise import ElementwiseOptimizer, UpdateRule

__all__ = ["AdaGrad"]


class AdaGrad(ElementwiseOptimizer):
    """Divides gradients by the root of the sum of all their squares so far.

    With g the `normalized_gradient`, an update is ``s += g**2; w -= lr * g / sqrt(s + epsilon)``:
    one kernel, and one more where gradients are clipped.

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

    lr: float = 0.1
    epsilon: float = param("Added to the sum of squares", default=1e-6, above=0)

    _remembered: ClassVar = {"squares": 2}
    _decays = True

    def _start(self) -> Mapping[str, float]:
        # The kernel adds its constant to the root: ours is in the sum from the start.
        return {"squares": self.epsilon}

    def _rule(self, rate: float, batch: int, numbers: dict[str, float]) -> UpdateRule:
        decay = self.weight_decay * batch

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
