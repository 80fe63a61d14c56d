"""The error that scripts catch, and the small things of `mxnet.base`.

Source: Apache MXNet 1.9.1, ``mxnet.base``.
"""

import numpy as np

from ..core.errors import MXError

__all__ = ["MXNetError", "numeric_types", "py_str", "string_types"]

MXNetError = MXError
"""Every error that symnet raises on purpose is one."""

string_types = (str,)
numeric_types = (float, int, np.generic)
integer_types = (int, np.int32, np.int64)


def py_str(x: bytes) -> str:
    """Return bytes of UTF-8 as text."""
    return x.decode("utf-8")
