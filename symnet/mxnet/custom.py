"""``mx.sym.Custom`` and ``mx.nd.Custom``: operators that are registered in Python."""

from collections.abc import Callable, Mapping
from typing import Any

from ..symbol.custom_function import Custom
from .calls import Face

__all__ = ["custom_function"]


def custom_function(face: Face) -> Callable[..., Any]:
    """Return the function of one face; see `symnet.Custom`."""

    def function(
        *inputs: Any, attr: Mapping[str, str] | None = None, out: Any = None, **keywords: Any
    ) -> Any:
        return face.wrap(Custom(*inputs, attrs=attr, out=out, **keywords))

    function.__name__ = function.__qualname__ = "Custom"
    function.__doc__ = Custom.__doc__
    return function
