"""Modules inside MXNet's packages, which scripts import by name: ``mxnet.rnn.rnn_cell``.

Here a package has everything that MXNet divides among them, so it stands for each.
"""

import sys
from collections.abc import Iterable
from types import ModuleType

from .absent import absent

__all__ = ["inner_module"]

_INNER = {
    "mx.image": ("image",),
    "mx.io": ("io",),
    "mx.kv": ("base", "kvstore"),
    "mx.optimizer": ("optimizer",),
    "mx.rnn": ("io", "rnn", "rnn_cell"),
}
"""The modules inside a package, by what users call it."""


def inner_module(module: str, title: str, name: str, there: Iterable[str]) -> ModuleType:
    """Return what stands for a module inside a package.

    Args:
        module: the package here.
        title: what users call it.
        name: the module inside.
        there: the names that the package has.

    Raises AttributeError for a name that is none.
    """
    if name in _INNER[title]:
        return sys.modules[module]
    raise absent(title, name, there)
