"""Lengths that variables leave open, found by what networks make of them.

A variable may declare ``(0, 10)``: its first length follows from its use. Operators state shapes,
not lengths, so each is asked what becomes of two lengths that are tried. What is equal to a length
in both is that length; what grows with it tells it, where that is known; and lengths that may only
change together are one. Whatever is found here, shape inference checks.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from ..core.errors import ShapeError
from ..operators.contract import Operator, Shape
from .node import Graph, Node, Value

__all__ = ["found_by_use"]

_TRIED = 5040
"""A length that all small numbers divide, as pieces and strides do; twice of it is tried too."""

Ask = Callable[[Node, Operator, Mapping[Value, Shape]], Mapping[Value, Any]]


class _Length:
    """A length, maybe not known yet. Those that were found equal share one."""

    def __init__(self, number: int | None = None) -> None:
        self._number = number
        self._same: _Length | None = None

    def root(self) -> "_Length":
        """Return the one that stands for all equal ones."""
        return self if self._same is None else self._same.root()

    @property
    def number(self) -> int | None:
        """The length, or None."""
        return self.root()._number

    def equate(self, other: "_Length") -> bool:
        """Note that two are equal; return whether that was new. Inference tells contradictions."""
        one, two = self.root(), other.root()
        if one is two or (one._number is not None and two._number is not None):
            return False
        if one._number is None:
            one, two = two, one
        two._same = one
        return True


_Lengths = tuple[_Length, ...]


def found_by_use(
    graph: Graph, known: Mapping[Value, Shape], open_shapes: Mapping[Value, Shape], ask: Ask
) -> dict[Value, Shape]:
    """Return the shapes of which some lengths were open, and all follow from their use.

    Args:
        graph: the network.
        known: the shapes that are known.
        open_shapes: those of which some lengths are, 0 or -1 for others.
        ask: returns what an operator infers, from the shapes of some of its inputs and outputs;
            raises ShapeError.
    """
    lengths: dict[Value, _Lengths] = {}
    for value, shape in (*known.items(), *open_shapes.items()):
        lengths[value] = tuple(_Length(each if each > 0 else None) for each in shape)
    operators = [(node, node.op) for node in graph.nodes if isinstance(node.op, Operator)]
    news = True
    # Each round equates lengths, or meets a new value, or is the last.
    while news:
        news = False
        for node, op in (*operators, *reversed(operators)):
            news |= _Trial(node, op, lengths, ask).learn()
    numbers = {value: [each.number for each in lengths[value]] for value in open_shapes}
    return {
        value: tuple(each for each in found if each is not None)
        for value, found in numbers.items()
        if None not in found
    }


class _Trial:
    """One operator, asked about the lengths that are open at its inputs and outputs."""

    def __init__(self, node: Node, op: Operator, lengths: dict[Value, _Lengths], ask: Ask) -> None:
        self._node, self._op, self._lengths, self._ask = node, op, lengths, ask
        self._given = [v for v in (*node.inputs, *node.outputs) if v in lengths]
        self._open = _open_ones(lengths[value] for value in self._given)

    def learn(self) -> bool:
        """Note what follows for lengths; return whether any of it was new."""
        if not self._given or all(v in self._lengths and not self._open for v in self._around()):
            return False
        base = self._infer({})
        if base is None:
            return False
        moved = {each: self._infer({each: 2 * _TRIED}) for each in self._open}
        rigid = [each for each, found in moved.items() if found is None]
        if rigid:
            return self._tie(rigid)
        news = False
        for value, shape in base.items():
            news |= self._learn_value(value, shape, moved)
        return news

    def _around(self) -> Iterator[Value]:
        yield from self._node.inputs
        yield from self._node.outputs

    def _infer(self, numbers: Mapping[_Length, int]) -> Mapping[Value, Any] | None:
        """Return what the operator infers where open lengths have some numbers, or None."""

        def number(length: _Length) -> int:
            known = length.number
            return numbers.get(length.root(), _TRIED) if known is None else known

        given = {value: tuple(map(number, self._lengths[value])) for value in self._given}
        try:
            return self._ask(self._node, self._op, given)
        except ShapeError:
            return None

    def _tie(self, rigid: list[_Length]) -> bool:
        """Equate lengths that may not change alone, but may together."""
        news = False
        for place, one in enumerate(rigid):
            for other in rigid[place + 1 :]:
                both = {one: 2 * _TRIED, other: 2 * _TRIED}
                if one.root() is not other.root() and self._infer(both) is not None:
                    news |= one.equate(other)
        return news

    def _learn_value(
        self, value: Value, shape: Any, moved: Mapping[_Length, Mapping[Value, Any] | None]
    ) -> bool:
        if shape is None:
            return False
        have = self._lengths.get(value)
        if have is None:
            self._lengths[value] = have = tuple(_Length() for _ in shape)
            new = True
        else:
            new = False
        if len(have) != len(shape):
            return new
        for place, (length, found) in enumerate(zip(have, shape, strict=True)):
            causes = {}
            for each, other in moved.items():
                told = (other or {}).get(value)
                if told is not None and told[place] != found:
                    causes[each] = told[place]
            if found is not None and not causes:
                new |= length.equate(_Length(found))
            elif found is not None and len(causes) == 1:
                new |= self._learn_length(value, place, found, *causes.popitem())
        return new

    def _learn_length(
        self, value: Value, place: int, first: int, cause: _Length, second: int
    ) -> bool:
        """Learn of a length that another one decides: both are one, or it tells the other."""
        length = self._lengths[value][place]
        if (first, second) == (_TRIED, 2 * _TRIED):
            return length.equate(cause)
        if length.number is None:
            return False
        found, rest = divmod((length.number - first) * _TRIED, second - first)
        number = _TRIED + found
        # A neighbour that gives the same, as strides do, leaves it open.
        same = [
            near
            for near in (number - 1, number, number + 1)
            if near > 0 and self._length_for({cause: near}, value, place) == length.number
        ]
        return rest == 0 and same == [number] and cause.equate(_Length(number))

    def _length_for(self, numbers: Mapping[_Length, int], value: Value, place: int) -> int | None:
        shape = (self._infer(numbers) or {}).get(value)
        return None if shape is None else shape[place]


def _open_ones(shapes: Iterable[_Lengths]) -> list[_Length]:
    """Return the lengths that are not known, each once."""
    roots = (length.root() for shape in shapes for length in shape if length.number is None)
    return list(dict.fromkeys(roots))
