"""The notebooks run from their first cell to their last, without a network or Jupyter."""

import json
from pathlib import Path
from typing import Any

import pytest

import symnet as mx

FOLDER = Path(__file__).parent.parent.parent / "docs" / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def cells(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return found


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    for package in ("matplotlib", "onnxruntime", "sklearn"):
        pytest.importorskip(package)
    import matplotlib as mpl

    mpl.use("agg")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "notebook"}
    with mx.NameManager():
        for number, cell in enumerate(cells(path)):
            if cell["cell_type"] == "code":
                code = "".join(cell["source"])
                exec(compile(code, f"{path.name}, cell {number}", "exec"), names)


def test_notebooks_hold_no_outputs() -> None:
    """The site executes them; what an old version printed would stay unnoticed."""
    assert len(NOTEBOOKS) == 5
    for path in NOTEBOOKS:
        for cell in cells(path):
            assert not cell.get("outputs")
            assert cell.get("execution_count") is None
