"""The image records of files: which of their records are images, and what is in each."""

from typing import final

import numpy as np

from ...core.errors import DataError, FormatError
from ...core.paths import FilePath
from ..records.recordio import RecordReader
from ._parameters import OWNER
from .image_record import IRHeader, is_image_record, unpack

__all__ = ["ImageRecords"]


@final
class ImageRecords:
    """The images in one or several record files.

    Records that hold no image, as the files of InsightFace have them, are left out. They are
    looked for only where record 0 is one: it takes going through all of the file.

    Args:
        path: the record file, or several joined by ``;``.
        index: the index, or several joined by ``;``; None for those beside the files, if any.

    Raises DataError where a file cannot be read or holds no image.
    """

    def __init__(self, path: FilePath, index: FilePath | None) -> None:
        self.path = path
        self._reader = RecordReader(path, index=index)
        if not len(self._reader):
            raise DataError(f"{OWNER}: there are no records in {path}")
        self._every = np.arange(len(self._reader))
        if not self._is_image(0):
            self._every = np.array([n for n in self._every.tolist() if self._is_image(n)], np.int64)

    def _is_image(self, number: int) -> bool:
        try:
            return is_image_record(self._reader.view(number))
        except FormatError:
            return True  # a damaged one: whoever reads it will say so

    def images(self, num_parts: int = 1, part_index: int = 0) -> np.ndarray:
        """Return the numbers of the records that are images, in one of several parts.

        Raises DataError for a part without any.
        """
        part = self._reader.part(num_parts, part_index)
        first, last = np.searchsorted(self._every, [part.start, part.stop])
        if first == last:
            which = f" in part {part_index} of {num_parts}" if num_parts > 1 else ""
            raise DataError(f"{OWNER}: there are no images{which} of {self.path}")
        return self._every[first:last]

    def read(self, number: int) -> tuple[IRHeader, memoryview]:
        """Return header and image file of a record; FormatError where it is damaged."""
        return unpack(self._reader.view(number))

    def place(self, number: int) -> str:
        """Return where a record is, for errors."""
        reader = self._reader
        return f"{reader.name(number)}, record {number} at byte {reader.offset(number)}"

    def close(self) -> None:
        """Close the files."""
        self._reader.close()
