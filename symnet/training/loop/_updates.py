"""From the gradients of batches to updates: accumulated, scaled back, bounded."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import final

import torch
from torch import Tensor

from ...core.errors import ArgumentError
from ..callback import AbstractAveraging, AbstractCallback
from ._precision import LossScale
from .devices import DeviceGroup
from .options import FitOptions

__all__ = ["Updates"]


@final
class Updates:
    """What becomes of the gradient of each batch.

    Args:
        devices: where gradients and weights are.
        options: those of the training.
        batch_size: how many samples all batches of an update have, in all processes.
        scale: the scale of the losses, where there is one.
        callbacks: all callbacks, of which one may average the weights.

    Raises ArgumentError where several do.
    """

    def __init__(
        self,
        devices: DeviceGroup,
        options: FitOptions,
        batch_size: int,
        scale: LossScale | None,
        callbacks: Sequence[AbstractCallback],
    ) -> None:
        self._devices, self._scale, self._every = devices, scale, options.accumulate
        averaging = [each for each in callbacks if isinstance(each, AbstractAveraging)]
        if len(averaging) > 1:
            names = ", ".join(type(each).__name__ for each in averaging)
            raise ArgumentError(f"fit: one callback can average the weights, not {names} at once")
        self._averaging = averaging[0] if averaging else None
        if self._averaging is not None:
            self._averaging.watch(devices.learned())
        # The gradient is a sum over the batches.
        clip = options.clip_norm
        self._bound = None if clip is None else clip * batch_size
        self._sums: list[Tensor] = []
        self._pending = 0

    def begin_step(self) -> None:
        """Get ready for a batch."""
        if self._scale is not None:
            self._scale.give(self._devices.everywhere)

    def is_usable(self) -> bool:
        """Tell whether the gradient of the batch counts, once it has been scaled back."""
        return self._scale is None or self._scale.take_back(self._devices.gradients)

    def take(self, epoch: int, *, usable: bool = True) -> None:
        """Take in the gradient of a batch, and update where that is due."""
        self._pending += 1
        if self._every == 1:
            if usable:
                self._update(epoch)
            return
        gradients = self._devices.gradients
        if not self._sums:
            self._sums = [torch.zeros_like(each) for each in gradients]
        if usable:
            for total, gradient in zip(self._sums, gradients, strict=True):
                total.add_(gradient)
        if self._pending == self._every:
            self._update_by_sums(epoch)

    def finish_epoch(self, epoch: int) -> None:
        """Update by what fewer batches than are wanted have left."""
        if self._every > 1 and self._pending:
            self._update_by_sums(epoch)
        if self._averaging is not None:
            self._averaging.after_epoch(epoch)

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Have the averages of the weights in their place, where there are any."""
        self._exchange()
        try:
            yield
        finally:
            self._exchange()

    def _exchange(self) -> None:
        if self._averaging is not None:
            self._averaging.exchange()
            self._devices.spread()

    def resume(self) -> None:
        """Go on with the weights that a checkpoint kept beside their averages."""
        if self._averaging is not None:
            self._averaging.put_back()
            self._devices.spread()

    def _update_by_sums(self, epoch: int) -> None:
        for total, gradient in zip(self._sums, self._devices.gradients, strict=True):
            gradient.copy_(total)
            total.zero_()
        self._update(epoch)

    def _update(self, epoch: int) -> None:
        self._pending = 0
        self._devices.update(self._bound)
        if self._averaging is not None:
            self._averaging.after_update(epoch)
