"""The page of all figures: made of what the benchmarks keep, and not stale."""

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from tool_modules import tool

ROOT = Path(__file__).parent.parent
page = tool("figures_page")

RUN = {
    "command": "python benchmarks/fit.py",
    "date": "2026-12-01",
    "machine": "a processor, 2 cores",
    "torch": "2.13.0",
    "threads": 1,
    "comparisons": [
        {
            "workload": "fit, <net>",
            "way": "symnet",
            "milliseconds": 1234.5,
            "turns": 5,
            "over": {"by hand": [0.7, 0.6, 0.8], "Keras": [1.25, 1.1, 1.3]},
        }
    ],
}


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[Path, str]:
    (tmp_path / "fit.json").write_text(json.dumps(RUN), encoding="utf-8")
    monkeypatch.setattr(page, "FIGURES", tmp_path)
    files: dict[Path, str] = page.files()
    return files


def test_a_peer_has_its_row_and_what_is_slower_is_told(written: dict[Path, str]) -> None:
    text = written[page.PAGE]
    assert "| fit, <net> | by hand | 1,234 | 0.70 | 0.60 to 0.80 |" in text
    assert "| fit, <net> | Keras | 1,234 | **1.25** | 1.10 to 1.30 |" in text
    assert "Of 2 comparisons, symnet is slower in 1:\n\n- fit, <net>: 1.25 of Keras" in text
    assert "`python benchmarks/fit.py`, on 2026-12-01: a processor, 2 cores, torch 2.13.0" in text
    assert "It has never been run" in text


def test_the_picture_has_a_bar_for_each(written: dict[Path, str]) -> None:
    root = ElementTree.fromstring(written[page.PICTURE])
    bars = [each for each in root.iter() if each.get("class") in ("f", "s")]
    assert [bar.get("class") for bar in bars] == ["f", "s"]
    assert all(float(bar.get("width", 0)) > 0 for bar in bars)


def test_the_page_is_current() -> None:
    command = [sys.executable, "tools/figures_page.py", "--check"]
    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
