"""Tables that rules compute once and keep."""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import ParamSpec, TypeVar

import torch
from torch import Tensor

from ..core.writes import outside_inference_mode

__all__ = ["kept", "without_numbers"]

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


def without_numbers() -> bool:
    """Tell whether torch traces: tensors have no numbers then, and lengths may be symbols."""
    return type(torch.empty(0)) is not Tensor


def kept(count: int) -> Callable[[Callable[_Arguments, _Result]], Callable[_Arguments, _Result]]:
    """Let a function keep what it returned for its last arguments, which must be hashable.

    Where torch traces a network, what it returns has no numbers, and lengths may be symbols: then
    it is called each time, and nothing is kept.

    Args:
        count: for how many arguments.

    >>> @kept(8)
    ... def table(length):
    ...     return torch.arange(length)
    >>> table(3) is table(3)
    True
    """

    def keep(function: Callable[_Arguments, _Result]) -> Callable[_Arguments, _Result]:
        # Of inference mode it would be of no use to those who differentiate later.
        plain = outside_inference_mode(function)
        remembering: Callable[..., _Result] = lru_cache(maxsize=count)(plain)

        @wraps(function)
        def call(*args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Result:
            return (function if without_numbers() else remembering)(*args, **kwargs)

        return call

    return keep
