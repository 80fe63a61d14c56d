"""What a pass over images hands out, and how far it has come."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, final

from ...core.errors import DataError
from ...ndarray import NDArray
from ..provider import AbstractDataBatch
from ..taken_rows import read_only
from ._parameters import OWNER
from ._pipeline import Filled

__all__ = ["ImageBatch", "Position"]


@final
class ImageBatch(AbstractDataBatch):
    """A batch of images, good until the provider is asked for the next one.

    Its memory is used again then. Asking it for its arrays later raises DataError; arrays that
    were taken from it before show what is in the memory by then.

    Args:
        filled: the batch as it was made.
        labelled: whether it has labels.
    """

    __slots__ = ("_filled", "_labelled", "_use")

    def __init__(self, filled: Filled, labelled: bool) -> None:
        self._filled, self._labelled = filled, labelled
        self._use = filled.buffer.uses

    def get_data(self) -> list[NDArray]:
        """Return the pixels, read-only, float32 of shape ``(rows, channels, height, width)``."""
        self._check_good()
        return [read_only(self._filled.buffer.data[: self._filled.rows])]

    def get_label(self) -> list[NDArray]:
        """Return the labels, read-only, float32 of shape ``(rows,)`` or ``(rows, label_width)``."""
        self._check_good()
        label = self._filled.buffer.label[: self._filled.rows]
        label = label[:, 0] if label.shape[1] == 1 else label
        return [read_only(label)] if self._labelled else []

    def count_samples(self) -> int:
        """Return how many rows are samples."""
        return self._filled.samples

    def _check_good(self) -> None:
        if self._use != self._filled.buffer.uses:
            raise DataError(
                f"{OWNER}: this batch is over: its memory holds a later one; copy what is to be "
                "kept while the batch is the current one, as batch.get_data()[0].copy()"
            )


@final
@dataclass(frozen=True)
class Position:
    """Which batch comes next.

    Args:
        epoch: number of the pass, from 0.
        batch: how many of its batches are done.
        batching: the state of the `Batching` when the pass began.
    """

    epoch: int = 0
    batch: int = 0
    batching: Mapping[str, Any] = field(default_factory=dict)

    def state(self) -> dict[str, Any]:
        """Return what `read` makes this of again, as JSON can hold it.

        >>> Position(2, 5).state()
        {'epoch': 2, 'batch': 5}
        """
        return {"epoch": self.epoch, "batch": self.batch, **self.batching}

    @classmethod
    def read(cls, state: Mapping[str, Any], batches: int) -> "Position":
        """Return the position that a state tells of.

        Args:
            state: what `state` returned.
            batches: how many batches a pass has, at most.

        Raises DataError for what is none.
        """
        rest = dict(state)
        epoch, batch = rest.pop("epoch", None), rest.pop("batch", None)
        whole = all(type(each) is int and each >= 0 for each in (epoch, batch))
        if not whole or batch > batches or rest.keys() - {"borrowed"}:
            raise DataError(
                f"{OWNER}: this is no position: {dict(state)}; expected are epoch >= 0, "
                f"batch from 0 to {batches}, and perhaps borrowed, as position() returns them"
            )
        return cls(epoch, batch, rest)
