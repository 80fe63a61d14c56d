"""Every arithmetic operator of Python, written once for arrays and symbols alike.

A class that inherits Arithmetic defines one method, `_arithmetic`; one for which a call more or
less counts inherits Operators, and looks at the other operand itself.
"""

from abc import abstractmethod
from collections.abc import Callable
from fractions import Fraction
from numbers import Real
from types import NoneType, NotImplementedType
from typing import Any, ClassVar, NamedTuple, Self, TypeGuard

import numpy as np
import torch
from torch import Tensor

from .errors import ArgumentError

__all__ = [
    "DIVIDE",
    "MINUS",
    "NUMBERS",
    "PLUS",
    "POWER",
    "TIMES",
    "Arithmetic",
    "Number",
    "Operation",
    "Operators",
    "is_number",
]

# NumPy's bool is no Real; the plain types come first, for an abstract class is slow to ask.
NUMBERS: tuple[type[Any], ...] = (int, float, np.bool_, Real)
"""What counts as a number where a program runs."""

Number = float | Fraction | np.integer[Any] | np.floating[Any] | np.bool_
"""What counts as a number for type checkers, to which no number is a `numbers.Real`."""


def is_number(value: object) -> TypeGuard[Number]:
    """Tell whether a value is a real number; a zero-dimensional array is none."""
    return isinstance(value, NUMBERS)


class Operation(NamedTuple):
    """One arithmetic operation of two operands: its sign, and what torch calls it.

    Args:
        sign: as Python writes it.
        function: makes a new tensor of a tensor, and of another or a number.
        in_place: does the same into the first tensor.
    """

    sign: str
    function: Callable[..., Tensor]
    in_place: Callable[..., Tensor]


# torch's functions take a tenth less time than Python's operators, which find them again.
PLUS = Operation("+", torch.add, Tensor.add_)
MINUS = Operation("-", torch.sub, Tensor.sub_)
TIMES = Operation("*", torch.mul, Tensor.mul_)
DIVIDE = Operation("/", torch.div, Tensor.div_)
POWER = Operation("**", torch.pow, Tensor.pow_)


class Operators:
    """``+ - * / **`` on either side, by way of one method."""

    __slots__ = ()

    # NumPy must not take `numpy_scalar * value` apart element by element.
    __array_ufunc__ = None

    way_out: ClassVar[str] = ""
    """What to do with another operand that holds numbers; the tail of an error."""

    def _stranger(self, sign: str, other: object) -> Any:
        """Return NotImplemented, so that the other operand is asked; one that cannot know is told.

        Raises ArgumentError for what people try: arrays of the host, lists, text, None, and symbols
        with arrays.
        """
        if not isinstance(other, _TRIED) or isinstance(self, type(other)):
            return NotImplemented
        # Of an array and a symbol, it is the symbol that does not have numbers.
        way_out = next((each.way_out for each in (other, self) if isinstance(each, Arithmetic)), "")
        raise ArgumentError(
            f"{type(self).__name__} {sign} {type(other).__name__}: the other operand must be a "
            f"number, or of the same kind{way_out or self.way_out}"
        )

    @abstractmethod
    def _operate(
        self, operation: Operation, other: Self | Number, *, reflected: bool = False
    ) -> Self | NotImplementedType:
        """Return ``self ∘ other``, or ``other ∘ self`` where reflected.

        NotImplemented where the other is neither of the same kind nor a number. Sums and products
        come unreflected, for their order does not matter.
        """

    def __add__(self, other: Self | Number) -> Self:
        return self._operate(PLUS, other)

    def __radd__(self, other: Number) -> Self:
        return self._operate(PLUS, other)

    def __sub__(self, other: Self | Number) -> Self:
        return self._operate(MINUS, other)

    def __rsub__(self, other: Number) -> Self:
        return self._operate(MINUS, other, reflected=True)

    def __mul__(self, other: Self | Number) -> Self:
        return self._operate(TIMES, other)

    def __rmul__(self, other: Number) -> Self:
        return self._operate(TIMES, other)

    def __truediv__(self, other: Self | Number) -> Self:
        return self._operate(DIVIDE, other)

    def __rtruediv__(self, other: Number) -> Self:
        return self._operate(DIVIDE, other, reflected=True)

    def __pow__(self, other: Self | Number) -> Self:
        return self._operate(POWER, other)

    def __rpow__(self, other: Number) -> Self:
        return self._operate(POWER, other, reflected=True)

    def __neg__(self) -> Self:
        return self._operate(TIMES, -1)

    def __pos__(self) -> Self:
        return self


class Arithmetic(Operators):
    """``+ - * / **`` with values of the same kind and with numbers, on either side."""

    __slots__ = ()

    way_out = (
        "; a symbol has no numbers yet: take a Variable, and give the array at bind by its name"
    )

    @abstractmethod
    def _arithmetic(self, operation: Operation, other: Self | Number, *, reflected: bool) -> Self:
        """Return ``self ∘ other``, or ``other ∘ self`` where reflected."""

    def _operate(
        self, operation: Operation, other: Self | Number, *, reflected: bool = False
    ) -> Self | NotImplementedType:
        if isinstance(other, (type(self), NUMBERS)):
            return self._arithmetic(operation, other, reflected=reflected)
        told: Self = self._stranger(operation.sign, other)
        return told


_TRIED = (np.ndarray, Tensor, list, tuple, dict, set, str, bytes, complex, NoneType, Operators)
"""What is tried as the other operand, and says nothing of use when it is asked."""
