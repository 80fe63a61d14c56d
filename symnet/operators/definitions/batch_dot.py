"""Batched matrix product."""

from collections.abc import Mapping
from math import prod
from typing import ClassVar

import torch
from torch import Tensor

from ...core.errors import ShapeError
from ..contract import Input, Operator, Shape, Shapes, param

__all__ = ["batch_dot"]


class batch_dot(Operator):
    """Multiply matrices pair by pair: output[b] = lhs[b] · rhs[b].

    Source: Apache MXNet 1.9.1, ``batch_dot``.

    >>> import symnet as mx
    >>> lhs, rhs = mx.array([[[1, 2]], [[3, 4]]]), mx.array([[[1, 0]], [[0, 1]]])
    >>> mx.batch_dot(lhs, rhs, transpose_b=True).asnumpy().ravel()
    array([1., 4.], dtype=float32)
    """

    aliases = ("_npx_batch_dot",)

    floats_only = True
    fixed_parameters: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "forward_stype": ("None", "default")
    }

    lhs = Input("Array of shape (…, m, k); (…, k, m) where it is transposed.")
    rhs = Input("Array of shape (…, k, n); (…, n, k) where it is transposed.")
    transpose_a: bool = param("Transpose the matrices of lhs.", default=False)
    transpose_b: bool = param("Transpose the matrices of rhs.", default=False)

    def infer_shape(self, lhs: Shape, rhs: Shape) -> Shapes:
        """The axes before and the inner lengths must agree."""
        if len(lhs) < 3 or len(rhs) != len(lhs):
            raise ShapeError(f"both must have as many axes, 3 or more, got {lhs} and {rhs}")
        rows, inner = lhs[-2:][::-1] if self.transpose_a else lhs[-2:]
        columns = rhs[-2] if self.transpose_b else rhs[-1]
        matrix = (columns, inner) if self.transpose_b else (inner, columns)
        return {"rhs": (*lhs[:-2], *matrix), "output": (*lhs[:-2], rows, columns)}

    def multiply_adds(self, shapes: Shapes) -> int:
        """One for each element of the output and of a row of lhs."""
        inner = shapes["lhs"][-2 if self.transpose_a else -1]
        return int(prod(shapes["output"]) * inner)

    def forward(self, lhs: Tensor, rhs: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the products."""
        first, second = _turned(lhs, self.transpose_a), _turned(rhs, self.transpose_b)
        return torch.matmul(first, second, out=out)

    def lhs_gradient(self, grad: Tensor, rhs: Tensor, out: Tensor | None = None) -> Tensor:
        """Return grad · rhsᵀ, transposed as lhs is."""
        if self.transpose_a:
            return torch.matmul(_turned(rhs, self.transpose_b), grad.mT, out=out)
        return torch.matmul(grad, _turned(rhs, not self.transpose_b), out=out)

    def rhs_gradient(self, grad: Tensor, lhs: Tensor, out: Tensor | None = None) -> Tensor:
        """Return lhsᵀ · grad, transposed as rhs is."""
        if self.transpose_b:
            return torch.matmul(grad.mT, _turned(lhs, self.transpose_a), out=out)
        return torch.matmul(_turned(lhs, not self.transpose_a), grad, out=out)


def _turned(matrices: Tensor, transposed: bool) -> Tensor:
    """Return the matrices, transposed if so."""
    return matrices.mT if transposed else matrices
