"""Identity, and casts for mixed precision."""

from typing import Literal

import torch
from torch import Tensor

from ...core.dtype import to_torch
from ..contract import Input, Operator, Shape, Shapes, param, view_of

__all__ = ["amp_cast", "identity"]


class identity(Operator):
    """Pass the data on.

    >>> import symnet as mx
    >>> mx.identity(mx.array([1, 2]))
    NDArray([1., 2.], float32, CPU0)
    """

    aliases = ("_copy", "_copyto", "_npi_copyto")
    written_name = "_copy"

    data = Input("Input of any shape.")

    def infer_shape(self, data: Shape | None = None, output: Shape | None = None) -> Shapes:
        """Input and output have one shape."""
        known = data if data is not None else output
        return {"data": known, "output": known}

    @view_of("data")
    def forward(self, data: Tensor) -> Tensor:
        """Return the data."""
        return data

    @view_of("grad")
    def data_gradient(self, grad: Tensor) -> Tensor:
        """Return what flows back."""
        return grad


class _CrossDeviceCopy(Operator):
    """Pass the data on to another device."""

    # Between two GPUs torch copies on the current streams of both: the copy waits for what was
    # asked of them before, and what is asked of them next waits for the copy, but Python does not.
    # To and from the CPU Python waits too, since nothing there can wait for a stream.

    crosses = True
    memory_order = "kept"  # so that kernels see what they would see on one device, to the last bit

    data = Input("Input of any shape.")

    def infer_shape(self, data: Shape | None = None, output: Shape | None = None) -> Shapes:
        """Input and output have one shape."""
        known = data if data is not None else output
        return {"data": known, "output": known}

    def row_inputs(self) -> tuple[str, ...]:
        """Copies of the parts of an array are one copy of the array."""
        return ("data",)

    def forward(self, data: Tensor, out: Tensor | None = None) -> Tensor:
        """Copy the data into memory of the other device."""
        return data.clone() if out is None else out.copy_(data)

    def data_gradient(self, grad: Tensor, out: Tensor | None = None) -> Tensor:
        """Copy what flows back into memory of the data's device."""
        return grad.clone() if out is None else out.copy_(grad)


_WHOLE = {"int8": (-128, 127), "uint8": (0, 255), "int32": (-(2**31), 2**31 - 128)}
"""The numbers of each type that float32 has too, the least and the greatest."""


class amp_cast(Operator):
    """Convert floats to another element type; arrays of other types, and of float64, stay.

    From float32 to int8, uint8 and int32 numbers are rounded, halves to even ones, and what lies
    beyond the type becomes its end; else they are cut, as by `Cast`. Source: Apache MXNet 1.9.1,
    ``amp_cast``, whose float32 goes through oneDNN.

    >>> import symnet as mx
    >>> mx.amp_cast(mx.array([1, 2]), dtype="float16")
    NDArray([1., 2.], float16, CPU0)
    """

    memory_order = "follows"

    data = Input("Input of any shape and type.")
    dtype: Literal[
        "float16", "float32", "float64", "bfloat16", "int8", "uint8", "int32", "int64"
    ] = param("The new element type.")

    def infer_shape(self, data: Shape | None = None, output: Shape | None = None) -> Shapes:
        """Input and output have one shape."""
        known = data if data is not None else output
        return {"data": known, "output": known}

    def infer_dtype(self, shared: torch.dtype) -> torch.dtype:
        """Return the type that is asked for, where the input is converted at all."""
        converted = shared in (torch.float16, torch.float32, torch.bfloat16)
        return to_torch(self.dtype) if converted else shared

    def forward(self, data: Tensor, out: Tensor | None = None) -> Tensor:
        """Return a converted copy."""
        if data.dtype is torch.float32 and self.dtype in _WHOLE:
            data = data.round().clamp_(*_WHOLE[self.dtype])
        if out is None:
            return data.to(self.infer_dtype(data.dtype), copy=True)
        return out.copy_(data)

    def data_gradient(
        self, grad: Tensor, data_dtype: torch.dtype, out: Tensor | None = None
    ) -> Tensor:
        """Convert what flowed back."""
        return grad.to(data_dtype, copy=True) if out is None else out.copy_(grad)
