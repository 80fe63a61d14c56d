"""Attributes of nodes as Python-MXNet lists them: ``__lr_mult__`` and parameters, as texts."""

from typing import Any

from ..graph.node import Node
from ..operators.contract import Operator

__all__ = ["HIDDEN", "attributes_of", "attributes_of_all"]

_BOTH_WAYS = frozenset(
    ("ctx_group", "lr_mult", "wd_mult", "force_mirroring", "mirror_stage", "profiler_scope")
)
"""Keys that are listed with and without their ``__``."""

HIDDEN = _BOTH_WAYS
"""Keys that an operator takes among its parameters, without their ``__``."""

_WRAPPED = frozenset(("shape", "dtype", "init", "storage_type"))
"""Keys that are listed with ``__`` alone."""


_STARTS = {
    ("", "moving_mean"): '["zero", {}]',
    ("", "moving_avg"): '["zero", {}]',
    ("", "moving_var"): '["one", {}]',
    ("LeakyReLU", "gamma"): '["Constant", {"value": 0.25}]',
}
"""The initializers that operators of MXNet give their inputs: by operator, or any, and input."""


def attributes_of_all(graph: Any) -> dict[str, dict[str, str]]:
    """Return the attributes and parameters of all nodes that have any, by name of the node.

    A variable that composition made has the parameters of its operator too, and inputs have the
    initializer that the operator gives them, unless they name another.
    """
    found = {node.name: attributes_of(node) for node in graph.nodes}
    for node in graph.nodes:
        if not isinstance(node.op, Operator):
            continue
        kind, parameters = type(node.op).__name__, node.op.to_text()
        roles = (*node.op.arguments(), *node.op.state_names())
        for role, value in zip(roles, node.inputs, strict=True):
            name = value.node.name
            if value.node.op is not None:
                continue
            if value.node.automatic and role not in node.op.state_names():
                found[name] = {**parameters, **found[name]}
            start = _STARTS.get((kind, role), _STARTS.get(("", role)))
            if start is not None:
                found[name] = {"__init__": start, **found[name]}
    return {name: attributes for name, attributes in found.items() if attributes}


def attributes_of(node: Node) -> dict[str, str]:
    """Return a node's attributes and its operator's parameters."""
    found = dict(node.op.to_text()) if isinstance(node.op, Operator) else {}
    for key, text in node.attributes.items():
        if key in _BOTH_WAYS or key in _WRAPPED or node.op is not None or node.automatic:
            found[f"__{key}__"] = text
        if key not in _WRAPPED and (key in _BOTH_WAYS or (node.op is None and not node.automatic)):
            found[key] = text
    return found
