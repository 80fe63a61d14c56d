"""The labels of an image: from the header of its record, or from a list by its id."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from ...core.errors import DataError, FormatError
from ...core.paths import FilePath, open_to_read
from ._parameters import OWNER
from .image_record import IRHeader

__all__ = ["HeaderLabels", "Labels", "ListedLabels", "read_image_list"]

Labels = Callable[[IRHeader], Any]
"""From the header of a record to its label, or to an array of its labels."""


@final
@dataclass(frozen=True)
class HeaderLabels:
    """Takes the labels from the header of a record.

    Args:
        width: how many there are.

    A call raises DataError for a header that has another number of them.
    Source: docs/semantics §7.6, §7.8.

    >>> HeaderLabels(1)(IRHeader(0, 4.0, 7, 0))
    4.0
    """

    width: int

    def __call__(self, header: IRHeader) -> Any:
        found = max(1, header.flag)
        if found != self.width:
            raise DataError(
                f"the record has {found} label{'s'[: found - 1]}, but label_width is {self.width}; "
                f"say label_width={found}, or name a list of labels with path_imglist"
            )
        return header.label


@final
class ListedLabels:
    """Looks labels up in an image list, by the id of a record; see `read_image_list`.

    A call raises DataError for an id that the list has not.
    """

    def __init__(self, path: FilePath, width: int) -> None:
        self._path, self._known = path, read_image_list(path, width)

    def __call__(self, header: IRHeader) -> Any:
        try:
            return self._known[header.id]
        except KeyError:
            raise DataError(f"fail to find imagelabel for id {header.id} in {self._path}") from None


def read_image_list(path: FilePath, width: int) -> dict[int, np.ndarray]:
    """Return the labels in an image list, by the ids of the images.

    Args:
        path: a file of lines ``id label … [path]``, divided by white space.
        width: how many labels each line has.

    Returns arrays of float32 and shape ``(width,)``. Raises DataError where the file cannot be
    read, FormatError, with the number of the line, for a line without an id and as many labels.
    Source: docs/semantics §7.6, step 2.

    >>> from ...core.paths import write_atomically
    >>> with write_atomically("memory://images.lst") as file:
    ...     _ = file.write(b"7 1.5 cat.jpg")
    >>> read_image_list("memory://images.lst", 1)
    {7: array([1.5], dtype=float32)}
    """
    known: dict[int, np.ndarray] = {}
    try:
        with open_to_read(path) as file:
            for place, line in enumerate(file, 1):
                words = line.split()
                if words:
                    known[_id(words, path, place)] = _numbers(words, width, path, place)
    except OSError as error:
        raise DataError(f"{OWNER}: cannot read path_imglist={path}: {error}") from error
    return known


def _id(words: list[bytes], path: FilePath, place: int) -> int:
    try:
        return int(words[0])
    except ValueError:
        raise _bad(path, place, f"an id is expected first, got {words[0]!r}") from None


def _numbers(words: list[bytes], width: int, path: FilePath, place: int) -> np.ndarray:
    try:
        found = np.array([float(word) for word in words[1 : 1 + width]], np.float32)
    except ValueError as error:
        raise _bad(path, place, f"label_width={width} labels are expected: {error}") from None
    if len(found) < width:
        raise _bad(path, place, f"label_width={width} labels are expected, got {len(found)}")
    return found


def _bad(path: FilePath, place: int, problem: str) -> FormatError:
    return FormatError(f"{OWNER}: Bad ImageList format: {path}, line {place}: {problem}")
