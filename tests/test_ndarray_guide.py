"""The guide to arrays runs."""

import doctest
from pathlib import Path

GUIDE = Path(__file__).parent.parent / "docs" / "ndarray.md"


def test_the_examples_of_the_guide_run() -> None:
    found = doctest.testfile(str(GUIDE), module_relative=False)
    assert found.failed == 0
    assert found.attempted > 20
