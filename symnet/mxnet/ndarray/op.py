"""All operators, for arrays: ``mx.nd.op``."""

from ..namespaces import operator_module
from .array import FACE

__getattr__, __dir__ = operator_module(globals(), "mx.nd.op", FACE)
