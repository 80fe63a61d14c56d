"""Checking networks against NumPy, and gradients against differences, in tests."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..core.context import Context as CoreContext
from ..core.errors import ArgumentError
from .comparing import Tolerance, assert_almost_equal, to_numpy
from .context import current_context
from .executor import Executor, bind
from .ndarray.array import NDArray
from .ndarray.creation import array
from .symbol import MakeLoss, Variable
from .symbol.symbol import Symbol

__all__ = [
    "check_numeric_gradient",
    "check_symbolic_backward",
    "check_symbolic_forward",
    "default_numeric_eps",
    "numeric_grad",
    "simple_forward",
]

Values = Sequence[Any] | Mapping[str, Any]


def default_numeric_eps() -> dict[Any, float]:
    """Return the steps of differences by element type."""
    found = {"float16": 1 / 2**6, "float32": 1 / 2**9, "float64": 1 / 2**14}
    return {np.dtype(name): value for name, value in found.items()}


def _by_name(
    what: str, given: Values | None, names: Sequence[str], ctx: CoreContext, dtype: Any
) -> dict[str, NDArray]:
    """Return arrays by name; one for each name is needed.

    Raises ValueError where names and arrays do not match.
    """
    if given is None:
        given = {}
    if not isinstance(given, Mapping):
        if len(given) != len(names):
            raise ValueError(f"{what}: {len(given)} arrays for {len(names)} names: {names}")
        given = dict(zip(names, given, strict=True))
    if set(given) != set(names):
        raise ValueError(
            f"{what}: the names of arrays do not match those of the symbol: given are "
            f"{sorted(given)}, wanted {sorted(names)}"
        )
    return {name: array(to_numpy(given[name]), ctx, _kind(given[name], dtype)) for name in names}


def _kind(value: Any, dtype: Any) -> Any:
    """Return the element type of an array to make: its own where it is an NDArray's."""
    return value.dtype if isinstance(value, NDArray) else dtype


def simple_forward(
    sym: Symbol, ctx: CoreContext | None = None, is_train: bool = False, **inputs: Any
) -> Any:
    """Return what a network makes of some inputs, as NumPy arrays; a single one by itself."""
    place = ctx or current_context()
    arrays = {name: array(value, place) for name, value in inputs.items()}
    outputs = bind(sym, place, arrays).forward(is_train)
    found = [output.asnumpy() for output in outputs]
    return found[0] if len(found) == 1 else found


def check_symbolic_forward(
    sym: Symbol,
    location: Values,
    expected: Values,
    rtol: Tolerance = None,
    atol: Tolerance = None,
    aux_states: Values | None = None,
    ctx: CoreContext | None = None,
    equal_nan: bool = False,
    dtype: Any = np.float32,
) -> list[NDArray]:
    """Raise AssertionError unless a network computes what is expected; return its outputs.

    Args:
        sym: the network.
        location: an array for each argument, in order or by name.
        expected: an array for each output, in order or by name.
        rtol: relative tolerance, default that of the element type.
        atol: absolute tolerance, default that of the element type.
        aux_states: an array for each auxiliary state.
        ctx: where to compute, default the current context.
        equal_nan: whether NaN is equal to NaN.
        dtype: element type of arrays that are made of NumPy's.
    """
    executor = _bound(sym, location, aux_states, ctx, dtype, "null")
    outputs = executor.forward()
    wanted = _in_order("expected", expected, sym.list_outputs())
    for name, found, value in zip(sym.list_outputs(), outputs, wanted, strict=True):
        assert_almost_equal(
            value, found, rtol, atol, (f"EXPECTED_{name}", f"FORWARD_{name}"), equal_nan
        )
    return outputs


