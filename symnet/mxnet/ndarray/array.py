"""NDArray as Python-MXNet has it: broadcasting arithmetic, NumPy's indexing, operators as methods.

Source: Apache MXNet 1.9.1, ``mxnet.ndarray.NDArray``.
"""

import re
from collections.abc import Iterator, Sequence
from math import isfinite
from typing import Any, Self, overload

import numpy as np

from ...core.arithmetic import DIVIDE, MINUS, PLUS, POWER, TIMES, Number, Operation, is_number
from ...core.context import Context as CoreContext
from ...core.dtype import dtype_name, to_torch
from ...core.errors import ArgumentError, DTypeError
from ...ndarray import NDArray as CoreArray
from ...ndarray.comparison import Comparison
from ...ndarray.eager import create
from ...ndarray.elements import element
from ...ndarray.host import host_tensor
from ...ndarray.indexing import assign, select
from ...operators import definitions  # noqa: F401 -- read for the classes that it registers
from ...operators.contract import OPERATORS, Operator
from ..calls import Face, invoke, make_operator
from ..context import Context, current_context
from ..methods import OperatorMethods

__all__ = ["FACE", "NDArray", "plain", "wrap"]

_BROADCASTING = {
    PLUS: "broadcast_add",
    MINUS: "broadcast_sub",
    TIMES: "broadcast_mul",
    DIVIDE: "broadcast_div",
    POWER: "broadcast_power",
}
"""For each sign the operator of two arrays of different shapes."""

_WHOLE = slice(None)

_COMPARISONS = {
    "==": ("broadcast_equal", "_equal_scalar"),
    "!=": ("broadcast_not_equal", "_not_equal_scalar"),
    ">": ("broadcast_greater", "_greater_scalar"),
    ">=": ("broadcast_greater_equal", "_greater_equal_scalar"),
    "<": ("broadcast_lesser", "_lesser_scalar"),
    "<=": ("broadcast_lesser_equal", "_lesser_equal_scalar"),
}


