"""Operators under trial, and control flow, for symbols: ``mx.sym.contrib``."""

from typing import Any

from ..namespaces import operator_module
from ..zipfian import zipfian
from .loops import cond, foreach, while_loop
from .random import uniform
from .symbol import FACE, Symbol

__all__ = ["cond", "foreach", "rand_zipfian", "while_loop"]


def rand_zipfian(
    true_classes: Symbol, num_sampled: int, range_max: int
) -> tuple[Symbol, Symbol, Symbol]:
    """Draw classes by Zipf's law; see ``mx.nd.contrib.rand_zipfian``."""
    found: tuple[Symbol, Symbol, Symbol] = zipfian(uniform, true_classes, num_sampled, range_max)
    return found


_find, __dir__ = operator_module(globals(), "mx.sym.contrib", FACE, "_contrib_")


def __getattr__(name: str) -> Any:
    return _find(name)
