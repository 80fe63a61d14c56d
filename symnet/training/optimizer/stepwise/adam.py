"""Adam and its relatives: means of gradients over means of their squares."""

from math import sqrt
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from ....core.parameters import param
from .base import Decaying, Remembered, StepwiseOptimizer, UpdateStep

__all__ = [
    "Moments",
    "StepwiseAdam",
    "StepwiseAdamW",
    "StepwiseAdamax",
    "StepwiseFTML",
    "StepwiseNadam",
]


class Moments(StepwiseOptimizer):
    """Base of what keeps two means of each element."""

    lr: float = 0.001
    beta1: float = param("Decay of the mean of gradients", default=0.9, min=0, below=1)
    beta2: float = param("Decay of the mean of their squares", default=0.999, min=0, below=1)
    epsilon: float = param("Added to the root", default=1e-8, min=0)

    def remembered(self) -> tuple[str, ...]:
        """Return the names of the two means."""
        return ("mean", "square")

    def _averaged(self, slope: Tensor, arrays: Remembered) -> tuple[Tensor, Tensor]:
        """Take a gradient into both means, and return them."""
        mean = arrays["mean"].mul_(self.beta1).add_(slope, alpha=self._rest(self.beta1))
        square = arrays["square"].mul_(self.beta2)
        return mean, square.addcmul_(slope, slope, value=self._rest(self.beta2))

    def _rest(self, decay: float) -> float:
        """Return 1 - decay as MXNet's kernels have it, which know the decay in float32.

        Of 1 - 0.999 that leaves a part of 1e-5 out, which shows in the weights.
        """
        return 1 - float(np.float32(decay))


class StepwiseAdam(Moments, Decaying):
    """Steps by the mean of gradients over the root of their mean square.

    With g the scaled gradient plus the decay, clipped, and t the number of the update, one is
    ``m = beta1 * m + (1 - beta1) * g``, ``v = beta2 * v + (1 - beta2) * g**2`` and
    ``w -= rate * sqrt(1 - beta2**t) / (1 - beta1**t) * m / (sqrt(v) + epsilon)``.

    Source: Apache MXNet 1.9.1, ``adam_update``; Kingma and Ba, arXiv:1412.6980.

    >>> optimizer, weight = StepwiseAdam(), torch.tensor([1.0])
    >>> optimizer.advance(weight, torch.ones(1), optimizer.begin(weight), {}, UpdateStep(rate=0.5))
    >>> round(weight.item(), 4)
    0.5
    """

    def advance(
        self,
        weight: Tensor,
        gradient: Tensor,
        arrays: Remembered,
        numbers: dict[str, float],
        step: UpdateStep,
    ) -> None:
        """Change a weight in place; see `StepwiseOptimizer.advance`."""
        slope = self.slope(weight, gradient, step)
        mean, square = self._averaged(slope, arrays)
        root, first = sqrt(1 - self.beta2**step.number), 1 - self.beta1**step.number
        weight.addcdiv_(mean, square.sqrt().add_(self.epsilon), value=-step.rate * root / first)


class StepwiseAdamW(Moments):
    """`StepwiseAdam` whose weight decay stays out of the means.

    With g the scaled and clipped gradient, and the means as in `StepwiseAdam`,
    ``w -= rate * (c * m / (sqrt(v) + epsilon) + decay * w)``, where c corrects the bias of the
    means, or is 1.

    Source: Apache MXNet 1.9.1, ``_contrib_adamw_update``; Loshchilov and Hutter, arXiv:1711.05101.

    >>> optimizer, weight = StepwiseAdamW(), torch.tensor([1.0])
    >>> step = UpdateStep(rate=0.1, decay=1.0)
    >>> optimizer.advance(weight, torch.ones(1), optimizer.begin(weight), {}, step)
    >>> round(weight.item(), 4)
    0.8
    """

    correct_bias: bool = param("Whether the bias of the means is corrected", default=True)

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
        correction = 1.0
        if self.correct_bias:
            correction = sqrt(1 - self.beta2**step.number) / (1 - self.beta1**step.number)
        move = mean.div(square.sqrt().add_(self.epsilon)).mul_(correction)
        weight.add_(move.add_(weight, alpha=step.decay), alpha=-step.rate)


