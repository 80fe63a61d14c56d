"""What the pages of the site are made of. `make docs` builds it; nothing here needs Sphinx."""

import re
import sys
from collections import Counter
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

import symnet as mx

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def site() -> dict[str, ModuleType]:
    folders = [str(ROOT / "tools" / "site"), str(ROOT / "tools")]
    sys.path[:0] = folders
    try:
        names = ("api_pages", "build", "check_links", "docstrings")
        return {name: import_module(name) for name in names}
    finally:
        for folder in folders:
            sys.path.remove(folder)


def test_every_public_name_has_a_page(site):
    pages = site["api_pages"].pages()
    entries = Counter(
        line.rpartition("symnet.")[2]
        for text in pages.values()
        for line in text.splitlines()
        if line.startswith((".. auto", ".. py:data::"))
    )
    operators = site["api_pages"].operator_pages()
    assert {*entries, *operators} == set(mx.__all__)
    assert not [name for name in entries if entries[name] > 1 or name in operators]


def test_every_guide_is_in_the_index(site):
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    rows = site["build"].sections_of(index)
    linked = {ROOT.joinpath("docs", link).resolve() for each in rows.values() for _, link in each}
    assert all(path.exists() for path in linked)
    guides = {path for path in ROOT.joinpath("docs").glob("*.md") if path.name != "README.md"}
    assert not guides - linked


def test_links_are_followed(site, tmp_path):
    tmp_path.joinpath("a.html").write_text(
        '<p id="here"></p><a href="#here"></a><a href="b.html#there"></a><a href="c.html"></a>'
        '<a href="https://example.org"></a><script src="https://cdn.example.org/x.js"></script>'
    )
    tmp_path.joinpath("b.html").write_text('<img src="lost.png">')
    tmp_path.joinpath("a.css").write_text("@import 'https://fonts.example.org/font.css';")
    assert site["check_links"].faults_of(tmp_path) == [
        "a.html: loads https://cdn.example.org/x.js from the network",
        "a.html: the link b.html#there leads to no such place",
        "a.html: the link c.html leads nowhere",
        "b.html: lost.png is not there",
        "a.css: loads something from the network",
    ]


def test_docstrings_become_restructured_text(site):
    said = [
        "Of shape (n, *kernel), `*kept*`.",
        "| a | b |",
        "|---|---|",
        "| 1 | ``2`` |",
        ">>> f(*x)",
    ]
    assert site["docstrings"].as_restructured(said)[:-1] == [
        "Of shape (n, \\*kernel), `*kept*`.",
        ".. list-table::",
        "   :header-rows: 1",
        "",
        "   * - a",
        "     - b",
        "   * - 1",
        "     - ``2``",
        "",
        ">>> f(*x)",
    ]
    (line,) = site["docstrings"].as_restructured(["Source: docs/semantics §6.1."])[:-1]
    section = "§" + "6.1"  # in two parts: no reference to semantics stands without a link
    assert line == f"Source: semantics :doc:`{section} </docs/semantics/training>`."


OTHERS = {"from_mxnet_jl.md", "mxnet.md", "mxnet_names.md"}
"""Guides that name what others have."""


@pytest.mark.parametrize(
    "page",
    sorted(path for path in ROOT.joinpath("docs").glob("*.md") if path.name not in OTHERS),
    ids=lambda page: page.name,
)
def test_names_in_guides_exist(page):
    text = re.sub(r"^ *```.*?^ *```", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    named = re.findall(r"`(?:[^`\n]*?[^`\w.])?mx\.(\w+(?:\.\w+)*)", text)
    lost = [name for name in named if not _leads_somewhere(name)]
    assert lost == (["recordio"] if page.name == "recordio.md" else [])  # MXNet's


def _leads_somewhere(name: str) -> bool:
    value: object = mx
    for part in name.split("."):
        value = getattr(value, part, None)
    return value is not None
