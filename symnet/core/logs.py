"""The log: one logger for the package, seen without any configuration.

Who configures Python's logging gets the records of the logger ``symnet`` like any others. Who does
not still sees what `fit` has to say: the lines go to standard error, around a progress bar; in a
notebook, where standard error looks like a failure, all but warnings go to standard output.
"""

import logging
import sys

from tqdm import tqdm

from .notebook import in_notebook

__all__ = ["ProgressBar", "logger", "show_log"]

logger = logging.getLogger("symnet")


class _AroundProgress(logging.Handler):
    """Write records as the documents show them, without breaking a progress bar.

    Once the program has configured logging after all, its own handlers are enough.
    """

    def emit(self, record: logging.LogRecord) -> None:
        if not logging.getLogger().handlers:
            plain = record.levelno < logging.WARNING and in_notebook()
            line = f"{record.levelname}: {record.getMessage()}"
            tqdm.write(line, file=sys.stdout if plain else sys.stderr)


_handler = _AroundProgress()


def show_log() -> None:
    """Make the log's INFO lines visible, unless the program configured logging itself."""
    if logger.hasHandlers():
        return
    logger.addHandler(_handler)
    if logger.level == logging.NOTSET:
        logger.setLevel(logging.INFO)


class ProgressBar(tqdm):  # type: ignore[misc]  # tqdm has no types
    """A bar that counts batches on a terminal; files and pipes get no bars.

    >>> with ProgressBar(desc="Epoch 001", total=2, disable=True) as progress:
    ...     for _ in range(2):
    ...         _ = progress.update()
    """

    monitor_interval = 0  # tqdm's thread, to look after bars that hang, would never end
