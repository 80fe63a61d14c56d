"""Updating weights, with the optimizer's state of each."""

from collections.abc import Mapping
from typing import Any

from ...core.errors import ArgumentError, shown
from ...ndarray import NDArray
from .base import AbstractOptimizer, PartialUpdate
from .multipliers import PLAIN, Scale

__all__ = ["Updater", "get_updater"]


class Updater:
    """Updates weights, and keeps the optimizer's state for each of them.

    Args:
        optimizer: the optimizer; its ``state`` must be set before the first update.
        scales: the multipliers of each weight, by its number; default those that the optimizer
            knows. A weight whose learning rate is multiplied by 0 stays as it is.

    >>> from symnet.training.optimizer import SGD, OptimizationState
    >>> optimizer = SGD(lr=0.5, weight_decay=0)
    >>> optimizer.state = OptimizationState(batch_size=1)
    >>> updater, weight = Updater(optimizer), NDArray([1, 2])
    >>> updater(0, NDArray([1, 1]), weight)
    >>> weight
    NDArray([0.5, 1.5], float32, CPU0)
    >>> list(updater.states)
    [0]
    """

    def __init__(
        self, optimizer: AbstractOptimizer, scales: Mapping[int, Scale] | None = None
    ) -> None:
        self.optimizer = optimizer
        self._scales = scales
        self._scaled: dict[Scale, AbstractOptimizer] = {}
        self.states: dict[int, Any] = {}
        """What the optimizer remembers, by the number of the weight."""

    def __repr__(self) -> str:
        return f"Updater({self.optimizer!r}, states of {len(self.states)} weights)"

    def __call__(self, index: int, grad: NDArray, weight: NDArray) -> None:
        """Change a weight in place; mind the order of the arguments.

        Args:
            index: number of the weight; each has its own.
            grad: gradient of the weight's shape, summed over the mini-batch; left as it is.
            weight: the weight.

        Raises ArgumentError where the weight has multipliers and the optimizer knows none.
        """
        scale = self._scale(index)
        if scale.lr == 0:
            return
        optimizer = self._optimizer(scale)
        if index not in self.states:
            self.states[index] = optimizer.create_state(index, weight)
        optimizer.update(index, weight, grad, self.states[index])

    @property
    def in_parts(self) -> bool:
        """Whether `begin` is there for all weights."""
        kind = type(self.optimizer)
        # Whoever has changed how a whole weight is updated means its parts too.
        writer = next(own for own in kind.__mro__ if {"update", "begin_update"} & vars(own).keys())
        return self.optimizer.in_parts and "begin_update" in vars(writer)

    def begin(self, index: int, weight: NDArray) -> PartialUpdate:
        """Begin an update that comes part by part; see `AbstractOptimizer.begin_update`."""
        optimizer = self._optimizer(self._scale(index))
        if index not in self.states:
            self.states[index] = optimizer.create_state(index, weight)
        return optimizer.begin_update(index, weight, self.states[index])

    def _scale(self, index: int) -> Scale:
        return self.optimizer.multipliers.of(index) if self._scales is None else self._scales[index]

    def _optimizer(self, scale: Scale) -> AbstractOptimizer:
        """Return the optimizer of weights with such multipliers."""
        if scale == PLAIN:
            return self.optimizer
        if scale not in self._scaled:
            self._scaled[scale] = self.optimizer.scaled(*scale)
        found = self._scaled[scale]
        found._state = self.optimizer._state  # which may have been set anew
        return found


def get_updater(optimizer: AbstractOptimizer) -> Updater:
    """Return a function that updates weights and keeps the optimizer's state for each of them.

    Args:
        optimizer: the optimizer; its ``state`` must be set before the first update.

    Returns ``updater(index, grad, weight)``: mind the order. What it remembers is in
    ``updater.states``.
    Source: the documents, "Optimizers", "get_updater".

    >>> import symnet as mx
    >>> optimizer = mx.SGD(lr=0.5, weight_decay=0.0)
    >>> optimizer.state = mx.OptimizationState(1)
    >>> weight = mx.ones(2)
    >>> mx.get_updater(optimizer)(0, mx.ones(2), weight)
    >>> weight
    NDArray([0.5, 0.5], float32, CPU0)
    """
    if not isinstance(optimizer, AbstractOptimizer):
        raise ArgumentError(
            f"get_updater: an optimizer is wanted, as mx.SGD(lr=0.1), got {shown(optimizer)}"
        )
    return Updater(optimizer)
