"""Monitor: what values a network computes.

Source: Apache MXNet 1.9.1, ``mxnet.monitor``.
"""

import logging
import re
from collections.abc import Callable
from math import sqrt
from typing import Any

from ..core.errors import ArgumentError
from . import ndarray
from .ndarray import NDArray

__all__ = ["Monitor"]


def _size_of(array: NDArray) -> Any:
    """Return the root mean square of an array."""
    norm: Any = ndarray.norm
    return norm(array) / sqrt(array.size)


class Monitor:
    """Measures outputs, weights and states of executors every so many batches.

    Args:
        interval: how many batches lie between two that are measured.
        stat_func: makes an array, or a list of arrays, of an array; default the root mean square.
        pattern: regular expression that names of measured arrays begin with, default all.
        sort: whether results come by name, default in the order of their computation.
        monitor_all: whether inputs of nodes are measured when they run, not only outputs.
    """

    def __init__(
        self,
        interval: int,
        stat_func: Callable[[NDArray], Any] | None = None,
        pattern: str = ".*",
        sort: bool = False,
        monitor_all: bool = False,
    ) -> None:
        self.stat_func = stat_func or _size_of
        self.interval = interval
        self.activated = False
        self.queue: list[tuple[int, str, Any]] = []
        self.step = 0
        self.exes: list[Any] = []
        self.re_prog = re.compile(pattern)
        self.sort = sort
        self.monitor_all = monitor_all

    def stat_helper(self, name: str, array: NDArray) -> None:
        """Measure an array, where this batch and its name are due."""
        if self.activated and self.re_prog.match(name):
            self.queue.append((self.step, name, self.stat_func(array)))

    def install(self, exe: Any) -> None:
        """Measure what an executor computes from now on."""
        self.watch(exe)
        self.exes.append(exe)

    def watch(self, exe: Any) -> None:
        """Measure outputs of an executor whose weights are those of one that is installed."""
        exe.set_monitor_callback(self.stat_helper, self.monitor_all)

    def tic(self) -> None:
        """Begin a batch."""
        if self.step % self.interval == 0:
            self.queue = []
            self.activated = True
        self.step += 1

    def toc(self) -> list[tuple[int, str, str]]:
        """End a batch: return number of the batch, name and text of everything measured."""
        if not self.activated:
            return []
        for exe in self.exes:
            for name, array in {**exe.arg_dict, **exe.aux_dict}.items():
                self.stat_helper(name, array)
        self.activated = False
        found, self.queue = self.queue, []
        if self.sort:
            found.sort(key=lambda each: each[1])
        return [(step, name, _text(name, values)) for step, name, values in found]

    def toc_print(self) -> None:
        """End a batch: log everything measured."""
        for step, name, text in self.toc():
            logging.info("Batch: %7d %-30s %s", step, name, text)


def _text(name: str, values: Any) -> str:
    arrays = [values] if isinstance(values, NDArray) else values
    if not isinstance(arrays, list) or not all(isinstance(each, NDArray) for each in arrays):
        raise ArgumentError(
            f"Monitor: stat_func must return an NDArray or a list of them; for {name!r} it "
            f"returned {type(values).__name__}"
        )
    shown = (a.asscalar() if a.shape == (1,) else a.asnumpy() for a in arrays)
    return "".join(f"{each!s}\t" for each in shown)
