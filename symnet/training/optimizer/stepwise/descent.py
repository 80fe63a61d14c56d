"""Plain descent and its relatives: momentum, Nesterov's, signs, noise, delays, layers' rates."""

from dataclasses import replace
from math import sqrt
from typing import ClassVar

import torch
from torch import Tensor

from ....core.parameters import param
from .base import Decaying, DecayOrder, Remembered, StepwiseOptimizer, UpdateStep, decayed

__all__ = [
    "StepwiseDCASGD",
    "StepwiseLARS",
    "StepwiseNAG",
    "StepwiseSGD",
    "StepwiseSGLD",
    "StepwiseSignum",
]


class StepwiseSGD(Decaying):
    """Stochastic gradient descent with the step of each weight.

    With g the scaled and clipped gradient plus the decay, an update is ``w -= rate * g``, or
    ``m = momentum * m - rate * g; w += m``.

    Source: Apache MXNet 1.9.1, ``sgd_update`` and ``sgd_mom_update``.

    >>> weight = torch.tensor([1.0, 2.0])
    >>> StepwiseSGD().advance(weight, torch.ones(2), {}, {}, UpdateStep(rate=0.5))
    >>> print(weight.numpy())
    [0.5 1.5]
    """

    momentum: float = param("Momentum", default=0.0, min=0, max=1)
    order: DecayOrder = "decay_last"

    def remembered(self) -> tuple[str, ...]:
        """Return the name of the velocity, where there is momentum."""
        return ("momentum",) if self.momentum else ()

    def advance(
        self,
        weight: Tensor,
        gradient: Tensor,
        arrays: Remembered,
        numbers: dict[str, float],
        step: UpdateStep,
    ) -> None:
        """Change a weight in place; see `StepwiseOptimizer.advance`."""
        velocity = arrays["momentum"].mul_(self.momentum) if arrays else weight
        if step.clip is None:  # a sum of two multiples, for which nothing is allocated
            if step.decay:
                velocity.add_(weight, alpha=-step.rate * step.decay)
            velocity.add_(gradient, alpha=-step.rate * step.rescale)
        else:
            slope = self.slope(weight, gradient, step)
            velocity.add_(slope, alpha=-step.rate)
        if arrays:
            weight.add_(velocity)


