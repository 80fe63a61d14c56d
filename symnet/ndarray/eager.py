"""Operators computed at once: what ``mx.exp(x)`` does for an NDArray."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ..core.context import Context
from ..core.dtype import dtype_name
from ..core.errors import ArgumentError, DeviceError, DTypeError, MXError, ShapeError
from ..graph.dtypes import infer_dtypes
from ..graph.node import Graph, Node, Value
from ..graph.shapes import infer_shapes
from ..operators.contract import Operator, Shape
from ..operators.dispatch import Naming
from ._memory import overlaps, write
from ._shapes import located
from .array import NDArray, over

__all__ = ["compute", "create"]


class _Form(NamedTuple):
    """The inputs of an operator: their names, and where each declared one stands among them."""

    names: tuple[str, ...]
    places: Mapping[str, int | tuple[int, ...]]


class _Output(NamedTuple):
    name: str
    shape: Shape
    dtype: torch.dtype


def compute(
    op: Operator,
    inputs: Mapping[str, NDArray],
    naming: Naming,
    attrs: Mapping[str, str] | None,
    out: NDArray | Sequence[NDArray] | None,
) -> Any:
    """Compute an operator's outputs from arrays, as `Caller` says.

    Returns new arrays, or ``out``. Names and attributes are for symbols.
    """
    names, places = _form(op, all(name in inputs for name in op.state_names()))
    if not names:
        return create(op, out=out)
    missing = [name for name in names if name not in inputs]
    if missing:
        raise ArgumentError(
            f"{op!r}: input {missing[0]!r} is missing; arrays need all of {', '.join(names)}"
        )
    arrays = [inputs[name] for name in names]
    _check_devices(op, names, arrays)
    tensors = [arr.torch for arr in arrays]
    outputs = _outputs(op, tuple([t.shape for t in tensors]), tuple([t.dtype for t in tensors]))
    run = partial(op.run, **_by_name(places, tensors))
    try:
        if out is None:
            return _new(run, tensors, arrays[0].context)
        targets = tuple(out) if isinstance(out, list | tuple) else (out,)
        _check_targets(op, targets, outputs, tensors[0].device)
        _fill(run, tensors, [target._writing() for target in targets])
    except (RuntimeError, TypeError) as problem:
        raise _of_torch(op, arrays, problem) from None
    return out


def _of_torch(op: Operator, arrays: Sequence[NDArray], problem: Exception) -> Exception:
    """Return a DTypeError for what torch cannot do with whole numbers or bools; else the error."""
    kinds = dict.fromkeys(dtype_name(array.torch.dtype) for array in arrays)
    if isinstance(problem, MXError) or all(each.torch.is_floating_point() for each in arrays):
        return problem
    return DTypeError(
        f"{op!r}: torch does not compute this for {', '.join(kinds)}; convert with astype or Cast "
        f"({str(problem).partition(chr(10))[0]})"
    )


def create(
    op: Operator,
    context: Context | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
) -> Any:
    """Compute an operator that has no inputs.

    Args:
        op: the operator, with its parameters.
        context: where the results will live, default that of ``out``, else ``cpu()``.
        out: arrays to write into, instead of new ones.

    Raises MXError where the parameters leave a shape open.
    """
    outputs = _outputs(op, (), ())
    if out is None:
        place = located(context)
        made = [
            over(torch.empty(each.shape, dtype=each.dtype, device=place.device), place)
            for each in outputs
        ]
        _fill(op.run, [], [array._writing() for array in made])
        return made[0] if len(made) == 1 else tuple(made)
    targets = tuple(out) if isinstance(out, list | tuple) else (out,)
    device = targets[0].torch.device if context is None else located(context).device
    _check_targets(op, targets, outputs, device)
    _fill(op.run, [], [target._writing() for target in targets])
    return out


@lru_cache(maxsize=1024)
def _form(op: Operator, has_states: bool = False) -> _Form:
    if has_states:  # predict mode reads them, and changes none
        return _Form((*op.arguments(), *op.state_names()), op.slots())
    if op.state_names():
        raise ArgumentError(
            f"{op!r} keeps {', '.join(op.state_names())} from call to call, which only an executor "
            "can; make a symbol of it and bind that"
        )
    return _Form(op.arguments(), op.slots())


def _check_devices(op: Operator, names: Sequence[str], arrays: Sequence[NDArray]) -> None:
    first = arrays[0]
    for position, arr in enumerate(arrays):
        if arr.context is not first.context and arr.torch.device != first.torch.device:
            raise DeviceError(
                f"{op!r}: {names[0]!r} lives on {first.context}, but {names[position]!r} on "
                f"{arr.context}; copy one of them with .copy(context)"
            )


@lru_cache(maxsize=1024)
def _outputs(
    op: Operator, shapes: tuple[Shape, ...], dtypes: tuple[torch.dtype, ...]
) -> tuple[_Output, ...]:
    """Return what the outputs are, from the shapes and element types of the inputs.

    Raises ShapeError or DTypeError where the inputs do not fit each other.
    """
    names = (*op.arguments(), *op.state_names())[: len(shapes)]
    node = Node(op, type(op).__name__, tuple(Value(Node(None, name)) for name in names))
    graph = Graph(node.outputs)
    inferred = infer_shapes(graph, {n: tuple(s) for n, s in zip(names, shapes, strict=True)})
    if inferred.incomplete:
        raise MXError(inferred.why_incomplete())
    found = infer_dtypes(graph, dict(zip(names, dtypes, strict=True)))
    return tuple(
        _Output(name, inferred.shapes[value], found[value])
        for name, value in zip(op.outputs(), node.outputs, strict=True)
    )


def _by_name(
    places: Mapping[str, int | tuple[int, ...]], tensors: Sequence[Tensor]
) -> dict[str, Any]:
    return {
        name: [tensors[p] for p in place] if isinstance(place, tuple) else tensors[place]
        for name, place in places.items()
    }


def _new(run: Callable[..., Any], inputs: Sequence[Tensor], context: Context) -> Any:
    """Return the outputs as arrays with memory of their own: some operators return views."""
    made = tuple(
        NDArray.wrap(result.clone() if _shares(result, inputs) else result, context)
        for result in _several(run())
    )
    return made if len(made) > 1 else made[0]


def _fill(run: Callable[..., Any], inputs: Sequence[Tensor], targets: Sequence[Tensor]) -> None:
    """Write the outputs into tensors, which may share memory with the inputs."""
    if not any(_shares(target, inputs) for target in targets):
        run(out=targets[0] if len(targets) == 1 else tuple(targets))
        return
    for target, result in zip(targets, _several(run()), strict=True):
        write(target, result)


def _several(result: Tensor | tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return result if isinstance(result, tuple) else (result,)


def _shares(tensor: Tensor, others: Sequence[Tensor]) -> bool:
    return any(overlaps(tensor, other) for other in others)


def _check_targets(
    op: Operator,
    targets: Sequence[NDArray],
    outputs: Sequence[_Output],
    device: torch.device,
) -> None:
    """Raise where ``out`` is not what the outputs need."""
    if len(targets) != len(outputs):
        raise ArgumentError(
            f"{op!r}: out needs one array for each of {', '.join(op.outputs())}, got {len(targets)}"
        )
    way_out = "give out= such an array, or leave it out"
    for target, (name, shape, dtype) in zip(targets, outputs, strict=True):
        if not isinstance(target, NDArray):
            raise ArgumentError(f"{op!r}: out must be an NDArray, got {type(target).__name__}")
        if target.shape != shape:
            raise ShapeError(
                f"{op!r}: {name} has shape {shape}, but out has {target.shape}; {way_out}"
            )
        if target.torch.dtype != dtype:
            raise DTypeError(
                f"{op!r}: {name} is {dtype_name(dtype)}, but out is {target.dtype}; {way_out}"
            )
        if target.torch.device != device:
            raise DeviceError(
                f"{op!r}: {name} is computed on {device}, but out lives on {target.context}; "
                f"{way_out}"
            )
