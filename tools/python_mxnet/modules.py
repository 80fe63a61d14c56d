"""What each scenario of `python_mxnet.scenarios` says."""

import warnings
from pathlib import Path

import mxnet as mx

from python_mxnet.scenarios import SCENARIOS
from python_mxnet.storage import write_cases


def record(folder: Path) -> None:
    """Write ``modules.json``."""
    warnings.simplefilter("ignore")  # of names that are not there, and of FeedForward's age
    cases = {name: {"said": scenario(mx)} for name, scenario in SCENARIOS.items()}
    write_cases(folder / "modules.json", cases)
