"""Operators whose names begin with an underscore, for symbols: ``mx.sym._internal``."""

from ..namespaces import operator_module
from .symbol import FACE

__getattr__, __dir__ = operator_module(globals(), "mx.sym._internal", FACE)
