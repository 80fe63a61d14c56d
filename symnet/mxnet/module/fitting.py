"""The training loop of all modules, `BaseModule.fit`: epochs, batches, lines of the log.

Source: Apache MXNet 1.9.1, ``mxnet.module.BaseModule.fit``.
"""

import time
from dataclasses import dataclass
from typing import Any

from ...core.errors import DataError
from ..checkpoint import BatchEndParam

__all__ = ["Fitting", "called"]


def called(callbacks: Any, *arguments: Any) -> None:
    """Call one callback, several, or none."""
    if callbacks is None:
        return
    for callback in callbacks if isinstance(callbacks, list | tuple) else [callbacks]:
        callback(*arguments)


@dataclass
class Fitting:
    """A training of a module that is bound and initialised.

    Args:
        module: the module.
        train_data: the batches.
        eval_data: batches to evaluate after each epoch.
        eval_metric: the metric; `BaseModule.fit` takes what `metric.create` makes one of.
        validation_metric: the metric of evaluations, default ``eval_metric``.
        epoch_end_callback: one or a list: ``f(epoch, symbol, arg_params, aux_params)``.
        batch_end_callback: one or a list: ``f(BatchEndParam)``.
        eval_end_callback: one or a list, after each evaluation.
        eval_batch_end_callback: one or a list, after each batch of an evaluation.
        monitor: a `Monitor`.

    What `BaseModule.fit` takes beside these: ``initializer``, ``arg_params``, ``aux_params``,
    ``allow_missing`` and ``force_init`` are those of `Module.init_params`, ``kvstore``,
    ``optimizer`` and ``optimizer_params`` those of `Module.init_optimizer`; ``force_rebind`` binds
    anew; epochs go from ``begin_epoch`` up to before ``num_epoch``, which is required.
    """

    module: Any
    train_data: Any
    eval_data: Any
    eval_metric: Any
    validation_metric: Any
    epoch_end_callback: Any
    batch_end_callback: Any
    eval_end_callback: Any
    eval_batch_end_callback: Any
    monitor: Any

    def run(self, begin: int, end: int) -> None:
        """Train for the epochs from one number up to before another."""
        for epoch in range(begin, end):
            started = time.time()
            log = self.module.logger.info
            for name, value in self._train(epoch):
                log("Epoch[%d] Train-%s=%f", epoch, name, value)
            log("Epoch[%d] Time cost=%.3f", epoch, time.time() - started)
            parameters = self.module.get_params()
            self.module.set_params(*parameters)  # what several devices hold becomes equal
            called(self.epoch_end_callback, epoch, self.module.symbol, *parameters)
            if self.eval_data is not None:
                for name, value in self._evaluate(epoch):
                    log("Epoch[%d] Validation-%s=%f", epoch, name, value)
            self.train_data.reset()

    def _train(self, epoch: int) -> list[tuple[str, float]]:
        """Train for an epoch, and return what the metric says of all of it."""
        metric = self.eval_metric
        metric.reset()
        found: list[tuple[str, float]] = metric.get_global_name_value()
        batches = iter(self.train_data)
        number, batch = 0, next(batches, None)
        if batch is None:
            raise DataError(
                f"fit: {type(self.train_data).__name__} gave no batch for epoch {epoch}; call its "
                "reset() where it has been read before"
            )
        while batch is not None:
            self._step(batch)
            # The next batch comes before the callbacks, for the metric of the whole epoch is read
            # before the last of them may reset it.
            following = next(batches, None)
            if following is not None:
                self.module.prepare(following)
            if self.monitor is not None:
                self.monitor.toc_print()
            if following is None:
                found = metric.get_global_name_value()
            known = {**vars(self), "self": self.module, "epoch": epoch, "nbatch": number}
            param = BatchEndParam(epoch, number, metric, {**known, "data_batch": batch})
            called(self.batch_end_callback, param)
            number, batch = number + 1, following
        return found

    def _step(self, batch: Any) -> None:
        if self.monitor is not None:
            self.monitor.tic()
        self.module.forward_backward(batch)
        self.module.update()
        if isinstance(batch, list):
            labels = [each.label for each in batch]
            self.module.update_metric(self.eval_metric, labels, pre_sliced=True)
        else:
            self.module.update_metric(self.eval_metric, batch.label)

    def _evaluate(self, epoch: int) -> Any:
        return self.module.score(
            self.eval_data,
            self.validation_metric,
            score_end_callback=self.eval_end_callback,
            batch_end_callback=self.eval_batch_end_callback,
            epoch=epoch,
        )
