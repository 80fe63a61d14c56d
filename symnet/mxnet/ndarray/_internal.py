"""Operators whose names begin with an underscore, for arrays: ``mx.nd._internal``."""

from ..namespaces import operator_module
from .array import FACE

__getattr__, __dir__ = operator_module(globals(), "mx.nd._internal", FACE)
