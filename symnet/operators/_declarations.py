"""What an operator's class declares beside parameters: inputs, states, and rules by signature."""

import inspect
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache, wraps
from typing import Any, Literal, Self, TypeVar

__all__ = [
    "REQUIRED",
    "RESERVED",
    "Family",
    "Fault",
    "Input",
    "Inputs",
    "MemoryOrder",
    "Rule",
    "Shape",
    "Shapes",
    "State",
    "overwrites",
    "remembered",
    "told_parameters",
    "view_of",
]

Shape = tuple[int, ...]
Shapes = Mapping[str, Any]
"""What shape inference learned: a shape for each name, a list of shapes for `Inputs`."""

MemoryOrder = Literal["contiguous", "spatial", "follows", "kept"]
"""Memory order of an operator's results; see `Operator.memory_order`."""

Fault = tuple[int, str]
"""The place of a value that an operator cannot use, and what is wrong with it."""

Family = Literal["weighted", "activation", "normalization", "pooling", "shape", "output", "other"]
"""What kind of layer an operator is; see `Operator.family`."""

RESERVED = frozenset({"grad", "grads", "outputs", "out", "is_train", "wants", "index"})
"""What a rule may ask for beside tensors, their shapes and their element types."""


@dataclass(frozen=True)
class Input:
    """One input of an operator.

    Args:
        doc: what it is, for the reference page.
        when: tells from the operator whether it has this input, default always.
        takes_gradient: whether a gradient can flow into it; False for labels and indices.
        any_dtype: whether its element type is free, instead of being that of the other inputs.
        also: another name that keyword arguments may call it by.
    """

    doc: str
    when: Callable[[Any], bool] | None = None
    takes_gradient: bool = True
    any_dtype: bool = False
    also: str | None = None


@dataclass(frozen=True)
class Inputs:
    """A variable number of inputs, given by position.

    Args:
        doc: what they are, for the reference page.
        count: name of the parameter that tells how many there are.
    """

    doc: str
    count: str = "num_args"


@dataclass(frozen=True)
class State:
    """An auxiliary state: an array that the operator keeps up to date itself, without gradient."""

    doc: str


_Told = TypeVar("_Told")
_RuleFunction = TypeVar("_RuleFunction", bound=Callable[..., Any])


def overwrites(*names: str) -> Callable[[_RuleFunction], _RuleFunction]:
    """Mark a rule whose ``out`` may be the very memory of one of the named tensors."""

    def mark(function: _RuleFunction) -> _RuleFunction:
        function.__dict__["overwrites"] = names
        return function

    return mark


def view_of(name: str) -> Callable[[_RuleFunction], _RuleFunction]:
    """Mark a rule whose result is the named tensor seen in another shape, where memory allows."""

    def mark(function: _RuleFunction) -> _RuleFunction:
        function.__dict__["view_of"] = name
        return function

    return mark


@dataclass(frozen=True)
class Rule:
    """A rule of an operator, as its signature declares it.

    Args:
        function: the rule itself, unbound.
        tensors: the tensors it asks for, by name.
        optional: those of them that have a default and may be missing.
        shapes: the parameters that ask for a shape.
        dtypes: the parameters that ask for an element type.
        reserved: the reserved names it asks for.
    """

    function: Callable[..., Any]
    tensors: tuple[str, ...]
    optional: frozenset[str]
    shapes: tuple[str, ...]
    dtypes: tuple[str, ...]
    reserved: frozenset[str]

    @classmethod
    def read(cls, function: Callable[..., Any], own: Collection[str] = ()) -> Self:
        """Read a rule from its signature.

        Args:
            function: the rule.
            own: names of the operator's inputs; they win over the names that the engine gives.
        """
        return cls._read(function, RESERVED - set(own))

    @classmethod
    @cache  # many classes share the rules of their bases
    def _read(cls, function: Callable[..., Any], reserved: frozenset[str]) -> Self:
        defaults = _arguments(function)
        names = [name for name in defaults if not name.endswith(("_shape", "_dtype"))]
        plain = [name for name in names if name not in reserved]
        return cls(
            function,
            tensors=tuple(plain),
            optional=frozenset(name for name in plain if defaults[name] is None),
            shapes=tuple(name for name in defaults if name.endswith("_shape")),
            dtypes=tuple(name for name in defaults if name.endswith("_dtype")),
            reserved=frozenset(defaults) & reserved,
        )

    @property
    def takes_out(self) -> bool:
        """Whether the rule can write into a tensor it is given."""
        return "out" in self.reserved

    @property
    def overwrites(self) -> tuple[str, ...]:
        """Names of tensors whose memory the result may take over."""
        names: tuple[str, ...] = self.function.__dict__.get("overwrites", ())
        return names

    @property
    def view_of(self) -> str | None:
        """Name of the tensor that the result is a view of, if it is one."""
        return self.function.__dict__.get("view_of")

    @property
    def asks_for_gradient(self) -> bool:
        """Whether the rule needs what flowed back from its outputs."""
        return bool(self.reserved & {"grad", "grads"})


REQUIRED = object()
"""Stands for the default of an argument that has none."""

_STARRED = inspect.CO_VARARGS | inspect.CO_VARKEYWORDS


def _arguments(function: Callable[..., Any]) -> Mapping[str, Any]:
    """Return the names of a rule's arguments but for ``self``, in order, with their defaults."""
    given: Mapping[str, Any] | None = function.__dict__.get("asks_for")
    if given is not None:  # a rule that was made, as of a formula
        return given
    code = getattr(function, "__code__", None)
    wrapped = hasattr(function, "__wrapped__") or hasattr(function, "__signature__")
    if code is None or wrapped or code.co_flags & _STARRED:
        found = list(inspect.signature(function).parameters.values())[1:]
        return {p.name: REQUIRED if p.default is p.empty else p.default for p in found}
    # What `inspect.signature` would say, in a tenth of its time: there are a thousand rules.
    places, last = code.co_argcount, code.co_argcount + code.co_kwonlyargcount
    names = code.co_varnames[:last]
    values = getattr(function, "__defaults__", None) or ()
    defaults = dict(zip(names[places - len(values) : places], values, strict=True))
    defaults |= getattr(function, "__kwdefaults__", None) or {}
    return {name: defaults.get(name, REQUIRED) for name in names[1:]}


def remembered(method: Callable[[Any], _Told]) -> Callable[[Any], _Told]:
    """Let an operator, which is frozen, tell something once: passes ask for it again and again."""
    key = f"{method.__name__}()"  # which no attribute is called

    @wraps(method)
    def told(operator: Any) -> _Told:
        kept: dict[str, Any] = operator.__dict__
        if key not in kept:
            kept[key] = method(operator)
        found: _Told = kept[key]
        return found

    return told


def told_parameters(operator: Any) -> dict[str, object]:
    """Return the parameters that tell operators of a kind apart, by name.

    They are the required ones, and those that differ from their defaults, where a tuple left empty
    means that all entries are the least there can be. Neither how many inputs there are is among
    them, which a drawing shows, nor what only changes speed, nor whether there is a bias.
    """
    counts = {each.count for each in operator.inputs.values() if isinstance(each, Inputs)}
    untold = {*counts, *operator.speed_hints, *operator.without_effect, "workspace", "no_bias"}

    def is_usual(name: str, default: object, value: Any) -> bool:
        spelled = default == () and set(value) == {operator.params[name].min}
        return spelled or value == default

    return {
        f.name: value
        for f in operator.parameter_fields()
        if not is_usual(f.name, f.default, value := getattr(operator, f.name))
        and f.name not in untold
    }
