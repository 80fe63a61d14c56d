"""Pieces of pictures, and how they are put together: shapes and words as SVG text.

As in symnet's pictures of networks the ground is left open: cells bring their own, and the grey of
words and lines reads on a light page and on a dark one. Numbers are rounded alike on all machines.
"""

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import NamedTuple

import numpy as np

__all__ = [
    "DARK",
    "GREY",
    "PASTEL",
    "PLAIN",
    "STRONG",
    "Piece",
    "beside",
    "box",
    "cells",
    "colours_of",
    "flow",
    "grid",
    "number",
    "path",
    "stacked",
    "svg",
    "text",
    "titled",
    "word",
]

GREY, DARK, PLAIN = "#767676", "#1a1a1a", "#e6e6e6"
PASTEL = (
    "#80b1d3",
    "#fdb462",
    "#b3de69",
    "#fccde5",
    "#8dd3c7",
    "#bebada",
    "#ffffb3",
    "#fb8072",
    "#a6cee3",
    "#ccebc5",
    "#ffd9a0",
    "#d9c0e8",
)
"""Grounds of cells, under dark words."""
STRONG = ("#2f7fc1", "#d9730d", "#3a9a5b", "#a65fc4", "#c4577a")
"""Lines, on a light page or a dark one."""

CELL, SIZE = 26, 12
FONT = "Helvetica, Arial, 'Liberation Sans', sans-serif"


class Piece(NamedTuple):
    """A part of a picture, whose left upper corner is at 0, 0."""

    width: float
    height: float
    parts: tuple[str, ...]


def number(value: float) -> str:
    """Return a number for SVG, with one decimal.

    A value that lies in the middle of two is rounded up, whatever its last bits are.
    """
    return f"{round(value + 1e-7, 1) + 0.0:g}"


# -- shapes ----------------------------------------------------------------------------------------


def text(x: float, y: float, words: str, colour: str = GREY, anchor: str = "middle") -> str:
    """Return words, their base at a point."""
    place = f'x="{number(x)}" y="{number(y)}"'
    return f'<text {place} text-anchor="{anchor}" fill="{colour}">{escape(words)}</text>'


def box(x: float, y: float, size: tuple[float, float], fill: str, dashed: bool = False) -> str:
    """Return a rectangle, with a grey line around it."""
    width, height = size
    place = f'x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}"'
    dashes = ' stroke-dasharray="3 3"' if dashed else ""
    return f'<rect {place} fill="{fill}" stroke="{GREY}"{dashes}/>'


def path(
    points: Iterable[tuple[float, float]], colour: str, dashed: bool = False, width: float = 2
) -> str:
    """Return a line through points."""
    through = " ".join(f"{number(x)},{number(y)}" for x, y in points)
    dashes = ' stroke-dasharray="5 4"' if dashed else ""
    look = f'fill="none" stroke="{colour}" stroke-width="{number(width)}"{dashes}'
    return f'<polyline points="{through}" {look}/>'


# -- pieces ----------------------------------------------------------------------------------------


def width_of(words: str) -> float:
    """Return about how wide words are."""
    return 0.56 * SIZE * len(words)


def word(words: str, colour: str = GREY) -> Piece:
    """Return words as a piece."""
    width = width_of(words)
    return Piece(width, SIZE + 4, (text(0, SIZE, words, colour, anchor="start"),))


def cells(
    array: np.ndarray, colours: Sequence[str] | None = None, decimals: int = 2, cell: int = CELL
) -> Piece:
    """Return a matrix as cells with numbers; a vector is one row.

    Args:
        array: the numbers; NaN are empty cells with a dashed line.
        colours: grounds of the cells, row by row; all are plain without.
        decimals: how many are told at most.
        cell: width of a cell.
    """
    rows = np.atleast_2d(array)
    grounds = colours or [PLAIN] * rows.size
    return Piece(
        rows.shape[1] * cell,
        rows.shape[0] * CELL,
        tuple(_cells(rows, grounds, decimals, cell)),
    )


def _cells(rows: np.ndarray, grounds: Sequence[str], decimals: int, cell: int) -> Iterator[str]:
    for at, value in np.ndenumerate(rows):
        y, x = at[0] * CELL, at[1] * cell
        empty = bool(np.isnan(value))
        ground = "none" if empty else grounds[at[0] * rows.shape[1] + at[1]]
        yield box(x, y, (cell, CELL), ground, dashed=empty)
        if not empty:
            said = f"{round(float(value) + 1e-9, decimals):g}"
            yield text(x + cell / 2, y + CELL / 2 + 4, said.replace("-", "−"), DARK)


def colours_of(values: np.ndarray, origins: Sequence[float] | np.ndarray) -> list[str]:
    """Return a ground for each value: that of the place where it stands among the origins.

    Values that stand nowhere there are plain.
    """
    known = list(np.asarray(origins).flat)
    return [
        PASTEL[known.index(value) % len(PASTEL)] if value in known else PLAIN
        for value in np.asarray(values).flat
    ]


def beside(*pieces: Piece, gap: float = 10) -> Piece:
    """Return pieces from left to right, their middles on one line."""
    height = max(piece.height for piece in pieces)
    parts: list[str] = []
    x = 0.0
    for piece in pieces:
        parts.append(_moved(piece, x, (height - piece.height) / 2))
        x += piece.width + gap
    return Piece(x - gap, height, tuple(parts))


def stacked(*pieces: Piece, gap: float = 10, left: bool = False) -> Piece:
    """Return pieces one below the other, their middles or left sides on one line."""
    width = max(piece.width for piece in pieces)
    parts: list[str] = []
    y = 0.0
    for piece in pieces:
        parts.append(_moved(piece, 0 if left else (width - piece.width) / 2, y))
        y += piece.height + gap
    return Piece(width, y - gap, tuple(parts))


def _moved(piece: Piece, x: float, y: float) -> str:
    return "\n".join([f'<g transform="translate({number(x)} {number(y)})">', *piece.parts, "</g>"])


def titled(title: str, piece: Piece) -> Piece:
    """Return a piece with words above it."""
    return stacked(word(title), piece, gap=4, left=True)


def flow(*steps: Piece | str) -> Piece:
    """Return pieces from left to right, with words as "→" between them."""
    return beside(*(word(step) if isinstance(step, str) else step for step in steps))


def grid(pieces: Sequence[Piece], columns: int, gap: float = 24) -> Piece:
    """Return pieces in rows of so many, each column as wide as its widest."""
    columns = min(columns, len(pieces))
    widths = [max(each.width for each in pieces[column::columns]) for column in range(columns)]
    rows = []
    for start in range(0, len(pieces), columns):
        row = pieces[start : start + columns]
        height = max(piece.height for piece in row)
        sized = zip(widths, row, strict=False)  # the last row may be shorter
        rows.append(beside(*(Piece(width, height, each.parts) for width, each in sized), gap=gap))
    return stacked(*rows, gap=gap - 6, left=True)


def svg(piece: Piece, title: str) -> str:
    """Return a piece as the text of a file."""
    margin = 8
    width, height = piece.width + 2 * margin, piece.height + 2 * margin
    size = f'width="{number(width)}" height="{number(height)}"'
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} '
        f'viewBox="0 0 {number(width)} {number(height)}" role="img" font-family="{FONT}" '
        f'font-size="{SIZE}" style="max-width:100%;height:auto">'
    )
    body = _moved(piece, margin, margin)
    return "\n".join([head, f"<title>{escape(title)}</title>", body, "</svg>"]) + "\n"
