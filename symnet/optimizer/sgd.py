"""Stochastic gradient descent, one kernel per update."""

from dataclasses import dataclass
from functools import partial
from typing import Never

import torch
from torch import Tensor

from ..errors import ArgumentError, ReadOnlyError
from ..ndarray import NDArray
from ..options import NotNegative, Positive, reject_unknown
from .base import AbstractOptimizer, AbstractOptimizerOptions, check_gradient
from .schedules import (
    AbstractLearningRateScheduler,
    AbstractMomentumScheduler,
    LearningRate,
    Momentum,
    get_learning_rate,
    get_momentum,
)

__all__ = ["SGD", "SGDOptions"]

Kind = tuple[torch.Size, torch.dtype, torch.device]

_FAR = 1024.0


@dataclass(frozen=True, kw_only=True)
class SGDOptions(AbstractOptimizerOptions):
    """Options of `SGD`, checked when they are made; see there."""

    lr: Positive
    momentum: NotNegative
    lr_scheduler: AbstractLearningRateScheduler | None
    momentum_scheduler: AbstractMomentumScheduler | None


@dataclass(slots=True)
class _Velocity:
    """The m of the update rule, in the unit ``-unit``: m = -unit * buffer.

    Gradients enter the buffer almost unscaled, which keeps half precision in range.
    """

    buffer: Tensor
    unit: float = 0.0


@dataclass(slots=True)
class SGDState:
    """What SGD remembers of one weight; made by `SGD.create_state`."""

    kind: Kind
    velocity: _Velocity | None
    clipped: Tensor | None
    checked: tuple[Tensor, Tensor] | None = None
    """The weight and gradient of the last update, which need not be checked again."""


class SGD(AbstractOptimizer):
    """Stochastic gradient descent, with momentum where asked for.

    With g the `normalized_gradient`, an update is ``w -= lr * g`` without momentum, and
    ``m = momentum * m - lr * g; w += m`` with it. The weight may be all parameters of a network in
    one flat array: an update is one kernel, allocates nothing and does not wait for the device.

    Args:
        lr: learning rate, default 0.01, greater than 0.
        momentum: momentum, default 0, from 0.
        grad_clip: bound of each element of the mean gradient, default 0: no bound.
        weight_decay: factor of the weight that is added to its gradient, default 0.0001. It is the
            strength of an L2 penalty on all parameters.
        lr_scheduler: a learning-rate schedule; it takes the place of lr.
        momentum_scheduler: a momentum schedule; it takes the place of momentum.

    Raises ParameterError for an unknown option or a value outside its range.
    Source: the documents, "Built-in optimizers", "SGD"; SEMANTICS §6.3.

    >>> from symnet.optimizer.base import OptimizationState, get_updater
    >>> optimizer = SGD(lr=0.1, momentum=0.9, weight_decay=0)
    >>> optimizer.state = OptimizationState(batch_size=10)
    >>> update, weight = get_updater(optimizer), NDArray([1, 2])
    >>> update(0, NDArray([10, 20]), weight)
    >>> weight
    NDArray([0.9, 1.8], float32, CPU0)
    """

    def __init__(
        self,
        *,
        lr: float = 0.01,
        momentum: float = 0.0,
        grad_clip: float = 0.0,
        weight_decay: float = 0.0001,
        lr_scheduler: AbstractLearningRateScheduler | None = None,
        momentum_scheduler: AbstractMomentumScheduler | None = None,
        **unknown: Never,
    ) -> None:
        reject_unknown("SGD", unknown, SGDOptions.__dataclass_fields__)
        self.opts = opts = SGDOptions(
            lr=lr,
            momentum=momentum,
            grad_clip=grad_clip,
            weight_decay=weight_decay,
            lr_scheduler=lr_scheduler,
            momentum_scheduler=momentum_scheduler,
        )
        rates, momenta = opts.lr_scheduler, opts.momentum_scheduler
        fixed = Momentum.Fixed(opts.momentum) if opts.momentum > 0 else Momentum.Null()
        self._rates = LearningRate.Fixed(opts.lr) if rates is None else rates
        self._momenta = fixed if momenta is None else momenta

    def create_state(self, index: int, weight: NDArray) -> SGDState:
        """Return the velocity and the scratch memory of one weight, where they are needed."""
        check_gradient("SGD", weight, weight)
        new = partial(torch.zeros_like, weight.torch, memory_format=torch.contiguous_format)
        return SGDState(
            kind=_kind(weight.torch),
            velocity=None if isinstance(self._momenta, Momentum.Null) else _Velocity(new()),
            clipped=new() if self.opts.grad_clip > 0 else None,
        )

    def update(self, index: int, weight: NDArray, grad: NDArray, state: SGDState) -> None:
        """Change a weight in place; see `AbstractOptimizer.update`.

        Raises ShapeError, DTypeError or DeviceError where the gradient does not fit the weight,
        ArgumentError where the state does not, ReadOnlyError for a weight that may only be read.
        """
        _check(index, weight, grad, state)
        batch = self.state.batch_size
        step = get_learning_rate(self._rates, self.state) / batch
        momentum = get_momentum(self._momenta, self.state)
        gradient, decay = self._clip(grad.torch, state, batch), self.opts.weight_decay * batch
        if state.velocity is None:
            _descend(weight.torch, gradient, weight_decay=decay, lr=step)
        else:
            velocity = state.velocity
            _accelerate(weight.torch, gradient, velocity, decay=decay, step=step, momentum=momentum)

    def _clip(self, gradient: Tensor, state: SGDState, batch: int) -> Tensor:
        if state.clipped is None:
            return gradient
        bound = self.opts.grad_clip * batch  # the gradient is a sum, the option bounds its mean
        return torch.clamp(gradient, -bound, bound, out=state.clipped)


