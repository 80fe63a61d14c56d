"""From a record to a row of a batch."""

from dataclasses import dataclass
from typing import final

import numpy as np

from ...core.errors import DataError, FormatError
from ._color import ColorJitter, Normalizer
from ._decode import decode
from ._draws import Draws
from ._geometry import Geometry
from ._labels import Labels
from ._parameters import OWNER
from ._records import ImageRecords
from .image_file import require_cv2
from .image_record import IRHeader

__all__ = ["Loader"]


@final
@dataclass(frozen=True)
class Loader:
    """What makes samples of records; safe to use from many threads.

    Args:
        records: where they come from.
        labels: how labels are found; None where nobody wants any.
        geometry, jitter, normalizer: what is done to the images, in this order.
        max_pixels: most pixels that an image may have by its header; None for any number.
    """

    records: ImageRecords
    labels: Labels | None
    geometry: Geometry
    jitter: ColorJitter
    normalizer: Normalizer
    max_pixels: int | None

    def load(self, number: int, draws: Draws, data: np.ndarray, label: np.ndarray) -> None:
        """Write the sample of a record into a row.

        Args:
            number: number of the record.
            draws: the random choices.
            data: where pixels go, float32 of shape ``(channels, height, width)``.
            label: where labels go, float32 of shape ``(label_width,)``.

        Raises FormatError or DataError, with the place of the record, where it cannot be used.
        """
        try:
            header, content = self.records.read(number)
            self._write(header, content, draws, data, label)
        except (DataError, FormatError) as problem:
            where = self.records.place(number)
            said = "" if where in str(problem) else f"{where}: "
            raise type(problem)(f"{OWNER}: {said}{problem}") from problem
        except (MemoryError, require_cv2(OWNER).error) as problem:
            reason = getattr(problem, "err", None) or "not enough memory"
            raise FormatError(
                f"{OWNER}: {self.records.place(number)}: an image that cannot be used: {reason}"
            ) from problem

    def _write(
        self,
        header: IRHeader,
        content: memoryview,
        draws: Draws,
        data: np.ndarray,
        label: np.ndarray,
    ) -> None:
        if self.labels:
            label[:] = self.labels(header)
        channels, height, width = data.shape
        image = self.geometry(decode(content, channels, self.max_pixels), (height, width), draws)
        self.normalizer(self.jitter(image, draws), draws, data)
