"""Several metrics in one, and functions as metrics."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from ...core.errors import ArgumentError, listed, suggest
from ...ndarray import NDArray
from ._mean import Total
from .base import AbstractEvalMetric, MetricValues, pairs_of

__all__ = ["CustomMetric", "MultiMetric", "NamedMetric", "OutputMetrics"]


class MultiMetric(AbstractEvalMetric):
    """Several metrics, all of them of all outputs.

    Args:
        metrics: the metrics.

    Raises ArgumentError where one of them is no metric. Source: docs/semantics §6.7.

    >>> from symnet.training.metric import ACE, Accuracy
    >>> metric = MultiMetric([Accuracy(), ACE()])
    >>> metric.update([NDArray([1, 0])], [NDArray([[0, 1], [1, 0]])])
    >>> metric.get()
    [('accuracy', 1.0), ('ACE', 0.0)]
    """

    def __init__(self, metrics: Sequence[AbstractEvalMetric]) -> None:
        for each in metrics:
            if not isinstance(each, AbstractEvalMetric):
                raise ArgumentError(f"MultiMetric takes a list of metrics, one is {each!r}")
        self.metrics = list(metrics)
        self.joins_batches = all(each.joins_batches for each in metrics)

    def update(self, labels: Sequence[NDArray], preds: Sequence[NDArray]) -> None:
        """Take in a mini-batch; see `AbstractEvalMetric.update`."""
        for metric in self.metrics:
            metric.update(labels, preds)

    def update_some(self, labels: Sequence[NDArray | None], preds: Sequence[NDArray]) -> None:
        """Take in a mini-batch; see `AbstractEvalMetric.update_some`."""
        for metric in self.metrics:
            metric.update_some(labels, preds)

    def reset(self) -> None:
        """Forget everything taken in."""
        for metric in self.metrics:
            metric.reset()

    def merge(self, total: Callable[[Tensor], Tensor]) -> None:
        """Go over to what all processes have taken in; see `AbstractEvalMetric.merge`."""
        for metric in self.metrics:
            metric.merge(total)

    def get(self) -> MetricValues:
        """Return what all of them return, one after the other."""
        return [pair for metric in self.metrics for pair in metric.get()]


class OutputMetrics(AbstractEvalMetric):
    """A metric of its own for each output that is named; others are not measured.

    Args:
        metrics: metrics by the name of the output.
        outputs: the names of all outputs of the network, in order.

    Raises ArgumentError for a name that is no output.

    >>> from symnet.training.metric import MSE, Accuracy
    >>> metric = OutputMetrics({"size_output": MSE()}, outputs=["kind_output", "size_output"])
    >>> metric.update([NDArray([1]), NDArray([3])], [NDArray([[0, 1]]), NDArray([[5]])])
    >>> metric.get()
    [('size_output_MSE', 4.0)]
    """

    def __init__(self, metrics: Mapping[str, AbstractEvalMetric], outputs: Sequence[str]) -> None:
        for name in metrics:
            if name not in outputs:
                raise ArgumentError(
                    f"a metric is given for {name!r}, which is no output of the network"
                    f"{suggest(str(name), outputs)} {listed(outputs)}"
                )
        self.metrics = dict(metrics)
        self.joins_batches = all(each.joins_batches for each in metrics.values())
        self._places = [list(outputs).index(name) for name in metrics]

    def update(self, labels: Sequence[NDArray], preds: Sequence[NDArray]) -> None:
        """Take in a mini-batch; see `AbstractEvalMetric.update`.

        Raises ArgumentError where there is not one label for each prediction.
        """
        pairs = pairs_of("a metric by output", labels, preds)
        for place, metric in zip(self._places, self.metrics.values(), strict=True):
            label, pred = pairs[place]
            metric.update([label], [pred])

    def update_some(self, labels: Sequence[NDArray | None], preds: Sequence[NDArray]) -> None:
        """Take in a mini-batch; see `AbstractEvalMetric.update_some`.

        Raises ArgumentError where an output that is measured has no label.
        """
        for (name, metric), place in zip(self.metrics.items(), self._places, strict=True):
            label = labels[place]
            if label is None:
                raise ArgumentError(f"a metric is given for {name!r}, which has no label")
            metric.update([label], [preds[place]])

    def reset(self) -> None:
        """Forget everything taken in."""
        for metric in self.metrics.values():
            metric.reset()

    def merge(self, total: Callable[[Tensor], Tensor]) -> None:
        """Go over to what all processes have taken in; see `AbstractEvalMetric.merge`."""
        for metric in self.metrics.values():
            metric.merge(total)

    def get(self) -> MetricValues:
        """Return what each of them returns, the name of its output before the name."""
        return [
            (f"{output}_{name}", value)
            for output, metric in self.metrics.items()
            for name, value in metric.get()
        ]


class CustomMetric(AbstractEvalMetric):
    """The mean of a function over the samples.

    Args:
        function: ``function(label, pred)`` is called with the label and the prediction of each
            output of a mini-batch, two NDArrays. It returns the mean over the batch: a number, or
            an NDArray or a tensor of one element. A number that it reads from the device waits for
            it, in each batch; an array does not.
        name: the metric's name, default that of the function.

    Raises ArgumentError where the function is none.

    >>> def distance(label, pred):
    ...     return (label.torch - pred.torch).abs().mean()
    >>> metric = CustomMetric(distance)
    >>> metric.update([NDArray([1, 2])], [NDArray([1, 4])])
    >>> metric.get()
    [('distance', 1.0)]
    """

    def __init__(
        self, function: Callable[[NDArray, NDArray], Any], name: str | None = None
    ) -> None:
        if not callable(function):
            raise ArgumentError(
                f"CustomMetric takes a function of label and pred, got {function!r}"
            )
        own = getattr(function, "__name__", type(function).__name__)
        self._function = function
        self._name = name or ("custom" if own == "<lambda>" else own)
        self._sum, self._count = Total(), Total()

    def update(self, labels: Sequence[NDArray], preds: Sequence[NDArray]) -> None:
        """Take in a mini-batch; see `AbstractEvalMetric.update`.

        Raises ArgumentError where there is not one label for each prediction, or where the function
        returns something else than one number. The metric is then as it was.
        """
        pairs = pairs_of(self._name, labels, preds)
        means = [self._number(self._function(label, pred)) for label, pred in pairs]
        for mean, (_, pred) in zip(means, pairs, strict=True):
            self._sum.add(mean * len(pred))
            self._count.add(len(pred))

    def _number(self, result: object) -> Tensor:
        """Return what the function gave as a tensor without axes."""
        tensor = result.torch if isinstance(result, NDArray) else result
        try:
            tensor = torch.as_tensor(tensor)
        except (TypeError, ValueError, RuntimeError):
            tensor = torch.empty(0)
        if tensor.numel() != 1:
            raise ArgumentError(
                f"the metric {self._name!r} must return one number, the mean over the batch; it "
                f"returned {result!r}"
            )
        return tensor.detach().double().reshape(())

    def reset(self) -> None:
        """Forget everything taken in."""
        self._sum.clear()
        self._count.clear()

    def merge(self, total: Callable[[Tensor], Tensor]) -> None:
        """Go over to what all processes have taken in; see `AbstractEvalMetric.merge`."""
        self._sum.merge(total)
        self._count.merge(total)

    def get(self) -> MetricValues:
        """Return the mean by its name; it is NaN before the first update."""
        return [(self._name, float(self._sum.read() / self._count.read()))]


class NamedMetric(AbstractEvalMetric):
    """A number under a name of its own, measured as the shapes of labels and predictions ask for.

    Args:
        name: the name.
        of_classes: the metric where labels are numbers of classes; its last number counts.
        of_numbers: the metric where there is a label for each number predicted, default the same.

    >>> from symnet.training.metric import Accuracy, BinaryAccuracy
    >>> metric = NamedMetric("right", Accuracy(), BinaryAccuracy())
    >>> metric.update([NDArray([1, 0])], [NDArray([[0.7], [0.2]])])
    >>> metric.get()
    [('right', 1.0)]
    """

    def __init__(
        self,
        name: str,
        of_classes: AbstractEvalMetric,
        of_numbers: AbstractEvalMetric | None = None,
    ) -> None:
        self._name, self._of_classes = name, of_classes
        self._of_numbers = of_classes if of_numbers is None else of_numbers
        self._used = self._of_classes

    def update(self, labels: Sequence[NDArray], preds: Sequence[NDArray]) -> None:
        """Take in a mini-batch; see `AbstractEvalMetric.update`."""
        pairs = pairs_of(self._name, labels, preds)
        as_many = bool(pairs) and all(label.size == pred.size for label, pred in pairs)
        self._used = self._of_numbers if as_many else self._of_classes
        self._used.update(labels, preds)

    def reset(self) -> None:
        """Forget everything taken in."""
        self._of_classes.reset()
        self._of_numbers.reset()

    def merge(self, total: Callable[[Tensor], Tensor]) -> None:
        """Go over to what all processes have taken in; see `AbstractEvalMetric.merge`."""
        self._used.merge(total)

    def get(self) -> MetricValues:
        """Return the number by its name."""
        return [(self._name, self._used.get()[-1][1])]
