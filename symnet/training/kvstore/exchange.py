"""BucketedSum: gradients summed over processes while backward goes on."""

from collections.abc import Sequence
from typing import Any

from ...ndarray import NDArray
from ...program.buckets import Bucket, buckets_of
from .world import World

__all__ = ["BucketedSum"]


class BucketedSum:
    """Sums the flat gradients of all ranks, bucket by bucket.

    A bucket whose gradients are final is sent while backward computes those of the layers before.
    All ranks send the same buckets in the same order, also those that have no batch or a short one
    and call `finish` only. During the first step everything is sent in `finish`: before that,
    nobody knows where the gradients lie.

    Args:
        world: the processes.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._flat: Sequence[NDArray] = ()
        self._order: list[Bucket] = []
        self._final: set[Bucket] = set()
        self._begun: list[Any] = []

    def ready(self, start: int, stop: int, flat_index: int) -> None:
        """Send a stretch of the gradients that is final, and those that waited for it.

        Args:
            start: its first element, within the flat array.
            stop: the element after its last one.
            flat_index: which of the flat arrays it lies in.
        """
        self._final.add(Bucket(start, stop, flat_index))
        while len(self._begun) < len(self._order) and self._order[len(self._begun)] in self._final:
            self._send_next()

    def finish(self, gradients: Sequence[NDArray]) -> None:
        """Send what has not been sent, and wait until all gradients are sums over all ranks.

        Args:
            gradients: the flat arrays, the same ones at every step.
        """
        if not self._order:
            self._flat = gradients
            tensors = [array.torch for array in gradients]
            sizes = [(tensor.numel(), tensor.element_size()) for tensor in tensors]
            self._order = list(buckets_of(sizes))
        while len(self._begun) < len(self._order):
            self._send_next()
        for begun in self._begun:
            self._world.wait(begun)
        self._begun, self._final = [], set()

    def _send_next(self) -> None:
        bucket = self._order[len(self._begun)]
        stretch = self._flat[bucket.flat_index].torch[bucket.start : bucket.stop]
        self._begun.append(self._world.start_sum(stretch))
