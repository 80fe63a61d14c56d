"""The log: one logger for the package, seen without any configuration.

Who configures Python's logging gets the records of the logger ``symnet`` like any others. Who does
not still sees what `fit` has to say: the lines go to standard error, around a progress bar.
"""

import logging
import sys
import warnings
from typing import Any

from tqdm import tqdm

__all__ = ["logger", "progress_bar", "show_log"]

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


def progress_bar(title: str, total: int | None, *, shown: bool = True) -> Any:
    """Return a bar that counts batches, for a ``with`` statement.

    It is seen on a terminal and in a notebook, where it is a widget if ipywidgets is installed,
    and nowhere else: files and pipes get no bars.

    Args:
        title: what stands before the bar.
        total: how many batches will come, None where nobody knows yet.
        shown: whether to show it at all.

    >>> with progress_bar("Epoch 001", 2, shown=False) as progress:
    ...     for _ in range(2):
    ...         _ = progress.update()
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a notebook without ipywidgets gets a bar of text
        from tqdm.auto import tqdm as bar
    # tqdm starts a thread that would live as long as the process, to look after bars that hang.
    bar = type("ProgressBar", (bar,), {"monitor_interval": 0, "__doc__": bar.__doc__})
    in_notebook = any(kind.__module__ == "tqdm.notebook" for kind in bar.__mro__)
    hidden = None if not in_notebook else False  # None asks whether there is a terminal
    return bar(
        total=total, desc=title, unit="batch", leave=False, disable=hidden if shown else True
    )
