"""Write docs/operators/: one page for each public operator, made of its class alone.

With ``--check``, name the pages that are stale instead, and fail.
"""

import ast
import doctest
import inspect
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import redirect_stdout
from io import StringIO
from typing import Any, NamedTuple

import chapters
import generated
import illustrations
import references
import support
import uses

import symnet as mx
from symnet.operators import documentation as reference
from symnet.operators import functions
from symnet.operators.contract import Inputs, Operator, Shape

__all__ = ["FOLDER", "operators", "pages"]

FOLDER = generated.ROOT / "docs" / "operators"

Function = Callable[..., Any]

_INDEX = """# Operators

One function for arrays and symbols alike: it computes for an NDArray, and adds a node for a
SymbolicNode. `help(mx.Convolution)` says the same as the page. These pages are written by
`make pages` from the classes in `symnet/operators/definitions/`; change them there.

[Support](support.md) lists every operator of Apache MXNet 1.9.1, with what symnet does with it;
[uses](uses.md) lists what each of symnet's trains and becomes elsewhere.
"""


class Public(NamedTuple):
    """A public operator: its class, its function, and the names of further functions of it."""

    cls: type[Operator]
    function: Function
    further: list[str]


def operators() -> list[Public]:
    """Return all public operators, by the files that define them."""
    found: dict[type[Operator], dict[str, Function]] = {}
    for name in functions.__all__:
        function: Any = getattr(functions, name)
        found.setdefault(function.operator, {})[name] = function
    return [_public(cls, found[cls]) for cls in sorted(found, key=_place)]


def _place(cls: type[Operator]) -> tuple[str, str]:
    return cls.__module__, cls.__name__


def _public(cls: type[Operator], named: dict[str, Function]) -> Public:
    own = cls.__name__ if cls.__name__ in named else min(named)
    return Public(cls, named[own], [name for name in named if name != own])


# -- pages -----------------------------------------------------------------------------------------


def pages() -> dict[str, str]:
    """Return the text of every page, by file name."""
    public = operators()
    names = {each.cls.__name__ for each in public}
    return {
        **{f"{each.cls.__name__}.md": _page(each) for each in public},
        "README.md": _index(public),
        support.NAME: support.page(names),
        uses.NAME: uses.page(names),
    }


def _index(public: Sequence[Public]) -> str:
    files: dict[str, list[Public]] = {}
    for each in public:
        files.setdefault(each.cls.__module__.rpartition(".")[2], []).append(each)
    lines = [_INDEX.rstrip()]
    for chapter, names in chapters.chapters(list(files)).items():
        lines += ["", f"## {chapter}"]
        for name in names:
            title = _title_of(files[name][0].cls.__module__)
            lines += ["", *([] if len(names) == 1 else [f"### {title}", ""])]
            lines.append(_table(("operator", "what it does"), map(_row, files[name])))
    return "\n".join(lines) + "\n"


def _title_of(module: str) -> str:
    return (inspect.getdoc(sys.modules[module]) or "").splitlines()[0].rstrip(".")


def _row(each: Public) -> tuple[str, str]:
    further = "".join(f", {name}" for name in each.further)
    return f"[{each.function.__name__}]({each.cls.__name__}.md){further}", _first_line(each.cls)


def _first_line(cls: type[Operator]) -> str:
    return reference.description(cls).splitlines()[0]


def _description(cls: type[Operator]) -> str:
    return references.linked(reference.description(cls), "../semantics")


def _page(public: Public) -> str:
    cls = public.cls
    sections = [
        f"# {public.function.__name__}",
        _code("python", _signature(public.function)),
        _description(cls),
        *_pictures(cls),
        _inputs(cls),
        _states(cls),
        _parameters(cls),
        _shapes(public),
        _gradients(cls),
        _names(public),
        f"## Example\n\n{_code('pycon', reference.example(cls))}",
    ]
    return "\n\n".join(filter(None, sections)) + "\n"


def _pictures(cls: type[Operator]) -> list[str]:
    shown = illustrations.of_operator(cls.__name__)
    return [f"![{each.says}](../images/operators/{file})" for file, each in shown.items()]


def _code(language: str, text: str) -> str:
    return f"```{language}\n{text}\n```"


def _signature(function: Function) -> str:
    signature = inspect.signature(function)
    line = f"mx.{function.__name__}{signature}"
    if len(line) <= 88:
        return line
    parts = [str(p) for p in signature.parameters.values()]
    kinds = [p.kind for p in signature.parameters.values()]
    keyword = inspect.Parameter.KEYWORD_ONLY
    if keyword in kinds and inspect.Parameter.VAR_POSITIONAL not in kinds:
        parts.insert(kinds.index(keyword), "*")
    return "\n".join([f"mx.{function.__name__}(", *(f"    {part}," for part in parts), ")"])


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(
        f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in lines
    )


def _described(title: str, described: dict[str, str]) -> str:
    if not described:
        return ""
    rows = [(f"`{name}`", text) for name, text in described.items()]
    return f"## {title}\n\n{_table(('name', 'what it is'), rows)}"


