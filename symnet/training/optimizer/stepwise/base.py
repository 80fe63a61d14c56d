"""What optimizers share whose updates are told everything that may differ between weights."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor

from ....core.parameters import param
from ....ndarray import NDArray
from .._memory import Memory, RememberingOptimizer, check_update, signature_of
from ..base import check_gradient
from ..schedules import Schedule, as_schedule, get_learning_rate

__all__ = ["DecayOrder", "Decaying", "Remembered", "StepwiseOptimizer", "UpdateStep"]

Remembered = Mapping[str, Tensor]
DecayOrder = Literal["decay_last", "decay_first"]
"""Whether the decay is added to the clipped gradient, or before the sum is clipped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateStep:
    """The numbers of one update of one weight.

    Args:
        rate: the learning rate.
        decay: factor of the weight decay, default 0.
        rescale: what the gradient is multiplied by first, default 1.
        clip: bound of each element of the scaled gradient, default none.
        number: how many updates of this weight there are, with this one; default 1.

    >>> import symnet as mx
    >>> mx.UpdateStep(rate=0.1, rescale=1 / 32).rescale
    0.03125
    """

    rate: float
    decay: float = 0.0
    rescale: float = 1.0
    clip: float | None = None
    number: int = 1

    def scaled(self, gradient: Tensor) -> Tensor:
        """Return the gradient scaled and clipped, as a new tensor.

        >>> step = UpdateStep(rate=0.1, rescale=0.5, clip=2)
        >>> print(step.scaled(torch.tensor([1.0, 8.0])).numpy())
        [0.5 2. ]
        """
        result = gradient * self.rescale
        return result if self.clip is None else result.clamp_(-self.clip, self.clip)


class StepwiseOptimizer(RememberingOptimizer):
    """Base of optimizers that are told the `UpdateStep` of each update.

    A derived class names what it remembers of each element, and defines `advance`. Called through
    `update`, all weights have the same step: the scheduled rate, ``weight_decay``, the gradient's
    mean over the batch and ``grad_clip``.

    >>> import symnet as mx
    >>> isinstance(mx.StepwiseNAG(lr=0.1), mx.StepwiseOptimizer)
    True
    """

    lr: float = param("Learning rate", default=0.01, above=0)
    lr_scheduler: Schedule = param(
        "Schedule of the learning rate, in place of lr; or the name of one that begins with lr",
        default=None,
    )

    _shared: ClassVar[Mapping[str, float]] = {}
    """The numbers that `advance` changes, and what they are before the first update."""

    def _prepare(self) -> None:
        self._rates = as_schedule(self.lr_scheduler, self.lr)

    @abstractmethod
    def remembered(self) -> tuple[str, ...]:
        """Return the names of what is remembered of each element, under these options."""

    @abstractmethod
    def advance(
        self,
        weight: Tensor,
        gradient: Tensor,
        arrays: Remembered,
        numbers: dict[str, float],
        step: UpdateStep,
    ) -> None:
        """Change a weight, and what is remembered of it, in place.

        Args:
            weight: the weight.
            gradient: its gradient, which is left as it is.
            arrays: what `begin` returned for the weight.
            numbers: what `first_numbers` returned.
            step: the numbers of this update.
        """

    def begin(self, weight: Tensor) -> dict[str, Tensor]:
        """Return what is remembered before the first update: zeros like the weight."""
        return {
            name: torch.zeros_like(weight, memory_format=torch.contiguous_format)
            for name in self.remembered()
        }

    def first_numbers(self) -> dict[str, float]:
        """Return the numbers that are remembered, as they are before the first update."""
        return dict(self._shared)

    def create_state(self, index: int, weight: NDArray) -> Memory:
        """Return what is remembered before the first update; see `AbstractOptimizer.create_state`.

        Raises DTypeError for a weight that is no floating-point array.
        """
        check_gradient(type(self).__name__, weight, weight)
        return Memory(
            kind=signature_of(weight.torch),
            context=weight.context,
            arrays=self.begin(weight.torch),
            numbers={"updates": 0.0, **self.first_numbers()},
        )

    def update(self, index: int, weight: NDArray, grad: NDArray, state: Memory) -> None:
        """Change a weight in place; see `AbstractOptimizer.update`.

        Raises ShapeError, DTypeError or DeviceError where the gradient does not fit the weight,
        ArgumentError where the state does not, ReadOnlyError for a weight that may only be read.
        """
        check_update(type(self).__name__, index, weight, grad, state)
        state.numbers["updates"] += 1
        step = UpdateStep(
            rate=get_learning_rate(self._rates, self.state),
            decay=self.weight_decay,
            rescale=1 / self.state.batch_size,
            clip=self.grad_clip or None,
            number=int(state.numbers["updates"]),
        )
        self.advance(weight.torch, grad.torch, state.arrays, state.numbers, step)


class Decaying(StepwiseOptimizer):
    """Base of optimizers that add the weight decay to the gradient in either order."""

    order: DecayOrder = param(
        "Whether weight decay is added after clipping, or before it", default="decay_first"
    )

    def slope(self, weight: Tensor, gradient: Tensor, step: UpdateStep) -> Tensor:
        """Return the gradient scaled, clipped and with the weight decay, as a new tensor."""
        return decayed(weight, gradient, step, self.order)


def decayed(weight: Tensor, gradient: Tensor, step: UpdateStep, order: DecayOrder) -> Tensor:
    """Return the gradient scaled, clipped and with the weight decay, as a new tensor.

    >>> step, one = UpdateStep(rate=0.1, decay=2.0, clip=1.5), torch.ones(1)
    >>> decayed(one, one, step, "decay_last").item(), decayed(one, one, step, "decay_first").item()
    (3.0, 1.5)
    """
    if order == "decay_last":
        return step.scaled(gradient).add_(weight, alpha=step.decay)
    result = (gradient * step.rescale).add_(weight, alpha=step.decay)
    return result if step.clip is None else result.clamp_(-step.clip, step.clip)
