"""The log: one logger for the package, seen without any configuration.

Who configures Python's logging gets the records of the logger ``symnet`` like any others. Who does
not still sees what `fit` has to say: the lines go to standard error, around a progress bar.
"""

import logging
import sys

from tqdm import tqdm

__all__ = ["logger", "show_log"]

logger = logging.getLogger("symnet")


class _AroundProgress(logging.Handler):
    """Write records as the documents show them, without breaking a progress bar.

    Once the program has configured logging after all, its own handlers are enough.
    """

    def emit(self, record: logging.LogRecord) -> None:
        if not logging.getLogger().handlers:
            tqdm.write(f"{record.levelname}: {record.getMessage()}", file=sys.stderr)


_handler = _AroundProgress()


def show_log() -> None:
    """Make the log's INFO lines visible, unless the program configured logging itself."""
    if logger.hasHandlers():
        return
    logger.addHandler(_handler)
    if logger.level == logging.NOTSET:
        logger.setLevel(logging.INFO)
