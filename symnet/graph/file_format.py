"""Symbols as JSON: the dialects of MXNet 0.x to 1.x are read, that of 1.x is written.

Source: SEMANTICS §2.10, §15.3.
"""

import json
from collections.abc import Iterator, Mapping
from reprlib import repr as short
from typing import Any

from ..errors import FormatError, MXError
from ..naming import bare_key
from ..op import OPERATORS, Inputs, Operator
from .node import Graph, Node, Value, substitute
from .verify import verify

__all__ = ["read_json", "write_json"]

_VERSION = 10901
_ON_LEFT = "scalar_on_left"


# -- reading -------------------------------------------------------------------------------------


def read_json(text: str, source: str = "symbol JSON") -> Graph:
    """Return the graph that a symbol's JSON text describes.

    Args:
        text: the text, in the form of any MXNet from 0.5 to 1.9.
        source: what errors call it, as the file's name.

    Raises FormatError where the text is not such JSON, or names an operator that does not exist.
    """
    root = _parse(text, source)
    old = "mxnet_version" not in _texts(root, "attrs", source)
    nodes: list[Node] = []
    for number, description in enumerate(_entry(root, "nodes", list, source)):
        where = f"{source}: node {number}"
        if not isinstance(description, dict):
            raise FormatError(f"{where} should be an object, found {short(description)}")
        try:
            nodes.append(_read_node(description, nodes, where, old=old))
        except MXError as error:
            message = str(error)
            raise FormatError(
                message if message.startswith(where) else f"{where}: {error}"
            ) from None
    heads = [_read_value(head, nodes, source) for head in _entry(root, "heads", list, source)]
    if not heads:
        raise FormatError(f"{source}: there are no heads")
    try:
        return _with_own_attributes(verify(Graph(tuple(heads))), copied=not old)
    except MXError as error:
        raise FormatError(f"{source}: {error}") from None


def _parse(text: str, source: str) -> dict[str, Any]:
    try:
        root = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{source} is not JSON: {error}") from None
    if not isinstance(root, dict):
        raise FormatError(f"{source} should be a JSON object, found {type(root).__name__}")
    return root


def _entry(owner: Mapping[str, Any], key: str, kind: type, where: str) -> Any:
    found = owner.get(key)
    if not isinstance(found, kind):
        raise FormatError(f"{where}: {key!r} should be a {kind.__name__}, found {short(found)}")
    return found


def _texts(owner: Mapping[str, Any], key: str, where: str) -> dict[str, str]:
    """Return a map of parameters or attributes, which may be left out, as text."""
    found = _entry(owner, key, dict, where) if owner.get(key) else {}
    return {
        name: value if isinstance(value, str) else short(value) for name, value in found.items()
    }


def _read_value(entry: Any, nodes: list[Node], where: str) -> Value:
    """Read ``[node, result]`` or ``[node, result, version]``; only earlier nodes can be meant."""
    if not (isinstance(entry, list) and len(entry) in (2, 3) and all(_is_int(n) for n in entry)):
        raise FormatError(f"{where}: an input should be [node, result], found {short(entry)}")
    number, index = entry[:2]
    if not 0 <= number < len(nodes):
        raise FormatError(f"{where}: input {entry} names node {number}, which does not come before")
    if not 0 <= index < len(nodes[number].results):
        raise FormatError(f"{where}: node {nodes[number].name!r} has no result {index}")
    return Value(nodes[number], index)


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _read_node(description: Mapping[str, Any], nodes: list[Node], where: str, *, old: bool) -> Node:
    kind = _entry(description, "op", str, where)
    name = _entry(description, "name", str, where)
    parameters = _texts(description, "param", where)
    texts = {**_texts(description, "attr", where), **_texts(description, "attrs", where)}
    entries = _entry(description, "inputs", list, where) if description.get("inputs") else []
    inputs = [_read_value(entry, nodes, f"{where} ({name!r})") for entry in entries]
    if kind == "null":
        return Node(None, name, attributes=texts)
    if kind not in OPERATORS:
        raise FormatError(f"{where}: {name!r} is a {kind!r}, an operator that symnet does not have")
    cls = _right_way_round(OPERATORS[kind], {**parameters, **texts})
    old_form = "param" in description
    if not (old_form and old):  # since 0.9, parameters stand among the attributes
        parameters |= {key: text for key, text in texts.items() if key in cls.params}
        texts = {key: text for key, text in texts.items() if key not in cls.params}
    op = _read_operator(cls, parameters, len(inputs), old_form=old_form)
    return Node(op, name, _with_states(op, name, inputs), _attributes(texts))


def _attributes(texts: Mapping[str, str]) -> dict[str, str]:
    return {bare_key(key): text for key, text in texts.items() if key != _ON_LEFT}


def _right_way_round(cls: type[Operator], texts: Mapping[str, str]) -> type[Operator]:
    """Return the operator with its operands exchanged, where an old file says so."""
    flipped = texts.get(_ON_LEFT, "False").lower() in ("true", "1")
    return OPERATORS[cls.__dict__.get("flipped", cls.__name__)] if flipped else cls


def _read_operator(
    cls: type[Operator], parameters: Mapping[str, str], given: int, *, old_form: bool
) -> Operator:
    counts = [declared.count for declared in cls.inputs.values() if isinstance(declared, Inputs)]
    texts = {**dict.fromkeys(counts, str(given)), **parameters}
    texts.pop(_ON_LEFT, None)
    op = cls.from_text(texts, mxnet_defaults=not old_form)
    for count in counts:
        if getattr(op, count) > given:
            raise FormatError(f"{count} is {getattr(op, count)}, but there are {given} inputs")
    return op


def _with_states(op: Operator, name: str, inputs: list[Value]) -> tuple[Value, ...]:
    """Add the auxiliary states, which files older than 0.9 leave out."""
    if len(inputs) == len(op.arguments()):
        inputs = inputs + [Value(Node(None, f"{name}_{state}")) for state in op.state_names()]
    return tuple(inputs)


def _with_own_attributes(graph: Graph, *, copied: bool) -> Graph:
    """Take from variables the parameters that newer files copied there from their operators."""

    def replace(node: Node, inputs: tuple[Value, ...]) -> Node | None:
        if node.op is not None or not node.attributes:
            return None
        users = graph.users.get(Value(node), ()) if copied else ()
        foreign = {key for user in users if isinstance(user.op, Operator) for key in user.op.params}
        own = {key: text for key, text in node.attributes.items() if key not in foreign}
        return Node(None, node.name, attributes=_attributes(own))

    return Graph(substitute(graph.outputs, replace))


# -- writing -------------------------------------------------------------------------------------


def write_json(graph: Graph) -> str:
    """Return the JSON text of a graph, in the form of MXNet 1.x; equal graphs give equal text."""
    numbers = {node: number for number, node in enumerate(graph.nodes)}
    first_result = [0]
    for node in graph.nodes:
        first_result.append(first_result[-1] + len(node.results))
    states = set(graph.states)
    root = {
        "nodes": [_node_object(node, numbers, states) for node in graph.nodes],
        "arg_nodes": [numbers[node] for node in graph.nodes if node.op is None],
        "node_row_ptr": first_result,
        "heads": [[numbers[value.node], value.number, 0] for value in graph.outputs],
        "attrs": {"mxnet_version": ["int", _VERSION]},
    }
    return "".join(_layout(root, 0, tall=True))


def _node_object(node: Node, numbers: Mapping[Node, int], states: set[Node]) -> dict[str, Any]:
    described: dict[str, Any] = {"op": type(node.op).__name__ if node.op else "null"}
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
    return described


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
