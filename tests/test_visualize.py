"""Pictures of networks: the dot text, the SVG, and how both treat what users give them."""

import re
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tool_modules import tool
from torch import Tensor

import symnet as mx
from symnet.drawing._text import clean, shorten, width_of
from symnet.operators.contract import Input, Operator, param
from symnet.operators.dispatch import operator_function

tool_pictures = tool("pictures")
generated = tool("generated")

SVG = "{http://www.w3.org/2000/svg}"


def mlp2() -> mx.SymbolicNode:
    network = mx.FullyConnected(mx.Variable("data"), name="fc1", num_hidden=1000)
    network = mx.Activation(network, name="relu1", act_type="relu")
    return mx.FullyConnected(network, name="fc2", num_hidden=10)


# -- dot -------------------------------------------------------------------------------------------

_FIXED = 'shape=box,fixedsize=true,width=1.3,height=0.8034,style="rounded,filled",penwidth=2'
_RED = f'{_FIXED},fillcolor="#fb8072",color="#941305"'
_YELLOW = f'{_FIXED},fillcolor="#ffffb3",color="#999900"'
_LINE = 'dir=back,arrowtail=open,color="#737373"'

MLP2_DOT = f"""digraph "Network Visualization" {{
node [fontsize=10];
edge [fontsize=10];
"fc1"  [label="fc1\\nFullyConnected\\nnum_hidden=1000",{_RED}];
"relu1"  [label="relu1\\nActivation\\nact_type=relu",{_YELLOW}];
"fc2"  [label="fc2\\nFullyConnected\\nnum_hidden=10",{_RED}];
"relu1" -> "fc1"  [{_LINE}];
"fc2" -> "relu1"  [{_LINE}];
}}
"""


def test_dot_of_the_perceptron() -> None:
    assert mx.to_graphviz(mlp2()) == MLP2_DOT


@pytest.mark.parametrize(
    ("network", "fixed"),
    [
        (lambda x: mx.FullyConnected(x, num_hidden=10, name="a" * 15), True),
        (lambda x: mx.FullyConnected(x, num_hidden=10, name="a" * 16), False),
        (lambda x: mx.Convolution(x, kernel=(3, 3), num_filter=8), True),
        (lambda x: mx.Convolution(x, kernel=(3, 3), num_filter=8, pad=(1, 1)), False),
    ],
)
def test_a_box_of_dot_grows_where_its_text_needs_that(network, fixed) -> None:
    text = mx.to_graphviz(network(mx.Variable("data")))
    assert ("fixedsize=true" in text) == fixed


@pytest.mark.parametrize("shapes", [{"data": (100, 784)}, [(100, 784)], [(100, 784), None]])
def test_dot_with_shapes(shapes: object) -> None:
    text = mx.to_graphviz(mlp2(), title="MLP", input_shapes=shapes)
    assert text.startswith('digraph "MLP" {\n')
    assert f'"fc2" -> "relu1"  [{_LINE},label="(1000)"];' in text


def drawn_boxes(network: mx.SymbolicNode) -> dict[str, str]:
    """Labels of the boxes, and for each its fill colour."""
    found = re.findall(
        r'label="(.*?)",shape.*?fillcolor="(.*?)",color="(.*?)"', mx.to_graphviz(network)
    )
    return {label: f"{fill}/{edge}" for label, fill, edge in found}


def test_a_new_operator_is_drawn_as_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("symnet.operators.contract.OPERATORS", {})

    class Gain(Operator):
        """The data, times a number."""

        family = "weighted"
        data = Input("Any shape.")
        by: float = param("The number.", default=2.0)

        def forward(self, data: Tensor) -> Tensor:
            return data * self.by

        def details(self) -> dict[str, object]:
            return {"gain": self.by}

    network = operator_function(Gain)(mx.Variable("x"), name="g", by=3)
    assert drawn_boxes(network) == {r"g\nGain\ngain=3.0": "#fb8072/#941305"}


