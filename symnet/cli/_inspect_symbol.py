"""What `symnet inspect` finds in a symbol: also in one that symnet cannot build."""

import os
from collections.abc import Mapping
from typing import Any

from ..core.errors import FormatError, MXError
from ..core.paths import read_bytes
from ..graph.file_format import Contents, contents
from ..inspect.summary import summary
from ..symbol import SymbolicNode

__all__ = ["described", "symbol_in"]


def symbol_in(path: str, text: str | None = None) -> tuple[str, Contents, SymbolicNode | MXError]:
    """Return where a symbol is, what its text asks for, and the symbol, or why there is none."""
    try:
        text = read_bytes(path).decode() if text is None else text
    except UnicodeDecodeError as error:
        raise FormatError(f"{path}: not a symbol: byte {error.start} is not UTF-8") from None
    found = contents(text, os.fspath(path))
    try:
        return path, found, SymbolicNode.from_json(text)
    except MXError as error:
        return path, found, error


def described(path: str, found: Contents, symbol: SymbolicNode | MXError) -> dict[str, Any]:
    """Return what there is to say of a symbol, as plain values."""
    survey = found.survey
    told: dict[str, Any] = {
        "file": path,
        "title": "a network",
        "format_of": _version(found.version),
        "usable": isinstance(symbol, SymbolicNode),
    }
    if isinstance(symbol, SymbolicNode):
        inputs = summary(symbol).inputs
        states = symbol.list_auxiliary_states()
        parameters = [name for name in symbol.list_arguments() if name not in inputs]
        told |= {
            "inputs": {name: shape and list(shape) for name, shape in inputs.items()},
            "outputs": symbol.list_outputs(),
            "arguments": symbol.list_arguments(),
            "parameters": len(parameters),
            "auxiliary_states": len(states),
        }
    else:
        told |= {"problem": str(symbol).removeprefix(f"{path}: ")}
    return told | {
        "operators": _sorted(survey.operators),
        "operators_that_symnet_lacks": _sorted(survey.missing),
        "parameters_that_symnet_lacks": [str(refusal) for refusal in survey.refused],
    }


def _sorted(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda entry: (-entry[1], entry[0])))


def _version(number: int | None) -> str:
    if number is None:
        return "MXNet 0.8 or before"
    return f"MXNet {number // 10000}.{number // 100 % 100}.{number % 100}"
