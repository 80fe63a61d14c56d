"""Operators under trial by their older place: ``mx.contrib.nd``, ``mx.contrib.sym``."""

from typing import Any

from .absent import absent
from .ndarray import contrib as ndarray
from .symbol import contrib as symbol

__all__ = ["nd", "ndarray", "sym", "symbol"]

nd, sym = ndarray, symbol

__path__: list[str] = []  # MXNet has modules inside


def __getattr__(name: str) -> Any:
    raise absent("mx.contrib", name, __all__)
