"""How `symnet draw` writes a picture."""

import argparse
import os
from collections.abc import Callable
from pathlib import PurePath
from typing import Any

from ..core.errors import ArgumentError
from ..core.paths import write_atomically
from ..drawing import MOST_BOXES
from ..inspect.visualize import plot_network, to_graphviz, to_svg
from ..symbol import SymbolicNode
from ._models import read_network

__all__ = ["draw"]


def draw(options: argparse.Namespace) -> int:
    """Do `symnet draw`."""
    ending = PurePath(options.target).suffix.lower()
    if ending not in _WRITERS:
        raise ArgumentError(
            f"{options.target}: a picture ends in {', '.join(_WRITERS)}, to say what it is"
        )
    options.title = options.title or os.path.basename(options.source)
    _WRITERS[ending](read_network(options.source), options)
    print(options.target)
    return 0


def _how(options: argparse.Namespace) -> dict[str, Any]:
    """Return the options of a drawing that all functions take."""
    return {
        "title": options.title,
        "input_shapes": options.shapes or None,
        "fold": not options.full,
        "most_boxes": options.most_boxes or MOST_BOXES,
        "direction": options.direction,
    }


def _svg(network: SymbolicNode, options: argparse.Namespace) -> None:
    _write(options.target, to_svg(network, **_how(options)))


def _dot(network: SymbolicNode, options: argparse.Namespace) -> None:
    _write(options.target, to_graphviz(network, **_how(options)))


def _by_graphviz(network: SymbolicNode, options: argparse.Namespace) -> None:
    plot_network(network, options.target, **_how(options))


def _write(path: str, text: str) -> None:
    with write_atomically(path) as file:
        file.write(text.encode())


_WRITERS: dict[str, Callable[[SymbolicNode, argparse.Namespace], None]] = {
    ".svg": _svg,
    ".png": _by_graphviz,
    ".pdf": _by_graphviz,
    ".dot": _dot,
}
