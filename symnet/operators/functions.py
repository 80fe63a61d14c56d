"""The operators' public functions: `mx.FullyConnected`, `mx.exp`, …

Each is made of its operator's class alone (`dispatch.operator_function`), for every class in
`definitions/`, when it is first asked for: to put hundreds of signatures and texts for `help`
together takes a tenth of symnet's import, and a program calls a few. An operator whose name begins
with an underscore has a function too, outside ``__all__``, and is public under those of its aliases
that do not: ``mx.linalg_gemm``. What type checkers know of them stands in `functions.pyi`, which
`make stubs` writes.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from ..core.logs import logger
from . import definitions
from .contract import OPERATORS, Operator
from .dispatch import operator_function

_defined = {  # not what a user, or another folder, registers before this file is read
    name: cls
    for name, cls in sorted(OPERATORS.items())
    if cls.__module__.startswith(f"{definitions.__name__}.") and name == cls.__name__
}
_aliases = {
    alias: cls
    for name, cls in _defined.items()
    if name.startswith("_")
    for alias in cls.aliases
    if not alias.startswith("_")
}


@cache
def _say_deprecated() -> None:
    logger.info("Softmax is deprecated, please use SoftmaxOutput")


def _made(name: str) -> Callable[..., Any]:
    """Return the function of a name. Raises KeyError where no operator has one."""
    if name == "Softmax":
        return operator_function(OPERATORS["SoftmaxOutput"], name=name, on_call=_say_deprecated)
    if name in _aliases:
        return operator_function(_aliases[name], name=name)
    cls: type[Operator] = _defined[name]
    return operator_function(cls)


def __getattr__(name: str) -> Callable[..., Any]:
    """Return the function of an operator, made at its first use."""
    try:
        made = _made(name)
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    function: Callable[..., Any] = globals().setdefault(name, made)  # another thread may be first
    return function


_NAMES = ("Softmax", *_defined, *_aliases)

__all__ = [name for name in _NAMES if not name.startswith("_")]


def __dir__() -> list[str]:
    """Return the names of all functions, those of internal operators too."""
    return sorted(_NAMES)
