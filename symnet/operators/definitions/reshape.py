"""Reshape, flatten, swap axes, cast."""

from collections.abc import Sequence
from math import prod
from typing import Literal

import torch
from torch import Tensor

from ...core.dtype import to_torch
from ...core.errors import ParameterError, ShapeError
from .._same_shape import SameShape
from ..contract import Input, Operator, Shape, Shapes, param, view_of

__all__ = ["BlockGrad", "Cast", "Flatten", "Reshape", "SwapAxis"]


class Flatten(Operator):
    """Flatten all axes after the first: (batch, d1, d2, …) becomes (batch, d1·d2·…).

    Source: docs/semantics §3.12.

    >>> import symnet as mx
    >>> net = mx.Flatten(data=mx.Variable("data"))
    >>> net.infer_shape(data=(100, 50, 4, 4))[1]
    [(100, 800)]
    """

    family = "shape"
    aliases = ("flatten", "_npx_batch_flatten")

    data = Input("Input of any shape.")

    def infer_shape(self, data: Shape) -> Shapes:
        """The features are multiplied together."""
        return {"output": (data[0], prod(data[1:]))}

    @view_of("data")
    def forward(self, data: Tensor) -> Tensor:
        """Return the data as a matrix."""
        return data.reshape(data.shape[0], -1)

    @view_of("grad")
    def data_gradient(self, grad: Tensor, data_shape: Shape) -> Tensor:
        """Return grad in the data's shape."""
        return grad.reshape(data_shape)


class Reshape(Operator):
    """See the data in another shape with as many elements.

    In ``shape``: 0 copies the length of the same axis, −1 is inferred, −2 copies all remaining
    axes, −3 multiplies the next two together, −4 splits the next one into the two lengths that
    follow. In ``target_shape``, the older form, one 0 is inferred. Source: docs/semantics §3.19.

    >>> import symnet as mx
    >>> net = mx.Reshape(data=mx.Variable("data"), shape=(0, -1))
    >>> net.infer_shape(data=(100, 50, 4, 4))[1]
    [(100, 800)]
    """

    family = "shape"
    aliases = ("reshape",)

    data = Input("Input of any shape.")
    shape: tuple[int, ...] = param("The new shape, with the codes above.", default=(), min=-4)
    target_shape: tuple[int, ...] = param("The new shape, one 0 inferred.", default=(), min=0)
    keep_highest: bool = param("With target_shape: keep axis 0.", default=False)
    reverse: bool = param("Read the codes of shape from the right.", default=False)

    def check(self) -> None:
        """One of the two forms is needed."""
        if not self.shape and not self.target_shape:
            raise ParameterError("Reshape: missing parameter 'shape'")

    def infer_shape(self, data: Shape) -> Shapes:
        """Work out the codes."""
        wanted = self._wanted(data)
        found = list(wanted)
        if found.count(-1) > 1:
            raise ShapeError(f"at most one length of {wanted} can be inferred")
        if -1 in found:
            rest = prod(length for length in found if length != -1)
            found[found.index(-1)] = prod(data) // rest if rest else 0
        if min(found) < 0 or prod(found) != prod(data):
            raise ShapeError(f"{data} has {prod(data)} elements, which do not fit {wanted}")
        return {"output": tuple(found)}

    def _wanted(self, data: Shape) -> Shape:
        if not self.shape:
            target = tuple(length or -1 for length in self.target_shape)
            return (data[0], *target[1:]) if self.keep_highest else target
        if self.reverse:
            return _decode(self.shape[::-1], data[::-1])[::-1]
        return _decode(self.shape, data)

    @view_of("data")
    def forward(self, data: Tensor) -> Tensor:
        """Return the data in the new shape."""
        return data.reshape(self.infer_shape(tuple(data.shape))["output"])

    @view_of("grad")
    def data_gradient(self, grad: Tensor, data_shape: Shape) -> Tensor:
        """Return grad in the data's shape."""
        return grad.reshape(data_shape)


