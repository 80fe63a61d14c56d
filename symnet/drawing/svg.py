"""A picture as SVG text: shapes and words alone, so that it shows wherever SVG does.

The ground is left open. Boxes bring their own, and the grey of lines and labels has a contrast of
4.5 to white and to black alike, so that the picture reads on a light page and on a dark one.
"""

from collections.abc import Iterator, Sequence
from html import escape

from ._layout import BoxSize, DrawingLayout, Point, lay_out
from ._text import clean, shorten, width_of
from .picture import Box, Picture

__all__ = ["svg_text"]

_GREY = "#767676"
_FONT = "Helvetica, Arial, 'Liberation Sans', sans-serif"
_NAME, _KIND, _DETAILS, _LABEL, _TITLE = 12, 11, 10, 10, 14  # sizes of type
_NARROWEST, _ROOM, _PADDING = 84, 196, 11
_LINE = 14  # from one line of text to the next
_MARGIN = 12
_STRIP = 15  # height of a label above its box


def svg_text(picture: Picture, title: str) -> str:
    """Return a picture as SVG, the inputs at the bottom.

    Whatever is too long for its place is shortened; pointing at a box or a line shows all.

    Args:
        picture: what to show.
        title: stands above it.
    """
    layout = lay_out([_size(box) for box in picture.boxes], list(picture.links), _STRIP)
    room = max(layout.width, _ROOM)
    width, left = room + 2 * _MARGIN, _MARGIN + (room - layout.width) / 2
    heading = list(_heading(picture, title, width))
    # Labels of the top row need the strip above it.
    top = _MARGIN + len(heading) * 20 + 4
    height = layout.height + top + _MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" role="img" font-family="{_FONT}" '
        'text-anchor="middle" style="max-width:100%;height:auto">',
        f"<title>{_clean(title)}</title>",
        *heading,
        f'<g transform="translate({left:g} {top})">',
        f'<g fill="none" stroke="{_GREY}" stroke-width="1.3">',
        *_lines(picture, layout),
        "</g>",
        *_boxes(picture, layout),
        "</g>",
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


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
    lines = [(box.name, _NAME, True), (box.kind, _KIND, False), (box.details, _DETAILS, False)]
    return [(shorten(text, _ROOM, size, bold=b), size, b) for text, size, b in lines if text]


def _size(box: Box) -> BoxSize:
    lines = _written(box)
    text = max((width_of(text, size, bold=bold) for text, size, bold in lines), default=0)
    label = width_of(shorten(box.label, _ROOM, _LABEL), _LABEL) + 12 if box.label else 0
    width = max(_NARROWEST, text + 2 * _PADDING)
    return BoxSize(2 * round(width / 2), _LINE * max(1, len(lines)) + 12, round(label))


def _lines(picture: Picture, layout: DrawingLayout) -> Iterator[str]:
    told: dict[int, dict[str, None]] = {}
    for (source, _), values in picture.links.items():
        told.setdefault(source, {}).update(dict.fromkeys(values))
    for source, passing in told.items():
        path = " ".join(map(_path, layout.lines[source]))
        title = _clean("\n".join(passing))
        yield f'<g><title>{title}</title><path d="{path}"/></g>'
    for target in sorted({target for _, target in picture.links}):
        x, y = layout.centres[target]
        bottom = y + _size(picture.boxes[target]).height / 2 + 1
        yield f'<path d="M{x - 4:g} {bottom + 7:g}L{x:g} {bottom:g}L{x + 4:g} {bottom + 7:g}"/>'


def _path(stroke: Sequence[Point]) -> str:
    """Return a stroke: straight up from even points, swinging over from odd ones."""
    (x, y), *rest = stroke
    path = f"M{x:g} {y:g}"
    for number, (end_x, end_y) in enumerate(rest):
        if end_x == x:
            path += f"V{end_y:g}"
        elif number % 2:
            middle = (y + end_y) / 2
            path += f"C{x:g} {middle:g} {end_x:g} {middle:g} {end_x:g} {end_y:g}"
        x, y = end_x, end_y
    return path


def _boxes(picture: Picture, layout: DrawingLayout) -> Iterator[str]:
    for box, centre in zip(picture.boxes, layout.centres, strict=True):
        yield from _box(box, centre)


def _box(box: Box, centre: Point) -> Iterator[str]:
    x, y = centre
    width, height, _ = _size(box)
    lines = _written(box)
    corner = min(height / 2, 14) if not box.kind else 6
    dashes = ' stroke-dasharray="5 3"' if box.folded else ""
    yield f"<g><title>{_clean(box.told)}</title>"
    yield (
        f'<rect x="{x - width / 2:g}" y="{y - height / 2:g}" width="{width:g}" '
        f'height="{height:g}" rx="{corner:g}" fill="{box.colours.fill}" '
        f'stroke="{box.colours.edge}" stroke-width="1.5"{dashes}/>'
    )
    first = y - _LINE * (len(lines) - 1) / 2 + 4
    for number, (text, size, bold) in enumerate(lines):
        yield _text(text, (x, first + _LINE * number), size, fill="#1a1a1a", bold=bold)
    if box.label:
        label = shorten(box.label, _ROOM, _LABEL)
        yield _text(label, (x + 6, y - height / 2 - 5), _LABEL, fill=_GREY, anchor="start")
    yield "</g>"


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
