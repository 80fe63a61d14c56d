"""How Python-MXNet's operator functions read their arguments.

Inputs and parameters come by position or by keyword, in any mixture: first the inputs, then the
parameters in the order of Apache MXNet 1.9.1, and last of all `Face.last`. What is left out has
that version's default.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING
from typing import Any, NamedTuple

import numpy as np

from ..core.errors import ArgumentError, ParameterError
from ..operators.contract import Input, Inputs, Operator
from ..operators.dispatch import apply
from ..operators.documentation import documentation
from .node_attributes import HIDDEN
from .positions import parameter_order

__all__ = ["Face", "face_function", "invoke"]


class Face(NamedTuple):
    """One kind of values that operators are called with.

    Args:
        word: what an error calls one of them.
        type: their class.
        wrap: makes the face's own of what the core returns.
        create: computes an operator without inputs at once, from operator, context and ``out``;
            None for what is not computed yet.
        last: what may follow inputs and parameters by position: names of `invoke`'s arguments.
    """

    word: str
    type: type
    wrap: Callable[[Any], Any]
    create: Callable[[Operator, Any, Any], Any] | None = None
    last: tuple[str, ...] = ("name", "attr", "out")


class Call(NamedTuple):
    """An operator with its parameters, its inputs by name, and its attributes."""

    op: Operator
    inputs: Mapping[str, Any]
    attributes: Mapping[str, str]


def face_function(cls: type[Operator], name: str, face: Face) -> Callable[..., Any]:
    """Return an operator's function of one face.

    Args:
        cls: the operator.
        name: the function's name; automatic names are its lower-cased form with a number.
        face: what it is called with.
    """

    def function(
        *args: Any,
        name: str | None = None,
        attr: Mapping[str, str] | None = None,
        out: Any = None,
        **keywords: Any,
    ) -> Any:
        return invoke(cls, hint, face, args, keywords, name=name, attr=attr, out=out)

    hint = name.lower()
    function.__name__ = function.__qualname__ = name
    function.__doc__ = documentation(cls)
    return function


def invoke(
    cls: type[Operator],
    hint: str,
    face: Face,
    args: Sequence[Any],
    keywords: Mapping[str, Any],
    *,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
    out: Any = None,
) -> Any:
    """Call an operator as Python-MXNet does, and return what the face makes of the result."""
    room = _room(cls)
    if room is not None and len(args) > room:
        last = _last_ones(cls, face, args[room:], {"name": name, "attr": attr, "out": out})
        return invoke(cls, hint, face, args[:room], keywords, **last)
    if face.create is not None and not cls.inputs:
        given = {key: value for key, value in keywords.items() if key != "ctx"}
        op = _read(cls, face, args, given).op
        return face.wrap(face.create(op, keywords.get("ctx"), out))
    call = _read(cls, face, args, keywords)
    attributes = {**call.attributes, **(attr or {})}
    result = apply(call.op, (), call.inputs, name=name, hint=hint, attrs=attributes, out=out)
    return face.wrap(result)


def make_operator(cls: type[Operator], given: Mapping[str, Any]) -> Operator:
    """Return an operator of parameters; those that are left out have MXNet's defaults.

    Raises ParameterError for an unknown, missing or unusable one.
    """
    also = {about.also: name for name, about in cls.params.items() if about.also}
    found: dict[str, Any] = {}
    for key, value in given.items():
        known = also.get(key, key)
        if known in cls.params:
            found[known] = _plain_value(value)
        elif not cls.means_nothing(key, str(value)):
            found[key] = value  # `make` says what is wrong with it
    for name, about in cls.params.items():
        if about.mxnet_default is not MISSING:
            found.setdefault(name, about.mxnet_default)
    return cls.make(found).meant_in_mxnet()


def _plain_value(value: Any) -> Any:
    """Return a parameter's value, element types by their name."""
    if isinstance(value, type | np.dtype):
        return np.dtype(value).name
    if isinstance(value, np.ndarray):
        return tuple(value.tolist()) if value.ndim else value.item()
    return value.item() if isinstance(value, np.generic) else value


def _read(
    cls: type[Operator], face: Face, args: Sequence[Any], keywords: Mapping[str, Any]
) -> Call:
    attributes = {key: str(v) for key, v in keywords.items() if _is_attribute(cls, key)}
    named = {key: value for key, value in keywords.items() if key not in attributes}
    variable = next((i for i in cls.inputs.values() if isinstance(i, Inputs)), None)
    if variable is not None:
        return Call(*_read_variable(cls, variable, face, args, named), attributes)
    inputs, parameters = _by_position(cls, face, args)
    also = {i.also: key for key, i in cls.inputs.items() if isinstance(i, Input) and i.also}
    slots = {*cls.inputs, *cls.states}
    for key, value in named.items():
        place = key if key in slots else also.get(key, key)
        target = inputs if place in slots and not _is_parameter(cls, place, value, face) else None
        if target is None:
            _put(cls, parameters, key, value)
        elif value is not None:
            _put(cls, target, place, _checked(cls, place, value, face))
    return Call(make_operator(cls, parameters), inputs, attributes)


