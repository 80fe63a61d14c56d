"""Steps that adapt to the squares of past gradients."""

from typing import ClassVar

import torch
from torch import Tensor

from ....core.parameters import param
from .base import Decaying, Remembered, StepwiseOptimizer, UpdateStep

__all__ = ["StepwiseAdaDelta", "StepwiseAdaGrad", "StepwiseFtrl", "StepwiseRMSProp"]


class StepwiseAdaGrad(StepwiseOptimizer):
    """Divides gradients by the root of the sum of their squares; weight decay stays apart.

    With g the scaled and clipped gradient, an update is ``h += g**2`` and
    ``w -= rate * (g / sqrt(h + epsilon) + decay * w)``.

    Source: Apache MXNet 1.9.1; Duchi, Hazan and Singer, JMLR 12 (2011).

    >>> optimizer, weight = StepwiseAdaGrad(), torch.tensor([1.0])
    >>> optimizer.advance(weight, torch.ones(1), optimizer.begin(weight), {}, UpdateStep(rate=0.5))
    >>> round(weight.item(), 4)
    0.5
    """

    epsilon: float = param("Added to the sum of squares", default=1e-7, min=0)

    def remembered(self) -> tuple[str, ...]:
        """Return the name of the sum of squares."""
        return ("history",)

    def advance(
        self,
        weight: Tensor,
        gradient: Tensor,
        arrays: Remembered,
        numbers: dict[str, float],
        step: UpdateStep,
    ) -> None:
        """Change a weight in place; see `StepwiseOptimizer.advance`."""
        slope, history = step.scaled(gradient), arrays["history"]
        history.addcmul_(slope, slope)
        slope.div_((history + self.epsilon).sqrt_()).add_(weight, alpha=step.decay)
        weight.add_(slope, alpha=-step.rate)


class StepwiseAdaDelta(StepwiseOptimizer):
    """Steps in the unit of the weight; neither a learning rate nor clipped weight decay.

    With g the scaled and clipped gradient, an update is ``a = rho * a + (1 - rho) * g**2``,
    ``u = sqrt(d + epsilon) / sqrt(a + epsilon) * g``, ``d = rho * d + (1 - rho) * u**2`` and
    ``w -= u + decay * w``. The rate has no effect.

    Source: Apache MXNet 1.9.1; Zeiler, arXiv:1212.5701.

    >>> optimizer, weight = StepwiseAdaDelta(), torch.tensor([1.0])
    >>> optimizer.advance(weight, torch.ones(1), optimizer.begin(weight), {}, UpdateStep(rate=1.0))
    >>> round(weight.item(), 4)
    0.99
    """

    rho: float = param("Decay of the means of squares", default=0.9, min=0, max=1)
    epsilon: float = param("Added to both means", default=1e-5, min=0)

    def remembered(self) -> tuple[str, ...]:
        """Return the names of the means of squared gradients and steps."""
        return ("gradients", "steps")

    def advance(
        self,
        weight: Tensor,
        gradient: Tensor,
        arrays: Remembered,
        numbers: dict[str, float],
        step: UpdateStep,
    ) -> None:
        """Change a weight in place; see `StepwiseOptimizer.advance`."""
        slope, rest = step.scaled(gradient), 1 - self.rho
        squares, moves = arrays["gradients"], arrays["steps"]
        squares.mul_(self.rho).addcmul_(slope, slope, value=rest)
        move = (moves + self.epsilon).div_(squares + self.epsilon).sqrt_().mul_(slope)
        moves.mul_(self.rho).addcmul_(move, move, value=rest)
        weight.sub_(move.add_(weight, alpha=step.decay))


