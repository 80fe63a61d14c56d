"""Measuring two ways of doing the same, so that a noisy machine does not decide the result.

The ways take turns in one process; each turn times several steps and counts their median. What is
reported is the ratio turn by turn: its median, and the quarters around it.
"""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

__all__ = ["Comparison", "compare", "seconds_of"]

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
    turns: int = 25,
    steps: int = 20,
    clock: Clock = time.perf_counter,
) -> dict[str, Comparison]:
    """Time several ways in turns.

    Args:
        ways: what to time, by name.
        peer: the way that the others are compared with.
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
    return {name: _against(own, times[peer]) for name, own in times.items()}


def _against(own: list[float], peer: list[float]) -> Comparison:
    ratios = [a / b for a, b in zip(own, peer, strict=True)]
    low, middle, high = statistics.quantiles(ratios, n=4)
    return Comparison(1000 * statistics.median(own), middle, low, high)
