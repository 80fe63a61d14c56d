"""Averages of the weights in the course of a training: what is measured, returned and saved."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from ...core.codec import kind_of
from ...core.context import cpu
from ...core.parameters import Param, read_value
from ...ndarray import NDArray
from .base import AbstractCallback, Model, check_count

__all__ = ["EMA", "SWA", "AbstractAveraging"]


class AbstractAveraging(AbstractCallback):
    """Base of callbacks that average weights, and the states of BatchNorm with them.

    The training goes on with the weights as they are. Validation, what other callbacks see, what
    checkpoints hold and what the model has in the end are the averages. A checkpoint that
    `do_checkpoint` writes keeps the weights themselves in its state, so that `resume` goes on with
    both.

    A derived class says in `after_update` or `after_epoch` when to call `_take`.

    >>> import symnet as mx
    >>> issubclass(mx.EMA, mx.AbstractAveraging), issubclass(mx.SWA, mx.AbstractAveraging)
    (True, True)
    """

    def __init__(self) -> None:
        self._own: Sequence[Tensor] = ()
        self._averages: list[Tensor] = []
        self._restored: list[Tensor] = []
        self._count = 0

    def __call__(self) -> None:
        """Do nothing: the training asks for what it needs."""

    def start(self, model: Model) -> None:
        """Forget an earlier training."""
        self._averages, self._restored, self._count = [], [], 0

    def finish(self, model: Model) -> None:
        """Let go of the training's memory."""
        self._own, self._averages, self._restored = (), [], []

    def watch(self, tensors: Sequence[Tensor]) -> None:
        """Average these, which training changes in place."""
        self._own = tensors

    def after_update(self, epoch: int) -> None:
        """Look at the weights after an update."""

    def after_epoch(self, epoch: int) -> None:
        """Look at the weights after the last update of an epoch."""

    @abstractmethod
    def _share(self, count: int) -> float:
        """Return how much the newest weights count; there were so many, with these."""

    def _take(self) -> None:
        self._count += 1
        if not self._averages:
            self._averages = [each.clone() for each in self._own]
            return
        for average, each in zip(self._averages, self._own, strict=True):
            average.lerp_(each, self._share(self._count))

    def exchange(self) -> None:
        """Put the averages in the place of the weights, or back; nothing while there are none."""
        for average, each in zip(self._averages, self._own, strict=bool(self._averages)):
            kept = each.clone()
            each.copy_(average)
            average.copy_(kept)

    def put_back(self) -> None:
        """Put the weights that a checkpoint kept in their place."""
        for each, kept in zip(self._own, self._restored, strict=bool(self._restored)):
            each.copy_(kept)
        self._averages = [
            average.to(each.device)
            for average, each in zip(self._averages, self._own, strict=bool(self._averages))
        ]
        self._restored = []

    def export_state(self) -> dict[str, Any]:
        """Return averages, weights, and how many were averaged."""
        kept: dict[str, Any] = {"count": self._count}
        pairs = zip(self._averages, self._own, strict=bool(self._averages))
        for number, (average, own) in enumerate(pairs):
            kept[f"average.{number}"] = NDArray.wrap(average.cpu(), cpu())
            kept[f"own.{number}"] = NDArray.wrap(own.cpu(), cpu())
        return kept

    def import_state(self, state: Mapping[str, Any]) -> None:
        """Go on with averages and weights."""
        self._count = int(state["count"])
        numbers = range((len(state) - 1) // 2)
        self._averages = [state[f"average.{n}"].torch.clone() for n in numbers]
        self._restored = [state[f"own.{n}"].torch.clone() for n in numbers]


class EMA(AbstractAveraging):
    """Average the weights of all updates, the last ones most: an exponential moving average.

    After the n-th update the average is ``d * average + (1 - d) * weights`` with
    ``d = min(decay, (1 + n) / (10 + n))``, so that the first weights are soon forgotten.

    Args:
        decay: how much of the average stays, default 0.999, between 0 and 1.

    Raises ParameterError for a decay out of range.
    Source: Polyak and Juditsky, SIAM J. Control Optim. 30 (1992); the rise of d is TensorFlow's.

    >>> import symnet as mx
    >>> callback = mx.EMA(0.99)  # fit(…, callbacks=[callback])
    """

    _essential = ("decay",)

    def __init__(self, decay: float = 0.999) -> None:
        super().__init__()
        self.decay: float = read_value(
            "EMA", "decay", decay, kind_of(float), Param(above=0, below=1)
        )

    def after_update(self, epoch: int) -> None:
        """Take in the weights."""
        self._take()

    def _share(self, count: int) -> float:
        return 1 - min(self.decay, (1 + count) / (10 + count))


class SWA(AbstractAveraging):
    """Average the weights after each epoch from one on, all alike: stochastic weight averaging.

    Before that epoch nothing is averaged. A learning rate that stays large, or goes up and down,
    lets the weights move while they are averaged.

    Args:
        first_epoch: the first epoch whose weights count, from 1.

    Raises ArgumentError for an epoch that is none.
    Source: Izmailov et al., arXiv:1803.05407. States of BatchNorm are averaged too, in place of
    another pass over the data.

    >>> import symnet as mx
    >>> callback = mx.SWA(first_epoch=8)  # fit(…, n_epoch=10, callbacks=[callback])
    """

    def __init__(self, first_epoch: int) -> None:
        check_count("SWA: first_epoch", first_epoch)
        super().__init__()
        self.first_epoch = first_epoch

    def after_epoch(self, epoch: int) -> None:
        """Take in the weights, from the first epoch on."""
        if epoch >= self.first_epoch:
            self._take()

    def _share(self, count: int) -> float:
        return 1 / count
