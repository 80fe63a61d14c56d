"""Record the public names of Python-MXNet 1.9.1, by namespace and class.

Run it with the interpreter of an environment that holds that release, and nothing of ours::

    python3.11 -m venv ENV
    ENV/bin/pip install mxnet==1.9.1 numpy==1.23.5 'opencv-python-headless<=4.8'
    ENV/bin/python tools/record_names.py tests/golden/names_1.9.1.json

The file is a JSON object with the keys ``aliases``, ``namespaces`` and ``classes``, one name a
line in the latter two; `tests/golden/README.md` says what stands there. A name is public where it
has no leading underscore and belongs to MXNet: what a module imports for its own use does not.
"""

import functools
import inspect
import json
import re
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mxnet as mx

NAMESPACES = [
    "mx",
    "mx.nd",
    "mx.nd.contrib",
    "mx.nd.image",
    "mx.nd.linalg",
    "mx.nd.random",
    "mx.nd.sparse",
    "mx.nd.utils",
    "mx.sym",
    "mx.sym.contrib",
    "mx.sym.image",
    "mx.sym.linalg",
    "mx.sym.random",
    "mx.sym.sparse",
    "mx.attribute",
    "mx.base",
    "mx.callback",
    "mx.context",
    "mx.engine",
    "mx.executor",
    "mx.executor_manager",
    "mx.image",
    "mx.init",
    "mx.io",
    "mx.kv",
    "mx.log",
    "mx.lr_scheduler",
    "mx.metric",
    "mx.mod",
    "mx.model",
    "mx.monitor",
    "mx.name",
    "mx.operator",
    "mx.optimizer",
    "mx.profiler",
    "mx.random",
    "mx.recordio",
    "mx.registry",
    "mx.rnn",
    "mx.test_utils",
    "mx.util",
    "mx.viz",
]
"""The namespaces of symbolic scripts: not Gluon, autograd and the NumPy interface."""

ELSEWHERE = {
    "mx": ["mxnet"],
    "mx.nd": ["ndarray"],
    "mx.sym": ["symbol"],
    "mx.random": ["mxnet.ndarray.random"],
    "mx.image": ["mxnet.ndarray.image"],
}
"""Further modules from which a namespace shows names as its own; the functions of operators say
``ndarray`` and ``symbol``."""

FACTORIES = "mxnet.registry"
"""The module whose functions make a namespace its ``register``, ``alias`` and ``create``."""

UNSPECIFIC = {"__dict__", "__doc__", "__init__", "__module__", "__slots__", "__weakref__"}
"""Special names that say nothing of a class."""

Rows = dict[str, dict[str, str]]


def main(target: str) -> None:
    """Write the names to the file `target`."""
    modules = {name: find(name) for name in NAMESPACES}
    namespaces = {name: dict(rows(name, modules[name])) for name in NAMESPACES}
    parts = {
        "aliases": dict(aliases(modules)),
        "namespaces": namespaces,
        "classes": dict(classes(modules, namespaces)),
    }
    text = ",\n".join(f"{json.dumps(key)}: {lines(part)}" for key, part in parts.items())
    Path(target).write_text("{\n" + text + "\n}\n", encoding="utf-8")


def lines(part: dict[str, Any]) -> str:
    """Return one part as JSON with one entry of its innermost objects a line."""
    entries = (
        f" {json.dumps(key)}: " + (lines(value) if isinstance(value, dict) else json.dumps(value))
        for key, value in part.items()
    )
    return "{\n" + ",\n".join(entries) + "\n}"


def find(namespace: str) -> types.ModuleType:
    """Return the module that a namespace such as ``mx.nd.linalg`` names."""
    first, *rest = namespace.split(".")
    return functools.reduce(getattr, rest, {"mx": mx}[first])


def aliases(modules: dict[str, types.ModuleType]) -> Iterator[tuple[str, str]]:
    """Yield the other names that `mx` has for a namespace, and the one used here."""
    for name, value in sorted(vars(mx).items()):
        for namespace, module in modules.items():
            if value is module and namespace != f"mx.{name}":
                yield f"mx.{name}", namespace


# -- namespaces ------------------------------------------------------------------------------------


def rows(namespace: str, module: types.ModuleType) -> Iterator[tuple[str, str]]:
    """Yield the public names of a namespace, each with what it is."""
    for name, value in sorted(inspect.getmembers(module)):
        if not name.startswith("_") and is_own(namespace, module, name, value):
            yield name, kind(value)


def is_own(namespace: str, module: types.ModuleType, name: str, value: Any) -> bool:
    """Return whether a name is one that the namespace offers."""
    if isinstance(value, types.ModuleType):
        return is_own_module(namespace, module, name, value)
    home = getattr(value, "__module__", None)
    if home is None:
        return not isinstance(value, (list, dict, set)) and name.isupper()
    packages = [module.__name__, FACTORIES, *ELSEWHERE.get(namespace, [])]
    return any(home == package or home.startswith(f"{package}.") for package in packages)


def is_own_module(namespace: str, module: types.ModuleType, name: str, value: Any) -> bool:
    """Return whether a module in a namespace is one of its parts, not imported for its use."""
    if namespace == "mx":
        return value.__name__.startswith("mxnet.")
    own = value.__name__ == f"{module.__name__}.{name}" and not name.startswith("gen_")
    return own or f"{namespace}.{name}" in NAMESPACES


def kind(value: Any) -> str:
    """Return what a value is: a module, a class or a function with its signature, a value."""
    if isinstance(value, types.ModuleType):
        return "module"
    if inspect.isclass(value):
        return f"class {signature(value)}"
    if callable(value):
        return signature(value)
    return "property" if isinstance(value, property) else "value"


def signature(function: Any) -> str:
    """Return the signature of a function, defaults as text that is the same in every process."""
    try:
        found = inspect.signature(function)
    except (ValueError, TypeError):
        return "(...)"
    bare = [part.replace(annotation=part.empty) for part in found.parameters.values()]
    text = str(found.replace(parameters=bare, return_annotation=found.empty))
    text = re.sub(r"<(?:[\w.]*\.)?(\w+) object at 0x\w+>", r"<\1>", text)
    text = re.sub(r"<(?:function|built-in function) ([\w.]+)(?: at 0x\w+)?>", r"<\1>", text)
    text = re.sub(r"<module '([\w.]+)'[^>]*>", r"<\1>", text)
    return re.sub(r"<class '([\w.]+)'>", r"<\1>", text)


# -- classes ---------------------------------------------------------------------------------------


def classes(
    modules: dict[str, types.ModuleType], namespaces: Rows
) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the members of each public class, under the namespace that defines it best."""
    seen: set[type] = set()
    for namespace in [*NAMESPACES[1:], NAMESPACES[0]]:
        for name in namespaces[namespace]:
            value = getattr(modules[namespace], name)
            if inspect.isclass(value) and value not in seen:
                seen.add(value)
                yield f"{namespace}.{name}", dict(members(value))


def members(cls: type) -> Iterator[tuple[str, str]]:
    """Yield the public and the special names of a class that are MXNet's, each with what it is."""
    for name in sorted(dir(cls)):
        special = name.startswith("__") and name.endswith("__")
        if name in UNSPECIFIC if special else name.startswith("_"):
            continue
        owner = next(base for base in cls.__mro__ if name in vars(base))
        if not special or owner.__module__.startswith("mxnet"):
            value = getattr(cls, name)
            yield name, kind(value if callable(value) else inspect.getattr_static(cls, name))


if __name__ == "__main__":
    main(*sys.argv[1:])
