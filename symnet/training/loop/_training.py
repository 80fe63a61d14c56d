"""The training loop of `FeedForward.fit`.

Source: docs/semantics §5.3, §5.7, D1, D2.
"""

import time
from collections.abc import Iterator, Sequence
from typing import Any

import torch

from ...core.errors import DataError
from ...core.logs import logger
from ...data import AbstractDataBatch, AbstractDataProvider
from ...ndarray import NDArray
from ...operators.contract import Shape
from ...storage.training_state import read_resume_point
from ..callback import (
    AbstractAveraging,
    AbstractBatchCallback,
    AbstractEpochCallback,
    AbstractStepCallback,
    History,
    Step,
    StopOnNaN,
    StopTraining,
)
from ..kvstore import choose_kvstore
from ..metric.base import MetricValues
from ..optimizer import AbstractOptimizer, OptimizationState
from ._agreement import facts_of
from ._health import Health
from ._precision import LossScale
from ._ranks import Ranks
from ._report import Report, check_watched, rate_of
from ._resume import Resumable
from ._trainable import TrainableModel
from ._trained import trained_network, treated
from ._updates import Updates
from ._validation import Validation
from ._values import BatchChecks
from ._weights import check_classes
from .bound import BoundDevices, TrainingLayout
from .devices import DeviceGroup
from .inputs import check_evaluation, check_labels, check_loss, check_names, shapes_of
from .measures import Measures, metric_of
from .objective import labels_for, weights_in
from .options import FitOptions

__all__ = ["Training"]


