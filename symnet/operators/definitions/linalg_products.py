"""Matrix products of linear algebra.

All take stacks: axes before the matrices' own are the same in all inputs.
"""

from collections.abc import Mapping
from math import prod

import torch
from torch import Tensor

from ...core.errors import ShapeError
from ..contract import Input, Operator, Shape, Shapes, param

__all__ = ["_linalg_gemm", "_linalg_gemm2", "_linalg_syrk", "_linalg_trmm", "_linalg_trsm"]


def stack_of_matrices(who: str, name: str, shape: Shape) -> Shape:
    """Return the shape of what holds matrices; raise ShapeError where it holds none."""
    if len(shape) < 2:
        raise ShapeError(f"{who} works on matrices, the last two axes; {name} is {shape}")
    return shape


def stack_of_squares(who: str, name: str, shape: Shape) -> Shape:
    """Return the shape of what holds square matrices; raise ShapeError where it does not."""
    if len(shape) < 2 or shape[-1] != shape[-2]:
        raise ShapeError(
            f"{who} works on square matrices, the last two axes of equal length; {name} is {shape}"
        )
    return shape


def _row_axis(who: str, axis: int, rank: int) -> int:
    """Return where the rows lie, counted from the front; columns lie on the last axis."""
    place = axis + rank if axis < 0 else axis
    if not 0 <= place < rank - 1:
        raise ShapeError(
            f"{who}: axis, the one that the rows lie on, must be before the last of {rank}, "
            f"got {axis}"
        )
    return place


def _stacked(tensor: Tensor, axis: int) -> Tensor:
    """Return three axes: which matrix, its rows, its columns."""
    moved = tensor.movedim(axis, -2)
    return moved.reshape(-1, *moved.shape[-2:])


def _unstacked(matrices: Tensor, shape: Shape, axis: int) -> Tensor:
    """Return what `_stacked` took apart, in its whole shape."""
    rest = list(shape)
    rows = rest.pop(axis)
    return matrices.view(*rest[:-1], rows, rest[-1]).movedim(-2, axis)


def _turned(matrices: Tensor, transpose: bool) -> Tensor:
    return matrices.mT if transpose else matrices


def _joined(shape: Shape, axis: int, rows: int, columns: int) -> Shape:
    """Return a shape with other lengths of rows and columns."""
    return (*shape[:axis], rows, *shape[axis + 1 : -1], columns)


def _placed(matrices: Tensor, shape: Shape, axis: int, out: Tensor | None) -> Tensor:
    result = _unstacked(matrices, shape, axis)
    return result if out is None else out.copy_(result)


