"""All operators, for symbols: ``mx.sym.op``."""

from ..namespaces import operator_module
from .symbol import FACE

__getattr__, __dir__ = operator_module(globals(), "mx.sym.op", FACE)
