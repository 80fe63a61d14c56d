"""Binding: tying a network to arrays, given or allocated.

Source: the documents, "Binding and Executing"; docs/semantics §4.1 to §4.3.
"""

from collections import Counter
from collections.abc import Collection, Hashable, Mapping, Sequence
from math import prod
from typing import get_args

from ..core.context import Context, cpu
from ..core.dtype import DTypeLike, to_torch
from ..core.errors import ArgumentError, DeviceError, shown, suggest
from ..graph.node import Node, Value
from ..graph.placement import GROUP, Placement, place
from ..ndarray import NDArray
from ..operators.contract import Operator, Shape
from ..program.facts import Facts
from ..symbol import SymbolicNode
from ..symbol.rewriting import SymbolPass
from ._passes import rewritten
from .arena import Arena, zeros_of
from .executor import Executor
from .requests import GradientRequest

__all__ = ["bind", "bind_in_groups", "simple_bind"]

BoundArrays = Sequence[NDArray] | Mapping[str, NDArray]
Requests = GradientRequest | Sequence[GradientRequest] | Mapping[str, GradientRequest]


def bind(
    symbol: SymbolicNode,
    context: Context | None = None,
    args: BoundArrays | None = None,
    *,
    args_grad: BoundArrays | None = None,
    aux_states: BoundArrays | None = None,
    grad_req: Requests = "write",
    group2ctx: Mapping[str, Context] | None = None,
    passes: Sequence[SymbolPass] = (),
) -> Executor:
    """Tie a network to given arrays.

    Args:
        symbol: the network.
        context: where it runs, default ``cpu()``; with ``group2ctx``, where all that is in no group
            runs.
        args: an array for every argument, as a dict or in the order of `list_arguments`.
        args_grad: arrays that gradients are written to; an argument without one gets no gradient.
        aux_states: an array for every auxiliary state, as a dict or in order.
        grad_req: ``"write"``, ``"add"`` or ``"null"``, for all arguments that have an array in
            ``args_grad``, or for each in order or by name; arguments missing from a dict are null.
        group2ctx: for each group the context that its nodes run on, and its arrays live on: see
            docs/model_parallel.md. A variable in no group may live on any of these contexts.
        passes: functions that rewrite the network before symnet's own do: see `rewrite_rule`.

    Raises ArgumentError for a missing array, a gradient that is asked for by name or place without
    an array for it, a group without a context, or a pass that changes what is computed from what,
    ShapeError and DTypeError for arrays that do not fit, DeviceError for arrays on another context.
    Nothing runs yet.

    >>> from symnet.ndarray import ones
    >>> from symnet.symbol import Variable
    >>> product = Variable("A") * Variable("B")
    >>> executor = bind(product, cpu(), args={"A": ones(3) * 4, "B": ones(3) * 2})
    >>> executor.forward()[0]
    NDArray([8., 8., 8.], float32, CPU0)
    """
    context = cpu() if context is None else Context.of(context)
    names, states = _names(symbol)
    arguments = _by_name("args", args, names)
    auxiliary = _by_name("aux_states", aux_states, states)
    gradients = _by_name("args_grad", args_grad, names, partial=True)
    if isinstance(args_grad, Mapping):
        _check_names("args_grad", args_grad, names)
    placement = place(
        symbol.graph, context, group2ctx, {n: a.context for n, a in arguments.items()}
    )
    _check_contexts(symbol, placement, {**arguments, **auxiliary})
    _check_gradients(arguments, gradients)
    requests = _requests(grad_req, names, gradients)
    _check_given(requests, gradients)
    bound = {n: (a.shape, a.torch.dtype) for n, a in {**arguments, **auxiliary}.items()}
    network = rewritten(symbol, passes, requests, bound)
    return Executor(
        symbol,
        context,
        arguments,
        gradients,
        auxiliary,
        requests,
        placement=placement,
        network=network,
    )


def _names(symbol: SymbolicNode) -> tuple[list[str], list[str]]:
    """Return the names of arguments and states, none of which may stand for two variables."""
    if not isinstance(symbol, SymbolicNode):
        raise ArgumentError(f"bind: a network is wanted, got {shown(symbol)}")
    names, states = symbol.list_arguments(), symbol.list_auxiliary_states()
    # Arrays are given by name: two variables of one would share an array, which nobody asked for.
    repeated = [name for name, count in Counter(names + states).items() if count > 1]
    if repeated:
        users = [
            node.name
            for node in symbol.graph.nodes
            if any(value.node.name == repeated[0] for value in node.inputs)
        ]
        raise ArgumentError(
            f"duplicated names: several variables are called {repeated[0]!r}, of the layers "
            f"{', '.join(map(repr, users))}; give each layer a name of its own, or one Variable to "
            "all that are to share it"
        )
    return names, states


def _by_name(
    what: str, given: BoundArrays | None, names: Sequence[str], *, partial: bool = False
) -> dict[str, NDArray]:
    """Return arrays by name; extra names are ignored, missing ones are not."""
    given = {} if given is None else given
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


