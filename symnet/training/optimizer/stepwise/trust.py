"""Steps whose length is a fixed part of the weight's own."""

from typing import ClassVar

from torch import Tensor

from ....core.errors import ParameterError
from ....core.parameters import param
from .adam import Moments
from .base import Remembered, UpdateStep

__all__ = ["StepwiseLAMB"]


class StepwiseLAMB(Moments):
    """Adam with the length of each weight's step in proportion to the weight, for large batches.

    With g the scaled and clipped gradient, M and V the means of `StepwiseAdam` (their
    bias corrected, where asked for), ``u = M / (sqrt(V) + epsilon) + decay * w`` and
    ``w -= rate * |w| / |u| * u``. The norm of the weight is kept within the bounds, where there are
    any; the ratio is 1 where either norm is 0.

    Raises ParameterError where the lower bound is above the upper one.
    Source: Apache MXNet 1.9.1, ``lamb_update_phase1`` and ``_phase2``; You et al.,
    arXiv:1904.00962.

    >>> import torch
    >>> optimizer, weight = StepwiseLAMB(), torch.tensor([3.0, 4.0])
    >>> optimizer.advance(weight, torch.ones(2), optimizer.begin(weight), {}, UpdateStep(rate=0.1))
    >>> print(weight.numpy().round(3))
    [2.646 3.646]
    """

    by_weight: ClassVar[bool] = True

    epsilon: float = param("Added to the root", default=1e-6, min=0)
    lower_bound: float = param("Least norm of the weight; 0 means no bound", default=0.0, min=0)
    upper_bound: float = param("Greatest norm of it; 0 means no bound", default=0.0, min=0)
    bias_correction: bool = param("Whether the bias of the means is corrected", default=True)

    def _prepare(self) -> None:
        super()._prepare()
        if 0 < self.upper_bound < self.lower_bound:
            raise ParameterError(
                f"{type(self).__name__}: lower_bound={self.lower_bound:g} is above "
                f"upper_bound={self.upper_bound:g}"
            )

    def advance(
        self,
        weight: Tensor,
        gradient: Tensor,
        arrays: Remembered,
        numbers: dict[str, float],
        step: UpdateStep,
    ) -> None:
        """Change a weight in place; see `StepwiseOptimizer.advance`."""
        mean, square = self._averaged(step.scaled(gradient), arrays)
        first = second = 1.0
        if self.bias_correction:
            first, second = 1 - self.beta1**step.number, 1 - self.beta2**step.number
        move = (mean / first).div_((square / second).sqrt_().add_(self.epsilon))
        move.add_(weight, alpha=step.decay)
        own, length = self._bounded(float(weight.float().norm())), float(move.float().norm())
        ratio = own / length if own > 0 and length > 0 else 1.0
        weight.add_(move, alpha=-step.rate * ratio)

    def _bounded(self, norm: float) -> float:
        norm = max(norm, self.lower_bound)
        return min(norm, self.upper_bound) if self.upper_bound else norm
