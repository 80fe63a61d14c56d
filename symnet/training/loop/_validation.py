"""Measuring on the validation data, after each epoch of a training."""

from typing import final

from ...data import AbstractDataProvider
from ._ranks import Ranks
from ._report import Report
from ._values import BatchChecks
from .devices import DeviceGroup
from .measures import Measures
from .objective import Weighed

__all__ = ["Validation"]


@final
class Validation:
    """The validation data of a training.

    Args:
        data: its provider.
        measures: what is measured on it.
        checks: what looks at its batches.
        weights: labels that are weights of samples, which only the loss that is told reads.
    """

    def __init__(
        self,
        data: AbstractDataProvider,
        measures: Measures,
        checks: BatchChecks,
        *,
        weights: Weighed,
    ) -> None:
        self._data, self.measures, self._checks = data, measures, checks
        self._left_out = set(weights)
        self._batches = 0  # of the last pass

    def run(
        self, devices: DeviceGroup, epoch: int, ranks: Ranks, report: Report
    ) -> tuple[dict[str, float], dict[str, float]]:
        """Predict all batches, and return what the metric says, and that with the loss."""
        provider = self._data
        self.measures.reset()
        samples = 0
        total = self._batches or provider.count_batches()
        batches = 0
        with report.progress(epoch, "validation", total, self.measures.so_far) as progress:
            for batch in provider:
                devices.load_batch(provider, batch, predicts=True, left_out=self._left_out)
                devices.forward(is_train=False)
                outputs = devices.outputs()
                self._checks.look(batch, outputs, epoch, samples)
                samples += self.measures.take(batch, outputs)
                batches += 1
                progress.step()
        self._batches = batches
        self._checks.finish_epoch()
        self.measures.merge(ranks.merge)
        values, measured = self.measures.values()
        return dict(values), measured