def _check_contexts(
    symbol: SymbolicNode, placement: Placement, arrays: Mapping[str, NDArray]
) -> None:
    """Raise DeviceError for an array that is not where its variable lives."""
    contexts, grouped = placement.contexts(), bool(placement.groups)
    for node in (*symbol.graph.arguments, *symbol.graph.states):
        found, expected = arrays[node.name].context, placement.of(node)
        if found == expected and found in contexts:
            continue
        if not grouped:
            raise DeviceError(f"{node.name!r} lives on {found}, the executor on {expected}")
        on = ", ".join(map(repr, contexts)) if found == expected else repr(expected)
        because = (
            f", the context of its group {group!r}" if (group := node.attributes.get(GROUP)) else ""
        )
        raise DeviceError(
            f"{node.name!r} should live on {on}{because}, but its array lives on {found}; "
            "copy it with .copy(context), or let simple_bind allocate it"
        )


def _check_gradients(arguments: Mapping[str, NDArray], gradients: Mapping[str, NDArray]) -> None:
    for name, gradient in gradients.items():
        array = arguments[name]
        if gradient.context != array.context:
            raise DeviceError(
                f"args_grad: {name!r} lives on {array.context}, its gradient on "
                f"{gradient.context}; make it with mx.zeros(shape, context)"
            )
        if gradient.shape != array.shape or gradient.dtype != array.dtype:
            raise ArgumentError(
                f"args_grad: the gradient of {name!r} should be {array.dtype} of shape "
                f"{array.shape}, got {gradient.dtype} of shape {gradient.shape}"
            )


def _check_given(requests: Mapping[str, GradientRequest], gradients: Mapping[str, NDArray]) -> None:
    """Asked for by name: one word for all means those that have an array, see `_requests`."""
    lacking = [name for name, each in requests.items() if each != "null" and name not in gradients]
    if lacking:
        raise ArgumentError(
            f"grad_req asks for the gradient of {lacking[0]!r}, but args_grad has no array that it "
            "could be written to; give one, or let simple_bind allocate it"
        )


def _requests(
    given: Requests, names: Sequence[str], meant: Collection[str]
) -> dict[str, GradientRequest]:
    """Return what is asked of each argument; one word for all is about those that are meant."""
    if not isinstance(given, Mapping | Sequence):
        _check_request("all arguments", given)
    if isinstance(given, str):
        _check_request("all arguments", given)
        asked = names if given == "null" else [name for name in names if name in meant]
        requests: dict[str, GradientRequest] = dict.fromkeys(asked, given)
    elif isinstance(given, Mapping):
        _check_names("grad_req", given, names)
        requests = {name: given.get(name, "null") for name in names}
    elif len(given) != len(names):
        raise ArgumentError(
            f"grad_req has {len(given)} entries for {len(names)} arguments: {names}"
        )
    else:
        requests = dict(zip(names, given, strict=True))
    for name, request in requests.items():
        _check_request(repr(name), request)
    return requests


def _check_names(what: str, given: Mapping[str, object], names: Sequence[str]) -> None:
    for name in given:
        if name not in names:
            raise ArgumentError(
                f"{what} names {name!r}, which is no argument of the network"
                f"{suggest(name, names)} (there are: {', '.join(names)})"
            )


def _check_request(whose: str, request: object) -> None:
    if request not in get_args(GradientRequest):
        raise ArgumentError(
            f"grad_req of {whose} must be 'write', 'add' or 'null', got {request!r}"
        )


def simple_bind(
    symbol: SymbolicNode,
    context: Context | None = None,
    *,
    grad_req: Requests = "write",
    dtypes: Mapping[str, DTypeLike] | None = None,
    group2ctx: Mapping[str, Context] | None = None,
    input_gradients: bool = False,
    passes: Sequence[SymbolPass] = (),
    **shapes: Shape,
) -> Executor:
    """Tie a network to arrays that are allocated here, from the shapes of its inputs.

    All arrays are zeros. Arguments that are named in ``shapes`` are inputs, and get a gradient only
    where ``grad_req`` asks for it by name or place, or ``input_gradients`` says so; the others are
    parameters. Parameters lie side by side in one arena, and so do their gradients: see `Arena`.

    Args:
        symbol: the network.
        context: where it runs, default ``cpu()``; with ``group2ctx``, where all that is in no group
            runs.
        grad_req: ``"write"``, ``"add"`` or ``"null"``, for all parameters, or for each argument in
            order or by name; arguments missing from a dict are null.
        dtypes: element types of some arguments by name; default what inference finds, float32.
        group2ctx: for each group the context that its nodes run on, and its arrays live on: see
            docs/model_parallel.md. A variable in no group lives where its first user runs.
        input_gradients: whether one word in ``grad_req`` is about the inputs too.
        passes: as in `bind`.
        shapes: shapes of inputs, by name.

    Raises ShapeError where shapes do not fit, ArgumentError for a group without a context or a pass
    that changes what is computed from what, and MXError where too little is known.

    >>> from symnet.symbol import Variable
    >>> executor = simple_bind(Variable("x") * Variable("weight"), x=(2, 3))
    >>> executor.arg_dict["weight"].shape, list(executor.grad_dict)
    ((2, 3), ['weight'])
    >>> list(simple_bind(Variable("x") * 2, grad_req={"x": "write"}, x=(2, 3)).grad_dict)
    ['x']
    """
    return bind_in_groups(
        symbol,
        context,
        shapes,
        grad_req=grad_req,
        dtypes=dtypes,
        group2ctx=group2ctx,
        input_gradients=input_gradients,
        passes=passes,
    )


