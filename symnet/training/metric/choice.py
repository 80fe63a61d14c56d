"""The metric that is meant by what was given, or by nothing."""

from collections.abc import Mapping, Sequence
from math import prod

from ...core.errors import ArgumentError, listed, suggest
from ...graph.node import Value
from ...operators.contract import Operator
from ...symbol import SymbolicNode
from .base import AbstractEvalMetric
from .classification import ACE, NLL, Accuracy
from .combined import CustomMetric, MultiMetric, NamedMetric, OutputMetrics
from .ranking import AUC, F1, TopKAccuracy
from .regression import MAE, MSE, R2, RMSE, BinaryAccuracy, BinaryCrossEntropy

__all__ = ["as_metric", "default_metric", "predicts_classes"]

_BY_NAME: Mapping[str, Sequence[type[AbstractEvalMetric]]] = {
    "accuracy": (Accuracy, BinaryAccuracy),
    "auc": (AUC,),
    "cross_entropy": (ACE, BinaryCrossEntropy),
    "f1": (F1,),
    "mae": (MAE,),
    "mse": (MSE,),
    "perplexity": (NLL,),
    "r2": (R2,),
    "rmse": (RMSE,),
    "top_k": (TopKAccuracy,),
}
"""Metrics by name: for labels that are classes, and for a label for each number predicted."""


def as_metric(
    given: object, outputs: Sequence[str] = (), *, of_classes: bool = False
) -> AbstractEvalMetric:
    """Return the metric that is meant by what was given.

    Args:
        given: a metric, or its name, as ``"accuracy"``; a function ``f(label, pred)``, see
            `CustomMetric`; a list of these, all of them for all outputs; or a dictionary of these
            by the name of the output.
        outputs: the names of the network's outputs, in order; a dictionary needs them.
        of_classes: whether all outputs are probabilities of classes, so that labels of their own
            shape are one-hot, and no answers to as many questions.

    Raises ArgumentError for anything else, and for a name that is no output.

    >>> as_metric([Accuracy(), lambda label, pred: 0.5]).get()
    [('accuracy', nan), ('custom', nan)]
    """
    if isinstance(given, AbstractEvalMetric):
        return given
    if isinstance(given, str):
        return _named(given, of_classes)
    if isinstance(given, Mapping):
        by_name = {name: as_metric(each, outputs) for name, each in given.items()}
        return OutputMetrics(by_name, outputs)
    if isinstance(given, list | tuple):
        return MultiMetric([as_metric(e, outputs, of_classes=of_classes) for e in given])
    if isinstance(given, type) and issubclass(given, AbstractEvalMetric):
        raise ArgumentError(
            f"{given.__name__} is a class of metrics; make one of it: mx.{given.__name__}()"
        )
    if callable(given):
        return CustomMetric(given)
    raise ArgumentError(
        'a metric is something like mx.Accuracy() or "accuracy", a function of label and pred, a '
        f"list of these, or a dictionary of these by output; got {given!r}"
    )


def _named(name: str, of_classes: bool) -> AbstractEvalMetric:
    if name not in _BY_NAME:
        raise ArgumentError(
            f"there is no metric of the name {name!r}{suggest(name.lower(), _BY_NAME)} "
            f"{listed(_BY_NAME)}; others are objects, as mx.Accuracy()"
        )
    kinds = _BY_NAME[name][:1] if of_classes else _BY_NAME[name]
    return NamedMetric(name, *(kind() for kind in kinds))


def default_metric(symbol: SymbolicNode) -> AbstractEvalMetric:
    """Return the metric that fits the outputs of a network: `MSE` for regression, else `Accuracy`.

    What the network makes a loss itself, as by `MakeLoss`, has no metric beside that, and neither
    has an output that is no loss, where there are losses.

    Args:
        symbol: the network. Where its outputs differ, each is measured on its own.

    >>> from symnet.operators.functions import LinearRegressionOutput, SoftmaxOutput
    >>> default_metric(LinearRegressionOutput()).get()
    [('MSE', nan)]
    >>> default_metric(SoftmaxOutput()).get()
    [('accuracy', nan)]
    """
    outputs = symbol.graph.outputs
    compare = [_has_label(value) for value in outputs]
    kinds = [
        _kind_for(value) if compares or not any(compare) else None
        for value, compares in zip(outputs, compare, strict=True)
    ]
    first = kinds[0]
    if len(set(kinds)) == 1:
        return first() if first else MultiMetric([])
    names = symbol.list_outputs()
    pairs = zip(names, kinds, strict=True)
    return OutputMetrics({name: kind() for name, kind in pairs if kind}, names)


def predicts_classes(symbol: SymbolicNode) -> bool:
    """Tell whether all outputs of a network are probabilities of classes, as of SoftmaxOutput.

    >>> from symnet.operators.functions import LogisticRegressionOutput, SoftmaxOutput
    >>> predicts_classes(SoftmaxOutput()), predicts_classes(LogisticRegressionOutput())
    (True, False)
    """

    def of_classes(value: Value) -> bool:
        op = value.node.op
        if not isinstance(op, Operator) or op.foreign or not op.is_loss():
            return False
        return "label" in op.arguments() and not _predicts_numbers(value)

    return all(map(of_classes, symbol.graph.outputs))


def _has_label(value: Value) -> bool:
    op = value.node.op
    return isinstance(op, Operator) and op.is_loss() and "label" in op.arguments()


def _kind_for(value: Value) -> type[AbstractEvalMetric] | None:
    op = value.node.op
    made = isinstance(op, Operator) and op.is_loss() and "label" not in op.arguments()
    if isinstance(op, Operator) and made and type(op).loss_sum is not Operator.loss_sum:
        return None
    return MSE if _predicts_numbers(value) else Accuracy


def _predicts_numbers(value: Value) -> bool:
    """Tell whether an output belongs to a loss whose label has a number for each one predicted."""
    op = value.node.op
    if not isinstance(op, Operator) or op.foreign or op.inputs.keys() != {"data", "label"}:
        return False
    shape = (2, 3)
    shapes = op.rules["infer_shape"].function(op, data=shape)
    return op.is_loss() and "label" in shapes and prod(shapes["label"]) == prod(shape)
