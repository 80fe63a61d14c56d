"""Monitor: statistics of what passes through the nodes of a network in training."""

import re
from collections.abc import Callable
from typing import NamedTuple

import torch

from ...core.context import Context
from ...core.errors import ArgumentError
from ...core.logs import logger
from ...executor import Executor, Trace
from ...ndarray import NDArray
from .base import AbstractStepCallback, Model, Step, check_count, is_due

__all__ = ["Monitor", "MonitorRecord"]

Statistic = Callable[[NDArray], object]


class MonitorRecord(NamedTuple):
    """One statistic of one value.

    Args:
        epoch: number of the epoch, from 1.
        batch: number of the batch in the epoch, from 1.
        name: the value's name, as ``"fc1_output"`` or ``"fc1_output_gradient"``.
        statistic: what the function of the monitor returned.

    >>> import symnet as mx
    >>> mx.MonitorRecord(1, 5, "fc1_output", 0.25).name
    'fc1_output'
    """

    epoch: int
    batch: int
    name: str
    statistic: object


def _mean_magnitude(array: NDArray) -> float:
    return float(array.torch.double().abs().mean())


class Monitor(AbstractStepCallback):
    """Keep statistics of the values and gradients of a network, every few batches.

    A program writes over what is not needed any more, so the monitor does not look into it. When
    it is due, before the step, it runs the batch once more on its own: node by node, every value
    in memory of its own, with the same parameters and random numbers; the training goes on as if
    there were none. (Where a program draws its random numbers in another order of memory, as in
    dropout over images on the CPU, masks may differ from the step's.) A step that is due takes
    some times as long as another, and memory for all values that are alive; the rest cost nothing.

    Args:
        interval: how many batches lie between two looks.
        stat: a function of an NDArray; default the mean of the magnitudes. What it returns is kept
            as it is; the array may be overwritten afterwards.
        pattern: a regular expression; names that begin with a match are looked at, default all:
            variables ``fc1_weight``, outputs ``fc1_output``, and gradients of both, which end in
            ``_gradient``.
        log: whether to log each statistic too, default True.

    ``records`` holds what was found, as `MonitorRecord`. With several devices these are the rows
    of the first one.

    Raises ArgumentError for an interval below 1 or a pattern that is none.

    >>> import symnet as mx
    >>> monitor = mx.Monitor(100, pattern=r"fc.*_gradient", log=False)
    """

    def __init__(
        self,
        interval: int,
        stat: Statistic = _mean_magnitude,
        *,
        pattern: str = ".*",
        log: bool = True,
    ) -> None:
        check_count("Monitor: interval", interval)
        try:
            self._pattern = re.compile(pattern)
        except (re.error, TypeError) as error:
            raise ArgumentError(f"Monitor: pattern {pattern!r} is no expression: {error}") from None
        self.interval, self.stat, self.log = interval, stat, log
        self.records: list[MonitorRecord] = []
        self._traces: dict[Executor, Trace] = {}

    def before_forward(self, step: Step) -> None:
        """Run the batch on the side, where it is due."""
        if not is_due(step.batch, self.interval):
            return
        executor = step.executors[0]
        if executor not in self._traces:
            self._traces[executor] = Trace(executor, self._wants_gradient)
        for traced in self._traces[executor].run():
            for name in filter(self._pattern.match, traced.names):
                self._keep(step, name, traced.tensor, executor.context)

    def finish(self, model: Model) -> None:
        """Let the executors of the training go."""
        self._traces.clear()

    def _wants_gradient(self, name: str) -> bool:
        return bool(self._pattern.match(f"{name}_gradient"))

    def _keep(self, step: Step, name: str, tensor: torch.Tensor, context: Context) -> None:
        found = self.stat(NDArray.wrap(tensor, context, writable=False))
        self.records.append(MonitorRecord(step.epoch, step.batch, name, found))
        if self.log:
            text = f"{found:.6g}" if isinstance(found, float) else found
            logger.info("Monitor: epoch %d batch %d %s %s", step.epoch, step.batch, name, text)
