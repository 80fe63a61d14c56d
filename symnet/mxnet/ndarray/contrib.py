"""Operators under trial, and control flow, for arrays: ``mx.nd.contrib``.

Source: Apache MXNet 1.9.1, ``mxnet.ndarray.contrib``.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from ...core.errors import ArgumentError
from ...operators.contract import OPERATORS
from ..calls import invoke
from ..context import current_context
from ..namespaces import operator_module
from ..zipfian import zipfian
from .array import FACE, NDArray
from .random import uniform

__all__ = ["cond", "foreach", "isfinite", "isinf", "isnan", "rand_zipfian", "while_loop"]


def isnan(data: NDArray) -> Any:
    """Return ones where numbers are NaN, else zeros."""
    return data != data  # noqa: PLR0124 -- NaN alone is unequal to itself


def isinf(data: NDArray) -> Any:
    """Return ones where numbers are infinite, else zeros."""
    return abs(data) == float("inf")


def isfinite(data: NDArray) -> Any:
    """Return ones where numbers are neither NaN nor infinite, else zeros."""
    return (data == data) * (abs(data) != float("inf"))  # noqa: PLR0124 -- NaN as above


def rand_zipfian(
    true_classes: NDArray, num_sampled: int, range_max: int, ctx: Any = None
) -> tuple[Any, Any, Any]:
    """Draw classes by Zipf's law: small numbers are frequent.

    Args:
        true_classes: the true classes.
        num_sampled: how many to draw.
        range_max: how many classes there are.
        ctx: where to draw, default the current context.

    Returns the drawn classes (int64), and how often each true class and each drawn one are to be
    expected among them (float64).
    """
    place = ctx or current_context()
    found: tuple[Any, Any, Any] = zipfian(
        partial(uniform, ctx=place), true_classes.as_in_context(place), num_sampled, range_max
    )
    return found


def _listed(values: Any) -> list[Any]:
    return [values] if isinstance(values, NDArray) else [*values]


def _stacked(steps: Sequence[Any]) -> Any:
    """Return the results of all steps, each stacked along a new axis 0."""
    if not steps:
        return []
    columns = zip(*(_listed(step) for step in steps), strict=True)
    found = [invoke(OPERATORS["stack"], "stack", FACE, column, {"axis": 0}) for column in columns]
    return found[0] if isinstance(steps[0], NDArray) else found


def foreach(body: Callable[[Any, Any], Any], data: Any, init_states: Any) -> tuple[Any, Any]:
    """Call a function with each row of some arrays, and with what the call before returned.

    Args:
        body: from row and states to results and new states.
        data: an array, or several of the same length.
        init_states: the states of the first call, an array or several.

    Returns the results, stacked along axis 0, and the last states.
    """
    states, results = init_states, []
    length = len(data) if isinstance(data, NDArray) else len(data[0])
    for row in range(length):
        now = data[row] if isinstance(data, NDArray) else [each[row] for each in data]
        result, states = body(now, states)
        results.append(result)
    return _stacked(results), states


def while_loop(
    cond: Callable[..., Any],
    func: Callable[..., Any],
    loop_vars: Sequence[NDArray],
    max_iterations: int | None = None,
) -> tuple[Any, list[NDArray]]:
    """Call a function as long as a condition holds of its variables.

    Args:
        cond: from the variables to an array of one element.
        func: from the variables to results and new variables.
        loop_vars: the variables of the first call.
        max_iterations: how many calls there may be.

    Returns the results, stacked along axis 0 and filled up to ``max_iterations`` rows with zeros,
    and the last variables.
    """
    if max_iterations is None:
        raise ArgumentError("while_loop: max_iterations must be given")
    now, results = _listed(loop_vars), list[list[Any]]()
    while len(results) < max_iterations and bool(cond(*now)):
        result, following = func(*now)
        now = _listed(following)
        results.append([] if result is None else _listed(result))
    stacked = _stacked(results)
    return [_filled_up(each, max_iterations) for each in stacked], now


def _filled_up(array: NDArray, rows: int) -> Any:
    missing = rows - len(array)
    if not missing:
        return array
    nothing = array[:1].zeros_like().repeat(missing, axis=0)
    return invoke(OPERATORS["Concat"], "concat", FACE, (array, nothing), {"dim": 0})


def cond(pred: NDArray, then_func: Callable[[], Any], else_func: Callable[[], Any]) -> Any:
    """Return what one of two functions returns: the first where the condition holds."""
    return then_func() if bool(pred) else else_func()


_find, __dir__ = operator_module(globals(), "mx.nd.contrib", FACE, "_contrib_")


def __getattr__(name: str) -> Any:
    return _find(name)
