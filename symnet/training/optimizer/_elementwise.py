"""What optimizers share that treat every element of a weight alike."""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import ClassVar

import torch
from torch import Tensor

from ...core.parameters import param
from ...ndarray import NDArray
from ._memory import Memory, RememberingOptimizer, check_update, signature_of
from .base import check_gradient
from .schedules import Schedule, as_schedule, get_learning_rate

__all__ = ["ElementwiseOptimizer", "UpdateRule"]

UpdateRule = Callable[..., object]
"""``rule(weight, gradient, *arrays, *scratch)`` changes the weight and the arrays in place."""

_BLOCK = 1 << 17
"""On the CPU so many elements are updated at a time: the operations of a rule then find in the
cache what the one before wrote, and scratch memory is that of one block."""


@dataclass(slots=True)
class _Block:
    """A stretch of a weight, with its gradient and what goes with them."""

    weight: Tensor
    gradient: Tensor
    arrays: tuple[Tensor, ...]
    scratch: tuple[Tensor, ...]
    normalised: Tensor | None
    widened: Tensor | None


@dataclass(slots=True, kw_only=True)
class _ElementwiseMemory(Memory):
    """The memory of one weight, and the blocks of the last update."""

    blocks: list[_Block] = field(default_factory=list)


class ElementwiseOptimizer(RememberingOptimizer):
    """Base of optimizers that treat every element alike, with a learning rate.

    A derived class lists the arrays that it remembers, and returns the rule of one update. The
    weight may be all parameters of a network in one flat array; then an update is a few operations,
    which allocate nothing and do not wait for the device.

    Rules work with the gradient's sum over the batch and not with its mean, which saves a pass:
    what is remembered is that many times larger too, and so are the constants added to it. Elements
    of 16 bits are widened to float32 for the update, and remembered so: squares of gradients would
    vanish in them.
    """

    lr: float = param("Learning rate", default=0.001, above=0)
    lr_scheduler: Schedule = param(
        "Schedule of the learning rate, in place of lr; or the name of one that begins with lr",
        default=None,
    )

    _remembered: ClassVar[Mapping[str, int]]
    """The remembered arrays, and the power of the batch size that each is multiplied by."""
    _counts: ClassVar[Mapping[str, float]] = {}
    """The remembered numbers, and what they are before the first update."""
    _scratch: ClassVar[int] = 0
    """How many more arrays a rule needs."""
    _decays: ClassVar[bool] = False
    """Whether the rule adds the weight decay itself."""

    def _prepare(self) -> None:
        self._rates = as_schedule(self.lr_scheduler, self.lr)

    @abstractmethod
    def _rule(self, rate: float, batch: int, numbers: dict[str, float]) -> UpdateRule:
        """Return the rule of the next update, and count it in the numbers.

        Args:
            rate: the learning rate.
            batch: the batch size, by which the gradient is too large.
            numbers: those of `_counts`, as the last update left them.
        """

    def _start(self) -> Mapping[str, float]:
        """Return what arrays hold before the first update, for a batch of 1; default 0."""
        return {}

    # -- memory ----------------------------------------------------------------------------------

    def create_state(self, index: int, weight: NDArray) -> Memory:
        """Return what is remembered before the first update; see `AbstractOptimizer.create_state`.

        Raises DTypeError for a weight that is no floating-point array.
        """
        check_gradient(type(self).__name__, weight, weight)
        new = partial(
            torch.full, weight.shape, dtype=_working(weight.torch), device=weight.torch.device
        )
        start = self._start()
        return _ElementwiseMemory(
            kind=signature_of(weight.torch),
            context=weight.context,
            arrays={name: new(fill_value=start.get(name, 0.0)) for name in self._remembered},
            numbers={"batch_size": 1.0, **self._counts},
        )

    def _rescale(self, memory: Memory, batch: int) -> None:
        """Make what is remembered fit another batch size than it was."""
        before = memory.numbers["batch_size"]
        if before != batch:
            for name, power in self._remembered.items():
                # The last batch of an epoch may be smaller: sums over it weigh less than what is
                # remembered.
                memory.arrays[name].mul_((batch / before) ** power)
        memory.numbers["batch_size"] = float(batch)

    # -- updates ---------------------------------------------------------------------------------

    def update(self, index: int, weight: NDArray, grad: NDArray, state: _ElementwiseMemory) -> None:
        """Change a weight in place; see `AbstractOptimizer.update`.

        Raises ShapeError, DTypeError or DeviceError where the gradient does not fit the weight,
        ArgumentError where the state does not, ReadOnlyError for a weight that may only be read.
        """
        batch, rate = self.state.batch_size, get_learning_rate(self._rates, self.state)
        other = check_update(type(self).__name__, index, weight, grad, state)
        row = weight.torch.contiguous()
        # Blocks are views, made once for the same memory. What is not contiguous is copied in each
        # update, and so are its blocks new.
        if other or row is not weight.torch or not grad.torch.is_contiguous():
            state.blocks = self._blocks(row.view(-1), grad.torch.contiguous().view(-1), state)
        self._rescale(state, batch)
        rule = self._rule(rate, batch, state.numbers)
        for block in state.blocks:
            self._apply(rule, block, batch)
        if row is not weight.torch:
            weight.torch.copy_(row)

    def _blocks(self, weight: Tensor, gradient: Tensor, memory: Memory) -> list[_Block]:
        """Return views of stretches of all arrays; they share their scratch memory."""
        # On a GPU a launch for each block would cost more than its caches save.
        size = min(weight.numel(), _BLOCK) if weight.device.type == "cpu" else weight.numel()
        work = partial(torch.empty, size, dtype=_working(weight), device=weight.device)
        scratch = [work() for _ in range(self._scratch)]
        is_half = weight.dtype != _working(weight)
        is_changed = is_half or self.grad_clip > 0 or (self.weight_decay > 0 and not self._decays)
        normalised, widened = work() if is_changed else None, work() if is_half else None
        rows = [weight, gradient, *(array.view(-1) for array in memory.arrays.values())]
        pieces = [torch.split(row, max(size, 1)) for row in rows]
        return [
            _Block(
                own,
                slope,
                tuple(arrays),
                tuple(array[: len(own)] for array in scratch),
                None if normalised is None else normalised[: len(own)],
                None if widened is None else widened[: len(own)],
            )
            for own, slope, *arrays in zip(*pieces, strict=True)
        ]

    def _apply(self, rule: UpdateRule, block: _Block, batch: int) -> None:
        """Update one block by the rule, in the units of the gradient's sum over the batch."""
        weight, gradient = block.weight, block.gradient
        if block.widened is not None and block.normalised is not None:
            weight, gradient = block.widened.copy_(weight), block.normalised.copy_(gradient)
        if self.grad_clip > 0:
            bound = self.grad_clip * batch
            gradient = torch.clamp(gradient, -bound, bound, out=block.normalised)
        if self.weight_decay > 0 and not self._decays:
            decay = self.weight_decay * batch
            gradient = torch.add(gradient, weight, alpha=decay, out=block.normalised)
        rule(weight, gradient, *block.arrays, *block.scratch)
        # It was widened: rounded once, after the whole rule, and not after each of its operations.
        if weight is not block.weight:
            block.weight.copy_(weight)


def _working(weight: Tensor) -> torch.dtype:
    """Return the element type that updates of a weight are computed in."""
    return torch.promote_types(weight.dtype, torch.float32)