class _Product(Operator, registered=False):
    """What both general products share: how their factors lie."""

    floats_only = True

    A = Input("Matrices of shape (…, m, k), or (…, k, m) with transpose_a.")
    B = Input("Matrices of shape (…, k, n), or (…, n, k) with transpose_b.")
    transpose_a: bool = param("Multiply by the transpose of A.", default=False)
    transpose_b: bool = param("Multiply by the transpose of B.", default=False)
    alpha: float = param("Factor of the product.", default=1.0)

    def _shapes(self, A: Shape, B: Shape, axis: int) -> tuple[Shape, Shape]:
        """Return the shape that B must have, and that of the product."""
        who = type(self).__name__
        axis = _row_axis(who, axis, len(stack_of_matrices(who, "A", A)))
        if len(B) != len(A):
            raise ShapeError(f"{who}: A and B must have equally many axes, got {A} and {B}")
        rows, inner = (A[-1], A[axis]) if self.transpose_a else (A[axis], A[-1])
        columns = B[axis] if self.transpose_b else B[-1]
        fitting = (columns, inner) if self.transpose_b else (inner, columns)
        return _joined(A, axis, *fitting), _joined(A, axis, rows, columns)

    def multiply_adds(self, shapes: Shapes) -> int:
        """One for each element of the product and of the axis that is summed over."""
        return int(prod(shapes["A"]) * shapes["output"][-1])

    def _multiplied(
        self,
        pair: tuple[Tensor, Tensor],
        shape: Shape,
        axis: int,
        out: Tensor | None,
        base: Tensor | None = None,
        beta: float = 0.0,
    ) -> Tensor:
        """Return alpha times the product of two stacks (plus beta times a base), in a shape."""
        axis %= len(shape)
        straight = out is not None and axis == len(shape) - 2 and out.is_contiguous()
        flat = out.view(-1, *shape[-2:]) if out is not None and straight else None
        if base is None:
            matrices = torch.bmm(*pair, out=flat)
            matrices = matrices if self.alpha == 1 else matrices.mul_(self.alpha)
        else:
            matrices = torch.baddbmm(
                _stacked(base, axis), pair[0], pair[1], beta=beta, alpha=self.alpha, out=flat
            )
        if out is not None and flat is not None:
            return out
        return _placed(matrices, shape, axis, out)

    def _factors(self, A: Tensor, B: Tensor, axis: int) -> tuple[Tensor, Tensor]:
        return (
            _turned(_stacked(A, axis), self.transpose_a),
            _turned(_stacked(B, axis), self.transpose_b),
        )

    def _of_first(self, grad: Tensor, B: Tensor, axis: int) -> tuple[Tensor, Tensor]:
        """Return the pair whose product is the gradient of A."""
        above, second = _stacked(grad, axis), _stacked(B, axis)
        if self.transpose_a:
            return _turned(second, self.transpose_b), above.mT
        return above, _turned(second, not self.transpose_b)

    def _of_second(self, grad: Tensor, A: Tensor, axis: int) -> tuple[Tensor, Tensor]:
        """Return the pair whose product is the gradient of B."""
        above, first = _stacked(grad, axis), _stacked(A, axis)
        if self.transpose_b:
            return above.mT, _turned(first, self.transpose_a)
        return _turned(first, not self.transpose_a), above


