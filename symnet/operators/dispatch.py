"""One public function for each operator, for arrays and symbols alike.

`mx.exp(x)` computes for an NDArray and adds a node for a SymbolicNode: the kind of the inputs
decides. Each kind registers how it is called; the functions know none of them.
"""

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import MISSING
from itertools import takewhile
from typing import Any, NamedTuple, Protocol

from ..core.errors import ArgumentError, listed, shown, suggest
from .contract import Input, Inputs, Operator
from .documentation import documentation

__all__ = ["Caller", "Naming", "forms_of", "operator_function", "register_form", "register_kind"]


class Naming(NamedTuple):
    """What a result is to be called: a name, or the stem of an automatic one."""

    name: str | None
    hint: str


class Caller(Protocol):
    """How operators are called with inputs of one kind."""

    def __call__(
        self,
        op: Operator,
        inputs: Mapping[str, Any],
        naming: "Naming",
        attrs: Mapping[str, str] | None,
        out: Any,
    ) -> Any:
        """Apply an operator to inputs given by argument name.

        Args:
            op: the operator, with its parameters.
            inputs: the inputs that were given; some may be missing.
            naming: the result's name, or the stem of an automatic one.
            attrs: the result's attributes.
            out: where to write the result, for kinds that are computed at once.
        """


class _ValueType(NamedTuple):
    """A kind of inputs; see `register_kind`."""

    type: type
    caller: Caller
    at_once: bool


class _Given(NamedTuple):
    """What a call was given.

    Args:
        inputs: all by position or all by name; by position more than the operator has may be there.
        parameters: its parameters by name.
        outputs: arrays to write into that were given by position, after parameters.
    """

    inputs: Sequence[Any] | Mapping[str, Any]
    parameters: dict[str, Any]
    outputs: Sequence[Any]


class _OtherForm(NamedTuple):
    """Another function behind an operator's; see `register_form`."""

    function: Callable[..., Any]
    fits: Callable[..., bool]


_VALUE_TYPES: list[_ValueType] = []
"""What operators can be called with, filled as `symnet.ndarray` and `symnet.symbol` are imported.

It is a table that higher floors write into, because the functions of operators, which stand below
both, must call into them. After the import of symnet nothing changes it. The first entry is taken
where a call has no inputs."""

_FORMS: dict[str, _OtherForm] = {}
"""Functions behind operators' functions, by the operator's name; filled as the table above is."""


def register_kind(
    kind: type, caller: Caller, *, of_no_inputs: bool = False, at_once: bool = False
) -> None:
    """Say how operators are called with inputs of a kind.

    Args:
        kind: the inputs' class.
        caller: applies an operator to such inputs.
        of_no_inputs: whether a call without any input is one of this kind too.
        at_once: whether it computes, so that parameters and outputs may follow the inputs by
            position: ``mx.clip(src, 0, 1, out)``.
    """
    _VALUE_TYPES.insert(0 if of_no_inputs else len(_VALUE_TYPES), _ValueType(kind, caller, at_once))


def register_form(name: str, function: Callable[..., Any], fits: Callable[..., bool]) -> None:
    """Let a public function of the same name as an operator's be called through the operator's.

    Args:
        name: the operator's.
        function: what is called instead of the operator.
        fits: tells, given all arguments of a call, whether the function is meant.
    """
    _FORMS[name] = _OtherForm(function, fits)


def forms_of(cls: type[Operator]) -> tuple[Callable[..., Any], ...]:
    """Return the functions that an operator's function stands for besides: one, or none."""
    form = _FORMS.get(cls.__name__)
    return (form.function,) if form else ()


