"""The faults that `symnet verify` finds."""

import argparse
from collections.abc import Iterator, Mapping

from ..core.errors import ArgumentError, MXError, suggest
from ..graph.shapes import infer_shapes
from ..inspect.inputs import all_operands, inputs_of
from ..ndarray import NDArray
from ..operators.contract import Shape
from ..storage.checkpoint import Checkpoint
from ..storage.fitting import fitting_input, shapes_wanted
from ._models import read_model

__all__ = ["faults", "verify"]


def verify(options: argparse.Namespace) -> int:
    """Do `symnet verify`; returns 1 where there are faults."""
    model = read_model(options.source, options.epoch)
    arguments = model.symbol.list_arguments()
    for name in options.shapes:
        if name not in arguments:
            raise ArgumentError(
                f"--shape: the network has no input {name!r}{suggest(name, arguments)}"
            )
    shapes = options.shapes or fitting_input(model.symbol, _known(model))
    found = list(faults(model, shapes))
    for fault in found:
        print(fault)
    arrays = len(model.arg_params) + len(model.aux_params)
    nodes = sum(node.op is not None for node in model.symbol.graph.nodes)
    said = {0: "no faults", 1: "1 fault"}.get(len(found), f"{len(found)} faults")
    if not options.shapes and any("misshapen" in fault for fault in found):
        print("where the network was made for another input, say --shape NAME=1,3,224,224")
    inputs = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
    held = f", held against {inputs}" if inputs else ""
    said = "; ".join((said, *_unchecked(model, shapes)))
    print(f"{options.source}: {nodes} operators, {arrays} arrays{held}; {said}")
    return 1 if found else 0


def _unchecked(model: Checkpoint, shapes: Mapping[str, Shape]) -> Iterator[str]:
    """Yield how many shapes do not follow from those of the inputs, and what tells them."""
    known = _known(model)
    try:
        wanted = shapes_wanted(model.symbol, shapes)
    except MXError:  # that is a fault, and named
        return
    open_ones = [name for name in known if name not in wanted]
    if open_ones:
        operands = all_operands(model.symbol.graph) & {*model.symbol.graph.arguments}
        inputs = {node.name for node in operands} - {*known, *shapes}
        count = f"{len(open_ones)} shape{'s' * (len(open_ones) > 1)}"
        way = "".join(f" --shape {name}=…" for name in sorted(inputs))
        yield f"{count} could not be checked" + (f" without{way}" if way else "")


def _known(model: Checkpoint) -> dict[str, Shape]:
    """Return the shapes of the arrays that the network has a place for."""
    names = {*model.symbol.list_arguments(), *model.symbol.list_auxiliary_states()}
    arrays = {**model.arg_params, **model.aux_params}
    return {name: array.shape for name, array in arrays.items() if name in names}


def faults(model: Checkpoint, shapes: Mapping[str, Shape]) -> Iterator[str]:
    """Yield what is wrong with a checkpoint, a line each.

    Args:
        model: the network and its weights.
        shapes: shapes of inputs by name, as far as they are known.
    """
    symbol, parameters, states = model
    arguments, own_states = symbol.list_arguments(), symbol.list_auxiliary_states()
    inputs = {*(node.name for node in inputs_of(symbol.graph)), *shapes} - parameters.keys()
    yield from _names("parameter", [n for n in arguments if n not in inputs], parameters, states)
    yield from _names("state", own_states, states, parameters)
    yield from _not_finite({**parameters, **states})
    yield from _misshapen(model, _known(model), shapes)


def _names(
    kind: str, wanted: list[str], given: Mapping[str, NDArray], others: Mapping[str, NDArray]
) -> Iterator[str]:
    extra = [name for name in given if name not in wanted]
    for name in wanted:
        if name in others and name not in given:
            yield f"misplaced: the {kind} {name!r} is stored as {_OTHER[kind]}"
        elif name not in given:
            yield f"missing: the {kind} {name!r}{suggest(name, extra)}"
    for name in extra:
        yield f"extra: the network has no {kind} {name!r}{suggest(name, wanted)}"


_OTHER = {"parameter": "a state (aux:)", "state": "a parameter (arg:)"}


def _not_finite(arrays: Mapping[str, NDArray]) -> Iterator[str]:
    for name, array in arrays.items():
        if array.torch.is_floating_point():
            count = int((~array.torch.isfinite()).sum())
            if count:
                yield f"not finite: {name!r} has {count:,} NaN or infinite of {array.size:,}"


def _misshapen(
    model: Checkpoint, known: Mapping[str, Shape], shapes: Mapping[str, Shape]
) -> Iterator[str]:
    """Yield the arrays that are not of the shape that the network gives them."""
    symbol = model.symbol
    try:
        wanted = shapes_wanted(symbol, shapes) if shapes else {}
    except MXError as error:  # the input itself does not fit
        yield f"misshapen: {error}"
        return
    several = [
        f"misshapen: {name!r} has shape {shape}, the network wants {wanted[name]}"
        for name, shape in known.items()
        if wanted.get(name, shape) != shape
    ]
    yield from several
    if not several:
        try:
            infer_shapes(symbol.graph, {**known, **shapes})
        except MXError as error:
            yield f"misshapen: {error}"