class _linalg_gemm(_Product):
    """General product of matrices added to others: alpha · A · B + beta · C.

    Matrices lie on the row axis and the last one; all other axes are the same in A, B and C.
    Source: Apache MXNet 1.9.1, ``linalg.gemm``.

    >>> import symnet as mx
    >>> A, B, C = mx.array([[1, 2]]), mx.array([[3], [4]]), mx.array([[100]])
    >>> mx.linalg_gemm(A, B, C, alpha=2.0, beta=0.5)
    NDArray([[72.]], float32, CPU0)
    """

    aliases = ("linalg_gemm",)

    C = Input("Matrices of shape (…, m, n).")
    beta: float = param("Factor of C.", default=1.0)
    axis: int = param("Axis that the rows lie on.", default=-2)

    def infer_shape(self, A: Shape, B: Shape) -> Shapes:
        """The inner lengths must agree, and C has the product's shape."""
        fitting, output = self._shapes(A, B, self.axis)
        return {"B": fitting, "C": output, "output": output}

    def forward(self, A: Tensor, B: Tensor, C: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the sum."""
        pair = self._factors(A, B, self.axis)
        return self._multiplied(pair, C.shape, self.axis, out, C, self.beta)

    def A_gradient(
        self, grad: Tensor, B: Tensor, A_shape: Shape, out: Tensor | None = None
    ) -> Tensor:
        """Return alpha · grad · Bᵀ."""
        return self._multiplied(self._of_first(grad, B, self.axis), A_shape, self.axis, out)

    def B_gradient(
        self, grad: Tensor, A: Tensor, B_shape: Shape, out: Tensor | None = None
    ) -> Tensor:
        """Return alpha · Aᵀ · grad."""
        return self._multiplied(self._of_second(grad, A, self.axis), B_shape, self.axis, out)

    def C_gradient(self, grad: Tensor, out: Tensor | None = None) -> Tensor:
        """Return beta · grad."""
        return torch.mul(grad, self.beta, out=out)


class _linalg_gemm2(_Product):
    """General product of matrices: alpha · A · B.

    Matrices lie on the row axis and the last one; all other axes are the same in A and B.
    Source: Apache MXNet 1.9.1, ``linalg.gemm2``.

    >>> import symnet as mx
    >>> mx.linalg_gemm2(mx.array([[1, 2]]), mx.array([[3, 4]]), transpose_b=True)
    NDArray([[11.]], float32, CPU0)
    """

    aliases = ("linalg_gemm2",)

    axis: int = param("Axis that the rows lie on.", default=-2)

    def infer_shape(self, A: Shape, B: Shape) -> Shapes:
        """The inner lengths must agree."""
        fitting, output = self._shapes(A, B, self.axis)
        return {"B": fitting, "output": output}

    def forward(self, A: Tensor, B: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the product."""
        shape = self._shapes(A.shape, B.shape, self.axis)[1]
        return self._multiplied(self._factors(A, B, self.axis), shape, self.axis, out)

    def A_gradient(
        self, grad: Tensor, B: Tensor, A_shape: Shape, out: Tensor | None = None
    ) -> Tensor:
        """Return alpha · grad · Bᵀ."""
        return self._multiplied(self._of_first(grad, B, self.axis), A_shape, self.axis, out)

    def B_gradient(
        self, grad: Tensor, A: Tensor, B_shape: Shape, out: Tensor | None = None
    ) -> Tensor:
        """Return alpha · Aᵀ · grad."""
        return self._multiplied(self._of_second(grad, A, self.axis), B_shape, self.axis, out)


class _Triangular(Operator, registered=False):
    """What the product with a triangular matrix shares with its inverse."""

    floats_only = True

    A = Input("Square matrices of shape (…, n, n), of which one triangle counts.")
    B = Input("Matrices of shape (…, n, m), or (…, m, n) with rightside.")
    transpose: bool = param("Use the transpose of A.", default=False)
    rightside: bool = param("A stands to the right of B.", default=False)
    lower: bool = param("The lower triangle of A counts; else the upper.", default=True)
    alpha: float = param("Factor of the result.", default=1.0)

    def infer_shape(
        self, A: Shape | None = None, B: Shape | None = None, output: Shape | None = None
    ) -> Shapes:
        """B has as many rows (columns, with rightside) as A, and the shape of the result."""
        who = type(self).__name__
        known = B if B is not None else output
        if known is None:
            return {}
        size = stack_of_matrices(who, "B", known)[-1 if self.rightside else -2]
        if A is None:
            return {"A": (*known[:-2], size, size), "B": known, "output": known}
        if len(known) != len(stack_of_squares(who, "A", A)):
            raise ShapeError(f"{who}: A and B must have equally many axes, got {A} and {known}")
        length = A[-1]
        matrix = (known[-2], length) if self.rightside else (length, known[-1])
        fitting = (*A[:-2], *matrix)
        return {"B": fitting, "output": fitting}

    def multiply_adds(self, shapes: Shapes) -> int:
        """One for each element of the result and of half a row of A."""
        size: int = shapes["A"][-1]
        return int(prod(shapes["output"])) * (size + 1) // 2

    def _triangle(self, A: Tensor) -> Tensor:
        return torch.tril(A) if self.lower else torch.triu(A)


class _linalg_trmm(_Triangular):
    """Product with a triangular matrix: alpha · A · B, or alpha · B · A with rightside.

    Source: Apache MXNet 1.9.1, ``linalg.trmm``.

    >>> import symnet as mx
    >>> A, B = mx.array([[1, 9], [2, 3]]), mx.array([[1], [10]])
    >>> mx.linalg_trmm(A, B).asnumpy()
    array([[ 1.],
           [32.]], dtype=float32)
    """

    aliases = ("linalg_trmm",)

    def forward(self, A: Tensor, B: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the product."""
        matrix = _turned(self._triangle(A), self.transpose)
        pair = (B, matrix) if self.rightside else (matrix, B)
        return torch.matmul(*pair, out=out).mul_(self.alpha)

    def A_gradient(self, grad: Tensor, B: Tensor) -> Tensor:
        """Return the triangle of alpha · grad · Bᵀ; the other triangle gets none."""
        outer = torch.matmul(B.mT, grad) if self.rightside else torch.matmul(grad, B.mT)
        return self._triangle(_turned(outer, self.transpose)).mul_(self.alpha)

    def B_gradient(self, grad: Tensor, A: Tensor, out: Tensor | None = None) -> Tensor:
        """Return alpha · Aᵀ · grad."""
        matrix = _turned(self._triangle(A), not self.transpose)
        pair = (grad, matrix) if self.rightside else (matrix, grad)
        return torch.matmul(*pair, out=out).mul_(self.alpha)


class _linalg_trsm(_Triangular):
    """Solve with a triangular matrix: X of A · X = alpha · B, or of X · A = alpha · B (rightside).

    Source: Apache MXNet 1.9.1, ``linalg.trsm``.

    >>> import symnet as mx
    >>> A, B = mx.array([[1, 9], [2, 4]]), mx.array([[1], [10]])
    >>> mx.linalg_trsm(A, B).asnumpy()
    array([[1.],
           [2.]], dtype=float32)
    """

    aliases = ("linalg_trsm",)

    def forward(self, A: Tensor, B: Tensor) -> Tensor:
        """Return the solution."""
        return self._solved(A, B, self.transpose).mul_(self.alpha)

    def _solved(self, A: Tensor, B: Tensor, transpose: bool) -> Tensor:
        upper = self.lower == transpose
        solved: Tensor = torch.linalg.solve_triangular(
            _turned(A, transpose), B, upper=upper, left=not self.rightside
        )
        return solved

    def backward(
        self, grad: Tensor, A: Tensor, output: Tensor, wants: frozenset[str]
    ) -> Mapping[str, Tensor]:
        """Return minus a triangle of the solved grad times the solution, and alpha times it."""
        back = self._solved(A, grad, not self.transpose)
        found = {}
        if "A" in wants:
            pair = (output.mT, back) if self.rightside else (back, output.mT)
            found["A"] = self._triangle(_turned(torch.matmul(*pair), self.transpose)).neg_()
        return {**found, "B": back.mul_(self.alpha)}


class _linalg_syrk(Operator):
    """Product of matrices with their own transposes: alpha · A · Aᵀ, or alpha · Aᵀ · A.

    Source: Apache MXNet 1.9.1, ``linalg.syrk``.

    >>> import symnet as mx
    >>> mx.linalg_syrk(mx.array([[1, 2], [0, 1]])).asnumpy()
    array([[5., 2.],
           [2., 1.]], dtype=float32)
    """

    aliases = ("linalg_syrk",)
    floats_only = True

    A = Input("Matrices of shape (…, m, n).")
    transpose: bool = param("Aᵀ · A instead.", default=False)
    alpha: float = param("Factor of the product.", default=1.0)

    def infer_shape(self, A: Shape) -> Shapes:
        """The products are square."""
        size = stack_of_matrices(type(self).__name__, "A", A)[-1 if self.transpose else -2]
        return {"output": (*A[:-2], size, size)}

    def multiply_adds(self, shapes: Shapes) -> int:
        """One for each element of the product and of the axis that is summed over."""
        inner: int = shapes["A"][-2 if self.transpose else -1]
        return int(prod(shapes["output"])) * inner

    def forward(self, A: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the product."""
        pair = (A.mT, A) if self.transpose else (A, A.mT)
        return torch.matmul(*pair, out=out).mul_(self.alpha)

    def A_gradient(self, grad: Tensor, A: Tensor, out: Tensor | None = None) -> Tensor:
        """Return alpha · (grad + gradᵀ) · A."""
        both = grad + grad.mT
        pair = (A, both) if self.transpose else (both, A)
        return torch.matmul(*pair, out=out).mul_(self.alpha)
