"""Symbols: networks that are declared, and how they are put together."""

from .symbol import ShapeLists, SymbolicNode, Variable, from_json

__all__ = ["ShapeLists", "SymbolicNode", "Variable", "from_json"]
