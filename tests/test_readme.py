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


def run(program: str, **names: Any) -> dict[str, Any]:
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


def test_a_model_of_mxnet_is_opened(empty_folder: Path) -> None:
    model = small_classifier()
    mx.save_checkpoint(model, "resnet-18", 0)
    images = np.random.default_rng(0).normal(size=(2, 3, 224, 224))
    found = run(OPENED, mx=mx, images=images)
    np.testing.assert_allclose(found["probabilities"], model.predict(images), rtol=1e-5)
    module = found["module"].eval()
    given = torch.from_numpy(images.astype("float32"))
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


def test_a_table_trains(empty_folder: Path) -> None:
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("matplotlib")
    random = np.random.default_rng(0)
    numbers = random.normal(size=(300, 4))
    frame = pandas.DataFrame(numbers, columns=["sepal", "petal", "width", "height"])
    frame["species"] = (numbers[:, 0] > 0).astype(int)
    frame.to_csv("table.csv", index=False)
    net = mx.FullyConnected(mx.Variable("data"), num_hidden=3, name="fc")
    model = mx.FeedForward(mx.SoftmaxOutput(net, name="softmax"))
    run(TABLE, mx=mx, model=model, pandas=pandas)
    assert len(model.history) == 20
    assert model.evaluate(frame, "species")["accuracy"] > 0.7
