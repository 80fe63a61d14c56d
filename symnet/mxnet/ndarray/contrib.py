"""Operators under trial, for arrays: ``mx.nd.contrib``."""

from ..namespaces import operator_module
from .array import FACE

__getattr__, __dir__ = operator_module(globals(), "mx.nd.contrib", FACE, "_contrib_")
