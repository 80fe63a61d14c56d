"""One element of each row, by its index.

Indices count from 0, and are cut to whole numbers. Source: docs/semantics §1.8.
"""

import torch
from torch import Tensor

from ...core.errors import ShapeError
from ..contract import Input, Operator, Shape, Shapes

__all__ = ["_onehot_encode", "choose_element_0index", "fill_element_0index"]


def _places(index: Tensor, data: Tensor) -> Tensor:
    """Return the index of each row as a column, kept within the row."""
    return index.long().clamp_(0, data.shape[1] - 1).unsqueeze(1)


def _check_matrix(name: str, shape: Shape) -> None:
    if len(shape) != 2:
        raise ShapeError(f"{name} must be a matrix, got shape {shape}")


class choose_element_0index(Operator):
    """Choose one element of each row: output[i] = lhs[i, rhs[i]].

    An index outside of a row means its nearest end. Source: docs/semantics §1.8.

    >>> import symnet as mx
    >>> mx.choose_element_0index(mx.array([[1, 2, 3], [4, 5, 6]]), mx.array([2, 0]))
    NDArray([3., 4.], float32, CPU0)
    """

    aliases = ("pick",)

    lhs = Input("Matrix to choose from, of shape (rows, columns).")
    rhs = Input("Index for each row, from 0.", takes_gradient=False, any_dtype=True)

    def infer_shape(self, lhs: Shape) -> Shapes:
        """There is one index, and one result, for each row."""
        _check_matrix("lhs", lhs)
        return {"rhs": lhs[:1], "output": lhs[:1]}

    def forward(self, lhs: Tensor, rhs: Tensor) -> Tensor:
        """Return the chosen elements."""
        return lhs.gather(1, _places(rhs, lhs)).squeeze(1)

    def lhs_gradient(self, grad: Tensor, lhs: Tensor, rhs: Tensor) -> Tensor:
        """Return grad where an element was chosen, 0 elsewhere."""
        return torch.zeros_like(lhs).scatter_(1, _places(rhs, lhs), grad.unsqueeze(1))


class fill_element_0index(Operator):
    """Replace one element of each row: output is lhs, except that output[i, rhs[i]] = mhs[i].

    An index outside of a row means its nearest end. Source: docs/semantics §1.8.

    >>> import symnet as mx
    >>> mx.fill_element_0index(
    ...     mx.array([[1, 2, 3], [4, 5, 6]]), mx.array([7, 8]), mx.array([2, 0])
    ... ).asnumpy()
    array([[1., 2., 7.],
           [8., 5., 6.]], dtype=float32)
    """

    lhs = Input("Matrix of shape (rows, columns); it is not changed.")
    mhs = Input("New element for each row.")
    rhs = Input("Index for each row, from 0.", takes_gradient=False, any_dtype=True)

    def infer_shape(self, lhs: Shape) -> Shapes:
        """There is one index and one new element for each row."""
        _check_matrix("lhs", lhs)
        return {"mhs": lhs[:1], "rhs": lhs[:1], "output": lhs}

    def forward(self, lhs: Tensor, mhs: Tensor, rhs: Tensor) -> Tensor:
        """Return the matrix with the new elements."""
        return lhs.scatter(1, _places(rhs, lhs), mhs.unsqueeze(1))

    def lhs_gradient(self, grad: Tensor, rhs: Tensor) -> Tensor:
        """Return grad, and 0 where an element was replaced."""
        return grad.scatter(1, _places(rhs, grad), 0)

    def mhs_gradient(self, grad: Tensor, rhs: Tensor) -> Tensor:
        """Return grad where an element was replaced."""
        return grad.gather(1, _places(rhs, grad)).squeeze(1)


class _onehot_encode(Operator):
    """Write each index as a row that is 1 at the index and 0 elsewhere.

    An index outside of the row makes a row of zeros. Source: docs/semantics §1.8.
    """

    lhs = Input("Indices, from 0.", any_dtype=True)
    rhs = Input("Matrix of the shape and element type that is wanted; its numbers do not matter.")

    def infer_shape(self, rhs: Shape) -> Shapes:
        """There is one index for each row."""
        _check_matrix("rhs", rhs)
        return {"lhs": rhs[:1], "output": rhs}

    def forward(self, lhs: Tensor, rhs: Tensor) -> Tensor:
        """Return the rows."""
        columns = torch.arange(rhs.shape[1], device=rhs.device)
        return (lhs.long().unsqueeze(1) == columns).to(rhs.dtype)

    def lhs_gradient(self, lhs: Tensor) -> Tensor:
        """Return zeros: the rows jump, or stay as they are."""
        return torch.zeros_like(lhs)

    def rhs_gradient(self, rhs: Tensor) -> Tensor:
        """Return zeros: the numbers do not matter."""
        return torch.zeros_like(rhs)
