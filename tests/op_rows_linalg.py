"""Rows for linear algebra: products, factorisations, parts of matrices; see `op_rows.py`."""

import numpy as np
import scipy.linalg
from op_testing import Row, Shape, positive

__all__ = ["ROWS"]


def swapped(matrices, yes=True):
    return np.swapaxes(matrices, -1, -2) if yes else matrices


# -- products --------------------------------------------------------------------------------------


def gemm(A, B, C=0.0, *, transpose_a=False, transpose_b=False, alpha=1.0, beta=1.0, axis=-2):
    first, second = (np.moveaxis(each, axis, -2) for each in (A, B))
    product = swapped(first, transpose_a) @ swapped(second, transpose_b)
    return alpha * np.moveaxis(product, -2, axis) + beta * C


def product(shapes: dict[str, Shape], output: Shape, why: str = "", **params) -> Row:
    op = "linalg_gemm" if "C" in shapes else "linalg_gemm2"
    return Row(op, params, shapes, output, gemm, why, ("A", "B"))


def two(A: Shape, B: Shape) -> dict[str, Shape]:
    return {"A": A, "B": B}


PRODUCTS = (
    product(two((2, 3), (3, 4)), (2, 4)),
    product(two((2, 3), (4, 3)), (2, 4), transpose_b=True, alpha=0.5),
    product(two((3, 2), (4, 3)), (2, 4), transpose_a=True, transpose_b=True),
    product(two((2, 3, 1, 4), (4, 3, 1, 2)), (2, 3, 1, 2), "rows first", axis=0),
    product(two((2, 4, 3, 2), (2, 4, 3, 5)), (2, 2, 3, 5), axis=-3, transpose_a=True, alpha=3.0),
    product({**two((2, 3), (3, 2)), "C": (2, 2)}, (2, 2), alpha=2.0, beta=-0.5),
    product(
        {**two((2, 3, 2), (2, 4, 3)), "C": (2, 2, 4)}, (2, 2, 4), transpose_a=True, transpose_b=True
    ),
    product({**two((2, 1, 3), (3, 1, 2)), "C": (2, 1, 2)}, (2, 1, 2), "rows first", axis=0),
)


def triangle(A, lower):
    return np.tril(A) if lower else np.triu(A)


def trmm(A, B, *, transpose=False, rightside=False, lower=True, alpha=1.0):
    matrix = swapped(triangle(A, lower), transpose)
    return alpha * (B @ matrix if rightside else matrix @ B)


def trsm(A, B, *, transpose=False, rightside=False, lower=True, alpha=1.0):
    matrix = np.linalg.inv(swapped(triangle(A, lower), transpose))
    return alpha * (B @ matrix if rightside else matrix @ B)


def regular(random, shape):
    """Matrices that are far from singular, and so are their triangles."""
    return random.normal(size=shape) + 4 * np.eye(shape[-1])


def triangular(op: str, function, A: Shape, B: Shape, **params) -> Row:
    return Row(op, params, two(A, B), B, function, "", ("A", "B"), {"A": regular})


TRIANGULAR = tuple(
    triangular(op, function, *shapes, **params)
    for op, function in (("linalg_trmm", trmm), ("linalg_trsm", trsm))
    for shapes, params in (
        (((3, 3), (3, 2)), {}),
        (((2, 2, 2), (2, 2, 1)), {"transpose": True, "alpha": 0.5}),
        (((3, 3), (2, 3)), {"rightside": True, "lower": False}),
        (((2, 2), (1, 2)), {"rightside": True, "transpose": True, "alpha": -2.0}),
    )
)


def syrk(A, *, transpose=False, alpha=1.0):
    return alpha * (swapped(A) @ A if transpose else A @ swapped(A))


SYMMETRIC = (
    Row("linalg_syrk", {}, {"A": (2, 3)}, (2, 2), syrk),
    Row("linalg_syrk", {"transpose": True, "alpha": 2.0}, {"A": (2, 1, 3)}, (2, 3, 3), syrk),
)


# -- factorisations --------------------------------------------------------------------------------


def potrf(A, *, lower=True):
    """The factor by SciPy; one triangle of A is read."""
    flat = [scipy.linalg.cholesky(each, lower=lower) for each in A.reshape(-1, *A.shape[-2:])]
    return np.reshape(flat, A.shape)


def pulled(grad, A, *, lower=True):
    """The symmetric gradient of A: half of the derivatives by both of the entries that mirror."""
    if not lower:
        return pulled(swapped(grad), A)
    gradient = np.zeros_like(A)
    for place in np.ndindex(A.shape):
        mirrored = (*place[:-2], place[-1], place[-2])
        step = np.zeros_like(A)
        step[place] += 0.5e-5
        step[mirrored] += 0.5e-5
        moved = [np.linalg.cholesky(A + sign * step) for sign in (1, -1)]
        gradient[place] = (grad * (moved[0] - moved[1])).sum() / 2e-5
    return gradient


def definite(random, shape):
    factor = random.normal(size=shape)
    return factor @ swapped(factor) + 2 * np.eye(shape[-1])


def potri(A, *, lower=True):
    factor = triangle(A, lower)
    return np.linalg.inv(factor @ swapped(factor) if lower else swapped(factor) @ factor)


def of_squares(op: str, function, shape: Shape, output: Shape, draw=regular, **params) -> Row:
    return Row(op, params, {"A": shape}, output, function, draws={"A": draw})


def cholesky(shape: Shape, **params) -> Row:
    draws = {"A": definite}
    return Row("linalg_potrf", params, {"A": shape}, shape, potrf, draws=draws, flows_back=pulled)


