"""Prefixes of checkpoints say how files begin: a folder alone is none."""

import numpy as np
import pytest

import symnet as mx
from symnet.cli import main

FOLDERS = ["run/", "run//", ".", "run/..", "", "~", "memory://models/"]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """An empty folder to work in, with a folder ``run``."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run").mkdir()
    return tmp_path


def network():
    layer = mx.FullyConnected(mx.Variable("data"), num_hidden=2)
    return mx.SoftmaxOutput(layer, name="softmax")


def resumed(prefix):
    data = mx.ArrayDataProvider(np.zeros((4, 3)), np.zeros(4), batch_size=2)
    mx.FeedForward(network()).fit(mx.SGD(), data, n_epoch=1, resume=prefix, verbose=0)


@pytest.mark.parametrize("prefix", FOLDERS)
@pytest.mark.parametrize(
    "use",
    [
        mx.do_checkpoint,
        mx.ModelCheckpoint,
        lambda prefix: mx.save_checkpoint(network(), {}, {}, prefix, 1),
        lambda prefix: mx.load_checkpoint(prefix, 1),
        resumed,
    ],
)
def test_a_folder_is_no_prefix(use, prefix, folder):
    wanted = "is a folder: a prefix says how the files in it begin, as '.*net' does|an empty text"
    with pytest.raises(mx.ArgumentError, match=wanted):
        use(prefix)
    assert [path.name for path in folder.rglob("*")] == ["run"]


@pytest.mark.parametrize(
    "command",
    [
        ["predict", "run/", "1", "rows.npy"],
        ["verify", "run/"],
        ["summary", "run/"],
        ["draw", "run/", "net.svg"],
        ["convert", "run/", "net.safetensors"],
        ["diff", "run/", "run/"],
        ["im2rec", "run/", "run", "--list"],
    ],
)
def test_commands_refuse_a_folder_for_a_prefix(command, capsys):
    assert main(command) == 2
    said = capsys.readouterr().err
    assert said.startswith("symnet: ")
    assert "run/" in said
    assert "is a folder" in said


@pytest.mark.parametrize("command", ["predict", "verify", "summary"])
def test_commands_tell_a_folder(command, capsys):
    assert main([command, "run", *["1", "rows.npy"][: 2 * (command == "predict")]]) == 2
    assert "(run is a folder: say how the files in it begin)" in capsys.readouterr().err


def test_a_prefix_may_look_like_a_folder_that_is_there(folder):
    mx.save_checkpoint(network(), {}, {}, folder / "run", 1)
    assert sorted(path.name for path in folder.iterdir()) == [
        "run",
        "run-0001.params",
        "run-symbol.json",
    ]
    assert main(["verify", "run"]) == 1  # it has no weights
    assert main(["summary", "run"]) == 0
