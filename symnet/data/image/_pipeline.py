"""One pass over the data: batches are made ahead by threads, in a fixed number of buffers."""

import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future
from functools import partial
from threading import Lock
from typing import NamedTuple, final

import numpy as np
import torch

from ...core.errors import DataError, FormatError, MXError
from ._draws import Draws
from ._loader import Loader
from ._parameters import OWNER
from ._workers import WorkerThreads
from .image_file import require_cv2

__all__ = ["BatchBuffer", "Filled", "Planned", "run"]

_CHUNK = 4  # images per call: few, so that closing is quick; several, to hand in fewer calls


class Planned(NamedTuple):
    """A batch to be made.

    Args:
        records: the number of the record in each row, int64.
        samples: how many rows are samples; those after them are padding.
        draws: the random choices of each row.
    """

    records: np.ndarray
    samples: int
    draws: Sequence[Draws]


@final
class BatchBuffer:
    """The memory of a batch, used for one after the other.

    Args:
        size: rows.
        shape: channels, height and width.
        label_width: labels per row.

    Where CUDA is in use the memory is pinned: it can be copied to a GPU while Python goes on.
    """

    def __init__(self, size: int, shape: tuple[int, int, int], label_width: int) -> None:
        # Asking torch for pinned memory sets up CUDA; who does not use it must not be made to.
        self._pinned = bool(_gpus_in_use())
        self.data = torch.empty((size, *shape), dtype=torch.float32, pin_memory=self._pinned)
        self.label = torch.zeros((size, label_width), pin_memory=self._pinned)
        self.uses = 0
        self._reads: list[torch.cuda.Event] = []

    def release(self) -> None:
        """Say that whoever got the batch is done with it, but for copies that a GPU still makes."""
        if self._pinned:
            gpus = _gpus_in_use()
            self._reads = [torch.cuda.current_stream(each).record_event() for each in gpus]

    def wait(self) -> None:
        """Wait for the copies that were under way at `release`."""
        for read in self._reads:
            read.synchronize()


def _gpus_in_use() -> list[int]:
    return [each for each in range(torch.cuda.device_count()) if torch.cuda.memory_reserved(each)]


class Filled(NamedTuple):
    """A batch that was made.

    Args:
        buffer: where it is.
        rows: how many rows it has.
        samples: how many of them are samples.
        failures: what was wrong with records that were left out, in their order.
    """

    buffer: BatchBuffer
    rows: int
    samples: int
    failures: list[MXError]


def run(
    plan: Iterable[Planned],
    loader: Loader,
    new_buffer: Callable[[], BatchBuffer],
    *,
    threads: int,
    ahead: int,
    skip: bool,
) -> Generator[Filled]:
    """Make the batches of a plan, in its order.

    A batch is good until the next one is asked for; then its buffer is used again. There are at
    most ``ahead + 1`` buffers. The threads end with the iterator, however it ends.

    Args:
        plan: the batches; not asked for more than are made.
        loader: what makes samples of records.
        new_buffer: what makes buffers.
        threads: how many threads make samples.
        ahead: how many batches to make before they are asked for.
        skip: whether to leave out records that cannot be used, rather than to raise their error.

    Raises what the loader raised, when the batch of that record is asked for.
    """
    plan, free, begun = iter(plan), list[BatchBuffer](), deque[_Begun]()
    workers = WorkerThreads(threads, "symnet-image")

    def begin(most: int) -> None:
        while len(begun) < most and (planned := next(plan, None)):
            buffer = free.pop() if free else new_buffer()
            begun.append(_Begun(workers, loader, buffer, planned, skip))

    try:
        with _one_thread_in_opencv:
            begin(max(1, ahead))
            while begun:
                filled = begun.popleft().result()
                begin(ahead)
                yield filled
                filled.buffer.release()
                free.append(filled.buffer)
                begin(max(1, ahead))
    finally:
        workers.close()


@final
class _Begun:
    """A batch that threads are making."""

    def __init__(
        self,
        workers: WorkerThreads,
        loader: Loader,
        buffer: BatchBuffer,
        planned: Planned,
        skip: bool,
    ) -> None:
        buffer.uses += 1
        self._buffer, self._planned = buffer, planned
        self._made = _rows_to_make(planned)
        self._calls: list[Future[_Failures]] = [
            workers.submit(partial(_load, loader, buffer, planned, rows, skip))
            for rows in _chunks(self._made)
        ]

    def result(self) -> Filled:
        """Wait for the batch; raises what the loader raised, the first row's if there are more."""
        failures: _Failures = {}
        for call in self._calls:
            failures |= call.result()
        good = [row for row in range(self._made) if row not in failures]
        rows, samples = len(self._planned.records), sum(row < self._planned.samples for row in good)
        if good:
            self._close_up(good, rows)
        return Filled(self._buffer, rows, samples, list(failures.values()))

    def _close_up(self, good: list[int], rows: int) -> None:
        """Move good rows to the front, and repeat the last of them behind."""
        for array in (self._buffer.data, self._buffer.label):
            if len(good) < self._made:
                array[: len(good)] = array[good]
            array[len(good) : rows] = array[len(good) - 1].clone()


_Failures = dict[int, MXError]
"""What is wrong with the record of a row."""


def _rows_to_make(planned: Planned) -> int:
    """Return how many rows are made of records; padding that repeats the last sample is copied."""
    records, rows = planned.records, len(planned.records)
    while rows > planned.samples and records[rows - 1] == records[planned.samples - 1]:
        rows -= 1
    return rows


def _chunks(rows: int) -> Iterator[range]:
    return (range(start, min(start + _CHUNK, rows)) for start in range(0, rows, _CHUNK))


def _load(
    loader: Loader, buffer: BatchBuffer, planned: Planned, rows: range, skip: bool
) -> _Failures:
    buffer.wait()
    failures: _Failures = {}
    data, label = buffer.data.numpy(), buffer.label.numpy()
    for row in rows:
        try:
            loader.load(int(planned.records[row]), planned.draws[row], data[row], label[row])
        except (DataError, FormatError) as problem:
            if not skip:
                raise
            failures[row] = problem
    return failures


@final
class _OneThread:
    """While entered, OpenCV uses one thread for each image: the images are what is divided.

    OpenCV has one setting for the whole process. Whoever leaves last puts it back.
    """

    def __init__(self) -> None:
        self._lock, self._inside, self._before = Lock(), 0, 0

    def __enter__(self) -> None:
        cv2 = require_cv2(OWNER)
        with self._lock:
            if not self._inside:
                self._before = cv2.getNumThreads()
                cv2.setNumThreads(1)
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        if sys.is_finalizing():
            return  # a pass that Python's end has met; OpenCV may be gone already
        with self._lock:
            self._inside -= 1
            if not self._inside:
                require_cv2(OWNER).setNumThreads(self._before)


_one_thread_in_opencv = _OneThread()