def det(A):
    return np.linalg.det(A).reshape(A.shape[:-2] or (1,))


def slogdet(A):
    return tuple(each.reshape(A.shape[:-2] or (1,)) for each in np.linalg.slogdet(A))


def determinants(op: str, function, shape: Shape, output: Shape, names: tuple[str, ...]) -> Row:
    count = len(names)
    draws = {"A": regular}
    return Row(op, {}, {"A": shape}, output, function, draws=draws, count=count, names=names)


def eigen(A):
    """Eigenvectors as rows, whose greatest entry is positive, and eigenvalues."""
    values, vectors = np.linalg.eigh(A)
    rows = swapped(vectors)
    greatest = np.take_along_axis(rows, np.abs(rows).argmax(-1)[..., None], -1)
    return rows * np.sign(greatest), values


def eigen_gradient(grad, of_values, A):
    """Of small symmetric moves, by perturbation of the eigensystem."""
    rows, values = eigen(A)
    turned = grad @ rows.T
    apart = values[:, None] - values[None, :] + np.eye(len(values))
    middle = (turned - turned.T) / (2 * apart) * (1 - np.eye(len(values))) + np.diag(of_values)
    return rows.T @ middle @ rows


def lq(A):
    """Q and L by SciPy, which takes LAPACK's signs as well."""
    triangle, rows = scipy.linalg.rq(A[::-1, ::-1], mode="economic")
    signs = np.sign(np.linalg.qr(A.T)[1].diagonal()) * np.sign(triangle[::-1, ::-1].diagonal())
    return rows[::-1, ::-1] * signs[:, None], triangle[::-1, ::-1] * signs


FACTORS = (
    cholesky((3, 3)),
    cholesky((2, 2, 2)),
    cholesky((3, 3), lower=False),
    of_squares("linalg_potri", potri, (3, 3), (3, 3)),
    of_squares("linalg_potri", potri, (2, 2, 2), (2, 2, 2), lower=False),
    of_squares("linalg_inverse", np.linalg.inv, (3, 3), (3, 3)),
    of_squares("linalg_inverse", np.linalg.inv, (2, 1, 2, 2), (2, 1, 2, 2)),
    determinants("linalg_det", det, (3, 3), (1,), ("output0",)),
    determinants("linalg_det", det, (2, 2, 2), (2,), ("output0",)),
    determinants("linalg_slogdet", slogdet, (3, 3), (1,), ("output0", "output1")),
    determinants("linalg_slogdet", slogdet, (2, 2, 2), (2,), ("output0", "output1")),
    Row(
        "linalg_syevd",
        {},
        {"A": (3, 3)},
        ((3, 3), (3,)),
        eigen,
        count=2,
        draws={"A": definite},
        flows_back=eigen_gradient,
    ),
    Row("linalg_gelqf", {}, {"A": (2, 3)}, ((2, 3), (2, 2)), lq, count=2),
)


# -- parts -----------------------------------------------------------------------------------------


def extractdiag(A, *, offset=0):
    return np.diagonal(A, offset, -2, -1)


def makediag(A, *, offset=0):
    flat = [np.diag(each, offset) for each in A.reshape(-1, A.shape[-1])]
    return np.reshape(flat, (*A.shape[:-1], *flat[0].shape))


def places(size: int, offset: int, lower: bool):
    """Rows and columns of a triangle: of the lower one by rows, of the upper one by columns."""
    rows, columns = np.tril_indices(size, -abs(offset))
    return (rows, columns) if offset < 0 or (offset == 0 and lower) else (columns, rows)


def extracttrian(A, *, offset=0, lower=True):
    return A[..., *places(A.shape[-1], offset, lower)]


def maketrian(A, *, offset=0, lower=True):
    size = next(n for n in range(1, 9) if n * (n + 1) // 2 == A.shape[-1]) + abs(offset)
    result = np.zeros((*A.shape[:-1], size, size))
    result[..., *places(size, offset, lower)] = A
    return result


def sumlogdiag(A):
    return np.log(np.diagonal(A, 0, -2, -1)).sum(-1).reshape(A.shape[:-2] or (1,))


PARTS = (
    of_squares("linalg_sumlogdiag", sumlogdiag, (3, 3), (1,), positive),
    of_squares("linalg_sumlogdiag", sumlogdiag, (2, 2, 2), (2,), positive),
    of_squares("linalg_extractdiag", extractdiag, (3, 3), (3,)),
    of_squares("linalg_extractdiag", extractdiag, (2, 3, 3), (2, 1), offset=-2),
    of_squares("linalg_extracttrian", extracttrian, (3, 3), (6,)),
    of_squares("linalg_extracttrian", extracttrian, (2, 3, 3), (2, 6), lower=False),
    of_squares("linalg_extracttrian", extracttrian, (4, 4), (6,), offset=1),
    Row("linalg_makediag", {}, {"A": (3,)}, (3, 3), makediag),
    Row("linalg_makediag", {"offset": 1}, {"A": (2, 2)}, (2, 3, 3), makediag),
    Row("linalg_maketrian", {}, {"A": (6,)}, (3, 3), maketrian),
    Row("linalg_maketrian", {"lower": False}, {"A": (2, 6)}, (2, 3, 3), maketrian),
    Row("linalg_maketrian", {"offset": -1}, {"A": (3,)}, (3, 3), maketrian),
)

ROWS = (*PRODUCTS, *TRIANGULAR, *SYMMETRIC, *FACTORS, *PARTS)
