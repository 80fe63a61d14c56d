"""What a model shows of itself in a notebook."""

from collections.abc import Mapping
from html import escape
from math import prod

from ..core.described import html_table, scrolled
from ..drawing import notebook_svg
from ..ndarray import NDArray
from ..symbol import SymbolicNode
from ..training.callback import History

__all__ = ["counted", "model_html"]


def counted(parameters: Mapping[str, NDArray] | None) -> str:
    """Return how many parameters there are, and how many numbers in them."""
    if parameters is None:
        return "without weights"
    numbers = sum(prod(array.shape) for array in parameters.values())
    plural = "s" if len(parameters) != 1 else ""
    return f"{len(parameters):,} parameter{plural} of {numbers:,} numbers"


def model_html(
    line: str,
    arch: SymbolicNode,
    parameters: Mapping[str, NDArray] | None,
    states: Mapping[str, NDArray] | None,
    history: History | None,
) -> str:
    """Return a model's network, its parameters and its training, each to be opened.

    Args:
        line: what it is, in a line.
        arch: the network.
        parameters: its parameters by name, if there are any.
        states: its auxiliary states.
        history: what came out of its training, if there was any.
    """
    arrays = {**(parameters or {}), **(states or {})}
    shapes = {name: array.shape for name, array in arrays.items()}
    parts = [f"<div><b>{escape(line)}</b></div>"]
    parts.append(_opened("network", scrolled(notebook_svg(arch.graph, shapes))))
    if arrays:
        rows: list[tuple[object, ...]] = [
            (name, array.shape, f"{prod(array.shape):,}") for name, array in arrays.items()
        ]
        table = html_table(("parameter", "shape", "numbers"), rows)
        parts.append(_opened(counted(parameters), scrolled(table)))
    if history:
        parts.append(_opened(f"training, {len(history)} epochs", history.to_html()))
    return "".join(parts)


def _opened(title: str, html: str) -> str:
    return f"<details><summary>{escape(title)}</summary>{html}</details>"
