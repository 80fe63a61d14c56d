"""Loggers as ``mxnet.log`` makes them."""

import logging
from logging import CRITICAL, DEBUG, ERROR, INFO, NOTSET, WARNING

__all__ = ["CRITICAL", "DEBUG", "ERROR", "INFO", "NOTSET", "WARNING", "get_logger"]

_FORMAT = "%(levelname).1s%(asctime)s %(process)d %(pathname)s:%(funcName)s:%(lineno)d] %(message)s"
_DATE = "%m%d %H:%M:%S"


def get_logger(
    name: str | None = None,
    filename: str | None = None,
    filemode: str | None = None,
    level: int = WARNING,
) -> logging.Logger:
    """Return a logger that writes to a file, or to the error stream.

    Args:
        name: its name, default the root's, which is handed out as it is.
        filename: the file, default the error stream.
        filemode: ``"a"`` to write behind what is in the file, as is the default, or ``"w"``.
        level: the least level that is written.
    """
    logger = logging.getLogger(name)
    if name is None or getattr(logger, "_made_by_symnet", False):
        return logger
    handler: logging.Handler = (
        logging.FileHandler(filename, filemode or "a") if filename else logging.StreamHandler()
    )
    handler.setFormatter(logging.Formatter(_FORMAT, _DATE))
    logger.addHandler(handler)
    logger.setLevel(level)
    logger.__dict__["_made_by_symnet"] = True
    return logger


globals()["getLogger"] = get_logger  # its older name, no name for a function of ours
