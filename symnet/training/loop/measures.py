"""How well a network does on the batches of a provider: its metric, and its loss."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol, final

from torch import Tensor

from ...core.errors import ArgumentError
from ...data import AbstractDataBatch, AbstractDataProvider
from ...ndarray import NDArray
from ...symbol import SymbolicNode
from ..metric import AbstractEvalMetric, as_metric, default_metric
from ..metric.base import MetricValues
from ..metric.loss import NetworkLoss
from ._values import BatchChecks
from .inputs import check_labels
from .objective import SAMPLE_WEIGHT, weighs

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
        weighted: whether the provider gives weights of samples: they count in the loss, and are
            no label for the metric.
    """

    def __init__(
        self,
        symbol: SymbolicNode,
        provider: AbstractDataProvider,
        metric: AbstractEvalMetric,
        *,
        weighted: bool = False,
    ) -> None:
        self._provider, self._metric = provider, metric
        self._names = [name for name, _ in (*provider.provide_data(), *provider.provide_label())]
        self._loss = NetworkLoss(symbol, self._names)
        self._weights = self._names.index(SAMPLE_WEIGHT) if weighted else None
        self._rows = provider.get_batch_size()

    def reset(self) -> None:
        """Begin a pass."""
        self._metric.reset()
        self._loss.reset()

    def take(self, batch: AbstractDataBatch, outputs: Mapping[str, NDArray]) -> int:
        """Take in a batch without its padding, and return its number of samples.

        Args:
            batch: the batch.
            outputs: the outputs of the network for it, by name.
        """
        provider, count = self._provider, self._provider.count_samples(batch)
        labels, found = list(provider.get_label(batch)), list(outputs.values())
        if count < self._rows:
            labels, found = [a[:count] for a in labels], [a[:count] for a in found]
        inputs = [*provider.get_data(batch), *labels]
        weights = None if self._weights is None else inputs[self._weights].torch
        if self._weights is not None:
            del labels[self._weights - len(inputs)]
        self._metric.update(labels, found)
        if self._loss.is_known:
            named = zip(self._names, inputs, strict=True)
            self._loss.update(
                {name: array.torch for name, array in named},
                {name: array.torch for name, array in zip(outputs, found, strict=True)},
                count,
                weights,
            )
        return count

    def merge(self, merge: Callable[[Mergeable], None]) -> None:
        """Go over to what all processes have taken in, by what merges one metric."""
        merge(self._metric)
        merge(self._loss)

    def values(self) -> tuple[MetricValues, dict[str, float]]:
        """Return what the metric says; and by name, with the loss."""
        values = self._metric.get()
        named = dict(values)
        if self._loss.is_known:
            named.setdefault(LOSS, self._loss.get())
        return values, named


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
    weighted = weighs(symbol, provider)
    measures = Measures(symbol, provider, metric_of(symbol, metric), weighted=weighted)
    checks, names = BatchChecks(symbol, provider), symbol.list_outputs()
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
    return default_metric(symbol) if given is None else as_metric(given, symbol.list_outputs())
