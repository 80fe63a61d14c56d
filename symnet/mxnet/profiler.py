"""Profiling: ``mx.profiler`` writes a Chrome trace of what torch's profiler saw.

Source: Apache MXNet 1.9.1, ``mxnet.profiler``. Open the file in chrome://tracing or Perfetto.
"""

from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

import torch
from torch.profiler import ProfilerActivity, profile, record_function

from ..core.errors import ArgumentError
from ..core.parameters import reject_unknown

__all__ = [
    "Counter",
    "Domain",
    "Event",
    "Frame",
    "Marker",
    "Task",
    "dump",
    "dump_profile",
    "dumps",
    "pause",
    "profiler_set_config",
    "profiler_set_state",
    "resume",
    "set_config",
    "set_state",
]

_OPTIONS = {
    "filename": "profile.json",
    **dict.fromkeys(("profile_all", "profile_symbolic", "profile_imperative"), False),
    **dict.fromkeys(("profile_memory", "profile_api", "continuous_dump"), False),
    **dict.fromkeys(("aggregate_stats", "gpu_memory_profile_filename_prefix"), None),
    **dict.fromkeys(("profile_process", "dump_period"), None),
}


class _State:
    """The profiler of this process: its options, what runs, and what the last run saw."""

    def __init__(self) -> None:
        self.options: dict[str, Any] = dict(_OPTIONS)
        self.running: profile | None = None
        self.seen: profile | None = None

    def start(self) -> None:
        if self.running is None:
            on_gpu = [ProfilerActivity.CUDA] if torch.cuda.is_available() else []
            memory = bool(self.options["profile_memory"] or self.options["profile_all"])
            self.running = profile(
                activities=[ProfilerActivity.CPU, *on_gpu], profile_memory=memory
            )
            self.running.start()

    def stop(self) -> None:
        if self.running is not None:
            self.running.stop()
            self.seen, self.running = self.running, None

    def result(self) -> profile:
        self.stop()
        if self.seen is None:
            raise ArgumentError("profiler: nothing was recorded; call set_state('run') first")
        return self.seen


_state = _State()


def set_config(**kwargs: Any) -> None:
    """Set options: ``filename`` of the trace, ``profile_memory``; all else is always recorded.

    Raises ParameterError for an option that MXNet does not have.
    """
    reject_unknown("profiler.set_config", kwargs, _OPTIONS)
    _state.options |= kwargs


def set_state(state: str = "stop", profile_process: str = "worker") -> None:
    """Start recording with ``"run"``, end it with ``"stop"``."""
    _require_worker(profile_process)
    if state not in ("run", "stop"):
        raise ArgumentError(f"profiler.set_state: state must be 'run' or 'stop', got {state!r}")
    _state.start() if state == "run" else _state.stop()


def _require_worker(process: str) -> None:
    if process != "worker":
        raise ArgumentError(f"profiler: there are no servers to profile, got {process!r}")


def resume(profile_process: str = "worker") -> None:
    """Start recording; what was recorded before is forgotten."""
    set_state("run", profile_process)


def pause(profile_process: str = "worker") -> None:
    """End recording."""
    set_state("stop", profile_process)


def dump(finished: bool = True, profile_process: str = "worker") -> None:
    """End recording, and write the trace to the file of `set_config`.

    Args:
        finished: there only for scripts that give it: recording always ends.
        profile_process: ``"worker"``.
    """
    _require_worker(profile_process)
    _state.result().export_chrome_trace(str(_state.options["filename"]))


def dumps(
    reset: bool = False, format: str = "table", sort_by: str = "total", ascending: bool = False
) -> str:
    """End recording, and return a table of the time that each operation took.

    Args:
        reset: whether to forget what was recorded.
        format: ``"table"``.
        sort_by: ``"total"``, ``"avg"`` or ``"count"``.
        ascending: must be false: the longest comes first.
    """
    orders = {"total": "cpu_time_total", "avg": "cpu_time", "count": "count"}
    if format != "table" or sort_by not in orders or ascending:
        raise ArgumentError(
            "profiler.dumps: format must be 'table', sort_by one of "
            f"{', '.join(orders)}, ascending False"
        )
    found: str = _state.result().key_averages().table(sort_by=orders[sort_by])
    if reset:
        _state.seen = None
    return found


def profiler_set_config(mode: str = "symbolic", filename: str = "profile.json") -> None:
    """Set the file of the trace; the older name of `set_config`, whose mode is always all."""
    set_config(filename=filename)


profiler_set_state = set_state


def dump_profile() -> None:
    """End recording, and write the trace; the older name of `dump`."""
    dump()


class Domain:
    """What marks belong to: a name that goes before theirs."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __str__(self) -> str:
        return self.name

    def new_task(self, name: str) -> "Task":
        """Return a task."""
        return Task(self, name)

    def new_frame(self, name: str) -> "Frame":
        """Return a frame."""
        return Frame(self, name)

    def new_counter(self, name: str, value: float | None = None) -> "Counter":
        """Return a counter."""
        return Counter(self, name, value)

    def new_marker(self, name: str) -> "Marker":
        """Return a marker."""
        return Marker(self, name)


class _Span:
    """A stretch of time under a name of its own, from `start` to `stop`."""

    def __init__(self, label: str) -> None:
        self.name = label
        self._open: ExitStack | None = None

    def start(self) -> None:
        """Begin; it is seen in the trace if one is recorded."""
        self._open = ExitStack()
        self._open.enter_context(record_function(self.name))

    def stop(self) -> None:
        """End."""
        if self._open is not None:
            self._open.close()
            self._open = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def __str__(self) -> str:
        return self.name


class Task(_Span):
    """A stretch of time of a domain."""

    def __init__(self, domain: Domain, name: str) -> None:
        super().__init__(f"{domain}::{name}")


class Frame(Task):
    """A stretch of time of a domain that comes again and again."""


class Event(_Span):
    """A stretch of time."""

    def __init__(self, name: str) -> None:
        super().__init__(name)


class Marker:
    """A point in time, seen in the trace as a very short stretch."""

    def __init__(self, domain: Domain, name: str) -> None:
        self.name = f"{domain}::{name}"

    def mark(self, scope: str = "process") -> None:
        """Set the mark; the scope goes before its name."""
        with record_function(f"{scope}::{self.name}"):
            return


class Counter:
    """A number that changes over time; each change is seen in the trace as a mark.

    Args:
        domain: what it belongs to.
        name: its name.
        value: its first value, default 0.
    """

    def __init__(self, domain: Domain, name: str, value: float | None = None) -> None:
        self.name, self.value = f"{domain}::{name}", value or 0

    def set_value(self, value: float) -> None:
        """Set the number."""
        self.value = value
        with record_function(f"{self.name} = {value}"):
            return

    def increment(self, delta: float = 1) -> None:
        """Add to the number."""
        self.set_value(self.value + delta)

    def decrement(self, delta: float = 1) -> None:
        """Subtract from the number."""
        self.set_value(self.value - delta)

    def __iadd__(self, delta: float) -> Self:
        self.increment(delta)
        return self

    def __isub__(self, delta: float) -> Self:
        self.decrement(delta)
        return self