def check_symbolic_backward(
    sym: Symbol,
    location: Values,
    out_grads: Any,
    expected: Values,
    rtol: Tolerance = None,
    atol: Tolerance = None,
    aux_states: Values | None = None,
    grad_req: Any = "write",
    ctx: CoreContext | None = None,
    grad_stypes: None = None,
    equal_nan: bool = False,
    dtype: Any = np.float32,
) -> dict[str, NDArray | None]:
    """Raise AssertionError unless the gradients of a network are those expected; return them.

    Args:
        sym: the network.
        location: an array for each argument, in order or by name.
        out_grads: gradients of the outputs, in order or by name.
        expected: gradients of arguments, in order or by name; those not named are not compared.
        rtol: relative tolerance, default that of the element type.
        atol: absolute tolerance, default that of the element type.
        aux_states: an array for each auxiliary state.
        grad_req: ``"write"``, ``"add"`` or ``"null"``, for all arguments, in order or by name.
        ctx: where to compute, default the current context.
        grad_stypes: there are no sparse gradients.
        equal_nan: whether NaN is equal to NaN.
        dtype: element type of arrays that are made of NumPy's.
    """
    if grad_stypes is not None:
        raise ArgumentError("check_symbolic_backward: symnet has no sparse gradients")
    names = sym.list_arguments()
    executor = _bound(sym, location, aux_states, ctx, dtype, grad_req)
    held = {name: each for name, each in executor.grad_dict.items() if each is not None}
    for each in held.values():
        each[:] = np.random.normal(size=each.shape)
    before = {name: each.asnumpy() for name, each in held.items()}
    executor.forward(is_train=True)
    executor.backward(_heads(out_grads, sym, dtype))
    wanted = expected if isinstance(expected, Mapping) else dict(zip(names, expected, strict=False))
    for name, value in wanted.items():
        if name not in held:
            continue
        base = before[name] if executor.core.requests[name] == "add" else 0
        assert_almost_equal(
            to_numpy(value) + base,
            held[name],
            rtol,
            atol,
            (f"EXPECTED_{name}", f"BACKWARD_{name}"),
            equal_nan,
        )
    return executor.grad_dict


def _in_order(what: str, given: Values, names: Sequence[str]) -> list[Any]:
    found = [given[name] for name in names] if isinstance(given, Mapping) else [*given]
    if len(found) != len(names):
        raise ValueError(f"{what}: {len(found)} arrays for {len(names)} outputs: {names}")
    return found


def _heads(given: Any, sym: Symbol, dtype: Any) -> list[NDArray] | None:
    if given is None:
        return None
    listed = [given] if isinstance(given, NDArray | np.ndarray) else given
    return [
        array(to_numpy(each), dtype=_kind(each, dtype))
        for each in _in_order("out_grads", listed, sym.list_outputs())
    ]


def _bound(
    sym: Symbol,
    location: Values,
    aux_states: Values | None,
    ctx: CoreContext | None,
    dtype: Any,
    grad_req: Any,
) -> Executor:
    place = ctx or current_context()
    arguments = _by_name("location", location, sym.list_arguments(), place, dtype)
    states = _by_name("aux_states", aux_states, sym.list_auxiliary_states(), place, dtype)
    gradients = {name: each.zeros_like() for name, each in arguments.items()}
    return bind(sym, place, arguments, gradients, grad_req, states)


def numeric_grad(
    executor: Executor,
    location: Mapping[str, Any],
    aux_states: Mapping[str, Any] | None = None,
    eps: float = 1e-4,
    use_forward_train: bool = True,
    dtype: Any = np.float32,
) -> dict[str, np.ndarray]:
    """Return the gradients of the sum of the first output, by differences.

    Args:
        executor: the network, bound.
        location: an array for each argument to differentiate for, by name.
        aux_states: what auxiliary states are set to before each run.
        eps: the step.
        use_forward_train: whether to compute as in training.
        dtype: element type of the results.
    """

    def value() -> float:
        for name, state in (aux_states or {}).items():
            executor.aux_dict[name][:] = state
        return float(executor.forward(use_forward_train)[0].asnumpy().astype("float64").sum())

    found: dict[str, np.ndarray] = {}
    for name, given in location.items():
        numbers = to_numpy(given).astype("float64")
        slopes = np.zeros(numbers.shape)
        for place in np.ndindex(numbers.shape):
            sums = []
            for step in (eps / 2, -eps / 2):
                moved = numbers.copy()
                moved[place] += step
                executor.arg_dict[name][:] = moved
                sums.append(value())
            slopes[place] = (sums[0] - sums[1]) / eps
        executor.arg_dict[name][:] = numbers
        found[name] = slopes.astype(dtype)
    return found


