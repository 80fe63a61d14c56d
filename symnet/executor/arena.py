"""Arenas: arrays side by side in memory, so that what is done to all of them is done at once."""

import mmap
import os
from collections import Counter
from collections.abc import Collection, Hashable, Mapping
from math import prod

import torch
from torch import Tensor

from ..core.context import Context
from ..ndarray import NDArray
from ..ndarray.creation import allocated
from ..operators.contract import Shape

__all__ = ["Arena", "zeros_of"]

_LARGE = 2**20
"""Arrays of so many bytes have pages of their own."""

_PRIVATE = {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS} if os.name == "posix" else {}

_ALIGNMENT = 16
"""Arrays begin at multiples of so many elements of their arena: at cache lines of 64 bytes where
they hold float32, so that vector instructions load from aligned addresses."""


def zeros_of(shape: Shape, dtype: torch.dtype, context: Context) -> NDArray:
    """Return an array of zeros. Raises DeviceError, with the bytes, where there is no room."""
    return allocated(_zeros, shape, context, dtype)


def _zeros(shape: Shape, *, dtype: torch.dtype, device: torch.device) -> Tensor:
    size = prod(shape) * dtype.itemsize
    if device.type != "cpu" or size < _LARGE:
        return torch.zeros(shape, dtype=dtype, device=device)
    # Fresh pages hold zeros, and are there only once they are touched: gradients that nobody keeps
    # take no memory, and nothing is written twice.
    try:
        memory = mmap.mmap(-1, size, **_PRIVATE)
    except (OSError, OverflowError) as error:
        raise RuntimeError(str(error)) from error  # as torch does where there is no room
    return torch.frombuffer(memory, dtype=dtype).view(shape)


class Arena:
    """Arrays side by side in memory: a flat array for each context, element type and group.

    What is done to all parameters, an update or an all-reduce, is then a few operations on the flat
    arrays, whatever the number of layers. The gaps that alignment leaves hold zeros.

    Args:
        described: shape and element type of each array, by name.
        context: where they live.
        elsewhere: the contexts of those that live on another one, by name.
        groups: what tells those apart that are updated unlike each other, by name; default nothing.
        channels_last: the names of those whose axis 1 varies fastest in memory.
    """

    def __init__(
        self,
        described: Mapping[str, tuple[Shape, torch.dtype]],
        context: Context,
        elsewhere: Mapping[str, Context] | None = None,
        groups: Mapping[str, Hashable] | None = None,
        channels_last: Collection[str] = (),
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
        self.channels_last = frozenset(channels_last)
        self.arrays: dict[str, NDArray] = {}
        self._places = {name: (offsets[name], shape) for name, (shape, _) in described.items()}
        for name in described:
            whole = flat[kinds[name]]
            self.arrays[name] = NDArray.wrap(self._part(name, whole.torch), whole.context)

    def stretch(self, name: str) -> tuple[int, slice]:
        """Return where an array lies: the number of its flat array, and from where to where in it.

        It ends where the next one begins: the gap after the array is a part of it.
        """
        index = next(n for n, own in enumerate(self.members) if name in own)
        start, shape = self._places[name]
        return index, slice(start, start + -(-prod(shape) // _ALIGNMENT) * _ALIGNMENT)

    def _part(self, name: str, flat: Tensor, *, plain: bool = False) -> Tensor:
        """Return the view of a flat array that an array is, or would be in plain order."""
        start, shape = self._places[name]
        stretch = flat[start : start + prod(shape)]
        if plain or name not in self.channels_last:
            return stretch.view(shape)
        return stretch.view(shape[0], *shape[2:], shape[1]).movedim(-1, 1)

    def in_plain_order(self, index: int | None, flat: NDArray) -> NDArray:
        """Return an array that is laid out like a flat array, with all parts in plain order.

        What is saved must not depend on the machine that saved it.

        Args:
            index: number of the flat array, None for none.
            flat: an array like it; others, and those without such parts, are returned as they are.
        """
        return self._reordered(index, flat, to_plain=True)

    def from_plain_order(self, index: int | None, flat: NDArray) -> NDArray:
        """Return what `in_plain_order` was given, from what it returned."""
        return self._reordered(index, flat, to_plain=False)

    def _reordered(self, index: int | None, flat: NDArray, *, to_plain: bool) -> NDArray:
        if index is None or index >= len(self.flat):
            return flat
        moved = [name for name in self.members[index] if name in self.channels_last]
        if not moved or flat.shape != self.flat[index].shape:
            return flat
        result = flat.torch.clone()
        for name in moved:
            source = self._part(name, flat.torch, plain=not to_plain)
            self._part(name, result, plain=to_plain).copy_(source)
        return NDArray.wrap(result, flat.context)
