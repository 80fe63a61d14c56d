"""Identity, and copies between devices."""

from torch import Tensor

from ..contract import Input, Operator, Shape, Shapes, view_of

__all__ = ["identity"]


class identity(Operator):
    """Pass the data on.

    >>> import symnet as mx
    >>> mx.identity(mx.array([1, 2]))
    NDArray([1., 2.], float32, CPU0)
    """

    aliases = ("_copy", "_copyto")

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
