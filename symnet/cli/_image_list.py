"""Lists of images (.lst): lines of ``key<tab>labels...<tab>path``, as MXNet's im2rec has them."""

import os
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from reprlib import repr as short

from ..core.errors import ArgumentError, FormatError
from ..core.paths import write_atomically

__all__ = ["ImageEntry", "Split", "find_images", "read_list", "write_list"]


_DIVIDING = {"\t", "\n", "\r"}


@dataclass(frozen=True)
class ImageEntry:
    """One line of a list.

    Args:
        key: the number of the image; it becomes the id in its record.
        labels: one or several numbers.
        path: of the image file, relative to the root folder.
    """

    key: int
    labels: tuple[float, ...]
    path: str


# -- files -----------------------------------------------------------------------------------------


def write_list(path: Path, entries: Iterable[ImageEntry]) -> None:
    """Write a list; numbers are written as MXNet does, with six digits after the point.

    Names that are not UTF-8 keep their bytes. Raises ArgumentError for a name that would be read as
    several columns or lines.
    """
    with write_atomically(path) as file:
        for entry in entries:
            if set(entry.path) & _DIVIDING:
                raise ArgumentError(
                    f"{entry.path!r}: a list cannot hold a name with a tab or a line break; "
                    "rename the file"
                )
            labels = "".join(f"{label:f}\t" for label in entry.labels)
            line = f"{entry.key}\t{labels}{entry.path}\n"
            file.write(line.encode(errors="surrogateescape"))


def read_list(path: Path) -> list[ImageEntry]:
    """Read a list. Raises FormatError, with the line, for what is none."""
    entries: dict[int, ImageEntry] = {}
    text = path.read_text(encoding="utf-8", errors="surrogateescape")
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        entry = _entry(line)
        if entry is None:
            raise FormatError(
                f"{path}: line {number}: expected a key, labels and a path with tabs between, "
                f"found {short(line)}"
            )
        if entry.key in entries:
            raise FormatError(f"{path}: line {number}: the key {entry.key} is there already")
        entries[entry.key] = entry
    return list(entries.values())


def _entry(line: str) -> ImageEntry | None:
    key, *labels = line.rstrip("\r").split("\t")
    if len(labels) < 2:
        return None
    path = labels.pop()
    try:
        numbers = tuple(map(float, labels))
        return ImageEntry(int(key), numbers, path) if all(map(isfinite, numbers)) else None
    except ValueError:
        return None


# -- folders ---------------------------------------------------------------------------------------


def find_images(
    root: Path, endings: Iterable[str], recursive: bool
) -> tuple[list[ImageEntry], dict[str, int]]:
    """Find the images in a folder, in the order of their names.

    Args:
        root: the folder.
        endings: of image files, as ``.jpg``, of any case.
        recursive: whether to look into folders inside too. Then each folder with images has a label
            of its own, numbered from 0 in the order in which they are come across; else all images
            have label 0.

    Returns the images, and the label of each folder.
    """
    kinds = {ending.lower() for ending in endings}
    entries: list[ImageEntry] = []
    labels: dict[str, int] = {}
    for folder, names in _folders(root, recursive):
        for name in names:
            if os.path.splitext(name)[1].lower() in kinds:
                label = labels.setdefault(os.path.relpath(folder, root), len(labels))
                path = os.path.relpath(os.path.join(folder, name), root)
                entries.append(ImageEntry(len(entries), (float(label),), path))
    return entries, labels


def _folders(root: Path, recursive: bool) -> Iterator[tuple[str, list[str]]]:
    """Yield folders and the names of the files in them, both in order."""
    for folder, inside, names in os.walk(root, onerror=_raise, followlinks=True):
        inside[:] = sorted(name for name in inside if not _leads_back(folder, name))
        yield folder, sorted(names)
        if not recursive:
            return


def _leads_back(folder: str, name: str) -> bool:
    """Tell whether a folder is a link to one that it lies in: the walk would not end."""
    path, outer = os.path.join(folder, name), os.path.realpath(folder)
    return os.path.islink(path) and f"{outer}{os.sep}".startswith(
        f"{os.path.realpath(path).rstrip(os.sep)}{os.sep}"
    )


def _raise(problem: OSError) -> None:
    raise problem


@dataclass(frozen=True)
class Split:
    """How a list is divided into several.

    Args:
        chunks: into how many pieces it is divided first.
        train_ratio: the share of each piece for training.
        test_ratio: the share for testing; what is left over is for validation.
        seed: shuffles the list before, None for not.

    Raises ArgumentError for shares that do not make sense.

    >>> images = [ImageEntry(key, (0.0,), f"{key}.jpg") for key in range(4)]
    >>> {name: len(part) for name, part in Split(train_ratio=0.75).divide(images).items()}
    {'_val': 1, '_train': 3}
    """

    chunks: int = 1
    train_ratio: float = 1.0
    test_ratio: float = 0.0
    seed: int | None = None

    def __post_init__(self) -> None:
        if not (self.train_ratio >= 0 and self.test_ratio >= 0 and self._both <= 1 + 1e-9):
            raise ArgumentError(
                "--train-ratio and --test-ratio must be >= 0 and at most 1 together, "
                f"got {self.train_ratio:g} and {self.test_ratio:g}"
            )

    @property
    def _both(self) -> float:
        return self.train_ratio + self.test_ratio

    def divide(self, entries: list[ImageEntry]) -> dict[str, list[ImageEntry]]:
        """Return the lists by what is appended to their names: MXNet's division and names."""
        shuffled = list(entries)
        if self.seed is not None:
            random.Random(self.seed).shuffle(shuffled)
        size = -(-len(shuffled) // self.chunks)
        train, test = int(size * self.train_ratio), int(size * self.test_ratio)
        lists: dict[str, list[ImageEntry]] = {}
        for number in range(self.chunks):
            chunk = shuffled[number * size : (number + 1) * size]
            name = f"_{number}" if self.chunks > 1 else ""
            if self.train_ratio == 1:
                lists[name] = chunk
                continue
            if self.test_ratio:
                lists[f"{name}_test"] = chunk[:test]
            if self._both < 1:
                lists[f"{name}_val"] = chunk[test + train :]
            lists[f"{name}_train"] = chunk[test : test + train]
        return lists