class NDArray(OperatorMethods, CoreArray):
    """An array of numbers on a context, with Python-MXNet's semantics.

    Arithmetic broadcasts; comparisons give zeros and ones of the operands' element type; NumPy's
    basic and advanced indexing reads and assigns. What lies side by side in memory, as rows do, is
    selected as a view. Made by `mx.nd.array` and its like; `wrap` makes one of a core NDArray.

    >>> import symnet.mxnet as mx
    >>> a = mx.nd.array([[1, 2], [3, 4]])
    >>> (a + mx.nd.array([[10], [20]]) > 12).asnumpy()
    array([[0., 0.],
           [1., 1.]], dtype=float32)
    """

    __slots__ = ()
    __array_priority__ = 1000.0

    # -- what it is ------------------------------------------------------------------------------

    def _numpy_type(self) -> Any:
        """Return NumPy's class of the element type."""
        name = dtype_name(self._tensor.dtype)
        if name == "bfloat16":
            raise DTypeError("NumPy has no bfloat16; convert the array, arr.astype('float32')")
        return np.dtype(name).type

    dtype: Any = property(_numpy_type, doc="The element type, as NumPy's class: np.float32.")

    @property
    def context(self) -> Context:
        """The context that the array lives on."""
        held = self._context
        return held if isinstance(held, Context) else Context(held)

    ctx = context

    @property
    def stype(self) -> str:
        """The storage type; all arrays of symnet are dense."""
        return "default"

    @property
    def T(self) -> Any:
        """A copy with the axes in opposite order."""
        return self._method("transpose")

    @property
    def grad(self) -> None:
        """The gradient: none, for no array records how it was computed."""
        return

    def __repr__(self) -> str:
        shape = "x".join(map(str, self.shape))
        return f"\n{self.asnumpy()!s}\n<NDArray {shape} @{self.context}>"

    def __iter__(self) -> Iterator["NDArray"]:
        return (self[row] for row in range(len(self)))

    def __bool__(self) -> bool:
        if self.size > 1:
            raise ValueError("The truth value of an NDArray with multiple elements is ambiguous.")
        return bool(self.size) and super().__bool__()

    def asscalar(self) -> Any:
        """Return the one element as a number of NumPy; ValueError where there are several."""
        if self.size != 1:
            raise ValueError("The current array is not a scalar")
        return self.asnumpy().reshape(-1)[0]

    def tolist(self) -> Any:
        """Return the numbers as nested lists of Python."""
        return self.asnumpy().tolist()

    # -- copies and views ------------------------------------------------------------------------

    def copy(self, context: CoreContext | None = None) -> "NDArray":
        """Return a copy, default on the same context."""
        return wrap(super().copy(context))

    def copyto(self, other: Any) -> "NDArray":
        """Copy into another array, or onto a context; return the copy.

        Raises ValueError for the array itself, ArgumentError for what is neither.
        """
        if isinstance(other, CoreContext):
            return self.copy(other)
        if not isinstance(other, CoreArray):
            raise ArgumentError(f"copyto takes an NDArray or a context, got {other!r}")
        other[:] = plain(self)
        return wrap(other)

    def as_in_context(self, context: CoreContext) -> "NDArray":
        """Return the array itself where it lives on the context, else a copy there."""
        return self if self._context == context else self.copy(context)

    def as_nd_ndarray(self) -> Self:
        """Return the array itself."""
        return self

    def astype(self, dtype: Any, copy: bool = True) -> "NDArray":
        """Return a copy with another element type; floats become integers by truncation.

        Args:
            dtype: the type, in any spelling.
            copy: whether to copy where nothing changes.
        """
        if not copy and to_torch(dtype) == self._tensor.dtype:
            return self
        return wrap(super().astype(dtype))

    def tostype(self, stype: str) -> "NDArray":
        """Return the array itself; ArgumentError for a sparse storage type."""
        if stype != "default":
            raise ArgumentError(f"symnet has no sparse arrays, so none of stype {stype!r}")
        return self

    def detach(self) -> "NDArray":
        """Return an array over the same memory."""
        return wrap(plain(self))

    def reshape(self, *shape: Any, **options: Any) -> "NDArray":
        """Return an array of another shape over the same memory.

        Args:
            shape: the shape, as one tuple or several numbers, with MXNet's codes: 0 copies a
                length, -1 is what is left, -2 all that remain, -3 joins two, -4 splits one.
            options: ``shape=``, or ``reverse=True`` to read the codes from the right.
        """
        given = shape or (options.pop("shape", ()),)
        codes = given[0] if len(given) == 1 else given
        op: Any = make_operator(OPERATORS["Reshape"], {"shape": codes, **options})
        return wrap(super().reshape(op.infer_shape(self.shape)["output"]))

    def flatten(self, inplace: bool = False) -> "NDArray":
        """Return a matrix with a row for each element of axis 0.

        Args:
            inplace: whether it shares this array's memory, else a copy.
        """
        return self._reshaped("flatten", inplace, {})

    def expand_dims(self, axis: int, inplace: bool = False) -> "NDArray":
        """Return an array with another axis of length 1; ``inplace`` as in `flatten`."""
        return self._reshaped("expand_dims", inplace, {"axis": axis})

    def squeeze(self, axis: Any = None, inplace: bool = False) -> "NDArray":
        """Return an array without axes of length 1; ``inplace`` as in `flatten`."""
        return self._reshaped("squeeze", inplace, {} if axis is None else {"axis": axis})

    def _reshaped(self, name: str, shares: bool, parameters: dict[str, Any]) -> "NDArray":
        found: NDArray = self._method(name, **parameters)
        return wrap(super().reshape(found.shape)) if shares else found

    def to_dlpack_for_read(self) -> Any:
        """Return a DLPack capsule over the same memory, to be read."""
        return self.__dlpack__()

    to_dlpack_for_write = to_dlpack_for_read

    def attach_grad(self, grad_req: str = "write", stype: str | None = None) -> None:
        """Raise ArgumentError: symnet differentiates networks, not recorded calls."""
        raise _no_autograd("attach_grad")

    def backward(
        self, out_grad: Any = None, retain_graph: bool = False, train_mode: bool = True
    ) -> None:
        """Raise ArgumentError: symnet differentiates networks, not recorded calls."""
        raise _no_autograd("backward")

    def __copy__(self) -> "NDArray":
        return wrap(super().__copy__())

    def __deepcopy__(self, memo: object) -> "NDArray":
        return self.__copy__()

    def __reduce__(self) -> tuple[Any, ...]:
        return wrap, (plain(self),)

    # -- indexing --------------------------------------------------------------------------------

    def __getitem__(self, key: Any) -> "NDArray":
        if isinstance(key, int) and not isinstance(key, bool) and not -len(self) <= key < len(self):
            raise IndexError(f"index {key} is out of bounds for axis 0 with size {len(self)}")
        found, shared = select(self._tensor, key)
        return wrap(CoreArray.wrap(found, self._context, writable=self._writable or not shared))

    def __setitem__(self, key: Any, value: Any) -> None:
        whole = isinstance(key, slice) and key == _WHOLE
        if whole and isinstance(value, CoreArray) and value._shape == self._shape:
            self._assign(value)  # by far the most frequent
            return
        target = self._writing()
        if is_number(value):
            assign(target, key, element(value, target.dtype))
        else:
            assign(target, key, value.torch if isinstance(value, CoreArray) else host_tensor(value))

    def slice_assign(self, rhs: Any, begin: Any, end: Any, step: Any) -> "NDArray":
        """Write an array into a part, given by its corners, and return the whole."""
        self[_corners(begin, end, step)] = rhs
        return self

    def slice_assign_scalar(self, value: Any, begin: Any, end: Any, step: Any) -> "NDArray":
        """Write a number into a part, given by its corners, and return the whole."""
        return self.slice_assign(value, begin, end, step)

    # -- arithmetic ------------------------------------------------------------------------------

    def _method(self, name: str, *args: Any, **keywords: Any) -> Any:
        out = keywords.pop("out", None)
        return invoke(OPERATORS[name], name, FACE, (self, *args), keywords, out=out)

    def _with(self, other: Any, both: str, scalar: str, out: Any = None) -> Any:
        """Apply the operator of two arrays, or that of an array and a number."""
        if isinstance(other, CoreArray):
            return self._method(both, other, out=out)
        if not is_number(other):
            return NotImplemented
        return self._method(scalar, scalar=float(self._own(other)), out=out)

    def _own(self, number: Any) -> Any:
        """Return a number as one of the array's element type: whole numbers have no fraction."""
        if self._tensor.is_floating_point() or not is_number(number) or not isfinite(number):
            return number
        return int(number)

    def _operate(self, operation: Operation, other: Any, *, reflected: bool = False) -> Any:
        if self._broadcasts(other):
            return self._method(_BROADCASTING[operation], other)
        found = super()._operate(operation, self._own(other), reflected=reflected)
        return found if found is NotImplemented else wrap(found)

    def _broadcasts(self, other: Any) -> bool:
        """Tell whether an operand has another shape; with all others the core computes itself."""
        return isinstance(other, CoreArray) and other.shape != self.shape

    def _compare(self, comparison: Comparison, other: object) -> Any:
        found = self._with(other, *_COMPARISONS[comparison.sign])
        if found is NotImplemented:
            raise TypeError(f"type {type(other)} not supported")
        return found

    def _change(self, operation: Operation, other: Any) -> Any:
        if self._broadcasts(other):
            return self._method(_BROADCASTING[operation], other, out=self)
        return super()._change(operation, self._own(other))

    def __mod__(self, other: Any) -> Any:
        return self._with(other, "broadcast_mod", "_mod_scalar")

    def __rmod__(self, other: Any) -> Any:
        return self._with(other, "broadcast_mod", "_rmod_scalar")

    def __imod__(self, other: Any) -> Any:
        return self._with(other, "broadcast_mod", "_mod_scalar", out=self)

    def __ipow__(self, other: CoreArray | Number) -> Self:
        raised: Self = self._operate(POWER, other)
        return raised

    def __neg__(self) -> Any:
        return self._method("negative")

    def __abs__(self) -> Any:
        return self._method("abs")


