"""Rows of arrays in memory, which are put together when somebody asks for them."""

from collections.abc import Iterator, Sequence
from typing import Any, final, overload

import torch
from torch import Tensor

from ..core.context import cpu
from ..ndarray import NDArray
from ._staging import send_rows

__all__ = ["TakenRows", "length_of", "read_only"]

_HOST = cpu()
_FEW = 2**14
"""Bytes that are copied in less time than a call into torch takes."""


def read_only(tensor: Tensor) -> NDArray:
    """Return a read-only array over a tensor of the host, sharing memory."""
    return NDArray.wrap(tensor, _HOST, writable=False)


@final
class TakenRows(Sequence[NDArray]):
    """The same rows of several arrays, as a batch of a shuffled pass.

    They are gathered once for whoever looks at them. Whoever only wants them in memory of his own,
    as a training does, has them gathered right there, which saves a pass over the memory.

    Args:
        arrays: the arrays, on the host; nobody may write to them.
        rows: which rows, int64.

    >>> taken = TakenRows([torch.arange(6).reshape(3, 2).float()], torch.tensor([2, 0]))
    >>> len(taken), length_of(taken)
    (1, 2)
    >>> taken[0]
    NDArray([[4., 5.],
             [0., 1.]], float32, CPU0, read-only)
    """

    __slots__ = ("_arrays", "_rows", "_taken")

    def __init__(self, arrays: Sequence[Tensor], rows: Tensor) -> None:
        self._arrays, self._rows = arrays, rows
        self._taken: list[NDArray] | None = None

    @property
    def length(self) -> int:
        """How many rows there are."""
        return self._rows.shape[0]

    def write(self, position: int, target: Tensor) -> bool:
        """Gather the rows of one array in a tensor, and tell whether that was possible.

        It is not where the tensor has another shape, element type or order of memory; nor where
        they are gathered already, or are so few, as labels are, that to have them for
        somebody else who asks saves more.
        """
        source = self._arrays[position]
        if self._taken is not None or target.nbytes < _FEW:
            return False
        plain = target.dtype is source.dtype and target.is_contiguous()
        fits = plain and target.shape == (self.length, *source.shape[1:])
        if fits and target.is_cuda:
            send_rows(source, self._rows, target)
        elif fits:
            torch.index_select(source, 0, self._rows, out=target)
        return fits

    def _list(self) -> list[NDArray]:
        if self._taken is None:
            # Measured: index_select takes 0.4 of the time of array[rows].
            self._taken = [read_only(a.index_select(0, self._rows)) for a in self._arrays]
        return self._taken

    def __len__(self) -> int:
        return len(self._arrays)

    def __iter__(self) -> Iterator[NDArray]:
        return iter(self._list())

    @overload
    def __getitem__(self, place: int) -> NDArray: ...

    @overload
    def __getitem__(self, place: slice) -> list[NDArray]: ...

    def __getitem__(self, place: int | slice) -> NDArray | list[NDArray]:
        return self._list()[place]

    def __repr__(self) -> str:
        return repr(self._list())

    def __reduce__(self) -> tuple[Any, ...]:
        # Without the arrays that the rows come from, which may be large.
        return list, (self._list(),)


def length_of(arrays: Sequence[NDArray]) -> int:
    """Return how many rows the first of some arrays has, without putting them together."""
    return arrays.length if type(arrays) is TakenRows else len(arrays[0])
