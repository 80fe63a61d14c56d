"""Measuring two ways of doing the same, so that a noisy machine does not decide the result.

The ways take turns in one process; each turn times several steps and counts their median. What is
reported is the ratio turn by turn: its median, and the quarters around it.

Where the environment variable SYMNET_FIGURES names a folder, a script's comparisons are written
there, for `tools/figures_page.py`, in place of those of its last run.
"""

import datetime
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch

__all__ = ["Comparison", "compare", "go_on", "keep", "seconds_of"]

Step = Callable[[], object]
Clock = Callable[[], float]


@dataclass(frozen=True)
class Comparison:
    """What came out for one way: its time, and the ratio to the peer's.

    Args:
        milliseconds: median time of a step.
        ratio: median of the ratios to the peer, turn by turn.
        low: lower quartile of the ratios.
        high: upper quartile of the ratios.
    """

    milliseconds: float
    ratio: float
    low: float
    high: float

    def __str__(self) -> str:
        spread = f"{self.low:.3f} to {self.high:.3f}"
        return f"{self.milliseconds:9.3f} ms   ratio {self.ratio:.3f} ({spread})"


def seconds_of(step: Step, count: int, clock: Clock = time.perf_counter) -> float:
    """Return the median time of a step, of so many."""
    times = []
    for _ in range(count):
        start = clock()
        step()
        times.append(clock() - start)
    return statistics.median(times)


def compare(
    ways: Mapping[str, Step],
    peer: str,
    *,
    workload: str | None = None,
    turns: int = 25,
    steps: int = 20,
    clock: Clock = time.perf_counter,
) -> dict[str, Comparison]:
    """Time several ways in turns.

    Args:
        ways: what to time, by name.
        peer: the way that the others are compared with.
        workload: what they do, where it is to be kept for the page of all figures.
        turns: how often each way has its turn.
        steps: how many steps a turn has.
        clock: what counts as time; `time.process_time` leaves out what other programs take.
    """
    for step in ways.values():
        seconds_of(step, steps, clock)  # warm up
    times: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(turns):
        names = list(ways) if turn % 2 else list(reversed(ways))
        for name in names:
            times[name].append(seconds_of(ways[name], steps, clock))
    if workload is not None:
        own = "symnet" if "symnet" in ways else next(name for name in ways if name != peer)
        keep(workload, own, times)
    return {name: _against(mine, times[peer]) for name, mine in times.items()}


_kept: list[dict[str, object]] = []
"""The comparisons of this run."""


def keep(workload: str, own: str, times: Mapping[str, list[float]]) -> None:
    """Keep a comparison for the page of all figures, in place of one of the same workload.

    Args:
        workload: what was done.
        own: symnet's way.
        times: seconds of each way, turn by turn.
    """
    folder = os.environ.get("SYMNET_FIGURES")
    if not folder:
        return
    script = Path(sys.argv[0])
    peers = {name: _against(times[own], theirs) for name, theirs in times.items() if name != own}
    _kept[:] = [each for each in _kept if each["workload"] != workload]
    _kept.append(
        {
            "workload": workload,
            "way": own,
            "milliseconds": 1000 * statistics.median(times[own]),
            "turns": len(times[own]),
            "over": {name: [found.ratio, found.low, found.high] for name, found in peers.items()},
        }
    )
    about = {
        "command": " ".join(["python", f"benchmarks/{script.name}", *_own_options()]),
        "date": datetime.date.today().isoformat(),
        "machine": _machine(),
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "comparisons": _kept,
    }
    text = json.dumps(about, indent=1, ensure_ascii=False)
    Path(folder).mkdir(parents=True, exist_ok=True)
    Path(folder, f"{script.stem}.json").write_text(text + "\n", encoding="utf-8")


def go_on() -> None:
    """Keep what is kept from now on beside what another process of the same run has kept."""
    folder = os.environ.get("SYMNET_FIGURES")
    path = Path(folder or "", f"{Path(sys.argv[0]).stem}.json")
    if folder and path.exists():
        _kept[:] = json.loads(path.read_text(encoding="utf-8"))["comparisons"]


def _own_options() -> list[str]:
    """Return the options that the script was given, without where other interpreters lie."""
    return ["PYTHON" if os.sep in each else each for each in sys.argv[1:]]


def _machine() -> str:
    """Return what computes: the GPU that is used, else the processor and its number of cores."""
    if "--gpu" in sys.argv:
        return torch.cuda.get_device_name()
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{(names or [platform.processor() or platform.machine()])[0]}, {os.cpu_count()} cores"


def _against(own: list[float], peer: list[float]) -> Comparison:
    ratios = [a / b for a, b in zip(own, peer, strict=True)]
    low, middle, high = statistics.quantiles(ratios, n=4) if len(ratios) > 1 else ratios * 3
    return Comparison(1000 * statistics.median(own), middle, low, high)
