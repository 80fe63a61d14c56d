"""NDArray: an array on a context."""

import builtins
from collections.abc import Iterator, Sequence
from types import NotImplementedType
from typing import Any, NoReturn, Self, final

import numpy as np
import torch
from torch import Tensor

from ..arithmetic import DIVIDE, MINUS, NUMBERS, PLUS, TIMES, Arithmetic, Binary, Number, is_number
from ..context import Context
from ..dtype import DTypeLike, default_dtype, dtype_name, to_torch
from ..errors import ArgumentError, DeviceError, DTypeError, ReadOnlyError, ShapeError
from ..op import Shape
from .elements import ELEMENTS, FLOATS, change, element, operand, result_of
from .host import Host, copied_to_numpy, host_tensor, is_shareable
from .memory import write
from .shapes import bounds, located, new_shape, row_number, whole_bound

__all__ = ["NDArray", "over"]


@final
class NDArray(Arithmetic):
    """An array of numbers on a context, over a `torch.Tensor`.

    Made by `array`, `empty`, `zeros`, `ones` or `full`, or from host data: ``NDArray([[1, 2]])``.
    A slice along axis 0 shares memory with the array it was taken from. Arithmetic wants equal
    shapes: nothing is broadcast, except a number.

    Args:
        data: a NumPy array, a list, a number, a tensor or an NDArray; copied.
        context: where the array will live, default ``cpu()``.
        dtype: element type; default that of a tensor or NDArray, float32 for everything else.

    Source: the documents, "NDArrays" and "NDArray API".

    >>> a = NDArray([[1, 2], [3, 4]])
    >>> b = a[1:2]
    >>> b[:] = 0
    >>> a
    NDArray([[1., 2.],
             [0., 0.]], float32, CPU0)
    """

    __slots__ = ("__weakref__", "_context", "_tensor", "_writable")

    _tensor: Tensor
    _context: Context
    _writable: bool

    def __init__(
        self,
        data: "Host | Tensor | NDArray",
        context: Context | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        place = located(context)
        source = data._tensor if isinstance(data, NDArray) else host_tensor(data)
        kind = _own_dtype(data, source) if dtype is None else to_torch(dtype)
        kept = torch.contiguous_format
        made = source.to(place.device, kind, copy=True, memory_format=kept)
        self._tensor = made if made.ndim else made.reshape(1)
        self._context, self._writable = place, True

    @classmethod
    def wrap(cls, tensor: Tensor, context: Context, *, writable: bool = True) -> "NDArray":
        """Return an NDArray over a tensor that lives on the context, sharing its memory.

        A tensor without axes becomes an array of shape ``(1,)``.
        """
        if tensor.dtype not in ELEMENTS:
            raise DTypeError(f"an NDArray has no elements of {tensor.dtype}; convert the tensor")
        if tensor.device != context.device:
            raise DeviceError(f"the tensor lives on {tensor.device}, not on {context}")
        seen = tensor.detach() if tensor.requires_grad else tensor
        return over(seen if seen.ndim else seen.view(1), context, writable)

    # -- what it is ------------------------------------------------------------------------------

    @property
    def torch(self) -> Tensor:
        """The tensor behind the array, sharing memory."""
        return self._tensor

    @property
    def context(self) -> Context:
        """The context that the array lives on."""
        return self._context

    @property
    def shape(self) -> Shape:
        """Length of each axis."""
        return tuple(self._tensor.shape)

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self._tensor.ndim

    @property
    def size(self) -> int:
        """Number of elements."""
        return self._tensor.numel()

    @property
    def dtype(self) -> str:
        """Name of the element type, as ``"float32"``."""
        return dtype_name(self._tensor.dtype)

    @property
    def writable(self) -> bool:
        """Whether the array may be written; slices inherit it."""
        return self._writable

    def __len__(self) -> int:
        return self._tensor.shape[0]

    def __iter__(self) -> Iterator["NDArray"]:
        return (self[row] for row in range(len(self)))

    def __float__(self) -> float:
        return float(self._single("a number"))

    def __bool__(self) -> bool:
        return bool(self._single("true or false"))

    def _single(self, what: str) -> Tensor:
        if self.size != 1:
            raise ShapeError(
                f"only an array of one element is {what}, this one has shape {self.shape}"
            )
        return self._tensor

    def __repr__(self) -> str:
        numbers = np.array2string(self.asnumpy(), separator=", ", prefix="NDArray(")
        return f"NDArray({numbers}, {self.dtype}, {self._context})"

    # -- copies and views ------------------------------------------------------------------------

    def asnumpy(self) -> np.ndarray:
        """Return a copy as a NumPy array (bfloat16, which NumPy lacks, as float32)."""
        return copied_to_numpy(self._tensor)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        """Return a NumPy array, over the same memory where that is possible and no copy is asked.

        That of a read-only array is read-only.
        """
        if copy or not is_shareable(self._tensor):
            found = self.asnumpy()
        else:
            found = self._tensor.numpy()
            if not self._writable:
                found.flags.writeable = False
        wanted = found if dtype is None else found.astype(dtype, copy=False)
        if copy is False and not (wanted is found and is_shareable(self._tensor)):
            raise ArgumentError(
                f"NumPy needs a copy of {self.dtype} on {self._context} for an array of "
                f"{wanted.dtype}; leave copy=False out"
            )
        return wanted

    def copy(self, context: Context | None = None) -> "NDArray":
        """Return a copy on a context, default the array's own."""
        place = self._context if context is None else located(context)
        copied = self._tensor.to(place.device, copy=True, memory_format=torch.contiguous_format)
        return over(copied, place)

    def astype(self, dtype: DTypeLike) -> "NDArray":
        """Return a copy with another element type; floats become integers by truncation."""
        return over(self._tensor.to(to_torch(dtype), copy=True), self._context)

    def reshape(self, *shape: int | Sequence[int]) -> "NDArray":
        """Return an array of another shape over the same memory.

        Args:
            shape: ``reshape((3, 2))`` or ``reshape(3, 2)``; one -1 stands for what is left.

        Raises ShapeError where the elements do not fit, or do not lie in order.
        """
        wanted = new_shape(shape, self.shape)
        try:
            seen = self._tensor.view(wanted)
        except RuntimeError:
            raise ShapeError(
                f"cannot reshape {self.shape} into {wanted} over the same memory, whose order is "
                "another; copy it first, arr.copy().reshape(...)"
            ) from None
        return over(seen, self._context, self._writable)

    def slice(self, start: int, stop: int) -> "NDArray":
        """Return rows ``start`` to ``stop`` of axis 0, sharing memory.

        Raises ShapeError unless ``0 <= start < stop <= shape[0]``; a slice is never empty.
        """
        return self._rows(whole_bound(start), whole_bound(stop))

    def _rows(self, start: int, stop: int) -> "NDArray":
        rows = self._tensor.shape[0]
        if not 0 <= start < stop <= rows:
            raise ShapeError(
                f"slice [{start}:{stop}] must satisfy 0 <= start < stop <= {rows} "
                "(the array's rows)"
            )
        if stop - start == rows:
            return self
        return over(self._tensor[start:stop], self._context, self._writable)

    def __getitem__(self, key: builtins.slice | int) -> "NDArray":
        if not isinstance(key, builtins.slice):
            row = row_number(key, len(self))
            one = self._rows(row, row + 1)
            return one if self.ndim == 1 else over(one._tensor[0], self._context, self._writable)
        if key.start is None and key.stop is None and key.step is None:
            return self
        return self._rows(*bounds(key, len(self)))

    def __setitem__(self, key: builtins.slice | int, value: "Host | Tensor | NDArray") -> None:
        self[key]._assign(value)

    def _assign(self, value: "Host | Tensor | NDArray") -> None:
        target = self._writing()
        if isinstance(value, NDArray):
            source = value._tensor
        elif is_number(value):
            target.fill_(element(value, target.dtype))
            return
        else:
            source = host_tensor(value)
        if source.shape != target.shape:
            raise ShapeError(
                f"cannot assign shape {tuple(source.shape)} to shape {self.shape}; "
                "shapes must be equal"
            )
        write(target, source)

    def _writing(self) -> Tensor:
        """Return the tensor in order to write into it."""
        if not self._writable:
            raise ReadOnlyError("this array may only be read; write into arr.copy() instead")
        return self._tensor

    # -- arithmetic ------------------------------------------------------------------------------

    def _arithmetic(
        self, operation: Binary, other: "NDArray | Number", *, reflected: bool
    ) -> "NDArray":
        mine, theirs = self._tensor, self._operand(operation, other)
        left, right = (theirs, mine) if reflected else (mine, theirs)
        if mine.dtype in FLOATS and not (reflected and operation is DIVIDE):
            return over(operation.function(left, right), self._context)
        return over(result_of(operation, left, right), self._context)

    def _operand(self, operation: Binary, other: "NDArray | Number") -> Tensor | float:
        """Return the other operand as torch wants it, once it is known to fit."""
        mine = self._tensor
        dtype = mine.dtype
        if dtype is torch.bool:
            raise _no_arithmetic(operation.sign)
        if not isinstance(other, NDArray):
            return operand(other, dtype, operation)
        theirs = other._tensor
        if mine.shape != theirs.shape:
            raise ShapeError(
                f"{self.shape} {operation.sign} {other.shape}: shapes must be equal, nothing is "
                "broadcast; reshape or repeat one operand first"
            )
        if dtype is not theirs.dtype:
            raise DTypeError(
                f"{self.dtype} {operation.sign} {other.dtype}: "
                "convert one operand with .astype(...)"
            )
        if self._context is not other._context and mine.device != theirs.device:
            raise DeviceError(
                f"operands live on {self._context} and {other._context}; "
                f"copy one with .copy(mx.{self._context.device_type}({self._context.device_id}))"
            )
        return theirs

    def __neg__(self) -> "NDArray":
        if self._tensor.dtype is torch.bool:
            raise _no_arithmetic("-")
        return over(-self._tensor, self._context)

    def _change(self, operation: Binary, other: "NDArray | Number") -> Self | NotImplementedType:
        """Apply an operation in place."""
        fits = isinstance(other, (NDArray, NUMBERS))
        if fits:
            change(operation, self._writing(), self._operand(operation, other))
        return self if fits else NotImplemented

    def __iadd__(self, other: "NDArray | Number") -> Self:
        return self._change(PLUS, other)

    def __isub__(self, other: "NDArray | Number") -> Self:
        return self._change(MINUS, other)

    def __imul__(self, other: "NDArray | Number") -> Self:
        return self._change(TIMES, other)

    def __itruediv__(self, other: "NDArray | Number") -> Self:
        return self._change(DIVIDE, other)

    def __ipow__(self, other: object) -> NoReturn:
        raise ArgumentError("only += -= *= /= work in place; write arr[:] = arr ** number instead")


def over(tensor: Tensor, context: Context, writable: bool = True) -> NDArray:
    """Return an NDArray over a tensor of which all is known to be well."""
    made = NDArray.__new__(NDArray)
    made._tensor, made._context, made._writable = tensor, context, writable
    return made


def _own_dtype(data: object, tensor: Tensor) -> torch.dtype:
    """Return the element type of a new array where none is asked for."""
    if not isinstance(data, (NDArray, Tensor)):
        return default_dtype
    if tensor.dtype not in ELEMENTS:
        raise DTypeError(f"an NDArray has no elements of {tensor.dtype}; say which, dtype=…")
    return tensor.dtype


def _no_arithmetic(sign: str) -> DTypeError:
    return DTypeError(
        f"bool arrays have no arithmetic ({sign}); convert with .astype('float32') first"
    )
