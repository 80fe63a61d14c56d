"""ImageRecordIter: batches of images out of record files."""

import logging
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from copy import copy
from dataclasses import replace
from inspect import Signature
from itertools import islice
from typing import Any, ClassVar, final
from weakref import WeakSet

from ...core.errors import DataError, MXError
from ...core.parameters import documented_with
from .._last_batch import Batching
from .._shuffling import Shuffling
from ..arrays.mnist import MXDataProvider
from ._batch import ImageBatch, Position
from ._choices import GROUPS, Choices
from ._color import Normalizer
from ._draws import draws
from ._labels import HeaderLabels, Labels, ListedLabels
from ._loader import Loader
from ._mean_image import find_mean_image
from ._parameters import OWNER
from ._pipeline import BatchBuffer, Filled, Planned, run
from ._records import ImageRecords

__all__ = ["ImageRecordIter", "ImageRecordProvider"]

_log = logging.getLogger("symnet")


@final
@documented_with(*GROUPS)
class ImageRecordIter(MXDataProvider):
    """Mini-batches of the images in record files, decoded and augmented by threads.

    Pixels are float32 of shape ``(batch_size, channels, height, width)``, red first; labels are of
    shape ``(batch_size,)`` or ``(batch_size, label_width)``. A batch may only be read, and is good
    until the next one is asked for: its memory is used again then.

    What is random depends on nothing but ``seed``, the number of the pass, and the record: not on
    the number of threads, nor on whether the pass was begun in another process (see `seek`).
    Abandoning a pass, iterating again, and several providers over one file are all fine. Also
    called ``ImageRecordProvider``. Needs
    ``opencv-python-headless`` and ``simplejpeg``.

    The options stand at the end, one line each.

    Raises ParameterError for a parameter that is out of range, contradicts another, or is unknown
    (MXNet ignored those); DataError where a file cannot be read, the first image does not fit, or
    there are fewer images than ``discard`` needs; FormatError for files that are not what they
    should be; ArgumentError where OpenCV or simplejpeg is missing.
    Source: the documents, "ImageRecordIter"; docs/semantics §7.3, §7.6, §7.7.

    >>> import tempfile, numpy as np
    >>> from symnet.data.image.image_record import IRHeader, pack_img
    >>> from symnet.data.records.recordio import RecordWriter
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with RecordWriter(f"{folder}/grey.rec") as writer:
    ...         for label in range(3):
    ...             image = np.full((5, 6), 50 * label, np.uint8)
    ...             _ = writer.write(pack_img(IRHeader(0, label, label, 0), image, img_fmt=".png"))
    ...     provider = ImageRecordIter(
    ...         path_imgrec=f"{folder}/grey.rec", data_shape=(1, 2, 2), batch_size=2, scale=0.5
    ...     )
    ...     for batch in provider:
    ...         print(batch.get_data()[0].asnumpy()[:, 0, 0, 0], batch.count_samples())
    [ 0. 25.] 2
    [50.  0.] 1
    """

    batch_type = ImageBatch

    skipped: int
    """How many records the latest pass has left out so far."""

    __signature__: ClassVar[Signature] = Choices.signature()

    def __init__(self, **parameters: Any) -> None:
        self._choices = choices = Choices.of(parameters)
        reading = choices.reading
        label = None if reading.label_name is None else (reading.label_name, reading.label_shape)
        super().__init__((reading.data_name, (reading.batch_size, *reading.data_shape)), label)

        self._records = ImageRecords(reading.path_imgrec, reading.path_imgidx)
        self._numbers = self._records.images(reading.num_parts, reading.part_index)
        count, size = len(self._numbers), reading.batch_size
        self._batching = Batching(count, size, reading.policy, owner=OWNER)
        self._shuffling = Shuffling(count, reading.shuffle, reading.seed, owner=OWNER)
        self._loader = _loader(choices, self._records)
        if not reading.skips:
            self._check_first()

        self.skipped = 0
        self._now = self._next = Position()
        self._turn = 0  # passes begun, and seeks: only the latest moves the position
        self._running: WeakSet[Generator[ImageBatch]] = WeakSet()
        self._open = True
        if reading.verbose:
            _log.info("%s: %s: %d images", OWNER, reading.path_imgrec, count)

    @property
    def num_parts(self) -> int:
        """In how many parts the data was divided, of which this provider reads one."""
        return self._choices.reading.num_parts

    def __getstate__(self) -> dict[str, Any]:
        # Passes that are under way are not copied, and neither is what they will leave behind.
        own = {"_batching": copy(self._batching), "_shuffling": copy(self._shuffling)}
        return {**super().__getstate__(), **own, "_running": None, "_now": self._next}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update({**state, "_running": WeakSet()})

    def _check_first(self) -> None:
        """Raise now what is wrong with the first image: mostly it is wrong with all."""
        number = self._numbers[:1]
        row = self._new_buffer(1)
        data, label = row.data.numpy()[0], row.label.numpy()[0]
        self._loader.load(
            int(number[0]), draws(self._choices.reading.seed, 0, number)[0], data, label
        )

    def _new_buffer(self, size: int | None = None) -> BatchBuffer:
        reading = self._choices.reading
        return BatchBuffer(size or reading.batch_size, reading.data_shape, reading.label_width)

    def __repr__(self) -> str:
        reading, images = self._choices.reading, len(self._numbers)
        shape = (reading.batch_size, *reading.data_shape)
        return f"{OWNER}({reading.path_imgrec!r}, {images:,} images, {reading.data_name} {shape})"

    def count_batches(self) -> int | None:
        """Return how many batches a pass has; None where passes differ, or images are skipped."""
        return None if self._choices.reading.skips else self._batching.count()

    def __iter__(self) -> Iterator[ImageBatch]:
        if not self._open:
            raise DataError(f"{OWNER}: the provider of {self._records.path} is closed")
        here = self._next
        plan = self._plan(here)
        self._turn += 1
        self._now, self._next, self.skipped = here, Position(here.epoch + 1), 0
        running = self._run(here, plan, self._turn)
        self._running.add(running)
        return self.begin_pass(running)

    def _plan(self, here: Position) -> Iterator[Planned]:
        """Begin a pass: return its batches from a position on."""
        reading = self._choices.reading
        self._batching.restore(here.batching)
        if reading.shuffle:
            self._shuffling.restore({"pass": here.epoch})
        rows = self._batching.rows(self._shuffling.order())
        return (
            Planned(records, count, draws(reading.seed, here.epoch, records))
            for records, count in (
                (self._numbers[each], count) for each, count in islice(rows, here.batch, None)
            )
        )

    def _run(self, here: Position, plan: Iterator[Planned], turn: int) -> Generator[ImageBatch]:
        reading = self._choices.reading
        account = _Account()
        made = run(
            plan,
            self._loader,
            self._new_buffer,
            threads=reading.preprocess_threads,
            ahead=reading.prefetch_buffer,
            skip=reading.skips,
        )
        with closing(made):
            for done, filled in enumerate(made, here.batch + 1):
                account.add(filled)
                if turn == self._turn:
                    self.skipped = account.skipped
                    self._now = Position(here.epoch, done, here.batching)
                if filled.samples:
                    yield ImageBatch(filled, reading.label_name is not None)
        account.report(here)
        if turn == self._turn:
            self._now = self._next = Position(here.epoch + 1, 0, self._batching.state())

    def position(self) -> dict[str, Any]:
        """Return which batch comes next, for a checkpoint; also in the middle of a pass.

        After two batches of the first pass that is ``{"epoch": 0, "batch": 2}``.
        """
        return self._now.state()

    def seek(self, position: Mapping[str, Any]) -> None:
        """Let the next pass begin with the batch that came next when `position` was asked.

        No image before it is read. A pass that is under way is not changed. Without `seek`, a pass
        that follows one that was abandoned begins anew.

        Args:
            position: what `position` returned, of a provider made with the same parameters over
                the same files, perhaps in another process.

        Raises DataError for what is no position in this data, which changes nothing.
        """
        batches = -(-len(self._numbers) // self._choices.reading.batch_size)
        wanted = Position.read(position, batches)
        self._batching.restore(wanted.batching)
        self._turn += 1
        self._now = self._next = wanted

    def close(self) -> None:
        """End passes that are under way, with their threads, and close the files."""
        for running in list(self._running):
            running.close()
        self._open = False
        self._records.close()


ImageRecordProvider = ImageRecordIter


def _loader(choices: Choices, records: ImageRecords) -> Loader:
    reading = choices.reading
    labels: Labels | None = None
    if reading.label_name is not None and reading.path_imglist:
        labels = ListedLabels(reading.path_imglist, reading.label_width)
    elif reading.label_name is not None:
        labels = HeaderLabels(reading.label_width)
    plain = Loader(
        records, None, choices.geometry, choices.jitter, Normalizer(), reading.max_pixels
    )
    mean = find_mean_image(reading, plain) if reading.mean_img else None
    return replace(plain, labels=labels, normalizer=Normalizer(choices.normalization, mean))


class _Account:
    """What a pass has left out."""

    def __init__(self) -> None:
        self.skipped = self._samples = 0
        self._first: MXError | None = None

    def add(self, filled: Filled) -> None:
        """Take in a batch."""
        self._samples += filled.samples
        self.skipped += len(filled.failures)
        if filled.failures and self._first is None:
            self._first = filled.failures[0]

    def report(self, begun: Position) -> None:
        """Write the log's line; DataError where nothing was left of a whole pass."""
        if not self._first:
            return
        if not self._samples and not begun.batch:
            raise DataError(
                f"{OWNER}: none of {self.skipped} records could be used; the first: {self._first}"
            ) from self._first
        _log.warning(
            "%s: epoch %d: %d records were skipped; the first: %s",
            OWNER,
            begun.epoch,
            self.skipped,
            self._first,
        )
