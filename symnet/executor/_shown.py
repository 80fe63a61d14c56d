"""What an executor says of itself, in a line and in a notebook."""

from collections.abc import Iterator
from html import escape
from typing import Any, Protocol

from ..core.context import Context
from ..core.described import html_table, scrolled
from ..drawing import names_of
from ..ndarray import NDArray
from ..symbol import SymbolicNode

__all__ = ["bound_html", "bound_line"]


class Bound(Protocol):
    """A network with its arrays."""

    symbol: SymbolicNode
    context: Context
    requests: Any
    arg_dict: dict[str, NDArray]
    aux_dict: dict[str, NDArray]

    @property
    def output_dict(self) -> dict[str, NDArray]:
        """The outputs by name."""


def bound_line(bound: Bound) -> str:
    """Return the outputs, how many arrays of each kind there are, and how large they are."""
    kinds = [kind for kind, _, _ in _arrays(bound)]
    counts = [
        f"{count} {kind}{'s' if count > 1 else ''}"
        for kind in ("argument", "state", "output")
        if (count := kinds.count(kind))
    ]
    size = sum(array.torch.nbytes for _, _, array in _arrays(bound))
    told = ", ".join([*counts, f"{size:,} bytes", repr(bound.context)])
    return f"Executor({names_of(bound.symbol.graph)}: {told})"


def bound_html(bound: Bound) -> str:
    """Return a table of all arrays."""
    head = ("array", "is", "shape", "dtype", "on", "gradient")
    rows: list[tuple[object, ...]] = [
        (
            name,
            kind,
            array.shape,
            str(array.torch.dtype).removeprefix("torch."),
            array.context,
            bound.requests.get(name, "null") if kind == "argument" else "",
        )
        for kind, name, array in _arrays(bound)
    ]
    return scrolled(f"<div>{escape(bound_line(bound))}</div>{html_table(head, rows)}")


def _arrays(bound: Bound) -> Iterator[tuple[str, str, NDArray]]:
    """Yield all arrays: what each is, its name, and the array."""
    for kind, arrays in (
        ("argument", bound.arg_dict),
        ("state", bound.aux_dict),
        ("output", bound.output_dict),
    ):
        yield from ((kind, name, array) for name, array in arrays.items())
