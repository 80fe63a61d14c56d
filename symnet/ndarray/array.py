"""NDArray: an array on a context."""

import builtins
from collections.abc import Iterator, Sequence
from types import NotImplementedType
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor

from ..core.arithmetic import (
    DIVIDE,
    MINUS,
    PLUS,
    POWER,
    TIMES,
    Number,
    Operation,
    Operators,
    is_number,
)
from ..core.context import Context
from ..core.dtype import DTypeLike, dtype_name, to_torch
from ..core.errors import ArgumentError, DeviceError, DTypeError, ReadOnlyError, ShapeError
from ..operators.attribute_hints import AttributeHints
from ..operators.contract import Shape
from ._exchange import Exportable
from ._memory import Reach, apart, fresh, is_lent, reach, write
from ._misfit import misfit
from ._shapes import bounds, located, new_shape, row_number, whole_bound
from ._storing import Stored, revived, stored
from .comparison import Comparison, Elementwise, check_stranger
from .elements import (
    ELEMENTS,
    FLOATS,
    ElementType,
    change,
    element,
    no_arithmetic,
    operand,
    own_dtype,
    result_of,
    result_of_reflected,
)
from .host import Host, host_tensor

__all__ = ["NDArray", "over"]


class NDArray(AttributeHints, Operators, Elementwise, Exportable):
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

    __slots__ = ("__weakref__", "_context", "_reached", "_shape", "_tensor", "_writable")

    way_out = "; mx.array(…) makes an NDArray of numbers that the host has"

    # What torch would find out anew each time.
    _shape: Shape
    _reached: Reach | None

    def __init__(
        self,
        data: "Host | Tensor | NDArray",
        context: Context | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        place = located(context)
        given = data._tensor if isinstance(data, NDArray) else data
        source = host_tensor(given)
        kind = own_dtype(given) if dtype is None else to_torch(dtype)
        made = fresh(source, place.device, kind)
        self._tensor = made if made.ndim else made.reshape(1)
        self._context, self._writable = place, True
        self._shape, self._reached = tuple(self._tensor.shape), None

    @classmethod
    def wrap(cls, tensor: Tensor, context: Context, *, writable: bool = True) -> "NDArray":
        """Return an NDArray over a tensor that lives on the context, sharing its memory.

        A tensor without axes becomes an array of shape ``(1,)``.
        """
        if not (isinstance(tensor, Tensor) and isinstance(context, Context)):
            raise ArgumentError(f"wrap takes a tensor and a context, got {tensor!r}, {context!r}")
        if tensor.dtype not in ELEMENTS:
            raise DTypeError(f"an NDArray has no elements of {tensor.dtype}; convert the tensor")
        if tensor.device != context.device:
            raise DeviceError(f"the tensor lives on {tensor.device}, not on {context}")
        seen = tensor.detach() if tensor.requires_grad else tensor
        return over(seen if seen.ndim else seen.view(1), context, writable)

    # -- what it is ------------------------------------------------------------------------------

    @property
    def torch(self) -> Tensor:
        """The tensor behind the array, sharing memory.

        It must keep its shape and its place. torch has no read-only tensors: that of a read-only
        array must only be read.
        """
        return self._tensor

    @property
    def is_lent(self) -> bool:
        """Whether others, as NumPy or by DLPack, may write into the array's memory.

        >>> import numpy as np
        >>> a = NDArray([1, 2])
        >>> lent = a.is_lent, np.asarray(a), a.is_lent
        >>> lent[0], lent[2]
        (False, True)
        """
        return is_lent(self._tensor)

    @property
    def context(self) -> Context:
        """The context that the array lives on."""
        return self._context

    @property
    def shape(self) -> Shape:
        """Length of each axis."""
        return self._shape

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self._shape)

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
        return self._shape[0]

    def __iter__(self) -> Iterator["NDArray"]:
        return (self[row] for row in range(len(self)))

    def __repr__(self) -> str:
        host = np.asarray(self)
        notes = [np.array2string(host, separator=", ", prefix="NDArray(")]
        if not 0 < host.size <= np.get_printoptions()["threshold"]:
            notes.append(f"shape={self.shape}")  # which the numbers do not show
        notes += [self.dtype, repr(self._context)]
        if not self._writable:
            notes.append("read-only")
        return f"NDArray({', '.join(notes)})"

    def wait_to_read(self) -> None:
        """Wait until the array's device has done all that was asked of it.

        Nothing has to be waited for in order to read: `asnumpy`, `item` and `copyto` do it. Use it
        to measure time, and to meet a GPU's errors here.

        >>> NDArray([1]).wait_to_read()
        """
        self._context.synchronize()

    # -- copies and views ------------------------------------------------------------------------

    def copy(self, context: Context | None = None) -> "NDArray":
        """Return a copy on a context, default the array's own."""
        place = self._context if context is None else located(context)
        return over(fresh(self._tensor, place.device), place)

    def __copy__(self) -> "NDArray":
        return over(fresh(self._tensor), self._context, self._writable)

    def __deepcopy__(self, memo: object) -> "NDArray":
        return self.__copy__()

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (stored(self._tensor, self._context), self._writable)

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
        rows = self._shape[0]
        if not 0 <= start < stop <= rows:
            raise ShapeError(
                f"slice [{start}:{stop}] must satisfy 0 <= start < stop <= {rows} "
                "(the array's rows)"
            )
        # The whole array is the array itself: a view would cost a tensor, and mean the same.
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
            # Between arrays of one shape it is one call; what overlaps must be copied aside first.
            if value._shape == self._shape and not self._meets(value):
                target.copy_(source)
                return
        elif is_number(value):
            target.fill_(element(value, target.dtype))
            return
        else:
            source = host_tensor(value)
        if source.shape != self._shape:
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

    def _operate(
        self, operation: Operation, other: "NDArray | Number", *, reflected: bool = False
    ) -> Any:
        mine = self._tensor
        dtype = mine.dtype
        theirs = self._operand(operation.sign, other, dtype)
        if theirs is NotImplemented:
            return self._stranger(operation.sign, other)
        if reflected:
            result = result_of_reflected(operation, theirs, mine)
        elif operation is POWER or dtype not in FLOATS:
            result = result_of(operation, mine, theirs)
        else:  # by far the most frequent, and a call saved
            result = operation.function(mine, theirs)
        return over(result, self._context, shape=self._shape)

    def _operand(self, sign: str, other: object, dtype: ElementType) -> Any:
        """Return the other operand as torch wants it, once it is known to fit.

        NotImplemented for what is neither an array nor a number.
        """
        if not isinstance(other, NDArray):
            return operand(other, dtype, sign) if is_number(other) else NotImplemented
        theirs = other._tensor
        if (
            self._shape != other._shape
            or dtype is not theirs.dtype
            or (self._context is not other._context and self._tensor.device != theirs.device)
        ):
            raise misfit(self, sign, other)
        return theirs

    def _compare(self, comparison: Comparison, other: object) -> Any:
        theirs = self._operand(comparison.sign, other, self._tensor.dtype)
        if theirs is NotImplemented:
            check_stranger(comparison.sign, other)
            return NotImplemented
        return over(comparison.function(self._tensor, theirs), self._context)

    def __neg__(self) -> "NDArray":
        if self._tensor.dtype is torch.bool:
            raise no_arithmetic("-")
        return over(-self._tensor, self._context)

    def _change(self, operation: Operation, other: "NDArray | Number") -> Self | NotImplementedType:
        """Apply an operation in place."""
        target = self._tensor if self._writable else self._writing()
        dtype = target.dtype
        theirs = self._operand(operation.sign, other, dtype)
        fits = theirs is not NotImplemented
        if fits and isinstance(other, NDArray) and self._meets(other):
            theirs = apart(theirs, target)
        if fits:
            change(operation, target, theirs, dtype)
        return self if fits else self._stranger(f"{operation.sign}=", other)

    def _meets(self, other: "NDArray") -> bool:
        """Tell whether two arrays may share memory."""
        mine, theirs = self._reached, other._reached
        if mine is None:
            mine = self._reached = reach(self._tensor)
        if theirs is None:
            theirs = other._reached = reach(other._tensor)
        return mine[0] < theirs[1] and theirs[0] < mine[1]

    def __iadd__(self, other: "NDArray | Number") -> Self:
        return self._change(PLUS, other)

    def __isub__(self, other: "NDArray | Number") -> Self:
        return self._change(MINUS, other)

    def __imul__(self, other: "NDArray | Number") -> Self:
        return self._change(TIMES, other)

    def __itruediv__(self, other: "NDArray | Number") -> Self:
        return self._change(DIVIDE, other)

    def __ipow__(self, other: "NDArray | Number") -> Self:
        raise ArgumentError("only += -= *= /= work in place; write arr[:] = arr ** number instead")


def over(
    tensor: Tensor, context: Context, writable: bool = True, shape: Shape | None = None
) -> NDArray:
    """Return an NDArray over a tensor of which all is known to be well, and perhaps its shape."""
    made = NDArray.__new__(NDArray)
    made._tensor, made._context, made._writable = tensor, context, writable
    made._shape, made._reached = tuple(tensor.shape) if shape is None else shape, None
    return made


def _restored(found: Stored, writable: bool) -> NDArray:
    """Return an array that was pickled."""
    return over(*revived(*found), writable)