def _kind(tensor: Tensor) -> Kind:
    return tensor.shape, tensor.dtype, tensor.device


def _check(index: int, weight: NDArray, grad: NDArray, state: SGDState) -> None:
    """Raise where the kernel would read or write what it must not."""
    if not weight.writable:
        raise ReadOnlyError("SGD: this weight may only be read; update weight.copy() instead")
    pair = state.checked
    if pair is not None and pair[0] is weight.torch and pair[1] is grad.torch:
        return
    if not _kind(grad.torch) == _kind(weight.torch) == state.kind:
        check_gradient("SGD", weight, grad)
        raise ArgumentError(
            f"SGD: the state of weight {index} was made for {state.kind}, but the weight is now "
            f"{_kind(weight.torch)}; give each weight its own index, or make a new updater"
        )
    state.checked = weight.torch, grad.torch


def _accelerate(
    weight: Tensor,
    gradient: Tensor,
    velocity: _Velocity,
    *,
    decay: float,
    step: float,
    momentum: float,
) -> None:
    """Apply ``m = momentum * m - step * (gradient + decay * weight); weight += m``.

    The kernel knows ``v = momentum * v + (1 - dampening) * g; w -= lr * v``. With m = -unit * v
    that is the same rule for lr = unit and 1 - dampening = step / unit, so rate and batch size may
    change from update to update, also to and from 0.
    """
    if step > _FAR * velocity.unit:  # at first, when the unit is 0, and where the rate soars
        velocity.buffer.mul_(velocity.unit / step)
        velocity.unit = step
    if velocity.unit == 0:
        return  # all rates were 0 so far
    if momentum == 0:  # which the kernel takes to mean that there is no velocity
        velocity.buffer.zero_()
        momentum = 1.0
    _descend(
        weight,
        gradient,
        velocity.buffer,
        weight_decay=decay,
        lr=velocity.unit,
        momentum=momentum,
        dampening=1 - step / velocity.unit,
    )


def _descend(
    weight: Tensor,
    gradient: Tensor,
    buffer: Tensor | None = None,
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
