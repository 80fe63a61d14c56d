"""A picture as SVG text: shapes and words alone, so that it shows wherever SVG does.

The ground is left open. Boxes bring their own, and the grey of lines and labels has a contrast of
4.5 to white and to black alike, so that the picture reads on a light page and on a dark one.
"""

from collections.abc import Iterator, Sequence
from html import escape
from typing import Literal, NamedTuple

from ._layout import BoxSize, Point, lay_out
from ._text import clean, shorten, width_of, wrapped
from .picture import Box, Picture

__all__ = ["Direction", "svg_text"]

Direction = Literal["up", "right"]
"""Where data flows."""

_GREY = "#767676"
_DARK = "#1a1a1a"
_FONT = "Helvetica, Arial, 'Liberation Sans', sans-serif"
_NAME, _KIND, _DETAILS, _LABEL, _TITLE = 12, 11, 10, 10, 14  # sizes of type
_NARROWEST, _ROOM, _PADDING = 84, 196, 11
_PART_ROOM = 230
_MOST_DETAILS = 3  # lines of them
_LINE = 14  # from one line of text to the next
_PART = 17  # from one operator of a folded box to the next
_MARGIN = 12
_STRIP = 15  # height of a label above its box


def svg_text(picture: Picture, title: str, direction: Direction = "up") -> str:
    """Return a picture as SVG, the inputs at the bottom, or at the left.

    Whatever is too long for its place is shortened; pointing at a box or a line shows all.

    Args:
        picture: what to show.
        title: stands above it.
        direction: where data flows.
    """
    drawn = _Drawn.of(picture, direction)
    room = max(drawn.width, _ROOM, min(width_of(title, _TITLE, bold=True), _WIDEST_TITLE))
    width, left = room + 2 * _MARGIN, _MARGIN + (room - drawn.width) / 2
    heading = list(_heading(picture, title, width))
    # Labels of the top row need the strip above it.
    top = _MARGIN + len(heading) * 20 + 4
    height = drawn.height + top + _MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" role="img" font-family="{_FONT}" '
        'text-anchor="middle" style="max-width:100%;height:auto">',
        f"<title>{_clean(title)}</title>",
        *heading,
        f'<g transform="translate({left:g} {top})">',
        f'<g fill="none" stroke="{_GREY}" stroke-width="1.3">',
        *_lines(picture, drawn),
        "</g>",
        *_boxes(picture, drawn),
        "</g>",
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


_WIDEST_TITLE = 420


class _Drawn(NamedTuple):
    """Where everything is, whichever way the data flows.

    Args:
        centres: the middle of each box.
        lines: for each box the strokes that leave it.
        width: how wide the whole is.
        height: how high the whole is.
        sideways: whether data flows to the right.
    """

    centres: Sequence[Point]
    lines: Sequence[Sequence[Sequence[Point]]]
    width: float
    height: float
    sideways: bool

    @classmethod
    def of(cls, picture: Picture, direction: Direction) -> "_Drawn":
        """Lay a picture out: upward, or upward with boxes on their sides, and then turned."""
        sizes, links = [_size(box) for box in picture.boxes], list(picture.links)
        if direction == "up":
            found = lay_out(sizes, links, _STRIP)
            return cls(found.centres, found.lines, found.width, found.height, sideways=False)
        turned = [BoxSize(height, width, _STRIP if label else 0) for width, height, label in sizes]
        strip = max((label for _, _, label in sizes), default=0)
        found = lay_out(turned, links, strip)

        def turn(point: Point) -> Point:
            return found.height - point[1], point[0]

        lines = [[[turn(p) for p in stroke] for stroke in own] for own in found.lines]
        return cls(
            [turn(p) for p in found.centres], lines, found.height, found.width, sideways=True
        )


def _clean(text: str) -> str:
    return escape(clean(text))


def _heading(picture: Picture, title: str, width: float) -> Iterator[str]:
    text = shorten(title, width - 2 * _MARGIN, _TITLE, bold=True)
    yield _text(text, (width / 2, _MARGIN + 10), _TITLE, fill=_GREY, bold=True)
    if picture.nodes != len(picture.boxes):
        folded = f"{picture.nodes:,} nodes in {len(picture.boxes):,} boxes"
        yield _text(folded, (width / 2, _MARGIN + 28), _KIND, fill=_GREY)


def _written(box: Box) -> list[tuple[str, int, bool]]:
    """Return the lines of a box, each with its size of type and whether it is bold."""
    details = wrapped(box.details, _ROOM, _DETAILS, _MOST_DETAILS)
    lines = [
        (box.name, _NAME, True),
        (box.kind, _KIND, False),
        *((line, _DETAILS, False) for line in details),
    ]
    return [(shorten(text, _ROOM, size, bold=b), size, b) for text, size, b in lines if text]


