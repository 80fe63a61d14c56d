"""The comparisons of Python, element by element."""

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from ..core.errors import ArgumentError

__all__ = ["Comparison", "Elementwise", "check_stranger"]


class Comparison(NamedTuple):
    """One comparison of two operands: its sign, and what torch calls it."""

    sign: str
    function: Callable[..., Tensor]


_EQUAL = Comparison("==", torch.eq)
_UNEQUAL = Comparison("!=", torch.ne)
_LESS = Comparison("<", torch.lt)
_AT_MOST = Comparison("<=", torch.le)
_GREATER = Comparison(">", torch.gt)
_AT_LEAST = Comparison(">=", torch.ge)


class Elementwise:
    """``== != < <= > >=`` element by element; hashing by identity, as a dict of arrays needs it."""

    __slots__ = ()
    __hash__ = object.__hash__

    @abstractmethod
    def _compare(self, comparison: Comparison, other: object) -> Any:
        """Return where the comparison holds, or NotImplemented."""

    def __eq__(self, other: object) -> Any:
        return self._compare(_EQUAL, other)

    def __ne__(self, other: object) -> Any:
        return self._compare(_UNEQUAL, other)

    def __lt__(self, other: object) -> Any:
        return self._compare(_LESS, other)

    def __le__(self, other: object) -> Any:
        return self._compare(_AT_MOST, other)

    def __gt__(self, other: object) -> Any:
        return self._compare(_GREATER, other)

    def __ge__(self, other: object) -> Any:
        return self._compare(_AT_LEAST, other)


def check_stranger(sign: str, other: object) -> None:
    """Raise where the other operand holds numbers too.

    Python would go on, find that no side knows the other, and call them unequal.
    """
    if isinstance(other, np.ndarray | Tensor | list | tuple):
        raise ArgumentError(
            f"NDArray {sign} {type(other).__name__}: an NDArray is compared with another or with a "
            "number; mx.array(...) makes one of host data"
        )
