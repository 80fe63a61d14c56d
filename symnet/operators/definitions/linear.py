"""Fully connected layer and matrix product."""

from dataclasses import replace
from math import prod
from typing import ClassVar

import torch
from torch import Tensor

from ...core.errors import ShapeError
from ..contract import Input, Operator, Shape, Shapes, param
from ..meaning import Meaning, OutputChannels, Weighted

__all__ = ["FullyConnected", "dot"]


class FullyConnected(Operator):
    """Multiply the flattened input by a weight matrix, then add a bias.

    output = data · weightᵀ + bias, where data counts as (batch, features); with flatten=False the
    last axis holds the features, and all others stay.
    Source: docs/semantics §3.13.

    >>> import symnet as mx
    >>> net = mx.FullyConnected(data=mx.Variable("data"), num_hidden=128, name="fc1")
    >>> shapes, outputs, _ = net.infer_shape(data=(100, 784))
    >>> dict(zip(net.list_arguments(), shapes))
    {'data': (100, 784), 'fc1_weight': (128, 784), 'fc1_bias': (128,)}
    >>> outputs
    [(100, 128)]
    """

    family = "weighted"
    aliases = ("_npx_fully_connected",)
    floats_only = True

    data = Input("Input; axes after the first are flattened into features.")
    weight = Input("Weight matrix of shape (num_hidden, features).")
    bias = Input("Bias vector of shape (num_hidden,).", when=lambda op: not op.no_bias)
    num_hidden: int = param("Number of units in the output.", min=1)
    no_bias: bool = param("Leave the bias out.", default=False)
    flatten: bool = param("Flatten all axes after the first.", default=True)

    def infer_shape(self, data: Shape | None = None, output: Shape | None = None) -> Shapes:
        """Return the shapes that the data's implies; the output's tells how many rows it has."""
        if data is None:
            return {} if output is None else {"data": (*output[:-1], None)}
        kept, features = (data[:1], data[1:]) if self.flatten else (data[:-1], data[-1:])
        return {
            "weight": (self.num_hidden, prod(features)),
            "bias": (self.num_hidden,),
            "output": (*kept, self.num_hidden),
        }

    def meaning(self) -> Meaning:
        """Rows are multiplied by a weight."""
        return Weighted()

    def output_channels(self) -> OutputChannels | None:
        """Each unit is a channel, where all axes but the first are flattened."""
        with_bias = replace(self, no_bias=False)
        return OutputChannels(2, 1, None, with_bias) if self.flatten else None

    def row_inputs(self) -> tuple[str, ...]:
        """Rows of the data give rows of the output."""
        return ("data",)

    def rows_apart(self, *shapes: Shape) -> bool:
        """A vector is one row, where it is not a row for each number."""
        return self.flatten or len(shapes[0]) > 1

    def multiply_adds(self, shapes: Shapes) -> int:
        """One for each weight and sample."""
        return int(prod(shapes["weight"]) * prod(shapes["output"][:-1]))

    def forward(
        self, data: Tensor, weight: Tensor, bias: Tensor | None = None, out: Tensor | None = None
    ) -> Tensor:
        """Return the output, of shape (batch, num_hidden)."""
        rows = self._rows(data)
        if rows is data:
            return self._product(rows, weight, bias, out)
        flat = None if out is None else out.view(-1, self.num_hidden)
        found = self._product(rows, weight, bias, flat)
        if out is not None:
            return out
        return found if self.flatten else found.view(*data.shape[:-1], self.num_hidden)

    def _product(
        self, rows: Tensor, weight: Tensor, bias: Tensor | None, out: Tensor | None
    ) -> Tensor:
        if bias is None:
            return torch.mm(rows, weight.t(), out=out)
        return torch.addmm(bias, rows, weight.t(), out=out)

    def _rows(self, data: Tensor) -> Tensor:
        """Return data as a matrix with one row for each sample."""
        if data.ndim == 2:
            return data
        return data.reshape(data.shape[0], -1) if self.flatten else data.reshape(-1, data.shape[-1])

    def _above(self, grad: Tensor) -> Tensor:
        return grad if grad.ndim == 2 else grad.reshape(-1, self.num_hidden)

    def data_gradient(
        self, grad: Tensor, weight: Tensor, data_shape: Shape, out: Tensor | None = None
    ) -> Tensor:
        """Return grad · weight in the shape of the data."""
        flat = None if out is None else out.view(-1, weight.shape[1])
        return torch.mm(self._above(grad), weight, out=flat).view(data_shape)

    def weight_gradient(self, grad: Tensor, data: Tensor, out: Tensor | None = None) -> Tensor:
        """Return gradᵀ · data."""
        return torch.mm(self._above(grad).t(), self._rows(data), out=out)

    def bias_gradient(self, grad: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the sum of grad over the batch."""
        return torch.sum(self._above(grad), 0, out=out)


class dot(Operator):
    """Product of two arrays over the last axis of the first and the first axis of the second.

    Of two matrices the matrix product, of two vectors the inner product, of shape (1,). With
    transpose_a it goes over the first axis of lhs, with transpose_b over the last axis of rhs.
    Source: docs/semantics §1.8; Apache MXNet 1.9.1, dot.

    >>> import symnet as mx
    >>> mx.dot(mx.array([[1, 2], [3, 4]]), mx.array([[1], [10]])).asnumpy()
    array([[21.],
           [43.]], dtype=float32)
    """

    fixed_parameters: ClassVar = {"forward_stype": ("None", "default")}

    lhs = Input("Array of shape (…, k); with transpose_a (k, …).")
    rhs = Input("Array of shape (k, …); with transpose_b (…, k).")
    transpose_a: bool = param("Take the first axis of lhs for its last.", default=False)
    transpose_b: bool = param("Take the last axis of rhs for its first.", default=False)

    def infer_shape(self, lhs: Shape, rhs: Shape) -> Shapes:
        """The inner lengths must agree."""
        if not lhs or not rhs:
            raise ShapeError(f"dot takes arrays with axes, got {lhs} and {rhs}")
        if len(lhs) == len(rhs) == 1 and (self.transpose_a or self.transpose_b):
            raise ShapeError(f"vectors are not transposed, got {lhs} and {rhs}")
        inner, kept = (lhs[0], lhs[1:]) if self.transpose_a else (lhs[-1], lhs[:-1])
        others = rhs[:-1] if self.transpose_b else rhs[1:]
        wanted = (*others, inner) if self.transpose_b else (inner, *others)
        return {"rhs": wanted, "output": (*kept, *others) or (1,)}

    def multiply_adds(self, shapes: Shapes) -> int:
        """One for each element of lhs and column of rhs."""
        rhs = shapes["rhs"]
        return int(prod(shapes["lhs"]) * prod(rhs[:-1] if self.transpose_b else rhs[1:]))

    def _left(self, lhs: Tensor) -> Tensor:
        """Return lhs as a matrix whose columns are added up over."""
        if self.transpose_a:
            return (lhs if lhs.ndim == 2 else lhs.reshape(lhs.shape[0], -1)).t()
        return lhs if lhs.ndim == 2 else lhs.reshape(-1, lhs.shape[-1])

    def _right(self, rhs: Tensor) -> Tensor:
        """Return rhs as a matrix whose rows are added up over."""
        if self.transpose_b:
            return (rhs if rhs.ndim == 2 else rhs.reshape(-1, rhs.shape[-1])).t()
        return rhs if rhs.ndim == 2 else rhs.reshape(rhs.shape[0], -1)

    def forward(self, lhs: Tensor, rhs: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the product."""
        left, right = self._left(lhs), self._right(rhs)
        found = torch.mm(left, right, out=_matrix(out, left.shape[0]))
        if out is not None:
            return out
        shapes = self.infer_shape(tuple(lhs.shape), tuple(rhs.shape))
        return found.view(shapes["output"])

    def lhs_gradient(
        self, grad: Tensor, rhs: Tensor, lhs_shape: Shape, out: Tensor | None = None
    ) -> Tensor:
        """Return grad · rhsᵀ in the shape of lhs."""
        right = self._right(rhs)
        above = grad.reshape(-1, right.shape[1])
        place = _matrix(out, lhs_shape[0] if self.transpose_a else above.shape[0])
        if self.transpose_a:
            return torch.mm(right, above.t(), out=place).view(lhs_shape)
        return torch.mm(above, right.t(), out=place).view(lhs_shape)

    def rhs_gradient(
        self, grad: Tensor, lhs: Tensor, rhs_shape: Shape, out: Tensor | None = None
    ) -> Tensor:
        """Return lhsᵀ · grad in the shape of rhs."""
        left = self._left(lhs)
        above = grad.reshape(left.shape[0], -1)
        place = _matrix(out, above.shape[1] if self.transpose_b else rhs_shape[0])
        if self.transpose_b:
            return torch.mm(above.t(), left, out=place).view(rhs_shape)
        return torch.mm(left.t(), above, out=place).view(rhs_shape)


def _matrix(out: Tensor | None, rows: int) -> Tensor | None:
    return None if out is None else out.view(rows, -1)
