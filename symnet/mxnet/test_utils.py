"""What unit tests of Python-MXNet use: ``mx.test_utils``.

Source: Apache MXNet 1.9.1, ``mxnet.test_utils``.
"""

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import Any

import numpy as np

from ..core.context import Context as CoreContext
from ..core.errors import ArgumentError
from . import context as contexts
from .absent import absent
from .comparing import (
    almost_equal,
    assert_allclose,
    assert_almost_equal,
    assert_almost_equal_ignore_nan,
    default_atols,
    default_rtols,
    get_atol,
    get_rtol,
    get_tols,
    same,
    to_numpy,
)
from .gradient_checks import (
    check_consistency,
    check_numeric_gradient,
    check_symbolic_backward,
    check_symbolic_forward,
    default_numeric_eps,
    numeric_grad,
    simple_forward,
)
from .ndarray.array import NDArray
from .ndarray.creation import array

__all__ = [
    "DummyIter",
    "almost_equal",
    "assert_allclose",
    "assert_almost_equal",
    "assert_almost_equal_ignore_nan",
    "assert_exception",
    "assign_each",
    "assign_each2",
    "check_consistency",
    "check_numeric_gradient",
    "check_symbolic_backward",
    "check_symbolic_forward",
    "create_2d_tensor",
    "create_vector",
    "default_atols",
    "default_context",
    "default_dtype",
    "default_numeric_eps",
    "default_rtols",
    "discard_stderr",
    "environment",
    "get_atol",
    "get_rtol",
    "get_tols",
    "list_gpus",
    "mean_check",
    "np_reduce",
    "numeric_grad",
    "rand_ndarray",
    "rand_shape_2d",
    "rand_shape_3d",
    "rand_shape_nd",
    "random_arrays",
    "random_sample",
    "random_uniform_arrays",
    "retry",
    "same",
    "same_array",
    "same_symbol_structure",
    "set_default_context",
    "simple_forward",
    "var_check",
]


def __getattr__(name: str) -> Any:
    raise absent("mx.test_utils", name, __all__)


def default_context() -> contexts.Context:
    """Return the context that tests run on."""
    return contexts.current_context()


def set_default_context(ctx: CoreContext) -> None:
    """Set the context that tests run on."""
    contexts.set_current(ctx)


def default_dtype() -> Any:
    """Return the element type that tests compute with."""
    return np.float32


def list_gpus() -> range:
    """Return the numbers of the GPUs that torch finds."""
    return range(contexts.num_gpus())


# -- random inputs ---------------------------------------------------------------------------------


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

    Raises ArgumentError for a sparse storage type.
    """
    if stype != "default" or density is not None:
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


# -- comparing -------------------------------------------------------------------------------------


def same_array(array1: NDArray, array2: NDArray) -> bool:
    """Tell whether what is written into one array is seen in the other."""
    array1[:] = array1 + 1
    if not same(array1, array2):
        array1[:] = array1 - 1
        return False
    array1[:] = array1 - 1
    return same(array1, array2)


def same_symbol_structure(sym1: Any, sym2: Any) -> bool:
    """Tell whether two networks have the same operators in the same places."""
    pairs = list(sym1.graph.nodes), list(sym2.graph.nodes)
    places = [{node: number for number, node in enumerate(nodes)} for nodes in pairs]

    def shape_of(nodes: Any, place: Mapping[Any, int]) -> list[Any]:
        return [
            (type(node.op).__name__, [(place[v.node], v.number) for v in node.inputs])
            for node in nodes
        ]

    return shape_of(pairs[0], places[0]) == shape_of(pairs[1], places[1])


def assert_exception(
    f: Callable[..., object], exception_type: type[BaseException], *args: Any, **kwargs: Any
) -> None:
    """Raise AssertionError unless a call raises such an exception."""
    try:
        f(*args, **kwargs)
    except exception_type:
        return
    raise AssertionError(f"{f!r} did not raise {exception_type.__name__}")


def np_reduce(
    dat: np.ndarray, axis: Any, keepdims: bool, numpy_reduce_func: Callable[..., Any]
) -> np.ndarray:
    """Return an array reduced along some axes by a function of NumPy's."""
    axes = range(dat.ndim) if axis is None else [axis] if isinstance(axis, int) else axis
    found = dat
    for each in sorted((one % dat.ndim for one in axes), reverse=True):
        found = numpy_reduce_func(found, axis=each)
    if keepdims:
        gone = {one % dat.ndim for one in axes}
        found = found.reshape([1 if n in gone else length for n, length in enumerate(dat.shape)])
    return found


def assign_each(the_input: np.ndarray, function: Callable[[Any], Any] | None) -> np.ndarray:
    """Return an array with a function applied to each element."""
    return np.array(the_input) if function is None else np.vectorize(function)(the_input)


def assign_each2(
    input1: np.ndarray, input2: np.ndarray, function: Callable[[Any, Any], Any] | None
) -> np.ndarray:
    """Return an array with a function applied to each pair of elements."""
    return np.array(input1) if function is None else np.vectorize(function)(input1, input2)


def mean_check(
    generator: Callable[[int], Any], mu: float, sigma: float, nsamples: int = 1000000
) -> bool:
    """Tell whether the mean of what a generator makes is as likely as it should be."""
    samples = to_numpy(generator(nsamples))
    return bool(abs(samples.mean() - mu) < 3 * sigma / np.sqrt(nsamples))


def var_check(generator: Callable[[int], Any], sigma: float, nsamples: int = 1000000) -> bool:
    """Tell whether the variance of what a generator makes is as likely as it should be."""
    samples = to_numpy(generator(nsamples))
    slack = 5 * np.sqrt(2 * sigma**4 / (nsamples - 1))
    return bool(abs(samples.var(ddof=1) - sigma**2) < slack)


class DummyIter:
    """Hands out the first batch of another iterator for ever, to measure time.

    Args:
        real_iter: the iterator whose first batch is taken.
    """

    def __init__(self, real_iter: Any) -> None:
        self.real_iter = real_iter
        self.provide_data, self.provide_label = real_iter.provide_data, real_iter.provide_label
        self.batch_size = real_iter.batch_size
        self.the_batch = next(iter(real_iter))

    def __iter__(self) -> "DummyIter":
        return self

    def __next__(self) -> Any:
        return self.the_batch

    next = __next__

    def reset(self) -> None:
        """Go back to the start, where it always is."""


# -- around tests ----------------------------------------------------------------------------------


def retry(n: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return a decorator that runs a test up to n times, until its assertions hold."""
    if n < 1:
        raise ArgumentError(f"retry: n must be at least 1, got {n}")

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        @wraps(test)
        def repeated(*args: Any, **kwargs: Any) -> None:
            for left in reversed(range(n)):
                try:
                    return test(*args, **kwargs)
                except AssertionError:
                    if not left:
                        raise
            return None

        return repeated

    return decorate


@contextmanager
def environment(*args: Any) -> Iterator[None]:
    """Set environment variables inside ``with``: a name and a value, or a dict; None removes."""
    wanted: dict[str, str | None] = args[0] if len(args) == 1 else {args[0]: args[1]}
    before = {name: os.environ.get(name) for name in wanted}

    def put(values: Mapping[str, str | None]) -> None:
        for name, value in values.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value

    put(wanted)
    try:
        yield
    finally:
        put(before)


@contextmanager
def discard_stderr() -> Iterator[None]:
    """Throw away inside ``with`` what is written to the error stream, by C code too."""
    sys.stderr.flush()
    kept, sink = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, 2)
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(kept, 2)
        os.close(kept)
        os.close(sink)
