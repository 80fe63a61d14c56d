"""The way of gathered rows to a GPU: through memory of the host that the GPU reads by itself."""

from collections.abc import Callable
from typing import Any, final

import torch
from torch import Tensor
from torch.utils.weak import WeakIdKeyDictionary

__all__ = ["send_rows"]


@final
class _Stage:
    """Two pinned buffers that take turns.

    While the GPU copies from one, and computes, the rows of the next batch are gathered in the
    other. Each is used again when the GPU has read it, which an event tells.

    Args:
        like: where the rows go, on the GPU.
    """

    def __init__(self, like: Tensor) -> None:
        self._buffers = [_pinned(like), _pinned(like)]
        event: Callable[[], Any] = torch.cuda.Event
        self._read = [event(), event()]
        self._turn = 0

    def send(self, source: Tensor, rows: Tensor, target: Tensor) -> None:
        buffer, read = self._buffers[self._turn], self._read[self._turn]
        self._turn = 1 - self._turn
        read.synchronize()  # of the copy before last; at first there is nothing to wait for
        torch.index_select(source, 0, rows, out=buffer)
        with torch.cuda.device(target.device):
            target.copy_(buffer, non_blocking=True)
            read.record()


def _pinned(like: Tensor) -> Tensor:
    return torch.empty(like.shape, dtype=like.dtype, pin_memory=True)


_STAGES = WeakIdKeyDictionary()
"""The stage of each target, as long as that lives."""


def send_rows(source: Tensor, rows: Tensor, target: Tensor) -> None:
    """Gather rows of an array of the host in an array of a GPU, without waiting for the GPU.

    Args:
        source: the array, on the host.
        rows: which rows.
        target: where they go: of the same element type, and contiguous.
    """
    if target not in _STAGES:
        _STAGES[target] = _Stage(target)
    _STAGES[target].send(source, rows, target)
