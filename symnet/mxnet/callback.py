"""What is called after batches and epochs: ``mx.callback``.

Source: Apache MXNet 1.9.1, ``mxnet.callback``.
"""

import logging
import math
import time
from collections.abc import Callable
from typing import Any

from .checkpoint import save_checkpoint

__all__ = [
    "LogValidationMetricsCallback",
    "ProgressBar",
    "Speedometer",
    "do_checkpoint",
    "log_train_metric",
    "module_checkpoint",
]


def module_checkpoint(
    mod: Any, prefix: str, period: int = 1, save_optimizer_states: bool = False
) -> Callable[..., None]:
    """Return an epoch callback that has a module save itself.

    Args:
        mod: the module.
        prefix: how the files' names begin.
        period: how many epochs lie between two checkpoints, default 1.
        save_optimizer_states: whether to save what the optimizer remembers too.
    """
    period = int(max(1, period))

    def callback(iter_no: int, sym: Any = None, arg: Any = None, aux: Any = None) -> None:
        if (iter_no + 1) % period == 0:
            mod.save_checkpoint(prefix, iter_no + 1, save_optimizer_states)

    return callback


def do_checkpoint(prefix: str, period: int = 1) -> Callable[..., None]:
    """Return an epoch callback that saves the network and its parameters.

    Args:
        prefix: how the files' names begin.
        period: how many epochs lie between two checkpoints, default 1.
    """
    period = int(max(1, period))

    def callback(iter_no: int, sym: Any, arg: Any, aux: Any) -> None:
        if (iter_no + 1) % period == 0:
            save_checkpoint(prefix, iter_no + 1, sym, arg, aux)

    return callback


def log_train_metric(period: int, auto_reset: bool = False) -> Callable[[Any], None]:
    """Return a batch callback that logs the metric.

    Args:
        period: how many batches lie between two lines.
        auto_reset: whether the metric begins anew after each line.
    """

    def callback(param: Any) -> None:
        if param.nbatch % period or param.eval_metric is None:
            return
        for name, value in param.eval_metric.get_name_value():
            logging.info("Iter[%d] Batch[%d] Train-%s=%f", param.epoch, param.nbatch, name, value)
        if auto_reset:
            param.eval_metric.reset_local()

    return callback


class Speedometer:
    """A batch callback that logs samples per second, and the metric.

    Args:
        batch_size: samples in a batch.
        frequent: how many batches lie between two lines, default 50.
        auto_reset: whether the metric begins anew after each line, default yes.
    """

    def __init__(self, batch_size: int, frequent: int = 50, auto_reset: bool = True) -> None:
        self.batch_size = batch_size
        self.frequent = frequent
        self.init = False
        self.tic = 0.0
        self.last_count = 0
        self.auto_reset = auto_reset

    def __call__(self, param: Any) -> None:
        """Log, where this batch is due."""
        count = param.nbatch
        begun = self.init and self.last_count <= count
        self.last_count = count
        if not begun:
            self.init = True
            self.tic = time.time()
        elif count % self.frequent == 0:
            self._report(param, count)
            self.tic = time.time()

    def _report(self, param: Any, count: int) -> None:
        seconds = time.time() - self.tic
        speed = self.frequent * self.batch_size / seconds if seconds else float("inf")
        if param.eval_metric is None:
            logging.info("Iter[%d] Batch [%d]\tSpeed: %.2f samples/sec", param.epoch, count, speed)
            return
        pairs = param.eval_metric.get_name_value()
        if self.auto_reset:
            param.eval_metric.reset_local()
        logging.info(
            "Epoch[%d] Batch [%d-%d]\tSpeed: %.2f samples/sec" + "\t%s=%f" * len(pairs),
            param.epoch,
            count - self.frequent if self.auto_reset else 0,
            count,
            speed,
            *(part for pair in pairs for part in pair),
        )


class ProgressBar:
    """A batch callback that logs how much of the epoch is done.

    Args:
        total: batches in an epoch.
        length: characters of the bar, default 80.
    """

    def __init__(self, total: int, length: int = 80) -> None:
        self.bar_len = length
        self.total = total

    def __call__(self, param: Any) -> None:
        """Log the bar."""
        part = param.nbatch / float(self.total)
        filled = round(self.bar_len * part)
        bar = "=" * filled + "-" * (self.bar_len - filled)
        logging.info("[%s] %s%s\r", bar, math.ceil(100.0 * part), "%")


class LogValidationMetricsCallback:
    """A callback at the end of an evaluation that logs the metric."""

    def __call__(self, param: Any) -> None:
        """Log the metric, a line for each of its values."""
        if not param.eval_metric:
            return
        for name, value in param.eval_metric.get_name_value():
            logging.info("Epoch[%d] Validation-%s=%f", param.epoch, name, value)
