"""Running the same step of a training on several devices at once."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from threading import Barrier

import torch

from ...core.context import Context

__all__ = ["DeviceWorkers"]

DeviceTask = Callable[[], object]


class DeviceWorkers:
    """What runs the steps of a training's devices.

    torch's kernels release Python's lock, so that CPUs compute at the same time, each in a thread.
    The cores that torch may use are divided among the threads; where it may use one only, there
    are none. A GPU needs no thread: a step on it returns when the GPU has been told what to do.

    Args:
        contexts: the devices.

    >>> from symnet.core.context import cpu
    >>> done = []
    >>> workers = DeviceWorkers([cpu(0), cpu(1)])
    >>> workers.run([lambda: done.append("first"), lambda: done.append("second")])
    >>> workers.close()
    >>> sorted(done)
    ['first', 'second']
    """

    def __init__(self, contexts: Sequence[Context]) -> None:
        self._contexts = contexts
        self._threads = min(sum(map(_is_cpu, contexts)), torch.get_num_threads())
        self._pool: ThreadPoolExecutor | None = None

    def run(self, steps: Sequence[DeviceTask], *, in_turn: bool = False) -> None:
        """Run a step for each of the first devices, and wait until all steps have returned.

        Args:
            steps: the steps, in the order of the devices.
            in_turn: whether to run one after the other, for what must not run at once.

        Raises what a step raised, the first device's first, with a note that names the device.
        """
        if len(steps) == 1:
            steps[0]()
            return
        pool = None if in_turn else self._started()
        # What is not handed to a thread runs here, GPUs first: they only have to be told, and then
        # work beside the CPU that runs here last.
        here: list[tuple[Context, DeviceTask]] = []
        elsewhere: list[tuple[Context, Future[object]]] = []
        for context, step in zip(self._contexts, steps, strict=False):  # a short batch has fewer
            if pool is not None and _is_cpu(context):
                elsewhere.append((context, pool.submit(step)))
            else:
                here.append((context, step))
        try:
            for context, step in sorted(here, key=lambda each: _is_cpu(each[0])):
                with _naming(context):
                    step()
        finally:  # nothing may still be computing when an error is met
            wait([future for _, future in elsewhere])
        for context, future in elsewhere:
            with _naming(context):
                future.result()

    def _started(self) -> ThreadPoolExecutor | None:
        """Return the threads, started at the first call; None where there are to be none."""
        # One CPU beside GPUs computes in the calling thread, while they do.
        if self._pool is None and self._threads > 1:
            self._pool = _pool_of(self._threads)
        return self._pool

    def close(self) -> None:
        """End the threads; the next step would start new ones."""
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None


def _is_cpu(context: Context) -> bool:
    return context.device_type == "cpu"


def _pool_of(threads: int) -> ThreadPoolExecutor:
    """Start threads, each with its share of the cores that torch may use."""
    cores = torch.get_num_threads()
    pool = ThreadPoolExecutor(threads, "symnet-device", _take_cores, (cores // threads,))
    everyone = Barrier(threads)
    wait([pool.submit(everyone.wait) for _ in range(threads)])
    # What a thread sets for itself torch also takes for threads that start later.
    torch.set_num_threads(cores)
    return pool


def _take_cores(count: int) -> None:
    """Let torch use so many cores in this thread."""
    torch.get_num_threads()  # sets up the thread; later that would set the number anew
    torch.set_num_threads(count)


@contextmanager
def _naming(context: Context) -> Iterator[None]:
    """Add the device to an error."""
    try:
        yield
    except BaseException as error:
        error.add_note(f"This happened on {context}.")
        raise
