"""Modules whose functions are operators: made on demand, under each name that operators have."""

from collections.abc import Callable
from typing import Any

from ..operators import definitions  # noqa: F401 -- read for the classes that it registers
from ..operators.contract import OPERATORS
from .absent import absent
from .calls import Face, face_function
from .custom import custom_function

__all__ = ["operator_module"]


def operator_module(
    module: dict[str, Any], title: str, face: Face, prefix: str = ""
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return ``__getattr__`` and ``__dir__`` of a module of operator functions.

    Args:
        module: its globals; what stands there already wins.
        title: what users call it, as ``"mx.nd.contrib"``.
        face: what its functions are called with.
        prefix: what operators' names begin with there, and functions' names do not.
    """

    def names() -> list[str]:
        found = {name.removeprefix(prefix) for name in OPERATORS if name.startswith(prefix)}
        return sorted(name for name in found if prefix or not name.startswith("_"))

    def find(name: str) -> Any:
        cls = OPERATORS.get(prefix + name)
        if cls is None or (name.startswith("__") and name.endswith("__")):
            raise absent(title, name, [*names(), *module], operator=prefix + name)
        made = custom_function(face) if cls.free_parameters else face_function(cls, name, face)
        module[name] = made
        return made

    def listed() -> list[str]:
        own = [name for name in module if not name.startswith("_")]
        return sorted({*own, *names()})

    return find, listed
