"""Holding a data provider against a network, before anything runs."""

from collections.abc import Collection, Iterable, Sequence
from itertools import pairwise

from ...core.errors import ArgumentError, suggest
from ...data import AbstractDataProvider
from ...graph.node import Node, Value
from ...operators.contract import Operator, Shape
from ...symbol import SymbolicNode

__all__ = [
    "check_complete",
    "check_evaluation",
    "check_labels",
    "check_loss",
    "check_names",
    "compared_labels",
    "label_of",
    "labels_of",
    "only_labels",
    "shapes_of",
    "slice_batch",
]

ProvidedInputs = Sequence[tuple[str, Shape]]


def shapes_of(provided: Iterable[tuple[str, Shape]]) -> dict[str, Shape]:
    """Return shapes by name."""
    return {name: tuple(shape) for name, shape in provided}


def check_loss(symbol: SymbolicNode) -> None:
    """Raise ArgumentError for a network without any loss: nothing can be learned from it."""
    if not any(isinstance(node.op, Operator) and node.op.is_loss() for node in symbol.graph.nodes):
        raise ArgumentError(
            f"none of the network's outputs ({', '.join(symbol.list_outputs())}) is a loss, so "
            "that it has nothing to learn from; end it with one, as mx.SoftmaxOutput"
        )


def check_labels(
    symbol: SymbolicNode, provider: AbstractDataProvider, parameters: Collection[str]
) -> None:
    """Raise ArgumentError for a loss whose label the provider does not give.

    Args:
        symbol: the network.
        provider: the training data.
        parameters: names of the parameters that exist already.
    """
    data, label = provider.provide_data(), provider.provide_label()
    given = {name for name, _ in (*data, *label)} | set(parameters)
    for node in symbol.graph.nodes:
        wanted = label_of(node)
        if wanted is not None and wanted.node.op is None and wanted.name not in given:
            raise ArgumentError(
                f"the training data gives no {wanted.name!r}, the label that the loss "
                f"{node.name!r} compares with\n"
                f"  data provided:   {_listed(data)}\n"
                f"  labels provided: {_listed(label)}\n"
                f"Give the labels too, as mx.ArrayDataProvider(data, label); a label of another "
                f"name as ({wanted.name!r}, array)"
            )


def check_names(
    symbol: SymbolicNode, data: ProvidedInputs, label: ProvidedInputs, *, with_labels: bool = True
) -> None:
    """Raise ArgumentError unless everything that will be read is an argument of the network."""
    arguments = symbol.list_arguments()
    for name, _ in (*data, *label) if with_labels else data:
        if name not in arguments:
            raise ArgumentError(
                f"the provider gives {name!r}, which is no argument of the network"
                f"{suggest(name, arguments)}\n"
                f"  data provided:   {_listed(data)}\n"
                f"  labels provided: {_listed(label)}\n"
                f"  arguments:       {', '.join(arguments)}\n"
                "Name the provider's data and labels as the network's arguments: most providers "
                "take (name, array) pairs, or data_name= and label_name="
            )


def _listed(provided: ProvidedInputs) -> str:
    return ", ".join(f"{name} {tuple(shape)}" for name, shape in provided) or "none"


def check_evaluation(training: AbstractDataProvider, evaluation: AbstractDataProvider) -> None:
    """Raise ArgumentError unless validation data fits to the training data, batch sizes aside."""
    wanted, given = training.provide_data(), evaluation.provide_data()
    if _samples_of(wanted) != _samples_of(given):
        raise ArgumentError(
            f"eval_data provides {_listed(given)}, the training data {_listed(wanted)}; "
            "names and shapes must be equal, but for the batch size"
        )
    if training.provide_label() and not evaluation.provide_label():
        raise ArgumentError(
            "eval_data provides no labels to measure with, the training data "
            f"{_listed(training.provide_label())}; give eval_data labels of the same names"
        )


