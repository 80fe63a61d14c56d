"""Operators under trial, for symbols: ``mx.sym.contrib``."""

from ..namespaces import operator_module
from .symbol import FACE

__getattr__, __dir__ = operator_module(globals(), "mx.sym.contrib", FACE, "_contrib_")
