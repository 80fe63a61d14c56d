"""What callbacks are, when they are called, and how they stop a training."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any, Protocol

from ...core.described import Described
from ...core.errors import ArgumentError, shown
from ...executor import Executor
from ...ndarray import NDArray
from ...symbol import SymbolicNode
from ..optimizer import OptimizationState
from .history import History

__all__ = [
    "AbstractBatchCallback",
    "AbstractCallback",
    "AbstractEpochCallback",
    "AbstractStepCallback",
    "Metrics",
    "Model",
    "Step",
    "StopTraining",
    "check_count",
    "every_n_batch",
    "every_n_epoch",
    "every_n_iter",
    "is_due",
]

Metrics = Sequence[tuple[str, float]]


class Model(Protocol):
    """What callbacks may use of a model."""

    arch: SymbolicNode
    arg_params: dict[str, NDArray] | None
    aux_params: dict[str, NDArray] | None
    history: History | None


class StopTraining(Exception):
    """Raised by a callback, it ends the training: `fit` returns as after its last epoch.

    After an epoch, the other callbacks of the epoch still run. Within an epoch, the training ends
    at once: the unfinished epoch is not validated and stands in no history.

    Args:
        reason: why; it is logged, and kept in ``history.stopped``.
        discard: whether the model goes back to the parameters after its last whole epoch. Default
            False: it keeps those of the last update.
        elsewhere: whether the cause may lie in another process of the training, default False; a
            reason that one of those gives then counts more.

    >>> import symnet as mx
    >>> def enough(state):
    ...     raise mx.StopTraining("3 batches are enough")
    >>> callback = mx.every_n_batch(enough, 3)
    """

    def __init__(self, reason: str, *, discard: bool = False, elsewhere: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.discard = discard
        self.elsewhere = elsewhere


class _Lifetime:
    """What a callback may do around a training: nothing, unless it says otherwise."""

    def start(self, model: Model) -> None:
        """Get ready: a training of a model begins. A callback may serve one after the other."""

    def finish(self, model: Model) -> None:
        """Clean up: the training has ended, after its last epoch, by a stop or by an error."""


class AbstractCallback(_Lifetime, Described, ABC):
    """Base of all callbacks.

    A callback that remembers something from epoch to epoch defines `export_state` and
    `import_state`, so that a training that is resumed goes on as if it had never been interrupted.

    >>> import symnet as mx
    >>> isinstance(mx.EarlyStopping("accuracy"), mx.AbstractCallback)
    True
    """

    on_every_rank: bool = True
    """Whether each of several processes calls it; where it writes files, only rank 0 should."""

    watches: str | None = None
    """The name of the number in the `History` that it reads, which must be there; None for none."""

    @abstractmethod
    def __call__(self, *arguments: Any, **keywords: Any) -> None:
        """Act; what on, each kind of callback says."""

    def export_state(self) -> dict[str, Any]:
        """Return what is remembered by name: NDArrays, and what JSON can hold."""
        return {}

    def import_state(self, state: Mapping[str, Any]) -> None:
        """Remember what `export_state` returned in the training that goes on now."""
        raise ArgumentError(
            f"{type(self).__name__} does not know what to do with a saved state of "
            f"{', '.join(state)}; define import_state beside export_state"
        )


class AbstractBatchCallback(AbstractCallback):
    """Base of callbacks that run after every mini-batch, and once before the first.

    >>> import symnet as mx
    >>> class Count(mx.AbstractBatchCallback):
    ...     batches = 0
    ...     def __call__(self, state):
    ...         self.batches = state.curr_batch
    >>> count = Count()
    >>> net = mx.FullyConnected(mx.Variable("x"), num_hidden=1, name="fc")
    >>> net = mx.LinearRegressionOutput(net)
    >>> model = mx.FeedForward(net)
    >>> rows = mx.zeros(6, 2).asnumpy()
    >>> options = {"n_epoch": 1, "batch_size": 2, "verbose": 0}
    >>> _ = model.fit("sgd", rows, rows[:, 0], callbacks=[count], **options)
    >>> count.batches
    3
    """

    @abstractmethod
    def __call__(self, state: OptimizationState) -> None:
        """Act on a state; ``state.curr_batch`` is 0 before the first batch of an epoch."""


@dataclass(frozen=True)
class Step:
    """One training step, seen from within.

    Args:
        epoch: number of the epoch, from 1.
        batch: number of the mini-batch within the epoch, from 1.
        executors: one for each device; they hold the batch's rows, the parameters as they are
            before the update, and once they have run the outputs and gradients.

    >>> import symnet as mx
    >>> class Watch(mx.AbstractStepCallback):
    ...     def before_update(self, step):
    ...         self.where = step.epoch, step.batch, list(step.executors[0].grad_dict)
    >>> watch = Watch()
    >>> net = mx.FullyConnected(mx.Variable("x"), num_hidden=1, name="fc")
    >>> net = mx.LinearRegressionOutput(net)
    >>> rows = mx.zeros(4, 2).asnumpy()
    >>> options = {"n_epoch": 1, "callbacks": [watch], "verbose": 0}
    >>> _ = mx.FeedForward(net).fit("sgd", rows, rows[:, 0], **options)
    >>> watch.where
    (1, 1, ['fc_weight', 'fc_bias'])
    """

    epoch: int
    batch: int
    executors: Sequence[Executor]


class AbstractStepCallback(AbstractBatchCallback):
    """Base of batch callbacks that look into the steps of a training. They change nothing.

    >>> import symnet as mx
    >>> issubclass(mx.Monitor, mx.AbstractStepCallback)
    True
    """

    def __call__(self, state: OptimizationState) -> None:
        """Do nothing: what there is to see has been seen before the update."""

    def before_forward(self, step: Step) -> None:
        """Look at a step whose batch has been loaded."""

    def before_update(self, step: Step) -> None:
        """Look at a step that has run forward and backward."""


class AbstractEpochCallback(AbstractCallback):
    """Base of callbacks that run after every epoch, and once before the first.

    >>> import symnet as mx
    >>> class Epochs(mx.AbstractEpochCallback):
    ...     seen = ()
    ...     def __call__(self, model, state, metric):
    ...         self.seen += (state.curr_epoch,)
    >>> epochs = Epochs()
    >>> net = mx.FullyConnected(mx.Variable("x"), num_hidden=1, name="fc")
    >>> net = mx.LinearRegressionOutput(net)
    >>> rows = mx.zeros(4, 2).asnumpy()
    >>> options = {"n_epoch": 2, "callbacks": [epochs], "verbose": 0}
    >>> _ = mx.FeedForward(net).fit("sgd", rows, rows[:, 0], **options)
    >>> epochs.seen
    (0, 1, 2)
    """

    comes_last: bool = False
    """Whether to run after all callbacks that do not say so too, wherever it stands in the list."""

    @abstractmethod
    def __call__(self, model: Model, state: OptimizationState, metric: Metrics) -> None:
        """Act on a model.

        Args:
            model: the model, with its parameters as they are now. ``model.history[-1]`` holds all
                numbers of the epoch, validation metrics among them.
            state: ``state.curr_epoch`` is 0 before any training.
            metric: names and values of the training metric, empty before any training.
        """


def is_due(count: int, n: int, *, call_on_0: bool = False) -> bool:
    """Tell whether a callback that runs every n times runs this time."""
    return call_on_0 if count == 0 else count % n == 0


def check_count(what: str, count: object) -> None:
    """Raise ArgumentError for anything but a whole number from 1."""
    if not isinstance(count, Integral) or isinstance(count, bool) or count < 1:
        raise ArgumentError(f"{what} must be a whole number from 1, got {count!r}")


def _check_callable(owner: str, callback: object) -> None:
    if not callable(callback):
        raise ArgumentError(f"{owner}: the callback must be a function, got {shown(callback)}")


@dataclass(frozen=True, repr=False)
class _EveryNBatch(AbstractBatchCallback):
    callback: Callable[[OptimizationState], object]
    n: int
    call_on_0: bool

    def __repr__(self) -> str:
        return f"every_n_batch({getattr(self.callback, '__name__', self.callback)}, {self.n})"

    def __call__(self, state: OptimizationState) -> None:
        if is_due(state.curr_batch, self.n, call_on_0=self.call_on_0):
            self.callback(state)


@dataclass(frozen=True, repr=False)
class _EveryNEpoch(AbstractEpochCallback):
    callback: Callable[[Model, OptimizationState, Metrics], object]
    n: int
    call_on_0: bool

    def __repr__(self) -> str:
        return f"every_n_epoch({getattr(self.callback, '__name__', self.callback)}, {self.n})"

    def __call__(self, model: Model, state: OptimizationState, metric: Metrics) -> None:
        if is_due(state.curr_epoch, self.n, call_on_0=self.call_on_0):
            self.callback(model, state, metric)


def every_n_batch(
    callback: Callable[[OptimizationState], object], n: int, *, call_on_0: bool = False
) -> AbstractBatchCallback:
    """Make a callback that runs every n mini-batches.

    Args:
        callback: called with the `OptimizationState`.
        n: how many batches lie between two calls.
        call_on_0: whether to call before the first batch of each epoch too.

    >>> seen = []
    >>> each_second = every_n_batch(lambda state: seen.append(state.curr_batch), 2)
    >>> for batch in range(5):
    ...     each_second(OptimizationState(10, curr_batch=batch))
    >>> seen
    [2, 4]
    """
    _check_callable("every_n_batch", callback)
    check_count("every_n_batch: n", n)
    return _EveryNBatch(callback, n, call_on_0)


every_n_iter = every_n_batch
"""Another name of `every_n_batch` in the documents."""


def every_n_epoch(
    callback: Callable[[Model, OptimizationState, Metrics], object],
    n: int,
    *,
    call_on_0: bool = False,
) -> AbstractEpochCallback:
    """Make a callback that runs every n epochs.

    Args:
        callback: called with the model, the `OptimizationState` and the training metric.
        n: how many epochs lie between two calls.
        call_on_0: whether to call before any training too.

    >>> seen = []
    >>> callback = every_n_epoch(lambda model, state, metric: seen.append(metric), 2)
    """
    _check_callable("every_n_epoch", callback)
    check_count("every_n_epoch: n", n)
    return _EveryNEpoch(callback, n, call_on_0)
