"""What every test starts from: the same random numbers, and hypothesis settings that repeat."""

import os
from collections.abc import Callable
from pathlib import Path

import fast_lane
import numpy as np
import pytest
import torch
from hypothesis import settings

from symnet.cli import main

collect_ignore_glob = ["golden/*"]  # scripts that made the files there, with other packages

settings.register_profile("local", deadline=None, max_examples=50)
settings.register_profile("ci", settings.get_profile("local"), derandomize=True, database=None)
settings.register_profile("fast", settings.get_profile("local"), max_examples=10)
settings.load_profile("ci" if os.environ.get("CI") else "local")

torch.set_num_threads(1)  # on arrays as small as these, threads only wait for each other

LONG = (
    "documents",
    "mxnet",
    "test_averaging.py",
    "test_contexts.py",
    "test_data_prefetch.py",
    "test_docs_references.py",
    "test_distributed.py",
    "test_distributed_async.py",
    "test_distributed_elastic.py",
    "test_elementwise.py",
    "test_estimators.py",
    "test_examples.py",
    "test_export_program.py",
    "test_export_program_rows.py",
    "test_file_format_errors.py",
    "test_fuzz.py",
    "test_golden.py",
    "test_image_colors.py",
    "test_image_resources.py",
    "test_lstm.py",
    "test_mixed_precision.py",
    "test_multipliers.py",
    "test_op_allocations.py",
    "test_op_memory.py",
    "test_onnx_rows.py",
    "test_operator_support.py",
    "test_params_file_errors.py",
    "test_predict_threads.py",
    "test_random_operators.py",
    "test_recurrent_cells.py",
    "test_reference.py",
    "test_resume.py",
    "test_s3.py",
    "test_state_damage.py",
    "test_stubs.py",
    "test_to_module_processes.py",
    "test_to_module_rows.py",
)
"""Files and folders whose tests start processes, train networks or read everything there is."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fast", action="store_true", help="what tells most in a minute")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--fast"):
        os.environ[fast_lane.SWITCH] = "1"
        settings.load_profile("fast")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave long files out of the fast lane; None lets pytest decide."""
    return True if config.getoption("--fast") and collection_path.name in LONG else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave single long tests, in files of quick ones, out of the fast lane."""
    if config.getoption("--fast"):
        items[:] = [item for item in items if not item.get_closest_marker("long")]


@pytest.fixture(autouse=True)
def fixed_seed() -> None:
    torch.default_generator.manual_seed(0)  # torch.manual_seed takes milliseconds
    np.random.seed(0)


@pytest.fixture
def symnet(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, list[str], list[str]]]:
    """Runs the command, and returns the exit code and the lines of both outputs."""

    def run(*arguments: object) -> tuple[int, list[str], list[str]]:
        code = main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return code, printed.out.splitlines(), printed.err.splitlines()

    return run
