"""Parameters, declared once: name, kind, range, default and help in one field.

A class whose fields are made by `param` has its constructor, signature, checks, errors, help and
the text of symbol files from these declarations alone. Operators, optimizers, initializers, data
providers that read files and `fit` all declare theirs so; who adds a parameter writes one line.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields, replace
from inspect import Parameter, Signature, cleandoc, get_annotations
from math import isinf, isnan
from typing import Any, ClassVar, Never, Self, TypeVar, dataclass_transform, get_type_hints

from ._param import Check, Param, param
from .codec import ValueCodec, kind_of
from .errors import ParameterError, listed, shown, suggest

__all__ = [
    "Check",
    "Param",
    "Parameters",
    "documented_with",
    "param",
    "read_value",
    "reject_unknown",
    "signature_of",
]

Documented = TypeVar("Documented", bound=Callable[..., Any])


class _SignatureOfFields:
    """The signature of a record's constructor, made for whoever asks for it."""

    def __get__(self, record: object, owner: "type[Parameters]") -> Signature:
        return Signature([*owner.positional(), *owner.keywords()])


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(param,))
class Parameters:
    """Base of frozen records whose fields are parameters, each declared by `param`.

    A derived class is a dataclass without being marked as one. Its fields are given by keyword;
    ``kw_only=False`` as a class keyword lets them be given by position too. Where a base has a
    parameter already, ``size: float = 2`` gives it another default.

    Raises ParameterError, which names the owner, the parameter, what it must be and the value.

    >>> class Step(Parameters):
    ...     size: float = param("How far to go.", above=0)
    >>> Step(size=0)
    Traceback (most recent call last):
    symnet.core.errors.ParameterError: Step: size must be > 0, got 0
    """

    owner: ClassVar[str] = ""
    """Who complains about a value; default the class's name, without ``Options``."""
    texts: ClassVar[bool] = False
    """Whether numbers may be given as text, as in symbol files."""

    _essential: ClassVar[tuple[str, ...]] = ()
    """Parameters that the repr shows at their defaults too, after those without a default."""

    params: ClassVar[Mapping[str, Param]] = {}
    kinds: ClassVar[Mapping[str, ValueCodec]] = {}
    _fields: ClassVar[Mapping[str, Field[Any]]] = {}

    __signature__ = _SignatureOfFields()

    def __init_subclass__(cls, *, kw_only: bool = True) -> None:
        records = [base for base in cls.__bases__ if issubclass(base, Parameters)]
        if len(records) == 1 and not get_annotations(cls):
            return  # all is as its base has it
        cls._keep_declarations()
        # What a dataclass has beside its fields is written once, below: for hundreds of operators
        # to have five functions each compiled takes longer than all else of their import.
        dataclass(init=False, repr=False, eq=False, kw_only=kw_only)(cls)
        cls._fields = {own.name: own for own in fields(cls)}  # type: ignore[arg-type]
        hints = cls._hints()
        cls.params = {name: own.metadata["param"] for name, own in cls._fields.items()}
        cls.kinds = {name: kind_of(hints[name]) for name in cls._fields}

    @classmethod
    def _hints(cls) -> dict[str, Any]:
        """Return the types of the parameters, by name."""
        hints = {name: own.type for name, own in cls._fields.items()}
        if any(isinstance(hint, str) for hint in hints.values()):
            return get_type_hints(cls, include_extras=True)
        return hints

    @classmethod
    def _keep_declarations(cls) -> None:
        """Where a parameter of a base is given another default alone, keep all else of it."""
        for name in get_annotations(cls):
            default = cls.__dict__.get(name, MISSING)
            if name in cls.params and default is not MISSING and not isinstance(default, Field):
                about = cls.params[name]
                before = next(f for f in cls.parameter_fields() if f.name == name)
                if about.mxnet_default == default_of(before):
                    about = replace(about, mxnet_default=default)
                setattr(cls, name, field(default=default, metadata={"param": about}))

    def __init__(self, *values: Any, **given: Any) -> None:
        if values:
            given = self._named(values, given)
        kept = self.__dict__  # and not setattr: a record is frozen
        for name, own in self._fields.items():
            if name in given:
                value = given.pop(name)
            elif own.default is not MISSING:
                value = own.default
            elif own.default_factory is not MISSING:
                value = own.default_factory()
            else:
                raise TypeError(f"{type(self).__qualname__}() misses the argument {name!r}")
            kept[name] = self._checked(name, value)
        for name in given:
            why = "twice" if name in self._fields else f"unknown{suggest(name, self._fields)}"
            raise TypeError(f"{type(self).__qualname__}(): argument {name!r} is {why}")
        self.check()

    def _named(self, values: tuple[Any, ...], given: Mapping[str, Any]) -> dict[str, Any]:
        """Return values that were given by position beside those by name."""
        places = [own.name for own in self.positional()]
        owner = type(self).__qualname__
        if len(values) > len(places):
            raise TypeError(f"{owner}() takes {len(places)} by position, {len(values)} were given")
        found = dict(zip(places, values, strict=False))
        for name in found.keys() & given.keys():
            raise TypeError(f"{owner}(): {name!r} is given by position and by keyword")
        return {**found, **given}

    def __setattr__(self, name: str, value: object) -> Never:
        raise FrozenInstanceError(f"cannot assign to field {name!r}")

    def __delattr__(self, name: str) -> Never:
        raise FrozenInstanceError(f"cannot delete field {name!r}")

    def _values(self) -> tuple[Any, ...]:
        own = self.__dict__
        return tuple([own[name] for name in self._fields])

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._values() == other._values()

    def __hash__(self) -> int:
        return hash(self._values())

    def _checked(self, name: str, value: object) -> Any:
        about, kind, owner = self.params[name], self.kinds[name], self.owner_name()
        if about.check is not None:
            return about.check(owner, name, value)
        return read_value(owner, name, value, kind, about, texts=self.texts)

    def check(self) -> None:
        """Raise ParameterError where parameters do not fit each other; default: they do."""

    @classmethod
    def owner_name(cls) -> str:
        """Return who complains about a value."""
        return cls.owner or cls.__qualname__.rsplit(".<locals>.")[-1].removesuffix("Options")

    @classmethod
    def make(cls, parameters: Mapping[str, Any]) -> Self:
        """Return the record with these parameters.

        Raises ParameterError for an unknown, missing or unusable one.
        """
        reject_unknown(cls.owner_name(), parameters, cls.params)
        missing = [name for name in cls.required() if name not in parameters]
        if missing:
            raise ParameterError(f"{cls.owner_name()}: missing parameter {missing[0]!r}")
        return cls(**parameters)

    @classmethod
    def required(cls) -> Iterator[str]:
        """Yield the names of the parameters without a default."""
        return (
            f.name
            for f in cls.parameter_fields()
            if f.default is MISSING and f.default_factory is MISSING
        )

    @classmethod
    def parameter_fields(cls) -> tuple[Field[Any], ...]:
        """Return the dataclass fields of the parameters, in order."""
        return tuple(cls._fields.values())

    @classmethod
    def positional(cls) -> list[Parameter]:
        """Return the parameters that may be given by position, as those of a function."""
        own = [own for own in cls._fields.values() if not own.kw_only]
        return cls._described(own, Parameter.POSITIONAL_OR_KEYWORD)

    @classmethod
    def keywords(cls, *, all_of_them: bool = False) -> list[Parameter]:
        """Return the parameters that are given by keyword, as those of a function.

        Args:
            all_of_them: whether those too that may be given by position.
        """
        own = [own for own in cls._fields.values() if own.kw_only or all_of_them]
        return cls._described(own, Parameter.KEYWORD_ONLY)

    @classmethod
    def _described(cls, declared: Iterable[Field[Any]], kind: Any) -> list[Parameter]:
        hints, required = cls._hints(), set(cls.required())
        return [
            Parameter(
                own.name,
                kind,
                default=Parameter.empty if own.name in required else default_of(own),
                annotation=hints[own.name],
            )
            for own in declared
        ]

    @classmethod
    def help(cls) -> str:
        """Return one line for each parameter: name, what it does, default and range."""
        required = set(cls.required())
        lines = []
        for f in cls.parameter_fields():
            about = cls.params[f.name]
            default = "required" if f.name in required else f"default {default_of(f)!r}"
            facts = ", ".join(filter(None, (default, about.range)))
            lines.append(f"    {f.name}: {about.doc.rstrip('.')}; {facts}.")
        return "\n".join(lines)

    def __repr__(self) -> str:
        fields = {own.name: own.default for own in self.parameter_fields()}
        needed = [name for name, default in fields.items() if default is MISSING]
        always = [*needed, *(name for name in self._essential if name in fields)]
        given = ", ".join(
            f"{name}={getattr(self, name)!r}"
            for name in dict.fromkeys([*always, *fields])
            if name in always or getattr(self, name) != fields[name]
        )
        name = self.owner or type(self).__qualname__.rsplit(".<locals>.")[-1]
        return f"{name}({given})"


