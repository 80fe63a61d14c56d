"""What holds for the package as a whole: import floors, public names, sizes, docstrings."""

import ast
import inspect
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest

from symnet.graph.rewrite.pattern import RewriteRule
from symnet.onnx import CONVERTERS
from symnet.operators.contract import OPERATORS

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "symnet"

# A module imports lower floors, and files of its own row. Never upward, never sideways.
# A row is a folder with everything inside it; the rows of `training/` are the folders in it.
FLOORS = {
    "core/": 0,
    "operators/": 1,
    "graph/": 2,
    "program/": 3,
    "drawing/": 3,
    "ndarray/": 4,
    "symbol/": 5,
    "executor/": 6,
    "storage/": 6,
    "inspect/": 6,
    "data/": 7,
    "onnx/": 7,
    "pytorch/": 7,
    "training/initializer/": 8,
    "training/optimizer/": 8,
    "training/metric/": 8,
    "training/callback/": 9,
    "training/kvstore/": 9,  # a store can hold an optimizer, and shares `init` with initializers
    "training/loop/": 10,
    "training/": 10,  # its __init__ alone
    "model/": 11,
    "api/": 12,
    "cli/": 12,
    "__init__.py": 13,
    "mxnet/": 14,
    "__main__.py": 14,  # `python -m symnet`
}

LONGEST_FILE = 400
LONGEST_FUNCTION = 60

Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = Function | ast.ClassDef
Documented = Definition | ast.Module