class StepwiseNAG(StepwiseSGD):
    """Descent with Nesterov's momentum: the gradient counts once more after the velocity.

    With g as in `StepwiseSGD`, an update is ``m = momentum * m``,
    ``w += momentum * m - (1 + momentum) * rate * g`` and ``m -= rate * g``, where the second g has
    the decay of the new weight: so it is in 1.9.1.

    Source: Apache MXNet 1.9.1, ``nag_mom_update``; Nesterov (1983).

    >>> weight, arrays = torch.tensor([1.0]), {"momentum": torch.zeros(1)}
    >>> StepwiseNAG(momentum=0.5).advance(weight, torch.ones(1), arrays, {}, UpdateStep(rate=0.5))
    >>> weight.item()
    0.25
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
        if not arrays:
            super().advance(weight, gradient, arrays, numbers, step)
            return
        velocity = arrays["momentum"].mul_(self.momentum)
        # Computed before the weight moves; below it is computed anew, for the weight that has
        # moved.
        slope = self.slope(weight, gradient, step)
        weight.add_(velocity, alpha=self.momentum)
        weight.add_(slope, alpha=-step.rate * (1 + self.momentum))
        velocity.add_(self.slope(weight, gradient, step), alpha=-step.rate)


class StepwiseSignum(StepwiseOptimizer):
    """Steps of one length: by the sign of the gradient, or of its mean.

    With g the scaled and clipped gradient plus the decay, an update is
    ``m = momentum * m - (1 - momentum) * g`` and
    ``w = (1 - rate * apart) * w + rate * sign(m)``. Without momentum it is
    ``w = (1 - rate * decay) * w - rate * sign(gradient)``.

    Source: Apache MXNet 1.9.1, ``signum_update``; Bernstein et al., arXiv:1802.04434.

    >>> weight, arrays = torch.tensor([1.0, 2.0]), {"momentum": torch.zeros(2)}
    >>> slope, step = torch.tensor([3.0, -9.0]), UpdateStep(rate=0.5)
    >>> StepwiseSignum().advance(weight, slope, arrays, {}, step)
    >>> print(weight.numpy())
    [0.5 2.5]
    """

    momentum: float = param("Momentum", default=0.9, min=0, max=1)
    apart: float = param("Weight decay that is kept out of the gradient", default=0.0, min=0)

    def remembered(self) -> tuple[str, ...]:
        """Return the name of the mean, where there is momentum."""
        return ("momentum",) if self.momentum else ()

    def advance(
        self,
        weight: Tensor,
        gradient: Tensor,
        arrays: Remembered,
        numbers: dict[str, float],
        step: UpdateStep,
    ) -> None:
        """Change a weight in place; see `StepwiseOptimizer.advance`."""
        if not arrays:
            weight.mul_(1 - step.rate * step.decay).add_(gradient.sign(), alpha=-step.rate)
            return
        # The mean is of the negative gradient, as in 1.9.1, whose states are read and written.
        slope = decayed(weight, gradient, step, "decay_last")
        mean = arrays["momentum"].mul_(self.momentum).add_(slope, alpha=self.momentum - 1)
        weight.mul_(1 - step.rate * self.apart).add_(mean.sign(), alpha=step.rate)


class StepwiseSGLD(StepwiseOptimizer):
    """Descent with noise: samples from the posterior of the weights, in the long run.

    With g as in `StepwiseSGD`, an update is ``w -= rate / 2 * g``, and normal noise of
    variance rate.

    Source: Apache MXNet 1.9.1; Patterson and Teh, NIPS (2013).

    >>> weight = torch.zeros(10000)
    >>> StepwiseSGLD().advance(weight, torch.ones(10000), {}, {}, UpdateStep(rate=0.01))
    >>> abs(weight.mean().item() + 0.005) < 0.01, abs(weight.std().item() - 0.1) < 0.01
    (True, True)
    """

    def remembered(self) -> tuple[str, ...]:
        """Return nothing."""
        return ()

    def advance(
        self,
        weight: Tensor,
        gradient: Tensor,
        arrays: Remembered,
        numbers: dict[str, float],
        step: UpdateStep,
    ) -> None:
        """Change a weight in place; see `StepwiseOptimizer.advance`."""
        slope = decayed(weight, gradient, step, "decay_last")
        weight.add_(slope, alpha=-step.rate / 2)
        weight.add_(torch.randn_like(weight), alpha=sqrt(step.rate))


class StepwiseDCASGD(StepwiseOptimizer):
    """Descent that makes up for gradients which come late, as workers of their own send them.

    With g the scaled and clipped gradient and p the weight of the update before, the slope is
    ``s = g + decay * w + scale * g**2 * (w - p)``; then it goes as in `StepwiseSGD`.

    Source: Apache MXNet 1.9.1; Zheng et al., arXiv:1609.08326.

    >>> optimizer, weight = StepwiseDCASGD(), torch.tensor([1.0])
    >>> arrays = optimizer.begin(weight)
    >>> for _ in range(2):
    ...     optimizer.advance(weight, torch.ones(1), arrays, {}, UpdateStep(rate=0.5))
    >>> round(weight.item(), 4)
    0.01
    """

    momentum: float = param("Momentum", default=0.0, min=0, max=1)
    scale: float = param("Weight of the compensation", default=0.04, min=0)

    def remembered(self) -> tuple[str, ...]:
        """Return the names of the velocity, where there is momentum, and the weight before."""
        return ("momentum", "previous") if self.momentum else ("previous",)

    def begin(self, weight: Tensor) -> dict[str, Tensor]:
        """Return what is remembered before the first update: the weight itself."""
        arrays = super().begin(weight)
        arrays["previous"].copy_(weight)
        return arrays

    def advance(
        self,
        weight: Tensor,
        gradient: Tensor,
        arrays: Remembered,
        numbers: dict[str, float],
        step: UpdateStep,
    ) -> None:
        """Change a weight in place; see `StepwiseOptimizer.advance`."""
        scaled, before = step.scaled(gradient), arrays["previous"]
        late = (weight - before).mul_(scaled).mul_(scaled)
        slope = scaled.add_(weight, alpha=step.decay).add_(late, alpha=self.scale)
        # What the next update takes for the weight that its gradient was computed at.
        before.copy_(weight)
        if "momentum" in arrays:
            slope = arrays["momentum"].mul_(-self.momentum).add_(slope, alpha=step.rate).neg_()
            weight.add_(slope)
        else:
            weight.add_(slope, alpha=-step.rate)


class StepwiseLARS(StepwiseSGD):
    """Descent with a rate for each weight, by the norms of the weight and of its gradient.

    The rate is multiplied by ``eta * |w| / (|g| + decay * |w| + epsilon)``, with g the scaled
    gradient, where neither norm is 0; then it goes as in `StepwiseSGD`.

    Source: Apache MXNet 1.9.1; You, Gitman and Ginsburg, arXiv:1708.03888.

    >>> optimizer, weight = StepwiseLARS(eta=0.5), torch.tensor([3.0, 4.0])
    >>> optimizer.advance(weight, torch.tensor([0.6, 0.8]), {}, {}, UpdateStep(rate=1.0))
    >>> print(weight.numpy())
    [1.5 2. ]
    """

    by_weight: ClassVar[bool] = True

    eta: float = param("How much the norms count", default=0.001, above=0)
    epsilon: float = param("Added to the gradient's norm", default=0.0, min=0)

    def rate_of(self, weight: Tensor, gradient: Tensor, step: UpdateStep) -> float:
        """Return the rate of this weight."""
        own = float(weight.float().norm())
        slope = float(gradient.float().norm()) * step.rescale
        if own <= 0 or slope <= 0:
            return step.rate
        return step.rate * self.eta * own / (slope + step.decay * own + self.epsilon)

    def advance(
        self,
        weight: Tensor,
        gradient: Tensor,
        arrays: Remembered,
        numbers: dict[str, float],
        step: UpdateStep,
    ) -> None:
        """Change a weight in place; see `StepwiseOptimizer.advance`."""
        rate = self.rate_of(weight, gradient, step)
        super().advance(weight, gradient, arrays, numbers, replace(step, rate=rate))
