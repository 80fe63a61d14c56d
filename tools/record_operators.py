"""Record every operator that Apache MXNet 1.9.1 registers, as it describes itself.

Run it with the interpreter of an environment that holds that release, and nothing of ours::

    python3.11 -m venv ENV && ENV/bin/pip install mxnet==1.9.1 numpy==1.23.5
    ENV/bin/python tools/record_operators.py tests/golden/operators_1.9.1.json

The file is one JSON object from canonical name to facts, one operator a line, sorted by name;
`tests/golden/README.md` says what the keys mean. Names, types and defaults come from
``MXSymbolGetAtomicSymbolInfo``; aliases from ``MXListAllOpNames``, where an alias has the handle
of the operator that it stands for; parameters that are read without being declared, from the
list with which an operator refuses an unknown one; what it takes and gives, from a node of it
with the required parameters alone, whose inputs MXNet makes and names.
"""

import ctypes
import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mxnet.base import _LIB, MXNetError, check_call

NODE = "node"
"""The name of the node that is made of each operator; MXNet prefixes its inputs with it."""

UNKNOWN = "no_such_parameter"
"""A parameter that no operator has."""

INPUT_TYPES = {
    "NDArray-or-Symbol",
    "NDArray-or-Symbol[]",
    "NDArray",
    "Symbol",
    "Symbol or Symbol[]",
}
"""The type texts of what is an array rather than a parameter."""

VALUES = {
    "Shape(tuple)": "(1, 1)",
    "tuple of <long>": "(1,)",
    "tuple of <float>": "(1.0,)",
    "tuple of <Shape(tuple)>": "((1, 1),)",
    "string": "text",
}
"""A value for a required parameter of each type, to make a node with; 1 where none is here."""

NAMED_VALUES = {"num_args": "2", "num_arrays": "2"}
"""Values that parameters of these names take instead."""

OWN_VALUES = {
    "Pooling": {"kernel": "(1, 1)"},
    "Pooling_v1": {"kernel": "(1, 1)"},
    "_contrib_quantized_pooling": {"kernel": "(1, 1)"},
    "_contrib_quantized_rnn": {"mode": "lstm"},
}
"""Parameters without which these operators make no node, although they call them optional."""

Facts = dict[str, Any]
Text = ctypes.c_char_p
Texts = ctypes.POINTER(ctypes.c_char_p)
Handle = ctypes.c_void_p


def main(target: str) -> None:
    """Write the facts of all operators to the file `target`."""
    facts = dict(sorted(operators()))
    lines = (f"{json.dumps(name)}: {json.dumps(facts[name])}" for name in facts)
    Path(target).write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def operators() -> Iterator[tuple[str, Facts]]:
    """Yield name and facts of each operator."""
    aliases: dict[int, list[str]] = {}
    for name in all_names():
        aliases.setdefault(handle_of(name), []).append(name)
    for creator in creators():
        name, facts = description(creator)
        facts["aliases"] = sorted(set(aliases[creator]) - {name})
        facts.update(in_child(refusal, creator, facts["parameters"]) or UNREFUSED)
        given = required(name, facts)
        facts["node"] = in_child(node_of, creator, given, facts["inputs"])
        yield name, facts


def required(name: str, facts: Facts) -> dict[str, str]:
    """Return values for the parameters that an operator cannot do without."""
    rows = {**facts["parameters"], **facts["undeclared"]}
    needed = {row: value_of(row, rows[row]) for row in rows if rows[row]["required"] is not False}
    return {**needed, **OWN_VALUES.get(name, {})}


def value_of(name: str, row: Facts) -> str:
    """Return a value for a required parameter."""
    if "choices" in row:
        return row["choices"][0]
    return NAMED_VALUES.get(name) or VALUES.get(row["type"], "1")


