"""How large networks are folded: repeats, chains, branches and neighbours; names at last."""

import re
from collections.abc import Callable
from itertools import pairwise
from xml.etree import ElementTree

import pytest
import unrolled
import whole_networks
from hypothesis import given
from hypothesis import strategies as st
from tool_modules import tool

import symnet as mx
from symnet.drawing._fold import fold
from symnet.drawing._sequence import in_order, live_values

tool_pictures = tool("pictures")

SVG = "{http://www.w3.org/2000/svg}"
X = mx.Variable


def lines_of(text: str) -> dict[str, list[str]]:
    """The lines of each box by its name: what stands below it."""
    found = {}
    for group in ElementTree.fromstring(text).iter(f"{SVG}g"):
        if group.find(f"{SVG}rect") is not None:
            name, *lines = [element.text or "" for element in group.findall(f"{SVG}text")]
            found[name] = lines
    return found


def notes(text: str) -> list[str]:
    found = [element.text or "" for element in ElementTree.fromstring(text).iter(f"{SVG}text")]
    return [line for line in found if "boxes" in line]


def conv(net: mx.SymbolicNode, filters: int, name: str, size: int = 3) -> mx.SymbolicNode:
    pad = (size // 2, size // 2)
    return mx.Convolution(net, kernel=(size, size), pad=pad, num_filter=filters, name=name)


def relu(net: mx.SymbolicNode, name: str) -> mx.SymbolicNode:
    return mx.Activation(net, act_type="relu", name=name)


# -- repeats ---------------------------------------------------------------------------------------


def test_units_of_a_residual_network_become_one_box() -> None:
    network, shapes = tool_pictures.residual(units=6)
    assert len(lines_of(mx.to_svg(network, input_shapes=shapes, fold=False))) == 2 + 6 * 7 + 2
    folded = mx.to_svg(network, input_shapes=shapes)
    assert notes(folded) == ["46 nodes in 5 boxes"]
    told = lines_of(folded)
    # The sum at the end of a unit has an automatic name.
    assert list(told) == ["data", "conv0", "stage1_unit1 … stage1_unit6", "fc1", "softmax"]
    assert told["stage1_unit1 … stage1_unit6"] == [
        *("×6, of 7 operators each", "2 × BatchNorm", "2 × Activation", "2 × Convolution"),
        *("_Plus", "(16,32,32)"),
    ]


def test_a_picture_within_the_limit_is_not_folded() -> None:
    network, _ = tool_pictures.residual(units=2)
    assert notes(mx.to_svg(network)) == []
    assert len(lines_of(mx.to_svg(network, most_boxes=12))) == 5


def test_names_play_no_part() -> None:
    network = X("data")
    for number in range(30):
        network = relu(
            conv(network, 8, f"{number}-{number * 7919 % 101}"), f"x{number % 7}-{number}"
        )
    assert list(lines_of(mx.to_svg(network)).values())[1] == [
        *("×30, of 2 operators each", "Convolution (3,3) 8 pad=(1,1)", "Activation relu")
    ]


def test_other_parameters_are_another_block() -> None:
    network = X("data")
    for number, filters in enumerate([8] * 12 + [16] * 12):
        network = relu(conv(network, filters, f"c{number}"), f"r{number}")
    told = lines_of(mx.to_svg(network))
    assert list(told) == ["data", "c0 … r11", "c12 … r23"]
    assert {lines[0] for lines in told.values() if lines} == {"×12, of 2 operators each"}


def test_the_first_unit_that_fits_the_data_stands_apart() -> None:
    network, shapes = tool_pictures.resnet()
    told = lines_of(mx.to_svg(network, "ResNet-50", shapes))
    times = [lines[0] for lines in told.values() if lines and lines[0].startswith("×")]
    assert times == [f"×{units}, of 10 operators each" for units in (2, 3, 5, 2)]
    assert {f"stage{stage}_unit1_sc" for stage in (1, 2, 3, 4)} <= told.keys()
    assert len(told) <= 40


@pytest.mark.parametrize("steps", [20, 35])
def test_steps_of_an_lstm_become_one_box_and_so_do_their_inputs(steps: int) -> None:
    network, shapes = tool_pictures.lstm(steps=steps)
    told = lines_of(mx.to_svg(network, input_shapes=shapes))
    assert told[f"ptb_data_2 … {steps}"] == [f"{steps - 1} inputs", "(128)"]
    assert any(
        lines[0] == f"×{steps - 1}, of 16 operators each" for lines in told.values() if lines
    )
    assert {"ptb_l1_init_c", "ptb_l1_init_h", "ptb_l1_last_c"} <= told.keys()


def test_a_step_that_is_wired_otherwise_is_no_repeat() -> None:
    network, before = X("data"), X("other")
    for number in range(24):
        second = before if number % 2 else network
        network, before = mx.exp(network, name=f"e{number}") + second, network
    # Every other step reads the step before the last: two steps make a round.
    told = lines_of(mx.to_svg(network))
    assert [lines[0] for lines in told.values() if lines and "×" in lines[0]] == [
        "×12, of 4 operators each"
    ]


def test_what_stands_side_by_side_is_no_repeat() -> None:
    data = X("data")
    branches = [relu(conv(data, 8, f"c{number}"), f"r{number}") for number in range(4)]
    told = lines_of(mx.to_svg(mx.Concat(*branches, name="all"), most_boxes=8))
    assert list(told) == ["data", *(f"c{n} … r{n}" for n in range(4)), "all"]
    told = lines_of(mx.to_svg(mx.Concat(*branches, name="all"), most_boxes=4))
    assert told["c0 … r3"][0] == "×4 side by side, of 2 operators each"


# -- chains and branches ---------------------------------------------------------------------------


def test_chains_that_occur_again_become_one_box_each() -> None:
    network = X("data")
    for number in range(1, 17):
        network = relu(conv(network, 8 * number, f"c{number}"), f"r{number}")
        if number % 2:
            network = mx.Flatten(mx.exp(network, name=f"e{number}"), name=f"f{number}")
            network = mx.expand_dims(network, axis=1, name=f"d{number}")
    told = lines_of(mx.to_svg(network))
    assert told["c16 … r16"] == ["Convolution (3,3) 128 pad=(1,1)", "Activation relu"]


def test_branches_become_one_box() -> None:
    network = X("data")
    for number in range(1, 9):
        left = conv(conv(network, number, f"b{number}_a"), 2 * number, f"b{number}_b")
        right = mx.Pooling(mx.exp(network, name=f"b{number}_c"), kernel=(1, 1), name=f"b{number}_d")
        network = mx.Concat(left, conv(right, number, f"b{number}_e"), name=f"b{number}_f")
    told = lines_of(mx.to_svg(network, most_boxes=9))
    assert list(told) == ["data", *(f"b{number}" for number in range(1, 9))]
    assert told["b3"][:2] == ["6 operators in 2 branches", "3 × Convolution"]


def test_an_output_inside_stays_outside_of_chains() -> None:
    network, outputs = X("data"), []
    for number in range(1, 25):
        network = conv(network, number, f"c{number}")
        outputs.append(network)
        network = relu(network, f"r{number}")
    told = lines_of(mx.to_svg(mx.Group(network, outputs[4])))
    assert told["c6 … r6"]
    assert "c5" in told


# -- where structure says nothing ------------------------------------------------------------------

FUNCTIONS = (mx.exp, mx.log, mx.sin, mx.cos, mx.sqrt, mx.square, mx.abs, mx.sign)


def without_structure(count: int, name: Callable[[int], str]) -> mx.SymbolicNode:
    """Operators in an order in which no pair occurs twice as a chain: all read what came before."""
    values = [X("x")]
    for number in range(count):
        function = FUNCTIONS[number * number * 7 % 11 % len(FUNCTIONS)]
        one = function(values[-1], name=name(number))
        values.append(mx.ElementWiseSum(one, *values[-3:], name=f"{name(number)}_sum"))
    return values[-1]


def test_names_decide_at_last() -> None:
    network = without_structure(60, lambda number: f"part{number // 10}_n{number}")
    told = lines_of(mx.to_svg(network, most_boxes=9))
    assert list(told)[-6:] == [f"part{number}" for number in range(6)]


def test_without_structure_and_prefixes_the_ends_are_shown() -> None:
    network = without_structure(60, lambda number: f"n{number}")
    text = mx.to_svg(network, most_boxes=7)
    assert [name for name in lines_of(text) if name.startswith("… ")]
    assert notes(text) == ["121 nodes in 7 boxes"]


def test_many_lines_make_fewer_boxes() -> None:
    values = [X("x")]
    for _ in range(90):
        values.append(mx.ElementWiseSum(*values))
    assert len(lines_of(values[-1]._repr_svg_())) <= 40


# -- whatever is folded ----------------------------------------------------------------------------


@st.composite
def networks(draw: st.DrawFn) -> mx.SymbolicNode:
    """Networks of operators of one to four inputs, some made of repeats."""
    values = [X("a"), X("b")]
    for _ in range(draw(st.integers(1, 6))):
        block = draw(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 4)), max_size=5))
        for _ in range(draw(st.integers(1, 5))):
            for kind, back in block:
                function = (mx.exp, mx.sin, mx.ElementWiseSum)[kind]
                read = values[-back:] if kind == 2 else values[-min(back, len(values)) :][:1]
                values.append(function(*read))
    return mx.Group(*values[-draw(st.integers(1, 3)) :])


