"""What a training changes is its own until it ends: no other may work with it meanwhile."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from threading import Lock, get_ident
from typing import Any

from ...core.errors import ArgumentError
from ..callback import AbstractCallback
from ..metric import AbstractEvalMetric
from ..optimizer import AbstractOptimizer
from ._trainable import TrainableModel

__all__ = ["claimed", "metrics_in", "what_changes"]

_lock = Lock()
_claimed: dict[int, int] = {}
"""Which objects belong to what is going on, and in which threads; it keeps the objects alive."""


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
    return [model, optimizer, *own, *metrics_in(metric)]


def _remembers(kind: type[AbstractCallback]) -> bool:
    hooks = ("start", "finish", "export_state")
    return any(getattr(kind, hook) is not getattr(AbstractCallback, hook) for hook in hooks)


def metrics_in(given: Any) -> Iterator[object]:
    """Yield the metrics in what is given as ``eval_metric``."""
    if isinstance(given, AbstractEvalMetric):
        yield given
    inner = getattr(given, "metrics", ()) if isinstance(given, AbstractEvalMetric) else given
    if isinstance(inner, Mapping):
        inner = inner.values()
    if isinstance(inner, Iterable) and not isinstance(inner, str):
        for each in inner:
            yield from metrics_in(each)


@contextmanager
def claimed(owner: str, things: Iterable[object], *, shares: bool = False) -> Iterator[None]:
    """Keep things for a training; ArgumentError where another one has one of them.

    Args:
        owner: who asks, for errors.
        things: what is changed.
        shares: whether what goes on around it, in the same thread, may have them too.
    """
    own, thread = {id(each): each for each in things}, get_ident()
    with _lock:
        known = {key: _claimed[key] for key in own if key in _claimed}
        for key, holder in known.items():
            if not shares or holder != thread:
                raise ArgumentError(
                    f"{owner}: this {type(own[key]).__name__} belongs to a training that is going "
                    "on, in another thread or around this one; make one for each training"
                )
        new = own.keys() - known
        _claimed.update(dict.fromkeys(new, thread))
    try:
        yield
    finally:
        with _lock:
            for key in new:
                del _claimed[key]