class StepwiseRMSProp(Decaying):
    """Divides gradients by the root of the mean of their squares, centred or not.

    With g the scaled gradient plus the decay, clipped, ``n = rho * n + (1 - rho) * g**2`` and
    ``w -= rate * g / sqrt(n + epsilon)``. Centred, with ``a`` the mean of g,
    ``d = momentum * d - rate * g / sqrt(n - a**2 + epsilon); w += d``.

    Source: Apache MXNet 1.9.1, ``rmsprop_update`` and ``rmspropalex_update``; Tieleman and Hinton
    (2012); Graves, arXiv:1308.0850.

    >>> optimizer, weight = StepwiseRMSProp(rho=0.0), torch.tensor([1.0])
    >>> optimizer.advance(weight, torch.ones(1), optimizer.begin(weight), {}, UpdateStep(rate=0.5))
    >>> round(weight.item(), 4)
    0.5
    """

    rho: float = param("Decay of the means", default=0.9, min=0, max=1)
    momentum: float = param("Momentum of the centred steps", default=0.9, min=0, max=1)
    epsilon: float = param("Added to the mean square", default=1e-8, min=0)
    centered: bool = param("Whether the squared mean is taken off the mean square", default=False)
    bound: float = param("Bound of each element of the weight; 0 means none", default=0.0, min=0)

    _NAMES: ClassVar = {False: ("square",), True: ("square", "mean", "step")}

    def remembered(self) -> tuple[str, ...]:
        """Return the name of the mean square; centred, also of the mean and the step."""
        return self._NAMES[self.centered]

    def advance(
        self,
        weight: Tensor,
        gradient: Tensor,
        arrays: Remembered,
        numbers: dict[str, float],
        step: UpdateStep,
    ) -> None:
        """Change a weight in place; see `StepwiseOptimizer.advance`."""
        slope, rest = self.slope(weight, gradient, step), 1 - self.rho
        square = arrays["square"].mul_(self.rho).addcmul_(slope, slope, value=rest)
        if not self.centered:
            weight.addcdiv_(slope, (square + self.epsilon).sqrt_(), value=-step.rate)
        else:
            mean = arrays["mean"].mul_(self.rho).add_(slope, alpha=rest)
            spread = (square - mean * mean).add_(self.epsilon).sqrt_()
            move = arrays["step"].mul_(self.momentum).addcdiv_(slope, spread, value=-step.rate)
            weight.add_(move)
        if self.bound:
            weight.clamp_(-self.bound, self.bound)


class StepwiseFtrl(StepwiseOptimizer):
    """Follows the regularised leader: weights that matter little become exactly 0.

    With g the scaled and clipped gradient, ``z += g - (sqrt(n + g**2) - sqrt(n)) * w / rate`` and
    ``n += g**2``; then ``w = (sign(z) * sparsity - z) / ((beta + sqrt(n)) / rate + decay)`` where
    ``abs(z) > sparsity``, else 0.

    Source: Apache MXNet 1.9.1, ``ftrl_update``; McMahan et al., KDD (2013).

    >>> optimizer, weight = StepwiseFtrl(), torch.tensor([1.0, 1.0])
    >>> slope = torch.tensor([1.0, 0.001])
    >>> optimizer.advance(weight, slope, optimizer.begin(weight), {}, UpdateStep(rate=1.0))
    >>> weight[1].item()
    0.0
    """

    lr: float = 0.1
    sparsity: float = param("Strength of the L1 penalty", default=0.01, min=0)
    beta: float = param("Added to the root of the sum of squares", default=1.0, min=0)

    def remembered(self) -> tuple[str, ...]:
        """Return the names of the leader's sum and of the sum of squares."""
        return ("leader", "squares")

    def advance(
        self,
        weight: Tensor,
        gradient: Tensor,
        arrays: Remembered,
        numbers: dict[str, float],
        step: UpdateStep,
    ) -> None:
        """Change a weight in place; see `StepwiseOptimizer.advance`."""
        slope = step.scaled(gradient)
        leader, squares = arrays["leader"], arrays["squares"]
        before = squares.sqrt()
        after = squares.addcmul_(slope, slope).sqrt()
        leader.add_(slope).addcmul_(after - before, weight, value=-1 / step.rate)
        scale = after.add_(self.beta).div_(step.rate).add_(step.decay)
        moved = (leader.sign() * self.sparsity).sub_(leader).div_(scale)
        weight.copy_(torch.where(leader.abs() > self.sparsity, moved, torch.zeros_like(moved)))
