"""What a training makes small: the network's losses, with weights of samples and smoothed labels.

The network that is trained differs from the model's own where `fit` is asked for that; what is
predicted and saved does not.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from inspect import signature

import torch
from torch import Tensor

from ...core.errors import ArgumentError, ShapeError
from ...data import AbstractDataProvider
from ...data.provider import Provided
from ...graph.node import Graph, Node, Value, substitute
from ...operators.contract import Input, Operator, Shape, Shapes, view_of
from ...operators.definitions.loss import SoftmaxOutput
from ...program.facts import Facts
from ...symbol import SymbolicNode

__all__ = [
    "LOSS_SCALE",
    "SAMPLE_WEIGHT",
    "Weighed",
    "labels_for",
    "losses_of",
    "objective_of",
    "weight_name",
    "weights_in",
]

SAMPLE_WEIGHT = "sample_weight"
"""The name of the label that weighs samples, unless it is an argument of the network itself."""

Weighed = Mapping[str, str | None]
"""By the names of labels that weigh samples, the output whose loss they weigh; None for all."""

LOSS_SCALE = "_loss_scale"
"""The name of the input that all losses are multiplied by, where 16 bits need it."""


class _Scaled(Operator, registered=False):
    """Pass the data on; going back, multiply the gradient by one number."""

    data = Input("What a loss takes.")
    scale = Input("The number, of shape (1,).", takes_gradient=False, any_dtype=True)

    def infer_shape(self, data: Shape) -> Shapes:
        """There is one number."""
        return {"scale": (1,), "output": data}

    @view_of("data")
    def forward(self, data: Tensor) -> Tensor:
        """Return the data."""
        return data

    def data_gradient(self, grad: Tensor, scale: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the scaled gradient."""
        return torch.mul(grad, scale, out=out)


