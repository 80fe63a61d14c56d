"""Write the exports of the folders that grow by files: optimizers, metrics, providers and others.

A name in the ``__all__`` of a file there is exported by the folder's ``__init__``, and so by
symnet: a new file is all that a new optimizer takes. Files whose names begin with an underscore
keep what is in them to themselves. With ``--check``, tell whether one is stale, and fail if so.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from pathlib import Path

import generated

__all__ = ["FOLDERS", "exports"]

PACKAGE = generated.ROOT / "symnet"
FOLDERS = (
    "data",
    "training/callback",
    "training/metric",
    "training/optimizer",
)
PRIVATE_FILES = (
    "data/arrays/fetching.py",
    "data/image/image_file.py",
    "data/prefetch.py",
    "data/records/record_*.py",
    "data/tables/arrow.py",
    "data/tables/libsvm.py",
    "data/taken_rows.py",
    "training/metric/loss.py",
    "training/metric/measures.py",
    "training/optimizer/multipliers.py",
    "training/optimizer/rates.py",
    "training/optimizer/stepwise/*.py",
)
"""Files that other files of symnet use, and users do not."""
PRIVATE_NAMES = {
    "data": {
        "Arrays",
        "Batch",
        "CIFAR10_CHECKSUM",
        "CIFAR10_MIRRORS",
        "Found",
        "LentArrays",
        "MNIST_CHECKSUMS",
        "MNIST_MIRRORS",
        "PassOwner",
        "Provided",
        "ProviderPass",
        "Targets",
        "names_itself",
        "read_labelled",
        "read_samples",
    },
    "training/callback": {
        "HistoryRow",
        "Metrics",
        "Model",
        "Row",
        "check_count",
        "is_due",
        "last_row",
    },
    "training/metric": {
        "LabelPredictionPair",
        "MetricValues",
        "OfClasses",
        "pairs_of",
        "predicts_classes",
    },
    "training/optimizer": {
        "ScaledRate",
        "Schedule",
        "as_optimizer",
        "as_schedule",
        "check_gradient",
    },
}
"""Names that symnet does not export, though the files offer them to others."""


def exports() -> dict[Path, str]:
    """Return what each ``__init__`` should hold, by its path."""
    texts = {}
    for folder in FOLDERS:
        path = PACKAGE / folder / "__init__.py"
        texts[path] = _tidy(_of_folder(path, dict(_exported(PACKAGE / folder, folder))), path)
    return texts


def _exported(folder: Path, name: str) -> Iterator[tuple[str, str]]:
    """Yield each name that users see, with the module of the folder that it comes from."""
    for path in sorted(folder.rglob("*.py")):
        inner = path.relative_to(folder)
        is_private = path.name.startswith("_") or any(
            fnmatch(f"{name}/{inner.as_posix()}", pattern) for pattern in PRIVATE_FILES
        )
        if not is_private:
            module = ".".join(inner.with_suffix("").parts)
            for each in _all(path.read_text(encoding="utf-8")):
                if each not in PRIVATE_NAMES.get(name, ()):
                    yield each, module


def _all(code: str) -> list[str]:
    """Return the names in a file's ``__all__``."""
    for node in ast.parse(code).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return list(ast.literal_eval(node.value))
    return []


def _of_folder(path: Path, found: Mapping[str, str]) -> str:
    """Return the text of a folder's ``__init__``: its docstring, imports and ``__all__``."""
    code = path.read_text(encoding="utf-8")
    body = ast.parse(code).body
    docstring = "".join(code.splitlines(keepends=True)[: body[0].end_lineno])
    imports = "\n".join(f"from .{module} import {name}" for name, module in found.items())
    return f"{docstring}\n{imports}\n\n__all__ = {list(found)}\n"


def _tidy(code: str, path: Path) -> str:
    """Return code as ruff sorts and formats it."""
    for command in (["check", "--fix-only", "--select=I,RUF022"], ["format"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--quiet", "--stdin-filename", str(path)]
        done = subprocess.run([*ruff, "-"], input=code, capture_output=True, text=True, check=True)
        code = done.stdout
    return code


if __name__ == "__main__":
    generated.main(exports(), [], "make stubs")
