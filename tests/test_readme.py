"""The program in the README runs as it stands, on a few images made for the purpose."""

import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from symnet.data.arrays.array_provider import ArrayDataProvider

README = Path(__file__).parent.parent / "README.md"
PROGRAM = re.compile(r"\A(.*?```python\n)(.*?)```", re.DOTALL)


def small_providers(batch_size: int) -> tuple[ArrayDataProvider, ArrayDataProvider]:
    """Images of one bright pixel, which says what digit they are; easy to learn in 200 updates."""
    labels = np.arange(10 * batch_size) % 10
    data = 8 * np.eye(784, dtype="float32")[labels]
    return (
        ArrayDataProvider(data, labels, batch_size=batch_size, shuffle=True),
        ArrayDataProvider(data, labels, batch_size=batch_size),
    )


def test_program_trains_and_predicts(monkeypatch: pytest.MonkeyPatch) -> None:
    example = ModuleType("mnist_data")
    example.__dict__["get_mnist_providers"] = small_providers
    monkeypatch.setitem(sys.modules, "mnist_data", example)
    above, program = PROGRAM.findall(README.read_text(encoding="utf-8"))[0]
    names: dict[str, Any] = {}
    lines_above = "\n" * above.count("\n")  # so that errors show the README's lines
    exec(compile(lines_above + program, str(README), "exec"), names)
    probabilities = names["probabilities"]
    np.testing.assert_allclose(probabilities.sum(axis=1), np.ones(1000), rtol=1e-5)
    np.testing.assert_array_equal(probabilities.argmax(axis=1), np.arange(1000) % 10)
