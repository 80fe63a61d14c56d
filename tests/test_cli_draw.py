"""`symnet draw`: pictures of networks."""

import shutil
from pathlib import Path

import pytest

import symnet as mx

CHECKPOINTS = Path(__file__).parent / "golden" / "checkpoints"


def test_svg(symnet, tmp_path):
    path = tmp_path / "net.svg"
    shape = ["--shape", "data=1,1,12,12"]
    assert symnet("draw", CHECKPOINTS / "lenet", path, *shape) == (0, [str(path)], [])
    network = mx.load(CHECKPOINTS / "lenet-symbol.json")
    assert path.read_text() == mx.to_svg(network, "lenet", {"data": (1, 1, 12, 12)})


def test_folded_svg(symnet, tmp_path):
    path = tmp_path / "net.svg"
    symnet("draw", CHECKPOINTS / "lenet", path, "--most-boxes", 4, "--title", "Folded")
    assert path.read_text().count("<rect") <= 4
    assert "<title>Folded</title>" in path.read_text()


def test_dot(symnet, tmp_path):
    path = tmp_path / "net.dot"
    assert symnet("draw", CHECKPOINTS / "mlp-symbol.json", path)[0] == 0
    network = mx.load(CHECKPOINTS / "mlp-symbol.json")
    assert path.read_text() == mx.to_graphviz(network, "mlp-symbol.json")


def test_the_options_of_the_functions(symnet, tmp_path):
    path = tmp_path / "net.dot"
    how = ["--full", "--direction", "right"]
    assert symnet("draw", CHECKPOINTS / "lenet", path, *how)[0] == 0
    network = mx.load(CHECKPOINTS / "lenet-symbol.json")
    assert path.read_text() == mx.to_graphviz(network, "lenet", fold=False, direction="right")
    assert symnet("draw", CHECKPOINTS / "lenet", path, "--most-boxes", 4)[0] == 0
    assert path.read_text() == mx.to_graphviz(network, "lenet", most_boxes=4)
    assert "dashed" in path.read_text()


def test_png(symnet, tmp_path):
    pytest.importorskip("graphviz")
    path = tmp_path / "net.png"
    code, _, err = symnet("draw", CHECKPOINTS / "mlp", path)
    if shutil.which("dot"):
        assert path.read_bytes().startswith(b"\x89PNG")
    else:
        assert code == 2
        assert "needs GraphViz, whose program dot was not found" in err[0]


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("net.gif", [], "a picture ends in .svg, .png, .pdf, .dot, to say what it is"),
    ],
)
def test_what_cannot_be_drawn(name, options, said, symnet, tmp_path):
    code, _, err = symnet("draw", CHECKPOINTS / "mlp", tmp_path / name, *options)
    assert code == 2
    assert said in err[0]
    assert not (tmp_path / name).exists()
