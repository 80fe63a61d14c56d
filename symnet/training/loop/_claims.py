"""What a training changes is its own until it ends: no other may work with it meanwhile."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from threading import Lock
from typing import Any

from ...core.errors import ArgumentError
from ..callback import AbstractCallback
from ..metric import AbstractEvalMetric
from ..optimizer import AbstractOptimizer
from ._trainable import TrainableModel

__all__ = ["claimed", "what_changes"]

_lock = Lock()
_claimed: set[int] = set()
"""Which objects belong to the trainings that are going on; these keep them alive."""


def what_changes(
    model: TrainableModel,
    optimizer: AbstractOptimizer,
    metric: Any,
    callbacks: Iterable[AbstractCallback],
) -> list[object]:
    """Return what a training changes of what it is given.

    Args:
        model: the model.
        optimizer: the optimizer, whose state tells how far the training has come.
        metric: what `fit` was given as ``eval_metric``.
        callbacks: those that remember nothing may serve several trainings.
    """
    own = [each for each in callbacks if _remembers(type(each))]
    return [model, optimizer, *own, *_metrics_in(metric)]


def _remembers(kind: type[AbstractCallback]) -> bool:
    hooks = ("start", "finish", "export_state")
    return any(getattr(kind, hook) is not getattr(AbstractCallback, hook) for hook in hooks)


def _metrics_in(given: Any) -> Iterator[object]:
    if isinstance(given, AbstractEvalMetric):
        yield given
    inner = getattr(given, "metrics", ()) if isinstance(given, AbstractEvalMetric) else given
    if isinstance(inner, Mapping):
        inner = inner.values()
    if isinstance(inner, Iterable) and not isinstance(inner, str):
        for each in inner:
            yield from _metrics_in(each)


@contextmanager
def claimed(things: Iterable[object]) -> Iterator[None]:
    """Keep things for one training; ArgumentError where another one has one of them."""
    own = {id(each): each for each in things}
    with _lock:
        taken = [each for key, each in own.items() if key in _claimed]
        if taken:
            raise ArgumentError(
                f"fit: this {type(taken[0]).__name__} belongs to a training that is going on, in "
                "another thread or around this one; make one for each training"
            )
        _claimed.update(own)
    try:
        yield
    finally:
        with _lock:
            _claimed.difference_update(own)
