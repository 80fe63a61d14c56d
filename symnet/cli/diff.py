"""`symnet diff`: how two networks and their weights differ."""

import argparse
import math

from ._parsing import Commands, add_command, add_epoch, whole

__all__ = ["add"]


def add(commands: Commands) -> None:
    """Add `diff`."""
    parser = add_command(
        commands,
        "diff",
        _run,
        "Compare two networks, checkpoints or files of arrays: layers, names, shapes, numbers.\n"
        "Networks that differ by names that were made up compare layer by layer. The exit status\n"
        "is 1 where they differ.",
        "  symnet diff resnet-18 finetuned\n"
        "  symnet diff net-0003.params net-0004.params --tolerance 1e-6\n"
        "  symnet diff old-symbol.json new-symbol.json",
    )
    parser.add_argument("one", metavar="A", help="a prefix, a symbol, or a file of arrays")
    parser.add_argument("other", metavar="B", help="another one")
    add_epoch(parser)
    parser.add_argument(
        "--tolerance",
        type=_tolerance,
        default=0.0,
        metavar="X",
        help="numbers that differ by no more count as equal (default: 0)",
    )
    parser.add_argument(
        "--limit",
        type=whole(0),
        default=20,
        metavar="N",
        help="show so many of a kind (default: 20)",
    )


def _tolerance(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number < math.inf:
        raise argparse.ArgumentTypeError(f"a number >= 0 is expected, got {text!r}")
    return number


def _run(options: argparse.Namespace) -> int:
    from ._diff import compare

    return compare(options)
