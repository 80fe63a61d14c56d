"""The pictures on the operators' pages: shown, readable everywhere, and true.

That they are current is held with the other pictures, in test_visualize.py.
"""

import re
from xml.etree import ElementTree

import numpy as np
import pytest
from tool_modules import TOOLS, tool

illustrations = tool("illustrations")
windows = tool("illustrations.windows")
norms = tool("illustrations.norms")
pieces = tool("illustrations.pieces")

import symnet as mx  # noqa: E402

PAGES = TOOLS.parent / "docs" / "operators"
GROUNDS = {*pieces.PASTEL, pieces.PLAIN}

each = pytest.mark.parametrize("file", illustrations.PICTURES)


@each
def test_its_pages_show_it_and_say_what_it_shows(file: str) -> None:
    picture = illustrations.PICTURES[file]
    for name in picture.operators:
        page = (PAGES / f"{name}.md").read_text(encoding="utf-8")
        assert f"![{picture.says}](../images/operators/{file})" in page


def _contrast(colour: str, ground: str) -> float:
    def light(code: str) -> float:
        parts = [int(code[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((light(colour), light(ground)))
    return (high + 0.05) / (low + 0.05)


@each
def test_it_reads_on_light_and_dark_pages(file: str) -> None:
    svg = ElementTree.fromstring(illustrations.PICTURES[file].svg())
    words = {node.get("fill") for node in svg.iter("{http://www.w3.org/2000/svg}text")}
    assert words <= {pieces.GREY, pieces.DARK}  # dark words stand in cells alone
    for line in svg.iter("{http://www.w3.org/2000/svg}polyline"):
        colour = line.get("stroke")
        on_cells = colour == pieces.DARK
        assert on_cells or min(_contrast(colour, page) for page in ("#ffffff", "#131416")) > 3
    assert all(_contrast(pieces.DARK, ground) > 6 for ground in GROUNDS)
    assert float(svg.get("width")) < 600


def test_numbers_that_lie_between_two_are_rounded_alike() -> None:
    assert {pieces.number(0.25 + error) for error in (-1e-15, 0, 1e-15)} == {"0.3"}
    assert pieces.number(-1e-12) == "0"


# -- what they show --------------------------------------------------------------------------------


def test_every_window_is_held_against_the_gradient() -> None:
    wrong = windows.Windows((1, 2, 3, 4, 5), stride=2)

    def layer(data: mx.SymbolicNode) -> mx.SymbolicNode:
        return mx.Pooling(data, kernel=(3,), stride=(1,), pool_type="sum")

    with pytest.raises(AssertionError, match=r"window 1 of .* reads \[1 2 3\], not \[2, 3, 4\]"):
        windows._checked(wrong, layer, 3)


def test_groups_are_those_that_layers_share() -> None:
    groups = norms.shared(mx.BatchNorm, (3, 4, 2, 1))
    assert np.array_equal(groups, np.broadcast_to(np.arange(4)[None, :, None, None], (3, 4, 2, 1)))


def test_a_picture_tells_the_operators_numbers() -> None:
    svg = illustrations.PICTURES["pooling.svg"].svg()
    said = [int(number) for number in re.findall(r">(\d+)</text>", svg)]
    assert said[:8] == [3, 1, 4, 1, 5, 9, 4, 5]  # the data, and the maxima of "valid"
