"""Repeats in a network: the same operators with the same parameters and wiring, again and again.

Names play no part. A repeat is found as a stretch of the list of nodes that equals the stretch
after it; that each is wired like the next, and fed by the one before, is checked on the graph.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from ..graph.node import Node, Value
from ..operators.contract import Inputs, Operator
from ._sequence import live_values, takes_any

__all__ = ["Repeat", "find_repeats"]

_LEAST = 4  # nodes: to fold fewer would hide more than it saves
_LONGEST = 80  # nodes of one round: of a longer one, a box would say nothing
_TRIED = 24  # stretches whose wiring is looked at


class Repeat(NamedTuple):
    """Nodes that follow each other in rounds of one kind.

    Args:
        start: the place of the first node.
        length: nodes of one round.
        times: how many rounds there are, at least 2.
    """

    start: int
    length: int
    times: int

    @property
    def end(self) -> int:
        """The place behind the last node."""
        return self.start + self.length * self.times

    @property
    def saved(self) -> int:
        """How many nodes need not be shown."""
        return self.length * (self.times - 1)


def find_repeats(nodes: Sequence[Node]) -> list[Repeat]:
    """Return the repeats of a list, which do not overlap, first ones first.

    The one that saves most nodes is found first, then those before it and behind it. Of several
    ways to divide a stretch into rounds the one is taken whose rounds hand on fewest values.

    Args:
        nodes: operators, inputs before users, in the order of `in_order`.
    """
    finder = _Finder(nodes)
    found: list[Repeat] = []
    left = [(0, len(nodes))]
    while left:
        start, end = left.pop()
        repeat = finder.largest(start, end)
        if repeat is not None:
            found.append(repeat)
            left += [(start, repeat.start), (repeat.end, end)]
    return sorted(found)


class _Finder:
    def __init__(self, nodes: Sequence[Node]) -> None:
        self.nodes = nodes
        self.place = {node: number for number, node in enumerate(nodes)}
        numbers: dict[str, int] = {}
        kinds = [numbers.setdefault(_kind(node), len(numbers)) for node in nodes]
        self.kinds = np.array(kinds, dtype=np.int64)
        self.live = live_values([[node] for node in nodes])
        self.inputs = [self._inputs_of(node) for node in nodes]
        self.any_number = [takes_any(node) for node in nodes]
        self.read = [0] * len(nodes)
        """How many nodes read each."""
        for node in nodes:
            for source in {value.node for value in node.inputs} & self.place.keys():
                self.read[self.place[source]] += 1

    def _inputs_of(self, node: Node) -> list[tuple[int, int, Value]]:
        """Return place, output and value of what a node reads; place -1 for a variable."""
        return [(self.place.get(value.node, -1), value.number, value) for value in node.inputs]

    def largest(self, start: int, end: int) -> Repeat | None:
        """Return the largest repeat between two places; None where there is none."""
        stretches = [
            (first, length, period)
            for period in range(1, min((end - start) // 2, _LONGEST) + 1)
            for first, length in self._stretches(start, end, period)
            if length // period * period >= _LEAST
        ]
        stretches.sort(key=lambda s: (-_saved(*s[1:]), s[2], s[0]))
        best = None
        for first, length, period in stretches[:_TRIED]:
            if best is not None and best.saved >= _saved(length, period):
                break
            found = self._divided(first, length, period)
            if found is not None and (best is None or found.saved > best.saved):
                best = found
        return best

    def _stretches(self, start: int, end: int, period: int) -> Iterator[tuple[int, int]]:
        """Yield where the kinds repeat after so many nodes: first place and length."""
        same = self.kinds[start : end - period] == self.kinds[start + period : end]
        edges = np.flatnonzero(np.diff(np.concatenate(([False], same, [False])).astype(np.int8)))
        for first, last in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            if last - first >= period:
                yield start + first, last - first + period

    def _divided(self, first: int, length: int, period: int) -> Repeat | None:
        """Return the best division of a stretch whose rounds are wired alike.

        The best is between rounds that hand on few values, read by many: where branches begin.
        """

        def key(start: int) -> tuple[int, int, int]:
            rounds = (first + length - start) // period
            seams = range(start + period, start + period * rounds, period)
            width = max(self.live[seam] for seam in seams)
            return width, -min(self.read[seam - 1] for seam in seams), -rounds

        starts = range(first, min(first + period, first + length - 2 * period + 1))
        best = None
        for start in sorted(starts, key=key)[:_TRIED]:
            rounds = (first + length - start) // period
            if not self._follows(start + (rounds - 2) // 2 * period, period, first=True):
                continue
            found = self._alike(start, period, rounds)
            if found is None or found.end - found.start < _LEAST:
                continue
            if found.times >= length // period - 2:
                return found
            if best is None or found.times > best.times:
                best = found
        return best

    def _alike(self, start: int, period: int, times: int) -> Repeat | None:
        """Return the longest run of rounds that are wired alike, each fed by the one before."""
        best = None
        begin = 0
        for each in range(1, times + 1):
            last = start + period * (each - 1)
            if each < times and self._follows(last, period, first=each - 1 == begin):
                continue
            if each - begin >= 2 and (best is None or each - begin > best.times):
                best = Repeat(start + period * begin, period, each - begin)
            begin = each
        return best

    def _follows(self, start: int, period: int, *, first: bool) -> bool:
        """Tell whether the round after this one is wired like it, and fed by it.

        The first round may read anything in place of what others read from the one before.
        """
        rounds = (start, start + period)
        here, there = (self._wiring(each, period, tells_before=not first) for each in rounds)
        if here != there:
            return False
        fed = any(
            start <= source < start + period
            for read in self.inputs[start + period : start + 2 * period]
            for source, *_ in read
        )
        return fed and self._hangs_together(start, period)

    def _hangs_together(self, start: int, period: int) -> bool:
        """Tell whether the nodes of a round are joined within it."""
        part = list(range(period))  # a smaller node that each is joined with; itself for one
        for offset in range(period):
            for source, *_ in self.inputs[start + offset]:
                one, other = offset, source - start
                if 0 <= other < period:
                    while part[one] != one:
                        one = part[one]
                    while part[other] != other:
                        other = part[other]
                    part[max(one, other)] = min(one, other)
        return sum(number == node for node, number in enumerate(part)) == 1

    def _wiring(self, start: int, period: int, *, tells_before: bool) -> list[object]:
        """Return for each node of a round what it reads: from within, or which one from without.

        How many values from without an operator of any number of inputs takes may grow from round
        to round, so those do not count.
        """
        outside: dict[Value, int] = {}
        found: list[object] = []
        for read, any_number in zip(
            self.inputs[start : start + period],
            self.any_number[start : start + period],
            strict=True,
        ):
            for source, number, value in read:
                if (start - period if tells_before else start) <= source < start + period:
                    found.append((source - start, number))
                elif not any_number:
                    found.append(outside.setdefault(value, len(outside)))
            found.append(None)  # ends a node
        return found


def _saved(length: int, period: int) -> int:
    return (length // period - 1) * period


def _kind(node: Node) -> str:
    """Return what tells operators apart that compute something else; not how many they read."""
    if not isinstance(node.op, Operator):
        return repr(node.op)
    counts = {each.count for each in node.op.inputs.values() if isinstance(each, Inputs)}
    told = [getattr(node.op, f.name) for f in node.op.parameter_fields() if f.name not in counts]
    return f"{type(node.op).__qualname__}{told!r}"