def operator_function(
    cls: type[Operator],
    *,
    name: str | None = None,
    on_call: Callable[[], object] | None = None,
) -> Callable[..., Any]:
    """Return the public function of an operator.

    Args:
        cls: the operator.
        name: the function's name, default the operator's; automatic names follow it.
        on_call: called before everything else, as for a notice.
    """
    hint = name.lower() if name else cls.name_hint()

    def function(
        *inputs: Any,
        name: str | None = None,
        attrs: Mapping[str, str] | None = None,
        out: Any = None,
        **keywords: Any,
    ) -> Any:
        if on_call is not None:
            on_call()
        form = _FORMS.get(cls.__name__)
        if form and form.fits(*inputs, **keywords):
            return form.function(*inputs, **keywords)
        given = _read_call(cls, inputs, keywords)
        return _call(cls.make(given.parameters), given, Naming(name, hint), attrs, out)

    function.__name__ = function.__qualname__ = name or cls.__name__
    function.__doc__ = documentation(cls)
    function.__dict__["operator"] = cls
    function.__dict__["__signature__"] = _signature(cls)
    return function


def apply(
    op: Operator,
    inputs: Sequence[Any],
    named: Mapping[str, Any],
    *,
    name: str | None = None,
    hint: str | None = None,
    attrs: Mapping[str, str] | None = None,
    out: Any = None,
) -> Any:
    """Apply an operator that is at hand, as its public function would.

    Args:
        op: the operator, with its parameters.
        inputs: symbols or arrays by position.
        named: the same by argument name; one or the other.
        name: the result's name, default a new one.
        hint: the stem of a new name, default the operator's.
        attrs: the result's attributes.
        out: where to write the result, for arrays.
    """
    _check_one_way(type(op), inputs, named)
    return _call(
        op, _Given(inputs or named, {}, ()), Naming(name, hint or op.name_hint()), attrs, out
    )


def _call(
    op: Operator, given: _Given, naming: Naming, attrs: Mapping[str, str] | None, out: Any
) -> Any:
    kind = _kind_of(type(op), _several(given.inputs))
    named, further = _by_argument(op, given.inputs, at_once=kind.at_once)
    outputs = (*further, *given.outputs)
    if outputs and out is not None:
        raise ArgumentError(f"{op!r}: give outputs by position or as out=, not both")
    if outputs:
        out = outputs if len(outputs) > 1 else outputs[0]
    return kind.caller(op, named, naming, attrs, out)


def _is_value(value: object) -> bool:
    return any(isinstance(value, kind.type) for kind in _VALUE_TYPES)


def _several(given: Sequence[Any] | Mapping[str, Any]) -> Iterable[Any]:
    return given.values() if isinstance(given, Mapping) else given


def _kind_of(cls: type[Operator], values: Iterable[Any]) -> _ValueType:
    """Return the one kind that all values are of."""
    values = list(values)
    found = {kind for value in values for kind in _VALUE_TYPES if isinstance(value, kind.type)}
    if len(found) > 1:
        raise ArgumentError(
            f"{cls.__name__}: inputs must be all symbols or all arrays, got "
            f"{' and '.join(sorted(type(value).__name__ for value in values))}"
        )
    return found.pop() if found else _VALUE_TYPES[0]


# -- inputs, parameters and outputs of a call ------------------------------------------------------


def _read_call(
    cls: type[Operator], positional: Sequence[Any], keywords: Mapping[str, Any]
) -> _Given:
    """Tell the parts of a call apart: ``f(input…, parameter…, output…, key=value…)``.

    Arrays and symbols are inputs, or outputs where parameters stand between; anything else is a
    parameter. What stands at a position that it cannot have is an error.
    """
    named = {key: value for key, value in keywords.items() if _is_value(value)}
    inputs = tuple(takewhile(_is_value, positional))
    further = positional[len(inputs) :]
    numbers = tuple(takewhile(lambda value: not _is_value(value), further))
    # Which parameters may follow by position depends on the kind of the inputs, so those are read
    # first: symbols take parameters by keyword alone.
    slots = _positional_parameters(cls, [*positional, *named.values()])
    _check_positions(cls, positional, start=len(inputs) + min(len(slots), len(numbers)))
    parameters = _by_name(
        cls,
        {key: value for key, value in keywords.items() if key not in named},
        dict(zip(slots, numbers, strict=False)),
    )
    _check_one_way(cls, inputs, named)
    _count_inputs(cls, inputs, named, parameters)
    return _Given(inputs or named, parameters, further[len(numbers) :])


