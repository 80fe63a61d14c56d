"""Updates while backward runs: each gradient is worked into its weight, and let go."""

from collections.abc import Sequence
from functools import partial
from typing import final

import torch
from torch import Tensor

from ...executor import Arena
from ..optimizer import Updater
from ..optimizer.base import PartialUpdate

__all__ = ["UpdatesAtOnce"]

_BYTES = 4 * 2**20
"""Of fewer parameters the gradients take little memory, and one update of all is faster."""


@final
class UpdatesAtOnce:
    """Works gradients into weights as they are handed over, so that they never live all at once.

    Args:
        weights: the weights.

    `takers` has for each weight what its gradient is given to, after `begin` of the step.
    """

    def __init__(self, weights: Arena) -> None:
        self._weights = weights
        self._parts: Sequence[PartialUpdate] = ()
        self.takers = {name: self._taker(name) for name in weights.arrays}

    @staticmethod
    def pays(weights: Arena) -> bool:
        """Whether it is possible, and saves memory worth an update for each weight."""
        size = sum(flat.torch.nbytes for flat in weights.flat)
        plain = all(
            flat.torch.dtype == torch.float32 and flat.context.device_type == "cpu"
            for flat in weights.flat
        )
        return plain and size >= _BYTES

    def begin(self, updater: Updater) -> None:
        """Begin the update of a step."""
        self._parts = [updater.begin(n, flat) for n, flat in enumerate(self._weights.flat)]

    def _taker(self, name: str) -> "partial[None]":
        index, stretch = self._weights.stretch(name)
        return partial(self._take, index, stretch, self._weights.arrays[name].torch)

    def _take(self, index: int, stretch: slice, weight: Tensor, gradient: Tensor) -> None:
        count, whole = weight.numel(), stretch.stop - stretch.start
        if gradient.stride() == weight.stride() and count == whole:
            row = gradient.as_strided((count,), (1,))
        else:  # in the weight's order, and with zeros for the gap after it
            row = gradient.new_zeros(whole)
            row.as_strided(weight.shape, weight.stride()).copy_(gradient)
        self._parts[index](stretch, row)
