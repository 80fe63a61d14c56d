"""How Python, NumPy and the libraries that know DLPack see an NDArray."""

from typing import Any

import numpy as np
from torch import Tensor

from ..core.context import Context
from ..core.errors import ShapeError
from ._dlpack import exported
from ._memory import fresh
from .host import copied_to_numpy, numpy_over

__all__ = ["Exportable"]


class Exportable:
    """The ways out of an array: numbers of Python, NumPy arrays, DLPack capsules."""

    __slots__ = ()

    _tensor: Tensor
    _context: Context
    _writable: bool

    def item(self) -> float:
        """Return the one element as a number of Python; ShapeError where there are several.

        >>> from symnet.ndarray import array
        >>> array([2.5]).item(), array(7, dtype="int32").item()
        (2.5, 7)
        """
        number: float = self._single("a number").item()
        return number

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __bool__(self) -> bool:
        return bool(self._single("true or false"))

    def _single(self, what: str) -> Tensor:
        if self._tensor.numel() != 1:
            shape = tuple(self._tensor.shape)
            raise ShapeError(f"only an array of one element is {what}, this one has shape {shape}")
        return self._tensor

    def asnumpy(self) -> np.ndarray:
        """Return a copy as a NumPy array (bfloat16, which NumPy lacks, as float32)."""
        return copied_to_numpy(self._tensor)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        """Return a NumPy array, over the same memory where that is possible and no copy is asked.

        That of a read-only array is read-only.
        """
        return numpy_over(self._tensor, self._context, self._writable, dtype, copy)

    def __dlpack__(
        self,
        *,
        stream: Any = None,
        max_version: tuple[int, int] | None = None,
        dl_device: tuple[Any, int] | None = None,
        copy: bool | None = None,
    ) -> Any:
        """Return a DLPack capsule: ``torch.from_dlpack(arr)`` and the like share the memory.

        The arguments are those of the array API standard. A read-only array is copied, for torch
        and others would write into it. Raises BufferError where something cannot be done.
        """
        if copy is False and not self._writable:
            raise BufferError(
                "a read-only array is handed over as a copy, and copy=False forbids it"
            )
        source = self._tensor if self._writable else fresh(self._tensor)
        return exported(
            source, stream=stream, max_version=max_version, dl_device=dl_device, copy=copy
        )

    def __dlpack_device__(self) -> tuple[Any, int]:
        """Return the kind of device and its number, as DLPack has them."""
        return self._tensor.__dlpack_device__()
