"""`export_program`: a network and its parameters as a program of torch.export."""

import inspect
import json
import keyword
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from ..core.dtype import DTypeLike, to_torch
from ..core.errors import ArgumentError, MXError, ShapeError
from ..core.paths import FilePath, write_atomically
from ..core.version import __version__
from ..graph.dtypes import infer_dtypes
from ..graph.node import Graph, Value
from ..graph.shapes import infer_shapes
from ..operators.contract import Operator, Shape
from ..storage.checkpoint import NamedArrays
from ..storage.export_inputs import (
    BatchAxis,
    batch_symbols,
    check_names,
    shape_of,
    shapes_of_inputs,
)
from ..storage.models import NetworkGiven, taken_apart
from ._node_call import nodes_of_prediction, with_inner
from .left_out import reason_of
from .to_module import NetworkModule, module_of

__all__ = ["export_program"]


def export_program(
    path: FilePath,
    network: NetworkGiven,
    arg_params: NamedArrays | None = None,
    aux_params: NamedArrays | None = None,
    *,
    batch_axis: BatchAxis = 0,
    dtypes: Mapping[str, DTypeLike] | None = None,
    **shapes: Shape,
) -> None:
    """Write a network as a program of torch.export, which predicts without symnet.

    ``torch.export.load(path).module()`` is then called with the inputs, in the network's order.
    Parameters and states keep their names. Losses become predictions, as SoftmaxOutput its
    probabilities, and labels are left out. Dropout passes on, BatchNorm uses its moving statistics.
    Names of inputs and outputs are in the extra file ``names.json``. The file is written aside and
    renamed.

    Args:
        path: a path or URL, as ``"net.pt2"``.
        network: a model with its parameters, a checkpoint, or a symbol.
        arg_params: parameters by name; default those of the model or checkpoint.
        aux_params: auxiliary states by name; default those of the model or checkpoint.
        batch_axis: the axis of the inputs along which batches of any length will do, or such an
            axis for some of them by name; None to fix the shapes.
        dtypes: element types of inputs by name; default those that the parameters imply.
        shapes: the shapes of the inputs by name, as ``data=(1, 3, 224, 224)``.

    Raises ArgumentError for nodes that no program can hold, for inputs without a shape, and for a
    network that does not work on other batches; ShapeError where shapes do not fit; OSError where
    the file cannot be written.

    >>> from symnet.operators.functions import FullyConnected, SoftmaxOutput
    >>> from symnet.symbol import Variable
    >>> from symnet.ndarray import ones
    >>> net = SoftmaxOutput(FullyConnected(Variable("data"), num_hidden=2, name="fc"), name="out")
    >>> weights = {"fc_weight": ones((2, 3)), "fc_bias": ones((2,))}
    >>> export_program("memory://net.pt2", net, weights, data=(1, 3))
    """
    graph, numbers = taken_apart(_WHO, network, arg_params, aux_params)
    given = {name: shape_of(_WHO, name, shape) for name, shape in shapes.items()}
    check_names(_WHO, "batch_axis", batch_axis, given)
    check_names(_WHO, "dtypes", dtypes, given)
    _check_nodes(graph)
    inputs = _inputs(graph, numbers, given)
    types = {name: tensor.dtype for name, tensor in numbers.items()}
    types |= {name: to_torch(dtype) for name, dtype in (dtypes or {}).items()}
    found = infer_dtypes(graph, types)
    by_name = {n.name: found[Value(n)] for n in graph.nodes if n.op is None and Value(n) in found}
    symbols = batch_symbols(inputs, batch_axis)
    _check_lengths(graph, numbers, inputs, symbols)
    module = module_of(graph, numbers, list(inputs), _WHO).eval().requires_grad_(False)
    program = _traced(module, inputs, by_name, symbols)
    names = {"inputs": module.input_names, "outputs": module.output_names, "symnet": __version__}
    with write_atomically(path) as file:
        torch.export.save(program, file, extra_files={"names.json": json.dumps(names)})


_WHO = "export_program"


def _check_nodes(graph: Graph) -> None:
    """Raise ArgumentError that names all nodes which no program can hold."""
    needed = nodes_of_prediction(graph)
    refused: dict[str, list[str]] = {}
    for node in graph.nodes:
        if node in needed and isinstance(node.op, Operator):
            reasons = {type(op).__name__: reason_of(op) for op in with_inner(node.op)}
            for name, reason in reasons.items():
                if reason:
                    refused.setdefault(f"{name}: {reason}", []).append(node.name)
    if refused:
        parts = [f"{', '.join(map(repr, nodes))} ({why})" for why, nodes in refused.items()]
        raise ArgumentError(f"{_WHO}: no program can hold {'; '.join(parts)}; use mx.to_module")


def _inputs(
    graph: Graph, numbers: Mapping[str, Tensor], shapes: Mapping[str, Shape]
) -> dict[str, Shape]:
    """Return the shapes of the inputs that predictions need, in the network's order.

    Raises ArgumentError where one has none, or is not the network's.
    """
    variables = [node.name for node in (*graph.arguments, *graph.states)]
    check_names(_WHO, "shapes", shapes, dict.fromkeys(variables, ()))
    needed = nodes_of_prediction(graph)
    names = [node.name for node in graph.nodes if node.op is None and node in needed]
    return shapes_of_inputs(_WHO, names, numbers, shapes)


