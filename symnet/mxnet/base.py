"""The error that scripts catch, and the small things of `mxnet.base`.

Source: Apache MXNet 1.9.1, ``mxnet.base``.
"""

from typing import Any

import numpy as np

from ..core.errors import MXError

__all__ = [
    "MXNetError",
    "NotImplementedForSymbol",
    "NotSupportedForSparseNDArray",
    "numeric_types",
    "py_str",
    "string_types",
]

MXNetError = MXError
"""Every error that symnet raises on purpose is one."""


class NotImplementedForSymbol(MXNetError):
    """A method of arrays was called on a symbol, which computes nothing yet.

    Args:
        function: the method, or its name.
        alias: how the call was written, for MXNet's own operators.
        args: what it was called with.
    """

    def __init__(self, function: Any, alias: str | None = None, *args: Any) -> None:
        name = getattr(function, "__name__", function)
        super().__init__(
            f"Function {name} is not implemented for Symbol and only available in NDArray: bind "
            "the symbol, simple_bind(...), and look at the outputs of forward()"
        )


class NotSupportedForSparseNDArray(MXNetError):
    """What MXNet raises of sparse arrays, for scripts that catch it; symnet has none."""


string_types = (str,)
numeric_types = (float, int, np.generic)
integer_types = (int, np.int32, np.int64)


def py_str(x: bytes | str) -> str:
    """Return bytes of UTF-8 as text; text as it is."""
    return x if isinstance(x, str) else x.decode("utf-8")
