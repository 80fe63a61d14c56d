"""What the tests of arrays share."""

import re

import numpy as np
import torch

from symnet.core.context import cpu
from symnet.ndarray import NDArray, array


def counting(*shape: int, dtype: str = "float32") -> NDArray:
    """0, 1, 2, … in a shape."""
    return array(np.arange(np.prod(shape)).reshape(shape), dtype=dtype)


def read_only(*values: float) -> NDArray:
    return NDArray.wrap(torch.tensor(values), cpu(), writable=False)


def columns_first(rows: int, columns: int) -> NDArray:
    """0, 1, 2, … down the columns, whose memory is therefore not in the order of the rows."""
    return NDArray.wrap(torch.arange(float(rows * columns)).view(columns, rows).t(), cpu())


def message(text: str) -> str:
    """The whole text of an error, as a pattern."""
    return f"^{re.escape(text)}$"
