"""Arenas: arrays side by side in memory, so that what is done to all of them is done at once."""

from collections import Counter
from collections.abc import Mapping
from math import prod

import torch

from ..core.context import Context
from ..ndarray import NDArray
from ..ndarray.creation import allocated
from ..operators.contract import Shape

__all__ = ["Arena", "zeros_of"]

_ALIGNMENT = 16
"""Arrays begin at multiples of so many elements of their arena: at cache lines of 64 bytes where
they hold float32, so that vector instructions load from aligned addresses."""


def zeros_of(shape: Shape, dtype: torch.dtype, context: Context) -> NDArray:
    """Return an array of zeros. Raises DeviceError, with the bytes, where there is no room."""
    return allocated(torch.zeros, shape, context, dtype)


class Arena:
    """Arrays that lie side by side in memory, one flat array for each context and element type.

    What is done to all parameters, an update or an all-reduce, is then a few operations on the flat
    arrays, whatever the number of layers. The gaps that alignment leaves hold zeros.

    Args:
        described: shape and element type of each array, by name.
        context: where they live.
        elsewhere: the contexts of those that live on another one, by name.
    """

    def __init__(
        self,
        described: Mapping[str, tuple[Shape, torch.dtype]],
        context: Context,
        elsewhere: Mapping[str, Context] | None = None,
    ) -> None:
        kinds = {
            name: ((elsewhere or {}).get(name, context), dtype)
            for name, (_, dtype) in described.items()
        }
        sizes: Counter[tuple[Context, torch.dtype]] = Counter()
        offsets: dict[str, int] = {}
        for name, (shape, _) in described.items():
            offsets[name] = sizes[kinds[name]]
            sizes[kinds[name]] += -(-prod(shape) // _ALIGNMENT) * _ALIGNMENT
        flat = {(own, dtype): zeros_of((n,), dtype, own) for (own, dtype), n in sizes.items()}
        self.flat = list(flat.values())
        self.arrays: dict[str, NDArray] = {}
        for name, (shape, _) in described.items():
            start, whole = offsets[name], flat[kinds[name]]
            view = whole.torch[start : start + prod(shape)].view(shape)
            self.arrays[name] = NDArray.wrap(view, whole.context)
