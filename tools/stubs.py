"""Write symnet/operators/functions.pyi: the types of the operators' functions, for editors.

Each function has two forms, for symbols and for arrays, made of the operator's class alone.
With ``--check``, tell whether the file is stale instead, and fail if so.
"""

import inspect
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import MISSING
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import generated

import symnet.api.namespace  # noqa: F401 -- whose files register further forms of functions
from symnet.operators import documentation as reference
from symnet.operators import functions
from symnet.operators.contract import Inputs, Operator
from symnet.operators.dispatch import forms_of

__all__ = ["STUB", "stub"]

STUB = generated.ROOT / "symnet" / "operators" / "functions.pyi"

_HEAD = '''"""Types of the operators' functions, written by `make stubs`."""

from collections.abc import {abstract}
from typing import Literal, overload

from ..ndarray import NDArray
from ..symbol import SymbolicNode

__all__ = {names}
'''


def stub() -> str:
    """Return the text of the stub."""
    body = "\n".join(_definition(name) for name in functions.__all__)
    abstract = "Mapping, Sequence" if "Sequence[" in body else "Mapping"
    names = sorted(functions.__all__, key=_order)
    return _formatted(_HEAD.format(abstract=abstract, names=names) + body)


def _order(name: str) -> tuple[bool, bool, list[str | int]]:
    """Return what names are sorted by: constants, classes, functions, and numbers by their size."""
    parts = [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]
    return not name.isupper(), not name[0].isupper(), parts


def _formatted(code: str) -> str:
    command = [sys.executable, "-m", "ruff", "format", "--stdin-filename", str(STUB), "-"]
    done = subprocess.run(command, input=code, capture_output=True, text=True, check=True)
    return done.stdout


def _definition(name: str) -> str:
    function: Any = getattr(functions, name)
    cls: type[Operator] = function.operator
    said = f'"""{reference.description(cls).splitlines()[0]}"""'
    forms = [_form(name, _of_symbols(cls), "SymbolicNode", said)]
    # Arrays cannot keep states from call to call, and where there are no inputs none is given.
    if cls.states or not cls.inputs:
        return forms[0]
    forms.append(_form(name, _of_arrays(cls), _result(cls), said))
    forms += [_other_form(name, other) for other in forms_of(cls)]
    return "\n".join(f"@overload\n{form}" for form in forms)


def _form(name: str, parameters: list[str], result: str, said: str) -> str:
    return f"def {name}({', '.join(parameters)}) -> {result}:\n    {said}\n"


def _other_form(name: str, function: Callable[..., Any]) -> str:
    """Return the form of a function of arrays that is called through the operator's."""
    said = f'"""{inspect.cleandoc(function.__doc__ or "").splitlines()[0]}"""'
    return f"def {name}{inspect.signature(function, eval_str=True)}:\n    {said}\n".replace(
        "symnet.ndarray.array.", ""
    )


_COMMON = ["name: str | None = None", "attrs: Mapping[str, str] | None = None"]


def _of_symbols(cls: type[Operator]) -> list[str]:
    inputs = [
        f"*{name}: SymbolicNode"
        if isinstance(declared, Inputs)
        else f"{name}: SymbolicNode | None = None"
        for name, declared in cls.inputs.items()
    ]
    return [*inputs, *_star(cls), *_parameters(cls), *_COMMON]


def _of_arrays(cls: type[Operator]) -> list[str]:
    """Return the parameters for arrays: all inputs are needed."""
    out = f"out: {_outputs(cls)} | None = None"
    if not _all_by_position(cls):
        inputs = [
            f"*{name}: NDArray"
            if isinstance(declared, Inputs)
            else f"{name}: NDArray" + (" | None = None" if declared.when else "")
            for name, declared in cls.inputs.items()
        ]
        return [*inputs, *_star(cls), *_parameters(cls), *_COMMON, out]
    inputs = [f"{name}: NDArray" for name in cls.inputs]
    return [*inputs, *_parameters(cls), out, "*", *_COMMON]


def _all_by_position(cls: type[Operator]) -> bool:
    """Whether arrays may be followed by parameters and the output: ``mx.clip(src, 0, 1, out)``."""
    if any(isinstance(each, Inputs) or each.when for each in cls.inputs.values()):
        return False
    optional = [own.default is not MISSING for own in cls.parameter_fields()]
    return optional == sorted(optional)


def _star(cls: type[Operator]) -> list[str]:
    return [] if any(isinstance(each, Inputs) for each in cls.inputs.values()) else ["*"]


def _parameters(cls: type[Operator]) -> list[str]:
    counts = {each.count for each in cls.inputs.values() if isinstance(each, Inputs)}
    hints = get_type_hints(cls)
    return [
        _parameter(own.name, hints[own.name], ... if own.name in counts else own.default)
        for own in cls.parameter_fields()
    ]


def _type_name(hint: Any) -> str:
    """Return a type as source text; one that may be None as ``type | None``."""
    if get_origin(hint) in (Union, UnionType):
        return " | ".join(_type_name(option) for option in get_args(hint))
    return "None" if hint is NoneType else inspect.formatannotation(hint).replace("typing.", "")


def _parameter(name: str, hint: Any, default: object) -> str:
    type_name = _type_name(hint)
    if default is MISSING:
        return f"{name}: {type_name}"
    return f"{name}: {type_name} = {'...' if default is ... else repr(default)}"


def _several(cls: type[Operator]) -> bool:
    """Whether the operator may have several outputs, depending on its parameters."""
    return cls.outputs is not Operator.outputs


def _outputs(cls: type[Operator]) -> str:
    return "NDArray | Sequence[NDArray]" if _several(cls) else "NDArray"


def _result(cls: type[Operator]) -> str:
    return "NDArray | tuple[NDArray, ...]" if _several(cls) else "NDArray"


if __name__ == "__main__":
    generated.main({STUB: stub()}, (), "make stubs")
