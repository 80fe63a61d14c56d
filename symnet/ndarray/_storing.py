"""Arrays as they are pickled: bytes of the host, and what they were."""

import warnings

import numpy as np
import torch
from torch import Tensor

from ..core.context import Context, cpu
from ..core.dtype import dtype_name, to_torch
from ..core.errors import DeviceError
from ._memory import fresh

__all__ = ["Stored", "revived", "stored"]

Stored = tuple[str, np.ndarray, Context]
"""Element type, elements, and the context that they come from."""


def stored(tensor: Tensor, context: Context) -> Stored:
    """Return what is pickled of an array: its own elements, also where it is a slice of another."""
    host = fresh(tensor, torch.device("cpu"))
    bits = host.view(torch.int16) if host.dtype is torch.bfloat16 else host  # NumPy has none
    return dtype_name(tensor.dtype), bits.numpy(), context


def revived(dtype: str, bits: np.ndarray, context: Context) -> tuple[Tensor, Context]:
    """Return a tensor of what was pickled, and the context that it is on.

    That is the context that it was on. Where this machine lacks it, a warning says so and the
    array is on the CPU: who has nothing but the file could not read it otherwise.
    """
    try:
        device, place = context.device, context
    except DeviceError as error:
        warnings.warn(
            f"the array was pickled on {context}, and is on CPU0 now: {error}", stacklevel=3
        )
        device, place = torch.device("cpu"), cpu()
    # Buffers that pickle handed over may be read-only, and torch shares none of those.
    kept = bits if bits.flags.writeable else bits.copy()
    return torch.from_numpy(kept).view(to_torch(dtype)).to(device), place
