"""The state of random generators, to draw the same numbers once more."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["RandomState", "replayed"]


@dataclass(frozen=True)
class RandomState:
    """The states of the random generators that a device's programs draw from.

    >>> from symnet.core.context import cpu
    >>> before = RandomState.of(cpu().device)
    >>> first = torch.rand(3)
    >>> before.restore()
    >>> bool((torch.rand(3) == first).all())
    True
    """

    host: Tensor
    device: torch.device
    on_device: Tensor | None

    @classmethod
    def of(cls, device: torch.device) -> "RandomState":
        """Return the states as they are now."""
        own = torch.cuda.get_rng_state(device) if device.type == "cuda" else None
        return cls(torch.get_rng_state(), device, own)

    def restore(self) -> None:
        """Let the generators go on from these states."""
        torch.set_rng_state(self.host)
        if self.on_device is not None:
            torch.cuda.set_rng_state(self.on_device, self.device)


@contextmanager
def replayed(state: RandomState | None) -> Iterator[None]:
    """Draw once more what was drawn from a state on, and go on as if nothing had been drawn.

    >>> from symnet.core.context import cpu
    >>> before = RandomState.of(cpu().device)
    >>> first, second = torch.rand(3), torch.rand(3)
    >>> with replayed(before):
    ...     bool((torch.rand(3) == first).all())
    True

    Args:
        state: the state; None changes nothing.
    """
    if state is None:
        yield
        return
    now = RandomState.of(state.device)
    state.restore()
    try:
        yield
    finally:
        now.restore()
