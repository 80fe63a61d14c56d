"""Attributes of symbols by scope, as in ``mxnet.attribute``."""

from ..core.naming import AttrScope

__all__ = ["AttrScope"]
