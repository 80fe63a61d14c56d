"""What every test starts from: the same random numbers, and hypothesis settings that repeat."""

import os

import numpy as np
import pytest
import torch
from hypothesis import settings

collect_ignore_glob = ["golden/*"]  # scripts that made the files there, with other packages

settings.register_profile("local", deadline=None, max_examples=50)
settings.register_profile("ci", settings.get_profile("local"), derandomize=True, database=None)
settings.load_profile("ci" if os.environ.get("CI") else "local")

torch.set_num_threads(1)  # on arrays as small as these, threads only wait for each other


@pytest.fixture(autouse=True)
def fixed_seed() -> None:
    torch.default_generator.manual_seed(0)  # torch.manual_seed takes milliseconds
    np.random.seed(0)