# Not as a decorator, which would tell type checkers that records are not frozen.
dataclass(init=False, repr=False, eq=False)(Parameters)


def read_value(
    owner: str, name: str, value: object, kind: ValueCodec, about: Param, *, texts: bool = False
) -> Any:
    """Return a value as it is kept; ParameterError for another kind, or one out of range.

    Args:
        owner: who complains.
        name: what the parameter is called.
        value: what was given.
        kind: what the annotation allows.
        about: the range.
        texts: whether numbers may be given as text.

    >>> read_value("Step", "size", 0, kind_of(int), Param(min=1))
    Traceback (most recent call last):
    symnet.core.errors.ParameterError: Step: size must be >= 1, got 0
    """
    try:
        read = kind.read(value) if texts else kind.take(value)
    except ValueError:
        raise ParameterError(f"{owner}: {name} must be {kind.name}, got {shown(value)}") from None
    numbers = read if isinstance(read, tuple) else (read,)
    if not about.infinite and not about.nan and any(map(_is_infinite, numbers)):
        raise ParameterError(f"{owner}: {name} must be finite, got {shown(value)}")
    if not all(number is None or about.contains(number) for number in numbers):
        raise ParameterError(f"{owner}: {name} must be {about.range}, got {shown(value)}")
    if not about.nan and any(isinstance(number, float) and isnan(number) for number in numbers):
        raise ParameterError(f"{owner}: {name} must be a number, got {value!r}")
    return read


