"""`symnet diff`: what tells networks and weights apart."""

from pathlib import Path

import numpy as np
import pytest

import symnet as mx

CHECKPOINTS = Path(__file__).parent / "golden" / "checkpoints"
NO_DIFFERENCE = ["network: no difference", "arrays: no difference"]


def test_the_same(symnet):
    mlp = CHECKPOINTS / "mlp"
    assert symnet("diff", mlp, mlp) == (0, NO_DIFFERENCE, [])


def test_networks(symnet, tmp_path):
    text = (CHECKPOINTS / "mlp-symbol.json").read_text()
    changed = text.replace('"num_hidden": "6"', '"num_hidden": "7"').replace("relu2", "act2")
    (tmp_path / "net-symbol.json").write_text(changed)
    code, out, _ = symnet("diff", CHECKPOINTS / "mlp-symbol.json", tmp_path / "net-symbol.json")
    assert code == 1
    assert out == [
        "- Node('relu2', Activation(act_type='relu')) of (fc2_output)",
        "+ Node('act2', Activation(act_type='relu')) of (fc2_output)",
        "~ Node('fc2', FullyConnected(num_hidden=6)) of (relu1_output, fc2_weight, fc2_bias) "
        "became Node('fc2', FullyConnected(num_hidden=7)) of (relu1_output, fc2_weight, fc2_bias)",
        "~ Node('fc3', FullyConnected(num_hidden=4)) of (relu2_output, fc3_weight, fc3_bias) "
        "became Node('fc3', FullyConnected(num_hidden=4)) of (act2_output, fc3_weight, fc3_bias)",
        "network: 4 differences",
    ]


def network_without_names():
    return mx.FullyConnected(mx.FullyConnected(mx.Variable("data"), num_hidden=3), num_hidden=2)


def test_names_that_were_made_up(symnet, tmp_path):
    for prefix in ("a", "b"):
        net = network_without_names()
        shapes = net.infer_shape(data=(1, 4))[0]
        arrays = {
            n: mx.ones(s) for n, s in zip(net.list_arguments(), shapes, strict=True) if n != "data"
        }
        mx.save_checkpoint(net, arrays, {}, tmp_path / prefix, 0)
    code, out, _ = symnet("diff", tmp_path / "a", tmp_path / "b")
    assert code == 1
    assert out[0].startswith("only names that were made up differ: fullyconnected")
    assert out[1:] == ["network: 1 difference", "arrays: no difference"]


@pytest.mark.parametrize(
    ("changes", "options", "said"),
    [
        ({}, [], []),
        ({"w": None}, [], ["- w (2, 3)"]),
        ({"new": np.ones(1)}, [], ["+ new (1,)"]),
        ({"w": np.ones((3, 2))}, [], ["~ w: shape (2, 3) became (3, 2)"]),
        ({"b": [1, 2.5, np.nan]}, [], ["~ b: 1 of 3 numbers differ, by 0.5 at most"]),
        ({"b": [1, 2, 3]}, [], ["~ b: 1 of 3 numbers differ, by inf at most"]),
        ({"b": [1, 2.5, np.nan]}, ["--tolerance", "0.5"], []),
    ],
)
def test_arrays(changes, options, said, symnet, tmp_path):
    arrays = {"w": np.ones((2, 3)), "b": [1, 2, np.nan]}
    changed = {name: a for name, a in {**arrays, **changes}.items() if a is not None}
    mx.save(tmp_path / "a.params", {f"arg:{n}": mx.array(a) for n, a in arrays.items()})
    mx.save(tmp_path / "b.safetensors", {n: mx.array(a) for n, a in changed.items()})
    code, out, _ = symnet("diff", tmp_path / "a.params", tmp_path / "b.safetensors", *options)
    assert (code, out[:-1]) == (1 if said else 0, said)


def test_element_types(symnet, tmp_path):
    mx.save(tmp_path / "a.params", {"w": mx.ones(2)})
    mx.save(tmp_path / "b.params", {"w": mx.ones(2, dtype="float16")})
    _, out, _ = symnet("diff", tmp_path / "a.params", tmp_path / "b.params")
    assert out == ["~ w: float32 became float16", "arrays: 1 difference"]


def test_many(symnet, tmp_path):
    mx.save(tmp_path / "a.params", {f"w{place}": mx.ones(1) for place in range(9)})
    mx.save(tmp_path / "b.params", {"w0": mx.ones(1)})
    _, out, _ = symnet("diff", tmp_path / "a.params", tmp_path / "b.params", "--limit", 3)
    assert out[3:] == ["... and 5 more", "arrays: 8 differences"]


def test_a_network_and_arrays(symnet):
    code, _, err = symnet("diff", CHECKPOINTS / "mlp-symbol.json", CHECKPOINTS / "mlp-0003.params")
    assert code == 2
    assert "one is a network and the other are arrays; nothing can be compared" in err[0]


def test_arrays_are_compared_piece_by_piece(symnet, tmp_path, monkeypatch):
    monkeypatch.setattr("symnet.cli._diff._PIECE", 3)
    one, other = np.zeros((4, 2), np.float32), np.zeros((4, 2), np.float32)
    other[1, 1], other[3, 1] = 0.5, -2
    mx.save(tmp_path / "one.params", {"w": mx.array(one), "none": mx.empty((0, 3))})
    mx.save(tmp_path / "other.params", {"w": mx.array(other), "none": mx.empty((0, 3))})
    code, out, _ = symnet("diff", tmp_path / "one.params", tmp_path / "other.params")
    assert code == 1
    assert out == ["~ w: 2 of 8 numbers differ, by 2 at most", "arrays: 1 difference"]


@pytest.mark.parametrize("options", [["--tolerance", -1], ["--tolerance", "nan"], ["--limit", -1]])
def test_wrong_options(options, symnet):
    mlp = CHECKPOINTS / "mlp"
    with pytest.raises(SystemExit, match="2"):
        symnet("diff", mlp, mlp, *options)
