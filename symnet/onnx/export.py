"""`export_onnx`: a network and its parameters as an ONNX file, for prediction elsewhere."""

from collections.abc import Mapping

from torch import Tensor

from ..core.dtype import DTypeLike, to_torch
from ..core.errors import ArgumentError, suggest
from ..core.paths import FilePath
from ..graph.dtypes import infer_dtypes
from ..graph.node import Graph
from ..operators.contract import Shape
from ..storage.checkpoint import NamedArrays
from ..storage.export_inputs import (
    BatchAxis,
    batch_symbols,
    check_names,
    shape_of,
    shapes_of_inputs,
)
from ..storage.models import NetworkGiven, taken_apart
from ._conversion import NetworkFacts, convert, is_without_influence, needed_variables
from ._lengths import following, infer_lengths
from ._model_file import model_of, package, write_model

__all__ = ["export_onnx"]


def export_onnx(
    path: FilePath,
    network: NetworkGiven,
    arg_params: NamedArrays | None = None,
    aux_params: NamedArrays | None = None,
    *,
    batch_axis: BatchAxis = 0,
    dtypes: Mapping[str, DTypeLike] | None = None,
    external_data: bool | None = None,
    custom_domain: str | None = None,
    **shapes: Shape,
) -> None:
    """Write a network as an ONNX file, which computes its predictions without symnet.

    Inputs, outputs and parameters keep their names. Losses become predictions, as SoftmaxOutput its
    probabilities, and labels are left out; so are parameters that the outputs do not need. Dropout
    passes on, BatchNorm uses its moving statistics. The file is of opset 18, and is written aside
    and renamed. It takes the package ``onnx``; ``onnxruntime`` runs the file.

    Args:
        path: a path or URL, as ``"net.onnx"``.
        network: a model with its parameters, a checkpoint, or a symbol.
        arg_params: parameters by name; default those of the model or checkpoint.
        aux_params: auxiliary states by name; default those of the model or checkpoint.
        batch_axis: the axis of the inputs along which batches of any length will do, or such an
            axis for some of them by name; None to fix the shapes.
        dtypes: element types of inputs by name; default those that the parameters imply.
        external_data: whether the parameters go into a second file, ``PATH.data``; default where
            they have more than 2 GB.
        custom_domain: a name under which operators without an ONNX form are written, for a runtime
            that has them; default none: they are refused.
        shapes: the shapes of the inputs by name, as ``data=(1, 3, 224, 224)``.

    Raises ArgumentError for nodes without an ONNX form, all at once, for inputs without a shape,
    for a network that does not work on other batches, and where ``onnx`` is missing; ShapeError
    where shapes do not fit; OSError where the file cannot be written.

    >>> from symnet.operators.functions import FullyConnected, SoftmaxOutput
    >>> from symnet.symbol import Variable
    >>> from symnet.ndarray import ones
    >>> net = SoftmaxOutput(FullyConnected(Variable("data"), num_hidden=2, name="fc"), name="out")
    >>> weights = {"fc_weight": ones((2, 3)), "fc_bias": ones((2,))}
    >>> export_onnx("memory://net.onnx", net, weights, data=(1, 3))
    """
    package()
    _check_domain(custom_domain)
    graph, parameters = taken_apart("export_onnx", network, arg_params, aux_params)
    given = {name: shape_of("export_onnx", name, shape) for name, shape in shapes.items()}
    facts = _facts(graph, parameters, given, batch_axis, dtypes or {}, custom_domain)
    converted = convert(facts)
    model = model_of(converted, graph.outputs[0].node.name)
    write_model(path, model, converted.constants, external=external_data)


def _facts(
    graph: Graph,
    parameters: Mapping[str, Tensor],
    shapes: Mapping[str, Shape],
    batch_axis: BatchAxis,
    dtypes: Mapping[str, DTypeLike],
    custom_domain: str | None,
) -> NetworkFacts:
    inputs = _inputs(graph, parameters, shapes)
    check_names("export_onnx", "batch_axis", batch_axis, shapes)
    check_names("export_onnx", "dtypes", dtypes, shapes)
    known = {name: tuple(tensor.shape) for name, tensor in parameters.items()}
    told: Mapping[str, Shape] = inputs
    if not is_without_influence(graph, {**known, **shapes}, {**known, **inputs}):
        told = shapes  # the shape of one counts, though its numbers do not
    symbols = {
        symbol: axes
        for symbol, axes in batch_symbols(told, batch_axis).items()
        if inputs.keys() & axes.keys()
    }
    rows = {
        symbol: next(told[name][axis] for name, axis in axes.items())
        for symbol, axes in symbols.items()
    }
    lengths = infer_lengths(graph, following({**known, **told}, symbols), rows)
    types = {name: tensor.dtype for name, tensor in parameters.items()}
    types |= {name: to_torch(dtype) for name, dtype in dtypes.items()}
    found = infer_dtypes(graph, types)
    return NetworkFacts(graph, lengths, found, parameters, symbols, rows, custom_domain)


def _check_domain(domain: str | None) -> None:
    if domain is not None and (not isinstance(domain, str) or domain in ("", "ai.onnx")):
        raise ArgumentError(
            f"export_onnx: custom_domain is a name of your own, as 'org.example', not {domain!r}"
        )


def _inputs(
    graph: Graph, parameters: Mapping[str, Tensor], shapes: Mapping[str, Shape]
) -> dict[str, Shape]:
    """Return the shapes of the inputs that predictions need.

    Raises ArgumentError for a name that the network does not have, and for a variable that has
    neither a shape nor numbers.
    """
    names = [node.name for node in (*graph.arguments, *graph.states)]
    variables = set(names)
    if len(variables) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ArgumentError(f"export_onnx: several variables are called {twice!r}")
    for name in shapes:
        if name not in variables:
            raise ArgumentError(
                f"export_onnx: the network has no input {name!r}{suggest(name, variables)}"
            )
    needed = [node.name for node in needed_variables(graph)]
    return shapes_of_inputs("export_onnx", needed, parameters, shapes)
