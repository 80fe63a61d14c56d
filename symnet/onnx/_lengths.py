"""Which lengths of a network's values follow the batch, and how.

Shapes are inferred for several batches; a length that differs between them follows the batch. What
is exported then holds for a batch of any length, and converters cannot take such a length for a
number: it is a `Length`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ..core.errors import ArgumentError, ShapeError
from ..graph.node import Graph, Value
from ..graph.shapes import infer_shapes
from ..operators.contract import Shape

__all__ = ["Length", "Lengths", "following", "infer_lengths"]


@dataclass(frozen=True)
class Length:
    """A length that follows the batch: factor · rows + offset.

    Args:
        symbol: the name of the rows that it follows; empty where it is no such function.
        factor: how it grows with them.
        offset: what it would be without rows.
    """

    symbol: str
    factor: int = 1
    offset: int = 0

    def of(self, rows: Mapping[str, int]) -> int:
        """Return the length for so many rows of each kind."""
        return self.factor * rows[self.symbol] + self.offset

    @property
    def is_plain(self) -> bool:
        """Whether it is the number of rows itself."""
        return bool(self.symbol) and (self.factor, self.offset) == (1, 0)


Lengths = tuple[int | Length, ...]
"""The shape of a value: a number for each axis, or how it follows the batch."""


def following(
    shapes: Mapping[str, Shape], symbols: Mapping[str, Mapping[str, int]]
) -> dict[str, Lengths]:
    """Return shapes in which the axes that hold a batch follow it.

    Args:
        shapes: shapes by name.
        symbols: what `batch_symbols` returns.
    """
    found: dict[str, Lengths] = dict(shapes)
    for symbol, inputs in symbols.items():
        for name, axis in inputs.items():
            lengths = found[name]
            found[name] = (*lengths[:axis], Length(symbol), *lengths[axis + 1 :])
    return found


def infer_lengths(
    graph: Graph, known: Mapping[str, Lengths], rows: Mapping[str, int]
) -> dict[Value, Lengths]:
    """Return the shapes of all values, as they follow the batch.

    Args:
        graph: the network.
        known: the shapes of inputs and parameters.
        rows: a number of rows for each symbol that these follow, for which the network works.

    Raises ShapeError where shapes do not fit, and ArgumentError where the network does not work on
    batches of another length.
    """
    shapes = infer_shapes(graph, _for_rows(known, rows)).shapes
    lengths: dict[Value, Lengths] = dict(shapes)
    for symbol, count in rows.items():
        _check_one_row(graph, known, {**rows, symbol: 1}, shapes, count)
        others = [_of_others(graph, known, rows, symbol, count * times) for times in (2, 3)]
        for value, shape in shapes.items():
            twice, thrice = (other.get(value, ()) for other in others)
            if len(twice) != len(shape) or len(thrice) != len(shape):
                raise ArgumentError(
                    f"{value.name!r} has shape {shape} for {count} rows and {twice} for "
                    f"{2 * count}{_WAY_OUT}"
                )
            lengths[value] = tuple(
                _length(symbol, count, old, *each)
                for old, each in zip(
                    lengths[value], zip(shape, twice, thrice, strict=True), strict=True
                )
            )
    return lengths


def _check_one_row(
    graph: Graph,
    known: Mapping[str, Lengths],
    rows: Mapping[str, int],
    shapes: Mapping[Value, Shape],
    count: int,
) -> None:
    """Raise ArgumentError where a batch of one row loses an axis that others have."""
    try:
        alone = infer_shapes(graph, _for_rows(known, rows)).shapes
    except ShapeError:  # it takes no batch of one row, and says so when it is given one
        return
    for value, shape in shapes.items():
        if len(alone.get(value, shape)) != len(shape):
            told = f"{value.name!r} has shape {shape} for {count} rows and {alone[value]} for 1"
            raise ArgumentError(told + _WAY_OUT)


_WAY_OUT = (
    "; export the network for this batch alone with batch_axis=None, or say which inputs hold a "
    "batch along which axis, as batch_axis={'data': 0}"
)


def _for_rows(known: Mapping[str, Lengths], rows: Mapping[str, int]) -> dict[str, Shape]:
    """Return shapes as numbers, for so many rows."""
    return {
        name: tuple(
            length
            if isinstance(length, int)
            else length.factor * rows[length.symbol] + length.offset
            for length in lengths
        )
        for name, lengths in known.items()
    }


def _of_others(
    graph: Graph, known: Mapping[str, Lengths], rows: Mapping[str, int], symbol: str, count: int
) -> dict[Value, Shape]:
    try:
        return infer_shapes(graph, _for_rows(known, {**rows, symbol: count})).shapes
    except ShapeError as error:
        named = ", ".join(
            repr(name)
            for name, lengths in known.items()
            if any(isinstance(each, Length) and each.symbol == symbol for each in lengths)
        )
        text = f"the network does not work on {count} rows of {named}: {error}{_WAY_OUT}"
        raise ArgumentError(text) from None


def _length(
    symbol: str, rows: int, old: int | Length, once: int, twice: int, thrice: int
) -> int | Length:
    """Return a length that is so much for as many, twice and three times as many rows."""
    if once == twice == thrice:
        return old
    factor, rest = divmod(twice - once, rows)
    if isinstance(old, Length) or rest or thrice - twice != twice - once:
        return Length("")
    return Length(symbol, factor, once - factor * rows)