def _positional_parameters(cls: type[Operator], given: Sequence[Any]) -> list[str]:
    """Return the parameters that may follow the inputs by position: those of arrays may."""
    values = [value for value in given if _is_value(value)]
    if not values or not _kind_of(cls, values).at_once:
        return []
    counts = {declared.count for declared in cls.inputs.values() if isinstance(declared, Inputs)}
    return [name for name in cls.params if name not in counts]


def _check_positions(cls: type[Operator], positional: Sequence[Any], *, start: int) -> None:
    """Raise where something else than an array or symbol stands at ``start`` or later."""
    for place, value in enumerate(positional[start:], start):
        if not _is_value(value):
            raise ArgumentError(
                f"{cls.__name__}: input {place} must be a symbol or an array, got {shown(value)}; "
                "parameters are given by keyword"
            )


def _by_name(
    cls: type[Operator], keywords: Mapping[str, Any], positional: Mapping[str, Any]
) -> dict[str, Any]:
    """Return all parameters under their own names, those that were given by another name too."""
    own_names = {about.also: key for key, about in cls.params.items() if about.also}
    parameters = {own_names.get(key, key): value for key, value in keywords.items()}
    for key, value in positional.items():
        if key in parameters:
            raise ArgumentError(f"{cls.__name__}: {key} is given by position and by keyword")
        parameters[key] = value
    return parameters


def _count_inputs(
    cls: type[Operator],
    inputs: Sequence[Any],
    named: Mapping[str, Any],
    parameters: dict[str, Any],
) -> None:
    """Where an operator takes any number of inputs, let the parameter that counts them do so."""
    for declared in cls.inputs.values():
        if isinstance(declared, Inputs):
            if named:
                raise ArgumentError(f"{cls.__name__}: give the inputs by position, not by keyword")
            # A count that was given stays, and is held against the inputs later.
            parameters.setdefault(declared.count, len(inputs))


def _check_one_way(cls: type[Operator], inputs: Sequence[Any], named: Mapping[str, Any]) -> None:
    if inputs and named:
        raise ArgumentError(
            f"{cls.__name__}: give the inputs all by position or all by keyword, got "
            f"{len(inputs)} by position and {', '.join(named)} by keyword"
        )


def _by_argument(
    op: Operator, given: Sequence[Any] | Mapping[str, Any], *, at_once: bool
) -> tuple[dict[str, Any], Sequence[Any]]:
    """Return the inputs by name, and the arrays beyond them, which are outputs."""
    names = op.arguments()
    if not isinstance(given, Mapping):
        if len(given) > len(names) and not at_once:
            raise ArgumentError(
                f"{op!r} takes {len(names)} inputs ({', '.join(names)}), got {len(given)}"
            )
        return dict(zip(names, given, strict=False)), given[len(names) :]
    also = {i.also: name for name, i in op.inputs.items() if isinstance(i, Input) and i.also}
    found = {also.get(key, key): value for key, value in given.items()}
    for key in found:
        if key not in names and key not in op.state_names():
            raise ArgumentError(f"{op!r} has no input {key!r}{suggest(key, names)} {listed(names)}")
    return found, ()


# -- what a function says of itself --------------------------------------------------------------


def _signature(cls: type[Operator]) -> inspect.Signature:
    either, keyword = inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY
    parameters = []
    for key, declared in cls.inputs.items():
        if isinstance(declared, Inputs):
            parameters.append(inspect.Parameter(key, inspect.Parameter.VAR_POSITIONAL))
        else:
            parameters.append(inspect.Parameter(key, either, default=None))
    for own in cls.parameter_fields():
        default = inspect.Parameter.empty if own.default is MISSING else own.default
        parameters.append(inspect.Parameter(own.name, keyword, default=default))
    parameters += [
        inspect.Parameter(key, keyword, default=None) for key in ("name", "attrs", "out")
    ]
    return inspect.Signature(parameters)