def bind_in_groups(
    symbol: SymbolicNode,
    context: Context | None,
    shapes: Mapping[str, Shape],
    *,
    grad_req: Requests = "write",
    dtypes: Mapping[str, DTypeLike] | None = None,
    group2ctx: Mapping[str, Context] | None = None,
    input_gradients: bool = False,
    groups: Mapping[str, Hashable] | None = None,
    orders_filters: bool = False,
    passes: Sequence[SymbolPass] = (),
) -> Executor:
    """Do what `simple_bind` does, with parameters laid out in groups.

    Args:
        symbol: the network.
        context: where it runs.
        shapes: shapes of inputs, by name.
        grad_req: as in `simple_bind`.
        dtypes: as in `simple_bind`.
        group2ctx: as in `simple_bind`.
        input_gradients: as in `simple_bind`.
        groups: what tells parameters apart that are updated unlike each other, by name; default
            nothing. Each group is a flat array of its own.
        orders_filters: whether filters of images, and their gradients, lie channels-last, as
            convolutions on a CPU want them: no step then has to bring them into that order.
        passes: as in `bind`.
    """
    context = cpu() if context is None else Context.of(context)
    names, states = _names(symbol)
    placement = place(symbol.graph, context, group2ctx)
    facts = _infer(symbol, shapes, dtypes or {}, names)
    requests = _requests(grad_req, names, set(names) - set(() if input_gradients else shapes))
    wanted = [name for name in names if requests.get(name, "null") != "null"]
    # What has a gradient and no given shape is a parameter. Frozen ones are not in the arena, so
    # that one update goes over all of it.
    trained = [name for name in wanted if name not in shapes]
    last = _filters(symbol, facts) if orders_filters else ()
    arrays, arenas = _allocate(facts, trained, placement, groups, last)
    slopes = {
        n: zeros_of(a.shape, a.torch.dtype, a.context)
        for n, a in arrays.items()
        if n in wanted and n in shapes
    }
    known = {n: (a.shape, a.torch.dtype) for n, a in arrays.items()}
    return Executor(
        symbol,
        context,
        {name: arrays[name] for name in names},
        {**slopes, **arenas[1].arrays},
        {name: arrays[name] for name in states},
        requests,
        arenas=arenas,
        placement=placement,
        network=rewritten(symbol, passes, requests, known),
    )


def _infer(
    symbol: SymbolicNode,
    shapes: Mapping[str, Shape],
    dtypes: Mapping[str, DTypeLike],
    names: Sequence[str],
) -> Facts:
    _check_names("dtypes", dtypes, [*names, *symbol.list_auxiliary_states()])
    for name in shapes:
        if name not in names:
            symbol.infer_shape(**{name: shapes[name]})  # says what is wrong with the name
    given = {name: to_torch(dtype) for name, dtype in dtypes.items()}
    return Facts.infer(symbol.graph, shapes, given)


def _allocate(
    facts: Facts,
    trained: Sequence[str],
    placement: Placement,
    groups: Mapping[str, Hashable] | None,
    channels_last: Collection[str],
) -> tuple[dict[str, NDArray], tuple[Arena, Arena]]:
    """Return zeros for all variables, and the arenas of those trained and of their gradients."""
    described = {
        v.node.name: (facts.shapes[v], facts.dtypes[v]) for v in facts.shapes if not v.node.op
    }
    context, homes = placement.default, placement.variables
    # Two arenas of one layout: an optimizer walks both flat arrays side by side.
    weights, gradients = (
        Arena({n: described[n] for n in trained}, context, homes, groups, channels_last)
        for _ in range(2)
    )
    others = {
        name: zeros_of(*about, homes.get(name, context))
        for name, about in described.items()
        if name not in weights.arrays
    }
    return {**others, **weights.arrays}, (weights, gradients)


def _filters(symbol: SymbolicNode, facts: Facts) -> frozenset[str]:
    """Return the variables that are read as filters of images, and as nothing else."""
    return frozenset(
        value.node.name
        for value, shape in facts.shapes.items()
        # Where one channel, or one tap, is all there is, both orders are the same.
        if not value.node.op
        and len(shape) == 4
        and shape[1] > 1
        and prod(shape[2:]) > 1
        and all(_reads_filters(user, value) for user in symbol.graph.users.get(value, ()))
    )


def _reads_filters(user: Node, value: Value) -> bool:
    if not isinstance(user.op, Operator):
        return False
    places = {user.op.slots().get(name) for name in user.op.filter_inputs()}
    return all(place in places for place, own in enumerate(user.inputs) if own == value)