def _check_lengths(
    graph: Graph,
    numbers: Mapping[str, Tensor],
    inputs: Mapping[str, Shape],
    symbols: Mapping[str, Mapping[str, int]],
) -> None:
    """Raise ArgumentError where one row is another matter than several, which torch traces."""
    held = {name: tuple(tensor.shape) for name, tensor in numbers.items()}
    infer_shapes(graph, held | dict(inputs))  # what is wrong with these is no matter of lengths

    def shapes_for(wanted: Mapping[str, Shape]) -> Mapping[Value, Shape]:
        try:
            return infer_shapes(graph, held | dict(wanted)).shapes
        except ShapeError as error:
            raise ArgumentError(f"{_OF_ANY_LENGTH}: {error}{_NAMED}, or{_FIXED[1:]}") from error

    several = shapes_for(_several(inputs, symbols))
    one = shapes_for(_with_lengths(inputs, symbols, lambda _, __: 1))
    for value, shape in several.items():
        if len(one.get(value, shape)) != len(shape):
            raise ArgumentError(
                f"{_OF_ANY_LENGTH}: {value.name!r} has shape {shape} for several rows and "
                f"{one[value]} for 1{_FIXED}"
            )


def _several(
    inputs: Mapping[str, Shape], symbols: Mapping[str, Mapping[str, int]]
) -> dict[str, Shape]:
    """Return the shapes that a network is traced with.

    Of one row torch would take it that there is always one, and of as many rows of two kinds that
    they are of one.
    """
    return _with_lengths(inputs, symbols, lambda kind, own: max(own, _FIRST_COUNT + kind))


def _with_lengths(
    inputs: Mapping[str, Shape],
    symbols: Mapping[str, Mapping[str, int]],
    length_of: Callable[[int, int], int],
) -> dict[str, Shape]:
    """Return the shapes of inputs with other lengths of batches.

    Args:
        inputs: the shapes.
        symbols: which of them hold rows of each kind, along which axis.
        length_of: given the number of the kind, and the length that it has, the one in its place.
    """
    shapes = {name: list(shape) for name, shape in inputs.items()}
    for kind, axes in enumerate(symbols.values()):
        for name, axis in axes.items():
            shapes[name][axis] = length_of(kind, shapes[name][axis])
    return {name: tuple(shape) for name, shape in shapes.items()}


def _traced(
    module: NetworkModule,
    inputs: Mapping[str, Shape],
    dtypes: Mapping[str, torch.dtype],
    symbols: Mapping[str, Mapping[str, int]],
) -> Any:
    """Return the program.

    Args:
        module: the network.
        inputs: the shapes of its inputs, in order.
        dtypes: element types by name.
        symbols: which inputs hold rows of each kind, along which axis.
    """
    dynamic: list[dict[int, Any]] = [{} for _ in inputs]
    places = {name: place for place, name in enumerate(inputs)}
    for symbol, axes in symbols.items():
        length = torch.export.Dim(_identifier(symbol, ()), min=1)
        for name, axis in axes.items():
            dynamic[places[name]][axis] = length
    shapes = _several(inputs, symbols)
    examples = tuple(torch.zeros(shapes[n], dtype=dtypes[n]) for n in inputs)
    _let_be_called_with(module, list(inputs))
    try:
        with torch.no_grad(), warnings.catch_warnings():
            # torch's own: it copies what it has deprecated.
            warnings.filterwarnings("ignore", "`isinstance.treespec", FutureWarning)
            program = torch.export.export(
                module, examples, dynamic_shapes=tuple(dynamic), strict=False
            )
            # Into functions of tensors, without what writes into given ones: those carry gradients.
            return program.run_decompositions({})
    except MXError:
        raise
    except Exception as error:
        raise ArgumentError(_failure(error, fixed=not symbols)) from error


_FIRST_COUNT = 2
_OF_ANY_LENGTH = f"{_WHO}: the network does not work on batches of any length"
_NAMED = "; name the inputs that hold the batch, as batch_axis={'data': 0}"
_FIXED = "; fix its shapes by batch_axis=None (--fixed-batch)"


def _failure(error: Exception, *, fixed: bool) -> str:
    where = next(iter(getattr(error, "__notes__", ())), "the network")
    said = str(error).strip().splitlines() or [""]
    way = "; use mx.to_module" if fixed else _FIXED
    if "Constraints violated" in said[0]:
        return f"{_OF_ANY_LENGTH}, or torch does not see that it does{way}"
    return f"{_WHO}: torch cannot trace {where.removeprefix('in ')}: {said[0]}{way}"


def _let_be_called_with(module: NetworkModule, names: Sequence[str]) -> None:
    """Let a module be called with tensors by position: programs are, and its own names tell."""

    def forward(*tensors: Tensor) -> Any:
        return NetworkModule.forward(module, **dict(zip(names, tensors, strict=True)))

    either = inspect.Parameter.POSITIONAL_OR_KEYWORD
    known: list[str] = []
    for name in names:
        known.append(_identifier(name, known))
    signature = inspect.Signature([inspect.Parameter(name, either) for name in known])
    forward.__dict__["__signature__"] = signature
    module.__dict__["forward"] = forward


def _identifier(name: str, taken: Sequence[str]) -> str:
    """Return a name as Python's own may be."""
    found = re.sub(r"\W", "_", name)
    if not found.isidentifier() or keyword.iskeyword(found):
        found = f"_{found}"
    while found in taken:
        found += "_"
    return found