def name_of(path: Path) -> str:
    """``symnet/graph/node.py`` is ``symnet.graph.node``, and ``symnet/__init__.py`` ``symnet``."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


PATHS = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in PATHS.items()}


# -- import floors ---------------------------------------------------------------------------------


def row_of(module: str) -> str:
    """The row of the table that a module belongs to: the longest folder that holds it."""
    parts = module.split(".")[1:]
    if parts == ["__main__"]:
        return "__main__.py"
    folders = ["/".join(parts[:count]) + "/" for count in range(len(parts), 0, -1)]
    return (
        next((folder for folder in folders if folder in FLOORS), f"{parts[0]}/")
        if parts
        else "__init__.py"
    )


def source_of(node: ast.ImportFrom, module: str, *, is_package: bool) -> str:
    """The full name of what stands after ``from``, its dots resolved."""
    if not node.level:
        return node.module or ""
    steps = module.split(".")
    base = steps[: len(steps) - node.level + is_package]
    return ".".join([*base, *([node.module] if node.module else [])])


def imported(tree: ast.Module, module: str, *, is_package: bool = False) -> Iterator[str]:
    """The modules of symnet that a module imports, anywhere in it."""
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            source = source_of(node, module, is_package=is_package)
            # `from . import errors` names modules, `from .errors import MXError` what is in one.
            inside = [f"symnet.{alias.name}" for alias in node.names]
            is_root = source == "symnet"
            names = [n if is_root and row_of(n) in FLOORS else source for n in inside]
        yield from (name for name in names if name.split(".")[0] == "symnet")


def trespass(module: str, target: str) -> str | None:
    """What is wrong with one import, None where nothing is."""
    here, there = row_of(module), row_of(target)
    mine, theirs = FLOORS[here], FLOORS[there]
    if here == there or theirs < mine:
        return None
    way = "upward" if theirs > mine else "sideways"
    return f"{module} (floor {mine}) imports {way}: {target} (floor {theirs})"


def test_floors_are_kept() -> None:
    missing = sorted({row_of(module) for module in PATHS} - FLOORS.keys())
    assert not missing, f"no floor is given for {missing}; add rows to FLOORS"
    wrong = [
        complaint
        for module, tree in TREES.items()
        for target in imported(tree, module, is_package=PATHS[module].name == "__init__.py")
        if (complaint := trespass(module, target))
    ]
    assert not wrong, "\n".join(wrong)


class Import(NamedTuple):
    """One line of code in a module, and what the floors should say about it."""

    module: str
    code: str
    complaint: str | None


@pytest.mark.parametrize(
    "case",
    [
        Import("symnet.core.dtype", "from .errors import MXError", None),
        Import("symnet.operators.definitions.linear", "from ..contract import Operator", None),
        Import("symnet.graph.node", "import symnet.operators.contract", None),
        Import("symnet.model", "from . import ndarray, core", None),
        Import("symnet.graph.rewrite.pool", "from ..node import Node", None),
        Import("symnet.graph.rewrite.pool", "from ...operators.contract import Input", None),
        Import("symnet.training.kvstore.base", "from ..optimizer import SGD", None),
        Import("symnet.operators.contract", "import os.path, numpy", None),
        Import(
            "symnet.core.errors", "from ..operators.contract import Operator", "upward: symnet.op"
        ),
        Import("symnet.operators.linear", "from symnet.graph import Graph", "upward: symnet.graph"),
        Import("symnet.ndarray", "def f():\n    from . import model", "upward: symnet.model"),
        Import(
            "symnet.core.dtype",
            "if TYPE_CHECKING:\n    import symnet.graph",
            "upward: symnet.graph",
        ),
        Import("symnet.executor", "from .storage import save", "sideways: symnet.storage"),
        Import(
            "symnet.training.metric", "from .optimizer import SGD", "sideways: symnet.training.opt"
        ),
        Import(
            "symnet.data.csv", "from ..training.optimizer import SGD", "upward: symnet.training"
        ),
        Import("symnet.data.csv", "from .arrays import ArrayDataProvider", None),
        Import("symnet.core.dtype", "from symnet import FeedForward", "upward: symnet "),
        Import("symnet.core", "from . import FeedForward", "upward: symnet "),
    ],
    ids=lambda case: f"{case.module}: {case.code}",
)
def test_floors_catch_trespassing(case: Import) -> None:
    targets = imported(ast.parse(case.code), case.module)
    found = "".join(trespass(case.module, target) or "" for target in targets)
    assert case.complaint in found if case.complaint else not found


def test_floors_of_a_folder_start_at_its_init() -> None:
    tree = ast.parse("from .linear import FullyConnected\nfrom ..contract import Operator")
    found = list(imported(tree, "symnet.operators.definitions", is_package=True))
    assert found == ["symnet.operators.definitions.linear", "symnet.operators.contract"]


# -- public names ----------------------------------------------------------------------------------


def canonical_names() -> list[str]:
    """The names of all operators that symnet itself defines; some folders register their own."""
    home = "symnet.operators.definitions."
    ours = (cls for cls in OPERATORS.values() if cls.__module__.startswith(home))
    return sorted({cls.__name__ for cls in ours})


@pytest.fixture(scope="module")
def symnet() -> ModuleType:
    return import_module("symnet")


def test_all_is_what_there_is(symnet: ModuleType) -> None:
    promised = set(symnet.__all__)  # asking for it fills the namespace
    public = {
        name
        for name, value in vars(symnet).items()
        if not name.startswith("_") and not isinstance(value, ModuleType)
    }
    absent = sorted(name for name in promised if not hasattr(symnet, name))
    assert not absent, f"in __all__, but not there: {absent}"
    assert not public - promised, f"there, but not in __all__: {sorted(public - promised)}"


def test_the_names_are_filled_in_when_one_is_asked_for() -> None:
    code = """
import sys
import symnet
assert not {"torch", "numpy"} & sys.modules.keys(), "they are slow to import"
assert not hasattr(symnet, "nothing")  # which asks for the names
assert set(dir(symnet)) >= set(symnet.__all__)
assert "Variable" in vars(symnet), "most names come at once"
assert "FullyConnected" not in vars(symnet), "functions of operators are made one by one"
assert symnet.FullyConnected is symnet.FullyConnected is vars(symnet)["FullyConnected"]
assert "symnet.onnx" not in sys.modules
assert symnet.export_onnx is symnet.onnx.export_onnx
symnet.Variable = None
assert not hasattr(symnet, "nothing")
assert symnet.Variable is None, "asking again has put back what was replaced"
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_what_is_not_there(symnet: ModuleType) -> None:
    with pytest.raises(AttributeError, match="module 'symnet' has no attribute 'nothing'"):
        _ = symnet.nothing
    assert set(symnet.__all__) < set(dir(symnet))


