"""What scripts do with modules, models and stores, against what Apache MXNet 1.9.1 said."""

import json
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

import symnet.mxnet as mx

ROOT = Path(__file__).parents[2]
RECORDED = json.loads((ROOT / "tests" / "golden" / "python_mxnet" / "modules.json").read_text())


def scenarios() -> dict[str, Any]:
    spec = spec_from_file_location("scenarios", ROOT / "tools" / "python_mxnet" / "scenarios.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    found: dict[str, Any] = module.SCENARIOS
    return found


SCENARIOS = scenarios()


def test_every_scenario_is_recorded() -> None:
    assert SCENARIOS.keys() == RECORDED.keys()


@pytest.mark.filterwarnings("ignore:Data provided by label_shapes")
@pytest.mark.filterwarnings("ignore:Parameters already initialized")
@pytest.mark.filterwarnings("ignore:You created Module with")
@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_a_scenario_says_what_mxnet_says(name: str) -> None:
    found = json.loads(json.dumps(SCENARIOS[name](mx)))
    assert same(found, RECORDED[name]["said"]), f"{found}\n{RECORDED[name]['said']}"


def same(found: Any, expected: Any) -> bool:
    """Whether two values of JSON are equal, numbers nearly so."""
    if isinstance(expected, float) and isinstance(found, int | float):
        return found == pytest.approx(expected, rel=2e-5, abs=2e-5)
    if isinstance(expected, list) and isinstance(found, list):
        return len(found) == len(expected) and all(map(same, found, expected))
    if isinstance(expected, dict) and isinstance(found, dict):
        return found.keys() == expected.keys() and all(same(found[n], expected[n]) for n in found)
    return bool(found == expected)