def in_child(function: Any, *arguments: Any) -> Any:
    """Return what a function gives in a process of its own, None where that process dies.

    Some operators end the process rather than refuse what they are given.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, json.dumps(function(*arguments)).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as answer:
        found = answer.read()
    os.waitpid(child, 0)
    return json.loads(found) if found else None


# -- what the library lists ------------------------------------------------------------------------


def creators() -> list[int]:
    """Return the handles of all operators, aliases apart."""
    count, handles = ctypes.c_uint(), ctypes.POINTER(Handle)()
    check_call(_LIB.MXSymbolListAtomicSymbolCreators(ctypes.byref(count), ctypes.byref(handles)))
    return handles[: count.value]


def all_names() -> list[str]:
    """Return all names of operators, aliases among them."""
    count, names = ctypes.c_uint(), Texts()
    check_call(_LIB.MXListAllOpNames(ctypes.byref(count), ctypes.byref(names)))
    return [name.decode() for name in names[: count.value]]


def handle_of(name: str) -> int:
    """Return the handle of the operator that `name` stands for."""
    handle = Handle()
    check_call(_LIB.NNGetOpHandle(name.encode(), ctypes.byref(handle)))
    return handle.value


def description(creator: int) -> tuple[str, Facts]:
    """Return the name of an operator, and its inputs and parameters as it declares them."""
    name, text, count, result = Text(), Text(), Text(), Text()
    total, names, types, texts = ctypes.c_uint(), Texts(), Texts(), Texts()
    into = map(ctypes.byref, (name, text, total, names, types, texts, count, result))
    check_call(_LIB.MXSymbolGetAtomicSymbolInfo(Handle(creator), *into))
    rows = [(names[i].decode(), types[i].decode()) for i in range(total.value)]
    return name.value.decode(), {
        "inputs": [row for row, kind in rows if kind in INPUT_TYPES],
        "variadic": [row for row, kind in rows if kind in INPUT_TYPES and kind.endswith("[]")],
        "count": count.value.decode() or None,
        "parameters": {row: parameter(kind) for row, kind in rows if kind not in INPUT_TYPES},
    }


def parameter(text: str) -> Facts:
    """Return what the type text of a parameter says, taken apart."""
    kind, optional, default = re.fullmatch(
        r"(\{.*\}|.*?)(?:,\s*(required|optional)(?:, default=(.*))?)?", text
    ).groups()
    facts: Facts = {"type": kind, "required": None if optional is None else optional == "required"}
    if kind.startswith("{"):
        choices = [choice.strip().strip("'") for choice in kind[1:-1].split(",")]
        facts.update(type="choice", choices=choices)
    if default is not None:
        facts["default"] = re.sub("^'(.*)'$", r"\1", default)
    return facts


# -- what it does when it is used ------------------------------------------------------------------

UNREFUSED = {"strict": False, "undeclared": {}}
"""What `refusal` says of an operator that takes every parameter."""


def refusal(creator: int, declared: Facts) -> Facts:
    """Return whether an operator refuses an unknown parameter, and what it knows undeclared."""
    try:
        atomic(creator, {UNKNOWN: "1"})
    except MXNetError as error:
        known = re.findall(r"^(\w+) : (.*)$", str(error), re.MULTILINE)
        undeclared = {name: parameter(kind) for name, kind in known if name not in declared}
        return {"strict": UNKNOWN in str(error), "undeclared": undeclared}
    return UNREFUSED


def node_of(creator: int, given: dict[str, str], inputs: list[str]) -> Facts | None:
    """Return what a node of the operator takes and gives, None where MXNet makes none."""
    for named in ([], inputs):  # what is changed in place has to be given, by its declared name
        try:
            symbol = atomic(creator, given)
            compose(symbol, named)
        except MXNetError:
            continue
        return {
            "with": given,
            "arguments": listed(_LIB.MXSymbolListArguments, symbol),
            "auxiliary": listed(_LIB.MXSymbolListAuxiliaryStates, symbol),
            "outputs": listed(_LIB.MXSymbolListOutputs, symbol),
            "attributes": attributes(symbol),
        }
    return None


def atomic(creator: int, given: dict[str, str]) -> Handle:
    """Return a symbol of one operator without inputs."""
    symbol = Handle()
    keys, values = texts(list(given)), texts(list(given.values()))
    check_call(
        _LIB.MXSymbolCreateAtomicSymbol(
            Handle(creator), len(given), keys, values, ctypes.byref(symbol)
        )
    )
    return symbol


def compose(symbol: Handle, names: list[str]) -> None:
    """Make a symbol a node over variables of these names, the rest of its inputs MXNet's."""
    variables = (Handle * len(names))()
    for i, name in enumerate(names):
        variable = Handle()
        check_call(_LIB.MXSymbolCreateVariable(f"{NODE}_{name}".encode(), ctypes.byref(variable)))
        variables[i] = variable
    check_call(_LIB.MXSymbolCompose(symbol, NODE.encode(), len(names), None, variables))


def texts(strings: list[str]) -> Any:
    """Return strings as the array of C strings that the library takes."""
    return (Text * len(strings))(*(string.encode() for string in strings))


def listed(function: Any, symbol: Handle) -> list[str]:
    """Return the names that a listing function gives, without the name of the node."""
    count, names = ctypes.c_uint(), Texts()
    check_call(function(symbol, ctypes.byref(count), ctypes.byref(names)))
    return [name.decode().removeprefix(f"{NODE}_") for name in names[: count.value]]


def attributes(symbol: Handle) -> dict[str, dict[str, str]]:
    """Return the hidden attributes that MXNet gives to the variables it makes, by their names.

    It also copies the parameters of the node to them, which says nothing.
    """
    count, pairs = ctypes.c_uint(), Texts()
    check_call(_LIB.MXSymbolListAttr(symbol, ctypes.byref(count), ctypes.byref(pairs)))
    strings = [pair.decode() for pair in pairs[: 2 * count.value]]
    found: dict[str, dict[str, str]] = {}
    for key, value in zip(strings[::2], strings[1::2], strict=True):
        name, attribute = key.split("$")
        if name != NODE and attribute.startswith("__"):
            found.setdefault(name.removeprefix(f"{NODE}_"), {})[attribute] = value
    return found


if __name__ == "__main__":
    main(*sys.argv[1:])