def _size(box: Box) -> BoxSize:
    parts = [shorten(part.text, _PART_ROOM, _DETAILS) for part in box.parts]
    lines = [*_written(box), *((text, _DETAILS, False) for text in parts)]
    widths = (width_of(text, size, bold=bold) for text, size, bold in lines)
    label = width_of(shorten(box.label, _ROOM, _LABEL), _LABEL) + 12 if box.label else 0
    width = max(_NARROWEST, max(widths, default=0) + 2 * _PADDING)
    height = _LINE * max(1, len(lines) - len(box.parts)) + _PART * len(box.parts) + 12
    return BoxSize(2 * round(width / 2), height, round(label))


def _lines(picture: Picture, drawn: _Drawn) -> Iterator[str]:
    told: dict[int, dict[str, None]] = {}
    for (source, _), values in picture.links.items():
        told.setdefault(source, {}).update(dict.fromkeys(values))
    for source, passing in told.items():
        path = " ".join(_path(stroke, sideways=drawn.sideways) for stroke in drawn.lines[source])
        title = _clean("\n".join(passing))
        yield f'<g><title>{title}</title><path d="{path}"/></g>'
    for target in sorted({target for _, target in picture.links}):
        (x, y), (width, height, _) = drawn.centres[target], _size(picture.boxes[target])
        if drawn.sideways:
            left = x - width / 2 - 1
            yield f'<path d="M{left - 7:g} {y - 4:g}L{left:g} {y:g}L{left - 7:g} {y + 4:g}"/>'
        else:
            bottom = y + height / 2 + 1
            yield f'<path d="M{x - 4:g} {bottom + 7:g}L{x:g} {bottom:g}L{x + 4:g} {bottom + 7:g}"/>'


def _path(stroke: Sequence[Point], *, sideways: bool) -> str:
    """Return a stroke: straight on from even points, swinging over from odd ones."""
    (x, y), *rest = stroke
    path = f"M{x:g} {y:g}"
    for number, (end_x, end_y) in enumerate(rest):
        if (end_y == y) if sideways else (end_x == x):
            path += f"H{end_x:g}" if sideways else f"V{end_y:g}"
        elif number % 2 and sideways:
            middle = (x + end_x) / 2
            path += f"C{middle:g} {y:g} {middle:g} {end_y:g} {end_x:g} {end_y:g}"
        elif number % 2:
            middle = (y + end_y) / 2
            path += f"C{x:g} {middle:g} {end_x:g} {middle:g} {end_x:g} {end_y:g}"
        x, y = end_x, end_y
    return path


def _boxes(picture: Picture, drawn: _Drawn) -> Iterator[str]:
    for box, centre in zip(picture.boxes, drawn.centres, strict=True):
        yield from _box(box, centre, sideways=drawn.sideways)


def _box(box: Box, centre: Point, *, sideways: bool) -> Iterator[str]:
    x, y = centre
    width, height, _ = _size(box)
    lines = _written(box)
    corner = min(height / 2, 14) if not box.kind and not box.parts else 6
    dashes = ' stroke-dasharray="5 3"' if box.folded else ""
    left, top = x - width / 2, y - height / 2
    yield f"<g><title>{_clean(box.told)}</title>"
    yield (
        f'<rect x="{left:g}" y="{top:g}" width="{width:g}" '
        f'height="{height:g}" rx="{corner:g}" fill="{box.colours.fill}" '
        f'stroke="{box.colours.edge}" stroke-width="1.5"{dashes}/>'
    )
    first = top + 6 + (height - 12 - _LINE * len(lines) - _PART * len(box.parts)) / 2 + 11
    for number, (text, size, bold) in enumerate(lines):
        yield _text(text, (x, first + _LINE * number), size, fill=_DARK, bold=bold)
    yield from _parts(box, (left, first + _LINE * len(lines) - 10), width)
    if box.label:
        label = shorten(box.label, _ROOM, _LABEL)
        at = (x + width / 2 + 6, y - 5) if sideways else (x + 6, top - 5)
        yield _text(label, at, _LABEL, fill=_GREY, anchor="start")
    yield "</g>"


def _parts(box: Box, corner: Point, width: float) -> Iterator[str]:
    """Yield the operators that a box stands for, each on its colour."""
    for number, part in enumerate(box.parts):
        top = corner[1] + _PART * number
        yield (
            f'<path d="M{corner[0] + 5:g} {top:g}h{width - 10:g}v{_PART - 2}h{10 - width:g}z" '
            f'fill="{part.colours.fill}"/>'
        )
        text = shorten(part.text, _PART_ROOM, _DETAILS)
        yield _text(text, (corner[0] + width / 2, top + 11), _DETAILS, fill=_DARK)


def _text(
    text: str, at: Point, size: int, *, fill: str, bold: bool = False, anchor: str = ""
) -> str:
    weight = ' font-weight="bold"' if bold else ""
    start = f' text-anchor="{anchor}"' if anchor else ""
    width = width_of(text, size, bold=bold)
    return (
        f'<text x="{at[0]:g}" y="{at[1]:g}" font-size="{size}"{weight}{start} fill="{fill}" '
        f'textLength="{width:g}" lengthAdjust="spacingAndGlyphs">{_clean(text)}</text>'
    )
