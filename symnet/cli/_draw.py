"""How `symnet draw` writes a picture."""

import argparse
import os
from collections.abc import Callable
from pathlib import PurePath

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
    if options.most_boxes and ending != ".svg":
        raise ArgumentError(f"--most-boxes is about SVG; {ending} shows every node")
    _WRITERS[ending](read_network(options.source), options)
    print(options.target)
    return 0


def _svg(network: SymbolicNode, options: argparse.Namespace) -> None:
    shapes, most = options.shapes or None, options.most_boxes or MOST_BOXES
    _write(options.target, to_svg(network, options.title, shapes, most_boxes=most))


def _dot(network: SymbolicNode, options: argparse.Namespace) -> None:
    _write(options.target, to_graphviz(network, options.title, options.shapes or None))


def _by_graphviz(network: SymbolicNode, options: argparse.Namespace) -> None:
    plot_network(network, options.target, options.title, options.shapes or None)


def _write(path: str, text: str) -> None:
    with write_atomically(path) as file:
        file.write(text.encode())


_WRITERS: dict[str, Callable[[SymbolicNode, argparse.Namespace], None]] = {
    ".svg": _svg,
    ".png": _by_graphviz,
    ".pdf": _by_graphviz,
    ".dot": _dot,
}
