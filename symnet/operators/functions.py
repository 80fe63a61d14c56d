"""The operators' public functions: `mx.FullyConnected`, `mx.exp`, …

Each is made of its operator's class alone (`dispatch.operator_function`), for every class in
`definitions/`. An operator whose name begins with an underscore has a function too, outside
``__all__``, and is public under those of its aliases that do not: ``mx.linalg_gemm``. What type
checkers know of them stands in `functions.pyi`, which `make stubs` writes.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from ..core.logs import logger
from . import definitions
from .contract import OPERATORS
from .dispatch import operator_function

_defined = {  # not what a user, or another folder, registers before this file is read
    name: cls
    for name, cls in sorted(OPERATORS.items())
    if cls.__module__.startswith(f"{definitions.__name__}.") and name == cls.__name__
}
_of_names: dict[str, Callable[..., Any]] = {
    name: operator_function(cls) for name, cls in _defined.items()
}
_of_names |= {
    alias: operator_function(cls, name=alias)
    for name, cls in _defined.items()
    if name.startswith("_")
    for alias in cls.aliases
    if not alias.startswith("_")
}
globals().update(_of_names)


@cache
def _say_deprecated() -> None:
    logger.info("Softmax is deprecated, please use SoftmaxOutput")


Softmax = operator_function(OPERATORS["SoftmaxOutput"], name="Softmax", on_call=_say_deprecated)

__all__ = ["Softmax"]
__all__ += [name for name in _of_names if not name.startswith("_")]
