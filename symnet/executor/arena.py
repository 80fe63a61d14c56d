"""Arenas: arrays side by side in memory, so that what is done to all of them is done at once."""

from collections import Counter
from collections.abc import Mapping
from math import prod

import torch

from ..context import Context
from ..ndarray import NDArray
from ..op import Shape

__all__ = ["Arena", "zeros_of"]

_ALIGNMENT = 16
"""Arrays begin at multiples of so many elements of their arena."""


def zeros_of(shape: Shape, dtype: torch.dtype, context: Context) -> NDArray:
    """Return an array of zeros."""
    return NDArray.wrap(torch.zeros(shape, dtype=dtype, device=context.device), context)


class Arena:
    """Arrays that lie side by side in memory, one flat array for each element type.

    What is done to all parameters, an update or an all-reduce, is then a few operations on the flat
    arrays, whatever the number of layers. The gaps that alignment leaves hold zeros.

    Args:
        described: shape and element type of each array, by name.
        context: where they live.
    """

    def __init__(
        self, described: Mapping[str, tuple[Shape, torch.dtype]], context: Context
    ) -> None:
        sizes: Counter[torch.dtype] = Counter()
        offsets: dict[str, int] = {}
        for name, (shape, dtype) in described.items():
            offsets[name] = sizes[dtype]
            sizes[dtype] += -(-prod(shape) // _ALIGNMENT) * _ALIGNMENT
        self.flat = [zeros_of((size,), dtype, context) for dtype, size in sizes.items()]
        by_dtype = {array.torch.dtype: array.torch for array in self.flat}
        self.arrays: dict[str, NDArray] = {}
        for name, (shape, dtype) in described.items():
            start = offsets[name]
            view = by_dtype[dtype][start : start + prod(shape)].view(shape)
            self.arrays[name] = NDArray.wrap(view, context)
