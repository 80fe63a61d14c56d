"""Random inputs for tests, and an iterator that hands out one batch for ever.

Source: Apache MXNet 1.9.1, ``mxnet.test_utils``.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..core.context import Context as CoreContext
from ..core.errors import ArgumentError
from .io import DataIter
from .ndarray.array import NDArray
from .ndarray.creation import array

__all__ = [
    "DummyIter",
    "create_2d_tensor",
    "create_vector",
    "default_dtype",
    "rand_ndarray",
    "rand_shape_2d",
    "rand_shape_3d",
    "rand_shape_nd",
    "random_arrays",
    "random_sample",
    "random_uniform_arrays",
]


def default_dtype() -> Any:
    """Return the element type that tests compute with."""
    return np.float32


def random_arrays(*shapes: tuple[int, ...]) -> Any:
    """Return normally distributed NumPy arrays of some shapes; a single one by itself."""
    made = [np.asarray(np.random.randn(*shape), default_dtype()) for shape in shapes]
    return made[0] if len(made) == 1 else made


def random_uniform_arrays(*shapes: tuple[int, ...], low: float = 0.0, high: float = 1.0) -> Any:
    """Return uniformly distributed NumPy arrays of some shapes, in a list."""
    return [np.random.uniform(low, high, shape).astype(default_dtype()) for shape in shapes]


def random_sample(population: Sequence[Any], k: int) -> list[Any]:
    """Return some members in their order."""
    chosen = np.random.choice(len(population), k, replace=False)
    return [population[place] for place in sorted(chosen)]


def rand_shape_2d(dim0: int = 10, dim1: int = 10, allow_zero_size: bool = False) -> Any:
    """Return a random shape of two axes of at most these lengths."""
    return _shape((dim0, dim1), allow_zero_size)


def rand_shape_3d(
    dim0: int = 10, dim1: int = 10, dim2: int = 10, allow_zero_size: bool = False
) -> Any:
    """Return a random shape of three axes of at most these lengths."""
    return _shape((dim0, dim1, dim2), allow_zero_size)


def rand_shape_nd(num_dim: int, dim: int = 10, allow_zero_size: bool = False) -> Any:
    """Return a random shape of so many axes of at most one length."""
    return _shape((dim,) * num_dim, allow_zero_size)


def _shape(most: Sequence[int], allow_zero_size: bool) -> tuple[int, ...]:
    least = 0 if allow_zero_size else 1
    return tuple(int(np.random.randint(least, length + 1)) for length in most)


def rand_ndarray(
    shape: Sequence[int],
    stype: str = "default",
    density: float | None = None,
    dtype: Any = None,
    ctx: CoreContext | None = None,
    scale: float = 1.0,
) -> NDArray:
    """Return an array of uniform random numbers between -scale and scale.

    A density has no effect on dense arrays. Raises ArgumentError for a sparse storage type.
    """
    if stype != "default":
        raise ArgumentError(f"rand_ndarray: symnet has no sparse arrays, so no stype {stype!r}")
    numbers = np.random.uniform(-scale, scale, tuple(shape))
    return array(numbers, ctx, dtype or default_dtype())


def create_2d_tensor(rows: int, columns: int, dtype: Any = np.int64) -> NDArray:
    """Return a matrix whose every row is full of its own number."""
    numbers = np.repeat(np.arange(rows), columns).reshape(rows, columns)
    return array(numbers, dtype=dtype)


def create_vector(size: int, dtype: Any = np.int64) -> NDArray:
    """Return the numbers from 0."""
    return array(np.arange(size), dtype=dtype)


class DummyIter(DataIter):
    """Hands out the first batch of another iterator for ever, to measure time.

    Args:
        real_iter: the iterator whose first batch is taken.
    """

    def __init__(self, real_iter: Any) -> None:
        super().__init__(real_iter.batch_size)
        self.real_iter = real_iter
        self.provide_data, self.provide_label = real_iter.provide_data, real_iter.provide_label
        self.the_batch = next(iter(real_iter))

    def next(self) -> Any:
        """Return the batch."""
        return self.the_batch

    def iter_next(self) -> bool:
        """Return True: there is always a batch."""
        return True

    def getdata(self) -> Any:
        """Return the data of the batch."""
        return self.the_batch.data

    def getlabel(self) -> Any:
        """Return the labels of the batch."""
        return self.the_batch.label

    def getpad(self) -> int:
        """Return how many rows of the batch are padding."""
        return self.the_batch.pad or 0

    def getindex(self) -> Any:
        """Return the numbers of the samples of the batch."""
        return self.the_batch.index

    def reset(self) -> None:
        """Go back to the start, where it always is."""
