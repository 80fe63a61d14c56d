"""The guide to the command line: each command prints what the guide says."""

import re
import shlex
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest
from guide_blocks import blocks, run

import symnet as mx
from symnet import cli

GUIDE = Path(__file__).parent.parent / "docs" / "command_line.md"


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files that the guide's session begins with, in the current folder."""
    monkeypatch.chdir(tmp_path)
    (block,) = blocks(GUIDE.name)
    with mx.NameManager():
        run(GUIDE.name, block, {})


def commands() -> list[tuple[list[str], list[str], int]]:
    """Each command of the guide, what it prints there, and its exit status."""
    found: list[tuple[list[str], list[str], int]] = []
    for block in re.findall(r"```console\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            line, *printed = part.splitlines()
            status = 0
            if printed and (match := re.fullmatch(r"\[exit status (\d)\]", printed[-1])):
                status = int(match[1])
                printed.pop()
            found.append((shlex.split(line), printed, status))
    return found


def same(line: str, expected: str) -> bool:
    """Whether a line is as told; the last digit of a probability is the machine's affair."""
    number = r"\b0\.\d{6}\b"
    if re.sub(number, "p", line) != re.sub(number, "p", expected):
        return False
    pairs = zip(re.findall(number, line), re.findall(number, expected), strict=True)
    return all(abs(float(one) - float(other)) < 2e-6 for one, other in pairs)


def test_the_session(session: None, symnet: Any) -> None:
    pytest.importorskip("onnx")
    told = commands()
    assert len(told) > 10
    for (program, *arguments), printed, status in told:
        code, out, err = symnet(*arguments)
        assert (program, code, err) == ("symnet", status, []), arguments
        for expected, line in zip_longest(printed, out, fillvalue=""):
            start, more, _ = expected.partition("…")
            assert line.startswith(start) if more else same(line, expected), arguments


def test_every_command_is_told() -> None:
    table = re.findall(r"^\| (.*?) \|", GUIDE.read_text(encoding="utf-8"), re.MULTILINE)
    told = {name for row in table for name in re.findall(r"`(\w+)`", row)}
    actions = cli.parser()._subparsers
    assert actions is not None
    (subcommands,) = (each for each in actions._group_actions if each.choices)
    assert told == set(subcommands.choices or ())