class _Weighted(Operator, registered=False):
    """Pass the data on; going back, multiply the gradient of each sample by its weight."""

    data = Input("What a loss takes, the batch on axis 0.")
    weight = Input("A weight for each sample.", takes_gradient=False, any_dtype=True)

    def infer_shape(self, data: Shape) -> Shapes:
        """There is a weight for each sample."""
        return {"weight": data[:1], "output": data}

    def row_inputs(self) -> tuple[str, ...]:
        """Samples have nothing to do with each other."""
        return ("data", "weight")

    @view_of("data")
    def forward(self, data: Tensor) -> Tensor:
        """Return the data."""
        return data

    def data_gradient(self, grad: Tensor, weight: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the weighted gradient."""
        return torch.mul(grad, weight.view(-1, *(1,) * (grad.ndim - 1)), out=out)


def losses_of(symbol: SymbolicNode) -> list[str]:
    """Return the names of the outputs that are losses."""
    outputs = zip(symbol.graph.outputs, symbol.list_outputs(), strict=True)
    return [name for value, name in outputs if _is_loss(value.node)]


def weight_name(output: str | None) -> str:
    """Return the name of the label that weighs samples in an output's loss; None for in all."""
    return SAMPLE_WEIGHT if output is None else f"{SAMPLE_WEIGHT}_{output}"


def weights_in(symbol: SymbolicNode, names: Iterable[str]) -> dict[str, str | None]:
    """Return which of some labels weigh samples for a network."""
    known = {weight_name(output): output for output in (None, *losses_of(symbol))}
    own = symbol.list_arguments()
    return {name: known[name] for name in names if name in known and name not in own}


def labels_for(symbol: SymbolicNode, provider: AbstractDataProvider) -> list[Provided]:
    """Return name and shape of each label that a network reads: all but weights of samples."""
    labels = provider.provide_label()
    weights = weights_in(symbol, dict(labels))
    return [each for each in labels if each[0] not in weights]


def objective_of(
    symbol: SymbolicNode,
    inputs: Mapping[str, Shape],
    *,
    weights: Weighed,
    smoothing: float,
    scaled: bool,
) -> SymbolicNode:
    """Return the network that is trained in place of a model's.

    Args:
        symbol: the network of the model.
        inputs: shapes of data and labels, by name, the weights of samples among them.
        weights: labels that are weights of samples: what flows back out of each loss, or of the
            one that is named, is multiplied by them, sample by sample.
        smoothing: the share of each label that is spread evenly over all classes.
        scaled: whether all losses are multiplied by the number in the input `LOSS_SCALE`.

    Raises ArgumentError for losses that cannot do that.
    """
    if not weights and not smoothing and not scaled:
        return symbol
    facts = Facts.infer(symbol.graph, {n: s for n, s in inputs.items() if n not in weights}, {})
    rows = next(iter(inputs.values()))[0]
    weighing = {label: Value(Node(None, label)) for label in weights}
    own = dict(zip(symbol.graph.outputs, symbol.list_outputs(), strict=True))
    scale = Value(Node(None, LOSS_SCALE, attributes={"shape": "(1,)"}))
    smoothed: list[str] = []

    def replaced(node: Node, new: tuple[Value, ...]) -> Node | None:
        op = node.op
        if not _is_loss(node) or not isinstance(op, Operator):
            return None
        if smoothing and isinstance(op, SoftmaxOutput):
            op = _smoothed(node, op, facts.shapes, smoothing)
            smoothed.append(node.name)
        for label, output in weights.items():
            if output is None or output == own.get(node.outputs[0]):
                _check_weighable(node, facts.shapes[node.inputs[_data_of(op)]], rows)
                new = _behind(_Weighted(), node, new, weighing[label], [_data_of(op)])
        if scaled:
            new = _behind(_Scaled(), node, new, scale, _differentiated(op))
        return Node(op, node.name, new, node.attributes)

    outputs = Graph(substitute(symbol.graph.outputs, replaced)).outputs
    if smoothing and not smoothed:
        raise ArgumentError(
            "fit: label_smoothing is for networks with a SoftmaxOutput, and this one has none; "
            "give labels that are smooth themselves"
        )
    return SymbolicNode(*outputs)


def _behind(
    op: Operator, loss: Node, inputs: tuple[Value, ...], other: Value, places: Collection[int]
) -> tuple[Value, ...]:
    """Return the inputs of a loss, some of them behind an operator that changes what flows back."""
    name = f"{loss.name}{type(op).__name__.lower()}"
    if any(value.node.name == name for value in inputs):  # weighed with all, and on its own
        name = f"{name}_{other.node.name}"
    return tuple(
        Value(Node(op, name, (value, other), loss.attributes)) if place in places else value
        for place, value in enumerate(inputs)
    )


def _data_of(op: Operator) -> int:
    names = op.arguments()
    return names.index("data") if "data" in names else 0


def _differentiated(op: Operator) -> list[int]:
    """Return where the inputs of a loss are that gradients flow out into."""
    fixed = [n for n, i in op.inputs.items() if isinstance(i, Input) and not i.takes_gradient]
    return [p for p, name in enumerate(op.arguments()) if name not in (*fixed, "label")]


def _is_loss(node: Node) -> bool:
    """Tell whether a node is a loss, and no barrier, which nothing flows back out of."""
    op = node.op
    if not isinstance(op, Operator) or not op.is_loss():
        return False
    return op.foreign or _states_loss(op) or "label" in op.arguments()


def _states_loss(op: Operator) -> bool:
    return type(op).loss_sum is not Operator.loss_sum


def _takes_weights(op: Operator) -> bool:
    return _states_loss(op) and "weight" in signature(op.loss_sum).parameters


def _check_weighable(node: Node, shape: Shape, rows: int) -> None:
    """Raise ArgumentError for a loss whose gradient does not consist of those of the samples."""
    op = node.op
    if not isinstance(op, Operator) or op.foreign or not _takes_weights(op):
        raise ArgumentError(
            f"fit: the loss {node.name!r}, {type(op).__name__}, is one that samples cannot be "
            "weighed in: nobody says that its gradient is a sum over samples; multiply by weights "
            "in the loss itself, and provide them as a label of another name"
        )
    if shape[:1] != (rows,):
        raise ShapeError(
            f"fit: the loss {node.name!r} is computed from an array of shape {shape}, whose axis 0 "
            f"is not the {rows} samples of a batch, so that they cannot be weighed; let it have "
            "a row for each sample"
        )


def _smoothed(
    node: Node, op: SoftmaxOutput, shapes: Mapping[Value, Shape], smoothing: float
) -> SoftmaxOutput:
    """Return the loss with smooth labels.

    What is spread over all classes leaves the right one its part too; `smooth_alpha` is what the
    others get.
    """
    data, label = (shapes[node.inputs[op.arguments().index(name)]] for name in ("data", "label"))
    reason = None
    if op.smooth_alpha:
        reason = f"has smooth_alpha={op.smooth_alpha:g} already"
    elif op.multi_output:
        reason = "has multi_output=True, where labels are never smooth; put the classes last"
    elif label == data:
        reason = "compares with probabilities; give smooth ones"
    if reason is not None:
        raise ArgumentError(f"fit: label_smoothing: the loss {node.name!r} {reason}")
    classes = data[-1]
    return replace(op, smooth_alpha=smoothing * (classes - 1) / classes)
