"""The lowest versions of what symnet needs: stated once, and tried by a lane of CI."""

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
NEEDED = [
    Requirement(text) for text in PROJECT["dependencies"] + PROJECT["optional-dependencies"]["data"]
]


def lowest() -> dict[str, Version]:
    lines = (ROOT / "constraints-minimum.txt").read_text().splitlines()
    pairs = [line.split("==") for line in lines if not line.startswith("#")]
    return {name: Version(number) for name, number in pairs}


def test_every_dependency_has_a_lowest_version_that_is_tried():
    assert lowest().keys() == {each.name for each in NEEDED}


@pytest.mark.parametrize("needed", NEEDED, ids=lambda each: each.name)
def test_the_lowest_version_is_the_bound(needed):
    (bound,) = [each for each in needed.specifier if each.operator == ">="]
    tried = lowest()[needed.name]
    assert needed.specifier.contains(tried)
    asked = Version(bound.version).release
    assert tried.release[: len(asked)] == asked


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("numpy", "2.1.3"),
        ("safetensors", "0.7.0"),
        ("opencv-python-headless", "4.10.0.84"),
        ("pyarrow", "16.1.0"),
    ],
)
def test_versions_that_do_not_work_are_excluded(name, version):
    (needed,) = [each for each in NEEDED if each.name == name]
    assert not needed.specifier.contains(version)
