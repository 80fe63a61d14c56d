"""Comparing two optimizers, and measuring a network, in tests.

Source: Apache MXNet 1.9.1, ``mxnet.test_utils``.
"""

from collections.abc import Mapping, Sequence
from time import perf_counter
from typing import Any

import numpy as np

from ..core.context import Context as CoreContext
from ..core.errors import ArgumentError
from .comparing import Tolerance, assert_almost_equal
from .context import current_context
from .ndarray import waitall
from .ndarray.array import NDArray
from .ndarray.random import uniform
from .symbol.symbol import Symbol

__all__ = ["check_speed", "compare_ndarray_tuple", "compare_optimizer"]


def compare_ndarray_tuple(t1: Any, t2: Any, rtol: Tolerance = None, atol: Tolerance = None) -> None:
    """Raise AssertionError unless arrays, or nested tuples of them, are equal up to tolerances.

    Where either is None nothing is compared.
    """
    if t1 is None or t2 is None:
        return
    if not isinstance(t1, tuple):
        assert_almost_equal(t1, t2, rtol=rtol, atol=atol)
        return
    for one, other in zip(t1, t2, strict=True):
        compare_ndarray_tuple(one, other, rtol, atol)


def compare_optimizer(
    opt1: Any,
    opt2: Any,
    shape: Any,
    dtype: Any,
    w_stype: str = "default",
    g_stype: str = "default",
    rtol: Tolerance = 1e-4,
    atol: Tolerance = 1e-5,
    compare_states: bool = True,
    ntensors: int = 1,
) -> None:
    """Raise AssertionError unless two optimizers do the same with random weights and gradients.

    Args:
        opt1: an optimizer.
        opt2: the other; of several weights, one that is given all of them at once.
        shape: the weight's, or a list of several weights'.
        dtype: their element type.
        w_stype: only ``"default"``.
        g_stype: only ``"default"``.
        rtol: relative tolerance.
        atol: absolute tolerance.
        compare_states: whether to compare what they remember too.
        ntensors: how many weights there are.
    """
    if (w_stype, g_stype) != ("default", "default"):
        raise ArgumentError(
            f"compare_optimizer: symnet has no sparse arrays, got {w_stype!r} and {g_stype!r}"
        )
    shapes = shape if isinstance(shape, list) else [shape]
    if len(shapes) != ntensors:
        raise ArgumentError(f"compare_optimizer: {len(shapes)} shapes for {ntensors} weights")
    weights = [uniform(shape=each, ctx=current_context(), dtype=dtype) for each in shapes]
    gradients = [uniform(shape=each, ctx=current_context(), dtype=dtype) for each in shapes]
    others = [weight.copy() for weight in weights]
    states1 = [opt1.create_state_multi_precision(n, each) for n, each in enumerate(weights)]
    states2 = [opt2.create_state_multi_precision(n, each) for n, each in enumerate(others)]
    if compare_states:
        compare_ndarray_tuple(tuple(states1), tuple(states2))
    for number, weight in enumerate(weights):
        opt1.update_multi_precision(number, weight, gradients[number].copy(), states1[number])
    if isinstance(shape, list):
        opt2.update_multi_precision(list(range(ntensors)), others, gradients, states2)
    else:
        opt2.update_multi_precision(0, others[0], gradients[0], states2[0])
    if compare_states:
        compare_ndarray_tuple(tuple(states1), tuple(states2), rtol, atol)
    compare_ndarray_tuple(tuple(weights), tuple(others), rtol, atol)


def check_speed(
    sym: Symbol,
    location: Mapping[str, Any] | None = None,
    ctx: CoreContext | None = None,
    N: int = 20,
    grad_req: Any = "write",
    typ: str = "whole",
    **kwargs: Sequence[int],
) -> float:
    """Return the seconds that one run of a network takes.

    Args:
        sym: the network.
        location: an array for each argument, by name; default random ones.
        ctx: where to compute, default the current context.
        N: how many runs to take the mean of.
        grad_req: as for `simple_bind`.
        typ: ``"whole"`` with gradients, ``"forward"`` without.
        kwargs: shapes of arguments where no arrays are given.
    """
    if typ not in ("whole", "forward"):
        raise ValueError(f"typ must be 'whole' or 'forward', got {typ!r}")
    shapes = kwargs if location is None else {name: each.shape for name, each in location.items()}
    executor = sym.simple_bind(ctx or current_context(), grad_req or "write", **shapes)
    for name, held in executor.arg_dict.items():
        given = (location or {}).get(name)
        held[:] = np.random.normal(size=held.shape) if given is None else given

    def run() -> None:
        executor.forward(is_train=typ == "whole")
        if typ == "whole":
            heads: list[NDArray] = [each.copy() for each in executor.outputs]
            executor.backward(heads)

    run()
    waitall()
    begin = perf_counter()
    for _ in range(N):
        run()
    waitall()
    return (perf_counter() - begin) / N
