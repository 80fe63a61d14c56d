"""Symbols as JSON: the dialects of MXNet 0.x to 1.x are read; `file_writing` writes.

Source: docs/semantics §2.10.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from reprlib import repr as short
from typing import Any, Literal, NamedTuple, Never

from ..core.errors import FormatError, MXError
from ..core.naming import bare_key
from ..operators.contract import OPERATORS, Inputs, Operator
from ..operators.element_functions import ON_LEFT, Scalar
from ._survey import DEEPEST, Survey, ending_for_variables, survey
from ._verify import verify
from .node import Graph, Node, Value, substitute

__all__ = ["LONGEST_TEXT", "Contents", "Defaults", "contents", "read_json"]

LONGEST_TEXT = 2**25
"""The most characters that a symbol's JSON may have; it limits the memory that a file can take."""

Defaults = Literal["documents", "1.x"]
"""Whose defaults parameters have that a file does not mention."""

_LONGEST_PARAMETER = 2**16
_LONGEST_MESSAGE = 500
_MOST_RESULTS = 2**20  # of all operators of a file


class Contents(NamedTuple):
    """What a symbol's JSON text says before anything is built.

    Args:
        version: the version of MXNet that wrote it, 10901 for 1.9.1; None for 0.8 or before.
        survey: what its nodes ask for.
    """

    version: int | None
    survey: Survey


def contents(text: str, source: str = "symbol JSON") -> Contents:
    """Return what a symbol's JSON text asks for, also where symnet does not have it all.

    Args:
        text: the text.
        source: what errors call it.

    Raises FormatError where the text is not such JSON.
    """
    root = _parse(text, source)
    written = root.get("attrs")
    version = written.get("mxnet_version") if isinstance(written, dict) else None
    number = version[-1] if isinstance(version, list) and version else None
    survey_of_nodes = survey(_entry(root, "nodes", list, source))
    return Contents(number if _is_int(number) else None, survey_of_nodes)


def read_json(
    text: str,
    source: str = "symbol JSON",
    like: Graph | None = None,
    defaults: Defaults | None = None,
) -> Graph:
    """Return the graph that a symbol's JSON text describes.

    Parameters that only hint at speed stay with their nodes as attributes.

    Args:
        text: the text, in the form of any MXNet from 0.5 to 1.9.
        source: what errors call it, as the file's name.
        like: a network whose operators in Python stand for those that the file can only name.
        defaults: what parameters are that the file does not mention: as in the documents, which
            round pooling up, or as in MXNet 1.x. Default: the documents' for a file of 0.8 or
            before.

    Raises FormatError where the text is not such JSON, or asks for operators or parameters that
    symnet does not have: all of them are named.
    """
    root = _parse(text, source)
    survey(_entry(root, "nodes", list, source)).check(source)
    try:
        old = "mxnet_version" not in _texts(root, "attrs", source)
        reading = _Reading(source, old, stand_ins=_in_python(like), defaults=defaults)
        return reading.graph(root)
    except MXError as error:
        message = str(error)
        if len(message) > _LONGEST_MESSAGE:  # it may quote the file
            message = f"{message[: _LONGEST_MESSAGE - 100]} … {message[-90:]}"
        raise FormatError(
            message if message.startswith(source) else f"{source}: {message}"
        ) from None


