"""Sparse operators, which symnet does not have, for symbols: ``mx.sym.sparse``."""

from ..namespaces import operator_module
from .symbol import FACE

__getattr__, __dir__ = operator_module(globals(), "mx.sym.sparse", FACE, "_sparse_dense_")
