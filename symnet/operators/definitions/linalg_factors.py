"""Matrix factorisations, inverse, determinant."""

from collections.abc import Mapping

import torch
from torch import Tensor

from ...core.errors import ShapeError
from .._tables import kept
from ..contract import Input, Operator, Shape, Shapes, param
from .linalg_products import stack_of_matrices, stack_of_squares

__all__ = [
    "_linalg_det",
    "_linalg_gelqf",
    "_linalg_inverse",
    "_linalg_potrf",
    "_linalg_potri",
    "_linalg_slogdet",
    "_linalg_syevd",
]


def _symmetric(lower: Tensor) -> Tensor:
    """Return symmetric matrices with the given lower triangles."""
    return torch.tril(lower) + torch.tril(lower, -1).mT


class _OfSquares(Operator, registered=False):
    """What all functions of square matrices share."""

    floats_only = True

    def _square(self, A: Shape) -> Shape:
        return stack_of_squares(type(self).__name__, "A", A)


class _linalg_potrf(_OfSquares):
    """Cholesky factor: the lower triangular L with A = L · Lᵀ, or the upper U with A = Uᵀ · U.

    A must be symmetric and positive definite; one triangle of it is read. The gradient of A is
    symmetric. Source: Apache MXNet 1.9.1, ``linalg.potrf``.

    >>> import symnet as mx
    >>> mx.linalg_potrf(mx.array([[4, 2], [2, 5]])).asnumpy()
    array([[2., 0.],
           [1., 2.]], dtype=float32)
    """

    aliases = ("linalg_potrf",)

    A = Input("Symmetric positive definite matrices of shape (…, n, n).")
    lower: bool = param("Return the lower triangular factor; else the upper.", default=True)

    def infer_shape(self, A: Shape | None = None, output: Shape | None = None) -> Shapes:
        """The factors have the matrices' shape."""
        known = A if A is not None else output
        return {} if known is None else {"A": self._square(known), "output": known}

    def forward(self, A: Tensor) -> Tensor:
        """Return the factors."""
        factor: Tensor = torch.linalg.cholesky(A if self.lower else A.mT)
        return factor if self.lower else factor.mT.contiguous()

    def A_gradient(self, grad: Tensor, output: Tensor) -> Tensor:
        """Return L⁻ᵀ · S · L⁻¹ / 2, S symmetric with the lower triangle of Lᵀ · grad."""
        L, above = (output, torch.tril(grad)) if self.lower else (output.mT, torch.triu(grad).mT)
        middle = _symmetric(torch.matmul(L.mT, above))
        left = torch.linalg.solve_triangular(L.mT, middle, upper=True)
        result: Tensor = torch.linalg.solve_triangular(L, left, upper=False, left=False)
        return result.mul_(0.5)


class _linalg_potri(_OfSquares):
    """Inverse of A · Aᵀ from its Cholesky factor A; of Aᵀ · A where A is the upper one.

    Source: Apache MXNet 1.9.1, ``linalg.potri``.

    >>> import symnet as mx
    >>> mx.linalg_potri(mx.array([[2, 0], [0, 4]])).asnumpy().diagonal()
    array([0.25  , 0.0625], dtype=float32)
    """

    aliases = ("linalg_potri",)

    A = Input("Triangular matrices of shape (…, n, n), as potrf returns them.")
    lower: bool = param("The lower triangle of A counts; else the upper.", default=True)

    def infer_shape(self, A: Shape | None = None, output: Shape | None = None) -> Shapes:
        """The inverses have the factors' shape."""
        known = A if A is not None else output
        return {} if known is None else {"A": self._square(known), "output": known}

    def forward(self, A: Tensor) -> Tensor:
        """Return the inverses."""
        return torch.cholesky_inverse(A, upper=not self.lower)

    def A_gradient(self, grad: Tensor, A: Tensor, output: Tensor) -> Tensor:
        """Return the triangle of −output · (grad + gradᵀ) · A⁻ᵀ; the other gets none."""
        pulled = torch.matmul(output, grad + grad.mT)
        if self.lower:
            solved = torch.linalg.solve_triangular(A.mT, pulled, upper=True, left=False)
            return torch.tril(solved).neg_()
        solved = torch.linalg.solve_triangular(A.mT, pulled.mT, upper=False)
        return torch.triu(solved).neg_()


class _linalg_inverse(_OfSquares):
    """Inverse of square matrices.

    Source: Apache MXNet 1.9.1, ``linalg.inverse``.

    >>> import symnet as mx
    >>> mx.linalg_inverse(mx.array([[2, 0], [1, 1]])).asnumpy()
    array([[ 0.5,  0. ],
           [-0.5,  1. ]], dtype=float32)
    """

    aliases = ("linalg_inverse", "_npi_inv")

    A = Input("Invertible matrices of shape (…, n, n).")

    def infer_shape(self, A: Shape | None = None, output: Shape | None = None) -> Shapes:
        """The inverses have the matrices' shape."""
        known = A if A is not None else output
        return {} if known is None else {"A": self._square(known), "output": known}

    def forward(self, A: Tensor) -> Tensor:
        """Return the inverses."""
        inverse: Tensor = torch.linalg.inv(A)
        return inverse.contiguous()

    def A_gradient(self, grad: Tensor, output: Tensor, out: Tensor | None = None) -> Tensor:
        """Return −outputᵀ · grad · outputᵀ."""
        return torch.matmul(output.mT, torch.matmul(grad, output.mT), out=out).neg_()


