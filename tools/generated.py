"""Files that are written by a program: writing them, and telling when they are stale."""

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

__all__ = ["ROOT", "main", "stale"]

ROOT = Path(__file__).parent.parent


def stale(files: Mapping[Path, str], there: Iterable[Path] = ()) -> list[Path]:
    """Return the paths whose files differ from what they should hold, or should not be.

    Args:
        files: what each file should hold.
        there: files that are there, and should be gone unless they are among the former.
    """
    differing = [path for path, text in files.items() if _read(path) != text]
    return [*differing, *(path for path in there if path not in files)]


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def main(files: Mapping[Path, str], there: Iterable[Path], command: str) -> None:
    """Write the files that are stale; with ``--check``, name them and fail instead."""
    changed = stale(files, there)
    if "--check" in sys.argv[1:]:
        names = ", ".join(str(path.relative_to(ROOT)) for path in changed)
        sys.exit(f"Stale: {names}. Run `{command}`." if changed else 0)
    for path in changed:
        if path in files:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(files[path], encoding="utf-8")
        else:
            path.unlink()
