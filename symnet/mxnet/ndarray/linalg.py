"""Linear algebra, for arrays: ``mx.nd.linalg``."""

from ..namespaces import operator_module
from .array import FACE

__getattr__, __dir__ = operator_module(globals(), "mx.nd.linalg", FACE, "_linalg_")
