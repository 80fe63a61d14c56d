"""Classes by name: how initializers, metrics and a user's own kinds are registered and made.

Source: Apache MXNet 1.9.1, ``mxnet.registry``.
"""

import json
import warnings
from collections.abc import Callable
from typing import Any

from ..core.errors import ArgumentError, suggest

__all__ = ["get_alias_func", "get_create_func", "get_register_func", "get_registry"]

_REGISTRY: dict[type, dict[str, type]] = {}


def get_registry(base_class: type) -> dict[str, type]:
    """Return the classes that are registered under a base class, by name in lower case."""
    return dict(_REGISTRY.get(base_class, {}))


def get_register_func(base_class: type, nickname: str) -> Callable[..., Any]:
    """Return a decorator that registers a class under its name.

    Args:
        base_class: what registered classes derive from.
        nickname: what messages call one of them.
    """
    known = _REGISTRY.setdefault(base_class, {})

    def register(klass: type, name: str | None = None) -> type:
        if not issubclass(klass, base_class):
            raise ArgumentError(
                f"a registered {nickname} derives from {base_class.__name__}, and {klass!r} does "
                "not"
            )
        key = (name or klass.__name__).lower()
        if key in known and known[key] is not klass:
            warnings.warn(
                f"the {nickname} {klass.__module__}.{klass.__name__} takes the place of "
                f"{known[key].__module__}.{known[key].__name__}, as {key!r}",
                stacklevel=2,
            )
        known[key] = klass
        return klass

    register.__doc__ = f"Make a class of {nickname} known by its name; a decorator."
    return register


def get_alias_func(base_class: type, nickname: str) -> Callable[..., Any]:
    """Return a decorator that registers a class under further names."""
    register = get_register_func(base_class, nickname)

    def alias(*aliases: str) -> Callable[[type], type]:
        def decorate(klass: type) -> type:
            for name in aliases:
                register(klass, name)
            return klass

        return decorate

    return alias


def get_create_func(base_class: type, nickname: str) -> Callable[..., Any]:
    """Return a function that makes an object from a name, or from JSON text.

    It takes the name and the arguments of the class; or one text, as ``'["name", {…}]'``; or an
    object, which it returns. It raises ArgumentError for an unknown name.
    """
    known = _REGISTRY.setdefault(base_class, {})

    def create(*args: Any, **kwargs: Any) -> Any:
        what, *rest = args if args else [kwargs.pop(nickname)]
        if isinstance(what, base_class):
            if rest or kwargs:
                raise ArgumentError(f"{what!r} is made already; it takes no further arguments")
            return what
        if isinstance(what, dict):
            return create(**what)
        if not isinstance(what, str):
            raise ArgumentError(f"{nickname} must be a name or an object, got {what!r}")
        if what.startswith(("[", "{")):
            return _from_text(create, what)
        if what.lower() not in known:
            raise ArgumentError(
                f"{nickname} {what!r} is not registered{suggest(what.lower(), known)} (there are: "
                f"{', '.join(sorted(known))})"
            )
        return known[what.lower()](*rest, **kwargs)

    create.__doc__ = f"Return the {nickname} of a name, of arguments or of JSON text."
    return create


def _from_text(create: Callable[..., Any], text: str) -> Any:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise ArgumentError(f"{text!r} is no JSON: {error}") from error
    if isinstance(found, dict):
        return create(**found)
    name, options = found
    return create(name, **options)