@given(network=networks(), most=st.integers(3, 30))
def test_groups_are_all_nodes_in_an_order_that_can_be_drawn(
    network: mx.SymbolicNode, most: int
) -> None:
    nodes = network.graph.nodes
    groups = fold(network.graph, nodes, most)
    assert len(groups) <= max(most, 3)
    place = {node: number for number, group in enumerate(groups) for node in group.nodes}
    assert sorted(map(id, place)) == sorted(map(id, nodes))
    assert sum(len(group.nodes) for group in groups) == len(nodes)
    for node in nodes:
        assert all(place[value.node] <= place[node] for value in node.inputs)
    for group in groups:
        size = len(group.nodes) // group.times
        for number in range(size):
            assert len({type(node.op) for node in group.nodes[number::size]}) == 1


@given(network=networks())
def test_every_repeat_is_one(network: mx.SymbolicNode) -> None:
    groups = fold(network.graph, network.graph.nodes, 5)
    for group in (group for group in groups if group.times > 1 and not group.beside):
        size = len(group.nodes) // group.times
        rounds = [group.nodes[n * size : (n + 1) * size] for n in range(group.times)]
        for before, after in pairwise(rounds):
            assert any(value.node in before for node in after for value in node.inputs)
            for one, other in zip(before, after, strict=True):
                inside = [
                    {own.index(v.node) for v in node.inputs if v.node in own}
                    for node, own in ((one, before), (other, after))
                ]
                assert inside[0] == inside[1]


