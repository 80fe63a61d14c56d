"""The training loop of `FeedForward.fit`.

Source: SEMANTICS §5.3, §15.5; D1, D2.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Protocol, Self

from tqdm import tqdm

from ..callback import AbstractBatchCallback, AbstractCallback, AbstractEpochCallback
from ..context import Context
from ..data import AbstractDataBatch, AbstractDataProvider
from ..errors import ArgumentError, DataError, ParameterError, suggest
from ..initializer import AbstractInitializer, UniformInitializer
from ..logs import logger, show_log
from ..metric import AbstractEvalMetric, Accuracy
from ..ndarray import NDArray
from ..optimizer import AbstractOptimizer, OptimizationState
from ..symbol import SymbolicNode
from .devices import DeviceGroup
from .inputs import LabelChecks, check_evaluation, check_loss, check_names, shapes_of

__all__ = ["FitOptions", "train"]

Metrics = list[tuple[str, float]]


@dataclass(frozen=True, kw_only=True)
class FitOptions:
    """The options of `FeedForward.fit`, which documents them."""

    n_epoch: int = 10
    eval_data: AbstractDataProvider | None = None
    eval_metric: AbstractEvalMetric = field(default_factory=Accuracy)
    kvstore: str = "local"
    initializer: AbstractInitializer = field(default_factory=lambda: UniformInitializer(0.01))
    force_init: bool = False
    callbacks: Sequence[AbstractCallback] = ()
    verbose: bool = True

    @classmethod
    def make(cls, options: Mapping[str, Any]) -> Self:
        """Return the options, or raise ParameterError for one that does not exist."""
        known = [own.name for own in fields(cls)]
        for name in options:
            if name not in known:
                raise ParameterError(
                    f"fit: unknown option {name!r}{suggest(name, known)} "
                    f"(there are: {', '.join(known)})"
                )
        return cls(**options)

    def __post_init__(self) -> None:
        if not isinstance(self.n_epoch, int) or self.n_epoch < 0:
            raise ParameterError(
                f"fit: n_epoch must be a whole number from 0, got {self.n_epoch!r}"
            )
        if self.kvstore not in ("local", "device"):
            raise ParameterError(
                f"fit: kvstore must be 'local' or 'device', which both sum the gradients of this "
                f"process's devices; got {self.kvstore!r}"
            )
        for callback in self.callbacks:
            if not isinstance(callback, AbstractCallback):
                raise ArgumentError(
                    f"fit: callbacks must be callbacks, got {callback!r}; "
                    "mx.every_n_batch and mx.every_n_epoch make one of a function"
                )


class Model(Protocol):
    """What training needs of a model."""

    arch: SymbolicNode
    ctx: list[Context]
    arg_params: dict[str, NDArray] | None
    aux_params: dict[str, NDArray] | None

    def init_model(
        self, initializer: AbstractInitializer, *, overwrite: bool = False, **input_shapes: Any
    ) -> object:
        """Initialise the parameters."""


def train(
    model: Model, optimizer: AbstractOptimizer, data: AbstractDataProvider, options: FitOptions
) -> None:
    """Train a model; see `FeedForward.fit`.

    Raises ArgumentError for an optimizer or data that is none.
    """
    _check_kind("the optimizer", optimizer, AbstractOptimizer, "mx.SGD(lr=0.1)")
    _check_kind("data", data, AbstractDataProvider, "mx.ArrayDataProvider(data, label)")
    if options.verbose:
        show_log()
    _Training(model, optimizer, data, options).run()


def _check_kind(what: str, value: object, kind: type, example: str) -> None:
    if not isinstance(value, kind):
        raise ArgumentError(
            f"fit: {what} must be an {kind.__name__}, as {example}, got {type(value).__name__}"
        )


class _Training:
    """One training: what it works on, and how far it has come."""

    def __init__(
        self,
        model: Model,
        optimizer: AbstractOptimizer,
        data: AbstractDataProvider,
        options: FitOptions,
    ) -> None:
        self.model = model
        self.optimizer = optimizer
        self.data = data
        self.options = options
        self.metric = options.eval_metric
        check_loss(model.arch)
        check_names(model.arch, data)
        if options.eval_data is not None:
            check_names(model.arch, options.eval_data)
            check_evaluation(data, options.eval_data)
        self._log(f"Start training on [{','.join(map(repr, model.ctx))}]")
        self.state = OptimizationState(data.get_batch_size())
        optimizer.state = self.state
        inputs = shapes_of([*data.provide_data(), *data.provide_label()])
        self.devices = DeviceGroup(model.arch, model.ctx, inputs, optimizer)
        self._log("Initializing parameters...")
        model.init_model(options.initializer, overwrite=options.force_init, **inputs)
        self.devices.load(model.arg_params or {}, model.aux_params or {})
        self.labels = LabelChecks(model.arch, [name for name, _ in data.provide_label()])
        self.batches_per_epoch: int | None = None

    def run(self) -> None:
        """Train for all epochs."""
        self._call_epoch_callbacks([])
        self._log("Start training...")
        for epoch in range(1, self.options.n_epoch + 1):
            self.state.curr_epoch, self.state.curr_batch = epoch, 0
            started = time.perf_counter()
            values = self._train_epoch()
            seconds = time.perf_counter() - started
            self._log(f"== Epoch {epoch:03d} ==========")
            self._report("Training", values, seconds)
            self._evaluate()
            # After each epoch, so that a failure in the next one leaves the parameters of this.
            self.model.arg_params, self.model.aux_params = self.devices.parameters()
            self._call_epoch_callbacks(values)

    # -- one epoch -------------------------------------------------------------------------------

    def _train_epoch(self) -> Metrics:
        self.metric.reset()
        self._call_batch_callbacks()
        with self._progress() as progress:
            for batch in self.data:
                self._train_batch(batch)
                progress.update()
        self.batches_per_epoch = self.state.curr_batch
        if not self.batches_per_epoch:
            raise DataError(
                f"the training data, {type(self.data).__name__}, gave no batches in epoch "
                f"{self.state.curr_epoch}; every pass over a provider must start anew"
            )
        return self.metric.get()

    def _train_batch(self, batch: AbstractDataBatch) -> None:
        self.devices.load_batch(self.data, batch)
        self.devices.forward(is_train=True)
        outputs = self.devices.outputs()
        if self.state.curr_epoch == 1:  # later epochs bring the same labels
            self.labels.look(self.data, batch, outputs)
        self.devices.backward()
        self.state.curr_iter += 1
        self.state.curr_batch += 1
        self.devices.update()
        self._call_batch_callbacks()
        self._measure(self.data, batch, list(outputs.values()))

    def _measure(
        self, provider: AbstractDataProvider, batch: AbstractDataBatch, outputs: list[NDArray]
    ) -> None:
        """Take a batch into the metric, without its padding."""
        labels, count = provider.get_label(batch), provider.count_samples(batch)
        if count < self.state.batch_size:
            labels, outputs = [a[:count] for a in labels], [a[:count] for a in outputs]
        self.metric.update(labels, outputs)

    def _evaluate(self) -> None:
        """Measure on the validation data, in predict mode."""
        provider = self.options.eval_data
        if provider is None:
            return
        self.metric.reset()
        for batch in provider:
            self.devices.load_batch(provider, batch, with_labels=False)
            self.devices.forward(is_train=False)
            self._measure(provider, batch, list(self.devices.outputs().values()))
        self._report("Validation", self.metric.get())

    # -- around it -------------------------------------------------------------------------------

    def _callbacks(self, kind: type) -> Iterator[Any]:
        return (each for each in self.options.callbacks if isinstance(each, kind))

    def _call_batch_callbacks(self) -> None:
        for callback in self._callbacks(AbstractBatchCallback):
            callback(self.state)

    def _call_epoch_callbacks(self, values: Metrics) -> None:
        for callback in self._callbacks(AbstractEpochCallback):
            callback(self.model, self.state, values)

    def _progress(self) -> "tqdm[Any]":
        """Return a bar that is seen on a terminal and nowhere else."""
        return tqdm(
            total=self.batches_per_epoch,
            desc=f"Epoch {self.state.curr_epoch:03d}",
            unit="batch",
            leave=False,
            disable=None if self.options.verbose else True,
        )

    def _report(self, what: str, values: Metrics, seconds: float | None = None) -> None:
        self._log(f"## {what} summary")
        for name, value in values:
            self._log(f"{name:>18} = {value:.4f}")
        if seconds is not None:
            self._log(f"{'time':>18} = {seconds:.4f} seconds")

    def _log(self, message: str) -> None:
        if self.options.verbose:
            logger.info("%s", message)
