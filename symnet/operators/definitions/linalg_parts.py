"""Diagonals and triangles of matrices."""

import torch
from torch import Tensor

from ...core.errors import ShapeError
from .._tables import kept
from ..contract import Input, Operator, Shape, Shapes, param
from .linalg_products import stack_of_squares

__all__ = [
    "_linalg_extractdiag",
    "_linalg_extracttrian",
    "_linalg_makediag",
    "_linalg_maketrian",
    "_linalg_sumlogdiag",
]


class _linalg_sumlogdiag(Operator):
    """Sum of the logarithms of the diagonal; of a single matrix it has shape (1,).

    Source: Apache MXNet 1.9.1, ``linalg.sumlogdiag``.

    >>> import symnet as mx
    >>> mx.linalg_sumlogdiag(mx.array([[1, 7], [7, 1]]))
    NDArray([0.], float32, CPU0)
    """

    aliases = ("linalg_sumlogdiag",)
    floats_only = True

    A = Input("Square matrices of shape (…, n, n), positive on the diagonal.")

    def infer_shape(self, A: Shape) -> Shapes:
        """There is one number for each matrix."""
        return {"output": stack_of_squares(type(self).__name__, "A", A)[:-2] or (1,)}

    def forward(self, A: Tensor) -> Tensor:
        """Return the sums."""
        return A.diagonal(dim1=-2, dim2=-1).log().sum(-1).view(A.shape[:-2] or (1,))

    def A_gradient(self, grad: Tensor, A: Tensor) -> Tensor:
        """Return grad over the diagonal."""
        return torch.diag_embed(grad.view(A.shape[:-2]).unsqueeze(-1) / A.diagonal(0, -2, -1))


def _on_diagonal(who: str, size: int, offset: int) -> int:
    """Return how many elements lie on a diagonal."""
    count = size - abs(offset)
    if count <= 0:
        raise ShapeError(f"{who}: matrices of {size} rows have no diagonal {offset}")
    return count


class _linalg_extractdiag(Operator):
    """A diagonal of square matrices.

    Source: Apache MXNet 1.9.1, ``linalg.extractdiag``.

    >>> import symnet as mx
    >>> mx.linalg_extractdiag(mx.array([[1, 2], [3, 4]]), offset=1)
    NDArray([2.], float32, CPU0)
    """

    aliases = ("linalg_extractdiag",)

    A = Input("Square matrices of shape (…, n, n).")
    offset: int = param("Diagonals above the main one; negative ones lie below.", default=0)

    def infer_shape(self, A: Shape) -> Shapes:
        """There is one vector for each matrix."""
        who = type(self).__name__
        size = stack_of_squares(who, "A", A)[-1]
        return {"output": (*A[:-2], _on_diagonal(who, size, self.offset))}

    def forward(self, A: Tensor) -> Tensor:
        """Return the diagonals."""
        return A.diagonal(self.offset, -2, -1).clone(memory_format=torch.contiguous_format)

    def A_gradient(self, grad: Tensor) -> Tensor:
        """Return grad on the diagonal, and nothing elsewhere."""
        return torch.diag_embed(grad, self.offset)


class _linalg_makediag(Operator):
    """Square matrices with the given diagonal, and zeros elsewhere.

    Source: Apache MXNet 1.9.1, ``linalg.makediag``.

    >>> import symnet as mx
    >>> mx.linalg_makediag(mx.array([1, 2])).asnumpy()
    array([[1., 0.],
           [0., 2.]], dtype=float32)
    """

    aliases = ("linalg_makediag",)

    A = Input("Diagonals of shape (…, n).")
    offset: int = param("Diagonals above the main one; negative ones lie below.", default=0)

    def infer_shape(self, A: Shape) -> Shapes:
        """The matrices have room for the diagonal."""
        size = A[-1] + abs(self.offset)
        return {"output": (*A[:-1], size, size)}

    def forward(self, A: Tensor) -> Tensor:
        """Return the matrices."""
        return torch.diag_embed(A, self.offset)

    def A_gradient(self, grad: Tensor) -> Tensor:
        """Return the diagonal of grad."""
        return grad.diagonal(self.offset, -2, -1).clone(memory_format=torch.contiguous_format)


