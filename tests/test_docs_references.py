"""What code and pages refer to is there: sections of docs/semantics, links, the documents."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_package import FLOORS
from tool_modules import tool

references = tool("references")

ROOT = Path(__file__).parent.parent
FOLDERS = ("symnet", "tests", "docs", "benchmarks", "examples", "tools")
ENDINGS = (".py", ".pyi", ".md")
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "examples").rglob("README.md")),
]

FREE = (("docs", "semantics"), ("docs", "operators"))  # they link to sections
OWN = (Path("tests/test_docs_references.py"), Path("tools/references.py"))  # they take text apart
PLACE = re.compile(r"§[\d.]*\d|\bD\d+\b")
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)


def texts() -> Iterator[tuple[Path, str]]:
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in ENDINGS:
                yield path.relative_to(ROOT), path.read_text(encoding="utf-8")


def test_references_lead_to_sections():
    known = references.places()
    found = [
        (place, path)
        for path, text in texts()
        for reference in references.REFERENCE.finditer(text)
        for place in PLACE.findall(reference["places"])
    ]
    assert not [f"{path}: {place}" for place, path in found if place not in known]
    assert len({place for place, _ in found}) > 60


def test_sections_are_referred_to_in_one_way_only():
    """A section sign stands behind docs/semantics, within its pages, or in a link to them."""
    lost = []
    for path, text in texts():
        if path.parts[:2] in FREE or path in OWN:
            continue
        rest = references.REFERENCE.sub("", text)
        rest = re.sub(r"\[[^\]]*§[\d.]+\]\([^)]*semantics/[^)]*\)", "", rest)
        lost += [f"{path}: {place}" for place in re.findall(r"§\d[\d.]*", rest)]
    assert not lost


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("Source: docs/semantics §3.2, D4, D13.", ["§3.2", "D4", "D13"]),
        ("docs/semantics §4.1 to §4.3.", ["§4.1", "§4.3"]),
        ("docs/semantics §1.5 and §1.7, against NumPy", ["§1.5", "§1.7"]),
        ("# docs/semantics\n#   §1.8, §3.\n", ["§1.8", "§3"]),
        ("docs/semantics, 2D arrays", []),
    ],
)
def test_references_are_found(text: str, places: list[str]):
    found = references.REFERENCE.finditer(text)
    assert [place for each in found for place in PLACE.findall(each["places"])] == places


def test_sections_are_in_order():
    numbers = [[int(part) for part in each[1:].split(".")] for each in references.sections()]
    for page in sorted(references.FOLDER.glob("*.md")):
        own = [
            number
            for number, section in zip(numbers, references.sections().values(), strict=True)
            if section.page == page.name
        ]
        assert own == sorted(own), page.name
    chapters = sorted(number[0] for number in numbers if len(number) == 1)
    assert chapters == list(range(len(chapters)))
    names = references.decisions()
    assert names == [f"D{number}" for number in range(1, len(names) + 1)]


def test_every_page_of_the_semantics_is_in_its_index():
    index = LINK.findall((references.FOLDER / "README.md").read_text(encoding="utf-8"))
    pages = {page.name for page in references.FOLDER.glob("*.md")} - {"README.md"}
    assert pages <= set(index)


def test_links_take_the_place_of_references():
    text = references.linked("Source: docs/semantics §3.2, D4.", "../semantics")
    assert text == (
        "Source: [semantics](../semantics/README.md) "
        "[§3.2](../semantics/operators.md#32-batchnorm), [D4](../semantics/README.md#04-decisions)."
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path):
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for link in LINK.findall(text):
        target, _, place = link.partition("#")
        if ":" in target:
            continue
        path = page.parent / target if target else page
        assert path.exists(), f"{link} is not there"
        if place:
            titles = HEADING.findall(path.read_text(encoding="utf-8"))
            assert place in map(references.anchor, titles), f"{link} has no such heading"


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if page.parent == ROOT / "docs"],
    ids=lambda page: page.name,
)
def test_a_page_says_what_the_documents_are(page: Path):
    """Where a page speaks of the documents first, it links to what says which they are."""
    text = CODE.sub("", page.read_text(encoding="utf-8"))
    first = re.search(r"the\s+documents\b", text, re.IGNORECASE)
    if first is not None:
        start = text.rfind("\n\n", 0, first.start()) + 1
        end = text.find("\n\n", first.start())
        assert "semantics/README.md" in text[start : end if end >= 0 else None]


def test_the_architecture_names_files_that_exist():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    known = [f"/{path.relative_to(ROOT)}" for path in ROOT.joinpath("symnet").rglob("*")]
    known += ["/symnet", "/tests/test_package.py", "/docs/operators", "/tools"]
    known += [f"/{path.relative_to(ROOT)}" for path in ROOT.joinpath("tools").rglob("*")]
    named = re.findall(r"`([\w/]+(?:\.pyi?|/))`", text)
    assert len(named) > 50
    lost = [name for name in named if not any(k.endswith(f"/{name.rstrip('/')}") for k in known)]
    assert not lost


def test_the_architecture_has_the_floors_of_the_imports():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| (`.*?`) \|", text, re.MULTILINE)
    written = {name: int(floor) for floor, names in rows for name in re.findall(r"`(.*?)`", names)}
    assert written == FLOORS
