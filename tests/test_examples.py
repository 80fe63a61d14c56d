"""The examples run as a user runs them, offline, and train on what data there is."""

import os
import re
import runpy
import subprocess
import sys
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from unittest.mock import patch

import numpy as np
import pytest

import symnet as mx

ROOT = Path(__file__).parent.parent
MNIST = ROOT / "examples" / "mnist"
NOWHERE = "http://127.0.0.1:9"  # a proxy that refuses at once

pytest.importorskip("sklearn.datasets")
pytest.importorskip("pooch")


def run_offline(script: str, *options: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run an example in a folder, whose ``data`` is its data folder, without any network."""
    surroundings = {
        **{name: value for name, value in os.environ.items() if name.lower() != "no_proxy"},
        **dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), NOWHERE),
        "PYTHONPATH": str(ROOT),
        "SYMNET_DATA": str(folder / "data"),
    }
    return subprocess.run(
        [sys.executable, "-W", "error", str(MNIST / script), *options],
        cwd=folder,
        env=surroundings,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )


@pytest.fixture
def run_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """What does the same in this process, which saves the time that importing torch takes."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SYMNET_DATA", str(tmp_path / "data"))

    def run(script: str, *options: str) -> None:
        monkeypatch.setattr(sys, "argv", [script, *options])
        monkeypatch.syspath_prepend(MNIST)
        with patch.dict(sys.modules):
            runpy.run_path(str(MNIST / script), run_name="__main__")

    return run


def accuracy_in(output: str) -> float:
    (percent,) = re.findall(r"^Accuracy on eval set: (\d+\.\d\d)%$", output, re.MULTILINE)
    return float(percent)


def mnist_data() -> ModuleType:
    spec = spec_from_file_location("mnist_data", MNIST / "mnist_data.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["mlp", "lenet"])
def test_an_example_without_data_trains_on_digits(name: str, tmp_path: Path) -> None:
    done = run_offline(f"{name}.py", "--smoke", folder=tmp_path)
    printed = done.stdout.splitlines()
    assert printed[0] == "cannot download MNIST; tried"
    assert (
        "Not the full MNIST: training on the first 1500 images of scikit-learn's digits, "
        "evaluating on the other 297."
    ) in printed
    assert accuracy_in(done.stdout) == pytest.approx(50, abs=50)
    checkpoints = tmp_path / "checkpoints"
    assert sorted(path.name for path in checkpoints.iterdir()) == [
        f"{name}-0001.params",
        f"{name}-symbol.json",
    ]
    logged = [line for line in done.stderr.splitlines() if line.startswith("INFO")]
    assert logged[0] == "INFO: Start training on [CPU0]"
    assert logged[-1] == f"INFO: Saved checkpoint to 'checkpoints/{name}-0001.params'"
    symbol = mx.load(checkpoints / f"{name}-symbol.json")
    assert symbol.list_outputs() == ["softmax_output"]


@pytest.mark.parametrize("name", ["mlp", "lenet"])
def test_an_example_says_what_it_can(
    name: str, run_here: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match=r"^0$"):
        run_here(f"{name}.py", "--help")
    text = capsys.readouterr().out
    lr = {"mlp": "0.1", "lenet": "0.05"}[name]
    for line in (r"--epochs EPOCHS .*\(default: 20\)", rf"--lr LR .*\(default: {lr}\)", "--smoke "):
        assert re.search(line, text), line


def write_mnist(folder: Path, *, train: int, test: int, label: int) -> None:
    """Write files like those of MNIST, in which every image is the same digit."""
    folder.mkdir(exist_ok=True)
    random = np.random.default_rng(0)
    for part, count in (("train", train), ("t10k", test)):
        if count:
            images = random.integers(0, 256, (count, 28, 28), dtype=np.uint8)
            mx.write_idx(folder / f"{part}-images-idx3-ubyte", images)
            mx.write_idx(folder / f"{part}-labels-idx1-ubyte", np.full(count, label))


def test_an_example_with_data_at_hand_trains_on_it(
    tmp_path: Path, run_here: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    write_mnist(tmp_path / "data", train=200, test=60, label=7)
    run_here("mlp.py", "--batch-size", "20", "--epochs", "2", "--checkpoints", "kept")
    # nothing of a smaller set, and the digit is always a 7
    assert capsys.readouterr().out == "Accuracy on eval set: 100.00%\n"
    assert [path.name for path in (tmp_path / "kept").glob("*.params")] == ["mlp-0002.params"]


def test_the_test_set_alone_is_divided(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module = mnist_data()
    monkeypatch.setattr(module, "TRAIN_OF_TEST", 40)
    write_mnist(tmp_path, train=0, test=60, label=3)
    train, evaluation = module.get_mnist_providers(20, flat=False, data_dir=tmp_path)
    assert capsys.readouterr().out == (
        "Not the full MNIST: training on the first 40 images of MNIST's test set, "
        "evaluating on the other 20.\n"
    )
    written = mx.read_idx(tmp_path / "t10k-images-idx3-ubyte", axes=3)[:, None] / 256
    seen = [
        np.concatenate([b.get_data()[0].asnumpy() for b in each]) for each in (train, evaluation)
    ]
    assert sorted(seen[0].sum(axis=(1, 2, 3))) == sorted(written[:40].sum(axis=(1, 2, 3)))
    assert seen[0].tolist() != written[:40].tolist()  # shuffled
    np.testing.assert_array_equal(seen[1], written[40:])


def test_digits_look_like_those_of_mnist() -> None:
    """28 × 28 bytes with a dark border, and the digits of scikit-learn in the middle."""
    images, labels = mnist_data()._digits()
    assert images.shape == (1797, 28, 28)
    assert images.dtype == np.uint8
    assert (images.min(), images.max()) == (0, 255)
    assert images[:, :2].max() == images[:, :, -2:].max() == 0
    assert sorted(set(labels)) == list(range(10))
