"""Connections between rank 0 and each of the others."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import torch.distributed as dist
from torch import Tensor

__all__ = ["Lines"]

_FOREVER = timedelta(days=3650)


class Lines:
    """Connections between rank 0 and each of the others, for messages that only those two see.

    Args:
        rank: the number of this process.
        groups: the process group of rank 0 and rank n, for n from 1.
    """

    def __init__(self, rank: int, groups: Sequence[Any]) -> None:
        self._rank, self._groups = rank, groups

    def send(self, tensor: Tensor, rank: int) -> None:
        """Send a tensor on the CPU; RuntimeError where the other rank is gone."""
        dist.send(tensor, dst=rank, group=self._group(rank))

    def receive(self, tensor: Tensor, rank: int, seconds: float | None = None) -> Tensor:
        """Fill a tensor on the CPU with what the other rank sends, and return it.

        Args:
            tensor: where to put it.
            rank: who sends it.
            seconds: how long to wait; None for as long as the other rank lives.

        Raises RuntimeError where it is gone, or does not send in time.
        """
        begun: Any = dist.irecv(tensor, src=rank, group=self._group(rank))
        begun.wait(_FOREVER if seconds is None else timedelta(seconds=seconds))
        return tensor

    def _group(self, rank: int) -> Any:
        return self._groups[max(rank, self._rank) - 1]
