"""What the parsers of all commands share."""

import argparse
from collections.abc import Callable
from typing import Any, TypeAlias

from ..core.limits import MAX_PIXELS

__all__ = ["Commands", "add_command", "add_epoch", "add_max_pixels", "add_shapes", "whole"]

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add_command(
    commands: Commands,
    name: str,
    run: Callable[[argparse.Namespace], int],
    description: str,
    examples: str,
) -> argparse.ArgumentParser:
    """Add a command, and return its parser.

    Args:
        commands: what it is added to.
        name: its name.
        run: what does it; returns the exit code.
        description: what it does. The first line is shown in the list of commands.
        examples: lines to type, shown at the end of its help.
    """
    parser = commands.add_parser(
        name,
        help=description.splitlines()[0].rstrip("."),
        description=description,
        epilog=f"examples:\n{examples}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    return parser


def add_epoch(parser: argparse.ArgumentParser) -> None:
    """Add the option that says which epoch of a checkpoint is meant."""
    parser.add_argument(
        "--epoch", type=whole(0), metavar="N", help="of a checkpoint (default: its last one)"
    )


def add_shapes(parser: argparse.ArgumentParser) -> None:
    """Add the option that gives shapes of inputs; its value is a dict of them by name."""
    parser.add_argument(
        "--shape",
        dest="shapes",
        action=_Shapes,
        default={},
        metavar="NAME=1,3,224,224",
        help="the shape of an input; may be given again for another one",
    )


class _Shapes(argparse.Action):
    """Collects shapes by name."""

    def __call__(self, parser: Any, options: Any, values: Any, option_string: Any = None) -> None:
        name, equals, lengths = str(values).partition("=")
        try:
            shape = tuple(int(length) for length in lengths.strip("()[] ").split(",") if length)
        except ValueError:
            shape = ()
        if not (name and equals and shape) or min(shape) < 1:
            parser.error(f"argument --shape: NAME=1,3,224,224 is expected, got {values!r}")
        if name.strip() in options.shapes:
            parser.error(f"argument --shape: {name.strip()!r} is given twice")
        options.shapes = {**options.shapes, name.strip(): shape}


def add_max_pixels(parser: argparse._ActionsContainer) -> None:
    """Add the option that limits the size of images: ``max_pixels``, 0 for no limit."""
    parser.add_argument(
        "--max-pixels",
        type=whole(0),
        default=MAX_PIXELS,
        metavar="N",
        help=f"images of more pixels are not read (default {MAX_PIXELS}; 0: any number)",
    )


def whole(least: int, most: int | None = None) -> Callable[[str], int]:
    """Return what reads a whole number within bounds from the command line.

    >>> whole(1)("12")
    12
    """
    bounds = f">= {least}" if most is None else f"from {least} to {most}"

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if number < least or (most is not None and number > most):
            raise argparse.ArgumentTypeError(f"a whole number {bounds} is expected, got {text!r}")
        return number

    return read
