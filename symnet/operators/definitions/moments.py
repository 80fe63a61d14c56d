"""Moments, sums of squares, cumulative sum.

Source: Apache MXNet 1.9.1.
"""

from typing import Literal

import torch
from torch import Tensor

from ...core.dtype import to_torch
from ...core.errors import ParameterError
from .._axes import exchanged
from ..contract import Input, Inputs, Operator, Shape, Shapes, param
from .reduce import Axes, Reduction, axes_of, one_axis, reduced_shape

__all__ = ["_square_sum", "cumsum", "khatri_rao", "moments"]


class _square_sum(Reduction):
    """Sum of the squares of all elements."""

    def reduce(self, data: Tensor, axes: Axes, keepdim: bool, out: Tensor | None) -> Tensor:
        """Return the sums."""
        inner = None if out is None else torch.empty_like(data)
        squares = torch.mul(data, data, out=inner)
        return torch.sum(squares, axes, keepdim=keepdim, dtype=data.dtype, out=out)

    def data_gradient(self, grad: Tensor, data: Tensor, out: Tensor | None = None) -> Tensor:
        """Return twice the data, times what flowed back."""
        return torch.mul(torch.mul(data, 2, out=out), self.spread(grad, data.shape), out=out)


class moments(Operator):
    """Mean and variance along some axes; the variance divides by the number of elements.

    >>> import symnet as mx
    >>> mean, variance = mx.moments(mx.array([[1, 3], [2, 6]]), axes=1)
    >>> mean.asnumpy(), variance.asnumpy()
    (array([2., 4.], dtype=float32), array([1., 4.], dtype=float32))
    """

    floats_only = True

    data = Input("Input of any shape.")
    axes: tuple[int, ...] = param("The axes that go away.")
    keepdims: bool = param("Whether they stay, with length 1.", default=False)

    def check(self) -> None:
        """There are axes, as 1.9.1 wants it."""
        if not self.axes:
            raise ParameterError("moments: axes must name at least one axis; name all for all")

    def outputs(self) -> tuple[str, ...]:
        """Return the names that 1.9.1 gives them."""
        return ("output0", "output1")

    def infer_shape(self, data: Shape) -> Shapes:
        """The axes go away, or stay with length 1."""
        left = reduced_shape(data, axes_of(self.axes, data), keepdims=self.keepdims)
        return {"output0": left, "output1": left}

    def forward(self, data: Tensor) -> tuple[Tensor, Tensor]:
        """Return means and variances."""
        axes = axes_of(self.axes, data.shape)
        left = reduced_shape(data.shape, axes, keepdims=self.keepdims)
        variance, mean = torch.var_mean(data, axes, correction=0)
        return mean.reshape(left), variance.reshape(left)

    def data_gradient(
        self,
        grads: tuple[Tensor | None, Tensor | None],
        data: Tensor,
        output0: Tensor,
        out: Tensor | None = None,
    ) -> Tensor:
        """Return (grad of the mean + 2 · grad of the variance · (data − mean)) / count."""
        kept = reduced_shape(data.shape, axes_of(self.axes, data.shape), keepdims=True)
        share = output0.numel() / data.numel()
        result = torch.empty_like(data) if out is None else out
        of_mean, of_variance = (None if g is None else g.view(kept) for g in grads)
        if of_variance is None:
            result.zero_()
        else:
            torch.sub(data, output0.view(kept), out=result)
            result.mul_(torch.mul(of_variance, 2 * share, out=torch.empty_like(of_variance)))
        return result if of_mean is None else result.add_(of_mean, alpha=share)


class cumsum(Operator):
    """Sum of all elements up to each one, along an axis.

    >>> import symnet as mx
    >>> mx.cumsum(mx.array([[1, 2], [3, 4]]), axis=0)
    NDArray([[1., 2.],
             [4., 6.]], float32, CPU0)
    """

    aliases = ("_np_cumsum",)
    written_name = "_np_cumsum"

    a = Input("Input of any shape.")
    axis: int | None = param("The axis; None: all elements, as one axis.", default=None)
    dtype: Literal["float16", "float32", "float64", "int8", "int32", "int64"] | None = param(
        "Element type of the sums; None: that of the input.", default=None
    )

    def infer_dtype(self, shared: torch.dtype) -> torch.dtype:
        """Return the element type that is asked for, or that of the input."""
        return to_torch(self.dtype) if self.dtype else shared

    def infer_shape(self, a: Shape | None = None, output: Shape | None = None) -> Shapes:
        """The shape stays, or all elements stand on one axis."""
        if self.axis is None:
            return {} if a is None else {"output": (torch.Size(a).numel(),)}
        known = a if a is not None else output
        if known is not None:
            one_axis(self.axis, known)
        return {"a": known, "output": known}

    def _along(self, tensor: Tensor) -> tuple[Tensor, int]:
        return (tensor.reshape(-1), 0) if self.axis is None else (tensor, self.axis)

    def forward(self, a: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the sums."""
        data, axis = self._along(a)
        return torch.cumsum(data, axis, dtype=self.infer_dtype(a.dtype), out=out)

    def a_gradient(
        self, grad: Tensor, a_shape: Shape, a_dtype: torch.dtype, out: Tensor | None = None
    ) -> Tensor:
        """Return the sum of what flowed back from each one on."""
        rest, axis = self._along(grad)
        found = rest.flip(axis).cumsum(axis).flip(axis).reshape(a_shape)
        return found.to(a_dtype) if out is None else out.copy_(found)


class khatri_rao(Operator):
    """Khatri-Rao product: in each column the Kronecker product of the matrices' columns.

    >>> import symnet as mx
    >>> mx.khatri_rao(mx.array([[1, 2]]), mx.array([[3, 4], [5, 6]]))
    NDArray([[ 3.,  8.],
             [ 5., 12.]], float32, CPU0)
    """

    args = Inputs("Matrices with the same number of columns.")
    num_args: int = param("Number of inputs.", min=1)

    def forward(self, args: list[Tensor], out: Tensor | None = None) -> Tensor:
        """Return the product."""
        product, *factors = args
        columns = product.shape[1]
        for number, factor in enumerate(factors, start=1):
            rows = torch.mul(
                product.unsqueeze(1),
                factor,
                out=_rows_of(out, product.shape[0], factor) if number == len(factors) else None,
            )
            product = rows.view(-1, columns)
        if factors:
            return product
        return product.clone() if out is None else out.copy_(product)

    def args_gradient(
        self, index: int, grad: Tensor, args: list[Tensor], out: Tensor | None = None
    ) -> Tensor:
        """Return grad times all other matrices, summed over their rows."""
        grid = grad.view(*map(len, args), -1)
        for place, matrix in enumerate(args):
            if place != index:
                across = [1] * grid.ndim
                across[place], across[-1] = matrix.shape
                products = torch.mul(grid, matrix.view(across), out=torch.empty_like(grid))
                left = exchanged(tuple(grid.shape), place, 1)
                sums = torch.empty(left, dtype=grad.dtype, device=grad.device)
                grid = torch.sum(products, place, keepdim=True, out=sums)
        found = grid.view(args[index].shape)
        return found.clone() if out is None else out.copy_(found)


def _rows_of(out: Tensor | None, count: int, factor: Tensor) -> Tensor | None:
    """Return the memory of a product as rows of one factor, and in them rows of the other."""
    return None if out is None else out.view(count, *factor.shape)
