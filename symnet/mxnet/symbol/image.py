"""Image operators, for symbols: ``mx.sym.image``."""

from ..namespaces import operator_module
from .symbol import FACE

__getattr__, __dir__ = operator_module(globals(), "mx.sym.image", FACE, "_image_")