def check_numeric_gradient(
    sym: Symbol,
    location: Values,
    aux_states: Values | None = None,
    numeric_eps: float | None = None,
    rtol: Tolerance = None,
    atol: Tolerance = None,
    grad_nodes: Sequence[str] | Mapping[str, str] | None = None,
    use_forward_train: bool = True,
    ctx: CoreContext | None = None,
    grad_stype_dict: None = None,
    dtype: Any = np.float32,
) -> None:
    """Raise AssertionError unless the gradients of a network are those of differences.

    The output is multiplied by random numbers, so that no gradients cancel.

    Args:
        sym: the network, of one output.
        location: an array for each argument, in order or by name.
        aux_states: an array for each auxiliary state.
        numeric_eps: the step, default that of the element type.
        rtol: relative tolerance, default that of the element type.
        atol: absolute tolerance, default that of the element type.
        grad_nodes: the arguments to differentiate for, or ``"write"``, ``"add"`` or ``"null"`` by
            name; default all.
        use_forward_train: whether to compute as in training.
        ctx: where to compute, default the current context.
        grad_stype_dict: there are no sparse gradients.
        dtype: element type to compute in.
    """
    if grad_stype_dict is not None:
        raise ArgumentError("check_numeric_gradient: symnet has no sparse gradients")
    place, names = ctx or current_context(), sym.list_arguments()
    arguments = _by_name("location", location, names, place, dtype)
    states = _by_name("aux_states", aux_states, sym.list_auxiliary_states(), place, dtype)
    nodes = grad_nodes if grad_nodes is not None else names
    requests = dict(nodes) if isinstance(nodes, Mapping) else dict.fromkeys(nodes, "write")
    shapes = {name: each.shape for name, each in arguments.items()}
    shape = sym.infer_shape(**shapes)[1][0]
    weights = array(np.random.uniform(0.1, 1, shape), place, dtype)
    network = MakeLoss(sym * Variable("__random_proj"))
    executor = _projected(network, place, {**arguments, "__random_proj": weights}, requests, states)
    before = {name: executor.grad_dict[name].asnumpy() for name in _wanted(requests)}
    start = {name: each.asnumpy() for name, each in executor.aux_dict.items()}
    executor.forward(is_train=True)
    executor.backward()
    found = {name: executor.grad_dict[name].asnumpy() for name in _wanted(requests)}
    step = default_numeric_eps()[np.dtype(dtype)] if numeric_eps is None else numeric_eps
    chosen = {name: arguments[name].asnumpy() for name in found}
    expected = numeric_grad(executor, chosen, start, step, use_forward_train, dtype)
    for name, value in found.items():
        base = before[name] if requests[name] == "add" else 0
        words = (f"NUMERICAL_{name}", f"BACKWARD_{name}")
        assert_almost_equal(expected[name] + base, value, rtol, atol, words)


def _wanted(requests: Mapping[str, str]) -> list[str]:
    return [name for name, request in requests.items() if request != "null"]


def _projected(
    network: Symbol,
    ctx: CoreContext,
    arguments: Mapping[str, NDArray],
    requests: Mapping[str, str],
    states: Mapping[str, NDArray],
) -> Any:
    gradients = {
        name: array(np.random.normal(size=arguments[name].shape), ctx, arguments[name].dtype)
        for name in _wanted(requests)
    }
    return bind(network, ctx, arguments, gradients, requests, states)