def test_all_names_each_once(symnet: ModuleType) -> None:
    names = list(symnet.__all__)
    assert len(names) == len(set(names))


def test_every_registered_operator_is_there(symnet: ModuleType) -> None:
    missing = [name for name in canonical_names() if not hasattr(symnet, name)]
    assert not missing, f"registered, but not in symnet: {missing}"
    public = {name for name in canonical_names() if not name.startswith("_")}
    assert not public - set(symnet.__all__)


BASES = (
    "AbstractOptimizer",
    "AbstractEvalMetric",
    "AbstractCallback",
    "AbstractDataProvider",
    "AbstractInitializer",
)
"""The bases of what users choose from."""

INTERNAL = {
    "CheckpointCallback",  # do_checkpoint makes it
    "EveryNth",  # the trainer makes it of the user's provider
    "LossScale",  # the trainer makes it for float16
    "OfAnother",  # what that derives from
}
"""Concrete classes that users do not choose by name."""


def derived(base: type) -> Iterator[type]:
    """All concrete classes of symnet that derive from a base, however far."""
    if base.__module__.startswith("symnet.") and not inspect.isabstract(base):
        yield base
    for cls in base.__subclasses__():
        yield from derived(cls)


@pytest.mark.parametrize("base", BASES)
def test_whatever_users_choose_from_is_there(symnet: ModuleType, base: str) -> None:
    for module in PATHS:
        if not module.endswith("__main__"):
            import_module(module)
    found = {cls.__name__ for cls in derived(getattr(symnet, base))}
    public = {name for name in found - INTERNAL if not name.startswith("_")}
    assert len(public) > 3, "a base without classes: is this test blind?"
    assert not public - set(symnet.__all__), "to be exported by the folder's __init__"


def is_documented(value: object) -> bool:
    """Whether a public value has a docstring of its own; a constant needs none."""
    if not (inspect.isclass(value) or inspect.ismodule(value) or callable(value)):
        return True
    text = value.__doc__ or ""
    # A dataclass without a docstring is given its signature for one.
    is_signature = inspect.isclass(value) and text.startswith(f"{value.__name__}(")
    return bool(text.strip()) and not is_signature


def test_public_names_are_documented(symnet: ModuleType) -> None:
    bare = [name for name in symnet.__all__ if not is_documented(getattr(symnet, name))]
    assert not bare, f"without a docstring: {bare}"


def test_version_is_that_of_pyproject(symnet: ModuleType) -> None:
    written = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    version = written["project"]["version"]
    assert getattr(symnet, "__version__", version) == version


# -- names of types --------------------------------------------------------------------------------


def types_of(tree: ast.Module) -> Iterator[str]:
    """The classes and aliases of types that a module defines at its top level."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign) and len(node.targets) == 1:
            target = node.targets[0]
            if isinstance(target, ast.Name) and is_alias(target.id, node.value):
                yield target.id


def is_alias(name: str, value: ast.expr) -> bool:
    """Whether an assignment names a type: CamelCase, but no call's result, and no ``T``."""
    is_camel = name.lstrip("_")[:1].isupper() and not name.isupper()
    makes_type = not isinstance(value, ast.Call) or ast.unparse(value.func) in (
        "TypeVar",
        "NewType",
    )
    return is_camel and makes_type


def test_a_name_of_a_type_has_one_meaning() -> None:
    """Names with an underscore are let off: they mean nothing outside their file.

    So is the face of Python-MXNet, whose names are given.
    """
    homes: dict[str, list[str]] = {}
    for module, tree in TREES.items():
        if row_of(module) == "mxnet/":
            continue
        for name in (each for each in types_of(tree) if not each.startswith("_")):
            homes.setdefault(name, []).append(module)
    several = {name: modules for name, modules in homes.items() if len(modules) > 1}
    assert not several, f"types of the same name in several modules: {several}"


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("class Plan: ...", ["Plan"]),
        ("Shape = tuple[int, ...]", ["Shape"]),
        ('Group = TypeVar("Group")', ["Group"]),
        (
            "T = TypeVar('T')\nT_ALL = (1, 2)\nanswer = 42\nRNN = function(RNN)",
            [],
        ),
    ],
)
def test_types_are_found(code: str, names: list[str]) -> None:
    assert list(types_of(ast.parse(code))) == names