def _corners(begin: Sequence[Any], end: Sequence[Any], step: Sequence[Any]) -> tuple[slice, ...]:
    steps = step or [None] * len(begin)
    return tuple(slice(*each) for each in zip(begin, end, steps, strict=True))


def _no_autograd(what: str) -> ArgumentError:
    return ArgumentError(
        f"{what}: symnet differentiates networks, not recorded calls: make a symbol, bind it with "
        "simple_bind(...), and call forward(is_train=True) and backward()"
    )


@overload
def wrap(found: CoreArray) -> NDArray: ...
@overload
def wrap(found: Sequence[CoreArray]) -> list[NDArray]: ...
@overload
def wrap(found: CoreArray | None) -> NDArray | None: ...
def wrap(found: Any) -> Any:
    """Return the face's arrays over what the core returns: nothing is copied.

    Args:
        found: a core NDArray; several, of which a list is made; None stays None.
    """
    if found is None or isinstance(found, NDArray):
        return found
    if isinstance(found, list | tuple):
        return [wrap(each) for each in found]
    return _seen_as(NDArray, found)


def plain(array: CoreArray) -> CoreArray:
    """Return the core's array over the same memory."""
    seen: CoreArray = _seen_as(CoreArray, array)
    return seen


def _seen_as(cls: type[CoreArray], array: CoreArray) -> Any:
    made = cls.__new__(cls)
    made._tensor, made._context, made._writable = array._tensor, array._context, array._writable
    made._shape, made._reached = array._shape, array._reached
    return made


def place_of(ctx: Any) -> Context:
    """Return a context that was given as one, as text (``"cpu(0)"``), or not at all."""
    if not isinstance(ctx, str):
        return Context(ctx) if ctx is not None else current_context()
    found = re.fullmatch(r"(\w+)\((\d+)\)", ctx.strip())
    if found is None:
        raise ArgumentError(f"a context is mx.cpu(i) or mx.gpu(i), or its text, got {ctx!r}")
    return Context(found[1], int(found[2]))


def _create(op: Operator, ctx: Any, out: Any) -> Any:
    place = place_of(ctx) if ctx is not None or out is None else None
    return create(op, place, out)


FACE = Face("an NDArray", CoreArray, wrap, _create, ("out", "name"))
"""How operators are called with arrays."""
