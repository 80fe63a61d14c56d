"""Properties of the layout, over random graphs."""

from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from symnet.drawing._layout import BoxSize, lay_out
from symnet.drawing._order import count_crossings, order_rows
from symnet.drawing._place import place_points
from symnet.drawing._rows import LayeredGraph, Link, assign_rows, count_pieces, cut_links

STRIP = 15


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[BoxSize], list[Link]]:
    """Boxes of some sizes, and links between them, each from a smaller to a larger number."""
    count = draw(st.integers(1, 14))
    lengths = st.integers(10, 90).map(float)
    sizes = [
        BoxSize(draw(lengths), draw(lengths), draw(st.sampled_from([0.0, 30.0, 120.0])))
        for _ in range(count)
    ]
    pairs = list(combinations(range(count), 2))
    links = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=30)) if pairs else []
    return sizes, links


def rectangles(sizes: list[BoxSize], centres: list[tuple[float, float]]):
    for (width, height, _), (x, y) in zip(sizes, centres, strict=True):
        yield x - width / 2, y - height / 2, x + width / 2, y + height / 2


@given(graph=graphs())
def test_no_two_boxes_overlap_and_all_are_inside(graph) -> None:
    sizes, links = graph
    layout = lay_out(sizes, links, STRIP)
    boxes = list(rectangles(sizes, layout.centres))
    for left, top, right, bottom in boxes:
        assert left >= -0.1
        assert top >= -0.1
        assert right <= layout.width + 0.1
        assert bottom <= layout.height + 0.1
    for one, other in combinations(boxes, 2):
        apart_sideways = one[2] < other[0] or other[2] < one[0]
        assert apart_sideways or one[3] < other[1] or other[3] < one[1]


@given(graph=graphs())
def test_every_link_leads_up_from_box_to_box(graph) -> None:
    sizes, links = graph
    layout = lay_out(sizes, links, STRIP)
    boxes = list(rectangles(sizes, layout.centres))
    for source in range(len(sizes)):
        strokes = layout.lines[source]
        assert all(one[1] >= other[1] for stroke in strokes for one, other in pairwise(stroke))
        ends = {stroke[-1] for stroke in strokes}
        targets = [target for start, target in links if start == source]
        assert ends == {(layout.centres[t][0], boxes[t][3]) for t in targets}
        begins = {stroke[0] for stroke in strokes}
        assert not targets or (layout.centres[source][0], boxes[source][1]) in begins


@given(graph=graphs())
def test_no_line_runs_through_a_box(graph) -> None:
    sizes, links = graph
    layout = lay_out(sizes, links, STRIP)
    for left, top, right, bottom in rectangles(sizes, layout.centres):
        for stroke in (stroke for strokes in layout.lines for stroke in strokes):
            # From even points a line goes straight up; only there it passes rows of boxes.
            for (x, low), (_, high) in zip(stroke[::2], stroke[1::2], strict=True):
                assert not (left < x < right and low > top + 0.1 and high < bottom - 0.1)


@given(graph=graphs())
def test_the_same_graph_gets_the_same_layout(graph) -> None:
    sizes, links = graph
    assert lay_out(sizes, links, STRIP) == lay_out(sizes, list(reversed(links)), STRIP)


@given(graph=graphs())
def test_rows_rise_along_links_and_pieces_join_neighbours(graph) -> None:
    sizes, links = graph
    row_of = assign_rows(len(sizes), links)
    assert all(row_of[source] < row_of[target] for source, target in links)
    rows = cut_links(row_of, links)
    assert rows.pieces() == count_pieces(len(sizes), links)
    for point, ends in enumerate(rows.above):
        assert all(rows.row_of[end] == rows.row_of[point] + 1 for end in ends)
        assert all(point in rows.below[end] for end in ends)


@given(graph=graphs())
def test_sorting_never_adds_crossings(graph) -> None:
    sizes, links = graph
    rows = cut_links(assign_rows(len(sizes), links), sorted(links))
    order = order_rows(rows)
    assert sorted(map(sorted, order)) == sorted(map(sorted, rows.by_row()))
    assert count_crossings(rows, order) <= count_crossings(rows, rows.by_row())


@given(
    lower=st.permutations(range(5)), pairs=st.sets(st.tuples(st.integers(0, 4), st.integers(5, 9)))
)
def test_crossings_are_counted_right(lower: list[int], pairs: set[Link]) -> None:
    above = [[end for start, end in sorted(pairs) if start == point] for point in range(10)]
    below = [[start for start, end in sorted(pairs) if end == point] for point in range(10)]
    rows = LayeredGraph([0] * 5 + [1] * 5, list(range(10)), below, above, 10)
    place = {point: number for number, point in enumerate(lower)}
    naive = sum(
        (place[a] - place[c]) * (b - d) < 0 for (a, b), (c, d) in combinations(sorted(pairs), 2)
    )
    assert count_crossings(rows, [lower, [5, 6, 7, 8, 9]]) == naive


def middles(links: list[Link], widths: list[float]) -> list[float]:
    layout = lay_out([BoxSize(width, 20) for width in widths], links)
    return [x for x, _ in layout.centres]


def test_a_chain_is_straight() -> None:
    assert len(set(middles([(0, 1), (1, 2), (2, 3)], [60, 100, 20, 80]))) == 1


def test_a_trunk_stays_straight_beside_lines_that_pass_it() -> None:
    # Two residual units: 0 → 1 → 2 → 3 and 0 → 3, then 3 → 4 → 5 → 6 and 3 → 6.
    chain = [(number, number + 1) for number in range(6)]
    assert len(set(middles([*chain, (0, 3), (3, 6)], [60] * 7))) == 1


def test_branches_are_balanced() -> None:
    # 0 parts into 1 → 3 and 2 → 4, which meet in 5.
    links = [(0, 1), (0, 2), (1, 3), (2, 4), (3, 5), (4, 5)]
    x = middles(links, [60, 120, 80, 50, 90, 60])
    assert x[0] == pytest.approx(x[5], abs=0.1)
    assert x[0] == pytest.approx((x[1] + x[2]) / 2, abs=0.5)
    assert x[1] == x[3]
    assert x[2] == x[4]


def test_a_late_input_stands_beside_its_step() -> None:
    # A chain 0 → 1 → 2 → 4, and the input 3 → 4: it goes right below 4, not to the bottom.
    assert assign_rows(5, [(0, 1), (1, 2), (2, 4), (3, 4)]) == [0, 1, 2, 2, 3]


def test_order_undoes_a_crossing() -> None:
    rows = cut_links([0, 0, 1, 1], [(0, 3), (1, 2)])
    assert count_crossings(rows, rows.by_row()) == 1
    assert count_crossings(rows, order_rows(rows)) == 0


def test_a_wide_row_keeps_its_order() -> None:
    rows = cut_links([0, 0, 0], [])
    x = place_points(rows, [[2, 0, 1]], [10, 20, 30])
    assert x[2] + 15 < x[0] - 5
    assert x[0] + 5 < x[1] - 10