def _decode(codes: Sequence[int], data: Shape) -> Shape:
    """Replace all codes but −1 by lengths."""
    found: list[int] = []
    axis, place = 0, 0
    while place < len(codes):
        code = codes[place]
        if axis >= len(data) and code in (0, -3, -4):
            raise ShapeError(f"the code {code} of {tuple(codes)} finds no axis left in {data}")
        if code == -2:
            found += data[axis:]
            axis = len(data)
        elif code == -3:
            found.append(prod(data[axis : axis + 2]))
            axis += 2
        elif code == -4:
            found += _split(codes[place + 1 : place + 3], data[axis])
            axis, place = axis + 1, place + 2
        else:
            found.append(data[axis] if code == 0 else code)
            axis += 1
        place += 1
    return tuple(found)


def _split(lengths: Sequence[int], whole: int) -> list[int]:
    if len(lengths) != 2:
        raise ShapeError("the code -4 wants two lengths after it")
    first, second = lengths
    if first == -1 and second > 0:
        first = whole // second
    elif second == -1 and first > 0:
        second = whole // first
    if first < 1 or first * second != whole:
        raise ShapeError(f"the code -4 cannot split {whole} into {lengths[0]} times {lengths[1]}")
    return [first, second]


class SwapAxis(Operator):
    """Exchange two axes.

    Source: docs/semantics §3.24, D15.

    >>> import symnet as mx
    >>> net = mx.SwapAxis(data=mx.Variable("data"), dim1=0, dim2=1)
    >>> net.infer_shape(data=(100, 32, 8))[1]
    [(32, 100, 8)]
    """

    aliases = ("swapaxes", "SwapAxes", "_npi_swapaxes")

    data = Input("Input of any shape.")
    dim1: int = param("The first axis; -1 is the last.", default=0)
    dim2: int = param("The second axis; -1 is the last.", default=0)

    def infer_shape(self, data: Shape) -> Shapes:
        """The two lengths change places."""
        for axis in (self.dim1, self.dim2):
            if not -len(data) <= axis < len(data):
                raise ShapeError(f"data of shape {data} has no axis {axis}")
        swapped = list(data)
        swapped[self.dim1], swapped[self.dim2] = data[self.dim2], data[self.dim1]
        return {"output": tuple(swapped)}

    @view_of("data")
    def forward(self, data: Tensor) -> Tensor:
        """Return the data with its axes exchanged."""
        return data.transpose(self.dim1, self.dim2)

    @view_of("grad")
    def data_gradient(self, grad: Tensor) -> Tensor:
        """Exchange the axes back."""
        return grad.transpose(self.dim1, self.dim2)


class BlockGrad(SameShape):
    """Pass the data on, and no gradient back.

    Source: docs/semantics §3.3.

    >>> import symnet as mx
    >>> mx.BlockGrad(data=mx.array([1, 2]))
    NDArray([1., 2.], float32, CPU0)
    """

    family = "output"
    aliases = ("stop_gradient",)

    data = Input("Input of any shape.", takes_gradient=False)

    @view_of("data")
    def forward(self, data: Tensor) -> Tensor:
        """Return the data."""
        return data


class Cast(SameShape):
    """Convert to another element type; floats become integers by truncation.

    Source: docs/semantics §3.4.

    >>> import symnet as mx
    >>> mx.Cast(data=mx.array([-1.5, 2.5]), dtype="int32")
    NDArray([-1,  2], int32, CPU0)
    """

    aliases = ("cast", "_npi_cast", "_npx_cast")
    memory_order = "follows"

    data = Input("Input of any shape and type.")
    dtype: Literal[
        "float16", "float32", "float64", "bfloat16", "int8", "uint8", "int32", "int64", "bool"
    ] = param("The new element type.")

    def infer_dtype(self, shared: torch.dtype) -> torch.dtype:
        """The output has the type that was asked for."""
        return to_torch(self.dtype)

    def forward(self, data: Tensor, out: Tensor | None = None) -> Tensor:
        """Return a converted copy."""
        out = torch.empty_like(data, dtype=to_torch(self.dtype)) if out is None else out
        if data.is_floating_point() and self.dtype in ("uint8", "int8"):
            # By way of a large type: then it wraps around, as C does here.
            return out.copy_(torch.empty_like(data, dtype=torch.int64).copy_(data))
        return out.copy_(data)

    def data_gradient(
        self, grad: Tensor, data_dtype: torch.dtype, out: Tensor | None = None
    ) -> Tensor:
        """Convert grad back."""
        out = torch.empty_like(grad, dtype=data_dtype) if out is None else out
        return out.copy_(grad)