@given(network=networks())
def test_the_order_puts_inputs_before_users(network: mx.SymbolicNode) -> None:
    operators = [node for node in network.graph.nodes if node.op is not None]
    heads = [value.node for value in network.graph.outputs if value.node.op is not None]
    order = in_order(operators, heads)
    assert sorted(map(id, order)) == sorted(map(id, operators))
    place = {node: number for number, node in enumerate(order)}
    assert all(place.get(v.node, -1) < place[node] for node in order for v in node.inputs)


def test_live_values() -> None:
    first = mx.exp(X("x"))
    network = mx.sin(first) + first
    assert live_values([[node] for node in network.graph.nodes if node.op]) == [0, 1, 2, 0]


GALLERY = {
    **whole_networks.NETWORKS,
    "lstm": unrolled.Unrolled(steps=32, layers=2).network(),
    "two ways": unrolled.Unrolled(steps=12, layers=2, backwards=True).network(),
}


@pytest.mark.parametrize("name", GALLERY)
def test_pictures_of_whole_networks_are_small(name: str) -> None:
    svg = mx.to_svg(GALLERY[name])
    assert len(lines_of(svg)) <= 40
    assert not re.search(r">… \d", svg)
    assert mx.to_graphviz(GALLERY[name]).count("shape=box") <= 40
    assert mx.to_graphviz(GALLERY[name], fold=False).count("shape=box") == len(
        [node for node in GALLERY[name].graph.nodes if node.op is not None]
    )


# -- dot, and the other direction ------------------------------------------------------------------


def test_dot_of_a_folded_network() -> None:
    network, shapes = tool_pictures.residual(units=6)
    text = mx.to_graphviz(network, "Units", shapes)
    assert 'label="Units";\nlabelloc=t;\n' in text
    assert r'"stage1_unit1 … stage1_unit6"  [label="stage1_unit1 … stage1_unit6\n×6, of 7' in text
    assert text.count('-> "conv0"') == 1
    assert text.count(" -> ") == 3
    assert "dashed" not in mx.to_graphviz(network, fold=False)


def test_from_left_to_right() -> None:
    network = relu(conv(X("data"), 8, "c"), "r")
    root = ElementTree.fromstring(mx.to_svg(network, direction="right"))
    rects = [rect.attrib for rect in root.iter(f"{SVG}rect")]
    left = [float(rect["x"]) for rect in rects]
    assert left == sorted(left)
    assert len({float(rect["y"]) + float(rect["height"]) / 2 for rect in rects}) == 1
    assert "rankdir=RL;" in mx.to_graphviz(network, direction="right")
    for draw in (mx.to_svg, mx.to_graphviz):
        with pytest.raises(
            mx.ArgumentError, match="direction must be one of 'up', 'right', got 'd"
        ):
            draw(network, direction="down")
