"""What to use for an attribute that arrays of other libraries have."""

from typing import TYPE_CHECKING, Never

from .contract import OPERATORS

__all__ = ["AttributeHints"]

_FUNCTIONS = {"T": "transpose"}
_METHODS = {
    "numpy": "asnumpy()",
    "tolist": "asnumpy().tolist()",
    "device": "context",
    "ctx": "context",
    "type": "astype(…)",
    "view": "reshape(…)",
}


class AttributeHints:
    """Tells, of an attribute that is missing, which function or attribute there is instead."""

    __slots__ = ()

    if not TYPE_CHECKING:  # which would take any attribute for one that there is

        def __getattr__(self, name: str) -> Never:
            """Raise AttributeError: the attribute is missing."""
            raise AttributeError(
                f"{type(self).__name__} has no attribute {name!r}{_hint(type(self), name)}",
                name=name,
                obj=self,
            )


def _hint(kind: type, name: str) -> str:
    function = _FUNCTIONS.get(name, name)
    if function in OPERATORS and not name.startswith("_"):
        return f"; mx.{function}(…) is a function"
    method = _METHODS.get(name, "")
    known = method and hasattr(kind, method.partition("(")[0])
    return f"; use .{method}" if known else ""