def _samples_of(provided: ProvidedInputs) -> dict[str, Shape]:
    """Return the shape of one sample of each array, by name."""
    return {name: shape[1:] for name, shape in shapes_of(provided).items()}


def check_complete(
    symbol: SymbolicNode,
    provided: Collection[str],
    parameters: Collection[str],
    states: Collection[str],
) -> None:
    """Raise ArgumentError where a prediction would lack the value of something.

    What only losses take, as labels, may be missing: predictions do not depend on it.

    Args:
        symbol: the network.
        provided: names of the data.
        parameters: names of the model's parameters.
        states: names of the model's auxiliary states.
    """
    labels = only_labels(symbol)
    missing = [n for n in symbol.list_auxiliary_states() if n not in states]
    missing += [
        name
        for name in symbol.list_arguments()
        if name not in provided and name not in parameters and name not in labels
    ]
    if missing:
        raise ArgumentError(
            f"the network needs a value for {missing[0]!r}, which is neither among the model's "
            f"parameters nor provided as data ({', '.join(provided) or 'nothing is'}); provide it, "
            "or load or initialise the parameters of this very network"
        )


def label_of(node: Node) -> Value | None:
    """Return what a loss takes as its label; None where the node is no loss."""
    if not isinstance(node.op, Operator) or not node.op.is_loss():
        return None
    names = node.op.arguments()
    return node.inputs[names.index("label")] if "label" in names else None


def labels_of(symbol: SymbolicNode) -> list[str]:
    """Return the names of the variables that losses compare with, in the order of the losses.

    >>> from symnet.operators.functions import SoftmaxOutput
    >>> labels_of(SoftmaxOutput(name="softmax"))
    ['softmax_label']
    """
    values = (label_of(node) for node in symbol.graph.nodes)
    variables = (value.node for value in values if value is not None)
    return list(dict.fromkeys(node.name for node in variables if node.op is None))


def compared_labels(symbol: SymbolicNode, names: Collection[str]) -> list[str | None]:
    """Return for each output of a network the label that it is measured against, or None.

    It is the one that the output's loss compares with. Labels that no output has, in their order,
    are those of the outputs that have none, where there are as many.

    Args:
        symbol: the network.
        names: the labels that there are.

    >>> import symnet as mx
    >>> data = mx.Variable("x")
    >>> both = mx.Group(mx.BlockGrad(data), mx.SoftmaxOutput(data, name="kind"))
    >>> compared_labels(both, ["kind_label"])
    [None, 'kind_label']
    """
    found: list[str | None] = []
    for value in symbol.graph.outputs:
        label = label_of(value.node)
        known = label is not None and label.node.op is None and label.node.name in names
        found.append(label.node.name if label is not None and known else None)
    rest = iter([name for name in names if name not in found])
    if len(names) - len({*found} - {None}) == found.count(None):
        found = [next(rest) if name is None else name for name in found]
    return found


def only_labels(symbol: SymbolicNode) -> set[str]:
    """Return the names of the variables that are labels of losses and nothing else."""
    used = {
        # Once only: a loss of a value with itself takes it as data too.
        value: [label_of(user) == value and user.inputs.count(value) == 1 for user in users]
        for value, users in symbol.graph.users.items()
    }
    return {value.node.name for value, as_label in used.items() if all(as_label)}


def slice_batch(batch_size: int, contexts: Sequence[object]) -> list[slice]:
    """Return which rows of a batch each device takes: contiguous, sizes differing by at most one.

    Raises ArgumentError where there are more devices than rows.
    """
    count = len(contexts)
    if batch_size < count:
        raise ArgumentError(
            f"a batch of {batch_size} rows cannot be split over {count} devices ({contexts}); "
            f"give the provider a batch_size of at least {count}, or the model fewer contexts"
        )
    least, larger = divmod(batch_size, count)
    # The first `larger` devices take a row more each.
    starts = [index * least + min(index, larger) for index in range(count + 1)]
    return [slice(start, stop) for start, stop in pairwise(starts)]
