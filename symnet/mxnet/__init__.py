"""Python-MXNet's face: scripts written for Apache MXNet 1.x run on symnet.

``import symnet.mxnet as mx`` takes the place of ``import mxnet as mx``;
``python -m symnet.mxnet script.py`` runs a script as it stands, `install` does so in a notebook.
Names, defaults, positions of arguments and automatic names are those of Apache MXNet 1.9.1. Nothing
is computed here: every function is a view on symnet. See docs/mxnet.md.

>>> import symnet.mxnet as mx
>>> mx.nd.array([[1, 2], [3, 4]]).sum(axis=0).asnumpy()
array([4., 6.], dtype=float32)
"""

from importlib import import_module
from typing import Any

from .absent import absent as _absent

__version__ = "1.9.1"

_MODULES = {
    "attribute": "attribute",
    "base": "base",
    "callback": "callback",
    "context": "context",
    "contrib": "contrib",
    "engine": "engine",
    "executor": "executor",
    "executor_manager": "executor_manager",
    "image": "image",
    "img": "image",
    "init": "initializer",
    "initializer": "initializer",
    "io": "io",
    "kv": "kvstore",
    "kvstore": "kvstore",
    "libinfo": "libinfo",
    "log": "log",
    "lr_scheduler": "lr_scheduler",
    "metric": "metric",
    "misc": "misc",
    "mod": "module",
    "model": "model",
    "module": "module",
    "mon": "monitor",
    "monitor": "monitor",
    "name": "name",
    "nd": "ndarray",
    "ndarray": "ndarray",
    "operator": "operator",
    "optimizer": "optimizer",
    "profiler": "profiler",
    "random": "random",
    "recordio": "recordio",
    "registry": "registry",
    "rnd": "random",
    "rnn": "rnn",
    "sym": "symbol",
    "symbol": "symbol",
    "test_utils": "test_utils",
    "util": "util",
    "visualization": "visualization",
    "viz": "visualization",
}
"""The modules by the names that `mx.NAME` knows them under."""

_NAMES = {
    "AttrScope": "attribute",
    "Context": "context",
    "MXNetError": "base",
    "cpu": "context",
    "cpu_pinned": "context",
    "current_context": "context",
    "gpu": "context",
    "install": "takeover",
    "is_np_array": "util",
    "is_np_shape": "util",
    "num_gpus": "context",
    "waitall": "ndarray",
}
"""What stands in `mx` itself, and the module that has it."""


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        found: Any = import_module(f".{_MODULES[name]}", __name__)
    elif name in _NAMES:
        found = getattr(import_module(f".{_NAMES[name]}", __name__), name)
    else:
        raise _absent("mx", name, dir_of())
    globals()[name] = found
    return found


def dir_of() -> list[str]:
    """Return the names that the package has, loaded or not."""
    return sorted({"__version__", *_MODULES, *_NAMES})


def __dir__() -> list[str]:
    return dir_of()