class StepwiseAdamax(Decaying):
    """`StepwiseAdam` with the largest past gradient in place of the mean square.

    With g as in `StepwiseAdam`, ``m = beta1 * m + (1 - beta1) * g``,
    ``u = max(beta2 * u, abs(g))`` and ``w -= rate / (1 - beta1**t) * m / u``.

    Source: Apache MXNet 1.9.1; Kingma and Ba, arXiv:1412.6980, section 7.1.

    >>> optimizer, weight = StepwiseAdamax(), torch.tensor([1.0])
    >>> optimizer.advance(weight, torch.ones(1), optimizer.begin(weight), {}, UpdateStep(rate=0.5))
    >>> round(weight.item(), 4)
    0.5
    """

    lr: float = 0.002
    beta1: float = param("Decay of the mean of gradients", default=0.9, min=0, below=1)
    beta2: float = param("Decay of the largest gradient", default=0.999, min=0, max=1)

    def remembered(self) -> tuple[str, ...]:
        """Return the names of the mean and of the largest gradient."""
        return ("mean", "largest")

    def advance(
        self,
        weight: Tensor,
        gradient: Tensor,
        arrays: Remembered,
        numbers: dict[str, float],
        step: UpdateStep,
    ) -> None:
        """Change a weight in place; see `StepwiseOptimizer.advance`."""
        slope = self.slope(weight, gradient, step)
        mean = arrays["mean"].mul_(self.beta1).add_(slope, alpha=1 - self.beta1)
        largest = arrays["largest"].mul_(self.beta2)
        # The slope is this update's own, and is not needed any more.
        torch.maximum(largest, slope.abs_(), out=largest)
        weight.addcdiv_(mean, largest, value=-step.rate / (1 - self.beta1**step.number))


class StepwiseNadam(Moments, Decaying):
    """`StepwiseAdam` with Nesterov's momentum, which rises along a schedule.

    With g, m and v as in `StepwiseAdam`, ``u = beta1 * (1 - 0.96**(t * schedule_decay) / 2)``, u1
    the same for t + 1, and U the product of all u so far,
    ``w -= rate * ((1 - u) * g / (1 - U) + u1 * m / (1 - U * u1)) / (sqrt(V) + epsilon)`` with
    ``V = v / (1 - beta2**t)``.

    Source: Apache MXNet 1.9.1; Dozat (2015).

    >>> optimizer, weight = StepwiseNadam(), torch.tensor([1.0])
    >>> numbers, step = optimizer.first_numbers(), UpdateStep(rate=0.5)
    >>> optimizer.advance(weight, torch.ones(1), optimizer.begin(weight), numbers, step)
    >>> weight.item() < 0.7
    True
    """

    schedule_decay: float = param("How fast the momentum rises", default=0.004, min=0)

    _shared: ClassVar = {"momenta": 1.0}

    def _rest(self, decay: float) -> float:
        return 1 - decay  # no kernel of MXNet's own: arrays and numbers of Python

    def advance(
        self,
        weight: Tensor,
        gradient: Tensor,
        arrays: Remembered,
        numbers: dict[str, float],
        step: UpdateStep,
    ) -> None:
        """Change a weight in place; see `StepwiseOptimizer.advance`."""
        slope = self.slope(weight, gradient, step)
        now, then = self._momentum(step.number), self._momentum(step.number + 1)
        numbers["momenta"] *= now
        mean, square = self._averaged(slope, arrays)
        root = (square / (1 - self.beta2**step.number)).sqrt_().add_(self.epsilon)
        move = slope.mul_((1 - now) / (1 - numbers["momenta"]))
        move.add_(mean, alpha=then / (1 - numbers["momenta"] * then))
        weight.addcdiv_(move, root, value=-step.rate)

    def _momentum(self, number: int) -> float:
        return self.beta1 * (1 - float(0.96 ** (number * self.schedule_decay)) / 2)


class StepwiseFTML(Moments, Decaying):
    """Follows the moving leader: `StepwiseAdam` that remembers which step it wanted.

    With g as in `StepwiseAdam` and t the number of the update,
    ``v = beta2 * v + (1 - beta2) * g**2``,
    ``d1 = (1 - beta1**t) / rate * (sqrt(v / (1 - beta2**t)) + epsilon)``,
    ``z = beta1 * z + (1 - beta1) * g - (d1 - beta1 * d) * w``, ``d = d1`` and ``w = -z / d``.

    Source: Apache MXNet 1.9.1, ``ftml_update``; Zheng and Kwok, ICML (2017).

    >>> optimizer, weight = StepwiseFTML(), torch.tensor([1.0])
    >>> optimizer.advance(weight, torch.ones(1), optimizer.begin(weight), {}, UpdateStep(rate=0.5))
    >>> round(weight.item(), 4)
    0.5
    """

    lr: float = 0.0025
    beta1: float = param("Decay of the mean of gradients", default=0.6, min=0, below=1)

    def remembered(self) -> tuple[str, ...]:
        """Return the names of the scale, the mean square and the leader's sum."""
        return ("scale", "square", "leader")

    def advance(
        self,
        weight: Tensor,
        gradient: Tensor,
        arrays: Remembered,
        numbers: dict[str, float],
        step: UpdateStep,
    ) -> None:
        """Change a weight in place; see `StepwiseOptimizer.advance`."""
        slope = self.slope(weight, gradient, step)
        before, leader = arrays["scale"], arrays["leader"]
        square = arrays["square"].mul_(self.beta2).addcmul_(slope, slope, value=1 - self.beta2)
        scale = (square / (1 - self.beta2**step.number)).sqrt_().add_(self.epsilon)
        scale.mul_((1 - self.beta1**step.number) / step.rate)
        leader.mul_(self.beta1).add_(slope, alpha=1 - self.beta1)
        leader.addcmul_(scale - self.beta1 * before, weight, value=-1)
        before.copy_(scale)
        weight.copy_(leader / scale).neg_()
