"""Taking the place of `mxnet`: what `import mxnet` finds after `install`.

``python -m symnet.mxnet script.py`` installs and then runs the script; a notebook calls `install`.
"""

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

from ..core.logs import logger

__all__ = ["install"]

_OWN = __name__.rpartition(".")[0]
_ROOT = "mxnet"


class _Lender(Loader):
    """Hands out a module of symnet under MXNet's name."""

    def __init__(self, module: ModuleType) -> None:
        self.module, self.spec = module, module.__spec__

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Return the module itself."""
        return self.module

    def exec_module(self, module: ModuleType) -> None:
        """Give the module back the spec that importing it under another name replaced."""
        module.__spec__ = self.spec


class _Finder(MetaPathFinder):
    """Finds ``mxnet`` and ``mxnet.NAME`` in this package."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return where a module of MXNet's is, None for those of others."""
        root, _, inside = fullname.partition(".")
        if root != _ROOT:
            return None
        module = _module_of(inside)
        return ModuleSpec(fullname, _Lender(module), is_package=hasattr(module, "__path__"))


def _module_of(inside: str) -> ModuleType:
    """Return the module that stands for ``mxnet.inside``.

    Raises ModuleNotFoundError, with a way out, where there is none.
    """
    found = import_module(_OWN)
    for name in inside.split(".") if inside else ():
        try:
            found = getattr(found, name)
        except AttributeError as error:
            raise ModuleNotFoundError(f"no module mxnet.{inside}: {error}") from None
        if not isinstance(found, ModuleType):
            raise ModuleNotFoundError(f"mxnet.{inside} is no module, but {found!r}")
    return found


def install() -> bool:
    """Let ``import mxnet`` find symnet's face in this process.

    Returns whether it does. A real MXNet that is imported already is left alone, and a warning in
    the log says so; one that is only installed on the machine is hidden until the process ends.

    >>> install(), install()
    (True, True)
    >>> import mxnet as mx
    >>> mx.nd.ones((2,)).asnumpy()
    array([1., 1.], dtype=float32)
    """
    loaded = sys.modules.get(_ROOT)
    own = import_module(_OWN)
    if loaded is not None and loaded is not own:
        logger.warning(
            "mxnet %s is imported already, from %s: it is left alone, and symnet does not take its "
            "place; call install() before the first import",
            getattr(loaded, "__version__", ""),
            getattr(loaded, "__file__", "unknown"),
        )
        return False
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
    return True