def _inputs(cls: type[Operator]) -> str:
    return _described("Inputs", reference.inputs(cls))


def _states(cls: type[Operator]) -> str:
    return _described("Auxiliary states", {name: s.doc for name, s in cls.states.items()})


def _parameters(cls: type[Operator]) -> str:
    rows = [(f"`{p.name}`", p.type, p.default, p.range, p.doc) for p in reference.parameters(cls)]
    if not rows:
        return ""
    return f"## Parameters\n\n{_table(('name', 'type', 'default', 'range', 'what it does'), rows)}"


def _gradients(cls: type[Operator]) -> str:
    about = reference.kind_of_loss(cls)
    title = f"## Gradient\n\n{about}\n\n" if about else "## Gradient\n\n"
    rows = [(f"`{name}`", text) for name, text in reference.gradients(cls).items()]
    return title + _table(("of", "is"), rows)


def _names(public: Public) -> str:
    names = ", ".join(f"`{name}`" for name in (public.cls.__name__, *public.cls.aliases))
    written = public.cls.name_in_files()
    text = f"## Names\n\nSymbol files may call it {names}; it is written as `{written}`."
    if public.further:
        text += f"\nFurther functions: {', '.join(f'`mx.{name}`' for name in public.further)}."
    return text


# -- shapes, for the operator of the example -------------------------------------------------------


def _shapes(public: Public) -> str:
    example = reference.example(public.cls)
    tree = _code_of(example)
    called = (public.cls.__name__, *public.cls.aliases)
    parameters = next(filter(None, (_literals(tree, name) for name in called)), {})
    stated = {**_literals(tree, "simple_bind"), **_literals(tree, "infer_shape")}
    known = [shape for shape in stated.values() if isinstance(shape, tuple)]
    if not known:
        known, given = _seen(public.cls, tree, called)
        parameters |= given
    count = next((i.count for i in public.cls.inputs.values() if isinstance(i, Inputs)), None)
    if count:
        parameters[count] = len(known)
    used = {name: value for name, value in parameters.items() if name in public.cls.params}
    symbol = public.function(**used, name="node")
    arguments, outputs, states = symbol.infer_shape(*known)
    if outputs is None:
        return ""
    names = (symbol.list_arguments(), symbol.list_auxiliary_states(), symbol.list_outputs())
    rows = [
        (what, f"`{name.removeprefix('node_')}`", str(shape))
        for what, listed, shapes in zip(
            ("input", "state", "output"), names, (arguments, states, outputs), strict=True
        )
        for name, shape in zip(listed, shapes, strict=True)
    ]
    text = f"{_said(public.cls)}For `{public.cls.make(used)!r}`:"
    return f"## Shapes\n\n{text}\n\n{_table(('', 'name', 'shape'), rows)}"


def _said(cls: type[Operator]) -> str:
    rule = cls.rules.get("infer_shape")
    said = reference.result_of(rule) if rule else ""
    return f"{said} " if said else ""


def _code_of(example: str) -> ast.Module:
    parts = doctest.DocTestParser().get_examples(example)
    return ast.parse("".join(part.source for part in parts))


def _calls(tree: ast.AST, name: str) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == name:
            yield node


def _literals(tree: ast.AST, name: str) -> dict[str, Any]:
    """Return the keyword arguments of the first call that are plain values."""
    call = next(_calls(tree, name), ast.Call(ast.Name(name), [], []))
    return {
        keyword.arg: ast.literal_eval(keyword.value)
        for keyword in call.keywords
        if keyword.arg and not any(isinstance(n, ast.Call) for n in ast.walk(keyword.value))
    }


def _seen(
    cls: type[Operator], tree: ast.Module, names: Iterable[str]
) -> tuple[list[Shape], dict[str, Any]]:
    """Run an example, and return what its first call of an operator was given.

    Returns the shapes of the inputs in the operator's order, and the parameters.
    """
    calls: list[tuple[tuple[Any, ...], dict[str, Any]]] = []
    originals = {name: getattr(mx, name) for name in names if hasattr(mx, name)}

    def seen_by(original: Any) -> Any:
        def call(*inputs: Any, **keywords: Any) -> Any:
            calls.append((inputs, keywords))
            return original(*inputs, **keywords)

        return call

    try:
        for name, original in originals.items():
            setattr(mx, name, seen_by(original))
        with redirect_stdout(StringIO()):
            exec(compile(tree, cls.__name__, "exec"), {})
    finally:
        for name, original in originals.items():
            setattr(mx, name, original)
    inputs, keywords = calls[0] if calls else ((), {})
    arrays = {name: each for name, each in keywords.items() if isinstance(each, mx.NDArray)}
    given = {name: each for name, each in keywords.items() if name not in arrays}
    ordered = [arrays[name] for name in cls.inputs if name in arrays]
    by_position = [each for each in inputs if isinstance(each, mx.NDArray)]
    return [each.shape for each in (*by_position, *ordered)], given


if __name__ == "__main__":
    generated.main(
        {FOLDER / name: text for name, text in pages().items()}, FOLDER.glob("*"), "make pages"
    )
