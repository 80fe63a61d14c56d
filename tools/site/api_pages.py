"""The pages of the API reference: every public name of symnet, by subject.

A name's page follows from the folder of `symnet/` that defines it, so a new name needs no entry.
"""

import ast
import inspect
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import symnet as mx

__all__ = ["FOLDER", "Subject", "constants", "operator_pages", "pages", "subject_of"]

FOLDER = "reference"
ROOT = Path(__file__).parent.parent.parent
PACKAGE = ROOT / "symnet"
OPERATORS = ROOT / "docs" / "operators"

_ASSIGNED = (
    "data/provider.py",
    "executor/requests.py",
    "training/initializer/initializers.py",
)
"""The files whose constants are public."""


class Subject(NamedTuple):
    """A page.

    Args:
        title: its title.
        folders: the modules whose names it holds, without ``symnet.``; of several, the longest.
        text: what stands below the title, with links to guides.
    """

    title: str
    folders: tuple[str, ...]
    text: str


SUBJECTS = {
    "arrays": Subject(
        "Arrays",
        ("ndarray", "api._several_forms"),
        "Guide: :doc:`/docs/ndarray`.",
    ),
    "symbols": Subject(
        "Symbols",
        ("symbol", "core.naming", "api._function_forms"),
        "Guide: :doc:`/docs/symbols`. Operators: :doc:`/docs/operators/README`.",
    ),
    "executor": Subject("Executor", ("executor",), "Guide: :doc:`/docs/executor`."),
    "custom_operators": Subject(
        "Custom operators",
        ("symbol.custom", "symbol.custom_classes", "symbol.custom_function"),
        "Guide: :doc:`/docs/custom_operators`.",
    ),
    "passes": Subject(
        "Graph passes", ("graph", "program", "symbol.rewriting"), "Guide: :doc:`/docs/passes`."
    ),
    "models": Subject(
        "Models", ("model",), "Guides: :doc:`/docs/training`, :doc:`/docs/prediction`."
    ),
    "optimizers": Subject(
        "Optimizers and schedules", ("training.optimizer",), "Guide: :doc:`/docs/optimizers`."
    ),
    "initializers": Subject(
        "Initializers", ("training.initializer",), "Guide: :doc:`/docs/optimizers`."
    ),
    "metrics": Subject("Metrics", ("training.metric",), "Guide: :doc:`/docs/optimizers`."),
    "callbacks": Subject(
        "Callbacks and history",
        ("training.callback", "training.loop"),
        "Guide: :doc:`/docs/training`.",
    ),
    "kvstore": Subject(
        "Key-value stores",
        ("training.kvstore",),
        "Guides: :doc:`/docs/devices`, :doc:`/docs/distributed`.",
    ),
    "data": Subject("Data providers", ("data",), "Guide: :doc:`/docs/data`."),
    "images": Subject(
        "Images and record files",
        ("data.image", "data.records"),
        "Guides: :doc:`/docs/images`, :doc:`/docs/recordio`.",
    ),
    "files": Subject("Files", ("storage",), "Guide: :doc:`/docs/files`."),
    "export": Subject(
        "ONNX and PyTorch", ("onnx", "pytorch"), "Guides: :doc:`/docs/onnx`, :doc:`/docs/pytorch`."
    ),
    "drawing": Subject(
        "Pictures and summaries", ("inspect", "drawing"), "Guide: :doc:`/docs/visualization`."
    ),
    "devices": Subject("Contexts", ("core.context",), "Guide: :doc:`/docs/devices`."),
    "errors": Subject("Errors", ("core.errors",), "Guide: :doc:`/docs/troubleshooting`."),
}

_EXCEPTIONS = {
    **dict.fromkeys(("GRAD_ADD", "GRAD_NOP", "GRAD_WRITE"), "executor"),
    **dict.fromkeys(("backward", "copy_params_from", "forward"), "executor"),
    **dict.fromkeys(("deepcopy", "SlicedNDArray"), "arrays"),
    "get": "metrics",
}
"""Names whose page does not follow from their module."""


