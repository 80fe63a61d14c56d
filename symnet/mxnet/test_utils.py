"""What unit tests of Python-MXNet use: ``mx.test_utils``.

Source: Apache MXNet 1.9.1, ``mxnet.test_utils``.
"""

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from platform import machine
from typing import Any

import numpy as np
from numpy import random as rnd

from .. import mxnet as mx
from ..core.context import Context as CoreContext
from ..core.errors import ArgumentError
from . import context as contexts
from . import ndarray as nd
from .absent import absent
from .comparing import (
    almost_equal,
    assert_allclose,
    assert_almost_equal,
    assert_almost_equal_ignore_nan,
    assert_almost_equal_with_err,
    checkShapes,
    default_atols,
    default_rtols,
    effective_dtype,
    get_atol,
    get_etol,
    get_rtol,
    get_tolerance,
    get_tols,
    locationError,
    same,
)
from .consistency_checks import check_consistency
from .context import Context, current_context
from .downloads import (
    download,
    download_model,
    get_bz2_data,
    get_cifar10,
    get_mnist,
    get_mnist_iterator,
    get_mnist_pkl,
    get_mnist_ubyte,
    get_zip_data,
)
from .drawing_checks import (
    chi_square_check,
    gen_buckets_probs_with_ppf,
    mean_check,
    var_check,
    verify_generator,
)
from .gradient_checks import (
    check_numeric_gradient,
    check_symbolic_backward,
    check_symbolic_forward,
    default_numeric_eps,
    numeric_grad,
    simple_forward,
)
from .inputs_for_tests import (
    DummyIter,
    create_2d_tensor,
    create_vector,
    default_dtype,
    rand_ndarray,
    rand_shape_2d,
    rand_shape_3d,
    rand_shape_nd,
    random_arrays,
    random_sample,
    random_uniform_arrays,
)
from .matrices import (
    collapse_sum_like,
    get_identity_mat,
    get_identity_mat_batch,
    new_matrix_with_real_eigvals_2d,
    new_matrix_with_real_eigvals_nd,
    new_orthonormal_matrix_2d,
    new_sym_matrix_with_real_eigvals_2d,
    new_sym_matrix_with_real_eigvals_nd,
    rand_coord_2d,
)
from .ndarray.array import NDArray
from .ndarray.creation import array
from .optimizer_checks import check_speed, compare_ndarray_tuple, compare_optimizer
from .symbol.symbol import Symbol

# Scripts take what they need by a star: the modules that MXNet imports there are among it.
__all__ = [
    "Context",
    "DummyIter",
    "NDArray",
    "Symbol",
    "almost_equal",
    "array",
    "assert_allclose",
    "assert_almost_equal",
    "assert_almost_equal_ignore_nan",
    "assert_almost_equal_with_err",
    "assert_exception",
    "assign_each",
    "assign_each2",
    "checkShapes",
    "check_consistency",
    "check_numeric_gradient",
    "check_speed",
    "check_symbolic_backward",
    "check_symbolic_forward",
    "chi_square_check",
    "collapse_sum_like",
    "compare_ndarray_tuple",
    "compare_optimizer",
    "create_2d_tensor",
    "create_vector",
    "current_context",
    "default_atols",
    "default_context",
    "default_dtype",
    "default_numeric_eps",
    "default_rtols",
    "discard_stderr",
    "download",
    "download_model",
    "effective_dtype",
    "environment",
    "gen_buckets_probs_with_ppf",
    "get_atol",
    "get_bz2_data",
    "get_cifar10",
    "get_etol",
    "get_identity_mat",
    "get_identity_mat_batch",
    "get_mnist",
    "get_mnist_iterator",
    "get_mnist_pkl",
    "get_mnist_ubyte",
    "get_rtol",
    "get_tolerance",
    "get_tols",
    "get_zip_data",
    "has_tvm_ops",
    "is_aarch64_run",
    "is_cd_run",
    "is_op_runnable",
    "list_gpus",
    "locationError",
    "mean_check",
    "mx",
    "nd",
    "new_matrix_with_real_eigvals_2d",
    "new_matrix_with_real_eigvals_nd",
    "new_orthonormal_matrix_2d",
    "new_sym_matrix_with_real_eigvals_2d",
    "new_sym_matrix_with_real_eigvals_nd",
    "np",
    "np_reduce",
    "numeric_grad",
    "os",
    "rand_coord_2d",
    "rand_ndarray",
    "rand_shape_2d",
    "rand_shape_3d",
    "rand_shape_nd",
    "random_arrays",
    "random_sample",
    "random_uniform_arrays",
    "retry",
    "rnd",
    "same",
    "same_array",
    "same_symbol_structure",
    "set_default_context",
    "simple_forward",
    "sys",
    "var_check",
    "verify_generator",
]


def __getattr__(name: str) -> Any:
    raise absent("mx.test_utils", name, __all__)


def default_context() -> contexts.Context:
    """Return the context that tests run on."""
    return contexts.current_context()


def set_default_context(ctx: CoreContext) -> None:
    """Set the context that tests run on."""
    contexts.set_current(ctx)


def list_gpus() -> range:
    """Return the numbers of the GPUs that torch finds."""
    return range(contexts.num_gpus())


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


# -- where tests run -------------------------------------------------------------------------------


def is_op_runnable() -> bool:
    """Return True: there is no operator that some devices lack."""
    return True


def is_cd_run() -> bool:
    """Tell whether MXNet's delivery runs the tests, as the environment says."""
    return os.environ.get("CD_JOB") == "1"


def is_aarch64_run() -> bool:
    """Tell whether the processor is an ARM of 64 bits."""
    return machine() == "aarch64"


def has_tvm_ops() -> bool:
    """Return False: no operator is compiled by TVM."""
    return False


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
