"""Matrices whose properties are known, and other small arrays, for tests.

Source: Apache MXNet 1.9.1, ``mxnet.test_utils``.
"""

from collections.abc import Callable, Sequence

import numpy as np

from ..core.errors import ShapeError
from .ndarray.array import NDArray
from .ndarray.creation import array, eye

__all__ = [
    "collapse_sum_like",
    "get_identity_mat",
    "get_identity_mat_batch",
    "new_matrix_with_real_eigvals_2d",
    "new_matrix_with_real_eigvals_nd",
    "new_orthonormal_matrix_2d",
    "new_sym_matrix_with_real_eigvals_2d",
    "new_sym_matrix_with_real_eigvals_nd",
    "rand_coord_2d",
]


def get_identity_mat(size: int) -> NDArray:
    """Return the identity matrix of a size."""
    return eye(size)


def get_identity_mat_batch(size: int) -> NDArray:
    """Return two identity matrices of a size, one behind the other along axis 0."""
    return array(np.stack([np.eye(size)] * 2))


def rand_coord_2d(
    x_low: int, x_high: int, y_low: int, y_high: int
) -> tuple[np.integer, np.integer]:
    """Return a random place, each coordinate from its least to below its most."""
    x = np.random.randint(x_low, x_high, dtype=np.int64)
    return x, np.random.randint(y_low, y_high, dtype=np.int64)


def collapse_sum_like(a: np.ndarray, shape: Sequence[int]) -> np.ndarray:
    """Return an array summed over the axes that broadcasting would stretch.

    Args:
        a: the array.
        shape: a shape that broadcasts to the array's.

    >>> collapse_sum_like(np.ones((2, 3, 4)), (3, 1)).tolist()
    [[8.0], [8.0], [8.0]]
    """
    extra = a.ndim - len(shape)
    if extra < 0 or any(
        one not in (1, full) for one, full in zip(shape, a.shape[extra:], strict=True)
    ):
        raise ShapeError(f"collapse_sum_like: {tuple(shape)} does not broadcast to {a.shape}")
    axes = [n for n in range(a.ndim) if n < extra or shape[n - extra] != a.shape[n]]
    found: np.ndarray = a.sum(axis=tuple(axes)).reshape(shape)
    return found


def new_orthonormal_matrix_2d(n: int) -> np.ndarray:
    """Return a random orthonormal matrix of n rows."""
    drawn = np.random.randn(n, n)
    basis: np.ndarray = np.linalg.qr(drawn.T @ drawn)[0]
    return basis


def new_sym_matrix_with_real_eigvals_2d(n: int) -> np.ndarray:
    """Return a random symmetric matrix of n rows with eigenvalues from -10 to 10."""
    basis = new_orthonormal_matrix_2d(n)
    found: np.ndarray = basis.T @ np.diag(np.random.uniform(-10, 10, n)) @ basis
    return found


def new_sym_matrix_with_real_eigvals_nd(shape: Sequence[int]) -> np.ndarray:
    """Return an array of such matrices, in its last two axes."""
    return _stacked(shape, new_sym_matrix_with_real_eigvals_2d)


def new_matrix_with_real_eigvals_2d(n: int) -> np.ndarray:
    """Return a random matrix of n rows, far from singular, with eigenvalues from -10 to 10."""
    while True:
        axis = np.random.uniform(-1, 1, (n, 1))
        mirror = np.eye(n) - 2 * (axis @ axis.T) / (axis**2).sum()
        basis = mirror @ np.diag(np.random.uniform(-1, 1, n))
        if np.linalg.cond(basis, 2) < 3:
            break
    found: np.ndarray = np.linalg.inv(basis) @ np.diag(np.random.uniform(-10, 10, n)) @ basis
    return found


def new_matrix_with_real_eigvals_nd(shape: Sequence[int]) -> np.ndarray:
    """Return an array of such matrices, in its last two axes."""
    return _stacked(shape, new_matrix_with_real_eigvals_2d)


def _stacked(shape: Sequence[int], make: Callable[[int], np.ndarray]) -> np.ndarray:
    count = int(np.prod(shape[:-2]))
    return np.array([make(shape[-1]) for _ in range(count)]).reshape(shape)
