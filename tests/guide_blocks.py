"""The blocks of code in a guide, and how they run."""

import doctest
import re
import textwrap
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["DOCS", "Block", "blocks", "run"]

DOCS = Path(__file__).parent.parent / "docs"
BLOCK = re.compile(r"^ *```(python|pycon)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)


class Block(NamedTuple):
    kind: str
    line: int
    code: str


def blocks(page: str) -> list[Block]:
    text = (DOCS / page).read_text(encoding="utf-8")
    return [
        Block(found[1], text.count("\n", 0, found.start()) + 1, textwrap.dedent(found[2]))
        for found in BLOCK.finditer(text)
    ]


def run(page: str, block: Block, names: dict[str, Any]) -> None:
    if block.kind == "python":
        exec(compile(block.code, f"{page}, line {block.line}", "exec"), names)
        return
    test = doctest.DocTestParser().get_doctest(block.code, names, page, page, block.line)
    test.globs = names  # the parser copies them; later blocks see what this one makes
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    printed: list[str] = []
    runner.run(test, out=printed.append, clear_globs=False)
    assert not runner.failures, "".join(printed)
