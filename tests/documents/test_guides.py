"""Every block of code in every guide runs: from the first to the last, in an empty folder.

What ``pycon`` blocks show is what comes out. Guides with more to check have tests of their own,
which are named here.
"""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from guide_blocks import DOCS, blocks, run

import symnet as mx

GUIDES = (
    "custom_operators.md",
    "executor.md",
    "first_steps.md",
    "from_keras.md",
    "from_mxnet_jl.md",
    "from_pytorch.md",
    "install.md",
    "optimizers.md",
    "passes.md",
    "prediction.md",
    "symbols.md",
    "troubleshooting.md",
)
ELSEWHERE = {
    "command_line.md": "test_command_line_guide.py",
    "data.md": "test_data_guide.py",
    "devices.md": "test_contexts.py",
    "distributed.md": "test_distributed_parts.py",
    "files.md": "test_file_guides.py",
    "images.md": "test_file_guides.py",
    "model_parallel.md": "test_placement_binding.py",
    "ndarray.md": "test_ndarray_guide.py",
    "onnx.md": "test_file_guides.py",
    "pytorch.md": "test_file_guides.py",
    "recordio.md": "test_file_guides.py",
    "serving.md": "documents/test_serving.py",
    "training.md": "test_training_guide.py",
    "visualization.md": "test_visualize.py",
}
HERE = ("architecture.md", "mxnet.md")
"""Guides with a test of their own below."""


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("page", GUIDES)
def test_a_guide_runs(page: str) -> None:
    names: dict[str, Any] = {"__name__": "guide"}
    with mx.NameManager():
        for block in blocks(page):
            run(page, block, names)


def test_every_guide_with_code_is_run() -> None:
    with_code = {path.name for path in DOCS.glob("*.md") if blocks(path.name)}
    assert with_code == {*GUIDES, *ELSEWHERE, *HERE}
    tests = DOCS.parent / "tests"
    for page, test in ELSEWHERE.items():
        assert page in (tests / test).read_text(encoding="utf-8"), f"{test} names no {page}"


def test_the_rule_that_the_architecture_shows() -> None:
    (block,) = blocks("architecture.md")
    names: dict[str, Any] = {}
    exec("from symnet.graph.rewrite.pattern import Match, rewrite_rule", names)
    exec("from symnet.graph.node import Value", names)
    exec("from symnet.operators.contract import Operator", names)
    exec("from symnet.operators.meaning import OfWindows", names)
    run("architecture.md", block, names)
    act = mx.Activation(mx.Variable("x"), act_type="relu")
    net = mx.Pooling(act, kernel=(2, 2), stride=(2, 2), pool_type="max")
    rewritten = names["pool_before_activation"](net.graph)
    operators = [type(node.op).__name__ for node in rewritten.nodes if node.op]
    assert operators == ["Pooling", "Activation"]


@pytest.mark.parametrize("number", range(3))
def test_the_guide_to_python_mxnet(number: int) -> None:
    """Its blocks are alternatives, and name the module `mxnet`: each has a process of its own."""
    block = blocks("mxnet.md")[number]
    command = [sys.executable, "-W", "error", "-c", block.code]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("layer", ["nn.MaxPool2d(2)", "nn.BatchNorm2d(8)"])
def test_layers_of_pytorch_are_those_beside_them(layer: str) -> None:
    """Where defaults differ: on odd sizes, and on data that hardly varies."""
    text = (DOCS / "from_pytorch.md").read_text(encoding="utf-8")
    (row,) = [line for line in text.splitlines() if line.startswith(f"| `{layer}` |")]
    call = row.split("`")[3].replace("(", '(mx.Variable("data"), ', 1)
    symbol = eval(call, {"mx": mx})
    data = torch.randn(5, 8, 7, 7, generator=torch.Generator().manual_seed(0)) / 100
    executor = mx.simple_bind(symbol, data=tuple(data.shape), input_gradients=True)
    executor.copy_params_from(
        {name: mx.ones(each.shape) for name, each in executor.arg_dict.items() if "gamma" in name},
        {name: mx.ones(each.shape) for name, each in executor.aux_dict.items() if "var" in name},
    )
    executor.arg_dict["data"][:] = mx.array(data)
    module = eval(layer, {"nn": torch.nn})
    (found,) = executor.forward(is_train=True)
    np.testing.assert_allclose(found.asnumpy(), module(data).detach(), rtol=1e-4, atol=1e-6)
    executor.backward([mx.ones(found.shape)])  # which moves the statistics
    means = [each.asnumpy() for name, each in executor.aux_dict.items() if "mean" in name]
    for mean in means:
        np.testing.assert_allclose(mean, module.running_mean, rtol=1e-4, atol=1e-8)
