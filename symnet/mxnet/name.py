"""Automatic names, as in ``mxnet.name``."""

from ..core.naming import NameManager, PrefixNameManager

__all__ = ["NameManager", "Prefix"]

Prefix = PrefixNameManager
