"""The programs in the README run as they stand, each in a folder with the files that it names."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import symnet as mx
from symnet.cli import main

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
FIRST, OPENED, TABLE = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(program: str) -> dict[str, Any]:
    """Run a program as it stands, which gives nothing but the files in the folder."""
    names: dict[str, Any] = {}
    exec(compile(program, "README.md", "exec"), names)
    return names


def small_classifier() -> mx.FeedForward:
    """A network over images that stands for any."""
    net = mx.Convolution(mx.Variable("data"), kernel=(3, 3), num_filter=2, name="conv")
    net = mx.Pooling(net, kernel=(1, 1), global_pool=True, pool_type="avg", name="pool")
    net = mx.FullyConnected(mx.Flatten(net, name="flat"), num_hidden=4, name="fc")
    model = mx.FeedForward(mx.SoftmaxOutput(net, name="softmax"))
    model.init_model(mx.XavierInitializer(), data=(1, 3, 224, 224), softmax_label=(1,))
    return model


def test_the_first_program_learns_its_circle(capsys: pytest.CaptureFixture[str]) -> None:
    mx.srand(0)
    run(FIRST)
    assert float(capsys.readouterr().out.split("right:")[1]) > 0.95


def test_a_model_of_mxnet_is_opened() -> None:
    model = small_classifier()
    mx.save_checkpoint(model, "resnet-18", 0)
    found = run(OPENED)
    images = np.zeros((1, 3, 224, 224), np.float32)
    np.testing.assert_allclose(found["probabilities"], model.predict(images), rtol=1e-5)
    given = torch.from_numpy(images)
    module = found["module"].eval()
    np.testing.assert_allclose(module(given).detach(), model.predict(images), rtol=1e-4)


def test_the_commands_do_what_the_readme_says(empty_folder: Path) -> None:
    cv2 = pytest.importorskip("cv2")
    pytest.importorskip("onnx")
    mx.save_checkpoint(small_classifier(), "resnet-18", 0)
    cv2.imwrite("cat.jpg", np.full((300, 250, 3), 128, np.uint8))
    Path("synset.txt").write_text("cat\ndog\nbird\nfish\n", encoding="utf-8")
    commands = re.findall(r"^symnet (.*?)(?: +#.*)?$", README, re.MULTILINE)
    assert len(commands) == 3
    for command in commands:
        assert main(command.split()) == 0, command
    assert Path("resnet-18.onnx").stat().st_size > 100


def test_a_table_trains(capsys: pytest.CaptureFixture[str]) -> None:
    for package in ("pandas", "sklearn"):
        pytest.importorskip(package)
    pytest.importorskip("matplotlib").use("Agg")
    mx.srand(0)
    found = run(TABLE)
    assert float(capsys.readouterr().out) > 0.9
    assert "validation_accuracy" in found["model"].history_.names


def test_every_block_is_run_here() -> None:
    """Those of Python one by one, and the commands; the rest installs, and makes."""
    kinds = re.findall(r"^```(\w*)\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
    assert [kind for kind, _ in kinds] == ["", "python", "", "python", "python"]
    assert "pip install" in kinds[0][1]
    assert all(line.startswith("symnet ") for line in kinds[2][1].splitlines())
