"""How well a network does on the batches of a provider: its metric, and its loss."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol, final

from torch import Tensor

from ...core.context import Context
from ...core.errors import ArgumentError
from ...data import AbstractDataBatch, AbstractDataProvider
from ...ndarray import NDArray
from ...symbol import SymbolicNode
from ..metric import AbstractEvalMetric, as_metric, default_metric
from ..metric.base import MetricValues
from ..metric.choice import predicts_classes
from ..metric.loss import NetworkLoss
from ._claims import claimed, metrics_in
from ._kept import KeptBatches
from ._values import BatchChecks
from .inputs import check_labels, compared_labels
from .objective import Weighed, weights_in

__all__ = ["LOSS", "Measures", "Mergeable", "measured", "metric_of"]

LOSS = "loss"
"""The name of the loss among the metrics, unless one of them has it."""


class Mergeable(Protocol):
    """What can go over to what all processes have taken in."""

    def merge(self, total: Callable[[Tensor], Tensor]) -> None:
        """Go over to it; see `AbstractEvalMetric.merge`."""


@final
class Measures:
    """The metric and the loss of one pass over a provider.

    Args:
        symbol: the network.
        provider: the provider of the batches.
        metric: the metric.
        weights: the provider's labels that are weights of samples: they count in the losses, and
            are no labels for the metric.
        at_once: whether somebody may read the metric during the pass, so that it has to take in
            each batch when it comes.
    """

    def __init__(
        self,
        symbol: SymbolicNode,
        provider: AbstractDataProvider,
        metric: AbstractEvalMetric,
        *,
        weights: Weighed | None = None,
        at_once: bool = False,
    ) -> None:
        self._provider, self._metric = provider, metric
        data = [name for name, _ in provider.provide_data()]
        self._labels = [name for name, _ in provider.provide_label()]
        self._loss = NetworkLoss(symbol, [*data, *self._labels])
        compared = self._loss.labels
        # Mostly it is labels, and the data, which may not have been put together, is not asked for.
        self._data = [(name, place) for place, name in enumerate(data) if name in compared]
        self._weights = weights or {}
        self._outputs = symbol.list_outputs()
        self._given = [name for name in self._labels if name not in self._weights]
        self._compared = compared_labels(symbol, self._given)
        self._rows = provider.get_batch_size()
        self._kept = KeptBatches(lambda tensors, _: self._measure(tensors))
        self._joins = metric.joins_batches and not self._data and not at_once
        self._contexts: list[Context] = []

    def reset(self) -> None:
        """Begin a pass."""
        self._kept.clear()
        self._metric.reset()
        self._loss.reset()

    def take(self, batch: AbstractDataBatch, outputs: Mapping[str, NDArray]) -> int:
        """Take in a batch without its padding, and return its number of samples.

        Args:
            batch: the batch.
            outputs: the outputs of the network for it, by name.
        """
        provider, count = self._provider, self._provider.count_samples(batch)
        labels, found = provider.get_label(batch), list(outputs.values())
        if self._joins and count == self._rows:
            both = [*labels, *found]
            self._contexts = [each.context for each in both]
            self._kept.take([each.torch for each in both])
            return count
        data = provider.get_data(batch) if self._data else ()
        compared = [data[place] for _, place in self._data]
        if count < self._rows:
            labels, found, compared = (
                [_of_samples(each, count, self._rows) for each in arrays]
                for arrays in (labels, found, compared)
            )
        known = zip(self._data, compared, strict=True)
        self._take(labels, found, {name: each.torch for (name, _), each in known})
        return count

    def _measure(self, tensors: Sequence[Tensor]) -> None:
        """Take in labels and outputs of one or more batches."""
        arrays = [
            NDArray.wrap(each, context)
            for each, context in zip(tensors, self._contexts, strict=True)
        ]
        labels = len(self._labels)
        self._take(arrays[:labels], arrays[labels:], {})

    def _take(
        self,
        labels: Sequence[NDArray],
        found: Sequence[NDArray],
        data: Mapping[str, Tensor],
    ) -> None:
        named = list(zip(self._labels, labels, strict=True))
        by_name = dict(named)
        if any(self._compared):
            compared = [None if name is None else by_name[name] for name in self._compared]
            self._metric.update_some(compared, found)
        else:
            self._metric.update([by_name[name] for name in self._given], found)
        if self._loss.is_known:
            known = {name: array.torch for name, array in named}
            predicted = {name: a.torch for name, a in zip(self._outputs, found, strict=True)}
            self._joins = self._joins and self._loss.joins_batches(known, predicted)
            weights = [(output, known[name]) for name, output in self._weights.items()]
            self._loss.update({**data, **known}, predicted, weights)

    def merge(self, merge: Callable[[Mergeable], None]) -> None:
        """Go over to what all processes have taken in, by what merges one metric."""
        self._kept.measure()
        merge(self._metric)
        merge(self._loss)

    def so_far(self) -> dict[str, float]:
        """Return by name what has been measured already; nothing is measured for it."""
        return self._with_loss(self._metric.get())

    def values(self) -> tuple[MetricValues, dict[str, float]]:
        """Return what the metric says; and by name, with the loss."""
        self._kept.measure()
        values = self._metric.get()
        return values, self._with_loss(values)

    def _with_loss(self, values: MetricValues) -> dict[str, float]:
        named = dict(values)
        if self._loss.is_known:
            named.setdefault(LOSS, self._loss.get())
            for name, value in self._loss.parts().items():
                named.setdefault(name, value)
        return named


def _of_samples(array: NDArray, count: int, rows: int) -> NDArray:
    """Return the rows of the first samples; each may have several, as after a reshape."""
    several = len(array) // rows if len(array) % rows == 0 else 1
    return array[: count * several]


def measured(
    symbol: SymbolicNode,
    provider: AbstractDataProvider,
    metric: object,
    predicted: Iterable[tuple[AbstractDataBatch, Sequence[NDArray]]],
) -> dict[str, float]:
    """Return metrics and loss of predictions, by name.

    Args:
        symbol: the network.
        provider: the provider of the batches.
        metric: as for `fit`.
        predicted: each batch with the network's outputs.

    Raises what `fit` raises where labels do not fit the losses, or are missing.
    """
    if not provider.provide_label():
        raise ArgumentError(
            "evaluate: the data has no labels to compare with; give them, as evaluate(X, y)"
        )
    check_labels(symbol, provider, ())
    weights = weights_in(symbol, dict(provider.provide_label()))
    measures = Measures(symbol, provider, metric_of(symbol, metric), weights=weights)
    checks, names = BatchChecks(symbol, provider), symbol.list_outputs()
    with claimed("evaluate", metrics_in(metric), shares=True):
        measures.reset()
        samples = 0
        for batch, found in predicted:
            outputs = dict(zip(names, found, strict=True))
            checks.look(batch, outputs, 0, samples)
            samples += measures.take(batch, outputs)
        checks.finish_epoch()
        return measures.values()[1]


def metric_of(symbol: SymbolicNode, given: object) -> AbstractEvalMetric:
    """Return the metric that was asked for, or, for None, that suits the network's losses."""
    if given is None:
        return default_metric(symbol)
    return as_metric(given, symbol.list_outputs(), of_classes=predicts_classes(symbol))
