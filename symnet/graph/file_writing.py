"""Symbols as JSON, written in the form of MXNet 1.x or 0.x; `file_format` reads.

Source: docs/semantics §2.10.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any, Literal

from ..core.errors import ArgumentError
from ..operators.contract import Operator
from ._survey import WRITTEN_BARE
from .node import Graph, Node

__all__ = ["Era", "write_json"]

_VERSION = 10901


Era = Literal["1.x", "0.x"]
"""Who reads a file: "1.x" is MXNet 0.9 and later, "0.x" any version."""


def write_json(graph: Graph, era: Era = "1.x") -> str:
    """Return the JSON text of a graph; equal graphs give equal text.

    Args:
        graph: the graph.
        era: ``"1.x"`` (default) writes as MXNet 1.9.1 does; ``"0.x"`` as 0.8 did, which every
            version reads: parameters under ``param``, what users attached under ``attr``, no
            auxiliary states, and the operators' older names.

    Raises ArgumentError where an old file has no room for a graph.
    """
    root = _graph_object(graph) if era == "1.x" else _old_object(graph)
    if era == "1.x":
        root |= {"attrs": {"mxnet_version": ["int", _VERSION]}}
    return "".join(_layout(root, 0, tall=True))


def _graph_object(graph: Graph) -> dict[str, Any]:
    numbers = {node: number for number, node in enumerate(graph.nodes)}
    first_result = [0]
    for node in graph.nodes:
        first_result.append(first_result[-1] + len(node.results))
    states = set(graph.states)
    return {
        "nodes": [_node_object(node, numbers, states) for node in graph.nodes],
        "arg_nodes": [numbers[node] for node in graph.nodes if node.op is None],
        "node_row_ptr": first_result,
        "heads": [[numbers[value.node], value.number, 0] for value in graph.outputs],
    }


def _name_in_files(node: Node) -> str:
    if isinstance(node.op, Operator):
        return node.op.name_in_files()
    return type(node.op).__name__ if node.op else "null"


def _node_object(node: Node, numbers: Mapping[Node, int], states: set[Node]) -> dict[str, Any]:
    described: dict[str, Any] = {"op": _name_in_files(node)}
    described["name"] = node.name
    # MXNet takes every bare key of an operator for a parameter of it.
    texts = {f"__{key}__": text for key, text in node.attributes.items()}
    if isinstance(node.op, Operator):
        texts |= node.op.to_text()
    if texts:
        described["attrs"] = dict(sorted(texts.items()))
    described["inputs"] = [
        [numbers[value.node], value.number, int(value.node in states)] for value in node.inputs
    ]
    if isinstance(node.op, Operator) and node.op.subgraph_names:
        described["subgraphs"] = [_graph_object(inner) for inner in node.op.inner_graphs()]
    return described


# -- as 0.8 wrote ---------------------------------------------------------------------------------


def _old_object(graph: Graph) -> dict[str, Any]:
    """Return a graph without its auxiliary states: 0.8 keeps those with the operators."""
    states = set(graph.states)
    nodes = [node for node in graph.nodes if node not in states]
    numbers = {node: number for number, node in enumerate(nodes)}
    return {
        "nodes": [_old_node(node, numbers) for node in nodes],
        "arg_nodes": [numbers[node] for node in nodes if node.op is None],
        "heads": [[numbers[value.node], value.number] for value in graph.outputs],
    }


def _old_node(node: Node, numbers: Mapping[Node, int]) -> dict[str, Any]:
    op = node.op
    if isinstance(op, Operator) and op.subgraph_names:
        raise ArgumentError(f"{node.name}: MXNet 0.x has no {type(op).__name__}, and no subgraphs")
    inputs = node.inputs
    if isinstance(op, Operator):
        inputs = inputs[: len(inputs) - len(node.state_inputs())]
        _check_state_names(node, op)
    described = {
        "op": type(op).__name__ if op else "null",
        "param": _old_parameters(op) if isinstance(op, Operator) else {},
        "name": node.name,
        "inputs": [[numbers[value.node], value.number] for value in inputs],
        "backward_source_id": -1,
    }
    if node.attributes:
        # Newer versions take all other bare keys of an operator for its parameters.
        named = {k if k in WRITTEN_BARE else f"__{k}__": t for k, t in node.attributes.items()}
        described["attr"] = dict(sorted(named.items()))
    return described


def _check_state_names(node: Node, op: Operator) -> None:
    """Refuse states of other names than those that a reader gives them."""
    for state, value in zip(op.state_names(), node.state_inputs(), strict=True):
        if value.node.name != f"{node.name}_{state}":
            raise ArgumentError(
                f"{node.name}: in a file of MXNet 0.x its state would be called "
                f"{node.name}_{state}, not {value.node.name}"
            )


def _old_parameters(op: Operator) -> dict[str, str]:
    """Return an operator's parameters; those whose default has changed since are always there."""
    changed = {
        field.name: op.kinds[field.name].write(getattr(op, field.name))
        for field in fields(op)
        if field.name in op.params and op.params[field.name].mxnet_default != field.default
    }
    return dict(sorted({**op.to_text(), **changed}.items()))


def _layout(value: Any, depth: int, *, tall: bool = False) -> Iterator[str]:
    """Lay JSON out as MXNet does: small lists and objects on one line, the rest indented by two."""
    if isinstance(value, dict) and (tall or len(value) > 1):
        items = [(f"{json.dumps(key, ensure_ascii=False)}: ", item) for key, item in value.items()]
        yield from _tall("{", items, "}", depth)
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        yield from _tall("[", [("", item) for item in value], "]", depth, tall_items=True)
    elif isinstance(value, list) and len(value) > 10:
        yield from _tall("[", [("", item) for item in value], "]", depth)
    else:
        yield json.dumps(value, ensure_ascii=False)


def _tall(
    opening: str,
    items: list[tuple[str, Any]],
    closing: str,
    depth: int,
    *,
    tall_items: bool = False,
) -> Iterator[str]:
    margin = "  " * (depth + 1)
    yield opening
    for number, (label, item) in enumerate(items):
        yield f"{', ' if number else ''}\n{margin}{label}"
        yield from _layout(item, depth + 1, tall=tall_items)
    yield f"\n{'  ' * depth}{closing}"
