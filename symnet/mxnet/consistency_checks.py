"""Comparing what a network computes on several contexts, in tests.

Source: Apache MXNet 1.9.1, ``mxnet.test_utils``.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..core.errors import ArgumentError
from .comparing import Tolerance, assert_almost_equal
from .executor import Executor
from .ndarray.array import NDArray
from .ndarray.creation import array
from .symbol.symbol import Symbol

__all__ = ["check_consistency"]

Results = dict[str, Any]


def check_consistency(
    sym: Any,
    ctx_list: Sequence[Mapping[str, Any]],
    scale: float = 1.0,
    grad_req: Any = "write",
    arg_params: Mapping[str, Any] | None = None,
    aux_params: Mapping[str, Any] | None = None,
    rtol: Tolerance = None,
    atol: Tolerance = None,
    raise_on_err: bool = True,
    ground_truth: Mapping[str, Any] | None = None,
    equal_nan: bool = False,
    use_uniform: bool = False,
    rand_type: Any = np.float64,
) -> Results:
    """Raise AssertionError unless a network computes the same everywhere; return the results.

    Args:
        sym: the network, or one for each context, with equal names.
        ctx_list: for each run the context, ``{"ctx": mx.cpu(), "data": (2, 3)}``, with the shapes
            of the inputs, and perhaps ``"type_dict"``; at least two.
        scale: standard deviation of the inputs that are drawn.
        grad_req: as for `simple_bind`; gradients are compared unless it is ``"null"``.
        arg_params: the inputs by name, default drawn.
        aux_params: the auxiliary states by name, default zeros.
        rtol: relative tolerance, default that of the coarser element type.
        atol: absolute tolerance, default that of the coarser element type.
        raise_on_err: False only logs what differs.
        ground_truth: results by name to compare with, default those of the finest element type.
        equal_nan: whether NaN is equal to NaN.
        use_uniform: whether to draw the inputs uniformly from -0.92 to 0.92 times ``scale``.
        rand_type: element type of what is drawn.
    """
    executors = _bound(sym, ctx_list, grad_req)
    rest = _Numbers(scale, use_uniform, rand_type)
    _fill(executors, rest.completed(executors[0], arg_params or {}), aux_params or {})
    finest = int(np.argmax([np.dtype(each.outputs[0].dtype).itemsize for each in executors]))
    found = [_results(each, executors, grad_req) for each in executors]
    truth = dict(ground_truth or found[finest])
    for place, results in enumerate(found):
        if place == finest and ground_truth is None:
            continue
        for name in [name for name in results if name in truth]:
            names = (f"{name} of context {place}", f"{name} of context {finest}")
            try:
                assert_almost_equal(results[name], truth[name], rtol, atol, names, equal_nan)
            except AssertionError as error:
                if raise_on_err:
                    raise
                logging.error("%s", error)
    return truth


def _bound(sym: Any, ctx_list: Sequence[Mapping[str, Any]], grad_req: Any) -> list[Executor]:
    symbols = [sym] * len(ctx_list) if isinstance(sym, Symbol) else [*sym]
    if len(symbols) != len(ctx_list) or len(symbols) < 2:
        raise ArgumentError(
            f"check_consistency: {len(symbols)} networks on {len(ctx_list)} contexts; give at "
            "least two contexts, and one network or as many"
        )
    return [
        each.simple_bind(grad_req=grad_req, **about)
        for each, about in zip(symbols, ctx_list, strict=True)
    ]


class _Numbers:
    """What inputs are drawn from; arguments as for `check_consistency`."""

    def __init__(self, scale: float, use_uniform: bool, rand_type: Any) -> None:
        self.scale, self.use_uniform, self.rand_type = scale, use_uniform, rand_type

    def completed(self, executor: Executor, given: Mapping[str, Any]) -> Results:
        """Return the arrays that are given, and random ones for all other arguments."""
        held = sorted(executor.arg_dict.items())
        return {name: given[name] if name in given else self._draw(each) for name, each in held}

    def _draw(self, array: NDArray) -> np.ndarray:
        if self.use_uniform:
            most = 0.92 * self.scale
            return np.random.uniform(-most, most, array.shape).astype(self.rand_type)
        return np.random.normal(scale=self.scale, size=array.shape).astype(self.rand_type)


def _fill(
    executors: Sequence[Executor], arguments: Mapping[str, Any], states: Mapping[str, Any]
) -> None:
    for executor in executors:
        for name, held in executor.arg_dict.items():
            held[:] = arguments[name]
        for name, held in executor.aux_dict.items():
            held[:] = states.get(name, 0)
        for gradient in executor.grad_dict.values():
            if gradient is not None:
                gradient[:] = 0


def _results(executor: Executor, executors: Sequence[Executor], grad_req: Any) -> Results:
    """Return outputs as in prediction and, where there are gradients, as in training, with them.

    The outputs of the first executor are what flows back, rounded to the coarsest element type.
    """
    predicted = {name: each.asnumpy() for name, each in _outputs(executor, False)}
    if grad_req == "null":
        return predicted
    trained = {f"{name} in training": each.asnumpy() for name, each in _outputs(executor, True)}
    executor.backward(_heads(executor, executors))
    gradients = executor.grad_dict.items()
    return {
        **predicted,
        **trained,
        **{name: each.asnumpy() for name, each in gradients if each is not None},
    }


def _outputs(executor: Executor, is_train: bool) -> Any:
    """Run forward, and return the outputs with their names."""
    return zip(executor.output_dict, executor.forward(is_train=is_train), strict=True)


def _heads(executor: Executor, executors: Sequence[Executor]) -> list[NDArray]:
    heads = []
    for place, own in enumerate(executor.outputs):
        kinds = [np.dtype(each.outputs[place].dtype) for each in executors]
        coarsest = min(kinds, key=lambda kind: kind.itemsize)
        numbers = executors[0].outputs[place].asnumpy().astype(coarsest)
        heads.append(array(numbers, own.context, own.dtype))
    return heads