# -- private modules -------------------------------------------------------------------------------

# A module that only its own folder uses, and whose names the folder does not hand on, begins with
# an underscore; any other does not. Two kinds are public though nothing imports them: what is read
# because it is there (operators, rules of passes, converters, commands), and Python-MXNet's face,
# whose names are given.
GIVEN_NAMES = "symnet.mxnet."


def read_because_they_are_there() -> set[str]:
    """The modules of operators, rules and so on, which their folders find by themselves."""
    rules = {
        module
        for module in PATHS
        if module.startswith("symnet.graph.rewrite.")
        and any(isinstance(value, RewriteRule) for value in vars(import_module(module)).values())
    }
    converters = {own.function.__module__ for own in CONVERTERS.values()}
    commands = {
        name
        for name, tree in TREES.items()
        if name.startswith("symnet.cli.")
        and any(isinstance(node, ast.FunctionDef) and node.name == "add" for node in tree.body)
    }
    return rules | converters | commands | {cls.__module__ for cls in OPERATORS.values()}


def users_of_modules() -> dict[str, set[str]]:
    """For each module those that import it or something in it."""
    users: dict[str, set[str]] = {name: set() for name in TREES}
    for module, tree in TREES.items():
        is_package = PATHS[module].name == "__init__.py"
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                source = source_of(node, module, is_package=is_package)
                for name in (source, *(f"{source}.{alias.name}" for alias in node.names)):
                    if name in users:
                        users[name].add(module)
    return users


def test_private_modules_have_an_underscore() -> None:
    wrong = []
    found = read_because_they_are_there()
    for module, users in users_of_modules().items():
        folder, _, name = module.rpartition(".")
        if PATHS[module].name.startswith("__") or module in found or module.startswith(GIVEN_NAMES):
            continue
        is_private = all(user.startswith(f"{folder}.") for user in users - {module})
        if is_private != name.startswith("_"):
            wrong.append(f"{module} is {'private' if is_private else 'used outside its folder'}")
    assert not wrong, "\n".join(wrong)


# -- sizes and docstrings --------------------------------------------------------------------------


def test_files_are_short() -> None:
    lines = {
        name: len(path.read_text(encoding="utf-8").splitlines())
        for name, path in PATHS.items()
        if name != "symnet"  # a list of names
    }
    long = {name: count for name, count in lines.items() if count > LONGEST_FILE}
    assert not long, f"files of more than {LONGEST_FILE} lines: {long}"


def test_functions_are_short() -> None:
    lines = {
        # Without the signature: that of `fit` is a list of options, one a line.
        f"{module}.{node.name}": (node.end_lineno or 0) - node.body[0].lineno + 1
        for module, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, Function)
    }
    long = {name: count for name, count in lines.items() if count > LONGEST_FUNCTION}
    assert not long, f"functions of more than {LONGEST_FUNCTION} lines: {long}"


def public(node: ast.Module | ast.ClassDef, name: str) -> Iterator[tuple[str, Documented]]:
    """What a module or class offers, itself included, with dotted names."""
    yield name, node
    for child in node.body:
        if not isinstance(child, Definition) or child.name.startswith("_"):
            continue
        if isinstance(child, ast.ClassDef):
            yield from public(child, f"{name}.{child.name}")
        elif not is_told_elsewhere(child):
            yield f"{name}.{child.name}", child


def is_told_elsewhere(node: Function) -> bool:
    """Whether the docstring belongs to the implementation of an overload, or to a getter."""
    marks = {ast.unparse(mark).split(".")[-1] for mark in node.decorator_list}
    return bool(marks & {"overload", "setter"})


def test_public_code_has_docstrings() -> None:
    bare = [
        name
        for module, tree in TREES.items()
        for name, node in public(tree, module)
        if not ast.get_docstring(node)
    ]
    assert not bare, f"without a docstring: {bare}"
