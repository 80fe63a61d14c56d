"""The damaged files of tools/fuzz.py, a few of them; `python tools/fuzz.py` itself makes more."""

import math
import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tool_modules import TOOLS, tool

import symnet as mx

fuzz = tool("fuzz")

READERS = st.sampled_from(sorted(fuzz.TARGETS))
SEEDS = {name: list(target.seeds()) for name, target in fuzz.TARGETS.items()}


def reading(name: str, content: bytes, folder: Path) -> str:
    """What is wrong with reading this, besides that it may take long on a busy machine."""
    target = fuzz.TARGETS[name]
    path = folder / f"{name}{target.ending}"  # an index would belong to records beside it
    path.write_bytes(content)
    complaint = fuzz.read_one(target, path, fuzz.Report())
    return "" if complaint.startswith("it took") else complaint


@pytest.mark.parametrize("name", fuzz.TARGETS)
def test_sound_files_are_read(name: str, tmp_path: Path) -> None:
    report, target = fuzz.Report(), fuzz.TARGETS[name]
    for number, content in enumerate(SEEDS[name]):
        path = tmp_path / f"{number}{target.ending}"
        path.write_bytes(content)
        fuzz.read_one(target, path, report)
    assert report.read == report.inputs == len(SEEDS[name])


@given(name=READERS, draw=st.randoms(use_true_random=False))
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damaged_files_are_read_or_refused(name: str, draw: random.Random, tmp_path: Path) -> None:
    content = fuzz.TARGETS[name].damaged(draw.choice(SEEDS[name]), draw)
    assert reading(name, content, tmp_path) == ""


@given(name=READERS, content=st.binary(max_size=300), head=st.booleans())
@example(name="params", content=b"", head=True)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_read_or_refused(
    name: str, content: bytes, head: bool, tmp_path: Path
) -> None:
    if head:  # what a reader believes at first sight
        content = SEEDS[name][0][:24] + content
    assert reading(name, content, tmp_path) == ""


def test_what_a_reader_does_not_bear_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(mx, "load", fail)
    assert "ZeroDivisionError" in reading("params", b"", tmp_path)
    monkeypatch.setattr(mx, "load", lambda path, kind: None)
    assert reading("params", b"", tmp_path) == ""


def test_so_many_inputs_are_tried(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(TOOLS)  # where the reading process finds them
    assert fuzz.fuzz("lst", fuzz.Enough(math.inf, 30), 1, tmp_path) == 0
    said = capsys.readouterr().out
    assert said.startswith("lst: ")
    assert int(said.split()[1]) >= 30


@pytest.mark.parametrize("name", fuzz.TARGETS)
def test_damage_differs_and_can_be_made_again(name: str) -> None:
    made = [
        [fuzz.TARGETS[name].damaged(SEEDS[name][0], random.Random(seed)) for seed in range(30)]
        for _ in range(2)
    ]
    assert made[0] == made[1]
    assert len(set(made[0])) > 20