def _parse(text: str, source: str) -> dict[str, Any]:
    if len(text) > LONGEST_TEXT:
        raise FormatError(f"{source} is longer than {LONGEST_TEXT} characters, as no symbol is")
    try:
        root = json.loads(text, object_pairs_hook=_object, parse_constant=_no_number)
        if "\\u" in text:  # it may be half of a pair, which cannot be written again
            json.dumps(root, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{source} is not JSON: {error}") from None
    if not isinstance(root, dict):
        raise FormatError(f"{source} should be a JSON object, found {type(root).__name__}")
    return root


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {short(key)} is twice in one object")
        found[key] = value
    return found


def _no_number(text: str) -> Never:
    raise ValueError(f"{text} is no number")


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


@dataclass
class _Reading:
    """The nodes of a file that were read so far, and what was noticed on the way.

    Args:
        source: what errors call the file.
        old: whether MXNet 0.8 or an earlier one wrote it.
        depth: how many graphs it lies in.
        nodes: the nodes, in the file's order.
        results: how many results each of them has.
        for_variables: attributes of variables that stood with the operators which use them.
        stand_ins: operators in Python that the file may name, in the order of their nodes.
        defaults: whose defaults hold; None for those of the node's form.
    """

    source: str
    old: bool
    depth: int = 0
    nodes: list[Node] = field(default_factory=list)
    results: list[int] = field(default_factory=list)
    for_variables: dict[Node, dict[str, str]] = field(default_factory=dict)
    stand_ins: list[Operator] = field(default_factory=list)
    defaults: Defaults | None = None

    def graph(self, root: Mapping[str, Any]) -> Graph:
        """Return the graph of the whole file."""
        left = _MOST_RESULTS
        for number, description in enumerate(_entry(root, "nodes", list, self.source)):
            node = self._node(description, f"{self.source}: node {number}")
            self.nodes.append(node)
            self.results.append(len(node.results))
            left -= self.results[-1]
            if left < 0:
                raise FormatError(f"the nodes have more than {_MOST_RESULTS} results")
        heads = [self._value(h, self.source) for h in _entry(root, "heads", list, self.source)]
        if not heads:
            raise FormatError(f"{self.source}: there are no heads")
        return self._with_own_attributes(verify(Graph(tuple(heads))))

    def _node(self, description: Any, where: str) -> Node:
        if not isinstance(description, dict):
            raise FormatError(f"{where} should be an object, found {short(description)}")
        try:
            return self._read_node(description, where)
        except MXError as error:
            message = str(error)
            raise FormatError(
                message if message.startswith(where) else f"{where}: {message}"
            ) from None

    def _read_node(self, description: Mapping[str, Any], where: str) -> Node:
        kind = _entry(description, "op", str, where)
        name = _entry(description, "name", str, where)
        texts = {**_texts(description, "attr", where), **_texts(description, "attrs", where)}
        entries = _entry(description, "inputs", list, where) if description.get("inputs") else []
        inputs = [self._value(entry, f"{where} ({name!r})") for entry in entries]
        if kind == "null":
            _check_storage(texts, f"{where} ({name!r})")
            return Node(None, name, attributes=texts)
        parameters = _texts(description, "param", where)
        cls = _right_way_round(OPERATORS[kind], {**parameters, **texts})
        old_form = "param" in description
        if not (old_form and self.old):  # since 0.9, parameters stand among the attributes
            parameters |= texts
            texts = {}
        parameters = _by_own_name(cls, parameters)
        known = {key: text for key, text in parameters.items() if _is_parameter(cls, key)}
        texts |= {key: text for key, text in parameters.items() if key not in known}
        if cls.subgraph_names:
            known |= {"subgraphs": self._subgraphs(description, where)}
        defaults = self.defaults or ("documents" if old_form else "1.x")
        op = self._stand_in(cls, known) or _read_operator(cls, known, len(inputs), defaults)
        attributes = self._own(op, inputs, _attributes(texts))
        return Node(op, name, _with_states(op, name, inputs, attributes), attributes)

    def _subgraphs(self, description: Mapping[str, Any], where: str) -> Any:
        """Return the graphs that stand with a node."""
        if self.depth >= DEEPEST:
            raise FormatError(f"{where}: subgraphs lie in each other {DEEPEST} deep")
        roots = _entry(description, "subgraphs", list, where)
        if not all(isinstance(root, dict) for root in roots):
            raise FormatError(f"{where}: subgraphs should be objects, found {short(roots)}")
        inner = partial(_Reading, f"{where}: a subgraph", self.old, self.depth + 1)
        inner = partial(inner, stand_ins=self.stand_ins, defaults=self.defaults)
        return tuple(inner().graph(root) for root in roots)

    def _stand_in(self, cls: type[Operator], known: Mapping[str, str]) -> Operator | None:
        """Return the next operator in Python that is called the same, and strike it off."""
        for op in self.stand_ins:
            if type(op) is cls and op.to_text() == known:
                self.stand_ins.remove(op)
                return op
        return None

    def _value(self, entry: Any, where: str) -> Value:
        """Read ``[node, result]`` or ``[node, result, version]``; the node must come before."""
        if not (isinstance(entry, list) and len(entry) in (2, 3) and all(map(_is_int, entry))):
            raise FormatError(f"{where}: an input should be [node, result], found {short(entry)}")
        number, index = entry[:2]
        if not 0 <= number < len(self.nodes):
            raise FormatError(
                f"{where}: input {entry} names node {number}, which does not come before"
            )
        if not 0 <= index < self.results[number]:
            raise FormatError(f"{where}: node {self.nodes[number].name!r} has no result {index}")
        return Value(self.nodes[number], index)

    def _own(
        self, op: Operator, inputs: list[Value], attributes: Mapping[str, str]
    ) -> dict[str, str]:
        """Return an operator's attributes without those meant for its variables: weight_lr_mult."""
        own: dict[str, str] = {}
        places = {name: place for place, name in enumerate(op.arguments())}
        for key, text in attributes.items():
            ending = ending_for_variables(key)
            argument = key.removesuffix(f"_{ending}") if ending else key
            place = places.get(argument, len(inputs)) if ending else len(inputs)
            if place < len(inputs) and inputs[place].node.op is None:
                self.for_variables.setdefault(inputs[place].node, {})[ending] = text
            else:
                own[key] = text
        return own

    def _with_own_attributes(self, graph: Graph) -> Graph:
        """Give variables the attributes meant for them, without copies of operators' parameters."""

        def replace(node: Node, inputs: tuple[Value, ...]) -> Node | None:
            given = self.for_variables.get(node, {})
            if node.op is not None or not (node.attributes or given):
                return None
            # Newer files copy there the parameters of the operators that use a variable.
            users = () if self.old else graph.users.get(Value(node), ())
            operators = [user.op for user in users if isinstance(user.op, Operator)]
            copied = {key for op in operators for key in (*op.params, *op.to_text())}
            own = {key: text for key, text in node.attributes.items() if key not in copied}
            return Node(None, node.name, attributes=_attributes(own) | given)

        return Graph(substitute(graph.outputs, replace))


def _in_python(network: Graph | None) -> list[Operator]:
    """Return a network's operators in Python, in the order of their nodes."""
    nodes = () if network is None else network.nodes
    return [node.op for node in nodes if isinstance(node.op, Operator) and node.op.foreign]


def _check_storage(texts: Mapping[str, str], where: str) -> None:
    """Refuse a variable of sparse storage; MXNet writes its number, -1 for what is not known."""
    storage = texts.get("__storage_type__", "0")
    if storage not in ("-1", "0", "default"):
        raise FormatError(
            f"{where}: __storage_type__ is {storage!r}, but arrays have no sparse storage; take "
            "the attribute out of the file to hold them whole"
        )


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _attributes(texts: Mapping[str, str]) -> dict[str, str]:
    return {bare_key(key): text for key, text in texts.items() if key != ON_LEFT}


def _right_way_round(cls: type[Operator], texts: Mapping[str, str]) -> type[Operator]:
    """Return the operator with its operands exchanged, where an old file says so."""
    flipped = texts.get(ON_LEFT, "False").lower() in ("true", "1")
    return OPERATORS[cls.flipped] if flipped and issubclass(cls, Scalar) else cls


def _is_parameter(cls: type[Operator], key: str) -> bool:
    """Whether what a file says under a key is a parameter of the operator."""
    free = cls.free_parameters and key == bare_key(key) and not ending_for_variables(key)
    return free or key in cls.params


def _by_own_name(cls: type[Operator], parameters: Mapping[str, str]) -> dict[str, str]:
    """Return parameters by the operator's names, where a file has the documents' older ones."""
    older = {about.also: name for name, about in cls.params.items() if about.also}
    return {older.get(key, key): text for key, text in parameters.items()}


def _read_operator(
    cls: type[Operator], parameters: Mapping[str, str], given: int, defaults: Defaults
) -> Operator:
    for key, text in parameters.items():
        if isinstance(text, str) and len(text) > _LONGEST_PARAMETER:
            raise FormatError(f"{key} is {len(text)} characters long, not {_LONGEST_PARAMETER}")
    counts = [declared.count for declared in cls.inputs.values() if isinstance(declared, Inputs)]
    texts = {**dict.fromkeys(counts, str(given)), **parameters}
    op = cls.from_text(texts, mxnet_defaults=defaults == "1.x")
    for count in counts:
        if getattr(op, count) > given:
            raise FormatError(f"{count} is {getattr(op, count)}, but there are {given} inputs")
    _check_results(op)
    return op


def _check_results(op: Operator) -> None:
    """Refuse an operator whose outputs would fill the memory with their names."""
    if type(op).outputs is Operator.outputs:
        return
    for name in op.params:  # what it counts its outputs by is one of them
        number = getattr(op, name)
        if isinstance(number, int) and number > _MOST_RESULTS:
            raise FormatError(f"{name} is {number}, there can be {_MOST_RESULTS} results")


def _with_states(
    op: Operator, name: str, inputs: list[Value], attributes: Mapping[str, str]
) -> tuple[Value, ...]:
    """Add the auxiliary states, which files older than 0.9 leave out.

    They have the attributes of their node, as MXNet gives them: its ``ctx_group`` above all.
    """
    if len(inputs) == len(op.arguments()):
        states = (f"{name}_{state}" for state in op.state_names())
        inputs = inputs + [Value(Node(None, each, (), attributes)) for each in states]
    return tuple(inputs)
