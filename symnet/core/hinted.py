"""What to use for an attribute that objects of other libraries have."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, ClassVar, Never

from .errors import suggest

__all__ = ["MODULES_OF_MXNET", "Hinted", "name_hint"]

MODULES_OF_MXNET = {
    "autograd",
    "callback",
    "contrib",
    "gluon",
    "image",
    "init",
    "io",
    "kv",
    "lr_scheduler",
    "metric",
    "mod",
    "module",
    "mon",
    "nd",
    "ndarray",
    "np",
    "npx",
    "operator",
    "opt",
    "random",
    "recordio",
    "rnd",
    "rnn",
    "sym",
    "test_utils",
    "visualization",
    "viz",
}
"""Modules of Python-MXNet that this namespace has not."""


def name_hint(name: str, known: Iterable[str]) -> str:
    """Return the tail of an error about a name that the namespace has not.

    >>> name_hint("Dense", ["FullyConnected", "Dropout"])
    "; did you mean 'FullyConnected'?"
    """
    if name not in MODULES_OF_MXNET:
        return suggest(name, known)
    return (
        ", which is a module of Python-MXNet; scripts of its kind run by `import symnet.mxnet as "
        "mx`, and here all names are in one: mx.array, mx.FullyConnected, mx.FeedForward"
    )


class Hinted:
    """Tells, of an attribute that is missing, what there is instead.

    >>> class Model(Hinted):
    ...     _instead = {"score": "evaluate(…)"}
    >>> Model().score
    Traceback (most recent call last):
    AttributeError: 'Model' object has no attribute 'score'; use evaluate(…)
    """

    __slots__ = ()

    _instead: ClassVar[Mapping[str, str]] = {}
    """What to use, by the names that others have."""

    if not TYPE_CHECKING:  # which would take any attribute for one that there is

        def __getattr__(self, name: str) -> Never:
            """Raise AttributeError: the attribute is missing."""
            kind = type(self)
            hint = f"; use {kind._instead[name]}" if name in kind._instead else ""
            raise AttributeError(
                f"{kind.__name__!r} object has no attribute {name!r}{hint}", name=name, obj=self
            )
