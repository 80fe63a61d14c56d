"""Follow every link of the built site, and find what it would ask the network for."""

import re
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

__all__ = ["faults_of"]

_LOADED = {"script": "src", "img": "src", "iframe": "src", "source": "src"}
_IN_STYLES = re.compile(r"url\(\s*['\"]?(?:https?:)?//|@import\s+['\"]?https?:")


class _Page(HTMLParser):
    """What a page links to, what it loads, and the places that can be linked to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.places: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value for name, value in attrs if value is not None}
        self.places.update(found[name] for name in ("id", "name") if name in found)
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        if tag == "link" and found.get("rel") in {"stylesheet", "preload", "icon", "shortcut icon"}:
            self.loads.append(found["href"])
        if tag in _LOADED and _LOADED[tag] in found:
            self.loads.append(found[_LOADED[tag]])


@cache
def _page(path: Path) -> _Page:
    return _Page(path.read_text(encoding="utf-8"))


def faults_of(site: Path) -> list[str]:
    """Return what is wrong with a built site: dead links, and what comes from elsewhere."""
    faults = [fault for path in sorted(site.rglob("*.html")) for fault in _faults(site, path)]
    faults += [
        f"{path.relative_to(site)}: loads something from the network"
        for path in sorted(site.rglob("*.css"))
        if _IN_STYLES.search(path.read_text(encoding="utf-8"))
    ]
    return faults


def _faults(site: Path, path: Path) -> Iterator[str]:
    page, name = _page(path), path.relative_to(site)
    for link in page.loads:
        parts = urlsplit(link)
        if parts.netloc:
            yield f"{name}: loads {link} from the network"
        elif not parts.scheme and not (path.parent / unquote(parts.path)).exists():
            yield f"{name}: {link} is not there"
    for link in page.links:
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            continue  # elsewhere; this check asks no network
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        if not target.is_file():
            yield f"{name}: the link {link} leads nowhere"
        elif (
            parts.fragment
            and target.suffix == ".html"
            and unquote(parts.fragment) not in _page(target).places
        ):
            yield f"{name}: the link {link} leads to no such place"
