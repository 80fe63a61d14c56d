"""Binding: tying a network to arrays, given or allocated.

Source: the documents, "Binding and Executing"; SEMANTICS §4.1 to §4.3.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import get_args

from ..context import Context, cpu
from ..dtype import DTypeLike, to_torch
from ..errors import ArgumentError, DeviceError
from ..ndarray import NDArray
from ..op import Shape
from ..program.facts import Facts
from ..symbol import SymbolicNode
from .arena import Arena, zeros_of
from .executor import Executor, GradientRequest

__all__ = ["bind", "simple_bind"]

Arrays = Sequence[NDArray] | Mapping[str, NDArray]
Requests = GradientRequest | Sequence[GradientRequest] | Mapping[str, GradientRequest]


def bind(
    symbol: SymbolicNode,
    context: Context | None = None,
    args: Arrays | None = None,
    *,
    args_grad: Arrays | None = None,
    aux_states: Arrays | None = None,
    grad_req: Requests = "write",
) -> Executor:
    """Tie a network to given arrays.

    Args:
        symbol: the network.
        context: where it runs, default ``cpu()``.
        args: an array for every argument, as a dict or in the order of `list_arguments`.
        args_grad: arrays that gradients are written to; an argument without one gets no gradient.
        aux_states: an array for every auxiliary state, as a dict or in order.
        grad_req: ``"write"``, ``"add"`` or ``"null"``, for all arguments, in order or by name;
            arguments missing from a dict are null.

    Raises ArgumentError for a missing array, ShapeError and DTypeError for arrays that do not fit,
    DeviceError for arrays on another context. Nothing runs yet.

    >>> from symnet.ndarray import ones
    >>> from symnet.symbol import Variable
    >>> product = Variable("A") * Variable("B")
    >>> executor = bind(product, cpu(), args={"A": ones(3) * 4, "B": ones(3) * 2})
    >>> executor.forward()[0]
    NDArray([8., 8., 8.], float32, CPU0)
    """
    context = context or cpu()
    names, states = _names(symbol)
    arguments = _by_name("args", args if args is not None else {}, names)
    auxiliary = _by_name("aux_states", aux_states if aux_states is not None else {}, states)
    gradients = _by_name(
        "args_grad", args_grad if args_grad is not None else {}, names, partial=True
    )
    for name, array in {**arguments, **auxiliary, **gradients}.items():
        if array.context != context:
            raise DeviceError(f"{name!r} lives on {array.context}, the executor on {context}")
    _check_gradients(arguments, gradients)
    requests = _requests(grad_req, names)
    return Executor(symbol, context, arguments, gradients, auxiliary, requests)


def _names(symbol: SymbolicNode) -> tuple[list[str], list[str]]:
    """Return the names of arguments and states, none of which may stand for two variables."""
    names, states = symbol.list_arguments(), symbol.list_auxiliary_states()
    repeated = [name for name, count in Counter(names + states).items() if count > 1]
    if repeated:
        raise ArgumentError(f"duplicated names: several variables are called {repeated[0]!r}")
    return names, states


def _by_name(
    what: str, given: Arrays, names: Sequence[str], *, partial: bool = False
) -> dict[str, NDArray]:
    """Return arrays by name; extra names are ignored, missing ones are not."""
    if not isinstance(given, Mapping):
        if len(given) != len(names):
            raise ArgumentError(f"{what} has {len(given)} arrays for {len(names)} names: {names}")
        given = dict(zip(names, given, strict=True))
    found: dict[str, NDArray] = {}
    for name in names:
        array = given.get(name)
        if isinstance(array, NDArray):
            found[name] = array
        elif array is not None:
            raise ArgumentError(f"{what}: {name!r} must be an NDArray, got {type(array).__name__}")
        elif not partial:
            raise ArgumentError(
                f"{what}: no array for {name!r}; the network needs {', '.join(names)}, "
                f"given are {', '.join(given) or 'none'} (simple_bind allocates what is missing)"
            )
    return found


def _check_gradients(arguments: Mapping[str, NDArray], gradients: Mapping[str, NDArray]) -> None:
    for name, gradient in gradients.items():
        array = arguments[name]
        if gradient.shape != array.shape or gradient.dtype != array.dtype:
            raise ArgumentError(
                f"args_grad: the gradient of {name!r} should be {array.dtype} of shape "
                f"{array.shape}, got {gradient.dtype} of shape {gradient.shape}"
            )


def _requests(given: Requests, names: Sequence[str]) -> dict[str, GradientRequest]:
    if isinstance(given, str):
        requests: dict[str, GradientRequest] = dict.fromkeys(names, given)
    elif isinstance(given, Mapping):
        requests = {name: given.get(name, "null") for name in names}
    elif len(given) != len(names):
        raise ArgumentError(
            f"grad_req has {len(given)} entries for {len(names)} arguments: {names}"
        )
    else:
        requests = dict(zip(names, given, strict=True))
    for name, request in requests.items():
        if request not in get_args(GradientRequest):
            raise ArgumentError(
                f"grad_req of {name!r} must be 'write', 'add' or 'null', got {request!r}"
            )
    return requests


def simple_bind(
    symbol: SymbolicNode,
    context: Context | None = None,
    *,
    grad_req: Requests = "write",
    dtypes: Mapping[str, DTypeLike] | None = None,
    **shapes: Shape,
) -> Executor:
    """Tie a network to arrays that are allocated here, from the shapes of its inputs.

    All arrays are zeros. Arguments that are named in ``shapes`` are inputs and get no gradient;
    the others are parameters. Parameters lie side by side in one arena, and so do their gradients:
    see `Arena`.

    Args:
        symbol: the network.
        context: where it runs, default ``cpu()``.
        grad_req: as in `bind`.
        dtypes: element types of some arguments by name; default what inference finds, float32.
        shapes: shapes of inputs, by name.

    Raises ShapeError where shapes do not fit and MXError where too little is known.

    >>> from symnet.symbol import Variable
    >>> executor = simple_bind(Variable("x") * Variable("weight"), x=(2, 3))
    >>> executor.arg_dict["weight"].shape, list(executor.grad_dict)
    ((2, 3), ['weight'])
    """
    context = context or cpu()
    names, states = _names(symbol)
    unknown = [name for name in shapes if name not in names]
    if unknown:
        symbol.infer_shape(**{unknown[0]: shapes[unknown[0]]})  # says what is wrong with the name
    given = {name: to_torch(dtype) for name, dtype in (dtypes or {}).items()}
    facts = Facts.infer(symbol.graph, shapes, given)
    requests = _requests(grad_req, names)
    for name in shapes:
        requests[name] = "null"
    trained = [n for n in names if requests[n] != "null"]
    described = {
        v.node.name: (facts.shapes[v], facts.dtypes[v]) for v in facts.shapes if not v.node.op
    }
    arrays = {
        name: zeros_of(*described[name], context) for name in described if name not in trained
    }
    weights = Arena({n: described[n] for n in trained}, context)
    gradients = Arena({n: described[n] for n in trained}, context)
    arrays.update(weights.arrays)
    return Executor(
        symbol,
        context,
        {name: arrays[name] for name in names},
        gradients.arrays,
        {name: arrays[name] for name in states},
        requests,
        arenas=(weights, gradients),
    )
