"""Linear algebra, for symbols: ``mx.sym.linalg``."""

from ..namespaces import operator_module
from .symbol import FACE

__getattr__, __dir__ = operator_module(globals(), "mx.sym.linalg", FACE, "_linalg_")
