"""Whether a training gets anywhere: numbers that are none, and a network that only guesses."""

from collections.abc import Iterable, Mapping, Sequence
from math import inf, sqrt
from typing import final

import torch

from ...core.logs import logger
from ...ndarray import NDArray
from ..callback.history import Row
from .measures import LOSS

__all__ = ["Health"]

_ACCURACY = "accuracy"
_PATIENCE = 3  # epochs in which a network may learn nothing before that is told
_FALLING = 0.99  # what is left of the loss of a training that learns, in so many epochs
_WAY_OUT = (
    "a smaller learning rate, data scaled to about -1 to 1, or another initializer often helps; "
    "callbacks=[mx.StopOnNaN()] stops at the first batch that goes wrong and names the node, "
    "mx.Monitor shows the numbers inside"
)


@final
class Health:
    """Looks at a training after each epoch, and warns once where it has gone wrong."""

    def __init__(self) -> None:
        self._warned = False
        self._accuracies: list[float] = []
        self._losses: list[float] = []

    def look(
        self,
        row: Row,
        samples: int,
        weights: Iterable[NDArray],
        outputs: Mapping[str, Sequence[int]],
    ) -> None:
        """Look at the epoch that has been trained.

        Args:
            row: its numbers.
            samples: how many samples it had.
            weights: the parameters that are trained.
            outputs: shapes of the network's outputs, by name.
        """
        if self._warned:
            return
        epoch = int(row["epoch"])
        if not all(map(_is_finite, weights)):
            self._warn(f"the parameters are not all finite numbers after epoch {epoch}")
        elif _ACCURACY in row:
            self._accuracies.append(row[_ACCURACY])
            self._losses.append(row.get(LOSS, inf))
            self._look_at_accuracy(samples, [shape[1] for shape in outputs.values() if shape[1:]])

    def _look_at_accuracy(self, samples: int, classes: Sequence[int]) -> None:
        found = self._accuracies
        if len(found) != _PATIENCE or self._losses[-1] < _FALLING * self._losses[0]:
            return  # a loss that falls is learning, though classes may be told apart later
        best = f"the accuracy is {max(found):.4f} at best in {len(found)} epochs"
        if len(classes) == 1 and max(found) <= _guessing(classes[0], samples):
            self._warn(f"{best}, no better than guessing one of {classes[0]} classes")
        elif len(set(found)) == 1 and found[0] < 1:
            self._warn(f"{best}, and has not changed at all")

    def _warn(self, finding: str) -> None:
        self._warned = True
        logger.warning("This training learns nothing: %s; %s", finding, _WAY_OUT)


def _is_finite(array: NDArray) -> bool:
    tensor = array.torch
    # The sum is a tenth of the work; where it overflows, each number is asked.
    return bool(tensor.sum().isfinite()) or bool(torch.isfinite(tensor).all())


def _guessing(classes: int, samples: int) -> float:
    """Return the accuracy that guessing seldom exceeds: two deviations above its mean."""
    chance = 1 / classes
    return chance + 2 * sqrt(chance * (1 - chance) / max(samples, 1)) if classes > 1 else 0
