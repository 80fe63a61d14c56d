"""The table of features names a test for each thing that is there, and the tests exist."""

import ast
import re
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "features.md"


def rows() -> list[list[str]]:
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line[:2] == "| "]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_each_feature_has_a_test_that_is_there() -> None:
    found = rows()
    assert len(found) > 20
    for name, ours, *others in found:
        assert len(others) == 4, name
        tests = re.findall(r"`(test_\w+\.py)::(test_\w+)`", ours)
        assert tests or ours.startswith(("—", "files of MXNet")), name
        for file, test in tests:
            tree = ast.parse((HERE / file).read_text(encoding="utf-8"))
            functions = {each.name for each in ast.walk(tree) if isinstance(each, ast.FunctionDef)}
            assert test in functions, f"{file}::{test}"


def test_others_are_told_in_few_words() -> None:
    kinds = r"\*\*yes\*\*(, .+)?|\*[^*]+\*|—"
    assert all(re.fullmatch(kinds, cell) for _, _, *others in rows() for cell in others)