def test_dot_labels_and_colours() -> None:
    data = mx.Variable("data")
    with mx.NameManager():
        network = mx.Convolution(data, kernel=(5, 3), num_filter=20, name="conv")
        network = mx.Pooling(network, pool_type="max", kernel=(2, 2), stride=(2, 1), name="pool")
        network = mx.Flatten(mx.BatchNorm(network, name="bn"), name="flat") + data
        network = mx.Deconvolution(network, kernel=(2, 2), num_filter=1, name="up")
        network = mx.SoftmaxOutput(network, name="softmax")
        network = mx.Group(network, mx.BlockGrad(data, name="stop"), data)
    assert drawn_boxes(network) == {
        "data": "#8dd3c7/#245b51",
        r"conv\nConvolution\nkernel=(5,3)\nnum_filter=20": "#fb8072/#941305",
        r"pool\nPooling\npool_type=max\nkernel=(2,2)\nstride=(2,1)": "#80b1d3/#275372",
        r"bn\nBatchNorm": "#bebada/#3b3564",
        r"flat\nFlatten": "#fdb462/#975102",
        r"_plus0\n_Plus": "#fccde5/#90094e",
        r"up\nDeconvolution\nkernel=(2,2)\nnum_filter=1": "#fccde5/#90094e",
        r"softmax\nSoftmaxOutput": "#b3de69/#597d1c",
        r"stop\nBlockGrad": "#b3de69/#597d1c",
    }


def test_dot_takes_the_shape_of_the_output_that_is_read() -> None:
    parts = mx.SliceChannel(mx.Variable("data"), num_outputs=2, name="parts")
    text = mx.to_graphviz(mx.exp(parts[1], name="e"), input_shapes={"data": (5, 6, 7)})
    assert f'"e" -> "parts"  [{_LINE},label="(3,7)"];' in text


def test_dot_keeps_nodes_of_one_name_apart() -> None:
    first = mx.exp(mx.Variable("data"), name="twice")
    text = mx.to_graphviz(mx.log(first, name="twice"))
    assert text.count('label="twice\\n') == 2
    assert '"twice (2)" -> "twice"' in text


def test_dot_escapes() -> None:
    text = mx.to_graphviz(mx.Variable('a "b"\n\\c'), title='"')
    assert text.startswith('digraph "\\"" {')
    assert '"a \\"b\\"\\n\\\\c"  [' in text


# -- what is given ---------------------------------------------------------------------------------

DRAWINGS = [mx.to_graphviz, mx.to_svg]


@pytest.mark.parametrize("draw", DRAWINGS)
def test_wrong_shapes_are_told(draw) -> None:
    with pytest.raises(mx.ArgumentError, match=r"no argument 'dato'; did you mean 'data'\?"):
        draw(mlp2(), input_shapes={"dato": (1, 2)})
    with pytest.raises(mx.ArgumentError, match="6 shapes for 5 arguments"):
        draw(mlp2(), input_shapes=[None] * 6)
    with pytest.raises(mx.ShapeError, match=r"FullyConnected 'fc1': weight should have shape"):
        draw(mlp2(), input_shapes={"data": (1, 2), "fc1_weight": (3, 4)})
    with pytest.raises(
        mx.MXError, match=r"FullyConnected 'fc1': the shape of data .* is not known"
    ):
        draw(mlp2(), input_shapes={})
    with pytest.raises(mx.ArgumentError, match=r"must be a symbol, got 3; that of a FeedForward"):
        draw(3)


def test_fewest_boxes() -> None:
    with pytest.raises(mx.ArgumentError, match="most_boxes must be at least 3, got 2"):
        mx.to_svg(mlp2(), most_boxes=2)


# -- GraphViz --------------------------------------------------------------------------------------


def test_plot_network_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "net.svg"
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "graphviz", None)
        with pytest.raises(mx.ArgumentError, match=r"pip install graphviz; mx.to_svg"):
            mx.plot_network(mlp2(), path)
    pytest.importorskip("graphviz")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(mx.ArgumentError, match=r"program dot was not found: apt install graphviz"):
        mx.plot_network(mlp2(), path)
    with pytest.raises(mx.ArgumentError, match=r"must end in .svg, .png, .pdf, got 'net'"):
        mx.plot_network(mlp2(), "net")
    assert list(tmp_path.iterdir()) == []


