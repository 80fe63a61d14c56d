"""Stochastic gradient descent, one kernel per update."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from ...core.parameters import param
from ...ndarray import NDArray
from ._memory import Memory, RememberingOptimizer, check_update, signature_of
from .base import PartialUpdate, check_gradient
from .momenta import AbstractMomentumScheduler, Momentum, get_momentum
from .schedules import Schedule, as_schedule, get_learning_rate

__all__ = ["SGD"]

_FAR = 1024.0


@dataclass(slots=True, kw_only=True)
class SGDMemory(Memory):
    """What SGD remembers of one weight.

    The m of the update rule is ``-unit * velocity``. Gradients enter the velocity almost unscaled,
    which keeps half precision in range.
    """

    clipped: Tensor | None
    """Scratch memory for the clipped gradient."""


class SGD(RememberingOptimizer):
    """Stochastic gradient descent, with momentum where asked for.

    With g the `normalized_gradient`, an update is ``w -= lr * g`` without momentum, and
    ``m = momentum * m - lr * g; w += m`` with it. The weight may be all parameters of a network in
    one flat array: an update is one kernel, allocates nothing and does not wait for the device.

    Source: the documents, "Built-in optimizers", "SGD"; docs/semantics §6.3.

    >>> from symnet.training.optimizer import OptimizationState, get_updater
    >>> optimizer = SGD(lr=0.1, momentum=0.9, weight_decay=0)
    >>> optimizer.state = OptimizationState(batch_size=10)
    >>> update, weight = get_updater(optimizer), NDArray([1, 2])
    >>> update(0, NDArray([10, 20]), weight)
    >>> weight
    NDArray([0.9, 1.8], float32, CPU0)
    """

    lr: float = param("Learning rate", default=0.01, above=0)
    momentum: float = param("Momentum", default=0.0, min=0, max=1)
    weight_decay: float = param(
        "Factor of the weight that is added to its gradient: the strength of an L2 penalty",
        default=0.0001,
        min=0,
    )
    lr_scheduler: Schedule = param(
        "Schedule of the learning rate, in place of lr; or the name of one that begins with lr",
        default=None,
    )
    momentum_scheduler: AbstractMomentumScheduler | None = param(
        "Schedule of the momentum, in place of momentum", default=None
    )

    def _prepare(self) -> None:
        fixed = Momentum.Fixed(self.momentum) if self.momentum > 0 else Momentum.Null()
        self._rates = as_schedule(self.lr_scheduler, self.lr)
        self._momenta = self.momentum_scheduler or fixed

    def create_state(self, index: int, weight: NDArray) -> SGDMemory:
        """Return the velocity and the scratch memory of one weight, where they are needed."""
        check_gradient("SGD", weight, weight)
        new = partial(torch.zeros_like, weight.torch, memory_format=torch.contiguous_format)
        still = isinstance(self._momenta, Momentum.Null)
        return SGDMemory(
            kind=signature_of(weight.torch),
            context=weight.context,
            arrays={} if still else {"velocity": new()},
            numbers={} if still else {"unit": 0.0},
            clipped=new() if self.grad_clip > 0 else None,
        )

    def update(self, index: int, weight: NDArray, grad: NDArray, state: SGDMemory) -> None:
        """Change a weight in place; see `AbstractOptimizer.update`.

        Raises ShapeError, DTypeError or DeviceError where the gradient does not fit the weight,
        ArgumentError where the state does not, ReadOnlyError for a weight that may only be read.
        """
        check_update("SGD", index, weight, grad, state)
        descend = self._begin(state)
        if descend is not None:
            gradient = self._clip(grad.torch, state, self.state.batch_size)
            descend(weight.torch, gradient, state.arrays.get("velocity"))

    @property
    def in_parts(self) -> bool:
        """Whether weights are updated part by part: where nothing is clipped."""
        return self.grad_clip == 0

    def begin_update(self, index: int, weight: NDArray, state: SGDMemory) -> PartialUpdate:
        """Begin an update that comes part by part; see `AbstractOptimizer.begin_update`."""
        check_update("SGD", index, weight, weight, state)
        descend, velocity, whole = self._begin(state), state.arrays.get("velocity"), weight.torch

        def update(part: slice, gradient: Tensor) -> None:
            if descend is not None:
                descend(whole[part], gradient, None if velocity is None else velocity[part])

        return update

    def _begin(self, memory: SGDMemory) -> Callable[[Tensor, Tensor, Tensor | None], None] | None:
        """Return the kernel of the next update with its numbers; None where it changes nothing.

        With m the momentum, an update is ``m = momentum * m - step * (gradient + decay * weight);
        weight += m``. The kernel knows ``v = momentum * v + (1 - dampening) * g; w -= lr * v``.
        With m = -unit * v that is the same rule for lr = unit and 1 - dampening = step / unit, so
        rate and batch size may change from update to update, also to and from 0.
        """
        batch = self.state.batch_size
        step = get_learning_rate(self._rates, self.state) / batch
        momentum = get_momentum(self._momenta, self.state)
        decay = self.weight_decay * batch
        if not memory.arrays:
            return partial(_descend, weight_decay=decay, lr=step)
        velocity, unit = memory.arrays["velocity"], memory.numbers["unit"]
        if step > _FAR * unit:  # at first, when the unit is 0, and where the rate soars
            velocity.mul_(unit / step)
            memory.numbers["unit"] = unit = step
        if unit == 0:
            return None  # all rates were 0 so far
        if momentum == 0:  # which the kernel takes to mean that there is no velocity
            velocity.zero_()
            momentum = 1.0
        return partial(
            _descend, weight_decay=decay, lr=unit, momentum=momentum, dampening=1 - step / unit
        )

    def _clip(self, gradient: Tensor, state: SGDMemory, batch: int) -> Tensor:
        if state.clipped is None:
            return gradient
        bound = self.grad_clip * batch  # the gradient is a sum, the option bounds its mean
        return torch.clamp(gradient, -bound, bound, out=state.clipped)


def _descend(
    weight: Tensor,
    gradient: Tensor,
    buffer: Tensor | None,
    *,
    weight_decay: float,
    lr: float,
    momentum: float = 0.0,
    dampening: float = 0.0,
) -> None:
    """Run the kernel of `torch.optim.SGD`, whose own Python would cost more than a small update."""
    row = weight.contiguous()  # the kernel ignores strides
    torch._fused_sgd_(
        [row],
        [gradient.contiguous()],
        [] if buffer is None else [buffer],
        weight_decay=weight_decay,
        momentum=momentum,
        lr=lr,
        dampening=dampening,
        nesterov=False,
        maximize=False,
        is_first_step=False,
    )
    if row is not weight:
        weight.copy_(row)
