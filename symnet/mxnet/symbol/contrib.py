"""Operators under trial, and control flow, for symbols: ``mx.sym.contrib``."""

from typing import Any

from ..namespaces import operator_module
from .loops import cond, foreach, while_loop
from .symbol import FACE

__all__ = ["cond", "foreach", "while_loop"]

_find, __dir__ = operator_module(globals(), "mx.sym.contrib", FACE, "_contrib_")


def __getattr__(name: str) -> Any:
    return _find(name)