def _one_for_each(A: Shape) -> Shape:
    """Return the shape of one number for each matrix; of a single matrix it is (1,)."""
    return A[:-2] or (1,)


class _Determinant(_OfSquares, registered=False):
    """What is known from the triangles of P · A, which the gradient needs again."""

    A = Input("Square matrices of shape (…, n, n).")

    def saved(self) -> Mapping[str, torch.dtype | None]:
        """The gradient solves with the triangles."""
        return {"triangles": None, "pivots": torch.int32}

    def infer_shape(self, A: Shape) -> Shapes:
        """There is one number, or two, for each matrix."""
        each = dict.fromkeys(self.outputs(), _one_for_each(self._square(A)))
        return {**each, "triangles": A, "pivots": A[:-1]}


def _taken_apart(A: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return the triangles of P · A, its pivots, the upper triangle's diagonal, and P's sign."""
    triangles, pivots, _ = torch.linalg.lu_factor_ex(A)
    rows = torch.arange(1, A.shape[-1] + 1, dtype=pivots.dtype, device=A.device)
    swaps = torch.count_nonzero(pivots != rows, -1)
    return triangles, pivots, triangles.diagonal(dim1=-2, dim2=-1), 1 - 2 * (swaps % 2)


def _slope(triangles: Tensor, pivots: Tensor, factor: Tensor) -> Tensor:
    """Return factor · A⁻ᵀ for each matrix; nothing for a singular one, as in MXNet."""
    singular = (triangles.diagonal(dim1=-2, dim2=-1) == 0).any(-1)[..., None, None]
    scaled = torch.diag_embed(factor.view(triangles.shape[:-2])[..., None].expand(pivots.shape))
    solved: Tensor = torch.linalg.lu_solve(triangles, pivots, scaled, adjoint=True)
    return solved.masked_fill_(singular, 0)


class _linalg_det(_Determinant):
    """Determinant of square matrices; of a single matrix it has shape (1,).

    A singular matrix gets no gradient, as in MXNet. Source: Apache MXNet 1.9.1, ``linalg.det``.

    >>> import symnet as mx
    >>> mx.linalg_det(mx.array([[2, 1], [0, 3]]))
    NDArray([6.], float32, CPU0)
    """

    aliases = ("linalg_det", "_npi_det")

    def outputs(self) -> tuple[str, ...]:
        """The only output is numbered, as in MXNet, where hidden ones follow."""
        return ("output0",)

    def forward(self, A: Tensor) -> Tensor:
        """Return the determinants."""
        return self.forward_saving(A)[0]

    def forward_saving(self, A: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the determinants, and what the matrices were taken apart into."""
        triangles, pivots, diagonal, sign = _taken_apart(A)
        found = diagonal.prod(-1).mul_(sign)
        return found.view(_one_for_each(tuple(A.shape))), triangles, pivots

    def A_gradient(
        self, grad: Tensor, output0: Tensor, triangles: Tensor, pivots: Tensor
    ) -> Tensor:
        """Return grad · det · A⁻ᵀ; nothing for a singular matrix."""
        return _slope(triangles, pivots, grad * output0)


class _linalg_slogdet(_Determinant):
    """Sign of the determinant, and logarithm of its absolute value.

    The sign passes no gradient; a singular matrix gets none. Source: Apache MXNet 1.9.1,
    ``linalg.slogdet``.

    >>> import symnet as mx
    >>> sign, logarithm = mx.linalg_slogdet(mx.array([[0, 1], [1, 0]]))
    >>> sign, logarithm
    (NDArray([-1.], float32, CPU0), NDArray([0.], float32, CPU0))
    """

    aliases = ("linalg_slogdet", "_npi_slogdet")

    def outputs(self) -> tuple[str, ...]:
        """The sign, and the logarithm."""
        return ("output0", "output1")

    def forward(self, A: Tensor) -> tuple[Tensor, Tensor]:
        """Return signs and logarithms."""
        return self.forward_saving(A)[:2]

    def forward_saving(self, A: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return signs and logarithms, and what the matrices were taken apart into."""
        triangles, pivots, diagonal, sign = _taken_apart(A)
        signs, logarithms = diagonal.sgn().prod(-1).mul_(sign), diagonal.abs().log_().sum(-1)
        shape = _one_for_each(tuple(A.shape))
        return signs.view(shape), logarithms.view(shape), triangles, pivots

    def backward(
        self, grads: tuple[Tensor | None, Tensor | None], triangles: Tensor, pivots: Tensor
    ) -> Mapping[str, Tensor]:
        """Return the gradient of the logarithm alone, times A⁻ᵀ."""
        if grads[1] is None:
            return {"A": torch.zeros_like(triangles)}
        return {"A": _slope(triangles, pivots, grads[1])}


class _linalg_syevd(_OfSquares):
    """Eigenvalues L, ascending, and eigenvectors, the rows of U: A = Uᵀ · diag(L) · U.

    A must be symmetric; its lower triangle is read. The greatest entry of an eigenvector by
    absolute value, the first of equal ones, is positive. Source: Apache MXNet 1.9.1,
    ``linalg.syevd``.

    >>> import symnet as mx
    >>> U, L = mx._linalg_syevd(mx.array([[3, 0], [0, 1]]))
    >>> L
    NDArray([1., 3.], float32, CPU0)
    >>> U.asnumpy()
    array([[0., 1.],
           [1., 0.]], dtype=float32)
    """

    aliases = ("linalg_syevd",)

    A = Input("Symmetric matrices of shape (…, n, n).")

    def outputs(self) -> tuple[str, ...]:
        """The eigenvectors, and the eigenvalues."""
        return ("output0", "output1")

    def infer_shape(self, A: Shape) -> Shapes:
        """There is a vector and a number for each row."""
        return {"output0": self._square(A), "output1": A[:-1]}

    def forward(self, A: Tensor) -> tuple[Tensor, Tensor]:
        """Return eigenvectors as rows, and eigenvalues."""
        values, columns = torch.linalg.eigh(A)
        rows = columns.mT
        greatest = rows.gather(-1, rows.abs().max(-1, keepdim=True).indices)
        signs = torch.copysign(torch.ones_like(greatest), greatest)
        return (rows * signs).contiguous(), values

    def backward(
        self, grads: tuple[Tensor | None, Tensor | None], output0: Tensor, output1: Tensor
    ) -> Mapping[str, Tensor]:
        """Return Uᵀ · M · U, M made of how eigenvectors turn and eigenvalues move.

        Equal eigenvalues count as a least distance apart, which is MXNet's.
        """
        U, L = output0, output1
        if grads[0] is None:
            middle = torch.zeros_like(U)
        else:
            turned = torch.matmul(grads[0], U.mT)
            least = 1e-100 if L.dtype == torch.float64 else 1e-30
            # Numerator and denominator both change their sign across the diagonal, where the first
            # is 0: so the quotient is symmetric by itself. L ascends, which tells the sign.
            twice = (L * 2).unsqueeze(-1)
            apart = (twice - twice.mT).abs_().clamp_min_(2 * least)
            apart.copysign_(_signs(L.shape[-1], L.dtype, L.device))
            middle = (turned - turned.mT).div_(apart)
        if grads[1] is not None:
            middle.diagonal(dim1=-2, dim2=-1).add_(grads[1])
        return {"A": torch.matmul(U.mT, torch.matmul(middle, U))}


@kept(32)
def _signs(size: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """Return a matrix of 1 below the diagonal, and −1 above."""
    return torch.ones((size, size), dtype=dtype, device=device).tril_().mul_(2).sub_(1)


class _linalg_gelqf(Operator):
    """LQ factorisation: A = L · Q, L lower triangular, the rows of Q orthonormal.

    A has at most as many rows as columns, and full rank. Source: Apache MXNet 1.9.1,
    ``linalg.gelqf``.

    >>> import symnet as mx
    >>> Q, L = mx.linalg_gelqf(mx.array([[3, 4]]))
    >>> (abs(Q.asnumpy()) * 5).round(3), abs(L.asnumpy()).round(3)
    (array([[3., 4.]], dtype=float32), array([[5.]], dtype=float32))
    """

    aliases = ("linalg_gelqf",)
    floats_only = True

    A = Input("Matrices of shape (…, m, n), m not above n.")

    def outputs(self) -> tuple[str, ...]:
        """The orthonormal rows, and the triangle."""
        return ("output0", "output1")

    def infer_shape(self, A: Shape) -> Shapes:
        """Q has the shape of A, and L is square."""
        rows, columns = stack_of_matrices(type(self).__name__, "A", A)[-2:]
        if rows > columns:
            raise ShapeError(
                f"_linalg_gelqf: A must have at most as many rows as columns, got {A}; transpose it"
            )
        return {"output0": A, "output1": (*A[:-1], rows)}

    def forward(self, A: Tensor) -> tuple[Tensor, Tensor]:
        """Return Q and L."""
        turned = torch.linalg.qr(A.mT)
        return turned.Q.mT.contiguous(), turned.R.mT.contiguous()

    def backward(
        self, grads: tuple[Tensor | None, Tensor | None], output0: Tensor, output1: Tensor
    ) -> Mapping[str, Tensor]:
        """Return L⁻ᵀ · (dQ + S · Q), S symmetric with the lower triangle of Lᵀ · dL − dQ · Qᵀ."""
        Q, L = output0, output1
        of_rows = torch.zeros_like(Q) if grads[0] is None else grads[0]
        of_triangle = torch.zeros_like(L) if grads[1] is None else grads[1]
        middle = torch.matmul(L.mT, of_triangle) - torch.matmul(of_rows, Q.mT)
        pulled = of_rows + torch.matmul(_symmetric(middle), Q)
        solved: Tensor = torch.linalg.solve_triangular(L.mT, pulled, upper=True)
        return {"A": solved}
