"""What every metric is: something that takes in mini-batches, and tells what came out."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Self

from torch import Tensor

from ...core.errors import ArgumentError
from ...ndarray import NDArray

__all__ = ["AbstractEvalMetric", "LabelPredictionPair", "MetricValues", "pairs_of"]

LabelPredictionPair = tuple[NDArray, NDArray]
MetricValues = list[tuple[str, float]]


class AbstractEvalMetric(ABC):
    """Base of all metrics: derive from it, and define `update`, `reset` and `get`.

    Source: the documents, "Evaluation Metrics"; docs/semantics §6.7.

    >>> class Seen(AbstractEvalMetric):
    ...     def __init__(self):
    ...         self.count = 0
    ...     def update(self, labels, preds):
    ...         self.count += len(labels[0])
    ...     def reset(self):
    ...         self.count = 0
    ...     def get(self):
    ...         return [("seen", float(self.count))]
    >>> metric = Seen()
    >>> metric.update([NDArray([1, 2])], [NDArray([1, 2])])
    >>> metric.get()
    [('seen', 2.0)]
    """

    joins_batches = False
    """Whether several mini-batches may be taken in as one, because what comes out is the same."""

    def __repr__(self) -> str:
        found = ", ".join(f"{name}={value:.4g}" for name, value in self.get())
        return f"{type(self).__name__}({found})"

    @abstractmethod
    def update(self, labels: Sequence[NDArray], preds: Sequence[NDArray]) -> None:
        """Take in a mini-batch.

        Args:
            labels: the labels that the data provider gave.
            preds: the outputs of the network, one for each label.
        """

    def update_some(self, labels: Sequence[NDArray | None], preds: Sequence[NDArray]) -> None:
        """Take in a mini-batch, of which some outputs have no label: they are not measured.

        Args:
            labels: the label of each output, or None.
            preds: the outputs of the network.
        """
        pairs = [(a, b) for a, b in zip(labels, preds, strict=True) if a is not None]
        self.update([label for label, _ in pairs], [pred for _, pred in pairs])

    @abstractmethod
    def reset(self) -> None:
        """Forget everything taken in."""

    @abstractmethod
    def get(self) -> MetricValues:
        """Return what came out so far: pairs of a name and a value."""

    def merge(self, total: Callable[[Tensor], Tensor]) -> None:
        """Go over to what all processes of a training have taken in together.

        A metric that is to be used with ``kvstore="dist_sync"`` defines it; those of this package
        do. All processes call it alike.

        Args:
            total: returns the sum of a tensor over all processes, on the CPU.

        Raises ArgumentError where the metric does not define it.
        """
        raise ArgumentError(
            f"{type(self).__name__} cannot be measured over several processes: define "
            "merge(total), which replaces each of its sums by total(sum)"
        )

    def fresh(self) -> Self:
        """Return another metric of this kind, which has taken in nothing.

        What measures an interval, as a callback does every hundred batches, updates one of its own:
        the metric of the epoch is not disturbed.

        >>> from symnet.training.metric import MSE
        >>> epoch = MSE()
        >>> epoch.update([NDArray([1])], [NDArray([3])])
        >>> interval = epoch.fresh()
        >>> interval.update([NDArray([1])], [NDArray([1])])
        >>> interval.get(), epoch.get()
        ([('MSE', 0.0)], [('MSE', 4.0)])
        """
        other = deepcopy(self)
        other.reset()
        return other


def pairs_of(
    who: str, labels: Sequence[NDArray], preds: Sequence[NDArray]
) -> list[LabelPredictionPair]:
    """Return each label with the prediction in the same position.

    Raises ArgumentError where there is not one label for each prediction.
    """
    for given in (labels, preds):
        if isinstance(given, NDArray) or not all(isinstance(one, NDArray) for one in given):
            kinds = sorted({type(one).__name__ for one in given})
            raise ArgumentError(
                f"{who}: update takes a list of NDArrays for labels and one for predictions, "
                f"got {type(given).__name__} of {', '.join(kinds)}"
            )
    if len(labels) != len(preds):
        raise ArgumentError(
            f"{who}: {len(labels)} labels for {len(preds)} predictions; each output needs one label"
        )
    return list(zip(labels, preds, strict=True))
