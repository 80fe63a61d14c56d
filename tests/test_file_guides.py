"""The guides to files, images, ONNX and PyTorch run from their first block to their last."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx_files import run_onnx

import symnet as mx
from symnet.onnx import CONVERTERS

GUIDES = Path(__file__).parent.parent / "docs"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    def run(guide: str, count: int) -> dict[str, Any]:
        monkeypatch.chdir(tmp_path)
        text = (GUIDES / guide).read_text(encoding="utf-8")
        blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
        assert len(blocks) == count
        names: dict[str, Any] = {}
        for number, block in enumerate(blocks):
            exec(compile(block, f"{guide}, block {number}", "exec"), names)
        return names

    return run


def test_files(run: Any) -> None:
    names = run("files.md", 2)
    assert names["symbol"].list_arguments() == ["x"]
    again = mx.load("memory://runs/net-0012.params")
    np.testing.assert_array_equal(again["arg:w"].asnumpy(), names["arrays"]["w"].asnumpy())


def test_record_files(run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    names = run("recordio.md", 2)
    assert names["header"].id == 7
    assert bytes(names["view"]) == names["payload"] == names["reader"][0]
    assert not capsys.readouterr().out  # no record is damaged


def test_images(run: Any) -> None:
    names = run("images.md", 2)
    assert names["train"].provide_data() == [("data", (8, 3, 32, 32))]
    assert len(names["model"].history) == 2


def test_onnx(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CONVERTERS, mx.erfinv.operator, None)  # undone afterwards
    names = run("onnx.md", 5)
    np.testing.assert_allclose(names["probabilities"].sum(1), 1, rtol=1e-5)
    numbers = np.linspace(-0.9, 0.9, 4).astype("float32")
    (found,) = run_onnx("erfinv.onnx", {"x": numbers}).values()
    np.testing.assert_allclose(found, mx.erfinv(mx.array(numbers)).asnumpy(), atol=3e-3)


def test_pytorch(run: Any) -> None:
    names = run("pytorch.md", 4)
    assert names["program"](names["images"]).shape == (5, 10)
    assert len(names["grown"].history) == 2