def _is_attribute(cls: type[Operator], key: str) -> bool:
    """Tell whether a keyword is an attribute of the node, as ``lr_mult`` and ``__mood__`` are.

    Raises ParameterError for ``weight_lr_mult``, which MXNet once took for the weight's.
    """
    if key.startswith("__") and key.endswith("__"):
        return True
    if key in HIDDEN:
        return key not in cls.params
    of_input = next((hidden for hidden in HIDDEN if key.endswith(f"_{hidden}")), None)
    if of_input is not None and key not in cls.params:
        owner = key.removesuffix(f"_{of_input}")
        raise ParameterError(
            f"{cls.__name__}: {key} is gone from MXNet; give the input a variable with it, "
            f"{owner}=mx.sym.Variable(name, attr={{'__{of_input}__': ...}})"
        )
    return False


def _is_parameter(cls: type[Operator], key: str, value: Any, face: Face) -> bool:
    """Tell whether a name that is an input's and a parameter's means the parameter."""
    return key in cls.params and not isinstance(value, face.type)


def _put(cls: type[Operator], target: dict[str, Any], key: str, value: Any) -> None:
    if key in target:
        raise ArgumentError(f"{cls.__name__}: {key} is given by position and by keyword")
    target[key] = value


def _checked(cls: type[Operator], name: str, value: Any, face: Face) -> Any:
    if not isinstance(value, face.type):
        raise ArgumentError(
            f"{cls.__name__}: input {name!r} must be {face.word}, got {type(value).__name__}"
        )
    return value


def _room(cls: type[Operator]) -> int | None:
    """Return how many inputs and parameters may come by position, None for any number."""
    variable = any(isinstance(each, Inputs) for each in cls.inputs.values())
    return None if variable else len([*cls.inputs, *cls.states, *parameter_order(cls)])


def _last_ones(
    cls: type[Operator], face: Face, given: Sequence[Any], options: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the options with those that came by position, last of all: ``sqrt(x, out)``."""
    kinds: dict[str, Any] = {"name": str, "attr": Mapping, "out": (face.type, list, tuple)}
    found = {key: value for key, value in zip(face.last, given, strict=False) if value is not None}
    wrong = [key for key in found if options[key] is not None]
    wrong += [key for key, value in found.items() if not isinstance(value, kinds[key])]
    if wrong or len(given) > len(face.last):
        names = [*cls.inputs, *cls.states, *parameter_order(cls)]
        raise ArgumentError(
            f"{cls.__name__} takes at most {len(names)} arguments ({', '.join(names)}) and then "
            f"{', '.join(face.last)}, got {len(names) + len(given)}"
        )
    return {**options, **found}


def _by_position(
    cls: type[Operator], face: Face, args: Sequence[Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    slots, order = [*cls.inputs, *cls.states], parameter_order(cls)
    inputs = {
        name: _checked(cls, name, value, face)
        for name, value in zip(slots, args, strict=False)
        if value is not None
    }
    return inputs, dict(zip(order, args[len(slots) :], strict=False))


def _wanted(cls: type[Operator], parameters: Mapping[str, Any], count: int) -> int:
    """Return how many inputs a call means that does not say it."""
    by_parameter = _COUNTS.get(cls.__name__, {})
    return max([count, *(by_parameter.get((k, str(v)), 0) for k, v in parameters.items())])


_COUNTS = {"UpSampling": {("sample_type", "bilinear"): 2}}
"""How many inputs some operators take at least, by operator, parameter and value."""


def _read_variable(
    cls: type[Operator],
    variable: Inputs,
    face: Face,
    args: Sequence[Any],
    named: Mapping[str, Any],
) -> tuple[Operator, dict[str, Any]]:
    """Read a call with any number of inputs: by position, or by keyword in their order."""
    inputs = [_checked(cls, str(n), value, face) for n, value in enumerate(args)]
    by_name = {key: value for key, value in named.items() if isinstance(value, face.type)}
    parameters = {key: value for key, value in named.items() if key not in by_name}
    count = len(inputs) + len(by_name)
    told = int(parameters.setdefault(variable.count, _wanted(cls, parameters, count)))
    # Inputs of a symbol that are missing become variables, as everywhere.
    if told < count or (told > count and face.create is not None):
        raise ParameterError(f"{cls.__name__}: {variable.count} is {told}, but inputs are {count}")
    op = make_operator(cls, parameters)
    found = dict(zip(op.arguments(), inputs, strict=False))
    rest = [name for name in op.arguments() if name not in found]
    free = iter([name for name in rest if name not in by_name])
    for key, value in by_name.items():
        found[key if key in rest else next(free)] = value
    return op, found
