"""Automatic names and inherited attributes of symbols, as context managers."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from functools import partial
from operator import index
from threading import Lock
from types import TracebackType
from typing import Any, Self, cast

from .described import Described
from .errors import ArgumentError, shown

__all__ = [
    "AttrScope",
    "NameManager",
    "PrefixNameManager",
    "current_attributes",
    "current_names",
    "declared_shape",
]


Leave = Callable[[], None]
"""What brings back that which was in force before a block was entered."""


class Scope(ABC):
    """Base of what is in force inside a ``with`` block, and may be entered again inside it."""

    def __init__(self) -> None:
        self._leaves: list[Leave] = []  # of the blocks that are open, innermost last

    @abstractmethod
    def _enter(self) -> Leave:
        """Come into force; return what undoes that."""

    def __enter__(self) -> Self:
        self._leaves.append(self._enter())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._leaves.pop()()


class NameManager(Scope, Described):
    """Give nodes without a name one of their own: ``hint0``, ``hint1``, and so on.

    One counter per hint. Inside ``with NameManager():`` the counters start anew.
    Source: docs/semantics §2.2.

    >>> names = NameManager()
    >>> names.get(None, "fc"), names.get("mine", "fc"), names.get(None, "fc")
    ('fc0', 'mine', 'fc1')
    """

    def __init__(self) -> None:
        super().__init__()
        self._counters: Counter[str] = Counter()
        self._counting = Lock()  # threads without a manager of their own share one

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_counters": self._counters.copy(), "_counting": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update({**state, "_counting": Lock()})

    def get(self, name: str | None, hint: str) -> str:
        """Return the name itself if there is one, else the next free ``hint`` with a number."""
        if name is not None and not isinstance(name, str):
            raise ArgumentError(f"the name of a node must be text, got {shown(name)}")
        if name:
            return name
        with self._counting:
            number = self._counters[hint]
            self._counters[hint] += 1
        return f"{hint}{number}"

    def _enter(self) -> Leave:
        return partial(_names.reset, _names.set(self))


class PrefixNameManager(NameManager):
    """Put a prefix before every name, given or made.

    >>> with PrefixNameManager("net_") as names:
    ...     names.get(None, "fc"), names.get("mine", "fc")
    ('net_fc0', 'net_mine')
    """

    def __init__(self, prefix: str) -> None:
        super().__init__()
        self._prefix = prefix

    def get(self, name: str | None, hint: str) -> str:
        """Return the prefix with the given or the next automatic name."""
        return self._prefix + super().get(name, hint)


class AttrScope(Scope):
    """Attach attributes to every symbol made inside ``with AttrScope(key="value"):``.

    Scopes nest; the inner value wins, and an explicit ``attrs=`` wins over both.
    Source: docs/semantics §2.8.

    >>> with AttrScope(ctx_group="dev1"):
    ...     current_attributes({"mood": "calm"})
    {'ctx_group': 'dev1', 'mood': 'calm'}
    """

    def __init__(self, **attributes: str) -> None:
        super().__init__()
        self._attributes = check_attributes(attributes)

    def __repr__(self) -> str:
        given = ", ".join(f"{name}={value!r}" for name, value in self._attributes.items())
        return f"AttrScope({given})"

    def _enter(self) -> Leave:
        inside = {**_attributes.get({}), **self._attributes}
        return partial(_attributes.reset, _attributes.set(inside))


_names: ContextVar[NameManager] = ContextVar("names")
_default_names = NameManager()
_attributes: ContextVar[Mapping[str, str]] = ContextVar("attributes")


def current_names() -> NameManager:
    """Return the name manager in force."""
    return _names.get(_default_names)


def current_attributes(explicit: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the attributes of the scopes in force, overridden by the explicit ones."""
    return {**_attributes.get({}), **check_attributes(explicit or {})}


def check_attributes(attributes: Mapping[str, str]) -> dict[str, str]:
    """Return attributes with MXNet's ``__key__`` wrapping taken off; values must be strings."""
    if not isinstance(attributes, Mapping):
        raise ArgumentError(f"attrs must be a dict of strings, got {attributes!r}")
    for key, value in attributes.items():
        if not isinstance(key, str) or not isinstance(value, str):
            raise ArgumentError(f"attribute {key!r} must be a string, got {value!r}")
    return {bare_key(key): value for key, value in attributes.items()}


def bare_key(key: str) -> str:
    """Return an attribute's key without the ``__`` that MXNet 1.x puts around it in files.

    >>> bare_key("__lr_mult__")
    'lr_mult'
    """
    return key[2:-2] if len(key) >= 4 and key.startswith("__") and key.endswith("__") else key


def declared_shape(name: str, shape: object) -> tuple[int, ...]:
    """Return the lengths that a variable declares, once they are known to be whole numbers.

    Args:
        name: the variable's name, for the error.
        shape: what was given.

    >>> declared_shape("data", [0, 4])
    (0, 4)
    """
    try:
        if isinstance(shape, str):
            raise TypeError
        return tuple(index(length) for length in cast(Iterable[Any], shape))
    except TypeError:
        raise ArgumentError(
            f"variable {name!r}: shape must be a tuple of whole numbers, as (0, 4), "
            f"got {shown(shape)}"
        ) from None