class Training:
    """One training: what it works on, and how far it has come.

    It is made in three steps. What is given is checked, alone and against the other ranks; then it
    is bound: memory is allocated and parameters are filled; at last the log says what will be done.
    No check changes anything, so that after one that fails model and optimizer are as they were.
    """

    def __init__(
        self,
        model: TrainableModel,
        optimizer: AbstractOptimizer,
        data: AbstractDataProvider,
        options: FitOptions,
        ranks: Ranks,
    ) -> None:
        self.model, self.optimizer, self.options, self.ranks = model, optimizer, options, ranks
        self.callbacks = [c for c in options.callbacks if ranks.is_first or c.on_every_rank]
        scale = LossScale(data.get_batch_size()) if options.dtype == "float16" else None
        self.callbacks += [] if scale is None else [scale]  # so that checkpoints keep it
        self.watchers = [c for c in self.callbacks if isinstance(c, AbstractStepCallback)]
        self.report = Report.of(options, is_first=ranks.is_first)
        self.metric = metric_of(model.arch, options.eval_metric)
        self.samples = 0
        """Samples of this epoch so far, on this rank, without padding."""
        self.parts: Resumable | None = None
        """What checkpoints hold, where rank 0 writes any."""
        self._check(data)
        self.report.say(f"Start training on [{','.join(map(repr, model.ctx))}]")
        self._check_agreement(data)
        self.data, self.eval_data = self._shared(data), self._shared(options.eval_data)
        self.batch_size = data.get_batch_size()
        stops = any(isinstance(each, StopOnNaN) for each in self.callbacks)
        self.checks = BatchChecks(model.arch, self.data, finite=not stops)
        weights = weights_in(model.arch, dict(data.provide_label()))
        self.measures = Measures(
            self.objective, self.data, self.metric, weights=weights, at_once=self._is_watched()
        )
        self.validation: Validation | None = None
        if self.eval_data is not None:
            weights = weights_in(model.arch, dict(self.eval_data.provide_label()))
            measures = Measures(self.objective, self.eval_data, self.metric, weights=weights)
            checks = BatchChecks(model.arch, self.eval_data)
            self.validation = Validation(self.eval_data, measures, checks, weights=weights)
        check_watched(self.callbacks, self.measures, validates=self.eval_data is not None)
        self.health = Health()
        rows = self.batch_size * ranks.summed * options.accumulate
        self.state = optimizer.state = OptimizationState(
            rows, n_epoch=options.n_epoch, n_batch=ranks.same(self.data.count_batches())
        )
        self.devices = self._bind(shapes_of([*data.provide_data(), *data.provide_label()]))
        self.updates = Updates(self.devices, options, rows, scale, self.callbacks)
        self.history = model.history = History()
        self._announce()

    def _check(self, data: AbstractDataProvider) -> None:
        """Raise where network, data and optimizer do not fit together."""
        arch, evaluation = self.model.arch, self.options.eval_data
        check_loss(arch)
        check_names(arch, data.provide_data(), labels_for(arch, data))
        check_labels(arch, data, self.model.arg_params or {})
        if evaluation is not None:
            check_names(arch, evaluation.provide_data(), labels_for(arch, evaluation))
            check_evaluation(data, evaluation)
        inputs = shapes_of([*data.provide_data(), *data.provide_label()])
        check_classes(arch, inputs, self.options.class_weight)
        self.objective = trained_network(arch, data, inputs, self.options)
        given = self.options.freeze
        freeze = self.model.freeze if given is None else given
        self.treatment = treated(self.objective, inputs, self.optimizer, self.options, freeze)

    def _is_watched(self) -> bool:
        """Tell whether a callback may read the metric between batches: it is the user's object."""
        between = AbstractBatchCallback, AbstractStepCallback
        made_here = self.options.eval_metric is None or isinstance(self.options.eval_metric, str)
        return not made_here and any(isinstance(each, between) for each in self.callbacks)

    def _check_agreement(self, data: AbstractDataProvider) -> None:
        """Raise where the ranks were not given the same, or cannot work together."""
        if self.ranks.size > 1:
            self.ranks.check_agreed(facts_of(self.model.arch, self.optimizer, data, self.options))
            self.ranks.check_devices(self.model.ctx)
        self.metric.reset()
        self.ranks.merge(self.metric)  # now, where a metric of the user's cannot be merged

    def _bind(self, inputs: dict[str, Shape]) -> DeviceGroup:
        """Allocate the devices' memory, and fill the parameters, on all ranks alike."""
        model, options = self.model, self.options
        on_cpus, alone = self.ranks.all_on_cpus(model.ctx), self.ranks.size == 1
        layout = TrainingLayout(
            self.treatment,
            model.ctx,
            inputs,
            self.optimizer,
            orders_filters=on_cpus,
            memory=options.memory_bytes,
            unseen=alone and not self.watchers and options.takes_gradients_as_they_are,
        )
        if model.bound is not None and not model.bound.serve(layout):
            model.bound = None  # before there is memory for another one
        # A training that fails leaves it to nobody.
        self.bound, model.bound = model.bound or BoundDevices(layout), None
        devices = DeviceGroup(self.bound, self.treatment, self.optimizer, self.ranks.exchange)
        self.report.say("Initializing parameters...")
        own = {name: inputs[name] for name in model.arch.list_arguments() if name in inputs}
        model.init_model(options.starting, overwrite=options.force_init, **own)
        # Each rank has drawn numbers of its own; those of rank 0 count.
        self.ranks.copy_from_first(model.arg_params or {}, model.aux_params or {})
        devices.load(model.arg_params or {}, model.aux_params or {})
        return devices

    def _announce(self) -> None:
        """Log how gradients are shared, and what becomes of them."""
        largest = max((array.size for array in self.devices.weights.arrays.values()), default=0)
        for line in choose_kvstore(self.options.kvstore, len(self.model.ctx), largest).lines:
            self.report.say(line)
        self.report.detail(
            "The losses' gradients are summed over a batch, and the optimizer multiplies them by "
            f"1/{self.state.batch_size}; {self.treatment}"
        )

    def _shared(self, provider: Any) -> Any:
        """Return this process's part of a provider; of None, None."""
        if provider is None or not self.options.partition:
            return provider
        return self.ranks.share(provider)

    def run(self) -> History:
        """Train for all epochs."""
        try:
            for callback in self.callbacks:
                callback.start(self.model)
            self._begin()
            first = self.state.curr_epoch + 1
            for epoch in range(first, self.options.n_epoch + 1):
                if self.history.stopped is not None:
                    break
                self._run_epoch(epoch)
            self._finish()
        except StopTraining as own:  # within an epoch
            stop = self.ranks.agree_to_stop(own)
            self._note(stop)
            if not stop.discard:
                self._take_parameters()
            self._finish(discard=stop.discard)
        finally:
            self.devices.close()
            for callback in self.callbacks:
                callback.finish(self.model)
        self.ranks.barrier()  # what rank 0 has written can be read by all
        # Callbacks that look into steps, or at the weights, may have kept arrays of it.
        seen = any(isinstance(c, AbstractStepCallback | AbstractAveraging) for c in self.callbacks)
        self.model.bound = None if seen or not self.bound.may_stay() else self.bound
        return self.history

    def _begin(self) -> None:
        """Go on where an earlier training ended, or call the callbacks of epoch 0."""
        providers = {"data": self.data}
        if self.eval_data is not None:
            providers["eval_data"] = self.eval_data
        parts = Resumable(
            self.state,
            self.devices.updater,
            self.devices.weights,
            providers,
            self.callbacks,
            self.history,
            self.model.ctx,
            self.ranks,
            self.devices.states,
        )
        if parts.serve_checkpoints():
            self.parts = parts
        if not self._resume(parts):
            self.ranks.separate_random()
            self._call_epoch_callbacks([])
        self.ranks.share_weights(self.devices)
        self.report.say("Start training...")

    def _resume(self, parts: Resumable) -> bool:
        """Take up the training that `resume` names, and tell whether there is one."""
        if self.options.resume is None:
            return False
        resume, arch = self.options.resume, self.model.arch
        # Only rank 0 reads: the files may lie on its disk alone.
        prefix, snapshot, parameters, states, names = self.ranks.from_first(
            lambda: read_resume_point(resume, arch)
        )
        if snapshot is None:
            self.report.tell(f"Nothing to resume at '{prefix}': the training starts anew")
            return False
        parts.keep_names(prefix, names)
        own = parts.restore(snapshot)
        self.devices.load(parameters, {**states, **own})
        self.updates.resume()
        self.model.arg_params, self.model.aux_params = parameters, states
        ended = f"; it was stopped: {self.history.stopped}" if self.history.stopped else ""
        self.report.tell(f"Resumed '{prefix}' after epoch {snapshot.epoch}{ended}")
        return True

    # -- one epoch -------------------------------------------------------------------------------

    def _run_epoch(self, epoch: int) -> None:
        self.state.curr_epoch, self.state.curr_batch = epoch, 0
        started = time.perf_counter()
        values, measured = self._train_epoch()
        row = self._row(measured, time.perf_counter() - started)
        self.report.training(row, list(dict(values)))
        row |= {f"validation_{name}": value for name, value in self._evaluate().items()}
        row = self.ranks.same(row)  # the times differ
        self.history.append(row)
        if self.ranks.is_first:
            shapes = {name: array.shape for name, array in self.devices.outputs().items()}
            self.health.look(row, self.samples, self.devices.weights.flat, shapes)
        self.report.epoch(self.history)
        # After each epoch, so that a failure in the next one leaves the parameters of this.
        self._take_parameters()
        self._call_epoch_callbacks(values)
        reason = self.ranks.any_of(self.history.stopped)
        if reason is not None and self.history.stopped is None:
            self._note(StopTraining(reason))

    def _row(self, metrics: dict[str, float], seconds: float) -> dict[str, float]:
        """Return the numbers of the epoch that has been trained."""
        row: dict[str, float] = {"epoch": self.state.curr_epoch, **metrics}
        rate = rate_of(self.optimizer)
        if rate is not None:
            row["learning_rate"] = rate
        samples = float(self.ranks.total(torch.tensor(self.samples)))
        return row | {"samples_per_second": samples / max(seconds, 1e-9), "seconds": seconds}

    def _train_epoch(self) -> tuple[MetricValues, dict[str, float]]:
        self.measures.reset()
        self.samples = 0
        self._call_batch_callbacks()
        total, so_far = self.state.n_batch, self.measures.so_far
        with self.report.progress(self.state.curr_epoch, "training", total, so_far) as progress:
            for batch in self.ranks.steps(self.data):
                self._train_batch(batch)
                progress.step()
        self.updates.finish_epoch(self.state.curr_epoch)
        self.state.n_batch = self.state.curr_batch
        if not self.state.n_batch:
            raise DataError(
                f"the training data, {type(self.data).__name__}, gave no batches in epoch "
                f"{self.state.curr_epoch}; every pass over a provider must start anew"
            )
        self.checks.finish_epoch()
        self.measures.merge(self.ranks.merge)
        return self.measures.values()

    def _train_batch(self, batch: AbstractDataBatch | None) -> None:
        """Make one step; None where only other ranks have a batch left for it."""
        self.updates.begin_step()
        outputs = None if batch is None else self._compute_gradients(batch)
        if outputs is None:
            self.devices.sit_out()
        usable = self.updates.is_usable()
        for watcher in self.watchers if usable and outputs is not None else ():
            watcher.before_update(self.step)
        self._count(in_backward=False)
        # On every rank, so that all weights stay equal.
        self.updates.take(self.state.curr_epoch, usable=usable)
        self._call_batch_callbacks()
        if batch is not None and outputs is not None:
            self.samples += self.measures.take(batch, outputs)

    def _compute_gradients(self, batch: AbstractDataBatch) -> dict[str, NDArray]:
        """Run forward and backward, and return the outputs."""
        self.devices.load_batch(self.data, batch)
        number = self.state.curr_batch + 1
        self.step = Step(self.state.curr_epoch, number, self.devices.executors)
        for watcher in self.watchers:
            watcher.before_forward(self.step)
        self.ranks.announce()
        self.devices.forward(is_train=True)
        outputs = self.devices.outputs()
        self.checks.look(batch, outputs, self.state.curr_epoch, self.samples)
        self.ranks.agree_on_step()
        self._count(in_backward=True)
        self.devices.backward()
        return outputs

    def _count(self, *, in_backward: bool) -> None:
        """Count the update that comes next, which learning rates follow."""
        if self.devices.updates_at_once is in_backward:
            self.state.curr_iter += 1
            self.state.curr_batch += 1

    def _evaluate(self) -> dict[str, float]:
        """Measure on the validation data, in predict mode."""
        if self.validation is None:
            return {}
        with self.updates.averaged():
            shown, measured = self.validation.run(
                self.devices, self.state.curr_epoch, self.ranks, self.report
            )
        self.report.validation(shown)
        return measured

    def _take_parameters(self) -> None:
        self.ranks.settle(self.devices, self.parts)
        with self.updates.averaged():
            # Another dictionary: callbacks may have kept the last one. Where none has, memory never
            # holds a third set of parameters.
            self.model.arg_params = dict(self.model.arg_params or {})
            self.devices.copy_parameters(self.model.arg_params)
            self.model.aux_params = self.ranks.mean(self.devices.states())

    def _finish(self, *, discard: bool = False) -> None:
        """Take the parameters of the end, where other ranks have changed them meanwhile."""
        if self.ranks.finish(self.devices):
            with self.updates.averaged():
                parameters, states = self.devices.parameters()
            states = self.ranks.mean(states)
            if not discard:
                self.model.arg_params, self.model.aux_params = parameters, states

    # -- callbacks -------------------------------------------------------------------------------

    def _callbacks(self, kind: type) -> Iterator[Any]:
        return (each for each in self.callbacks if isinstance(each, kind))

    def _call_batch_callbacks(self) -> None:
        for callback in self._callbacks(AbstractBatchCallback):
            callback(self.state)

    def _call_epoch_callbacks(self, values: Sequence[tuple[str, float]]) -> None:
        """Call all of them, also where one stops the training."""
        every = list(self._callbacks(AbstractEpochCallback))
        for last in (False, True):
            if last and self.parts is not None:
                self.parts.share()
            for callback in (each for each in every if each.comes_last is last):
                try:
                    callback(self.model, self.state, values)
                except StopTraining as stop:
                    self._note(stop)

    def _note(self, stop: StopTraining) -> None:
        """Keep and log why the training ends."""
        if self.history.stopped is None:
            self.history.stopped = stop.reason
        message = f"Training stopped: {stop.reason}"
        if stop.discard and self.ranks.is_first:
            logger.warning("%s", message)
        else:
            self.report.tell(message)
