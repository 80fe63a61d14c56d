"""Sparse operators, which symnet does not have, for arrays: ``mx.nd.sparse``."""

from ..namespaces import operator_module
from .array import FACE

__getattr__, __dir__ = operator_module(globals(), "mx.nd.sparse", FACE, "_sparse_dense_")