@kept(64)
def _places(size: int, offset: int, lower: bool, device: torch.device) -> tuple[Tensor, Tensor]:
    """Return rows and columns of a triangle: a lower one row by row, an upper column by column."""
    rows, columns = torch.tril_indices(size, size, -abs(offset), device=device)
    return (rows, columns) if offset < 0 or (offset == 0 and lower) else (columns, rows)


def _in_triangle(who: str, size: int, offset: int) -> int:
    side = _on_diagonal(who, size, offset)
    return side * (side + 1) // 2


class _linalg_extracttrian(Operator):
    """A triangle of square matrices as a vector: a lower one by rows, an upper one by columns.

    A positive offset means the upper triangle from that diagonal on, a negative one the lower; at 0
    lower decides. Source: Apache MXNet 1.9.1, ``linalg.extracttrian``.

    >>> import symnet as mx
    >>> mx.linalg_extracttrian(mx.array([[1, 2], [3, 4]]))
    NDArray([1., 3., 4.], float32, CPU0)
    """

    aliases = ("linalg_extracttrian",)

    A = Input("Square matrices of shape (…, n, n).")
    offset: int = param("Diagonal that the triangle begins at.", default=0)
    lower: bool = param("With offset 0: the lower triangle; else the upper.", default=True)

    def infer_shape(self, A: Shape) -> Shapes:
        """There is one vector for each matrix."""
        who = type(self).__name__
        size = stack_of_squares(who, "A", A)[-1]
        return {"output": (*A[:-2], _in_triangle(who, size, self.offset))}

    def forward(self, A: Tensor) -> Tensor:
        """Return the triangles."""
        rows, columns = _places(A.shape[-1], self.offset, self.lower, A.device)
        return A[..., rows, columns]

    def A_gradient(self, grad: Tensor, A_shape: Shape, out: Tensor | None = None) -> Tensor:
        """Return grad in the triangle, and nothing elsewhere."""
        result = grad.new_zeros(A_shape) if out is None else out.zero_()
        rows, columns = _places(A_shape[-1], self.offset, self.lower, grad.device)
        result[..., rows, columns] = grad
        return result


class _linalg_maketrian(Operator):
    """Square matrices with a given triangle: a lower one by rows, an upper one by columns.

    All else is zero. A positive offset means the upper triangle from that diagonal on, a negative
    one the lower; at 0 lower decides. Source: Apache MXNet 1.9.1, ``linalg.maketrian``.

    >>> import symnet as mx
    >>> mx.linalg_maketrian(mx.array([1, 3, 4])).asnumpy()
    array([[1., 0.],
           [3., 4.]], dtype=float32)
    """

    aliases = ("linalg_maketrian",)

    A = Input("Triangles of shape (…, n · (n + 1) / 2).")
    offset: int = param("Diagonal that the triangle begins at.", default=0)
    lower: bool = param("With offset 0: the lower triangle; else the upper.", default=True)

    def infer_shape(self, A: Shape) -> Shapes:
        """The matrices have room for the triangle."""
        size = self._size(A)
        return {"output": (*A[:-1], size, size)}

    def _size(self, A: Shape) -> int:
        side = int(((8 * A[-1] + 1) ** 0.5 - 1) / 2)
        if side * (side + 1) // 2 != A[-1]:
            raise ShapeError(
                f"_linalg_maketrian: a triangle has 1, 3, 6, 10, … elements, but A is {A}"
            )
        return side + abs(self.offset)

    def forward(self, A: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the matrices."""
        size = self._size(tuple(A.shape))
        result = A.new_zeros(*A.shape[:-1], size, size) if out is None else out.zero_()
        rows, columns = _places(size, self.offset, self.lower, A.device)
        result[..., rows, columns] = A
        return result

    def A_gradient(self, grad: Tensor) -> Tensor:
        """Return the triangle of grad."""
        rows, columns = _places(grad.shape[-1], self.offset, self.lower, grad.device)
        return grad[..., rows, columns]
