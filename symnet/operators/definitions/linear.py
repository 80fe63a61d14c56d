"""Fully connected layer and matrix product."""

from math import prod

import torch
from torch import Tensor

from ...core.errors import ShapeError
from ..contract import Input, Operator, Shape, Shapes, param

__all__ = ["FullyConnected", "dot"]


def _rows(data: Tensor) -> Tensor:
    """Return data as a matrix with one row for each sample."""
    return data.reshape(data.shape[0], -1) if data.ndim != 2 else data


class FullyConnected(Operator):
    """Multiply the flattened input by a weight matrix, then add a bias.

    output = data · weightᵀ + bias, where data counts as (batch, features).
    Source: docs/semantics §3.13.

    >>> import symnet as mx
    >>> net = mx.FullyConnected(data=mx.Variable("data"), num_hidden=128, name="fc1")
    >>> shapes, outputs, _ = net.infer_shape(data=(100, 784))
    >>> dict(zip(net.list_arguments(), shapes))
    {'data': (100, 784), 'fc1_weight': (128, 784), 'fc1_bias': (128,)}
    >>> outputs
    [(100, 128)]
    """

    floats_only = True

    data = Input("Input; axes after the first are flattened into features.")
    weight = Input("Weight matrix of shape (num_hidden, features).")
    bias = Input("Bias vector of shape (num_hidden,).", when=lambda op: not op.no_bias)
    num_hidden: int = param("Number of units in the output.", min=1)
    no_bias: bool = param("Leave the bias out.", default=False)

    def infer_shape(self, data: Shape) -> Shapes:
        """Return the shapes that the data's implies."""
        batch, *features = data
        return {
            "weight": (self.num_hidden, prod(features)),
            "bias": (self.num_hidden,),
            "output": (batch, self.num_hidden),
        }

    def row_inputs(self) -> tuple[str, ...]:
        """Rows of the data give rows of the output."""
        return ("data",)

    def multiply_adds(self, shapes: Shapes) -> int:
        """One for each weight and sample."""
        return int(prod(shapes["weight"]) * shapes["data"][0])

    def forward(
        self, data: Tensor, weight: Tensor, bias: Tensor | None = None, out: Tensor | None = None
    ) -> Tensor:
        """Return the output, of shape (batch, num_hidden)."""
        if bias is None:
            return torch.mm(_rows(data), weight.t(), out=out)
        return torch.addmm(bias, _rows(data), weight.t(), out=out)

    def data_gradient(
        self, grad: Tensor, weight: Tensor, data_shape: Shape, out: Tensor | None = None
    ) -> Tensor:
        """Return grad · weight in the shape of the data."""
        flat = None if out is None else out.view(data_shape[0], -1)
        return torch.mm(grad, weight, out=flat).view(data_shape)

    def weight_gradient(self, grad: Tensor, data: Tensor, out: Tensor | None = None) -> Tensor:
        """Return gradᵀ · data."""
        return torch.mm(grad.t(), _rows(data), out=out)

    def bias_gradient(self, grad: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the sum of grad over the batch."""
        return torch.sum(grad, 0, out=out)


class dot(Operator):
    """Product of two matrices, or inner product of two vectors, of shape (1,).

    Source: docs/semantics §1.8.

    >>> import symnet as mx
    >>> mx.dot(mx.array([[1, 2], [3, 4]]), mx.array([[1], [10]])).asnumpy()
    array([[21.],
           [43.]], dtype=float32)
    """

    lhs = Input("Matrix of shape (m, k), or vector of length k.")
    rhs = Input("Matrix of shape (k, n), or vector of length k.")

    def infer_shape(self, lhs: Shape, rhs: Shape) -> Shapes:
        """The inner lengths must agree."""
        if (len(lhs), len(rhs)) not in ((1, 1), (2, 2)):
            raise ShapeError(f"dot takes two matrices or two vectors, got {lhs} and {rhs}")
        output = (1,) if len(lhs) == 1 else (lhs[0], rhs[1])
        return {"rhs": (lhs[-1], *rhs[1:]), "output": output}

    def multiply_adds(self, shapes: Shapes) -> int:
        """One for each element of lhs and column of rhs."""
        return int(prod(shapes["lhs"]) * prod(shapes["rhs"][1:]))

    def forward(self, lhs: Tensor, rhs: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the product."""
        if lhs.ndim == 2:
            return torch.mm(lhs, rhs, out=out)
        return torch.mm(lhs.view(1, -1), rhs.view(-1, 1), out=_matrix(out)).view(1)

    def lhs_gradient(self, grad: Tensor, rhs: Tensor, out: Tensor | None = None) -> Tensor:
        """Return grad · rhsᵀ."""
        return torch.mul(grad, rhs, out=out) if rhs.ndim == 1 else torch.mm(grad, rhs.t(), out=out)

    def rhs_gradient(self, grad: Tensor, lhs: Tensor, out: Tensor | None = None) -> Tensor:
        """Return lhsᵀ · grad."""
        return torch.mul(grad, lhs, out=out) if lhs.ndim == 1 else torch.mm(lhs.t(), grad, out=out)


def _matrix(out: Tensor | None) -> Tensor | None:
    return None if out is None else out.view(1, 1)
