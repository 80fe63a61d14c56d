"""What the parsers of all commands share."""

import argparse
from collections.abc import Callable
from typing import TypeAlias

__all__ = ["Commands", "add_command", "whole"]

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
