"""Arenas: arrays side by side in memory, so that what is done to all of them is done at once."""

from collections import Counter
from collections.abc import Hashable, Mapping
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
    """Arrays side by side in memory: a flat array for each context, element type and group.

    What is done to all parameters, an update or an all-reduce, is then a few operations on the flat
    arrays, whatever the number of layers. The gaps that alignment leaves hold zeros.

    Args:
        described: shape and element type of each array, by name.
        context: where they live.
        elsewhere: the contexts of those that live on another one, by name.
        groups: what tells those apart that are updated unlike each other, by name; default nothing.
    """

    def __init__(
        self,
        described: Mapping[str, tuple[Shape, torch.dtype]],
        context: Context,
        elsewhere: Mapping[str, Context] | None = None,
        groups: Mapping[str, Hashable] | None = None,
    ) -> None:
        homes, groups = elsewhere or {}, groups or {}
        kinds = {
            name: (homes.get(name, context), dtype, groups.get(name))
            for name, (_, dtype) in described.items()
        }
        sizes: Counter[tuple[Context, torch.dtype, Hashable]] = Counter()
        offsets: dict[str, int] = {}
        for name, (shape, _) in described.items():
            offsets[name] = sizes[kinds[name]]
            sizes[kinds[name]] += -(-prod(shape) // _ALIGNMENT) * _ALIGNMENT
        flat = {kind: zeros_of((n,), kind[1], kind[0]) for kind, n in sizes.items()}
        self.flat = list(flat.values())
        self.members = [[name for name, own in kinds.items() if own == kind] for kind in flat]
        """The names of the arrays that each flat array holds."""
        self.arrays: dict[str, NDArray] = {}
        for name, (shape, _) in described.items():
            start, whole = offsets[name], flat[kinds[name]]
            view = whole.torch[start : start + prod(shape)].view(shape)
            self.arrays[name] = NDArray.wrap(view, whole.context)
