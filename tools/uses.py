"""The page docs/operators/uses.md: what each operator can be used for.

`tools/reference.py` writes it with the pages of the operators. A further use is a further column.
"""

from collections.abc import Callable, Sequence

from symnet.onnx import converter_of, reason_of
from symnet.operators import documentation as reference
from symnet.operators.contract import OPERATORS, Inputs, Operator
from symnet.pytorch import reason_of as reason_against

__all__ = ["COLUMNS", "NAME", "page"]

NAME = "uses.md"

Column = tuple[str, Callable[[type[Operator]], str]]

_TEXT = """# What operators can be used for

Every operator runs, on arrays and in networks. Written by `make pages` from the classes of the
operators, from the converters in `symnet/onnx/converters/` and from `symnet/pytorch/left_out.py`.

- **trains**: whether a gradient flows back through it; a loss makes one of its own.
- **ONNX**: whether [`mx.export_onnx`](../onnx.md) writes it, or why not. {forms} of {all} do.
- **.pt2**: whether [`mx.export_program`](../pytorch.md) writes it, or why not. {programs} do. In
  a module of PyTorch, which `mx.to_module` makes, every operator runs and trains.
"""


def _trains(cls: type[Operator]) -> str:
    if cls.foreign:
        return "as its user says"
    if reference.kind_of_loss(cls):
        flows = any(isinstance(each, Inputs) or each.takes_gradient for each in cls.inputs.values())
        return "loss" if flows else "—"
    return "yes" if cls.inputs else "—"


def _has_form(cls: type[Operator]) -> bool:
    # Which converter it is depends on the class alone: parameters need no values.
    return converter_of(cls.__new__(cls)) is not None


def _onnx(cls: type[Operator]) -> str:
    return "yes" if _has_form(cls) else f"no: {reason_of(cls)}"


def _program(cls: type[Operator]) -> str:
    reason = reason_against(cls)
    return f"no: {reason}" if reason else "yes"


COLUMNS: Sequence[Column] = (
    ("runs", lambda cls: "yes"),
    ("trains", _trains),
    ("ONNX", _onnx),
    (".pt2", _program),
)
"""The columns: a title, and what it says of an operator."""


def page(linked: set[str]) -> str:
    """Return the text of the page.

    Args:
        linked: names of the operators that have a page of their own.
    """
    found = {
        cls.__name__: cls for cls in OPERATORS.values() if cls.__module__.startswith("symnet.")
    }
    counts = {
        "all": len(found),
        "forms": sum(_has_form(cls) for cls in found.values()),
        "programs": sum(reason_against(cls) is None for cls in found.values()),
    }
    titles = ["operator", *(title for title, _ in COLUMNS)]
    rows = [
        [_named(name, linked), *(says(found[name]) for _, says in COLUMNS)]
        for name in sorted(found, key=str.lower)
    ]
    table = [titles, ["---"] * len(titles), *rows]
    lines = [f"| {' | '.join(row)} |" for row in table]
    return "\n".join([_TEXT.format(**counts), *lines]) + "\n"


def _named(name: str, linked: set[str]) -> str:
    return f"[`{name}`]({name}.md)" if name in linked else f"`{name}`"