def subject_of(name: str) -> str | None:
    """Return the page of a public name; None for an operator, which has a page of its own."""
    if name in operator_pages():
        return None
    value: Any = getattr(mx, name)
    if name in _EXCEPTIONS:
        return _EXCEPTIONS[name]
    if isinstance(value, str):
        return "initializers"  # the fans and distributions of Xavier
    module = value.__module__.removeprefix("symnet.")
    fits = [
        (len(folder), page)
        for page, subject in SUBJECTS.items()
        for folder in subject.folders
        if module == folder or module.startswith(f"{folder}.")
    ]
    if not fits:
        raise ValueError(f"no page of the reference is for {name}, of {module}: see SUBJECTS")
    return max(fits)[1]


@cache
def operator_pages() -> dict[str, str]:
    """Return the page of each operator's function, by the function's name."""
    operators = {name: getattr(getattr(mx, name), "operator", None) for name in mx.__all__}
    written = {path.stem for path in OPERATORS.glob("*.md")}
    return {
        name: f"docs/operators/{cls.__name__}"
        for name, cls in operators.items()
        if cls is not None and cls.__name__ in written
    }


def pages() -> dict[str, str]:
    """Return the text of each page, by file name."""
    names: dict[str, list[str]] = {page: [] for page in SUBJECTS}
    for name in sorted(mx.__all__, key=str.lower):
        page = subject_of(name)
        if page is not None:
            names[page].append(name)
    names = {page: own for page, own in names.items() if own}
    written = {page: _page(SUBJECTS[page], own) for page, own in names.items()}
    return {f"{page}.rst": text for page, text in {**written, "index": _index(names)}.items()}


def _index(names: dict[str, list[str]]) -> str:
    listed = "\n   ".join(names)
    rows = "\n\n".join(f":doc:`{page}`\n   {_links(own)}" for page, own in names.items())
    return (
        f"{_heading('API reference')}Every public name of symnet, by subject. Operators have pages "
        "of their own: :doc:`/docs/operators/README`. In examples, ``mx`` is ``symnet``.\n\n"
        f".. toctree::\n   :hidden:\n\n   {listed}\n\n{rows}\n"
    )


def _links(names: list[str]) -> str:
    return " · ".join(f":py:obj:`~symnet.{name}`" for name in names)


def _heading(title: str) -> str:
    return f"{title}\n{'=' * len(title)}\n\n"


def _page(subject: Subject, names: list[str]) -> str:
    entries = "\n\n".join(map(_entry, names))
    return f"{_heading(subject.title)}{subject.text}\n\n{_links(names)}\n\n{entries}\n"


def _entry(name: str) -> str:
    value: Any = getattr(mx, name)
    if inspect.isclass(value) and issubclass(value, BaseException):
        return f".. autoexception:: symnet.{name}\n   :show-inheritance:"
    if inspect.isclass(value):
        return f".. autoclass:: symnet.{name}\n   :members:{_shown_bases(value)}"
    if inspect.isfunction(value):
        return f".. autofunction:: symnet.{name}"
    said = " ".join(constants()[name].split())
    return f".. py:data:: symnet.{name}\n   :value: {value!r}\n\n   {said}"


def _shown_bases(cls: type) -> str:
    """What derives from something public says so; other bases are nobody's concern."""
    public = {id(getattr(mx, name)) for name in mx.__all__}
    return "\n   :show-inheritance:" if any(id(base) in public for base in cls.__bases__) else ""


@cache
def constants() -> dict[str, str]:
    """Return what stands below the constants that are public, where they are assigned."""
    said = {}
    for path in (PACKAGE / name for name in _ASSIGNED):
        body = ast.parse(path.read_text(encoding="utf-8")).body
        for first, second in pairwise(body):
            match first, second:
                case (
                    ast.AnnAssign(target=ast.Name(id=name))
                    | ast.Assign(targets=[ast.Name(id=name)]),
                    ast.Expr(value=ast.Constant(value=str(text))),
                ):
                    said[name] = text
    return said