def _is_infinite(number: object) -> bool:
    return isinstance(number, float) and isinf(number)


def documented_with(*groups: type[Parameters]) -> Callable[[Documented], Documented]:
    """Return what adds the help of groups of parameters to the docstring of a function or class."""

    def document(function: Documented) -> Documented:
        lines = "\n".join(group.help() for group in groups)
        function.__doc__ = f"{cleandoc(function.__doc__ or '')}\n\nOptions:\n{lines}"
        return function

    return document


def default_of(declared: Field[Any]) -> Any:
    """Return the default of a field that has one."""
    return declared.default if declared.default_factory is MISSING else declared.default_factory()


def signature_of(*groups: type[Parameters]) -> Signature:
    """Return the signature of a function whose keywords are those of some groups."""
    return Signature([each for group in groups for each in group.keywords(all_of_them=True)])


def reject_unknown(owner: str, given: Iterable[str], known: Iterable[str]) -> None:
    """Raise ParameterError for the first name that nobody knows, with the nearest known one.

    >>> reject_unknown("SGD", ["momentun"], ["lr", "momentum"])
    Traceback (most recent call last):
    symnet.core.errors.ParameterError: SGD: unknown parameter 'momentun'; did you mean 'momentum'? \
(there are: lr, momentum)
    """
    known = list(known)
    for name in given:
        if name not in known:
            raise ParameterError(
                f"{owner}: unknown parameter {name!r}{suggest(name, known)} {listed(known)}"
            )
