"""References to docs/semantics: the sections that there are, and links in place of references."""

import re
from pathlib import Path
from typing import NamedTuple

__all__ = [
    "FOLDER",
    "PLACE",
    "REFERENCE",
    "Section",
    "anchor",
    "decisions",
    "linked",
    "places",
    "sections",
]

FOLDER = Path(__file__).parent.parent / "docs" / "semantics"

REFERENCE = re.compile(
    r"docs/semantics"
    r"(?P<places>(?:(?:,|,? and| to)?[\s#]+(?:§[\d.]*\d|D\d+)(?!\w))+)"
)
"""A reference: ``docs/semantics §3.2, D4``, which may go on in the next line of a comment."""

PLACE = re.compile(r"§[\d.]*\d|D\d+")
_HEADING = re.compile(r"^#+ ((\d+(?:\.\d+)?) .*)$", re.MULTILINE)
_DECISIONS = "§0.4"
_DECISION = re.compile(r"^\| (D\d+) \|", re.MULTILINE)


class Section(NamedTuple):
    """Where a section stands.

    Args:
        page: the file's name in docs/semantics.
        anchor: the part of a link after ``#``.
    """

    page: str
    anchor: str


def places() -> dict[str, Section]:
    """Return everything that can be referred to: the sections, and the decisions by their table."""
    found = sections()
    return found | dict.fromkeys(decisions(), found[_DECISIONS])


def sections() -> dict[str, Section]:
    """Return every numbered section, as ``"§3.18"``. Raises ValueError where two have a number."""
    found: dict[str, Section] = {}
    for page in sorted(FOLDER.glob("*.md")):
        for title, number in _HEADING.findall(page.read_text(encoding="utf-8")):
            if f"§{number}" in found:
                raise ValueError(f"{page.name}: there is another section {number}")
            found[f"§{number}"] = Section(page.name, anchor(title))
    return found


def decisions() -> list[str]:
    """Return the names of the decisions, as ``"D4"``, in the order of their table."""
    return _DECISION.findall((FOLDER / "README.md").read_text(encoding="utf-8"))


def anchor(title: str) -> str:
    """Return what a heading is called in links, by the rule that GitHub and MkDocs share.

    >>> anchor("3.18 `Pooling`, and more")
    '318-pooling-and-more'
    """
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def linked(text: str, folder: str) -> str:
    """Return text of a Markdown page with links in place of references.

    Args:
        text: the text.
        folder: the way from the page to docs/semantics, as ``"../semantics"``.
    """
    known = places()

    def link(place: re.Match[str]) -> str:
        section = known[place[0]]
        return f"[{place[0]}]({folder}/{section.page}#{section.anchor})"

    def links(reference: re.Match[str]) -> str:
        return f"[semantics]({folder}/README.md){PLACE.sub(link, reference['places'])}"

    return REFERENCE.sub(links, text)