def test_plot_network_writes_what_dot_draws(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("graphviz")
    program = tmp_path / "bin" / "dot"  # a stand-in that returns what it is given
    program.parent.mkdir()
    program.write_text('#!/bin/sh\necho "$@"\nexec /bin/cat\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))
    mx.plot_network(mlp2(), tmp_path / "net.PNG")
    arguments, _, text = (tmp_path / "net.PNG").read_text().partition("\n")
    assert "-Tpng" in arguments
    assert text == MLP2_DOT


def test_plot_network_tells_what_dot_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("graphviz")
    program = tmp_path / "dot"
    program.write_text("#!/bin/sh\necho too large >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(mx.MXError, match=r"plot_network: dot failed: too large; mx.to_svg"):
        mx.plot_network(mlp2(), tmp_path / "net.png")
    assert not (tmp_path / "net.png").exists()


# -- SVG -------------------------------------------------------------------------------------------


def boxes_of(text: str) -> dict[str, str]:
    """The name of each box and what is told of it."""
    found = {}
    for group in ElementTree.fromstring(text).iter(f"{SVG}g"):
        if group.find(f"{SVG}rect") is not None:
            lines = group.findall(f"{SVG}text")
            found[lines[0].text or ""] = group.findtext(f"{SVG}title") or ""
    return found


def test_svg_shows_boxes_shapes_and_title() -> None:
    text = mx.to_svg(mlp2(), "A perceptron", {"data": (100, 784)})
    root = ElementTree.fromstring(text)
    shown = [element.text for element in root.iter(f"{SVG}text")]
    assert shown == [
        "A perceptron",
        *("data", "(784)"),
        *("fc1", "FullyConnected", "num_hidden=1000", "(1000)"),
        *("relu1", "Activation", "act_type=relu", "(1000)"),
        *("fc2", "FullyConnected", "num_hidden=10", "(10)"),
    ]
    assert root.findtext(f"{SVG}title") == "A perceptron"
    assert boxes_of(text)["fc2"] == (
        "fc2: FullyConnected(num_hidden=10)\ndata: relu1_output (100, 1000)\n"
        "weight: fc2_weight (10, 1000)\nbias: fc2_bias (10,)\ngives fc2_output (100, 10)"
    )
    told = [path.findtext(f"{SVG}title") for path in root.iter(f"{SVG}g")]
    assert "relu1_output (100, 1000)" in told


def test_svg_draws_the_inputs_at_the_bottom() -> None:
    root = ElementTree.fromstring(mx.to_svg(mlp2()))
    heights = [float(rect.attrib["y"]) for rect in root.iter(f"{SVG}rect")]
    assert heights == sorted(heights, reverse=True)


def test_notebooks_show_a_symbol_as_svg() -> None:
    shown = mx.Variable("data", shape=(4, 6)) * 2
    root = ElementTree.fromstring(shown._repr_svg_())
    assert [element.text for element in root.iter(f"{SVG}text")].count("(6)") == 2


def test_notebooks_show_a_symbol_whose_shapes_do_not_fit() -> None:
    data = mx.Variable("data", shape=(4, 6))
    network = mx.FullyConnected(data=data, weight=mx.Variable("w", shape=(1, 1)), num_hidden=2)
    with pytest.raises(mx.ShapeError):
        network.infer_shape()
    assert ElementTree.fromstring(network._repr_svg_()).tag == f"{SVG}svg"


@given(name=st.text(min_size=1, max_size=60), title=st.text(max_size=60))
def test_hostile_names_are_escaped(name: str, title: str) -> None:
    network = mx.exp(mx.Variable(name), name=name)
    text = mx.to_svg(network, title)
    root = ElementTree.fromstring(text.encode("utf-8"))
    told = [group.findtext(f"{SVG}title") or "" for group in root.iter(f"{SVG}g")]
    # XML reads a carriage return as a new line.
    wanted = clean(name).replace("\r\n", "\n").replace("\r", "\n")
    assert any(each.startswith(f"{wanted}: exp()") for each in told)
    assert {element.tag for element in root.iter()} <= {
        f"{SVG}{tag}" for tag in ("svg", "g", "title", "text", "rect", "path")
    }


def test_long_names_are_shortened() -> None:
    name = "a" * 3000 + "_z"
    text = mx.to_svg(mx.exp(mx.Variable("data"), name=name))
    (shown,) = [each for each in boxes_of(text) if each != "data"]
    assert shown.startswith("aaa")
    assert shown.endswith("a_z")
    assert "…" in shown
    assert float(ElementTree.fromstring(text).attrib["width"]) < 300


@given(text=st.text(max_size=80), room=st.integers(12, 300))
def test_shortened_text_fits(text: str, room: int) -> None:
    short = shorten(text, room, 10)
    assert width_of(short, 10) <= room
    assert short == text or "…" in short


# -- the documentation's pictures ------------------------------------------------------------------


def test_pictures_are_current() -> None:
    stale = generated.stale(tool_pictures.files(), tool_pictures.FOLDER.rglob("*.svg"))
    assert not stale, f"run tools/pictures.py: {[path.name for path in stale]}"


def test_pictures_are_shown() -> None:
    page = (generated.ROOT / "docs" / "visualization.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"\]\(images/(.*?)\)", page))
    assert shown == {f"{name}.svg" for name in tool_pictures.NETWORKS}
