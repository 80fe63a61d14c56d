"""Attributes of nodes as Python-MXNet lists them: ``__lr_mult__`` and parameters, as texts."""

from ...graph.node import Node
from ...operators.contract import Operator

__all__ = ["attributes_of"]

_BOTH_WAYS = frozenset(
    ("ctx_group", "lr_mult", "wd_mult", "force_mirroring", "mirror_stage", "profiler_scope")
)
"""Keys that are listed with and without their ``__``."""

_WRAPPED = frozenset(("shape", "dtype", "init", "storage_type"))
"""Keys that are listed with ``__`` alone."""


def attributes_of(node: Node) -> dict[str, str]:
    """Return a node's attributes and its operator's parameters."""
    found = dict(node.op.to_text()) if isinstance(node.op, Operator) else {}
    for key, text in node.attributes.items():
        if key in _BOTH_WAYS or key in _WRAPPED or node.op is not None or node.automatic:
            found[f"__{key}__"] = text
        if key not in _WRAPPED and (key in _BOTH_WAYS or (node.op is None and not node.automatic)):
            found[key] = text
    return found
