"""What holds for the package as a whole: import floors, public names, sizes, docstrings."""

import ast
import inspect
import re
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "symnet"

# A module imports lower floors, and siblings: files of its own folder. Never upward or sideways.
# A folder stands on one floor, with everything inside it.
FLOORS = {
    "errors.py": 0,
    "dtype.py": 0,
    "context.py": 0,
    "naming.py": 0,
    "denormals.py": 1,
    "logs.py": 1,
    "rule.py": 1,
    "op.py": 1,
    "codec.py": 1,
    "files.py": 1,
    "options.py": 1,
    "ops/": 2,
    "graph/": 3,
    "program/": 4,
    "drawing/": 4,
    "arithmetic.py": 4,
    "reference.py": 4,
    "frontend.py": 4,
    "ndarray/": 5,
    "symbol.py": 5,
    "composition.py": 5,
    "functions.py": 5,
    "executor/": 6,
    "params_file.py": 5.5,  # between arrays and all that keeps some in files
    "safetensors_file.py": 6,
    "initializer.py": 6,
    "metric/": 6,
    "random.py": 6,
    "custom.py": 6,
    "factory.py": 6,
    "visualize.py": 6,
    "summary.py": 6,
    "optimizer/": 6,
    "kvstore/": 6.5,  # a store can hold an optimizer, and shares `init` with initializers
    "data/": 6,
    "checkpoint.py": 7,
    "internal.py": 7,
    "function_forms.py": 7,
    "callback/": 7,
    "model/": 8,
    "cli/": 9,
    "__init__.py": 10,
}
# On this floor not even siblings know each other, except inside a folder.
STRANGERS = 6

LONGEST_FILE = 400
LONGEST_FUNCTION = 60

Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = Function | ast.ClassDef
Documented = Definition | ast.Module


def name_of(path: Path) -> str:
    """``symnet/ops/linear.py`` is ``symnet.ops.linear``, and ``symnet/__init__.py`` ``symnet``."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


PATHS = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in PATHS.items()}


# -- import floors ---------------------------------------------------------------------------------


def row_of(module: str) -> str:
    """The row of the table that a module belongs to: its file or folder in ``symnet/``."""
    unit = module.split(".")[1] if "." in module else "__init__"
    return f"{unit}/" if f"{unit}/" in FLOORS else f"{unit}.py"


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
    siblings = here.endswith(".py") and there.endswith(".py") and mine != STRANGERS
    if here == there or theirs < mine or (theirs == mine and siblings):
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
        Import("symnet.dtype", "from .errors import MXError", None),
        Import("symnet.ops.linear", "from ..op import Operator", None),
        Import("symnet.ops.linear", "import symnet.op", None),
        Import("symnet.model", "from . import ndarray, errors", None),
        Import("symnet.graph.rewrite.pool", "from ..node import Node", None),
        Import("symnet.graph.rewrite.pool", "from ...ops import Pooling", None),
        Import("symnet.op", "import os.path, numpy", None),
        Import("symnet.errors", "from .op import Operator", "upward: symnet.op"),
        Import("symnet.ops.linear", "from symnet.graph import Graph", "upward: symnet.graph"),
        Import("symnet.ndarray", "def f():\n    from . import model", "upward: symnet.model"),
        Import("symnet.op", "if TYPE_CHECKING:\n    import symnet.ops", "upward: symnet.ops"),
        Import("symnet.metric", "from .initializer import Xavier", "sideways: symnet.initializer"),
        Import("symnet.data.csv", "from ..optimizer.sgd import SGD", "sideways: symnet.optimizer"),
        Import("symnet.data.csv", "from .arrays import ArrayDataProvider", None),
        Import("symnet.op", "from symnet import FeedForward", "upward: symnet "),
        Import("symnet.op", "from . import FeedForward", "upward: symnet "),
    ],
    ids=lambda case: f"{case.module}: {case.code}",
)
def test_floors_catch_trespassing(case: Import) -> None:
    targets = imported(ast.parse(case.code), case.module)
    found = "".join(trespass(case.module, target) or "" for target in targets)
    assert case.complaint in found if case.complaint else not found


def test_floors_of_a_folder_start_at_its_init() -> None:
    tree = ast.parse("from .linear import FullyConnected\nfrom ..op import Operator")
    found = list(imported(tree, "symnet.ops", is_package=True))
    assert found == ["symnet.ops.linear", "symnet.op"]


# -- public names ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def symnet() -> ModuleType:
    return import_module("symnet")


def reading_order(name: str) -> tuple[int, list[tuple[int, str]]]:
    """Constants, then classes, then the rest, numbers by their value: ruff's order of __all__."""
    rank = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    pieces = re.findall(r"\d+|\D+", name)
    return rank, [(int(piece) if piece.isdigit() else -1, piece) for piece in pieces]


def test_all_is_what_there_is(symnet: ModuleType) -> None:
    public = {
        name
        for name, value in vars(symnet).items()
        if not name.startswith("_") and not isinstance(value, ModuleType)
    }
    promised = set(symnet.__all__)
    absent = sorted(name for name in promised if not hasattr(symnet, name))
    assert not absent, f"in __all__, but not there: {absent}"
    assert not public - promised, f"there, but not in __all__: {sorted(public - promised)}"


def test_all_is_in_order(symnet: ModuleType) -> None:
    names = list(symnet.__all__)
    assert names == sorted(set(names), key=reading_order)


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
        f"{module}.{node.name}": (node.end_lineno or 0) - node.lineno + 1
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
