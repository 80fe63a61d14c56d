"""Build the site into build/site/: `make docs`.

The pages are copied to build/site_source/ as they lie in the repository, so that links between them
hold there as they do for readers of the repository; the API reference is written beside them.
Sphinx makes HTML of it, a warning is an error, and then every link of the result is followed.
"""

import os
import re
import shutil
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import api_pages  # noqa: E402  # the paths come first
from check_links import faults_of  # noqa: E402

__all__ = ["ROOT", "SECTIONS", "main", "sections_of"]

ROOT = HERE.parent.parent
SOURCE = ROOT / "build" / "site_source"
OUTPUT = ROOT / "build" / "site"

PAGES = (
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "examples/**/README.md",
    "docs/**/*.md",
    "docs/**/*.ipynb",
    "docs/images/*",
    "benchmarks/results/*.md",
)
"""What is copied, beside the files that pages link to."""

_LINK = re.compile(r"(\]\()([^)\s#]+)(#[^)\s]*)?(\))")
_CODE = re.compile(r"(```.*?```)", re.DOTALL)
_SECTION = re.compile(r"^## (.*?)$(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_FIRST_LINK = re.compile(r"^(?:\| |- )\[([^\]]*)\]\(([^)\s#]+)\)", re.MULTILINE)


def main() -> int:
    """Build; return 0, or 1 where anything is wrong."""
    from sphinx.cmd.build import main as sphinx  # the tests look at the rest without it

    SOURCE.mkdir(parents=True, exist_ok=True)
    written = dict(_sources())
    for path in SOURCE.rglob("*"):
        if path.is_file() and path not in written:
            path.unlink()
    for path, text in written.items():
        _write(path, text)
    shutil.rmtree(OUTPUT, ignore_errors=True)
    # For the notebooks' kernels, several of which run at once.
    os.environ.setdefault("PYTHONPATH", str(ROOT))
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    doctrees = ROOT / "build" / "site_doctrees"
    options = ["-b", "html", "-W", "--keep-going", "-q", "-j", "auto"]
    code = sphinx([*options, "-c", str(HERE), "-d", str(doctrees), str(SOURCE), str(OUTPUT)])
    faults = faults_of(OUTPUT)
    sys.stderr.writelines(f"{fault}\n" for fault in faults)
    if not code and not faults:
        sys.stdout.write(f"The site is at {OUTPUT / 'index.html'}\n")
    return 1 if code or faults else 0


def _write(path: Path, content: bytes) -> None:
    """Write a file where it differs: what stays keeps its date, and is not read again."""
    if not path.exists() or path.read_bytes() != content:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _sources() -> Iterator[tuple[Path, bytes]]:
    found = sorted({path for pattern in PAGES for path in ROOT.glob(pattern) if path.is_file()})
    listed = _listed()
    for path in found:
        place = path.relative_to(ROOT)
        if path.suffix != ".md":
            yield SOURCE / place, path.read_bytes()
            continue
        page = _relinked(path)
        if place == Path("README.md"):
            yield SOURCE / "index.md", (page + _toctrees()).encode()
        else:
            head = "" if place in listed else "---\norphan: true\n---\n\n"
            yield SOURCE / place, (head + page).encode()
        yield from _linked_files(path, page)
    for name, written in api_pages.pages().items():
        yield SOURCE / api_pages.FOLDER / name, written.encode()


def _relinked(page: Path) -> str:
    """Return a page's text with the links of the site."""
    text = _CODE.split(page.read_text(encoding="utf-8"))
    text[::2] = [_LINK.sub(partial(_linked, page), part) for part in text[::2]]
    return "".join(text)


def _linked(page: Path, link: re.Match[str]) -> str:
    """Return a link as the site has it: the first page is its index, a folder is its README."""
    before, target, place, after = link.groups(default="")
    path = (page.parent / target).resolve()
    if ":" in target or not path.is_relative_to(ROOT):
        return link[0]
    if path == ROOT / "README.md":
        path = ROOT / "index.md"
    elif path == ROOT / "benchmarks" / "results":
        path = ROOT / "docs" / "performance.md"
    elif path.is_dir() and (path / "README.md").exists():
        path /= "README.md"
    return f"{before}{os.path.relpath(path, page.parent)}{place}{after}"


def _linked_files(page: Path, text: str) -> Iterator[tuple[Path, bytes]]:
    """Yield the files that a page links to and that are no pages: the site hands them out."""
    for link in _LINK.finditer(_CODE.sub("", text)):
        path = (page.parent / link[2]).resolve()
        if path.is_relative_to(ROOT) and path.suffix not in {".md", ".ipynb"} and path.is_file():
            yield SOURCE / path.relative_to(ROOT), path.read_bytes()


# -- the navigation: the tables of docs/README.md --------------------------------------------------

SECTIONS = ROOT / "docs" / "README.md"


def sections_of(text: str) -> dict[str, list[tuple[str, str]]]:
    """Return the sections of the index: for each the titles and links that its rows begin with."""
    return {title: _FIRST_LINK.findall(rows) for title, rows in _SECTION.findall(text)}


def _sections() -> dict[str, list[tuple[str, Path]]]:
    found = sections_of(SECTIONS.read_text(encoding="utf-8"))
    return {
        section: [
            (title, (SECTIONS.parent / link).resolve().relative_to(ROOT)) for title, link in rows
        ]
        for section, rows in found.items()
    }


def _listed() -> set[Path]:
    return {path for rows in _sections().values() for _, path in rows}


def _toctrees() -> str:
    """Return the navigation, which the site's first page holds unseen."""
    trees = []
    for section, rows in _sections().items():
        entries = [f"{title} </{path.with_suffix('').as_posix()}>" for title, path in rows]
        if section == "Reference":
            entries.insert(0, f"API </{api_pages.FOLDER}/index>")
        trees.append(
            "\n```{toctree}\n:hidden:\n:caption: " + section + "\n\n" + "\n".join(entries) + "\n```"
        )
    return "\n".join(trees) + "\n"


if __name__ == "__main__":
    sys.exit(main())
